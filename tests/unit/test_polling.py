"""How the list stays true: what is asked when, and what comes of the answers. Time is virtual."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from app.client.v0.schemas import Event, EventPage
from app.core import event_reading, pages
from app.core.budget import Budget
from app.core.connection_status import ConnectionState
from app.core.conversations import AgentState, ConversationPage, ServerSettings
from app.core.event_reading import EventReading
from app.core.known_server import KnownServer
from app.core.polling import Polling
from app.core.servers import ServerFacts, ServerIdentity
from app.core.session import Operation
from app.core.sessions import SessionBook
from app.errors import (
    AnswerTimedOut,
    AnswerTooLarge,
    ConnectionLost,
    ConnectTimedOut,
    KeyRefused,
    LauncherError,
    NobodyListens,
    NoSuchPlace,
    ServerFault,
    TooManyRequests,
    WrongShape,
)
from app.wire.schemas import InitSessionRequest
from tests.unit.clock import in_virtual_time, seconds
from tests.unit.fake import BIRTH, Asked, Conversation, Core, FakeOpenHands, core, moment


def conversations(count: int, status: str = "STOPPED", *, first: int = 0) -> list[Conversation]:
    """Conversations of different ages, the first one the youngest."""
    return [
        Conversation(f"c{n:04}", status=status, created_at=BIRTH - timedelta(minutes=n + 1))
        for n in range(first, first + count)
    ]


def contact(it: Core) -> ConnectionState:
    return it.known.status.state


async def live(server: FakeOpenHands, every_s: float = 0.5) -> None:
    """The running conversations work: their `last_updated_at` moves all the time."""
    while True:
        await asyncio.sleep(every_s)
        for one in server.conversations.values():
            if one.status == "RUNNING":
                one.happens(action="run", source="agent")


# The budget.


@in_virtual_time
async def test_reading_five_hundred_conversations_of_which_twenty_work_stays_in_its_budget() -> None:
    server = FakeOpenHands(*conversations(20, "RUNNING"), *conversations(480, first=20))
    for one in list(server.conversations.values())[:20]:
        one.comes_to("running")
    async with core(server) as it:
        it.tasks.start("life", lambda: live(server))
        it.polling.set_in_view([f"c{n:04}" for n in range(12)])
        await asyncio.sleep(600)
        counted = server.by_kind()
        pages = server.count("page", limit=20), server.count("page", limit=100)
        print(f"600 s, 500 conversations, 20 working: {dict(counted)}, first and whole pages {pages}")
        assert len(it.book.sessions()) == 500
        assert server.busiest_second() <= 4
        assert 58 <= pages[0] <= 62  # every 10 s
        assert 29 * 5 <= pages[1] <= 31 * 5  # five pages every 20 s
        assert counted["identify"] == 1
        assert 9 <= counted["settings"] <= 11
        assert counted["events"] <= 600 * 4 - sum(pages)
        assert counted["events"] >= 20 * 30  # each of the twenty is asked with each pass
        assert set(counted) == {"page", "identify", "settings", "events"}


@in_virtual_time
async def test_a_launch_in_the_middle_of_it_is_neither_delayed_nor_refused() -> None:
    server = FakeOpenHands(*conversations(20, "RUNNING"), *conversations(480, first=20))
    server.slow = {"page": 0.2, "events": 0.05, "create": 0.3}
    async with core(server) as it:
        it.tasks.start("life", lambda: live(server))
        for pressed in (0.1, 33.3, 100.0, 100.1, 250.05):
            await asyncio.sleep(pressed - seconds())
            with it.polling.hold():
                began = seconds()
                before = [one for one in server.asked if one.is_read and one.at > began - 1]
                await server.create(InitSessionRequest())
                during = [one for one in server.asked if one.is_read and one.at > began]
            assert seconds() == pytest.approx(began + 0.3)  # not a moment longer than the server takes
            assert len(before) <= 4  # with the launch five of the ten that the server takes in a second
            assert during == []
        await asyncio.sleep(100)
        assert server.busiest_second() <= 4


@in_virtual_time
async def test_no_read_leaves_while_any_of_several_presses_is_out() -> None:
    server = FakeOpenHands(*conversations(300, "RUNNING"))
    async with core(server) as it:
        await asyncio.sleep(5)
        with it.polling.hold():
            with it.polling.hold():
                await asyncio.sleep(30)
            await asyncio.sleep(30)
            assert server.count(since=5.001) == 0
        await asyncio.sleep(0.3)
        assert server.count("page", limit=20, since=65) == 1  # the list is read at once


@in_virtual_time
async def test_reads_that_others_need_share_the_budget() -> None:
    server = FakeOpenHands(*conversations(40, "RUNNING"))
    async with core(server) as it:

        async def asks() -> None:
            async with it.budget.turn():
                await server.conversation("c0000")

        for number in range(40):
            it.tasks.start(f"ask {number}", asks)
        await asyncio.sleep(30)
        assert server.count("conversation") == 40
        assert server.busiest_second() == 4


@in_virtual_time
async def test_two_keys_for_one_server_read_within_one_budget_and_wait_for_each_others_press() -> None:
    server = FakeOpenHands(*conversations(40, "RUNNING"))
    async with core(server) as one, core(server, one.budget) as other:
        one.tasks.start("life", lambda: live(server))
        await asyncio.sleep(30)
        assert server.busiest_second() == 4
        server.slow = {"page": 0.2, "events": 0.2}
        for number in range(10):  # whoever's read is out then
            with one.polling.hold():
                pressed = seconds()
                await asyncio.sleep(5)
                assert server.count(since=pressed + 0.001) == 0
            server.add(f"new{number}")
            await asyncio.sleep(15.1)
            assert one.book.by_id(f"new{number}")
            assert other.book.by_id(f"new{number}")


# When the list is read.


def times(server: FakeOpenHands, kind: str, **what: Any) -> list[float]:
    return [one.at for one in server.of(kind, **what)]


def gaps(moments: list[float]) -> set[float]:
    return {round(later - at, 2) for at, later in pairwise(moments)}


@in_virtual_time
async def test_the_first_page_is_read_every_ten_seconds_and_all_pages_every_minute() -> None:
    server = FakeOpenHands(*conversations(250))
    async with core(server):
        await asyncio.sleep(305)
        assert gaps(times(server, "page", limit=20)) == {10.0}
        passes = times(server, "page", limit=100, page_id=None)
        assert gaps(passes) <= {60.0, 60.25}
        assert len(passes) == 6
        assert server.count("page", page_id="opaque100") == server.count("page", page_id="opaque200") == 6


@in_virtual_time
async def test_a_wish_to_look_now_is_not_lost_in_a_read_that_is_on_its_way() -> None:
    server = FakeOpenHands(*conversations(3))
    server.slow["page"] = 1.0
    async with core(server) as it:
        await asyncio.sleep(0.5)
        it.polling.refresh()
        await asyncio.sleep(8)
        assert times(server, "page", limit=20) == [0.0, 1.0]


@in_virtual_time
async def test_all_pages_are_read_every_twenty_seconds_while_something_runs() -> None:
    server = FakeOpenHands(*conversations(50, "RUNNING"))
    async with core(server):
        await asyncio.sleep(121)
        assert gaps(times(server, "page", limit=100)) <= {19.75, 20.0, 20.25, 20.5}
        assert server.count("page", limit=100) in (6, 7)


@in_virtual_time
async def test_a_list_so_long_that_it_takes_minutes_leaves_half_of_the_time_to_other_reads() -> None:
    server = FakeOpenHands(*(working(f"c{n:04}") for n in range(10)), *conversations(2990, first=10))
    server.slow["page"] = 2.0
    async with core(server) as it:
        it.tasks.start("life", lambda: live(server))
        await asyncio.sleep(600)
        passes = times(server, "page", limit=100, page_id=None)
        assert min(gaps(passes)) > 120
        assert server.count("events") > 200


@in_virtual_time
async def test_the_first_page_is_read_every_two_seconds_while_something_starts_but_not_for_ever() -> None:
    server = FakeOpenHands(*conversations(1, "STARTING"))
    async with core(server):
        await asyncio.sleep(170)
        assert gaps(times(server, "page", limit=20)) <= {2.0, 2.25}
        await asyncio.sleep(60)  # it has not changed for three minutes: it is stuck
        assert gaps([at for at in times(server, "page", limit=20) if at > 185]) == {10.0}


@in_virtual_time
async def test_an_agent_that_loads_is_one_that_starts() -> None:
    server = FakeOpenHands(*conversations(1, "RUNNING"))
    server.conversations["c0000"].comes_to("loading")
    async with core(server):
        await asyncio.sleep(30)
        assert gaps([at for at in times(server, "page", limit=20) if at > 11]) <= {2.0, 2.25}
        server.conversations["c0000"].comes_to("running")
        await asyncio.sleep(30)
        assert gaps([at for at in times(server, "page", limit=20) if at > 35]) == {10.0}


@in_virtual_time
async def test_a_hidden_window_reads_once_a_minute_and_at_once_when_it_is_seen_again() -> None:
    server = FakeOpenHands(*conversations(3, "RUNNING"))
    async with core(server) as it:
        await asyncio.sleep(5)
        it.polling.set_hidden(True)
        await asyncio.sleep(600)
        assert gaps([at for at in times(server, "page", limit=20) if at > 9]) == {60.0}
        assert gaps([at for at in times(server, "page", limit=100) if at > 25]) <= {60.0, 59.75, 60.25, 60.5}
        it.polling.set_hidden(False)
        await asyncio.sleep(0.5)
        assert server.count("page", limit=20, since=605) == 1


@in_virtual_time
async def test_who_waits_does_not_spin() -> None:
    server = FakeOpenHands(*conversations(3))
    server.fails["page"] = NobodyListens()
    turns = 0

    class Counted(Polling):
        async def _sleep(self) -> None:
            nonlocal turns
            turns += 1
            await super()._sleep()

    async with core(server) as it:
        counted = Counted(server, it.book, it.known, it.budget, moment)
        it.tasks.start("another", counted.run)
        await asyncio.sleep(300)
        assert turns < 40


# What is made of a page.


@in_virtual_time
async def test_empty_pages_are_taken_as_they_come() -> None:
    server = FakeOpenHands(*conversations(250))
    server.empty_page = "opaque100"
    async with core(server) as it:
        await asyncio.sleep(5)
        assert len(it.book.sessions()) == 250
        assert server.count("page", limit=100) == 4


@in_virtual_time
async def test_rows_that_shift_between_pages_are_merged_by_their_id() -> None:
    server = FakeOpenHands(*conversations(250))
    server.slow["page"] = 1.0
    async with core(server) as it:
        await asyncio.sleep(2.5)  # between two pages
        for number in range(30):
            server.add(f"new{number}", status="STOPPED")
        await asyncio.sleep(40)
        assert len(it.book.sessions()) == len(it.book.ids()) == 280


@in_virtual_time
async def test_a_list_that_goes_in_circles_comes_to_an_end() -> None:
    server = FakeOpenHands(*conversations(3))
    pages = server.page

    async def page(page_id: str | None = None, *, limit: int = 100) -> ConversationPage:
        found = await pages(limit=limit)
        return replace(found, next_page="opaque0")

    server.page = page  # type: ignore[method-assign]
    async with core(server) as it:
        await asyncio.sleep(59)
        assert server.count("page", limit=100) == 2
        assert len(it.book.sessions()) == 3


@in_virtual_time
async def test_a_list_without_end_is_read_so_far_and_leaves_turns_to_the_rest() -> None:
    server = FakeOpenHands(*(working(f"c{n:04}") for n in range(30)))
    pages_of_server = server.page

    async def page(page_id: str | None = None, *, limit: int = 100) -> ConversationPage:
        found = await pages_of_server(limit=limit)
        return replace(found, next_page=f"page{seconds()}")

    server.page = page  # type: ignore[method-assign]
    async with core(server) as it:
        await asyncio.sleep(45)
        assert {row.agent_word for row in it.book.sessions()} == {"running"}
        await asyncio.sleep(45)
        assert server.count("page", limit=100) == pages.PAGES
        assert it.polling._missing == {}  # what stands on the pages that were not read is not missing
        await asyncio.sleep(400)
        assert server.count("page", limit=100) <= 490 * 4 / 2 + pages.PAGES / 2  # one is under way


@in_virtual_time
async def test_a_page_that_fails_ends_the_pass_and_the_next_one_is_whole() -> None:
    server = FakeOpenHands(*conversations(250))
    async with core(server) as it:
        server.fails_once["page"] = []
        await asyncio.sleep(59)
        server.conversations.pop("c0249")
        it.polling.refresh()
        await asyncio.sleep(0.9)
        server.fails["page"] = ServerFault(500)  # the pass at 60 s begins with it
        await asyncio.sleep(1)
        server.fails.clear()
        await asyncio.sleep(62)
        assert it.book.by_id("c0249")  # missing from one full pass only
        assert contact(it) is ConnectionState.CONNECTED


# Rows that are missing.


@in_virtual_time
async def test_a_row_missing_from_two_full_passes_is_asked_by_id_and_null_removes_it() -> None:
    server = FakeOpenHands(*conversations(150))
    async with core(server) as it:
        await asyncio.sleep(30)
        server.conversations.pop("c0120")
        await asyncio.sleep(60)
        assert it.book.by_id("c0120")
        assert server.count("conversation") == 0
        await asyncio.sleep(60)
        assert [one.what for one in server.of("conversation")] == [{"id": "c0120"}]
        assert it.book.by_id("c0120") is None
        await asyncio.sleep(300)
        assert server.count("conversation") == 1


@in_virtual_time
async def test_one_missing_row_is_no_news() -> None:
    server = FakeOpenHands(*conversations(150))
    async with core(server) as it:
        await asyncio.sleep(30)
        hidden = server.conversations.pop("c0120")
        await asyncio.sleep(60)
        server.conversations["c0120"] = hidden
        await asyncio.sleep(60)
        server.conversations.pop("c0120")
        await asyncio.sleep(60)
        assert it.book.by_id("c0120")
        assert server.count("conversation") == 0


@in_virtual_time
async def test_a_conversation_that_is_in_no_page_any_more_stays_and_is_asked_seldom() -> None:
    """Older than ten days it is there only by its id."""
    server = FakeOpenHands(*conversations(5))
    old = server.conversations["c0003"]
    pages = server.page

    async def page(page_id: str | None = None, *, limit: int = 100) -> ConversationPage:
        found = await pages(page_id, limit=limit)
        left = (one for one in found.conversations if one.id != old.id or seconds() < 10)
        return replace(found, conversations=tuple(left))

    server.page = page  # type: ignore[method-assign]
    async with core(server) as it:
        await asyncio.sleep(130)
        old.title = "Renamed"
        server.fails_once["conversation"] = [ServerFault(500)]
        await asyncio.sleep(1800)
        assert it.row("c0003").title in ("Renamed", "Conversation c0003")
        assert server.count("conversation") <= 4


@in_virtual_time
async def test_a_question_by_id_that_fails_is_asked_again_with_the_next_pass() -> None:
    server = FakeOpenHands(*conversations(5))
    async with core(server) as it:
        await asyncio.sleep(30)
        server.conversations.pop("c0003")
        server.fails["conversation"] = ServerFault(500)
        await asyncio.sleep(121)
        assert server.count("conversation") == 1
        server.fails.clear()
        await asyncio.sleep(60)
        assert server.count("conversation") == 2
        assert it.book.by_id("c0003") is None


# Events.


def working(id_: str = "c0000", *, said: bool = True) -> Conversation:
    """A conversation that has worked for a while."""
    one = Conversation(id_, status="RUNNING", created_at=BIRTH - timedelta(minutes=5))
    one.hears("Fix it")
    one.comes_to("running")
    if said:
        one.says("I look at it")
    for _ in range(3):
        one.happens(action="run", source="agent")
    return one


def asked_events(server: FakeOpenHands) -> list[tuple[object, ...]]:
    facts = "start_id", "end_id", "newest_first", "limit"
    return [tuple(one.what[fact] for fact in facts) for one in server.of("events")]


@in_virtual_time
async def test_events_are_read_from_the_newest_back_until_a_state_and_then_only_what_is_new() -> None:
    server = FakeOpenHands(one := working())
    async with core(server) as it:
        await asyncio.sleep(9)
        assert asked_events(server) == [(0, None, True, 1), (0, 4, True, 4)]
        assert (it.row("c0000").agent_word, it.row("c0000").last_words) == ("running", "I look at it")
        one.says("Done")
        one.comes_to("finished")
        await asyncio.sleep(10)
        assert asked_events(server)[2:] == [(6, None, False, 20)]
        assert (it.row("c0000").agent_word, it.row("c0000").last_words) == ("finished", "Done")


@in_virtual_time
async def test_events_are_asked_only_when_the_list_says_that_something_moved() -> None:
    server = FakeOpenHands(one := working())
    async with core(server) as it:
        await asyncio.sleep(600)
        assert len(asked_events(server)) == 2
        one.happens(action="run", source="agent")
        await asyncio.sleep(600)
        assert asked_events(server)[2:] == [(6, None, False, 20)]
        assert it.row("c0000").agent_word == "running"  # a page without a state changes nothing


@in_virtual_time
async def test_a_running_row_is_read_back_as_far_as_its_state_is_and_no_further() -> None:
    server = FakeOpenHands(one := working(said=False))
    for _ in range(300):
        one.happens(action="run", source="agent")
    async with core(server) as it:
        await asyncio.sleep(9)
        assert asked_events(server) == [
            (0, None, True, 1),
            (0, 303, True, 4),
            (0, 299, True, 16),
            (0, 283, True, 64),
            (0, 219, True, 100),
            (0, 119, True, 100),
            (0, 19, True, 100),
        ]
        assert it.row("c0000").agent_word == "running"
        assert server.busiest_second() <= 4


@in_virtual_time
async def test_the_last_words_are_looked_for_near_the_state_only() -> None:
    server = FakeOpenHands(one := working(said=False))
    for _ in range(300):
        one.happens(action="run", source="agent")
    one.comes_to("awaiting_user_input")
    async with core(server):
        await asyncio.sleep(9)
        assert [limit for _, _, _, limit in asked_events(server)] == [1, 4, 16, 64]


@in_virtual_time
async def test_more_than_one_page_of_news_is_read_to_its_end() -> None:
    server = FakeOpenHands(one := working())
    async with core(server) as it:
        await asyncio.sleep(9)
        for number in range(50):
            one.says(f"Step {number}")
        await asyncio.sleep(10)
        assert asked_events(server)[2:] == [
            (6, None, False, 20),
            (26, None, False, 20),
            (46, None, False, 20),
        ]
        assert it.row("c0000").last_words == "Step 49"


@in_virtual_time
async def test_a_stopped_row_is_asked_once_when_it_is_in_view_for_the_state_before() -> None:
    one = working()
    one.comes_to("finished")
    one.comes_to("stopped")
    one.status = "STOPPED"
    server = FakeOpenHands(one, *conversations(5, first=1))
    async with core(server) as it:
        await asyncio.sleep(300)
        assert server.count("events") == 0
        it.polling.set_in_view(["c0000", "unknown"])
        await asyncio.sleep(2)
        assert asked_events(server) == [(0, None, True, 1), (0, 6, True, 4), (0, 2, True, 16)]
        assert it.row("c0000").before_stop is AgentState.FINISHED
        one.updated_at = moment()
        it.polling.set_in_view([])
        it.polling.set_in_view(["c0000"])
        await asyncio.sleep(300)
        assert server.count("events") == 3


@in_virtual_time
async def test_rows_in_view_are_asked_first() -> None:
    server = FakeOpenHands(*(working(f"c{n:04}") for n in range(30)))
    async with core(server) as it:
        it.polling.set_in_view(["c0012", "c0010"])
        await asyncio.sleep(3)
        asked = [one.what["id"] for one in server.of("events")]
        assert asked[:5] == ["c0012", "c0012", "c0010", "c0029", "c0010"]  # the others have their turns, too


@pytest.mark.parametrize("status", ["STARTING", "ERROR", "ARCHIVED", "HIBERNATING"])
@in_virtual_time
async def test_rows_of_another_status_are_not_asked(status: str) -> None:
    server = FakeOpenHands(*conversations(3, status))
    async with core(server) as it:
        it.polling.set_in_view(["c0000"])
        await asyncio.sleep(60)
        assert server.count("events") == 0


@in_virtual_time
async def test_events_that_cannot_be_read_are_asked_again_later_and_later_and_are_no_outage() -> None:
    """A read races with the server's writes, and the last write before the agent waits must not be missed."""
    server = FakeOpenHands(one := working())
    server.fails["events"] = ServerFault(500)
    async with core(server) as it:
        heard = list[ConnectionState]()
        it.known.watch(lambda: heard.append(contact(it)))
        await asyncio.sleep(300)
        assert set(heard) == {ConnectionState.CONNECTED}
        assert 8 <= server.count("events") <= 16
        server.fails.clear()
        await asyncio.sleep(40)
        assert it.row(one.id).agent_word == "running"


