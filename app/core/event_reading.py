"""Which row's events to ask for next, and from where: they cost a request each and may carry megabytes."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.core.budget import time_s
from app.core.openhands import OpenHands
from app.core.sessions import Act, Session, SessionBook
from app.errors import AnswerTooLarge, TooManyRequests
from app.wire.schemas import Event, EventPage

AT_ONCE = 20
MOST_AT_ONCE = 100
NEAR = 16
"""How many events before its state the agent's last words are looked for."""

TRY_AGAIN_S = (2.0, 4.0, 8.0, 16.0, 30.0)
REST = 9
"""A page that could not be read is asked for again after so many times what it took: a row that never answers
costs the others a tenth of the time at most."""

STEPS = 50
"""How many pages of events are read about one row when it has news: 4,700 events, and no agent goes on for so long
within one state. Without a bound, numbers that fall or grow for ever would never end."""

STEPS_AT_A_TIME = 4
"""So many pages in a row are read about one row, which is enough for most; then it is the turn of the others."""

SPARE_MARKS = 64
"""Of rows that have gone: so many marks more than twice the rows are kept before those are forgotten."""


@dataclass(slots=True)
class _Mark:
    """How far one row's events have been read."""

    asked: tuple[object, str] | None = None
    """What the list said of the row when its events were last read to their end."""
    end: int | None = None
    """Reading back goes on from this id; None: it is not going back."""
    limit: int = 1
    """How many events are asked for, going back. One at first: a page may carry megabytes of images."""
    most: int = MOST_AT_ONCE
    """A page of more was too large to read."""
    stumbles: int = 0
    not_before: float = 0.0
    steps: int = 0
    """How many pages have been read since it had news."""
    turn: int = 0
    """When it last had its turn; who has waited longest is next."""

    def stumbled(self, fault: Exception, limit: int, took_s: float) -> None:
        """Reads race with the server's own writes: ask again, but later and later; what is too large in parts."""
        self.stumbles += 1
        wait_s = TRY_AGAIN_S[min(self.stumbles, len(TRY_AGAIN_S)) - 1]
        self.not_before = time_s() + max(wait_s, REST * took_s)
        if isinstance(fault, AnswerTooLarge):
            self.most = max(1, limit // 4)

    def goes_back(self, events: list[Event], now: Session) -> bool:
        """Turns to what came before, until a state is found, and the words before it if they are near."""
        oldest = min((event.id for event in events if isinstance(event.id, int)), default=0)
        has_words = now.last_words or now.agent_state == "loading" or self.limit > NEAR
        if (
            (now.before_stop_id >= 0 and has_words)
            or oldest <= 0
            or (self.end is not None and oldest > self.end)
        ):
            return False
        self.end, self.limit = oldest - 1, min(self.limit * 4, MOST_AT_ONCE)
        return True


class EventReading:
    """Reads the events of the rows that have news into the book. Rows take turns."""

    def __init__(self, openhands: OpenHands, book: SessionBook) -> None:
        self._openhands = openhands
        self._book = book
        self._marks: dict[str, _Mark] = {}
        self._turns = 0
        self._in_view: tuple[str, ...] = ()
        self.cut_short = False
        """Whether the events of a row were not read to their end, because there were too many."""

    def shows(self, conversation_ids: Iterable[str]) -> bool:
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
        return self._next(row for row in self._book.sessions() if row.status == "RUNNING")

    async def read(self, row: Session) -> None:
        """One request about one row."""
        mark = self._marks.setdefault(row.conversation_id, _Mark())
        self._takes_its_turn(mark)
        backwards = mark.end is not None or row.before_stop_id < 0
        onwards = AT_ONCE if mark.steps <= STEPS_AT_A_TIME else MOST_AT_ONCE
        limit = min(mark.limit if backwards else onwards, mark.most)
        began = time_s()
        try:
            page = await self._page(row, mark, limit, backwards=backwards)
            events = [event for event in page.events if event]
            self._book.happened(row.conversation_id, events)
        except TooManyRequests:
            raise
        except Exception as fault:
            mark.stumbled(fault, limit, time_s() - began)
            raise
        mark.stumbles = 0
        now = self._book.by_id(row.conversation_id)
        # A server that gives the same page again is not asked a third time.
        has_news = now and (
            mark.goes_back(events, now) if backwards else now.last_event_id > row.last_event_id
        )
        if not (page.has_more and has_news):
            self._is_read(row, mark)
        elif mark.steps >= STEPS:
            self.cut_short = True
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
        self._marks[row.conversation_id] = _Mark(asked=_news_of(row), turn=self._turns)
        if len(self._marks) > 2 * self._book.count() + SPARE_MARKS:
            self._marks = {id_: one for id_, one in self._marks.items() if self._book.by_id(id_)}

    def _mark_of(self, row: Session) -> _Mark:
        return self._marks.get(row.conversation_id) or _NEVER_READ

    def _has_news(self, row: Session) -> bool:
        if row.status not in ("RUNNING", "STOPPED") or row.act is Act.DELETING:
            return False
        mark = self._mark_of(row)
        return mark.asked != _news_of(row) and time_s() >= mark.not_before

    async def _page(self, row: Session, mark: _Mark, limit: int, *, backwards: bool) -> EventPage:
        if backwards:
            return await self._openhands.events(
                row.conversation_id, end_id=mark.end, newest_first=True, limit=limit
            )
        return await self._openhands.events(row.conversation_id, start_id=row.last_event_id + 1, limit=limit)


_NEVER_READ = _Mark()


def _news_of(row: Session) -> tuple[object, str]:
    return (row.updated_at if row.status == "RUNNING" else None), row.status
