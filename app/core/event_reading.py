"""Whose updates to ask for next: each answer costs a request, and may carry megabytes."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.core.budget import time_s
from app.core.conversations import AgentState, Cursor, Phase
from app.core.server_port import ServerPort
from app.core.session import Operation, Session
from app.core.sessions import SessionBook
from app.errors import TooManyRequests

TRY_AGAIN_S = (2.0, 4.0, 8.0, 16.0, 30.0)
REST = 9
"""What could not be read is asked for again after so many times what it took: a row that never answers
costs the others a tenth of the time at most."""

STEPS = 50
"""How many answers are read about one row when it has news: no agent goes on for so long within one state. Without a
bound, a server that always has more would never end."""

STEPS_AT_A_TIME = 4
"""So many answers in a row are read about one row, which is enough for most; then it is the turn of the others."""

SPARE_MARKS = 64
"""Of rows that have gone: so many marks more than twice the rows are kept before those are forgotten."""


@dataclass(slots=True)
class _Mark:
    """How far one row's updates have been read."""

    asked: tuple[object, Phase] | None = None
    """What the list said of the row when its updates were last read to their end."""
    cursor: Cursor | None = None
    """Reading goes on from here; None: from the start."""
    stumbles: int = 0
    not_before: float = 0.0
    steps: int = 0
    """How many answers have been read since it had news."""
    turn: int = 0
    """When it last had its turn; who has waited longest is next."""

    def stumbled(self, took_s: float) -> None:
        """Reads race with the server's own writes: ask again, but later and later."""
        self.stumbles += 1
        wait_s = TRY_AGAIN_S[min(self.stumbles, len(TRY_AGAIN_S)) - 1]
        self.not_before = time_s() + max(wait_s, REST * took_s)


class EventReading:
    """Reads the updates of the rows that have news into the book. Rows take turns."""

    def __init__(self, server: ServerPort, book: SessionBook) -> None:
        self._server = server
        self._book = book
        self._marks: dict[str, _Mark] = {}
        self._turns = 0
        self._in_view: tuple[str, ...] = ()
        self.cut_short = False
        """Whether the updates of a row were not read to their end, because there were too many."""

    def set_in_view(self, conversation_ids: Iterable[str]) -> bool:
        """Which rows are in view; says whether they are others than before."""
        before, self._in_view = self._in_view, tuple(conversation_ids)
        return before != self._in_view

    def next_in_view(self) -> Session | None:
        """A row in view to ask about. A stopped one is asked once, for the state before `stopped`.

        One whose last words were let go of is read anew.
        """
        rows = [row for id_ in self._in_view if (row := self._book.by_id(id_))]
        for row in rows:
            if row.lacks_words and (mark := self._mark_of(row)).asked:
                self._marks[row.conversation_id] = _Mark(turn=mark.turn)
        return self._next(rows)

    def next_running(self) -> Session | None:
        return self._next(row for row in self._book.sessions() if row.phase is Phase.RUNNING)

    async def read(self, row: Session) -> None:
        """One request about one row."""
        mark = self._marks.setdefault(row.conversation_id, _Mark())
        if mark.steps == 0 and (row.lacks_words or row.agent is AgentState.UNKNOWN):
            mark.cursor = None
        self._takes_its_turn(mark)
        began = time_s()
        try:
            found = await self._server.updates(row.conversation_id, mark.cursor)
            self._book.apply_updates(row.conversation_id, found.updates)
        except TooManyRequests:
            raise
        except Exception:
            mark.stumbled(time_s() - began)
            raise
        mark.cursor = found.cursor
        if found.was_too_large:
            mark.stumbled(time_s() - began)
            return
        mark.stumbles = 0
        if found.has_more and mark.steps < STEPS:
            return
        if found.has_more:
            self.cut_short, mark.cursor = True, None
        self._is_read(row, mark)

    def _next(self, rows: Iterable[Session]) -> Session | None:
        """Who has news and has waited longest; of several that were never asked the first, whoever comes after."""
        found, earliest = None, self._turns + 1
        for row in rows:
            if self._has_news(row) and (turn := self._mark_of(row).turn) < earliest:
                found, earliest = row, turn
                if turn == _NEVER_READ.turn:
                    break
        return found

    def _takes_its_turn(self, mark: _Mark) -> None:
        mark.steps += 1
        if mark.steps % STEPS_AT_A_TIME == 0:
            self._turns += 1
            mark.turn = self._turns

    def _is_read(self, row: Session, mark: _Mark) -> None:
        self._turns += 1
        self._marks[row.conversation_id] = _Mark(_news_of(row), mark.cursor, turn=self._turns)
        if len(self._marks) > 2 * self._book.count() + SPARE_MARKS:
            self._marks = {id_: one for id_, one in self._marks.items() if self._book.by_id(id_)}

    def _mark_of(self, row: Session) -> _Mark:
        return self._marks.get(row.conversation_id) or _NEVER_READ

    def _has_news(self, row: Session) -> bool:
        if row.phase not in (Phase.RUNNING, Phase.STOPPED) or row.operation is Operation.DELETING:
            return False
        mark = self._mark_of(row)
        return mark.asked != _news_of(row) and time_s() >= mark.not_before


_NEVER_READ = _Mark()


def _news_of(row: Session) -> tuple[object, Phase]:
    return (row.updated_at if row.phase is Phase.RUNNING else None), row.phase