@in_virtual_time
async def test_a_page_of_events_too_large_to_read_is_asked_in_smaller_ones() -> None:
    server = FakeOpenHands(one := working())
    async with core(server):
        await asyncio.sleep(9)
        one.says("x")
        server.fails_once["events"] = [AnswerTooLarge()]
        await asyncio.sleep(30)
        assert asked_events(server)[2:] == [(6, None, False, 20), (6, None, False, 5)]


@in_virtual_time
async def test_a_page_too_large_to_read_is_asked_in_smaller_ones_going_back_too() -> None:
    server = FakeOpenHands(one := working(said=False))
    for _ in range(400):
        one.happens(action="run", source="agent")
    events = server.events

    async def heavy(conversation_id: str, *, limit: int = 20, **facts: Any) -> EventPage:
        page = await events(conversation_id, limit=limit, **facts)
        if limit > 50:
            raise AnswerTooLarge
        return page

    server.events = heavy  # type: ignore[method-assign]
    async with core(server) as it:
        await asyncio.sleep(120)
        assert it.row("c0000").agent_word == "running"
        assert server.count("events", limit=64) == 1
        assert server.count("events", limit=100) == 0


@in_virtual_time
async def test_events_without_a_number_are_not_asked_for_ever() -> None:
    server = FakeOpenHands(one := working())
    one.events = [{"id": None, "action": "run"} for _ in range(200)]
    async with core(server):
        await asyncio.sleep(60)
        assert server.count("events") == 1


