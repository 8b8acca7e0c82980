"""What a command reads: as much as is wanted, and no more than it may. Time is virtual."""

from dataclasses import replace
from typing import Any

import pytest

from app.cli import list_reader
from app.cli.list_reader import ListReader
from app.client.v0.schemas import Event, EventPage
from app.core import pages
from app.core.conversations import ConversationPage
from app.core.sessions import SessionBook
from app.errors import ServerFault
from tests.unit.clock import in_virtual_time, seconds
from tests.unit.fake import Conversation, FakeOpenHands, moment

ALMOST_S = 19.9
"""Just before the deadline of a read."""


class Endless(FakeOpenHands):
    """Its list names another page for ever, and its events are always new and never a state."""

    async def page(self, page_id: str | None = None, *, limit: int = 100) -> ConversationPage:
        page = await super().page(limit=limit)
        return replace(page, next_page=f"page{len(self.asked)}")

    async def events(self, conversation_id: str, **facts: Any) -> EventPage:
        await self._answers("events", id=conversation_id, **facts)
        newest = 10**6 if facts.get("end_id") is None else facts["end_id"]
        return EventPage(events=[Event(id=newest)], has_more=True)


def some(count: int) -> list[Conversation]:
    return [Conversation(f"c{number:04}") for number in range(count)]


@in_virtual_time
async def test_what_is_wanted_is_read_and_nothing_is_said_of_an_end() -> None:
    server = FakeOpenHands(*some(230))
    it = ListReader(server, SessionBook(moment))
    assert len(await it.newest(210)) == 210
    assert server.count("page") == 3
    assert not it.is_cut_short


@in_virtual_time
async def test_a_list_without_end_is_read_so_many_pages_long() -> None:
    server = Endless(*some(3))
    it = ListReader(server, SessionBook(moment))
    assert len(await it.newest(20)) == 3
    assert server.count("page") == pages.PAGES
    assert it.is_cut_short


@in_virtual_time
async def test_a_server_that_answers_just_before_each_deadline_has_a_minute() -> None:
    server = Endless(*some(30))
    server.slow = {"page": ALMOST_S, "events": ALMOST_S}
    it = ListReader(server, SessionBook(moment))
    rows = await it.newest(40)
    assert len(rows) == 30
    await it.states([row.conversation_id for row in rows])
    assert seconds() <= list_reader.READING_S + ALMOST_S
    assert it.is_cut_short


@pytest.mark.parametrize("takes", [0.0, ALMOST_S])
@in_virtual_time
async def test_events_that_cannot_be_read_are_not_asked_for_again_for_ever(takes: float) -> None:
    server = FakeOpenHands(*some(30))
    server.slow["events"], server.fails["events"] = takes, ServerFault(500)
    it = ListReader(server, SessionBook(moment))
    await it.states([row.conversation_id for row in await it.newest(30)])
    assert server.count("events") <= 2 * 30
    assert seconds() <= list_reader.READING_S + ALMOST_S


@in_virtual_time
async def test_one_whose_events_do_not_end_costs_the_others_nothing() -> None:
    server = Endless(*some(5))
    endless, server.conversations["c0000"].status = server.events, "RUNNING"
    for one in server.conversations.values():
        one.comes_to("running")

    async def events(conversation_id: str, **facts: Any) -> EventPage:
        if conversation_id == "c0000":
            return await endless(conversation_id, **facts)
        return await FakeOpenHands.events(server, conversation_id, **facts)

    server.events = events  # type: ignore[method-assign]
    book = SessionBook(moment)
    it = ListReader(server, book)
    await it.states([row.conversation_id for row in await it.newest(5)])
    assert sorted(row.agent_word for row in book.sessions()) == ["", *["running"] * 4]
    assert it.is_cut_short
