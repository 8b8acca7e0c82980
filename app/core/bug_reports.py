"""What is kept of bugs and crashes: a file in the user's folder for logs, which the next window tells of.

A bug that Python sees comes with what `logs` reports of it, without secrets. A crash of the process comes as
`faulthandler` writes it: the functions and lines where it was, and no value. All here blocks: call it in a thread,
but for `keep`, which is called where nothing else can be done any more.
"""

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

from app.foreign_text import safe_text

LARGEST = 256 * 1024
"""Of the file, in bytes: a bug that comes again and again fills no disk."""

_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT
_ONLY_A_FILE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
"""A link that somebody put there is not written through, and a pipe is not waited for."""


def folder() -> Path:
    """Where the platform wants logs: on Linux `~/.local/state/openhands-launcher/log`."""
    from platformdirs import user_log_path

    return user_log_path("openhands-launcher", appauthor=False)


def keep(report: str) -> Path | None:
    """Adds a report, without secrets already. Gives the file; None where it cannot be written, or is full."""
    text = f"{_heading()}\n{safe_text(report, limit=LARGEST)}\n\n"
    with suppress(OSError):
        path = _current()
        descriptor = _open(path)
        try:
            if os.fstat(descriptor).st_size + len(text.encode()) <= LARGEST:
                os.write(descriptor, text.encode())
                return path
        finally:
            os.close(descriptor)
    return None


def begin() -> Path | None:
    """From now on a crash is written down. Gives the file with what was written before this start, if there is one.

    That file gets another name: the next start does not tell of it again.
    """
    import faulthandler

    earlier = None
    with suppress(OSError):
        earlier = _set_aside()
    with suppress(OSError):
        faulthandler.enable(_open(_current()))  # stays open until the process ends
    return earlier


def _current() -> Path:
    return folder() / "bugs.txt"


def _set_aside() -> Path | None:
    current = _current()
    try:
        there = os.lstat(current)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(there.st_mode) or not there.st_size:
        return None
    if os.name == "posix":
        current.chmod(0o600)
    return current.replace(current.with_name("bugs-before.txt"))


def _open(path: Path) -> int:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, _APPEND | _ONLY_A_FILE, 0o600)
    try:
        there = os.fstat(descriptor)
        if not stat.S_ISREG(there.st_mode) or there.st_nlink > 1:  # another name may lead to something else
            raise OSError
        if os.name == "posix":
            os.fchmod(descriptor, 0o600)  # it may have been there
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _heading() -> str:
    from datetime import UTC, datetime
    from importlib.metadata import version

    now = datetime.now(UTC).isoformat(" ", "seconds")
    return f"{now} OpenHands Launcher {version('openhands-launcher')}, Python {sys.version.split()[0]}, {sys.platform}"