@in_virtual_time
async def test_a_server_that_gives_the_same_events_again_is_not_asked_for_ever() -> None:
    server = FakeOpenHands(back := working("c0000"), on := working("c0001"))
    back.events = [{"id": 7, "action": "run"} for _ in range(200)]
    async with core(server):
        await asyncio.sleep(9)
        on.events += [{"id": None, "action": "run"} for _ in range(200)]
        on.updated_at = moment()
        await asyncio.sleep(60)
        assert server.count("events", id="c0000") <= 3
        assert server.count("events", id="c0001", newest_first=False) == 1


@in_virtual_time
async def test_no_words_are_looked_for_before_an_agent_that_loads() -> None:
    server = FakeOpenHands(one := working())
    one.comes_to("loading")
    async with core(server):
        await asyncio.sleep(9)
        assert asked_events(server) == [(0, None, True, 1)]


@in_virtual_time
async def test_a_row_that_we_delete_is_not_asked() -> None:
    server = FakeOpenHands(working())
    server.slow["page"] = 0.1
    async with core(server) as it:
        await asyncio.sleep(0.15)
        it.book.set_operation(it.row("c0000").key, Operation.DELETING)
        await asyncio.sleep(60)
        assert server.count("events") == 0


class Falling(FakeOpenHands):
    """The events of some conversations fall for ever, and none of them is a state."""

    def __init__(self, *conversations: Conversation, falling: int, first: int = 2**53) -> None:
        super().__init__(*conversations)
        self.falling = {one.id for one in conversations[:falling]}
        self.first = first

    async def events(self, conversation_id: str, *, end_id: int | None = None, **facts: Any) -> EventPage:
        if conversation_id not in self.falling:
            return await super().events(conversation_id, end_id=end_id, **facts)
        await self._answers("events", id=conversation_id, end_id=end_id, **facts)
        id_ = self.first if end_id is None else end_id
        return EventPage.model_validate({"events": [{"id": id_, "action": "run"}], "has_more": True})


