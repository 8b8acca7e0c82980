"""How the events of OpenHands 0.53.0 are read: they cost a request each page, which may carry megabytes of images.

They are numbered from 0. The first time they are read from the newest back, one event first and then four times more
with each page, until a state of the agent is found, and what it said before if that is near. From then on only what
is new is read.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from app.client.v0.mapping import agent_state_of, number_of, said_by_agent, said_in, state_in, update_of
from app.client.v0.schemas import Event, EventPage
from app.core.conversations import AgentState, Cursor, FirstMessage, TextRef, Updates
from app.errors import AnswerTooLarge
from app.wire import limits

AT_ONCE = 20
MOST_AT_ONCE = 100
SMALL_PAGES = 4
"""So many pages of news in a row are small: more are rarely needed."""

NEAR = 16
"""How many events before its state the agent's last words are looked for."""

FIRST_EVENTS = 10
"""Among so many the first message of a conversation is found."""


class ReadEvents(Protocol):
    """The route of events."""

    async def __call__(
        self,
        conversation_id: str,
        *,
        start_id: int = 0,
        end_id: int | None = None,
        newest_first: bool = False,
        limit: int = AT_ONCE,
    ) -> EventPage: ...


@dataclass(frozen=True, slots=True)
class EventCursor(Cursor):
    """How far the events of one conversation have been read, and what was found on the way."""

    goes_back: bool = True
    end: int | None = None
    """Reading back goes on from this number; None: from the newest."""
    back_limit: int = 1
    """How many events are asked for, going back."""
    most: int = MOST_AT_ONCE
    """A page of more was too large to read."""
    pages: int = 0
    """How many pages of news have been read in a row."""
    newest: int = -1
    has_words: bool = False
    has_state: bool = False
    """Whether a state other than stopped was found: that hides the one before."""
    state_at: int = -1
    is_loading: bool = False

    @property
    def limit(self) -> int:
        onwards = AT_ONCE if self.pages < SMALL_PAGES else MOST_AT_ONCE
        return min(self.back_limit if self.goes_back else onwards, self.most)

    def having_read(self, events: Iterable[Event]) -> "EventCursor":
        """The same, with what is found in these."""
        found = self
        for event in events:
            number = number_of(event)
            if number is None:
                continue
            found = replace(
                found,
                newest=max(found.newest, number),
                has_words=found.has_words or bool(said_by_agent(event)),
            )
            if word := state_in(event):
                found = found.in_state(number, agent_state_of(word))
        return found

    def in_state(self, number: int, state: AgentState) -> "EventCursor":
        """The same, having found a state of the agent."""
        found = replace(self, has_state=self.has_state or state is not AgentState.STOPPED)
        is_newest = number > self.state_at
        return replace(found, state_at=number, is_loading=state is AgentState.LOADING) if is_newest else found

    def further_back(self, events: Iterable[Event]) -> "EventCursor | None":
        """Turns to what came before these; None where a state is found, and the words before it if they are near."""
        oldest = min((number for event in events if (number := number_of(event)) is not None), default=0)
        has_all = self.has_state and (self.has_words or self.is_loading or self.back_limit > NEAR)
        comes_again = self.end is not None and oldest > self.end
        if has_all or oldest <= 0 or comes_again:
            return None
        return replace(self, end=oldest - 1, back_limit=min(self.back_limit * 4, MOST_AT_ONCE))

    def further_on(self, before: "EventCursor") -> "EventCursor | None":
        """Turns to what came after; None for a server that gives the same page again."""
        return replace(self, pages=self.pages + 1) if self.newest > before.newest else None

    def at_end(self) -> "EventCursor":
        """For the next time there is news: without a state it is looked for anew."""
        return EventCursor(goes_back=False, newest=self.newest) if self.has_state else EventCursor()


async def read_updates(read_events: ReadEvents, conversation_id: str, after: Cursor | None) -> Updates:
    """One request, and what it says that is new."""
    cursor = after or EventCursor()
    assert isinstance(cursor, EventCursor), "another client's cursor"
    try:
        page = await _page(read_events, conversation_id, cursor)
    except AnswerTooLarge:
        if cursor.limit == 1:
            raise
        smaller = replace(cursor, most=cursor.limit // 4 or 1)
        return Updates((), smaller, has_more=True, was_too_large=True)
    events = [event for event in page.events if event]
    found = cursor.having_read(events)
    further = found.further_back(events) if cursor.goes_back else found.further_on(cursor)
    updates = tuple(update for event in events if (update := update_of(event)))
    if page.has_more and further:
        return Updates(updates, further, has_more=True)
    return Updates(updates, found.at_end())


async def _page(read_events: ReadEvents, conversation_id: str, cursor: EventCursor) -> EventPage:
    if cursor.goes_back:
        return await read_events(conversation_id, end_id=cursor.end, newest_first=True, limit=cursor.limit)
    return await read_events(conversation_id, start_id=cursor.newest + 1, limit=cursor.limit)


async def read_first_message(read_events: ReadEvents, conversation_id: str) -> FirstMessage | None:
    """What a person said first, if that is written already."""
    page = await read_events(conversation_id, limit=FIRST_EVENTS)
    for event in filter(None, page.events):
        if event.action == "message" and event.source == "user":
            text, number = said_in(event), number_of(event)
            is_part = number is not None and limits.is_part(text, limits.LAST_WORDS)
            return FirstMessage(text, TextRef(str(number)) if is_part else None)
    return None
