"""The three standard streams: each is there, and the one for sentences is never in the way. And room for more files.

Little of the standard library, because they are put in order before anything else is loaded.
"""

import io
import os
import select
import sys
from contextlib import suppress
from typing import Any

PATIENCE_S = 2.0
"""How long a sentence waits for somebody to take it."""

_PART = 512
"""In bytes: a pipe that takes anything takes so much at once (POSIX)."""

_ENOUGH = 1024
"""How many files we ask to be allowed."""

STDOUT, STDERR = 1, 2


def prepare() -> None:
    """Call it before anything is opened: what is opened first would take the place of a stream that is closed."""
    for number in (0, STDOUT, STDERR):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest number that is free
    if sys.platform != "win32":
        with suppress(OSError):
            os.set_blocking(STDOUT, True)  # else a result that fills a pipe would be cut off
    if sys.stderr is sys.__stderr__:
        encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
        sys.stderr = io.TextIOWrapper(
            _Aside(),  # a raw stream does here, as for Python's own when it is unbuffered
            encoding=encoding,
            errors="backslashreplace",
            line_buffering=True,
            write_through=True,
        )


def room_for(files: int) -> bool:
    """Whether so many more may be open, if need be after asking the system for what it allows us."""
    return _can_open(files) or (_allow_more() and _can_open(files))


def write_immediately(number: int, text: str) -> bool:
    """Writes past all buffers, which a signal may have found half filled. False if nobody takes it."""
    return _taken(number, text.encode("utf-8", "backslashreplace"), PATIENCE_S)


class _Aside(io.RawIOBase):
    """Standard error. What nobody takes, because it is closed, full or stuck, is dropped: it was said aside."""

    _is_stuck = False

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return STDERR

    def isatty(self) -> bool:
        return os.isatty(STDERR)

    def write(self, data: Any, /) -> int:
        content = bytes(data)
        self._is_stuck = not _taken(STDERR, content, 0.0 if self._is_stuck else PATIENCE_S)
        return len(content)


def _taken(number: int, content: bytes, patience_s: float) -> bool:
    rest = memoryview(content)
    while rest:
        try:
            if sys.platform != "win32" and not select.select([], [number], [], patience_s)[1]:
                return False
            rest = rest[os.write(number, rest[:_PART]) :]
        except BlockingIOError:
            continue
        except (OSError, ValueError):
            return False
    return True


def _can_open(files: int) -> bool:
    opened: list[int] = []
    try:
        for _ in range(files):
            opened.append(os.open(os.devnull, os.O_RDONLY))  # noqa: PERF401 - what is open when it fails is closed
    except OSError:
        return False
    finally:
        for one in opened:
            os.close(one)
    return True


def _allow_more() -> bool:
    if sys.platform == "win32":
        return False
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    more = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft >= more:
        return False
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (more, hard))
        return True
    return False
