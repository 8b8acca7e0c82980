"""The command line beside the least that does the same."""

import subprocess
import sys
import time
from pathlib import Path

from tests.bench.far import MESSAGE
from tests.bench.measure import Figure, NotTaken, compared, interleaved
from tests.demo import running
from tests.demo.pace import Pace
from tests.demo.server import DemoServer

PROGRAM = str(Path(sys.executable).with_name("openhands-launcher"))
BARE = str(Path(__file__).with_name("bare_launch.py"))


def help_(n: int) -> list[Figure]:
    """`--help` beside a Python that does nothing."""
    pairs = interleaved(n, lambda: _ms(PROGRAM, "--help"), lambda: _ms(sys.executable, "-c", "pass"))
    return [compared("help", "`--help`, beside a Python that does nothing", "ms", pairs, bound=3.0)]


def launch(n: int) -> list[Figure]:
    """A launch by the command line beside the same request by a script of ten lines."""
    server = DemoServer(pace=Pace.quick(), rate=None, recording=False)
    with running(server) as demo:
        pairs = interleaved(
            n,
            lambda: _ms(PROGRAM, "launch", "--server", demo.address, "--message", MESSAGE, "--json"),
            lambda: _ms(sys.executable, BARE, demo.address, MESSAGE),
        )
    what = "`launch` by the command line, beside the same request by ten lines with httpx"
    return [compared("launch", what, "ms", pairs, bound=2.0)]


def _ms(*command: str) -> float:
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    ms = (time.perf_counter() - began) * 1000
    if done.returncode:
        raise NotTaken(f"{command[1]} ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    return ms