@in_virtual_time
async def test_a_row_whose_events_fall_for_ever_takes_its_turn_like_the_others() -> None:
    server = Falling(*(working(f"c{n:04}") for n in range(60)), falling=3)
    async with core(server) as it:
        it.polling.set_in_view([f"c{n:04}" for n in range(60)])
        await asyncio.sleep(60)
        states = [it.row(f"c{n:04}").agent_word for n in range(60)]
        assert states == [""] * 3 + ["running"] * 57


@in_virtual_time
async def test_rows_that_change_with_every_page_of_the_list_are_all_read_in_turn() -> None:
    server = FakeOpenHands(*(working(f"c{n:04}") for n in range(60)))
    async with core(server) as it:
        it.polling.set_in_view([f"c{n:04}" for n in range(60)])
        it.tasks.start("life", lambda: live(server))
        await asyncio.sleep(600)
        turns = Counter(one.what["id"] for one in server.of("events"))
        print(turns.most_common()[0], turns.most_common()[-1])
        assert len(turns) == 60
        assert max(turns.values()) <= 2 * min(turns.values())


@pytest.mark.parametrize("first", [10**6, 2**53])
@in_virtual_time
async def test_nobody_goes_back_for_ever_from_a_huge_number(first: int) -> None:
    server = Falling(working(), falling=1, first=first)
    async with core(server) as it:
        await asyncio.sleep(600)
        assert server.count("events") == event_reading.STEPS
        server.conversations["c0000"].happens(action="run")
        await asyncio.sleep(600)
        assert server.count("events") == 2 * event_reading.STEPS
        assert it.row("c0000").phase_word == "RUNNING"


