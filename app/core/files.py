"""Files that somebody names: opened without waiting, and read with a limit, whatever they turn out to be.

The window and the command line read everything here: images, texts, replays, keys. A file's size is not asked for: it
is 0 in /proc, and may be terabytes where nothing is written. All here blocks: call it in a thread.
"""

import os
import re
import select
import stat
import time
from pathlib import Path

STREAM_S = 300.0
"""In seconds: how long a pipe may take until it ends. A model that writes the message may take minutes."""

_AT_ONCE = 64 * 1024
_DESCRIPTOR = re.compile(r"/(?:dev|proc/self)/fd/(\d{1,9})|/dev/stdin")
"""What a shell writes for `<(command)`."""
_AT_ONCE_OR_NEVER = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
"""Windows knows neither, and has no file that makes its opener wait."""


class UnreadableFile(Exception):
    """A file that cannot be read; `type` and `facts` are those of the problem."""

    def __init__(self, type_: str = "file_unreadable", **facts: int) -> None:
        super().__init__(type_)
        self.type = type_
        self.facts = facts


def read_file(path: Path, limit: int) -> bytes:
    """The content of a regular file, up to one byte beyond `limit`, which tells that there is more.

    What is no regular file is not even opened: a pipe may never end, and to open a device may do something. Raises
    `UnreadableFile`, whatever the system says.
    """
    try:
        _check_is_regular(path.stat().st_mode)
        with open(path, "rb", opener=_without_waiting) as file:
            _check_is_regular(os.fstat(file.fileno()).st_mode)  # another may stand there by now
            content: bytes | None = file.read(limit + 1)
    except (OSError, ValueError):  # a ValueError: no file can have this name
        raise UnreadableFile from None
    if content is None:  # it would have to be waited for
        raise UnreadableFile
    return content


def read_named(path: Path, limit: int) -> bytes:
    """As `read_file`, and a pipe where the path names one of our own descriptors: only a command line has these.

    `<(command)` arrives as /dev/fd/63. A pipe that has a name of its own is no regular file here either.
    """
    found = _DESCRIPTOR.fullmatch(str(path))
    try:
        is_stream = found is not None and not stat.S_ISREG(path.stat().st_mode)
    except OSError:
        raise UnreadableFile from None
    return read_descriptor(int(found[1] or 0), limit) if found and is_stream else read_file(path, limit)


def read_descriptor(number: int, limit: int) -> bytes:
    """What comes out of an open descriptor until it ends, up to one byte beyond `limit`; raises `UnreadableFile`.

    It has `STREAM_S` for that. Only a person at a terminal has all the time there is; and Windows, which cannot be
    asked whether a pipe holds something.
    """
    parts, left, ends = list[bytes](), limit + 1, time.monotonic() + STREAM_S
    try:
        is_waited_for = hasattr(select, "poll") and not os.isatty(number)
        while left and (not is_waited_for or _holds_something(number, ends)):
            part = os.read(number, min(left, _AT_ONCE))
            if not part:
                break
            parts.append(part)
            left -= len(part)
    except (OSError, ValueError, OverflowError):
        raise UnreadableFile from None
    return b"".join(parts)


def _check_is_regular(mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise UnreadableFile("file_folder")
    if not stat.S_ISREG(mode):
        raise UnreadableFile("file_special")


def _without_waiting(name: str, flags: int) -> int:
    return os.open(name, flags | _AT_ONCE_OR_NEVER)


def _holds_something(number: int, ends: float) -> bool:
    """Waits until it holds something or has ended."""
    waiting = select.poll()
    waiting.register(number, select.POLLIN)
    left = ends - time.monotonic()
    if left <= 0 or not waiting.poll(left * 1000):
        raise UnreadableFile("file_endless", seconds=round(STREAM_S))
    return True
