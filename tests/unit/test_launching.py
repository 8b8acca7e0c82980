"""One launch, from the press to what became of it. Time is virtual."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from app import messages
from app.client.v0.mapping import TOO_MANY
from app.client.v0.schemas import EventPage
from app.core import conversations
from app.core.budget import Budget
from app.core.connection_status import ConnectionState
from app.core.conversations import Accepted, ConversationPage, Phase
from app.core.draft import CreateMicroagentDraft, LaunchDraft, SuggestedTaskDraft
from app.core.kinds import LaunchKind
from app.core.launching import Launched, NotLaunched, Outcome
from app.core.servers import Capabilities, ServerIdentity
from app.core.session import Operation, Session, SessionKey
from app.core.session_state import State, state_of
from app.core.sessions import SessionBook
from app.core.tasks import Tasks
from app.core.unconfirmed_launches import BETWEEN_LOOKS_S, MOST_ALIKE, ListSnapshot, UnconfirmedLaunches
from app.core.watchers import report_to_loop
from app.errors import (
    AnswerTimedOut,
    BadRequest,
    ConnectionLost,
    GitRefused,
    GitTokenMissing,
    Invalid,
    KeyRefused,
    LauncherError,
    NoAnswer,
    NobodyListens,
    Problem,
    Redirected,
    ServerFault,
    SettingsMissing,
    TooManyRequests,
    WebPage,
    WrongShape,
)
from app.redaction import MASK
from app.wire.choices import ProviderType, TaskType
from app.wire.schemas import InitSessionRequest, MCPConfig, MCPSSEServerConfig, MCPStdioServerConfig
from tests.unit.clock import in_virtual_time, seconds
from tests.unit.fake import Conversation, Core, FakeOpenHands, core, moment, ready

ID = "0123456789abcdef0123456789abcdef"


def a_draft(**fields: Any) -> LaunchDraft:
    return LaunchDraft(
        **{"repository": "o/n", "selected_branch": "main", "initial_user_msg": "Fix it", **fields}
    )


def press(it: Core, draft: LaunchDraft | None = None) -> SessionKey:
    draft = draft or a_draft()
    return it.launching.launch(ready(draft, it.known.facts))


def acceptances(it: Core) -> list[Launched]:
    heard = list[Launched]()
    it.launching.watch(lambda one: heard.append(one) if isinstance(one, Launched) else None)
    return heard


def refusals(it: Core) -> list[NotLaunched]:
    heard = list[NotLaunched]()
    it.launching.watch(lambda one: heard.append(one) if isinstance(one, NotLaunched) else None)
    return heard


def the_row(it: Core, key: SessionKey) -> Session:
    row = it.book.get(key)
    assert row is not None
    return row


def state(it: Core, key: SessionKey) -> State:
    return state_of(the_row(it, key), moment())


def contact(it: Core) -> ConnectionState:
    return it.known.status.state


# From the press to the answer.


@in_virtual_time
async def test_the_row_is_there_before_the_first_byte_leaves_and_becomes_the_conversation() -> None:
    server = FakeOpenHands()
    server.slow["create"] = 0.5
    async with core(server) as it:
        heard = acceptances(it)
        await asyncio.sleep(5)
        key = press(it)
        row = the_row(it, key)
        assert (row.operation, row.title, row.repository, row.branch) == (
            Operation.SENDING,
            "Fix it",
            "o/n",
            "main",
        )
        assert server.count("create") == 0
        assert server.prepared == 1  # what the socket needs is loaded while the request is out
        await asyncio.sleep(0.6)
        assert (the_row(it, key).conversation_id, state(it, key)) == ("launched1", State.STARTING)
        assert [(one.key, one.draft) for one in heard] == [(key, a_draft())]
        assert len(it.book.sessions()) == 1


@in_virtual_time
async def test_the_title_that_the_server_makes_is_there_within_three_seconds() -> None:
    """It comes after the agent has begun, and no sign comes with it."""
    server = FakeOpenHands()
    async with core(server) as it:
        await asyncio.sleep(5)
        key = press(it)
        await asyncio.sleep(1)
        conversation = server.conversations["launched1"]
        conversation.status = "RUNNING"
        conversation.comes_to("running")
        server.tells("launched1", **conversation.events[-1])
        await asyncio.sleep(6)
        conversation.title = "Mend the login"
        await asyncio.sleep(3)
        assert the_row(it, key).title == "Mend the login"
        await asyncio.sleep(60)
        began = seconds()
        await asyncio.sleep(60)
        assert server.count("page", limit=20, since=began) <= 7  # an old launch is read like all others


@in_virtual_time
async def test_what_is_sent_is_what_was_typed_at_the_press() -> None:
    server = FakeOpenHands()
    server.slow["create"] = 0.5
    async with core(server) as it:
        heard = acceptances(it)
        draft = a_draft()
        key = press(it, draft)
        draft.put(("initial_user_msg",), "Typed on")
        await asyncio.sleep(1)
        assert [json.loads(one.what["body"])["initial_user_msg"] for one in server.of("create")] == ["Fix it"]
        sent = the_row(it, key).draft
        assert sent is not None
        assert sent.initial_user_msg == heard[0].draft.initial_user_msg == "Fix it"


@in_virtual_time
async def test_one_press_is_one_post_whatever_happens_and_nothing_is_sent_twice() -> None:
    server = FakeOpenHands()
    errors: list[LauncherError] = [
        ConnectionLost(),
        ServerFault(500),
        TooManyRequests(1.0),
        NobodyListens(),
        AnswerTimedOut(),
    ]
    async with core(server) as it:
        await asyncio.sleep(1)
        for number, error in enumerate(errors, 1):
            server.fails["create"] = error
            press(it, a_draft(initial_user_msg=f"Message {number}"))
            await asyncio.sleep(300)
            assert server.count("create") == number


@in_virtual_time
async def test_no_read_leaves_while_a_press_is_out_and_the_list_is_read_at_once_when_it_is_over() -> None:
    server = FakeOpenHands(*(Conversation(f"c{n}", status="RUNNING") for n in range(100)))
    server.slow["create"] = 40
    async with core(server) as it:
        await asyncio.sleep(33)
        press(it)
        await asyncio.sleep(39.9)
        assert [one.kind for one in server.of(since=33.001)] in (["create"], [])
        assert server.count("create") == 1
        await asyncio.sleep(0.6)
        assert server.count("page", limit=20, since=73) == 1
        assert server.busiest_second() <= 4


@in_virtual_time
async def test_two_launches_are_two_rows_with_their_own_answers() -> None:
    server = FakeOpenHands()
    server.slow["create"] = 1
    async with core(server) as it:
        heard = acceptances(it)
        one, other = press(it), press(it, a_draft(initial_user_msg="Another"))
        await asyncio.sleep(2)
        assert one != other
        titles = {the_row(it, key).title: the_row(it, key).conversation_id for key in (one, other)}
        assert set(titles) == {"Fix it", "Another"}
        assert len(set(titles.values())) == 2
        assert sorted(outcome.key for outcome in heard) == sorted((one, other))


@pytest.mark.parametrize("error", [None, NobodyListens(), AnswerTimedOut()])
@in_virtual_time
async def test_whoever_closes_waits_for_the_answers_of_all_that_is_out_and_no_longer(
    error: LauncherError | None,
) -> None:
    server = FakeOpenHands()
    server.slow["create"] = 1
    async with core(server) as it:
        heard = refusals(it) if error else acceptances(it)
        press(it)
        if error:
            server.fails["create"] = error
        await asyncio.sleep(0.5)
        press(it)
        assert it.launching.has_unanswered()
        before = seconds()
        await it.launching.wait_until_answered(0.2)
        assert seconds() - before == pytest.approx(0.2)
        assert it.launching.has_unanswered()
        await it.launching.wait_until_answered(60)
        assert seconds() - before == pytest.approx(1)
        assert not it.launching.has_unanswered()
        assert len(heard) == 2
        await it.launching.wait_until_answered(60)
        assert seconds() - before == pytest.approx(1)


@in_virtual_time
async def test_who_cancels_has_the_form_back_and_the_answer_still_names_the_row() -> None:
    """To cancel is to stop watching: the request is out, and its conversation will be there."""
    server = FakeOpenHands()
    server.slow["create"] = 60
    async with core(server) as it:
        heard = list[Outcome]()
        leave = it.launching.watch(heard.append)
        key = press(it)
        await asyncio.sleep(1)
        leave()
        await asyncio.sleep(60)
        assert the_row(it, key).conversation_id == "launched1"
        assert (heard, server.count("create")) == ([], 1)


# Refusals.

REFUSALS: list[tuple[LauncherError, list[tuple[tuple[str | int, ...], str]]]] = [
    (NobodyListens(), []),
    (KeyRefused(), []),
    (SettingsMissing(), []),
    (TooManyRequests(1.0), []),
    (BadRequest("No"), []),
    (Redirected(307, "elsewhere.example"), []),
    (GitRefused(), [(("repository",), "git_refused")]),
    (GitTokenMissing(), [(("repository",), "git_token_missing")]),
    (Invalid([Problem(loc=("selected_branch",), type="new")]), [(("selected_branch",), "new")]),
    (Invalid([]), []),
]


@pytest.mark.parametrize(("error", "problems"), REFUSALS, ids=lambda one: type(one).__name__)
@in_virtual_time
async def test_a_launch_that_provably_did_not_start_loses_its_row_and_says_why(
    error: LauncherError, problems: Any
) -> None:
    server = FakeOpenHands()
    server.fails["create"] = error
    async with core(server) as it:
        heard = refusals(it)
        key = press(it)
        await asyncio.sleep(1)
        assert it.book.get(key) is None
        assert [(one.key, type(one.error)) for one in heard] == [(key, type(error))]
        assert [(one.loc, one.type) for one in heard[0].problems] == problems
        assert server.joined == []


@in_virtual_time
async def test_a_422_finds_the_field_under_its_name_in_the_draft() -> None:
    server = FakeOpenHands()
    server.fails["create"] = Invalid(
        Problem.read([{"loc": ["body", "initial_user_msg"], "type": "string_type"}])
    )
    about = CreateMicroagentDraft(repo="o/n")
    async with core(server) as it:
        heard = refusals(it)
        press(it, LaunchDraft(kind=LaunchKind.MICROAGENT, create_microagent=about, microagent_msg="Write it"))
        await asyncio.sleep(1)
        assert [one.loc for one in heard[0].problems] == [("microagent_msg",)]


@in_virtual_time
async def test_a_bug_in_the_middle_is_reported_and_the_row_says_that_nobody_knows() -> None:
    server = FakeOpenHands()
    server.fails["create"] = ValueError("a bug")
    async with core(server) as it:
        heard = refusals(it)
        key = press(it)
        await asyncio.sleep(1)
        assert [str(it.faults.pop())] == ["a bug"]
        assert state(it, key) is State.NOT_KNOWN
        assert [type(one.error) for one in heard] == [NoAnswer]
        assert not it.budget.is_held


@in_virtual_time
async def test_a_bug_of_who_watches_leaves_neither_the_launch_nor_the_others_waiting() -> None:
    server = FakeOpenHands()

    def broken(*_: object) -> None:
        raise ValueError("a bug")

    async with core(server) as it:
        await asyncio.sleep(1)
        it.launching.watch(broken)
        it.book.watch(broken)
        heard = acceptances(it)
        key = press(it)
        await asyncio.sleep(5)
        assert [one.key for one in heard] == [key]
        assert the_row(it, key).conversation_id == "launched1"
        assert server.joined == ["launched1"]
        assert {str(one) for one in it.faults} == {"a bug"}
        it.faults.clear()


@in_virtual_time
async def test_a_bug_after_the_answer_is_reported_and_the_launch_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("a bug")

    async with core(FakeOpenHands()) as it:
        heard = acceptances(it)
        monkeypatch.setattr(it.book, "mark_accepted", broken)
        key = press(it)
        await asyncio.sleep(1)
        assert [one.key for one in heard] == [key]
        assert [str(it.faults.pop())] == ["a bug"]


@in_virtual_time
async def test_what_a_server_quotes_of_a_launch_is_said_without_its_secrets() -> None:
    server = FakeOpenHands()
    remote = MCPSSEServerConfig(url="https://a.example", api_key=SecretStr("c4n4ry-key"))
    local = MCPStdioServerConfig(name="a", command="b", env={"REGION": SecretStr("c4n4ry-value")})
    draft = a_draft(mcp_config=MCPConfig(sse_servers=[remote], stdio_servers=[local]))
    echo = "c4n4ry-key and c4n4ry-value"
    quoted = [
        Problem(loc=("mcp_config",), type="new", msg=echo),
        Problem(loc=("mcp_config",), type="file_size", ctx={"name": "c4n4ry-value", "mib": 1}),
    ]
    async with core(server) as it:
        heard = refusals(it)
        for refusal in (BadRequest(echo), Invalid(quoted), Redirected(301, "https://C4N4RY-KEY.example")):
            server.fails["create"] = refusal
            press(it, draft)
            await asyncio.sleep(1)
        refused, invalid, redirected = heard
        assert refused.error
        assert redirected.error
        assert messages.error(refused.error).title == f"The server refused this launch: {MASK} and {MASK}"
        assert [messages.problem(one) for one in invalid.problems] == [
            f"{MASK} and {MASK}",
            f"“{MASK}” is larger than 1 MiB.",
        ]
        assert messages.error(redirected.error).title == f"The server redirects to https://{MASK}.example."


# An id of one's own.


TAKES_IDS = ServerIdentity("0.53.0", Capabilities())


@in_virtual_time
async def test_an_id_that_the_server_has_is_a_problem_and_nothing_is_sent() -> None:
    server = FakeOpenHands(Conversation(ID, status="STOPPED"))
    server.identity = TAKES_IDS
    async with core(server) as it:
        heard = refusals(it)
        await asyncio.sleep(2)
        key = press(it, a_draft(conversation_id=ID))
        await asyncio.sleep(1)
        assert [(one.loc, one.type) for one in heard[0].problems] == [
            (("conversation_id",), "conversation_exists")
        ]
        assert heard[0].error is None
        assert it.book.get(key) is None
        assert server.count("create") == 0
        assert len(it.book.sessions()) == 1


@in_virtual_time
async def test_an_id_that_is_free_is_asked_for_and_then_sent() -> None:
    server = FakeOpenHands()
    server.identity = TAKES_IDS
    async with core(server) as it:
        await asyncio.sleep(2)
        key = press(it, a_draft(conversation_id=ID))
        await asyncio.sleep(1)
        kinds = [one.kind for one in server.asked if one.kind in ("conversation", "create")]
        assert kinds == ["conversation", "create"]
        assert the_row(it, key).conversation_id == ID


@pytest.mark.parametrize("error", [AnswerTimedOut(), ServerFault(500), WebPage(), NobodyListens()])
@in_virtual_time
async def test_when_the_question_for_the_id_fails_nothing_was_started(error: LauncherError) -> None:
    server = FakeOpenHands()
    server.identity = TAKES_IDS
    server.fails["conversation"] = error
    async with core(server) as it:
        heard = refusals(it)
        await asyncio.sleep(2)
        key = press(it, a_draft(conversation_id=ID))
        await asyncio.sleep(1)
        assert server.count("create") == 0
        assert it.book.get(key) is None
        assert heard[0].error is error
        assert not error.may_have_started


# The start-up.


@in_virtual_time
async def test_the_socket_is_joined_at_once_and_left_at_the_first_state_beyond_loading() -> None:
    server = FakeOpenHands()
    async with core(server) as it:
        key = press(it)
        await asyncio.sleep(0.1)
        assert server.joined == ["launched1"]
        server.tells("launched1", status_update=True, type="info", id="STATUS$STARTING_RUNTIME", message="")
        server.tells("launched1", id=0, observation="agent_state_changed", extras={"agent_state": "loading"})
        server.tells("launched1", id=1, action="message", source="user", args={"content": "Fix it"})
        await asyncio.sleep(1)
        assert state(it, key) is State.STARTING
        assert server.left == []
        server.tells("launched1", id=2, observation="agent_state_changed", extras={"agent_state": "running"})
        await asyncio.sleep(0.1)
        assert server.left == ["launched1"]
        assert state(it, key) is State.WORKING
        assert server.joined == ["launched1"]


@in_virtual_time
async def test_ten_thousand_events_of_one_start_up_let_others_have_their_turn_between_any_two() -> None:
    server = FakeOpenHands()
    async with core(server) as it:
        await asyncio.sleep(1)
        key = press(it)
        for number in range(10_000):
            server.tells("launched1", id=number, action="message", args={"content": f"Step {number}"})
        turns = 0
        while the_row(it, key).last_words != "Step 9999":
            turns += 1
            await asyncio.sleep(0)
        assert turns >= 10_000


@in_virtual_time
async def test_an_error_at_start_up_stands_at_the_row() -> None:
    server = FakeOpenHands()
    async with core(server) as it:
        key = press(it)
        await asyncio.sleep(0.1)
        server.tells(
            "launched1", status_update=True, type="error", id="STATUS$ERROR", message="No such agent"
        )
        await asyncio.sleep(1)
        assert state(it, key) is State.FAILED
        assert the_row(it, key).startup_error.text == "No such agent"
        await asyncio.sleep(60)  # the list goes on saying STARTING
        assert state(it, key) is State.FAILED


@in_virtual_time
async def test_who_starts_up_for_ever_is_left_after_three_minutes() -> None:
    server = FakeOpenHands()
    async with core(server) as it:
        key = press(it)
        await asyncio.sleep(179.9)
        assert server.left == []
        await asyncio.sleep(0.2)
        assert server.left == ["launched1"]
        assert state(it, key) is State.STILL_STARTING


@pytest.mark.parametrize("error", [None, ConnectionLost(), AnswerTimedOut(), KeyRefused(), SettingsMissing()])
@in_virtual_time
async def test_a_socket_that_is_lost_is_not_joined_again_and_polling_tells_the_rest(
    error: LauncherError | None,
) -> None:
    server = FakeOpenHands()
    async with core(server) as it:
        key = press(it)
        await asyncio.sleep(0.5)
        server.hangs_up("launched1", error)
        await asyncio.sleep(0.1)
        assert server.left == ["launched1"]
        one = server.conversations["launched1"]
        one.status = "RUNNING"
        one.comes_to("awaiting_user_input")
        await asyncio.sleep(3)
        assert state(it, key) is State.ASKS_YOU
        assert server.joined == ["launched1"]


@in_virtual_time
async def test_only_what_was_just_started_is_joined() -> None:
    server = FakeOpenHands(Conversation("old", status="STARTING"))
    async with core(server):
        await asyncio.sleep(60)
        server.add("new", status="STARTING")
        await asyncio.sleep(60)
        assert server.joined == []


# The join costs money: an unknown id becomes a conversation, a stopped one runs again.


def do(it: Core, act: Operation, id_: str = "launched1") -> None:
    (it.acts.stop if act is Operation.STOPPING else it.acts.delete)(it.row(id_).key)


def is_over(it: Core, act: Operation, id_: str = "launched1") -> bool:
    """Whether the act was not undone."""
    if act is Operation.DELETING:
        return id_ not in it.server.conversations and it.book.by_id(id_) is None
    return it.server.conversations[id_].status == "STOPPED" and it.row(id_).phase is Phase.STOPPED


@pytest.mark.parametrize("act", [Operation.STOPPING, Operation.DELETING])
@pytest.mark.parametrize("after", [0.0, 0.5, 1.99])
@pytest.mark.parametrize("takes", [0.0, 5.0])
@in_virtual_time
async def test_a_stop_or_a_delete_calls_off_the_join_that_is_still_on_its_way(
    act: Operation, after: float, takes: float
) -> None:
    server = FakeOpenHands()
    server.slow = {"startup": 2, "stop": takes, "delete": takes}
    async with core(server) as it:
        heard = acceptances(it)
        press(it)
        while not heard:
            await asyncio.sleep(0)
        await asyncio.sleep(after)
        do(it, act)
        await asyncio.sleep(60)
        assert server.joined == []
        assert is_over(it, act)


@pytest.mark.parametrize("act", [Operation.STOPPING, Operation.DELETING])
@in_virtual_time
async def test_a_join_that_was_called_off_is_not_made_good_when_the_act_fails(act: Operation) -> None:
    server = FakeOpenHands()
    server.slow["startup"] = 2
    server.fails |= {"stop": ServerFault(500), "delete": ServerFault(500)}
    async with core(server) as it:
        key = press(it)
        await asyncio.sleep(0.5)
        do(it, act)
        await asyncio.sleep(5)
        assert server.joined == []
        server.conversations["launched1"].comes_to("running")
        server.conversations["launched1"].status = "RUNNING"
        await asyncio.sleep(5)
        assert state(it, key) is State.WORKING


@in_virtual_time
async def test_what_was_stopped_elsewhere_before_the_join_is_not_joined() -> None:
    server = FakeOpenHands()
    server.slow["startup"] = 15
    async with core(server) as it:
        key = press(it)
        await asyncio.sleep(1)
        server.conversations["launched1"].status = "STOPPED"
        await asyncio.sleep(60)
        assert server.joined == []
        assert state(it, key) is State.STOPPED


@in_virtual_time
async def test_what_the_server_has_no_more_is_not_joined() -> None:
    server = FakeOpenHands()
    server.slow["startup"] = 15
    async with core(server) as it:
        press(it)
        await asyncio.sleep(1)
        del server.conversations["launched1"]
        it.book.mark_gone("launched1")
        await asyncio.sleep(60)
        assert server.joined == []
        assert server.conversations == {}


@pytest.mark.parametrize("act", [Operation.STOPPING, Operation.DELETING])
@pytest.mark.parametrize("takes", [0.0, 2.0, 30.0])
@in_virtual_time
async def test_what_a_page_named_and_we_ended_before_the_answer_is_not_joined(
    act: Operation, takes: float
) -> None:
    """The row of the page goes with the answer; what is being done to it goes on, at the row of the press."""
    server = FakeOpenHands()
    server.slow = {"page": 1, "stop": takes, "delete": takes}
    server.answers_late_s = 5
    async with core(server) as it:
        await asyncio.sleep(11.5)
        key = press(it)
        await asyncio.sleep(2)
        assert it.row("launched1").key != key
        do(it, act)
        await asyncio.sleep(3.5)
        if takes == 30:
            assert state(it, key) is (State.STOPPING if act is Operation.STOPPING else State.DELETING)
        await asyncio.sleep(60)
        assert server.joined == []
        assert is_over(it, act)
        assert [row.key for row in it.book.sessions()] == ([key] if act is Operation.STOPPING else [])


@pytest.mark.parametrize("act", [Operation.STOPPING, Operation.DELETING])
@in_virtual_time
async def test_what_a_page_named_and_we_could_not_end_is_given_back_though_its_row_has_gone(
    act: Operation,
) -> None:
    server = FakeOpenHands()
    server.slow = {"page": 1, "stop": 10, "delete": 10}
    server.fails = {"stop": ServerFault(500), "delete": ServerFault(500)}
    server.answers_late_s = 5
    async with core(server) as it:
        await asyncio.sleep(11.5)
        key = press(it)
        await asyncio.sleep(2)
        do(it, act)
        await asyncio.sleep(60)
        assert the_row(it, key).operation is None
        assert len(it.book.sessions()) == 1


@in_virtual_time
async def test_who_is_in_hears_why_although_the_list_was_faster() -> None:
    server = FakeOpenHands()
    async with core(server) as it:
        key = press(it)
        await asyncio.sleep(0.1)
        server.tells("launched1", id=0, observation="agent_state_changed", extras={"agent_state": "loading"})
        await asyncio.sleep(0.1)
        server.conversations["launched1"].status = "STOPPED"
        await asyncio.sleep(5)
        assert state(it, key) is State.STOPPED
        server.tells("launched1", status_update=True, type="error", id=TOO_MANY, message=TOO_MANY)
        server.hangs_up("launched1")
        await asyncio.sleep(1)
        assert the_row(it, key).evicted
        assert (server.joined, server.left) == (["launched1"], ["launched1"])


@pytest.mark.parametrize("act", [Operation.STOPPING, Operation.DELETING])
@in_virtual_time
async def test_an_act_does_not_disturb_a_socket_that_is_being_left(act: Operation) -> None:
    server = FakeOpenHands()
    server.slow["leave"] = 2
    async with core(server) as it:
        press(it)
        await asyncio.sleep(0.1)
        server.tells("launched1", id=0, observation="agent_state_changed", extras={"agent_state": "running"})
        await asyncio.sleep(1)
        do(it, act)
        await asyncio.sleep(5)
        assert server.left == ["launched1"]
        assert is_over(it, act)


@in_virtual_time
async def test_an_id_of_ones_own_whose_conversation_was_deleted_can_be_launched_again() -> None:
    server = FakeOpenHands()
    server.identity = TAKES_IDS
    async with core(server) as it:
        await asyncio.sleep(2)
        press(it, a_draft(conversation_id=ID))
        await asyncio.sleep(1)
        do(it, Operation.DELETING, ID)
        await asyncio.sleep(1)
        key = press(it, a_draft(conversation_id=ID))
        await asyncio.sleep(1)
        server.conversations[ID].title = "Mend the login"
        await asyncio.sleep(3)
        assert (the_row(it, key).conversation_id, the_row(it, key).title) == (ID, "Mend the login")
        assert server.joined == [ID, ID]


# A key that is taken again.


@in_virtual_time
async def test_an_accepted_launch_is_the_proof_that_the_key_is_taken() -> None:
    server = FakeOpenHands()
    async with core(server) as it:
        await asyncio.sleep(3)
        server.fails["page"] = KeyRefused()
        await asyncio.sleep(15)
        assert contact(it) is ConnectionState.KEY_REFUSED
        del server.fails["page"]
        key = press(it)
        await asyncio.sleep(1)
        assert contact(it) is ConnectionState.CONNECTED
        server.conversations["launched1"].status = "RUNNING"
        server.conversations["launched1"].comes_to("finished")
        await asyncio.sleep(5)
        assert state(it, key) is State.FINISHED


@pytest.mark.parametrize("error", [KeyRefused(), NobodyListens(), ServerFault(502)])
@in_virtual_time
async def test_a_launch_that_was_not_accepted_is_no_proof(error: LauncherError) -> None:
    server = FakeOpenHands()
    server.fails["page"] = KeyRefused()
    async with core(server) as it:
        await asyncio.sleep(3)
        server.fails["create"] = error
        press(it)
        await asyncio.sleep(60)
        assert contact(it) is ConnectionState.KEY_REFUSED
        assert server.count("page") == 1


# A poll that is faster than the answer.


@in_virtual_time
async def test_a_conversation_that_a_poll_named_first_becomes_the_row_of_the_press() -> None:
    server = FakeOpenHands()
    server.slow["page"] = 1.0  # on its way at the press
    server.answers_late_s = 5.0
    async with core(server) as it:
        await asyncio.sleep(11.5)
        rows = list[int]()
        it.book.watch(lambda _changes: rows.append(len(it.book.sessions())))
        key = press(it)
        await asyncio.sleep(2)
        assert max(rows) == 2  # for a moment it is there twice
        await asyncio.sleep(5)
        assert [(row.key, row.conversation_id, row.title) for row in it.book.sessions()] == [
            (key, "launched1", "Fix it")
        ]


# A lost answer.


async def lose(
    it: Core,
    draft: LaunchDraft | None = None,
    *,
    started: bool = True,
    meanwhile: Callable[[], object] = lambda: None,
) -> SessionKey:
    """A launch without an answer; what happens `meanwhile` happens before that is known."""
    server, heard = it.server, refusals(it)
    server.loses_answers, server.answers_late_s = started, 1.0
    server.fails |= {} if started else {"create": ConnectionLost()}
    key = press(it, draft)
    await asyncio.sleep(0)
    await asyncio.sleep(0.5 if started else 0)
    meanwhile()
    await asyncio.sleep(0.55 if started else 0.05)
    assert [type(one.error) for one in heard] == [ConnectionLost]
    server.loses_answers, server.answers_late_s = False, 0.0
    server.fails.pop("create", None)
    return key


def rests(one: Conversation) -> None:
    """It waits for a person: from now on nothing about it changes."""
    one.status = "RUNNING"
    one.comes_to("awaiting_user_input")


class Compared(FakeOpenHands):
    """Tells the reads that look for a first message from the others: they are the kind `compared`, too."""

    async def events(self, conversation_id: str, *, limit: int = 20, **which: Any) -> EventPage:
        if limit == 10:
            await self._answers("compared", id=conversation_id)
        return await super().events(conversation_id, limit=limit, **which)


def twin(it: Core) -> Conversation:
    """A conversation like that of `a_draft`, started elsewhere."""
    one = it.server.add("twin", repository="o/n", branch="main")
    one.hears("Fix it")
    return one


MAYBES: list[LauncherError] = [
    AnswerTimedOut(),
    ServerFault(502),
    WebPage(),
    WrongShape(),
    Redirected(303, "a.example"),
]


@pytest.mark.parametrize("error", MAYBES, ids=lambda one: type(one).__name__)
@in_virtual_time
async def test_a_launch_that_may_have_started_keeps_its_row(error: LauncherError) -> None:
    server = FakeOpenHands()
    server.fails["create"] = error
    async with core(server) as it:
        heard = refusals(it)
        await asyncio.sleep(1)
        key = press(it)
        await asyncio.sleep(120)
        assert state(it, key) is State.NOT_KNOWN
        assert [one.error for one in heard] == [error]


@in_virtual_time
async def test_a_lost_launch_finds_its_conversation_and_stays_the_row_it_was() -> None:
    server = FakeOpenHands(Conversation("older", status="STOPPED", repository="o/n", branch="main"))
    server.conversations["older"].hears("Fix it")
    async with core(server) as it:
        await asyncio.sleep(5)
        key = await lose(it)
        await asyncio.sleep(3)
        assert the_row(it, key).conversation_id == "launched1"
        assert state(it, key) is State.STARTING
        assert len(it.book.sessions()) == 2
        assert server.count("create") == 1
        assert server.joined == []  # joining is for what certainly was just started
        assert server.busiest_second() <= 4


UNLIKE: list[dict[str, Any]] = [
    {"repository": "o/other", "branch": "main", "said": "Fix it"},
    {"repository": "o/n", "branch": "dev", "said": "Fix it"},
    {"repository": "o/n", "branch": None, "said": "Fix it"},
    {"repository": "o/n", "branch": "main", "said": "Fix that"},
    {"repository": "o/n", "branch": "main", "said": None},
]


@pytest.mark.parametrize("unlike", UNLIKE)
@in_virtual_time
async def test_a_conversation_that_differs_is_not_taken_for_the_lost_one(unlike: dict[str, Any]) -> None:
    server = FakeOpenHands()
    async with core(server) as it:
        await asyncio.sleep(5)
        key = await lose(it, started=False)
        other = server.add("other", repository=unlike["repository"], branch=unlike["branch"])
        if unlike["said"]:
            other.hears(unlike["said"])
        other.comes_to("awaiting_user_input")
        await asyncio.sleep(120)
        assert state(it, key) is State.NOT_KNOWN
        assert len(it.book.sessions()) == 2


@in_virtual_time
async def test_spaces_do_not_make_a_message_another_one() -> None:
    server = FakeOpenHands()
    async with core(server) as it:
        await asyncio.sleep(5)
        key = await lose(it, a_draft(initial_user_msg="  Fix\n it "), started=False)
        server.add("new", repository="o/n", branch="main").hears("Fix it\n")
        await asyncio.sleep(30)
        assert the_row(it, key).conversation_id == "new"


@in_virtual_time
async def test_of_two_that_are_alike_neither_is_taken() -> None:
    server = FakeOpenHands()
    async with core(server) as it:
        await asyncio.sleep(5)
        key = await lose(it, meanwhile=lambda: twin(it))
        await asyncio.sleep(120)
        assert state(it, key) is State.NOT_KNOWN
        assert {row.conversation_id for row in it.book.sessions()} == {"", "launched1", "twin"}


@in_virtual_time
async def test_while_another_one_has_not_said_its_first_message_yet_none_is_taken() -> None:
    server = FakeOpenHands()
    async with core(server) as it:
        await asyncio.sleep(5)
        key = await lose(
            it, meanwhile=lambda: server.add("late", repository="o/n", branch="main", status="STARTING")
        )
        await asyncio.sleep(30)
        assert state(it, key) is State.NOT_KNOWN
        server.conversations["late"].hears("Something else")
        await asyncio.sleep(5)
        assert the_row(it, key).conversation_id == "launched1"


@in_virtual_time
async def test_one_that_waits_without_a_message_stands_in_no_ones_way() -> None:
    server = FakeOpenHands()
    async with core(server) as it:
        await asyncio.sleep(5)
        key = await lose(
            it, meanwhile=lambda: server.add("silent", repository="o/n", branch="main").comes_to("paused")
        )
        await asyncio.sleep(30)
        assert the_row(it, key).conversation_id == "launched1"


@in_virtual_time
async def test_the_conversation_of_another_press_is_not_taken_for_the_lost_one() -> None:
    server = FakeOpenHands()
    async with core(server) as it:
        await asyncio.sleep(5)
        lost = await lose(it, started=False)
        again = press(it)
        await asyncio.sleep(60)
        assert the_row(it, again).conversation_id == "launched1"
        assert state(it, lost) is State.NOT_KNOWN


@in_virtual_time
async def test_an_old_conversation_that_only_now_comes_into_the_list_is_not_taken() -> None:
    """What is older than what was listed was there before the press, whenever its page is read."""
    server = FakeOpenHands(*(Conversation(f"c{n}", status="STOPPED", created_at=moment()) for n in range(20)))
    old = server.add("old", repository="o/n", branch="main", created_at=moment().replace(year=2020))
    old.hears("Fix it")
    server.slow["page"] = 3.0
    async with core(server) as it:
        await asyncio.sleep(4)
        assert it.book.by_id("old") is None
        key = await lose(it, started=False)
        await asyncio.sleep(120)
        assert it.book.by_id("old")
        assert state(it, key) is State.NOT_KNOWN


@pytest.mark.parametrize(("minutes", "found"), [(1, True), (-3, True), (-6, False)])
@in_virtual_time
async def test_before_the_list_was_ever_read_our_own_clock_tells_what_is_old(
    minutes: float, found: bool
) -> None:
    server = FakeOpenHands()
    born = moment() + timedelta(minutes=minutes)
    server.add("one", repository="o/n", branch="main", created_at=born).hears("Fix it")
    server.slow["page"] = 3.0
    async with core(server) as it:
        key = await lose(it, started=False)
        await asyncio.sleep(120)
        assert the_row(it, key).conversation_id == ("one" if found else "")


# A first message that cannot be read.


@pytest.mark.parametrize("error", [ServerFault(500), AnswerTimedOut(), TooManyRequests(1.0)])
@pytest.mark.parametrize("times", [1, 3])
@in_virtual_time
async def test_a_first_message_that_cannot_be_read_is_read_later_though_nothing_changes(
    error: LauncherError, times: int
) -> None:
    server = Compared()
    server.fails_once["compared"] = [error] * times
    async with core(server) as it:
        await asyncio.sleep(5)
        key = await lose(it, meanwhile=lambda: rests(server.conversations["launched1"]))
        await asyncio.sleep(1)
        assert state(it, key) is State.NOT_KNOWN
        await asyncio.sleep(30)
        assert the_row(it, key).conversation_id == "launched1"
        assert len(it.book.sessions()) == 1


@in_virtual_time
async def test_a_first_message_that_can_never_be_read_is_asked_for_more_and_more_seldom() -> None:
    server = Compared()
    server.fails["compared"] = ServerFault(500)
    async with core(server) as it:
        await asyncio.sleep(5)
        key = await lose(it, meanwhile=lambda: rests(server.conversations["launched1"]))
        await asyncio.sleep(600)
        assert state(it, key) is State.NOT_KNOWN
        assert 10 < server.count("compared") < 30
        it.book.forget(key)
        asked = server.count("compared")
        await asyncio.sleep(600)
        assert server.count("compared") == asked


@in_virtual_time
async def test_a_refused_key_is_not_tried_again_and_again_on_a_first_message() -> None:
    server = Compared()
    server.fails["compared"] = KeyRefused()
    async with core(server) as it:
        await asyncio.sleep(5)
        key = await lose(it, meanwhile=lambda: rests(server.conversations["launched1"]))
        await asyncio.sleep(600)
        assert server.count("compared") <= 3
        del server.fails["compared"]
        await asyncio.sleep(300)
        assert the_row(it, key).conversation_id == "launched1"


@in_virtual_time
async def test_who_looks_again_need_not_wait_for_the_next_try() -> None:
    server = Compared()
    server.fails["compared"] = ServerFault(500)
    async with core(server) as it:
        await asyncio.sleep(5)
        key = await lose(it, meanwhile=lambda: rests(server.conversations["launched1"]))
        await asyncio.sleep(300)
        del server.fails["compared"]
        it.launching.look_again(key)
        await asyncio.sleep(2)
        assert the_row(it, key).conversation_id == "launched1"


@in_virtual_time
async def test_one_of_two_that_cannot_be_read_may_be_the_one() -> None:
    server = Compared()
    server.fails_once["compared"] = [ServerFault(500)]
    async with core(server) as it:
        await asyncio.sleep(5)
        key = await lose(it, meanwhile=lambda: twin(it))
        await asyncio.sleep(120)
        assert state(it, key) is State.NOT_KNOWN
        assert {row.conversation_id for row in it.book.sessions()} == {"", "launched1", "twin"}


# What many rows and many changes cost.


class Walked(SessionBook):
    """Counts how often all rows are walked."""

    walks = 0

    def sessions(self) -> list[Session]:
        self.walks += 1
        return super().sessions()


def infos(count: int, at: int, **facts: Any) -> list[conversations.Conversation]:
    born = moment() + timedelta(minutes=1)
    return [
        Conversation(f"c{n:04}", created_at=born, updated_at=born + timedelta(seconds=at), **facts).info()
        for n in range(count)
    ]


@in_virtual_time
async def test_whoever_looks_for_twelve_lost_launches_walks_the_rows_once_for_all_and_not_at_each_change() -> (
    None
):
    server, tasks, book = FakeOpenHands(), Tasks(report_to_loop), Walked(moment)
    lost = UnconfirmedLaunches(server, book, Budget(), tasks)
    for _ in range(12):
        key = book.add_launch(a_draft())
        book.mark_unconfirmed(key, ConnectionLost())
        lost.add(key, ListSnapshot.unread(moment()))
    await asyncio.sleep(1)
    began, book.walks = seconds(), 0
    for change in range(1000):
        book.apply_page(infos(30, change, repository="o/n", branch="main"))
        await asyncio.sleep(0.001)
    assert book.walks <= 2 + (seconds() - began) / BETWEEN_LOOKS_S
    await tasks.aclose()


@pytest.mark.parametrize("alike", [MOST_ALIKE + 1, 300])
@in_virtual_time
async def test_among_more_new_conversations_than_can_be_told_apart_none_is_read(alike: int) -> None:
    server = Compared()
    async with core(server) as it:
        await asyncio.sleep(5)
        keys = [await lose(it, started=False) for _ in range(3)]
        for number in range(alike):
            server.add(f"alike{number}", repository="o/n", branch="main").hears("Fix it")
        it.book.apply_page([one.info() for one in server.conversations.values()])
        await asyncio.sleep(60)
        assert server.count("compared") == 0
        assert {state(it, key) for key in keys} == {State.NOT_KNOWN}


@in_virtual_time
async def test_a_first_message_is_read_once_however_often_its_conversation_changes() -> None:
    server = Compared()
    async with core(server) as it:
        await asyncio.sleep(5)
        key = await lose(it, meanwhile=lambda: twin(it))

        async def works() -> None:
            while True:
                for one in server.conversations.values():
                    one.happens(observation="run")
                    it.book.apply_page([one.info()])
                await asyncio.sleep(0.5)

        it.tasks.start("works", works)
        await asyncio.sleep(300)
        assert state(it, key) is State.NOT_KNOWN
        assert server.count("compared") == 2


@in_virtual_time
async def test_what_is_looked_for_in_vain_leaves_most_turns_to_the_list() -> None:
    """Conversations that never say their first message, and change all the time."""
    server = Compared()
    async with core(server) as it:
        await asyncio.sleep(5)
        keys = [await lose(it, started=False) for _ in range(12)]
        for number in range(MOST_ALIKE):
            server.add(f"mute{number}", status="STARTING", repository="o/n", branch="main")

        async def changes() -> None:
            while True:
                for one in server.conversations.values():
                    one.happens(observation="run")
                it.book.apply_page([one.info() for one in server.conversations.values()])
                await asyncio.sleep(0.5)

        it.tasks.start("changes", changes)
        began = seconds()
        await asyncio.sleep(300)
        assert {state(it, key) for key in keys} == {State.NOT_KNOWN}
        assert 0 < server.count("compared", since=began) <= 300 * 4 / 2
        assert (
            server.count("page", limit=20, since=began) >= 90
        )  # every two seconds while something starts, every ten after three minutes
        assert len(it.launching._lost._lost) == 12


@in_virtual_time
async def test_nothing_is_kept_of_launches_that_were_found() -> None:
    server = FakeOpenHands()
    async with core(server) as it:
        for number in range(5):
            await asyncio.sleep(5)
            key = await lose(it, a_draft(initial_user_msg=f"Message {number}"))
            await asyncio.sleep(20)
            assert the_row(it, key).conversation_id
        assert it.launching._lost._lost == {}
        assert [key for key in it.tasks.names() if key == "lost launches"] == []


# Whose conversation is it?


@pytest.mark.parametrize("draft", [a_draft(), LaunchDraft(repository="o/n")], ids=["a message", "no message"])
@pytest.mark.parametrize("first_started", [True, False])
@in_virtual_time
async def test_of_two_equal_launches_that_were_lost_each_keeps_its_row(
    draft: LaunchDraft, first_started: bool
) -> None:
    """One conversation came of them: it becomes one row, the other stays as little known as it is."""
    server = FakeOpenHands()
    async with core(server) as it:
        await asyncio.sleep(5)
        server.slow["page"] = 3  # both are lost before a page names what came of one
        it.polling.refresh()
        await asyncio.sleep(0.1)
        keys = {await lose(it, draft, started=started) for started in (first_started, not first_started)}
        await asyncio.sleep(120)
        assert {row.key for row in it.book.sessions()} == keys
        assert {state(it, key) for key in keys} == {State.NOT_KNOWN, State.STARTING}
        assert {row.conversation_id for row in it.book.sessions()} == {"", "launched1"}


@pytest.mark.parametrize("draft", [a_draft(), LaunchDraft(repository="o/n")], ids=["a message", "no message"])
@pytest.mark.parametrize("answered", [True, False])
@pytest.mark.parametrize("reads", [0.0, 2.0])
@in_virtual_time
async def test_a_lost_launch_does_not_take_what_an_equal_one_became_whose_answer_is_still_out(
    draft: LaunchDraft, answered: bool, reads: float
) -> None:
    """A page names the conversation before its answer does."""
    server = FakeOpenHands()
    async with core(server) as it:
        await asyncio.sleep(5)
        lost = await lose(it, draft, started=False)
        await asyncio.sleep(1)
        server.slow = {"page": 0.5, "events": reads}
        it.polling.refresh()
        await asyncio.sleep(0.3)  # the page is out
        server.answers_late_s = 1.0
        server.loses_answers = not answered
        key = press(it, draft)
        await asyncio.sleep(0.9)
        assert it.row("launched1").key not in (lost, key)
        await asyncio.sleep(60)
        assert {row.key for row in it.book.sessions()} == {lost, key}
        if answered:
            assert the_row(it, key).conversation_id == "launched1"
            assert state(it, lost) is State.NOT_KNOWN


@pytest.mark.parametrize("after", [0.3, 1.0, 2.5])
@in_virtual_time
async def test_what_comes_while_two_are_compared_counts(after: float) -> None:
    server = FakeOpenHands()
    async with core(server) as it:
        await asyncio.sleep(5)
        key = await lose(it)
        server.slow["events"] = 3
        await asyncio.sleep(after)
        twin(it)
        it.polling.refresh()
        it.book.apply_page([server.conversations["twin"].info()])
        await asyncio.sleep(120)
        assert state(it, key) is State.NOT_KNOWN
        assert {row.conversation_id for row in it.book.sessions()} == {"", "launched1", "twin"}


@in_virtual_time
async def test_what_goes_on_changing_while_it_is_compared_is_found_all_the_same() -> None:
    server = FakeOpenHands()
    async with core(server) as it:
        await asyncio.sleep(5)
        key = await lose(it)
        server.slow["events"] = 1

        async def works() -> None:
            while True:
                server.conversations["launched1"].happens(observation="run")
                it.book.apply_page([server.conversations["launched1"].info()])
                await asyncio.sleep(0.2)

        it.tasks.start("works", works)
        await asyncio.sleep(10)
        assert the_row(it, key).conversation_id == "launched1"


@pytest.mark.parametrize("act", [Operation.STOPPING, Operation.DELETING])
@pytest.mark.parametrize("takes", [0.5, 30.0])
@in_virtual_time
async def test_what_is_ended_while_it_is_compared_is_ended(act: Operation, takes: float) -> None:
    server = FakeOpenHands()
    server.slow = {"stop": takes, "delete": takes}
    async with core(server) as it:
        await asyncio.sleep(5)
        server.slow["events"] = 2
        key = await lose(it)
        while it.book.by_id("launched1") is None:
            await asyncio.sleep(0.1)
        do(it, act)
        await asyncio.sleep(10)
        if takes == 30:
            assert state(it, key) is (State.STOPPING if act is Operation.STOPPING else State.DELETING)
        await asyncio.sleep(60)
        assert is_over(it, act)
        if takes == 0.5 and act is Operation.DELETING:
            assert state(it, key) is State.NOT_KNOWN


@pytest.mark.parametrize("after", [0.0, 0.5, 1.5, 2.5])
@in_virtual_time
async def test_who_forgets_a_launch_while_it_is_compared_hears_no_more_of_it(after: float) -> None:
    server = FakeOpenHands()
    async with core(server) as it:
        await asyncio.sleep(5)
        key = await lose(it)
        server.slow["events"] = 2
        await asyncio.sleep(after)
        it.book.forget(key)
        await asyncio.sleep(60)
        assert it.book.get(key) is None
        assert [row.conversation_id for row in it.book.sessions()] == ["launched1"]


def a_task() -> LaunchDraft:
    task = SuggestedTaskDraft(
        git_provider=ProviderType.GITHUB,
        task_type=TaskType.OPEN_ISSUE,
        repo="o/n",
        issue_number="7",
        title="It breaks",
    )
    return LaunchDraft(kind=LaunchKind.SUGGESTED_TASK, suggested_task=task)


@pytest.mark.parametrize("draft", [a_task(), LaunchDraft(repository="o/n")], ids=["a task", "no message"])
@in_virtual_time
async def test_where_the_server_writes_the_message_or_there_is_none_the_repository_must_do(
    draft: LaunchDraft,
) -> None:
    server = FakeOpenHands()
    async with core(server) as it:
        await asyncio.sleep(5)
        key = await lose(it, draft)
        await asyncio.sleep(5)
        assert the_row(it, key).conversation_id == "launched1"


@in_virtual_time
async def test_a_lost_microagent_is_known_by_the_message_that_we_wrote() -> None:
    about = CreateMicroagentDraft(repo="o/n")
    draft = LaunchDraft(kind=LaunchKind.MICROAGENT, create_microagent=about, microagent_msg="Write it")
    server = FakeOpenHands()
    async with core(server) as it:
        await asyncio.sleep(5)
        key = await lose(it, draft)
        await asyncio.sleep(5)
        assert the_row(it, key).conversation_id == "launched1"


@in_virtual_time
async def test_who_looks_again_reads_everything_again() -> None:
    server = FakeOpenHands()
    async with core(server) as it:
        await asyncio.sleep(5)
        key = await lose(it, meanwhile=lambda: twin(it))
        await asyncio.sleep(30)
        assert state(it, key) is State.NOT_KNOWN
        server.conversations.pop("twin")
        it.book.mark_gone("twin")
        began = seconds()
        it.launching.look_again(key)
        await asyncio.sleep(3)
        assert server.count("page", limit=20, since=began) >= 1
        assert server.count("page", limit=100, since=began) == 1
        assert the_row(it, key).conversation_id == "launched1"


@in_virtual_time
async def test_who_forgets_a_lost_launch_hears_no_more_of_it() -> None:
    server = FakeOpenHands()
    async with core(server) as it:
        await asyncio.sleep(5)
        key = await lose(it, started=False)
        it.book.forget(key)
        server.add("late", repository="o/n", branch="main").hears("Fix it")
        await asyncio.sleep(60)
        assert it.book.get(key) is None
        assert [row.conversation_id for row in it.book.sessions()] == ["late"]


@in_virtual_time
async def test_two_lost_launches_find_their_own_conversations() -> None:
    server = FakeOpenHands()
    async with core(server) as it:
        await asyncio.sleep(5)
        one = await lose(it)
        other = await lose(it, a_draft(initial_user_msg="Another"))
        await asyncio.sleep(20)
        assert the_row(it, one).conversation_id == "launched1"
        assert the_row(it, other).conversation_id == "launched2"


# Whatever comes first.


@dataclass(frozen=True)
class Press:
    """A launch: when, what, whether it starts, whether its answer is heard, and what is done to it when."""

    at: float
    text: str
    started: bool
    heard: bool
    answered_after: float
    act: Operation | None
    act_after: float


moments = st.integers(0, 24).map(lambda quarters: quarters / 4)
presses = st.builds(
    Press,
    at=moments,
    text=st.sampled_from(["", "Fix it", "Mend it"]),
    started=st.booleans(),
    heard=st.booleans(),
    answered_after=moments,
    act=st.sampled_from([None, Operation.STOPPING, Operation.DELETING]),
    act_after=moments,
)


class Whimsical(FakeOpenHands):
    """Each launch has its own fate. A read tells what was when it was asked, and some fail."""

    def __init__(self, delays: dict[str, float], failing: list[int]) -> None:
        super().__init__()
        self.delays = delays
        self.failing = failing
        self.fates = list[Press]()
        self.wrongly_joined = list[str]()

    async def create(self, request: InitSessionRequest) -> Accepted:
        fate = self.fates.pop(0)
        if not fate.started:
            await asyncio.sleep(fate.answered_after)
            raise ConnectionLost
        answer = await super().create(request)
        await asyncio.sleep(fate.answered_after)
        if not fate.heard:
            raise ConnectionLost
        return answer

    async def page(self, page_id: str | None = None, *, limit: int = 100) -> ConversationPage:
        page = await super().page(page_id, limit=limit)
        await asyncio.sleep(self.delays["page"])
        return page

    async def events(self, conversation_id: str, **which: Any) -> EventPage:
        page = await super().events(conversation_id, **which)
        await asyncio.sleep(self.delays["events"])
        if self.count("events") in self.failing:
            raise ServerFault(500)
        return page

    def _is_joined(self, id_: str) -> None:
        if id_ not in self.conversations or self.conversations[id_].status == "STOPPED":
            self.wrongly_joined.append(id_)
        super()._is_joined(id_)


delays = st.fixed_dictionaries(dict.fromkeys(("page", "events", "startup", "stop", "delete"), moments))


@settings(deadline=None, max_examples=60)
@given(st.lists(presses, min_size=1, max_size=3), delays, st.lists(st.integers(1, 9), max_size=4))
@in_virtual_time
async def test_whatever_comes_first_no_row_is_lost_and_nothing_that_is_over_is_joined(
    fates: list[Press], delays: dict[str, float], failing: list[int]
) -> None:
    server = Whimsical(delays, failing)
    server.slow = {kind: delays[kind] for kind in ("startup", "stop", "delete")}
    keys = dict[SessionKey, Press]()
    ended = dict[str, Operation]()
    async with core(server) as it:
        heard = acceptances(it)

        async def live(fate: Press) -> None:
            await asyncio.sleep(5 + fate.at)
            server.fates.append(fate)
            keys[press(it, a_draft(initial_user_msg=fate.text))] = fate
            await asyncio.sleep(fate.act_after)
            for row in it.book.sessions():  # also one that only a page has named so far
                if fate.act and row.conversation_id and row.conversation_id not in ended:
                    ended[row.conversation_id] = fate.act
                    do(it, fate.act, row.conversation_id)
                    break

        for number, fate in enumerate(fates):
            it.tasks.start(f"live {number}", partial(live, fate))
        await asyncio.sleep(200)
        assert server.wrongly_joined == []
        rows = {row.key: row.conversation_id for row in it.book.sessions()}
        deleted = {id_ for id_, act in ended.items() if act is Operation.DELETING}
        assert deleted.isdisjoint(server.conversations)
        assert sorted(filter(None, rows.values())) == sorted(server.conversations)
        for id_, act in ended.items():
            assert is_over(it, act, id_)
        accepted = {one.key: one.answer.conversation.id for one in heard if isinstance(one.answer, Accepted)}
        for key in keys:
            if key in accepted:
                assert rows.get(key) == (accepted[key] if accepted[key] not in deleted else None)
            else:
                assert key in rows or deleted


# The end.


@in_virtual_time
async def test_closing_in_the_middle_of_everything_ends_it_without_a_fault() -> None:
    server = FakeOpenHands(Conversation("c0", status="RUNNING"))
    server.slow["create"] = 60
    async with core(server) as it:
        await asyncio.sleep(1)
        press(it)
        await asyncio.sleep(1)
        await it.tasks.aclose()
        server.slow.clear()
    async with core(server) as it:
        press(it)
        await asyncio.sleep(1)
        assert server.joined
    assert server.left == server.joined