@in_virtual_time
async def test_nobody_goes_on_for_ever_with_events_that_come_faster_than_they_are_read() -> None:
    server = FakeOpenHands(one := working())
    async with core(server) as it:
        await asyncio.sleep(9)
        events = server.events

        async def endless(conversation_id: str, *, start_id: int = 0, **facts: Any) -> EventPage:
            page = await events(conversation_id, start_id=start_id, **facts)
            return page.model_copy(update={"events": [Event(id=start_id)], "has_more": True})

        server.events = endless  # type: ignore[method-assign]
        one.happens(action="run")
        began = seconds()
        await asyncio.sleep(600)
        assert server.count("events", since=began) == event_reading.STEPS
        assert contact(it) is ConnectionState.CONNECTED


@in_virtual_time
async def test_a_row_that_never_answers_costs_the_others_a_tenth_of_the_time() -> None:
    server = FakeOpenHands(*(working(f"c{n:04}") for n in range(4)))
    events = server.events

    async def silent(conversation_id: str, **facts: Any) -> EventPage:
        if conversation_id == "c0000":
            server.asked.append(Asked(seconds(), "silence", {}))
            await asyncio.sleep(30)
            raise AnswerTimedOut
        return await events(conversation_id, **facts)

    server.events = silent  # type: ignore[method-assign]
    async with core(server) as it:
        it.polling.set_in_view([f"c{n:04}" for n in range(4)])
        await asyncio.sleep(3600)
        assert 10 <= server.count("silence") <= 3600 / (30 + 30 * event_reading.REST) + 1
        assert [it.row(f"c{n:04}").agent_word for n in range(4)] == ["", "running", "running", "running"]


