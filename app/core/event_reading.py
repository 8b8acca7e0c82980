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

    def stumbled(self, fault: Exception, limit: int) -> None:
        """Reads race with the server's own writes: ask again, but later and later; what is too large in parts."""
        self.stumbles += 1
        self.not_before = time_s() + TRY_AGAIN_S[min(self.stumbles, len(TRY_AGAIN_S)) - 1]
        if isinstance(fault, AnswerTooLarge):
            self.most = max(1, limit // 4)

    def goes_back(self, events: list[Event], now: Session) -> bool:
        """Turns to what came before, until a state is found, and the words before it if they are near."""
        oldest = min((event.id for event in events if isinstance(event.id, int)), default=0)
        has_words = now.last_words or now.agent_state == "loading" or self.limit > NEAR
        if (
            (now.state_before_stop and has_words)
            or oldest <= 0
            or (self.end is not None and oldest > self.end)
        ):
            return False
        self.end, self.limit = oldest - 1, min(self.limit * 4, MOST_AT_ONCE)
        return True


class EventReading:
    """Reads the events of the rows that have news into the book."""

    def __init__(self, openhands: OpenHands, book: SessionBook) -> None:
        self._openhands = openhands
        self._book = book
        self._marks: dict[str, _Mark] = {}
        self._in_view: tuple[str, ...] = ()

    def shows(self, conversation_ids: Iterable[str]) -> bool:
        """Which rows are in view; says whether they are others than before."""
        before, self._in_view = self._in_view, tuple(conversation_ids)
        return before != self._in_view

    def next_in_view(self) -> Session | None:
        """A row in view to ask about. A stopped one is asked once, for the state before `stopped`."""
        rows = (self._book.by_id(id_) for id_ in self._in_view)
        return next((row for row in rows if row and self._has_news(row)), None)

    def next_running(self) -> Session | None:
        rows = (row for row in self._book.sessions() if row.status == "RUNNING")
        return next((row for row in rows if self._has_news(row)), None)

    async def read(self, row: Session) -> None:
        """One request about one row."""
        mark = self._marks.setdefault(row.conversation_id, _Mark())
        backwards = mark.end is not None or not row.state_before_stop
        limit = min(mark.limit if backwards else AT_ONCE, mark.most)
        try:
            page = await self._page(row, mark, limit, backwards=backwards)
            events = [event for event in page.events if event]
            self._book.happened(row.conversation_id, events)
        except TooManyRequests:
            raise
        except Exception as fault:
            mark.stumbled(fault, limit)
            raise
        mark.stumbles = 0
        now = self._book.by_id(row.conversation_id)
        # A server that gives the same page again is not asked a third time.
        has_news = now and (
            mark.goes_back(events, now) if backwards else now.last_event_id > row.last_event_id
        )
        if not (page.has_more and has_news):
            self._marks[row.conversation_id] = _Mark(asked=_news_of(row))

    def _has_news(self, row: Session) -> bool:
        if row.status not in ("RUNNING", "STOPPED") or row.act is Act.DELETING:
            return False
        mark = self._marks.get(row.conversation_id)
        return mark is None or (mark.asked != _news_of(row) and time_s() >= mark.not_before)

    async def _page(self, row: Session, mark: _Mark, limit: int, *, backwards: bool) -> EventPage:
        if backwards:
            return await self._openhands.events(
                row.conversation_id, end_id=mark.end, newest_first=True, limit=limit
            )
        return await self._openhands.events(row.conversation_id, start_id=row.last_event_id + 1, limit=limit)


def _news_of(row: Session) -> tuple[object, str]:
    return (row.updated_at if row.status == "RUNNING" else None), row.status
