"""One conversation, followed until its agent rests: for who waits for it, and does not watch the list."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from app.core.budget import Budget
from app.core.event_reading import EventReading
from app.core.patience import Patience
from app.core.server_port import ServerPort
from app.core.session import Session, SessionKey
from app.core.session_state import State, state_of
from app.core.sessions import SessionBook
from app.errors import KeyRefused, LauncherError

LOOK_S = 1.0
AWAY_S = 180.0
"""How long a server may be away, or silent for somebody's stop, before we give up."""

MISSING = 2
"""Reads race with the server's writes: a conversation that is missing once is no news."""

AT_REST = (State.ASKS_YOU, State.WANTS_GO_AHEAD, State.FINISHED)
OVER = (State.FAILED, State.STOPPED)


class Following:
    """Reads one conversation into the book, again and again."""

    def __init__(self, server: ServerPort, book: SessionBook, budget: Budget) -> None:
        self._server = server
        self._book = book
        self._budget = budget
        self._events = EventReading(server, book)
        self._missing = 0
        self.error: LauncherError | None = None
        """Why the last look failed; None while the server answers."""

    async def until_it_rests(self, key: SessionKey, looked: Callable[[Session], None]) -> Session | None:
        """The session when its agent rests or it is over; None when its conversation was deleted.

        `looked` is told after each look: the state changes with time alone, too. Raises `KeyRefused` at once,
        any other `LauncherError` when it has lasted for `AWAY_S`.
        """
        patience = Patience(AWAY_S)
        while row := self._book.get(key):
            try:
                at_rest = await self.look(row)
            except LauncherError as error:
                self.error = error
                if isinstance(error, KeyRefused) or patience.is_over():
                    raise
            else:
                patience, self.error = Patience(AWAY_S), None
                if at_rest:
                    return at_rest
            looked(self._book.get(key) or row)
            await self._pause()
        return None

    async def look(self, row: Session) -> Session | None:
        """Looks once; gives the session if its agent rests, or it is over. May raise any `LauncherError`."""
        await self._look_at(row.conversation_id)
        now = self._book.get(row.key)
        return now if now and state_of(now, datetime.now(UTC)) in (*AT_REST, *OVER) else None

    async def _look_at(self, conversation_id: str) -> None:
        """What the server says of it, and its events as far as they are new. May raise any `LauncherError`."""
        async with self._budget.turn():
            found = await self._server.conversation(conversation_id)
        if found is None:
            self._missing += 1
            if self._missing >= MISSING:
                self._book.mark_gone(conversation_id)
            return
        self._missing = 0
        self._book.apply_page([found])
        self._events.set_in_view([conversation_id])
        while row := self._events.next_in_view():
            async with self._budget.turn():
                await self._events.read(row)

    async def _pause(self) -> None:
        """Until it is time to look again, or until the socket of its start-up tells something."""
        news = asyncio.Event()
        stop_watching = self._book.watch(lambda _changes: news.set())
        try:
            async with asyncio.timeout(LOOK_S):
                await news.wait()
        except TimeoutError:
            return
        finally:
            stop_watching()
