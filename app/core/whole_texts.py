"""The last words and the reason of one session, whole: of what is long a row keeps only a part."""

from collections import Counter
from contextlib import suppress

from app.core.budget import Budget
from app.core.conversations import TextRef
from app.core.server_port import ServerPort
from app.core.session import Session, SessionKey
from app.core.sessions import SessionBook
from app.core.tasks import Tasks
from app.errors import LauncherError

TRIES = 2
"""Reads race with the server's own writes: what failed once is asked for once more."""


class WholeTexts:
    """Reads into the book what somebody looks at: one request for each text, of one session at a time."""

    def __init__(self, server: ServerPort, book: SessionBook, budget: Budget, tasks: Tasks) -> None:
        self._server = server
        self._book = book
        self._budget = budget
        self._tasks = tasks
        self._key: SessionKey | None = None
        self._tried = Counter[TextRef]()
        """How often each text of that session was asked for."""

    def look_at(self, key: SessionKey) -> None:
        """Somebody looks at this session from now on, and at no other."""
        self._turn_to(key)
        if self._next():
            self._tasks.start("whole texts", self._read_all)

    async def read(self, key: SessionKey) -> None:
        """Reads them now. What cannot be read stays the part that it is."""
        self._turn_to(key)
        await self._read_all()

    def _turn_to(self, key: SessionKey) -> None:
        if key != self._key:
            self._key = key
            self._tried.clear()

    async def _read_all(self) -> None:
        while found := self._next():
            row, ref = found
            self._tried[ref] += 1
            with suppress(LauncherError):
                await self._read(row, ref)

    def _next(self) -> tuple[Session, TextRef] | None:
        row = None if self._key is None else self._book.get(self._key)
        if row is None:
            return None
        return next(((row, ref) for ref in row.cut if self._tried[ref] < TRIES), None)

    async def _read(self, row: Session, ref: TextRef) -> None:
        async with self._budget.turn():
            if row.key != self._key:
                return  # somebody looks at another one by now
            text = await self._server.text(row.conversation_id, ref)
        if text:
            self._book.set_whole_text(row.key, ref, text)
