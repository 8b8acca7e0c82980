"""From the start of the process to a window that takes text, and the memory that it rests with."""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path

import psutil

from tests.bench.measure import Figure, NotTaken, compared, interleaved
from tests.bench.windows import READY
from tests.demo import running
from tests.demo.pace import Pace
from tests.demo.server import DemoServer

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0

STILL_MIB = 0.1
STILL_TIMES = 10
LOOK_AGAIN_S = 0.1
MIB = 2**20


def first_paint(n: int) -> list[Figure]:
    """On each platform that there is, to the first painted form that has taken a letter."""
    return [_first_paint(platform, n) for platform in platforms()]


def _first_paint(platform: str, n: int) -> Figure:
    with screen(platform) as where, running(_quiet_server()) as demo:
        pairs = interleaved(
            n, lambda: _ms("ours", where, "--server", demo.address), lambda: _ms("bare", where)
        )
    what = f"Start of the process to the first painted form that takes text ({platform})"
    return compared(f"first_paint_{platform}", what, "ms", pairs, bound=2.5)


def memory(n: int) -> list[Figure]:
    """Of a window that is connected and has read its list, before the first press."""
    with screen("offscreen") as where, running(_quiet_server()) as demo:
        taken = [(_memory("ours", where, "--server", demo.address), _memory("bare", where)) for _ in range(n)]
    return [
        compared(f"memory_{kind}", what, "MiB", [(ours[at], bare[at]) for ours, bare in taken], bound)
        for at, kind, what, bound in (
            (0, "resident", "Memory of an idle, connected window before the first press (resident)", 2.5),
            (1, "own", "The same without what processes share", None),
        )
    ]


def _quiet_server() -> DemoServer:
    return DemoServer(pace=Pace.quick(), recording=False)


def _ms(which: str, environment: dict[str, str], *arguments: str) -> float:
    began = time.perf_counter()
    with started(which, environment, *arguments):
        return (time.perf_counter() - began) * 1000


def _memory(which: str, environment: dict[str, str], *arguments: str) -> tuple[float, float]:
    with started(which, environment, *arguments) as process:
        return settled(psutil.Process(process.pid))


def settled(process: psutil.Process) -> tuple[float, float]:
    """Resident and own memory in MiB, once they have not moved for a second."""
    seen: list[tuple[float, float]] = []
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        found = process.memory_full_info()
        seen.append((found.rss / MIB, found.uss / MIB))
        last = seen[-STILL_TIMES:]
        if len(last) == STILL_TIMES and all(abs(b[0] - a[0]) < STILL_MIB for a, b in pairwise(last)):
            return seen[-1]
        time.sleep(LOOK_AGAIN_S)
    raise NotTaken("the memory of the window never came to rest")


@contextmanager
def started(which: str, environment: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """One of the two windows, ready; at the end it is ended."""
    with subprocess.Popen(
        [sys.executable, "-c", f"from tests.bench.windows import {which}; {which}()", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        patience = threading.Timer(PATIENCE_S, process.kill)
        patience.start()
        try:
            assert process.stdout is not None
            said = process.stdout.readline().strip()
            patience.cancel()
            if said != READY:
                process.kill()
                assert process.stderr is not None
                raise NotTaken(
                    f"the window ({which}) did not come up: {process.stderr.read()[-300:].strip()}"
                )
            yield process
        finally:
            process.kill()


# ---- screens ----


def platforms() -> list[str]:
    """The ways to show a window that can be measured here."""
    return ["offscreen", "xcb"] if shutil.which("Xvfb") else ["offscreen"]


@contextmanager
def screen(platform: str) -> Iterator[dict[str, str]]:
    """The environment of a process that shows its window there, with a home of its own."""
    with tempfile.TemporaryDirectory() as home, ExitStack() as ending:
        own = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), home)
        if platform == "offscreen":
            yield os.environ | own | {"QT_QPA_PLATFORM": platform}
        else:
            display = ending.enter_context(_virtual_screen())
            yield os.environ | own | {"QT_QPA_PLATFORM": platform, "DISPLAY": display}


@contextmanager
def _virtual_screen() -> Iterator[str]:
    """An X server of our own; it chooses its number."""
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout is not None
            number = server.stdout.readline().strip()
            if not number:
                raise NotTaken("Xvfb did not start")
            yield f":{number}"
        finally:
            server.terminate()
