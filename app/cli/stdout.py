"""The result of a command, written to who has started us. Standard library alone: `--version` needs no more."""

import os
import sys
from contextlib import suppress

from app.core.interrupts import interrupts


class CannotWrite(Exception):
    """Nobody takes our result. `unread`: who read it has gone, and knows why."""

    def __init__(self, *, unread: bool) -> None:
        super().__init__(unread)
        self.unread = unread


def write(text: str, exit_: int | None = None) -> None:
    """Writes a result, all of it, and sees that it is gone; raises `CannotWrite`.

    `exit_`: the exit code, when nothing that comes after it can change that any more.
    """
    if sys.stdout is None:  # closed by who has started us
        raise CannotWrite(unread=False)
    try:
        with interrupts.uninterrupted() if exit_ is None else interrupts.writing_result(exit_):
            print(text, flush=True)
    except OSError as fault:
        raise CannotWrite(unread=isinstance(fault, BrokenPipeError)) from None


def give_up() -> None:
    """Python writes what is left when it ends, and would fail once more."""
    with suppress(OSError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
