"""An attack: what another side does to us, what may come of it at most, and the limit that holds it.

Each is carried out twice, the second time with that limit switched off: a limit that makes no difference is none, or
the attack is none.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass
from typing import Protocol


class Place(Protocol):
    """Where the victim turns to: a server on loopback. Its list `requests`, if it has one, is counted."""

    @property
    def address(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of it. None: not measured, or promised nothing."""

    growth_mib: float | None = None
    """By how many MiB the victim's memory grew at most."""
    gap_ms: float | None = None
    """How long its loop did nothing else, at most, in milliseconds."""
    requests: float | None = None
    seconds: float | None = None
    """Until the victim was done."""

    def broken_by(self, measured: "Measured") -> list[str]:
        """Of these as bounds: the names of those that what was measured exceeds."""
        found = asdict(measured)
        return [
            name
            for name, bound in asdict(self).items()
            if bound is not None and (found[name] is None or found[name] > bound)
        ]


Bounds = Measured


@dataclass(frozen=True, slots=True)
class Attack:
    """Its parts are looked up by its name in a process of its own, so nothing of it need be sent there."""

    name: str
    victim: Callable[[str], Awaitable[None]]
    """What a window or a command does with the address of the server; measured in the child process."""
    bounds: Bounds
    limit_off: Callable[[], None]
    """Takes the limit away, in the child process alone."""
    server: Callable[[], AbstractAsyncContextManager[Place]] | None = None
    """Runs in the parent, so that its memory is not counted. None: nobody is asked, and the address is empty."""
    prepare: Callable[[], None] | None = None
    """What the victim does in the child process before anything is measured."""
