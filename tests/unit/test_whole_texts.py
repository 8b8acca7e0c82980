"""A row keeps a part of what is long; who looks at it reads the whole. Time is virtual."""

import asyncio
from datetime import timedelta

import pytest

from app.core.draft import LaunchDraft
from app.core.whole_texts import TRIES, WholeTexts
from app.errors import ServerFault
from app.wire import limits
from tests.unit.clock import in_virtual_time
from tests.unit.fake import BIRTH, Conversation, Core, FakeOpenHands, core, ready

LONG = "It begins. " + "x" * 5000 + " Does it end?"


def asks(id_: str, text: str = LONG) -> Conversation:
    one = Conversation(id_, created_at=BIRTH - timedelta(hours=1))
    one.comes_to("running")
    one.says(text)
    one.comes_to("awaiting_user_input")
    return one


def whole_texts(it: Core) -> WholeTexts:
    return WholeTexts(it.server, it.book, it.budget, it.tasks)


@in_virtual_time
async def test_a_row_keeps_a_part_and_who_looks_at_it_reads_the_whole_with_one_request() -> None:
    async with core(FakeOpenHands(asks("a"), asks("b", "Short?"))) as it:
        await asyncio.sleep(30)
        part = it.row("a").last_words
        assert part.startswith("It begins.")
        assert part.endswith("Does it end?")
        assert len(part) < len(LONG)
        assert it.server.count("event") == 0
        texts = whole_texts(it)
        for _look in range(3):
            texts.look_at(it.row("a").key)
            await asyncio.sleep(5)
        assert it.row("a").last_words == LONG
        assert it.server.count("event", id="a", event_id=1) == it.server.count("event") == 1
        texts.look_at(it.row("b").key)
        await asyncio.sleep(5)
        assert it.server.count("event") == 1


@in_virtual_time
async def test_who_cannot_wait_for_the_whole_reads_it_now() -> None:
    async with core(FakeOpenHands(asks("a"))) as it:
        await asyncio.sleep(30)
        await whole_texts(it).read(it.row("a").key)
        assert it.row("a").last_words == LONG


@in_virtual_time
async def test_a_long_reason_is_read_whole_too() -> None:
    one = asks("a")
    one.comes_to("error", LONG)
    async with core(FakeOpenHands(one)) as it:
        await asyncio.sleep(30)
        assert it.row("a").reason.text != LONG
        whole_texts(it).look_at(it.row("a").key)
        await asyncio.sleep(5)
        assert (it.row("a").reason.text, it.row("a").last_words) == (LONG, LONG)
        assert it.server.count("event") == 2


@in_virtual_time
async def test_only_the_session_that_is_looked_at_now_is_read() -> None:
    server = FakeOpenHands(*(asks(f"c{number}") for number in range(30)))
    async with core(server) as it:
        await asyncio.sleep(60)
        texts, server.slow = whole_texts(it), {"event": 1.0}
        for number in range(30):  # the arrow key is held down
            texts.look_at(it.row(f"c{number}").key)
            await asyncio.sleep(0.01)
        await asyncio.sleep(30)
        assert server.count("event") <= 2
        assert it.row("c29").last_words == LONG
        whole = [row for row in it.book.sessions() if not row.cut]
        assert [row.conversation_id for row in whole] == ["c29"]


@in_virtual_time
async def test_whoever_looks_at_another_session_before_the_turn_has_come_has_only_that_one_read() -> None:
    async with core(FakeOpenHands(asks("a"), asks("b"))) as it:
        await asyncio.sleep(30)
        texts = whole_texts(it)
        with it.polling.hold():  # a launch is out
            texts.look_at(it.row("a").key)
            await asyncio.sleep(1)
            texts.look_at(it.row("b").key)
            await asyncio.sleep(1)
        await asyncio.sleep(5)
        assert [one.what["id"] for one in it.server.of("event")] == ["b"]


@in_virtual_time
async def test_what_cannot_be_read_whole_stays_a_part_and_is_not_asked_for_for_ever() -> None:
    server = FakeOpenHands(asks("a"))
    async with core(server) as it:
        await asyncio.sleep(30)
        part, texts = it.row("a").last_words, whole_texts(it)
        server.fails["event"] = ServerFault(500)
        for _look in range(10):
            texts.look_at(it.row("a").key)
            await asyncio.sleep(1)
        assert server.count("event") == TRIES
        assert it.row("a").last_words == part
        server.fails.clear()
        server.conversations["a"].says(LONG + " Now?")  # new words are asked for anew
        await asyncio.sleep(30)
        texts.look_at(it.row("a").key)
        await asyncio.sleep(5)
        assert it.row("a").last_words == LONG + " Now?"


@pytest.fixture
def two_with_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ROWS_WITH_WORDS", 2)


@pytest.mark.usefixtures("two_with_words")
@in_virtual_time
async def test_last_words_that_were_let_go_of_are_read_again_when_their_row_is_in_view() -> None:
    server = FakeOpenHands(*(asks(f"c{number}", "Which page?") for number in range(6)))
    async with core(server) as it:
        await asyncio.sleep(60)
        assert sum(bool(row.last_words) for row in it.book.sessions()) == 2
        assert {row.agent_word for row in it.book.sessions()} == {"awaiting_user_input"}
        asked = server.count("events")
        await asyncio.sleep(60)
        assert server.count("events") == asked  # out of view nobody misses them
        lacking = [row.conversation_id for row in it.book.sessions() if row.lacks_words][:2]
        it.polling.set_in_view(lacking)
        await asyncio.sleep(10)
        assert [it.row(id_).last_words for id_ in lacking] == ["Which page?"] * 2
        assert server.count("events") <= asked + 2 * 2
        asked = server.count("events")
        await asyncio.sleep(60)
        assert server.count("events") == asked


@in_virtual_time
async def test_of_two_long_messages_that_begin_and_end_alike_the_right_one_is_the_lost_launch() -> None:
    server = FakeOpenHands()
    async with core(server) as it:
        await asyncio.sleep(30)
        message = "Fix it. " + "a" * 9000 + " Please."
        draft = LaunchDraft(initial_user_msg=message)
        other = Conversation("other", created_at=BIRTH + timedelta(seconds=31))
        other.hears("Fix it. " + "a" * 4000 + "b" + "a" * 4999 + " Please.")
        server.loses_answers = True
        key = it.launching.launch(ready(draft), follow=False)
        server.conversations["other"] = other
        await asyncio.sleep(60)
        row = it.book.get(key)
        assert row
        assert row.conversation_id == "launched1"
        assert server.count("event") == 2
