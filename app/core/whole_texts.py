"""The last words and the reason of one session, whole: of what is long a row keeps only a part."""

from collections import Counter
from contextlib import suppress

from app.core.budget import Budget
from app.core.openhands import OpenHands
from app.core.sessions import Session, SessionBook
from app.core.tasks import Tasks
from app.errors import LauncherError

TRIES = 2
"""Reads race with the server's own writes: what failed once is asked for once more."""


class WholeTexts:
    """Reads into the book what somebody looks at: one request for each text, of one session at a time."""

    def __init__(self, openhands: OpenHands, book: SessionBook, budget: Budget, tasks: Tasks) -> None:
        self._openhands = openhands
        self._book = book
        self._budget = budget
        self._tasks = tasks
        self._key: int | None = None
        self._tried = Counter[int]()
        """How often each event of that session was asked for."""

    def look_at(self, key: int) -> None:
        """Somebody looks at this session from now on, and at no other."""
        self._turn_to(key)
        if self._next():
            self._tasks.start("whole texts", self._read_all)

    async def read(self, key: int) -> None:
        """Reads them now. What cannot be read stays the part that it is."""
        self._turn_to(key)
        await self._read_all()

    def _turn_to(self, key: int) -> None:
        if key != self._key:
            self._key = key
            self._tried.clear()

    async def _read_all(self) -> None:
        while found := self._next():
            row, event_id = found
            self._tried[event_id] += 1
            with suppress(LauncherError):
                await self._read(row, event_id)

    def _next(self) -> tuple[Session, int] | None:
        row = None if self._key is None else self._book.get(self._key)
        if row is None:
            return None
        return next(((row, event_id) for event_id in row.cut if self._tried[event_id] < TRIES), None)

    async def _read(self, row: Session, event_id: int) -> None:
        async with self._budget.turn():
            if row.key != self._key:
                return  # somebody looks at another one by now
            event = await self._openhands.event(row.conversation_id, event_id)
        if event:
            self._book.read_whole(row.key, event)
