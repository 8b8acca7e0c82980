"""What we do to a conversation that is there: stop it, delete it. Time is virtual."""

import asyncio

import pytest

from app.core import conversations
from app.core.conversations import AgentState, ConversationPage
from app.core.draft import LaunchDraft
from app.core.session import Operation, SessionKey
from app.core.session_state import State, state_of
from app.errors import (
    AnswerTimedOut,
    ConnectionLost,
    KeyRefused,
    LauncherError,
    NobodyListens,
    NoSuchPlace,
    ServerFault,
    WebPage,
    WrongShape,
)
from tests.unit.clock import in_virtual_time
from tests.unit.fake import Conversation, Core, FakeOpenHands, core, moment


async def running(it: Core) -> SessionKey:
    """The row of a conversation that runs."""
    await asyncio.sleep(2)
    return it.row("c0").key


def a_server() -> FakeOpenHands:
    one = Conversation("c0", status="RUNNING")
    one.comes_to("running")
    return FakeOpenHands(one, Conversation("c1", status="RUNNING"))


@in_virtual_time
async def test_a_row_says_stopping_from_the_press_on_and_stopped_with_the_answer() -> None:
    server = a_server()
    server.slow["stop"] = 140
    async with core(server) as it:
        key = await running(it)
        it.acts.stop(key)
        assert state_of(it.row("c0"), moment()) is State.STOPPING
        await asyncio.sleep(139)
        assert state_of(it.row("c0"), moment()) is State.STOPPING
        await asyncio.sleep(2)
        assert state_of(it.row("c0"), moment()) is State.STOPPED
        assert [one.what for one in server.of("stop")] == [{"id": "c0"}]
        assert server.count("page", limit=20, since=142) >= 1  # the list is read at once


@in_virtual_time
async def test_a_row_says_deleting_and_then_goes_for_good() -> None:
    server = a_server()
    server.slow = {"delete": 5, "page": 3}  # a page that is on its way still holds it
    async with core(server) as it:
        await asyncio.sleep(8)
        key = it.row("c0").key
        it.acts.delete(key)
        assert state_of(it.row("c0"), moment()) is State.DELETING
        await asyncio.sleep(60)
        assert it.book.get(key) is None
        assert [row.conversation_id for row in it.book.sessions()] == ["c1"]
        assert server.count("delete") == 1


@pytest.mark.parametrize("first", [Operation.STOPPING, Operation.DELETING])
@in_virtual_time
async def test_a_second_act_changes_nothing_while_the_first_is_out(first: Operation) -> None:
    server = a_server()
    server.slow = {"stop": 5, "delete": 5}
    async with core(server) as it:
        key = await running(it)
        (it.acts.stop if first is Operation.STOPPING else it.acts.delete)(key)
        it.acts.stop(key)
        it.acts.delete(key)
        await asyncio.sleep(20)
        assert server.count("stop") + server.count("delete") == 1


@in_virtual_time
async def test_two_rows_are_stopped_side_by_side() -> None:
    server = a_server()
    server.slow["stop"] = 5
    async with core(server) as it:
        await running(it)
        for row in it.book.sessions():
            it.acts.stop(row.key)
        await asyncio.sleep(5.1)
        assert {state_of(row, moment()) for row in it.book.sessions()} == {State.STOPPED}


@in_virtual_time
async def test_what_is_no_conversation_yet_or_any_more_is_left_alone() -> None:
    server = a_server()
    async with core(server) as it:
        await running(it)
        it.acts.stop(SessionKey("999"))
        it.acts.delete(it.book.add_launch(LaunchDraft()))
        await asyncio.sleep(5)
        assert server.count("stop") + server.count("delete") == 0


REFUSED: list[LauncherError] = [NobodyListens(), KeyRefused(), NoSuchPlace()]
FAILED: list[LauncherError] = [ServerFault(500), WebPage(), WrongShape()]
NOT_YET: list[LauncherError] = [AnswerTimedOut(), ConnectionLost()]