@in_virtual_time
async def test_nothing_is_kept_of_rows_that_have_gone() -> None:
    server = FakeOpenHands()
    async with core(server) as it:
        reading = EventReading(server, it.book)
        for number in range(300):
            one = server.add(f"c{number:04}")
            one.comes_to("running")
            it.book.apply_page([one.info()])
            await reading.read(it.row(one.id))
            it.book.mark_gone(one.id)
        assert len(reading._marks) <= event_reading.SPARE_MARKS + 1


# How we stand with the server.


@in_virtual_time
async def test_who_answers_is_connected_and_who_is_not_yet_known_is_looked_for() -> None:
    server = FakeOpenHands()
    server.slow["page"] = 1.0
    async with core(server) as it:
        assert contact(it) is ConnectionState.LOOKING
        await asyncio.sleep(1.1)
        assert contact(it) is ConnectionState.CONNECTED
        assert it.known.status.since is None


ODD = [ServerFault(500), AnswerTimedOut(), ConnectionLost(), WrongShape(), NoSuchPlace()]


@pytest.mark.parametrize("error", ODD, ids=lambda error: type(error).__name__)
@in_virtual_time
async def test_one_failed_read_is_no_news(error: LauncherError) -> None:
    server = FakeOpenHands(*conversations(3))
    async with core(server) as it:
        heard = list[ConnectionState]()
        await asyncio.sleep(5)
        it.known.watch(lambda: heard.append(it.known.status.state))
        server.fails_once["page"] = [error]
        await asyncio.sleep(60)
        assert heard == []


@pytest.mark.parametrize("error", ODD, ids=lambda error: type(error).__name__)
@in_virtual_time
async def test_two_in_a_row_are_an_outage_since_the_second_and_so_is_the_very_first(
    error: LauncherError,
) -> None:
    server = FakeOpenHands(*conversations(3))
    async with core(server) as it:
        await asyncio.sleep(5)
        server.fails["page"] = error
        await asyncio.sleep(16)
        connected = it.known.status
        assert (connected.state, connected.error) == (ConnectionState.AWAY, error)
        assert connected.since == BIRTH + timedelta(seconds=20)
    async with core(server) as it:
        await asyncio.sleep(0.1)
        assert contact(it) is ConnectionState.AWAY


@in_virtual_time
async def test_a_refused_connection_is_an_outage_at_once_and_the_next_tries_back_off() -> None:
    server = FakeOpenHands(*conversations(3))
    async with core(server) as it:
        await asyncio.sleep(5)
        server.fails["page"] = NobodyListens()
        await asyncio.sleep(5.1)
        first = it.known.status
        assert first.state is ConnectionState.AWAY
        assert first.since == BIRTH + timedelta(seconds=10)
        assert first.next_try == BIRTH + timedelta(seconds=12)
        await asyncio.sleep(200)
        tries = [at for at in times(server, "page") if at >= 10]
        assert [round(at) for at in tries[:7]] == [10, 12, 16, 24, 40, 70, 100]
        assert it.known.status.since == first.since
        assert server.count(since=11) == server.count("page", limit=20, since=11)  # nothing else is asked
        server.fails.clear()
        await asyncio.sleep(31)
        assert contact(it) is ConnectionState.CONNECTED


@in_virtual_time
async def test_try_now_tries_now_and_begins_to_back_off_anew() -> None:
    server = FakeOpenHands(*conversations(3))
    server.fails["page"] = NobodyListens()
    async with core(server) as it:
        await asyncio.sleep(95)
        since = it.known.status.since
        it.polling.retry_now()
        await asyncio.sleep(3)
        assert [round(at) for at in times(server, "page") if at > 94] == [95, 97]
        assert it.known.status.since == since == BIRTH


@in_virtual_time
async def test_back_from_an_outage_everything_is_read_anew() -> None:
    server = FakeOpenHands(*conversations(3))
    async with core(server) as it:
        await asyncio.sleep(5)
        server.fails["page"] = NobodyListens()
        await asyncio.sleep(10)
        server.fails.clear()
        server.identity = ServerIdentity("0.54.0")
        server.stored = None
        it.polling.retry_now()
        await asyncio.sleep(2)
        assert it.known.facts == ServerFacts("0.54.0", settings=None, settings_known=True)
        assert server.count("page", limit=100, since=15) == 1


