"""Interrupts at any moment, helpers that hang, streams that nobody reads."""

import asyncio
import json
import os
import random
import signal
import sys
import tempfile
from collections import Counter
from contextlib import suppress
from pathlib import Path

from app.cli import checkout
from tests.faults.attack import Attack, Bounds

CHECKOUT = Path(__file__).parents[2]
STARTS = 40
AT_ONCE = 2
"""How many run at the same time: as many as this machine has processors, or the moments mean little."""

UNTIL_S = 1.5
"""The moments lie between the start of the process and this; a command that launches on the demo is over by then."""

END_S = 15.0
HANGS = "#!/bin/sh\nsleep 300 &\nwait\n"

_as_ever = ("-m", "app")
_program = _as_ever
"""How Python runs it; the controls run it with something taken away."""


def without(patch: str) -> None:
    """The program with this line carried out before it."""
    global _program  # noqa: PLW0603 - in a process of its own
    _program = (
        "-c",
        f"{patch}\nimport sys; sys.argv[0] = 'app'\nfrom app.__main__ import main; sys.exit(main())",
    )


def environment(home: str) -> dict[str, str]:
    homes = ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "TMPDIR")
    own = {"PATH": os.environ["PATH"], "PYTHONPATH": str(CHECKOUT), "QT_QPA_PLATFORM": "offscreen"}
    return own | dict.fromkeys(homes, home)


async def interrupted_after(seconds: float, number: int, *arguments: str) -> str:
    """Starts it, interrupts it, and says in a few words how it ended."""
    with tempfile.TemporaryDirectory() as home:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *(*_program, *arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment(home),
            cwd=home,
        )
        await asyncio.sleep(seconds)
        is_ours = listens(process.pid)
        with suppress(ProcessLookupError):
            process.send_signal(number)
        try:
            async with asyncio.timeout(END_S):
                out, err = await process.communicate()
        except TimeoutError:
            process.kill()
            return "did not end"
    return ending(
        process.returncode or 0, out.decode(), err.decode(), is_ours=is_ours, as_json="--json" in arguments
    )


def listens(pid: int) -> bool:
    """Whether its handler of SIGTERM is there, which is among the first things that it does."""
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
        caught = next(int(line.split()[1], 16) for line in lines if line.startswith("SigCgt:"))
        return bool(caught >> (signal.SIGTERM - 1) & 1)
    return False


def ending(code: int, out: str, err: str, *, is_ours: bool, as_json: bool) -> str:
    """In a few words; what begins with a star is not as it should be."""
    if not is_ours and not out and _program is _as_ever:  # nobody can do anything about it
        return "ended while Python itself started"
    if "Traceback" in err:
        return f"*crashed with {code}"
    if code == 0:
        return "was over with 0" if not as_json or is_result(out, "status") else "*0 without its result"
    if code != 130:
        return f"*ended with {code}"
    return "ended with 130" if not as_json or is_result(out, "error") else "*130 without one object"


def is_result(out: str, name: str) -> bool:
    try:
        return name in json.loads(out)
    except ValueError:
        return False


async def interrupted_often(*arguments: str) -> None:
    """At moments that are spread evenly, and a little by chance; tells on standard error how often it ended how."""
    chance, turn, ends = random.Random(1), asyncio.Semaphore(AT_ONCE), Counter[str]()

    async def once(start: int) -> None:
        seconds = UNTIL_S * (start + chance.random()) / STARTS
        async with turn:
            ends[
                await interrupted_after(seconds, (signal.SIGINT, signal.SIGTERM)[start % 2], *arguments)
            ] += 1

    await asyncio.gather(*map(once, range(STARTS)))
    told = ", ".join(f"{count} {end.removeprefix('*')}" for end, count in ends.most_common())
    print(f"  of {STARTS} starts {told}", file=sys.stderr)
    if bad := sum(count for end, count in ends.items() if end.startswith(("*", "did"))):
        raise type(f"{bad} of {STARTS} ended otherwise", (Exception,), {})


async def interrupt_a_command(_: str) -> None:
    await interrupted_often("launch", "--demo", "-m", "x", "--json")


async def interrupt_a_window(_: str) -> None:
    await interrupted_often("--demo")


async def stand_in_a_checkout_whose_git_hangs(_: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        git = Path(folder) / "git"
        git.write_text(HANGS, "ascii")
        git.chmod(0o700)
        os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"
        found = await asyncio.to_thread(checkout.checkout_here, with_branch=True)
    assert [one.type for one in found.problems] == ["here_git_silent"]


async def speak_to_nobody(_: str) -> None:
    """Standard error is a pipe that is full."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writing, b"x" * 4096)
    os.set_blocking(writing, True)
    arguments = ("launch", "--dry-run", "-m", "x", "--json", "--message-file", "x")
    process = await asyncio.create_subprocess_exec(
        sys.executable, *(*_program, *arguments), stdout=asyncio.subprocess.PIPE, stderr=writing
    )
    try:
        async with asyncio.timeout(END_S):
            await process.communicate()
    except TimeoutError:
        process.kill()
        raise
    finally:
        os.close(reading)
        os.close(writing)
    assert process.returncode == 2


ATTACKS = (
    Attack(
        "a command that is interrupted at 40 moments, and one object as its result",
        interrupt_a_command,
        Bounds(growth_mib=64),
        lambda: without(
            "from app.core.interrupts import Interrupts; Interrupts.install = lambda *_, **__: None"
        ),
    ),
    Attack(
        "a window that is interrupted at 40 moments",
        interrupt_a_window,
        Bounds(growth_mib=64),
        lambda: without(
            "from app.core.interrupts import Interrupts; Interrupts.install = lambda *_, **__: None"
        ),
    ),
    Attack(
        "a git that says nothing",
        stand_in_a_checkout_whose_git_hangs,
        Bounds(seconds=checkout.GIT_S + 1),
        lambda: setattr(checkout, "GIT_S", 1e6),
    ),
    Attack(
        "a standard error that nobody reads",
        speak_to_nobody,
        Bounds(seconds=END_S),
        lambda: without("from app.core import standard_streams; standard_streams.prepare = lambda: None"),
    ),
)
