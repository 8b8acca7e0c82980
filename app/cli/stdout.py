"""The result of a command, written to who has started us. Standard library alone: `--version` needs no more."""

import os
import sys
from contextlib import suppress


class CannotWrite(Exception):
    """Nobody takes our result. `unread`: who read it has gone, and knows why."""

    def __init__(self, *, unread: bool) -> None:
        super().__init__(unread)
        self.unread = unread


def write(text: str) -> None:
    """Writes a result and sees that it is gone; raises `CannotWrite`."""
    if sys.stdout is None:  # closed by who has started us
        raise CannotWrite(unread=False)
    try:
        print(text, flush=True)
    except OSError as fault:
        raise CannotWrite(unread=isinstance(fault, BrokenPipeError)) from None


def give_up() -> None:
    """Python writes what is left when it ends, and would fail once more."""
    with suppress(OSError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