@in_virtual_time
async def test_a_refused_key_ends_reading_until_somebody_tries_again() -> None:
    """The server may lock out who comes with a wrong key again and again."""
    server = FakeOpenHands(*conversations(3))
    async with core(server) as it:
        await asyncio.sleep(5)
        server.fails["page"] = KeyRefused()
        await asyncio.sleep(10)
        assert contact(it) is ConnectionState.KEY_REFUSED
        count = server.count()
        it.polling.refresh(all_pages=True)
        it.polling.set_hidden(True)
        it.polling.set_hidden(False)
        with it.polling.hold():
            pass
        await asyncio.sleep(600)
        assert server.count() == count
        server.fails.clear()
        it.polling.retry_now()
        assert contact(it) is ConnectionState.LOOKING
        await asyncio.sleep(1)
        assert contact(it) is ConnectionState.CONNECTED


@in_virtual_time
async def test_a_refusal_of_the_key_that_was_replaced_meanwhile_says_nothing() -> None:
    server = FakeOpenHands(*conversations(3))
    async with core(server) as it:
        await asyncio.sleep(5)
        server.fails_once["page"] = [KeyRefused()]
        server.slow["page"] = 3.0
        it.polling.refresh()
        await asyncio.sleep(1)
        it.polling.retry_now(with_another_key=True)
        await asyncio.sleep(10)
        assert not server.fails_once["page"]
        assert contact(it) is ConnectionState.CONNECTED


@pytest.mark.parametrize("act", [Operation.STOPPING, Operation.DELETING])
@pytest.mark.parametrize("error", [AnswerTimedOut(), ConnectionLost(), ConnectTimedOut()])
@in_virtual_time
async def test_a_server_that_is_silent_while_our_own_stop_is_out_is_no_outage(
    act: Operation, error: LauncherError
) -> None:
    server = FakeOpenHands(*conversations(3, "RUNNING"))
    async with core(server) as it:
        await asyncio.sleep(5)
        it.book.set_operation(it.row("c0000").key, act)
        server.fails |= {"page": error, "events": error, "settings": error}
        await asyncio.sleep(170)
        assert contact(it) is ConnectionState.CONNECTED
        it.book.set_operation(it.row("c0000").key, None)
        await asyncio.sleep(25)
        assert contact(it) is ConnectionState.AWAY


@pytest.mark.parametrize("act", [Operation.STOPPING, Operation.DELETING])
@pytest.mark.parametrize("error", [NobodyListens(), ServerFault(500)])
@in_virtual_time
async def test_a_server_that_is_gone_or_broken_is_away_also_while_our_own_stop_is_out(
    act: Operation, error: LauncherError
) -> None:
    server = FakeOpenHands(*conversations(3, "RUNNING"))
    async with core(server) as it:
        await asyncio.sleep(5)
        it.book.set_operation(it.row("c0000").key, act)
        server.fails |= {"page": error, "events": error, "settings": error}
        await asyncio.sleep(20)
        assert contact(it) is ConnectionState.AWAY


@in_virtual_time
async def test_a_server_that_asks_for_quiet_gets_it_and_is_not_away() -> None:
    server = FakeOpenHands(*conversations(30, "RUNNING"))
    server.fails_once["events"] = [TooManyRequests(5.0)]
    async with core(server) as it:
        await asyncio.sleep(30)
        asked = sorted(one.at for one in server.asked)
        refused = server.of("events")[0].at
        assert min(at for at in asked if at > refused) == refused + 5.0
        assert contact(it) is ConnectionState.CONNECTED
        assert {one.what["id"] for one in server.of("events")} == {
            f"c{n:04}" for n in range(30)
        }  # none is forgotten


@pytest.mark.parametrize(("wanted", "rest"), [(None, 1.0), (0.0, 1.0), (3600.0, 300.0)])
@in_virtual_time
async def test_quiet_lasts_a_second_at_least_and_five_minutes_at_most(
    wanted: float | None, rest: float
) -> None:
    server = FakeOpenHands()
    server.fails_once["settings"] = [TooManyRequests(wanted)]
    async with core(server):
        await asyncio.sleep(400)
        refused = server.of("settings")[0].at
        assert min(one.at for one in server.asked if one.at > refused) == refused + rest


@pytest.mark.parametrize("known_s", [0, 5])
@in_virtual_time
async def test_a_server_that_refuses_the_list_as_too_much_again_and_again_is_away(known_s: float) -> None:
    """There is a way to try now, and the next try is no earlier than it wanted."""
    server = FakeOpenHands(*conversations(3))
    busy = TooManyRequests(45.0)
    async with core(server) as it:
        await asyncio.sleep(known_s)
        server.fails["page"] = busy
        it.polling.refresh()
        await asyncio.sleep(50)
        connected = it.known.status
        assert (connected.state, connected.error) == (ConnectionState.AWAY, busy)
        [*_, last] = times(server, "page")
        assert connected.next_try == BIRTH + timedelta(seconds=last + 45)
        server.fails.clear()
        await asyncio.sleep(45)
        assert contact(it) is ConnectionState.CONNECTED


@in_virtual_time
async def test_one_refusal_of_the_list_as_too_much_is_no_news() -> None:
    server = FakeOpenHands(*conversations(3))
    async with core(server) as it:
        await asyncio.sleep(5)
        server.fails_once["page"] = [TooManyRequests(5.0)]
        heard = list[ConnectionState]()
        it.known.watch(lambda: heard.append(contact(it)))
        await asyncio.sleep(60)
        assert heard == []