@pytest.mark.parametrize("error", [*REFUSED, *FAILED, *NOT_YET], ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("kind", ["stop", "delete"])
@in_virtual_time
async def test_an_act_that_failed_says_why_and_one_whose_answer_is_out_has_not_failed(
    kind: str, error: LauncherError
) -> None:
    server = a_server()
    server.fails[kind] = error
    async with core(server) as it:
        heard = list[tuple[str, Operation, LauncherError]]()
        it.acts.on_failed = lambda row, act, error: heard.append((row.conversation_id, act, error))
        key = await running(it)
        (it.acts.stop if kind == "stop" else it.acts.delete)(key)
        await asyncio.sleep(1)
        act = Operation.STOPPING if kind == "stop" else Operation.DELETING
        assert heard == ([] if error in NOT_YET else [("c0", act, error)])
        assert it.row("c0").operation is None
        assert state_of(it.row("c0"), moment()) is State.WORKING  # the list tells what became of it
        server.conversations["c0"].status = "STOPPED"
        await asyncio.sleep(25)
        assert state_of(it.row("c0"), moment()) is State.STOPPED


@in_virtual_time
async def test_a_bug_in_an_act_is_reported_and_does_not_leave_the_row_stopping() -> None:
    server = a_server()
    server.fails["stop"] = ValueError("a bug")
    async with core(server) as it:
        it.acts.stop(await running(it))
        await asyncio.sleep(1)
        assert [str(it.faults.pop())] == ["a bug"]
        assert it.row("c0").operation is None


@in_virtual_time
async def test_a_row_that_goes_while_it_is_being_stopped_stays_away() -> None:
    server = a_server()
    server.slow["stop"] = 5
    async with core(server) as it:
        key = await running(it)
        it.acts.stop(key)
        await asyncio.sleep(1)
        it.book.mark_gone("c0")
        server.conversations["gone"] = server.conversations["c0"]
        await asyncio.sleep(0.5)
        assert it.book.get(key) is None
        await asyncio.sleep(5)


# An answer that is lost: what became of it is asked, once.


def loses(it: Core, kind: str, error: LauncherError, *, done: bool) -> None:
    """The server does it, or does not, and nobody hears its answer."""
    real = getattr(it.server, kind)

    async def answers(conversation_id: str) -> None:
        if done:
            await real(conversation_id)
        raise error

    setattr(it.server, kind, answers)


@pytest.mark.parametrize("error", NOT_YET, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("rests", [True, False])
@in_virtual_time
async def test_a_delete_whose_answer_was_lost_takes_the_row_at_once(
    error: LauncherError, rests: bool
) -> None:
    one = Conversation("c0", status="STOPPED" if rests else "RUNNING")
    async with core(FakeOpenHands(one)) as it:
        key = await running(it)
        loses(it, "delete", error, done=True)
        it.acts.delete(key)
        await asyncio.sleep(1)
        assert it.book.get(key) is None
        await asyncio.sleep(120)
        assert it.book.sessions() == []


@in_virtual_time
async def test_a_stop_whose_answer_was_lost_is_seen_in_a_row_that_no_first_page_holds() -> None:
    many = [Conversation(f"c{n}", created_at=moment().replace(year=2030 - n)) for n in range(30)]
    async with core(FakeOpenHands(*many)) as it:
        await asyncio.sleep(10)
        loses(it, "stop", ConnectionLost(), done=True)
        it.acts.stop(it.row("c29").key)
        await asyncio.sleep(1)
        assert state_of(it.row("c29"), moment()) is State.STOPPED


@pytest.mark.parametrize("kind", ["stop", "delete"])
@in_virtual_time
async def test_what_was_not_done_after_all_goes_on_and_is_asked_about_once(kind: str) -> None:
    server = a_server()
    async with core(server) as it:
        key = await running(it)
        loses(it, kind, AnswerTimedOut(), done=False)
        (it.acts.stop if kind == "stop" else it.acts.delete)(key)
        await asyncio.sleep(30)
        assert state_of(it.row("c0"), moment()) is State.WORKING
        assert server.count("conversation") == 1


@in_virtual_time
async def test_when_nobody_answers_that_question_either_the_list_tells() -> None:
    server = a_server()
    server.fails["conversation"] = AnswerTimedOut()
    async with core(server) as it:
        key = await running(it)
        loses(it, "delete", AnswerTimedOut(), done=True)
        it.acts.delete(key)
        await asyncio.sleep(1)
        assert it.row("c0").operation is None
        server.fails.clear()
        await asyncio.sleep(180)
        assert it.book.get(key) is None


@in_virtual_time
async def test_the_question_waits_for_its_turn() -> None:
    server = a_server()
    async with core(server) as it:
        key = await running(it)
        loses(it, "delete", ConnectionLost(), done=True)
        with it.polling.hold():
            it.acts.delete(key)
            await asyncio.sleep(10)
            assert server.count("conversation") == 0
        await asyncio.sleep(2)
        assert it.book.get(key) is None
        assert server.busiest_second() <= 4


# A page that left before the stop.


class Slow(FakeOpenHands):
    """What it answers was so a second ago."""

    async def page(self, page_id: str | None = None, *, limit: int = 100) -> ConversationPage:
        page = await super().page(page_id, limit=limit)
        await asyncio.sleep(1)
        return page

    async def conversation(self, conversation_id: str) -> conversations.Conversation | None:
        info = await super().conversation(conversation_id)
        await asyncio.sleep(1)
        return info


def states_of(it: Core, id_: str) -> list[State]:
    """The states that its row comes through from now on."""
    seen = list[State]()

    def note() -> None:
        now = state_of(it.row(id_), moment())
        if seen[-1:] != [now]:
            seen.append(now)

    it.book.watch(lambda _changes: note())
    return seen


@pytest.mark.parametrize("takes", [0.0, 0.3, 0.9, 1.1, 3.0])
@pytest.mark.parametrize("before", [0.0, 0.5, 0.9])
@in_virtual_time
async def test_a_page_that_left_before_a_stop_does_not_undo_it(takes: float, before: float) -> None:
    one = Conversation("c0", status="RUNNING")
    one.comes_to("finished")
    server = Slow(one)
    server.slow["stop"] = takes
    async with core(server) as it:
        it.polling.set_in_view(["c0"])
        await asyncio.sleep(8)
        assert state_of(it.row("c0"), moment()) is State.FINISHED
        it.polling.refresh()
        await asyncio.sleep(before)
        seen = states_of(it, "c0")
        it.acts.stop(it.row("c0").key)
        await asyncio.sleep(30)
        assert seen == [State.STOPPING, State.FINISHED]
        assert (it.row("c0").agent_word, it.row("c0").before_stop) == ("stopped", AgentState.FINISHED)


@pytest.mark.parametrize("after", [0.1, 5.0])
@in_virtual_time
async def test_what_is_restarted_after_our_stop_runs_again(after: float) -> None:
    server = a_server()
    async with core(server) as it:
        it.acts.stop(await running(it))
        await asyncio.sleep(after)
        server.conversations["c0"].status = "RUNNING"
        await asyncio.sleep(25)
        assert it.row("c0").phase_word == "RUNNING"
