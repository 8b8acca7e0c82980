"""Programs that we start: bounded in time and in what they say, and ended together with those that they start."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any

from app.core.interrupts import interrupts

ANSWER_LIMIT = 1024 * 1024
"""In bytes, of each of its two outputs: who says more is ended, and what it said is cut off there."""

LOOK_S = 0.25
"""How often we look whether a helper that says nothing has ended: what it has started may keep its outputs open."""

END_S = 2.0
"""How long one may take to be gone after it was killed."""

Process = subprocess.Popen[Any]


class Absent(Exception):
    """There is no such program."""


class Silent(Exception):
    """It did not come to its end in time."""


class NotStarted(Exception):
    """It is there, but the system does not start it; the text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a helper has said until its end."""

    code: int
    out: str
    err: str
    is_cut: bool = False
    """It said more than anybody reads."""


def ask(command: Sequence[str], seconds: float, environment: Mapping[str, str] | None = None) -> Answer:
    """Runs it to its end; raises `Absent`, `Silent` or `NotStarted`. Blocks: not within a loop."""
    end = time.monotonic() + seconds
    try:
        process = start(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=environment,
        )
    except FileNotFoundError:
        raise Absent from None
    except (OSError, ValueError) as fault:
        raise NotStarted(getattr(fault, "strerror", None) or type(fault).__name__) from None
    try:
        return _heard(process, end)
    finally:
        finish(process, 0)


def start(command: Sequence[str], **how: Any) -> Process:
    """Starts it in a group of its own, which Ctrl+C in our terminal does not reach. End it with `end_group`."""
    own_group: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        own_group = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    with interrupts.uninterrupted():
        process = subprocess.Popen(command, **own_group, **how)
        _live.add(process)
    return process


def end_group(process: Process) -> None:
    """Kills it and all that it has started."""
    if sys.platform == "win32":
        with suppress(OSError, subprocess.SubprocessError):
            tree = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
            subprocess.run(tree, capture_output=True, timeout=END_S, check=False)
    else:
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    with suppress(OSError):
        process.kill()
    with suppress(subprocess.TimeoutExpired):
        process.wait(END_S)
    _live.discard(process)


def finish(process: Process, seconds: float) -> None:
    """Waits for its end, and makes one when that takes too long."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    if process.returncode is None:
        end_group(process)
    _live.discard(process)


def end_all() -> None:
    """Those that still run: nobody waits for their answers any more."""
    for process in tuple(_live):
        end_group(process)


_live: set[Process] = set()
interrupts.before_the_end(end_all)


class _Reader:
    """Reads one output in a thread, to its end or to the limit, and closes it.

    Where somebody still holds the other end, the thread is left behind, and ends with us.
    """

    def __init__(self, output: IO[bytes], when_done: Callable[["_Reader"], None]) -> None:
        self.content = bytearray()
        self._output = output
        self._when_done = when_done
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def is_over(self) -> bool:
        return len(self.content) > ANSWER_LIMIT

    def text(self) -> str:
        return bytes(self.content[:ANSWER_LIMIT]).decode(errors="replace")

    def _read(self) -> None:
        with self._output, suppress(OSError):
            while not self.is_over and (part := self._output.read(64 * 1024)):
                self.content += part
        self._when_done(self)


def _heard(process: Process, end: float) -> Answer:
    assert process.stdout is not None
    assert process.stderr is not None
    done: queue.SimpleQueue[_Reader] = queue.SimpleQueue()
    readers = [_Reader(output, done.put) for output in (process.stdout, process.stderr)]
    try:
        for _ in readers:
            if _next(done, process, end).is_over:
                end_group(process)
                break
        process.wait(max(0.0, end - time.monotonic()))
    except (_Left, subprocess.TimeoutExpired):
        if process.poll() is None:
            end_group(process)
            raise Silent from None
    out, err = readers
    return Answer(process.returncode, out.text(), err.text(), out.is_over or err.is_over)


class _Left(Exception):
    """It has ended, or its time is over, and an output is still open."""


def _next(done: "queue.SimpleQueue[_Reader]", process: Process, end: float) -> _Reader:
    was_over = False
    while True:
        left = end - time.monotonic()
        try:
            return done.get(timeout=max(0.0, min(LOOK_S, left)))
        except queue.Empty:
            if was_over or left <= 0:
                raise _Left from None
            was_over = process.poll() is not None