@in_virtual_time
async def test_who_else_reads_hears_a_wish_for_quiet_too() -> None:
    server = FakeOpenHands(*conversations(30, "RUNNING"))
    async with core(server) as it:
        it.tasks.start("life", lambda: live(server))
        await asyncio.sleep(5)
        server.fails["conversation"] = TooManyRequests(30.0)
        with pytest.raises(TooManyRequests):
            async with it.budget.turn():
                await server.conversation("c0000")
        refused = seconds()
        await asyncio.sleep(29.9)
        assert server.count(since=refused + 0.001) == 0


# What is known of the server.


@in_virtual_time
async def test_the_version_is_asked_once_and_the_settings_every_minute() -> None:
    server = FakeOpenHands()
    async with core(server) as it:
        heard = list[ServerFacts]()
        it.known.watch(lambda: heard.append(it.known.facts))
        await asyncio.sleep(1)
        assert it.known.facts == ServerFacts("0.53.0", settings=server.stored, settings_known=True)
        server.stored = ServerSettings(model="openai/gpt")
        await asyncio.sleep(60)
        assert it.known.facts.settings == server.stored
        await asyncio.sleep(300)
        assert server.count("identify") == 1
        assert server.count("settings") == 7
        assert heard[-1] == it.known.facts
        assert len(heard) == 4  # connected, version, settings, other settings


@pytest.mark.parametrize("kind", ["identify", "settings"])
@in_virtual_time
async def test_the_list_is_read_also_where_the_rest_cannot_be(kind: str) -> None:
    server = FakeOpenHands(*conversations(150))
    server.fails[kind] = ServerFault(500)
    async with core(server) as it:
        await asyncio.sleep(300)
        assert contact(it) is ConnectionState.CONNECTED
        assert len(it.book.sessions()) == 150
        assert 5 <= server.count(kind) <= 6
        server.fails.clear()
        await asyncio.sleep(61)
        assert it.known.facts.version == "0.53.0"
        assert it.known.facts.settings_known


@in_virtual_time
async def test_a_server_of_which_nothing_but_the_list_works_is_connected() -> None:
    server = FakeOpenHands(working())
    server.fails = dict.fromkeys(("identify", "settings", "events"), ServerFault(500))
    async with core(server) as it:
        heard = list[ConnectionState]()
        it.known.watch(lambda: heard.append(contact(it)))
        await asyncio.sleep(300)
        assert heard == [ConnectionState.CONNECTED]


@pytest.mark.parametrize("kind", ["identify", "settings", "events", "page"])
@in_virtual_time
async def test_a_key_that_is_refused_anywhere_is_refused(kind: str) -> None:
    server = FakeOpenHands(working())
    server.fails[kind] = KeyRefused()
    async with core(server) as it:
        await asyncio.sleep(3)
        assert contact(it) is ConnectionState.KEY_REFUSED


# Its end.


@in_virtual_time
async def test_a_watcher_hears_until_it_leaves() -> None:
    server = FakeOpenHands()
    async with core(server) as it:
        heard = list[ConnectionState]()
        leave = it.known.watch(lambda: heard.append(it.known.status.state))
        await asyncio.sleep(1)
        assert heard
        leave()
        leave()
        count = len(heard)
        server.fails["page"] = NobodyListens()
        await asyncio.sleep(60)
        assert len(heard) == count


# Bugs.


def broken(*_: object) -> None:
    raise ValueError("a bug")


@in_virtual_time
async def test_a_bug_of_who_watches_is_reported_and_the_list_goes_on() -> None:
    server = FakeOpenHands(*conversations(2, "RUNNING"))
    async with core(server) as it:
        it.known.watch(broken)
        it.book.watch(broken)
        await asyncio.sleep(60)
        assert contact(it) is ConnectionState.CONNECTED
        assert len(it.book.sessions()) == 2
        assert server.count("page", limit=20, since=20) >= 3
        assert {str(one) for one in it.faults} == {"a bug"}
        it.faults.clear()


@pytest.mark.parametrize("of_book", ["apply_page", "apply_updates", "sessions"])
@in_virtual_time
async def test_a_bug_in_a_read_is_reported_and_costs_that_read_only(
    of_book: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = FakeOpenHands(*conversations(2, "RUNNING"))
    for one in server.conversations.values():
        one.comes_to("running")
    async with core(server) as it:
        await asyncio.sleep(1)
        server.conversations["c0000"].happens(action="run", source="agent")
        with monkeypatch.context() as patch:
            patch.setattr(it.book, of_book, broken)
            await asyncio.sleep(60)
        assert {str(one) for one in it.faults} == {"a bug"}
        assert len(it.faults) < 60  # one that fails again and again is asked less and less
        it.faults.clear()
        server.conversations["c0000"].title = "Read again"
        await asyncio.sleep(60)
        assert it.row("c0000").title == "Read again"


@in_virtual_time
async def test_the_bug_of_a_read_goes_to_who_was_named() -> None:
    server, faults = FakeOpenHands(), list[BaseException]()
    server.fails["page"] = ValueError("a bug")
    polling = Polling(server, SessionBook(moment), KnownServer(now=moment), Budget(), moment, faults.append)
    reading = asyncio.create_task(polling.run())
    await asyncio.sleep(25)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    assert [str(one) for one in faults] == ["a bug"] * 3
