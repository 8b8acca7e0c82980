"""The table of states, the words of a row, and the book: what is known, from whichever side it came."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import messages
from app.client.v0 import mapping
from app.client.v0.mapping import TOO_MANY
from app.client.v0.schemas import ConversationInfoResultSet
from app.core import sessions
from app.core.conversations import (
    Accepted,
    AgentState,
    Conversation,
    Phase,
    Reason,
    StartupStep,
    StoredUpdate,
    Update,
)
from app.core.draft import CreateMicroagentDraft, LaunchDraft, SuggestedTaskDraft
from app.core.kinds import LaunchKind
from app.core.session import Operation, Session, SessionChange, SessionKey, key_of_conversation
from app.core.session_state import PATIENCE, Group, State, group_of, state_of
from app.core.session_words import STATE_WORDINGS, age_from, doing, in_full, spoken, state_word
from app.core.sessions import Changes, SessionBook, title_of
from app.errors import NoAnswer, ServerFault
from tests.unit import v0
from tests.unit.v0 import said

NOW = datetime(2026, 11, 24, 14, 4, tzinfo=UTC)
ID = "c0ffee00" * 4
OTHER_ID = "beef" * 8


def a_session(**known: Any) -> Session:
    return v0.session(**({"conversation_id": ID} | known))


def running(agent_state: str = "", **known: Any) -> Session:
    return a_session(status="RUNNING", agent_state=agent_state, **known)


def state(session: Session) -> State:
    return state_of(session, NOW)


# The table of states: one test per line.


@pytest.mark.parametrize(
    ("session", "expected"),
    [
        (a_session(operation=Operation.SENDING), State.SENDING),
        (a_session(operation=Operation.STOPPING), State.STOPPING),
        (a_session(operation=Operation.DELETING), State.DELETING),
        (a_session(unconfirmed_by=NoAnswer()), State.NOT_KNOWN),
        (a_session(startup_error="it broke"), State.FAILED),
        (a_session(status="STARTING", unchanged_since=NOW - PATIENCE), State.STILL_STARTING),
        (running("loading", unchanged_since=NOW - PATIENCE), State.STILL_STARTING),
        (a_session(status="STARTING"), State.STARTING),
        (running("loading"), State.STARTING),
        (a_session(status="STOPPED", state_before_stop="finished"), State.FINISHED),
        (a_session(status="STOPPED", state_before_stop="error"), State.FAILED),
        (a_session(status="STOPPED", state_before_stop="rejected"), State.FAILED),
        (a_session(status="ERROR"), State.FAILED),
        (a_session(status="STOPPED"), State.STOPPED),
        (a_session(status="STOPPED", state_before_stop="awaiting_user_input"), State.STOPPED),
        (a_session(status="ARCHIVED"), State.STOPPED),
        (running("awaiting_user_input"), State.ASKS_YOU),
        (running("awaiting_user_confirmation"), State.WANTS_GO_AHEAD),
        (running("running"), State.WORKING),
        (running("user_confirmed"), State.WORKING),
        (running("user_rejected"), State.WORKING),
        (running("paused"), State.PAUSED),
        (running("rate_limited"), State.WAITS_FOR_MODEL),
        (running("finished"), State.FINISHED),
        (running("error"), State.FAILED),
        (running("rejected"), State.FAILED),
        (running("stopped"), State.STOPPED),
        (running(), State.RUNNING),
        (running("dreaming"), State.OTHER),
        (a_session(status="MIGRATING"), State.OTHER),
        (a_session(), State.OTHER),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_line_of_the_table_gives_its_state(session: Session, expected: State) -> None:
    assert state(session) is expected


# The pairs whose order matters: each session fits both lines, and the upper one wins.


@pytest.mark.parametrize(
    ("session", "expected"),
    [
        pytest.param(
            a_session(operation=Operation.SENDING, unconfirmed_by=NoAnswer()),
            State.SENDING,
            id="operation before not known",
        ),
        pytest.param(
            a_session(operation=Operation.STOPPING, startup_error="x"),
            State.STOPPING,
            id="operation before failed",
        ),
        pytest.param(
            running("awaiting_user_input", operation=Operation.STOPPING),
            State.STOPPING,
            id="operation before the agent",
        ),
        pytest.param(
            a_session(operation=Operation.DELETING, status="STOPPED", state_before_stop="finished"),
            State.DELETING,
            id="operation before stopped",
        ),
        pytest.param(
            a_session(unconfirmed_by=NoAnswer(), startup_error="x"),
            State.NOT_KNOWN,
            id="not known before failed",
        ),
        pytest.param(
            a_session(startup_error="x", status="STARTING"), State.FAILED, id="start-up error before starting"
        ),
        pytest.param(
            running("loading", startup_error="x", unchanged_since=NOW - PATIENCE),
            State.FAILED,
            id="start-up error before still starting",
        ),
        pytest.param(
            a_session(startup_error="x", status="STOPPED"), State.FAILED, id="start-up error before stopped"
        ),
        pytest.param(
            running("running", startup_error="x"), State.FAILED, id="start-up error before the agent"
        ),
        pytest.param(
            a_session(status="STARTING", agent_state="running"),
            State.STARTING,
            id="STARTING before the agent",
        ),
        pytest.param(
            a_session(status="STOPPED", agent_state="loading", unchanged_since=NOW - PATIENCE),
            State.STOPPED,
            id="what is stopped loads no more",
        ),
        pytest.param(
            a_session(status="STOPPED", agent_state="awaiting_user_input"),
            State.STOPPED,
            id="STOPPED before the agent",
        ),
        pytest.param(
            a_session(status="ERROR", agent_state="finished"), State.FAILED, id="ERROR before the agent"
        ),
        pytest.param(
            a_session(status="ARCHIVED", state_before_stop="finished"),
            State.STOPPED,
            id="ARCHIVED says nothing of the end",
        ),
        pytest.param(
            a_session(status="MIGRATING", agent_state="running"),
            State.WORKING,
            id="the agent before an unknown status",
        ),
    ],
)
def test_of_two_lines_that_fit_the_upper_wins(session: Session, expected: State) -> None:
    assert state(session) is expected


def test_a_start_is_slow_from_three_minutes_on_and_not_a_second_before() -> None:
    started = a_session(status="STARTING", unchanged_since=NOW)
    assert state_of(started, NOW + timedelta(seconds=179)) is State.STARTING
    assert state_of(started, NOW + timedelta(seconds=180)) is State.STILL_STARTING


@pytest.mark.parametrize(
    "runtime_status", ["STATUS$ERROR", "STATUS$READY", "STATUS$STOPPED", "anything", "AGENT$READY"]
)
def test_the_runtime_status_never_decides(runtime_status: str) -> None:
    assert state(running("running", runtime_status=runtime_status)) is State.WORKING
    assert state(a_session(status="STARTING", runtime_status=runtime_status)) is State.STARTING


@pytest.mark.parametrize(
    ("group", "states"),
    [
        (Group.NEEDS_YOU, {State.NOT_KNOWN, State.STILL_STARTING, State.ASKS_YOU, State.WANTS_GO_AHEAD}),
        (Group.ENDED, {State.FAILED, State.FINISHED, State.STOPPED}),
        (
            Group.ACTIVE,
            {
                State.SENDING,
                State.STOPPING,
                State.DELETING,
                State.STARTING,
                State.WORKING,
                State.PAUSED,
                State.WAITS_FOR_MODEL,
                State.RUNNING,
                State.OTHER,
            },
        ),
    ],
)
def test_each_state_has_its_group(group: Group, states: set[State]) -> None:
    assert {one for one in State if group_of(one) is group} == states


@settings(deadline=None)
@given(
    st.builds(
        Session,
        key=st.integers(),
        phase=st.sampled_from(Phase),
        phase_word=st.text(max_size=12),
        agent=st.sampled_from(AgentState),
        agent_word=st.text(max_size=12),
        before_stop=st.sampled_from(AgentState),
        reason=st.builds(Reason, st.text(max_size=40)),
        last_words=st.text(max_size=400),
        startup_error=st.builds(Reason, st.text(max_size=40)),
        step=st.sampled_from(StartupStep) | st.text(max_size=20),
        repository=st.text(max_size=400),
        branch=st.text(max_size=20),
        title=st.text(max_size=20),
        unconfirmed_by=st.sampled_from([None, NoAnswer(), ServerFault(502)]),
    )
)
def test_whatever_the_server_says_a_row_has_a_word_and_one_line(session: Session) -> None:
    found = state(session)
    assert state_word(session, found)
    for line in (doing(session, NOW), doing(session, NOW, NOW), spoken(session, NOW)):
        assert line == " ".join(line.split())
        assert not any(ord(one) < 32 for one in line)
    assert isinstance(in_full(session, NOW), str)


# The words of a row.


def test_every_state_has_its_look() -> None:
    assert set(STATE_WORDINGS) == set(State)


def test_an_unknown_state_shows_the_servers_own_word_made_readable() -> None:
    row = running("AGENT$PONDERING_DEEPLY")
    assert state_word(row, state(row)) == "Pondering deeply"
    row = a_session(status="MIGRATING")
    assert state_word(row, state(row)) == "Migrating"
    assert [state_word(a_session(status=own), State.OTHER) for own in ("", "$")] == ["Unknown"] * 2


AT: dict[str, Any] = {"repository": "acme/web", "branch": "main"}


@pytest.mark.parametrize(
    ("session", "line"),
    [
        (a_session(status="STARTING", runtime_status="STATUS$STARTING_RUNTIME"), "preparing the runtime"),
        (running("running", runtime_status="STATUS$LLM_RETRY"), "asking the model again"),
        (running("running", runtime_status="STATUS$READY"), ""),
        (running("awaiting_user_input", last_words="Which\n  file?"), "“Which file?”"),
        (
            running("awaiting_user_input", last_words="Done. Is v1.2 fine? Or a.b?c It waits."),
            "“Is v1.2 fine?”",
        ),
        (running("awaiting_user_input", last_words="Tell me more."), "“Tell me more.”"),
        (running("finished", last_words="Which? This."), "“Which? This.”"),
        (running("finished", last_words="done"), "“done”"),
        (a_session(status="STOPPED", last_words="bye"), "“bye”"),
        (a_session(status="STOPPED", evicted=True), "closed to make room for another conversation"),
        (
            running("error", reason="STATUS$ERROR_LLM_AUTHENTICATION"),
            "The model refused the key. Check it on the server's settings page.",
        ),
        (a_session(startup_error="bad\nkey"), "bad key"),
        (a_session(status="ERROR"), "the server did not say why"),
        (a_session(unconfirmed_by=NoAnswer()), "The server gave no clear answer. It may have started."),
        (
            a_session(status="STARTING", unchanged_since=NOW - timedelta(minutes=4, seconds=10)),
            "no change for 4 min; stop it, or launch again",
        ),
        (running("running", operation=Operation.STOPPING), "this can take minutes"),
    ],
)
def test_a_row_says_where_it_is_and_what_it_does(session: Session, line: str) -> None:
    assert doing(session, NOW) == line
    assert doing(replace(session, **AT), NOW) == " · ".join(filter(None, ("acme/web", "main", line)))


def test_while_the_server_is_away_only_what_may_have_changed_says_of_when_it_is() -> None:
    since = NOW - timedelta(minutes=2)
    clock = f"as of {since.astimezone():%H:%M}"
    assert doing(running("running", **AT), NOW, since) == f"acme/web · main · {clock}"
    assert doing(a_session(status="STARTING", runtime_status="STATUS$STARTING_RUNTIME"), NOW, since) == clock
    assert doing(running("awaiting_user_input", last_words="Yes?"), NOW, since) == f"{clock} · “Yes?”"
    assert clock not in doing(running("finished", last_words="done"), NOW, since)
    assert clock not in doing(a_session(operation=Operation.SENDING), NOW, since)
    assert clock not in doing(a_session(unconfirmed_by=NoAnswer()), NOW, since)


def test_foreign_text_cannot_turn_the_line_around() -> None:
    row = running("awaiting_user_input", last_words="safe\u202egnp.exe", repository="a\x1b[31m/b")
    assert "\u202e" not in doing(row, NOW) + spoken(row, NOW) + in_full(row, NOW)
    assert "\x1b" not in doing(row, NOW) + spoken(row, NOW)


def test_the_detail_has_the_last_words_in_full() -> None:
    said = "First line.\n\n- a point\n" + "x" * 3000
    assert in_full(running("awaiting_user_input", last_words=said), NOW) == said


def test_the_detail_of_a_failure_says_why_what_to_do_and_what_was_said_last() -> None:
    row = a_session(startup_error="BadRequestError: bad key", last_words="I begin.", draft=LaunchDraft())
    text = in_full(row, NOW)
    assert text.startswith("BadRequestError: bad key\n")
    assert "launch again" in text
    assert text.endswith("I begin.")
    assert "launch again" not in in_full(replace(row, draft=None), NOW)


def test_row_and_detail_of_a_lost_launch_tell_the_cause_that_the_bar_tells() -> None:
    error = ServerFault(502)
    row, said = a_session(unconfirmed_by=error), messages.error(error)
    assert said.title == "The server failed (502)."
    assert doing(row, NOW) == f"{said.title} It may have started."
    assert in_full(row, NOW).startswith(said.title)
    assert in_full(row, NOW).endswith("The server's log says more.")
    assert "connection" not in doing(row, NOW) + in_full(row, NOW)


def test_the_detail_says_what_can_be_done_when_nothing_is_known_or_moves() -> None:
    assert "Nothing is sent again unless you say so." in in_full(a_session(unconfirmed_by=NoAnswer()), NOW)
    stuck = a_session(status="STARTING", unchanged_since=NOW - timedelta(minutes=5))
    assert "5 minutes" in in_full(stuck, NOW)
    assert "room for another" in in_full(a_session(status="STOPPED", evicted=True), NOW)
    assert "silent" in in_full(running(operation=Operation.DELETING), NOW)
    assert in_full(a_session(status="STARTING"), NOW) == ""


def test_a_row_is_spoken_as_one_sentence() -> None:
    row = running(
        "awaiting_user_input", title="Fix the login", created_at=NOW - timedelta(minutes=2, seconds=10), **AT
    )
    assert spoken(row, NOW) == "Fix the login asks you, in acme/web on main, started 2 minutes ago"
    new = replace(row, created_at=NOW, has_news=True)
    assert spoken(new, NOW) == "New: Fix the login asks you, in acme/web on main, started just now"
    unknown = running("waiting_for_the_oracle", title="Fix {it}")
    assert spoken(unknown, NOW) == "Fix {it} says “Waiting for the oracle”"


def test_the_age_counts_from_the_birth_or_else_from_the_press() -> None:
    assert age_from(a_session(created_at=NOW, unchanged_since=NOW - PATIENCE)) == NOW
    assert age_from(a_session(unchanged_since=NOW)) == NOW
    assert age_from(a_session()) is None


# Events.


def told(number: int, state: str, reason: str = "") -> StoredUpdate:
    return v0.in_state(number, state, reason)


def frame(**fields: Any) -> Update:
    update = v0.fleeting(**fields)
    assert update
    return update


def test_a_session_holds_what_is_known_and_nothing_of_how_far_it_was_read() -> None:
    assert not {one.name for one in fields(Session) if one.type is int}
    assert not {one.name for one in fields(Session)} & {"cursor", "order", "last_event_id"}


# The book.


class Clock:
    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time

    def passes(self, **time: float) -> None:
        self.time += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def book(clock: Clock) -> SessionBook:
    return SessionBook(clock)


def an_info(conversation_id: str = ID, **fields: Any) -> Conversation:
    return v0.listed(**{"conversation_id": conversation_id, "status": "RUNNING"} | fields)


def an_answer(conversation_id: str = ID, status: str | None = "STARTING") -> Accepted:
    return v0.accepted(conversation_id, status)


def the(book: SessionBook, conversation_id: str = ID) -> Session:
    row = book.by_id(conversation_id)
    assert row is not None
    return row


def fix_the_login() -> LaunchDraft:
    return LaunchDraft(
        initial_user_msg="Fix the login\nplease", repository=" acme/web ", selected_branch="main"
    )


def launched(book: SessionBook) -> SessionKey:
    key = book.add_launch(fix_the_login())
    book.mark_accepted(key, an_answer())
    return key


def test_the_row_is_there_with_the_press(book: SessionBook) -> None:
    key = book.add_launch(fix_the_login())
    row = book.get(key)
    assert row is not None
    assert (row.title, row.repository, row.branch) == ("Fix the login", "acme/web", "main")
    assert state(row) is State.SENDING
    assert age_from(row) == NOW


def test_the_answer_names_the_row_and_its_key_stays(book: SessionBook) -> None:
    key = launched(book)
    assert the(book).key == key
    assert state(the(book)) is State.STARTING
    assert book.ids() == {ID}
    assert book.running() == [the(book)]


def test_the_answer_is_one_change_and_no_half_of_it_is_seen(book: SessionBook) -> None:
    key = book.add_launch(fix_the_login())
    book.apply_page([an_info()])
    seen = list[list[State]]()
    book.watch(lambda _changes: seen.append([state(row) for row in book.sessions()]))
    book.mark_accepted(key, an_answer())
    assert seen == [[State.RUNNING]]


@pytest.mark.parametrize("act", [None, Operation.STOPPING, Operation.DELETING])
def test_what_is_being_done_to_a_conversation_goes_on_when_it_becomes_the_row_of_the_press(
    book: SessionBook, act: Operation | None
) -> None:
    keys = [book.add_launch(fix_the_login()), book.add_launch(fix_the_login())]
    book.mark_unconfirmed(keys[1], NoAnswer())
    book.apply_page([an_info(), an_info(OTHER_ID)])
    for id_ in (ID, OTHER_ID):
        book.set_operation(the(book, id_).key, act)
    book.mark_accepted(keys[0], an_answer())
    book.assign_conversation(keys[1], OTHER_ID)
    assert [(row.key, row.operation) for row in (the(book), the(book, OTHER_ID))] == [
        (key, act) for key in keys
    ]


def test_an_answer_that_names_what_was_deleted_meanwhile_leaves_no_row(book: SessionBook) -> None:
    key = book.add_launch(fix_the_login())
    book.apply_page([an_info()])
    book.mark_deleted(the(book).key)
    book.mark_accepted(key, an_answer())
    assert book.sessions() == []


def test_a_launch_is_named_for_ever_and_a_conversation_by_its_id() -> None:
    books = [SessionBook() for _ in range(3)]
    keys = [book.add_launch(fix_the_login()) for book in books for _ in range(2)]
    assert len({UUID(key.removeprefix("launch:")) for key in keys}) == 6
    for book in books:
        book.apply_page([an_info()])
    assert {the(book).key for book in books} == {key_of_conversation(ID)}


def heard_of(book: SessionBook) -> list[Changes]:
    heard: list[Changes] = []
    book.watch(heard.append)
    return heard


def test_a_page_tells_once_what_came_changed_and_went(book: SessionBook) -> None:
    heard = heard_of(book)
    book.apply_page([an_info(), an_info(conversation_id=OTHER_ID)])
    [first] = heard
    assert [(one.key, one.before) for one in first] == [
        (key_of_conversation(ID), None),
        (key_of_conversation(OTHER_ID), None),
    ]
    assert [one.after for one in first] == [book.by_id(ID), book.by_id(OTHER_ID)]
    book.apply_page([an_info(title="Another"), an_info(conversation_id=OTHER_ID)])
    assert heard[1:] == [(SessionChange(key_of_conversation(ID), first[0].after, book.by_id(ID)),)]
    book.mark_gone(ID)
    assert [(one.key, one.after) for one in heard[-1]] == [(key_of_conversation(ID), None)]
    book.apply_page([an_info(conversation_id=OTHER_ID)])
    assert len(heard) == 3


def test_a_launch_that_a_page_has_brought_already_takes_its_row_over_in_one_change(book: SessionBook) -> None:
    key = book.add_launch(fix_the_login())
    book.apply_page([an_info()])
    heard = heard_of(book)
    book.mark_accepted(key, an_answer())
    [changes] = heard
    assert {one.key: one.after for one in changes} == {key_of_conversation(ID): None, key: the(book)}


def test_what_a_watcher_changes_is_told_to_all_after_what_it_was_told(book: SessionBook) -> None:
    def look(changes: Changes) -> None:
        for one in changes:
            if one.after and one.after.operation is Operation.SENDING:
                book.mark_accepted(one.key, an_answer())

    book.watch(look)
    heard = heard_of(book)
    key = book.add_launch(fix_the_login())
    first, second = heard
    assert [one.after.operation for one in first if one.after] == [Operation.SENDING]
    assert [(one.key, one.before) for one in second] == [(key, first[0].after)]


def test_an_answer_without_a_status_is_starting(book: SessionBook) -> None:
    key = book.add_launch(LaunchDraft())
    book.mark_accepted(key, an_answer(status=None))
    assert state(the(book)) is State.STARTING


def test_a_poll_that_comes_before_the_answer_makes_no_second_row(book: SessionBook) -> None:
    key = book.add_launch(fix_the_login())
    book.apply_page([an_info(title=f"Conversation {ID[:5]}", created_at=NOW)])
    assert len(book.sessions()) == 2
    book.mark_accepted(key, an_answer())
    assert [row.key for row in book.sessions()] == [key]
    row = the(book)
    assert (row.phase, row.title, row.created_at) == (Phase.RUNNING, "Fix the login", NOW)
    assert row.draft is not None
    assert row.operation is None


def test_the_title_of_the_server_replaces_ours_but_its_stand_in_does_not(book: SessionBook) -> None:
    launched(book)
    book.apply_page([an_info(title=f"Conversation {ID[:5]}")])
    assert the(book).title == "Fix the login"
    book.apply_page([an_info(title="🔑 Login redirect fix")])
    book.apply_page([an_info(title=None)])
    assert the(book).title == "🔑 Login redirect fix"


def test_a_conversation_started_elsewhere_shows_even_the_stand_in(book: SessionBook) -> None:
    book.apply_page([an_info(title=f"Conversation {ID[:5]}")])
    assert the(book).title == f"Conversation {ID[:5]}"


def test_a_lost_answer_leaves_a_row_that_is_not_known_until_it_is_found(book: SessionBook) -> None:
    key = book.add_launch(fix_the_login())
    book.mark_unconfirmed(key, NoAnswer())
    row = book.get(key)
    assert row is not None
    assert state(row) is State.NOT_KNOWN
    book.apply_page([an_info(title="Login redirect")])
    book.assign_conversation(key, ID)
    assert [one.key for one in book.sessions()] == [key]
    assert state(the(book)) is State.RUNNING
    assert the(book).title == "Login redirect"


def test_a_forgotten_row_is_gone_with_its_id(book: SessionBook) -> None:
    key = launched(book)
    book.forget(key)
    assert book.sessions() == []
    assert book.by_id(ID) is None
    assert book.ids() == set()
    book.forget(key)


def test_a_deleted_conversation_stays_away_though_a_late_page_brings_it(book: SessionBook) -> None:
    key = launched(book)
    book.mark_deleted(key)
    book.apply_page([an_info(), an_info(OTHER_ID)])
    assert book.ids() == {OTHER_ID}


def test_a_conversation_that_the_server_no_longer_has_goes(book: SessionBook) -> None:
    book.apply_page([an_info(), an_info(OTHER_ID)])
    book.mark_gone(ID)
    book.mark_gone("unknown")
    assert book.ids() == {OTHER_ID}


def test_rows_of_the_list_are_merged_by_id(book: SessionBook) -> None:
    book.apply_page([an_info(title="One", selected_repository="acme/web"), an_info(OTHER_ID)])
    key = the(book).key
    book.apply_page([an_info(OTHER_ID), an_info(title="One", status="STOPPED"), an_info(title="One")])
    assert the(book).key == key
    assert the(book).repository == "acme/web"
    assert len(book.sessions()) == 2


def test_null_rows_unknown_words_and_missing_dates_are_taken_as_they_come(book: SessionBook) -> None:
    page = ConversationInfoResultSet.model_validate(
        {
            "results": [
                None,
                {"conversation_id": ID, "status": "MIGRATING", "trigger": "by_magic", "created_at": None},
                {"conversation_id": OTHER_ID, "status": None, "created_at": "not a date", "title": 7},
                {"conversation_id": "../../etc"},
                "a string",
            ],
            "next_page_id": "opaque=",
        }
    )
    book.apply_page(mapping.page_of(page).conversations)
    assert book.ids() == {ID, OTHER_ID}
    assert state(the(book)) is State.OTHER
    assert the(book).created_at is None


def test_the_newest_come_first_and_a_launch_on_its_way_before_them(book: SessionBook) -> None:
    book.apply_page([an_info("a", created_at=NOW - PATIENCE), an_info("b", created_at=NOW), an_info("c")])
    key = book.add_launch(fix_the_login())
    order = [row.conversation_id for row in book.sessions()]
    assert order == ["", "b", "a", "c"]
    assert book.sessions()[0].key == key


def test_watchers_hear_of_changes_only(book: SessionBook) -> None:
    heard: list[int] = []
    unwatch = book.watch(lambda _changes: heard.append(1))
    book.apply_page([an_info()])
    book.apply_page([an_info()])
    book.apply_page([])
    assert len(heard) == 1
    kept = the(book)
    book.apply_page([an_info()])
    assert the(book) is kept
    unwatch()
    unwatch()
    book.apply_page([an_info(title="New")])
    assert len(heard) == 1


def test_events_give_state_and_last_words(book: SessionBook) -> None:
    book.apply_page([an_info()])
    book.apply_updates(ID, [told(3, "running"), said(4, "Which file?"), told(5, "awaiting_user_input")])
    assert state(the(book)) is State.ASKS_YOU
    assert the(book).last_words == "Which file?"
    book.apply_page([an_info(title="A page says nothing of the agent")])
    assert state(the(book)) is State.ASKS_YOU


def test_events_of_an_unknown_conversation_change_nothing(book: SessionBook) -> None:
    book.apply_updates(ID, [told(3, "running")])
    book.apply_startup(ID, frame(error=True, message="x"))
    assert book.sessions() == []


@settings(deadline=None)
@given(st.permutations(range(5)), st.integers(min_value=1, max_value=5))
def test_events_in_any_order_and_in_any_pages_come_to_the_same(order: list[int], size: int) -> None:
    events = [
        told(2, "running"),
        said(3, "I look."),
        told(4, "finished", "done"),
        said(5, "All done."),
        told(6, "stopped"),
    ]
    book = SessionBook(lambda: NOW)
    book.apply_page([an_info(status="STOPPED")])
    shuffled = [events[at] for at in order]
    for start in range(0, len(events), size):
        book.apply_updates(ID, shuffled[start : start + size])
        book.apply_updates(ID, shuffled[start : start + size])
    row = the(book)
    assert (row.agent, row.before_stop, row.last_words) == (
        AgentState.STOPPED,
        AgentState.FINISHED,
        "All done.",
    )
    assert state(row) is State.FINISHED


def test_a_stopped_row_that_is_read_backwards_knows_the_state_before(book: SessionBook) -> None:
    book.apply_page([an_info(status="STOPPED")])
    book.apply_updates(ID, [told(9, "stopped")])
    assert state(the(book)) is State.STOPPED
    book.apply_updates(ID, [told(7, "error", "STATUS$ERROR_MEMORY"), told(3, "finished")])
    assert state(the(book)) is State.FAILED
    assert (the(book).reason.text, the(book).has_news) == ("STATUS$ERROR_MEMORY", False)


@pytest.mark.parametrize("at_once", [True, False])
def test_a_conversation_that_failed_and_was_then_stopped_keeps_its_reason(
    book: SessionBook, at_once: bool
) -> None:
    book.apply_page([an_info(status="STOPPED")])
    events = [told(7, "error", "STATUS$ERROR_MEMORY"), told(9, "stopped")]
    for page in [events] if at_once else [[one] for one in events]:
        book.apply_updates(ID, page)
    row = the(book)
    assert (row.agent, state(row)) == (AgentState.STOPPED, State.FAILED)
    assert "ran out of memory" in doing(row, NOW)


def test_what_the_socket_told_of_a_start_that_failed_outlives_the_stop(book: SessionBook) -> None:
    book.apply_page([an_info(status="RUNNING")])
    book.apply_updates(ID, [told(1, "loading")])
    book.apply_startup(ID, frame(error=True, message="No such image"))
    book.apply_updates(ID, [told(2, "stopped")])
    book.apply_page([an_info(status="STOPPED")])
    assert state(the(book)) is State.FAILED
    assert "No such image" in doing(the(book), NOW)


def test_a_reason_of_an_older_state_does_not_explain_a_newer_one(book: SessionBook) -> None:
    book.apply_page([an_info(status="RUNNING")])
    book.apply_updates(ID, [told(9, "running")])
    book.apply_updates(ID, [told(7, "error", "boom")])
    assert (state(the(book)), the(book).reason) == (State.WORKING, Reason())


def test_a_restarted_conversation_is_asked_anew(book: SessionBook) -> None:
    book.apply_page([an_info()])
    book.apply_startup(ID, frame(status_update=True, type="error", id=TOO_MANY, message=TOO_MANY))
    book.apply_updates(ID, [told(5, "stopped")])
    book.apply_page([an_info(status="STOPPED")])
    assert the(book).evicted
    book.apply_page([an_info(status="RUNNING")])
    assert state(the(book)) is State.RUNNING
    assert not the(book).evicted


# What only the socket says.


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (
            {
                "status_update": True,
                "type": "error",
                "id": "STATUS$ERROR",
                "message": "BadRequestError: bad key",
            },
            "BadRequestError: bad key",
        ),
        (
            {
                "status_update": True,
                "type": "error",
                "id": "STATUS$ERROR_LLM_AUTHENTICATION",
                "message": "401",
            },
            "The model refused the key. Check it on the server's settings page.",
        ),
        (
            {"status_update": True, "type": "error", "id": "STATUS$ERROR", "message": ""},
            "The server could not start it. Its log says more.",
        ),
        (
            {"status_update": True, "type": "error", "id": "STATUS$NEVER_SEEN", "message": "Ouch"},
            "Ouch",
        ),
        (
            {"error": True, "message": "Failed to create agent session: ValueError"},
            "Failed to create agent session: ValueError",
        ),
    ],
)
def test_a_start_up_error_stands_at_the_row_in_words(
    book: SessionBook, fields: dict[str, Any], sentence: str
) -> None:
    launched(book)
    book.apply_startup(ID, frame(**fields))
    assert state(the(book)) is State.FAILED
    assert doing(the(book), NOW).endswith(sentence)
    assert the(book).has_news


def test_a_start_up_error_outlives_polls_and_loading_but_no_newer_state(book: SessionBook) -> None:
    launched(book)
    book.apply_startup(ID, frame(status_update=True, type="error", id="STATUS$ERROR", message="Ouch"))
    book.apply_page([an_info()])
    book.apply_startup(ID, told(1, "loading"))
    assert state(the(book)) is State.FAILED
    book.apply_updates(ID, [told(4, "running")])
    assert state(the(book)) is State.WORKING


def test_the_stored_error_after_a_start_up_error_keeps_its_words(book: SessionBook) -> None:
    launched(book)
    book.apply_startup(ID, frame(status_update=True, type="error", id="STATUS$ERROR", message="Ouch"))
    book.apply_updates(ID, [told(4, "error")])
    assert doing(the(book), NOW).endswith("Ouch")
    book.apply_updates(ID, [told(5, "error", "STATUS$ERROR_MEMORY")])
    assert doing(the(book), NOW).endswith("The server ran out of memory.")


@pytest.mark.parametrize(
    "fields",
    [
        {"status_update": True, "type": "error", "id": TOO_MANY, "message": TOO_MANY},
        {"status_update": True, "type": "info", "id": "STATUS$ERROR", "message": TOO_MANY},
    ],
)
def test_a_conversation_closed_for_another_one_says_so(book: SessionBook, fields: dict[str, Any]) -> None:
    launched(book)
    book.apply_startup(ID, frame(**fields))
    book.apply_page([an_info(status="STOPPED")])
    assert state(the(book)) is State.STOPPED
    assert "closed to make room" in doing(the(book), NOW)


def test_start_up_words_the_second_line(book: SessionBook) -> None:
    launched(book)
    book.apply_startup(
        ID, frame(status_update=True, type="info", id="STATUS$SETTING_UP_WORKSPACE", message="…")
    )
    assert state(the(book)) is State.STARTING
    assert doing(the(book), NOW).endswith("preparing the workspace")


def test_the_first_state_of_the_agent_is_shown_before_the_list_knows(book: SessionBook) -> None:
    launched(book)
    book.apply_startup(ID, told(1, "loading"))
    assert state(the(book)) is State.STARTING
    book.apply_startup(ID, told(5, "running"))
    assert state(the(book)) is State.WORKING


# Patience, acts, news.


def test_a_clock_that_is_set_back_does_not_put_off_for_a_day_that_a_start_takes_long(
    book: SessionBook, clock: Clock
) -> None:
    launched(book)
    clock.passes(days=-1)
    book.apply_page([an_info(status="STARTING")])
    assert the(book).unchanged_since == clock.time
    assert state_of(the(book), clock.time) is State.STARTING
    clock.passes(minutes=3)
    book.apply_page([an_info(status="STARTING")])
    assert state_of(the(book), clock.time) is State.STILL_STARTING


def test_what_changes_while_it_starts_is_patiently_waited_for(book: SessionBook, clock: Clock) -> None:
    launched(book)
    clock.passes(minutes=2)
    book.apply_page([an_info(status="STARTING", runtime_status="STATUS$STARTING_RUNTIME")])
    clock.passes(minutes=2)
    assert state_of(the(book), clock()) is State.STARTING
    book.apply_page([an_info(status="STARTING", runtime_status="STATUS$STARTING_RUNTIME", title="Other")])
    clock.passes(minutes=1)
    assert state_of(the(book), clock()) is State.STILL_STARTING


def test_our_own_stop_says_so_until_it_is_answered(book: SessionBook) -> None:
    key = launched(book)
    book.set_operation(key, Operation.STOPPING)
    book.apply_page([an_info()])
    assert state(the(book)) is State.STOPPING
    book.mark_stopped(key)
    assert state(the(book)) is State.STOPPED
    book.set_operation(SessionKey("99"), Operation.STOPPING)
    book.mark_stopped(SessionKey("99"))
    book.mark_deleted(SessionKey("99"))


def test_the_one_page_that_may_have_left_before_our_stop_does_not_undo_it(book: SessionBook) -> None:
    book.apply_page([an_info()])
    book.apply_updates(ID, [told(2, "finished")])
    book.mark_stopped(the(book).key)
    book.apply_page([an_info(OTHER_ID)])
    book.apply_page([an_info()])
    assert (the(book).phase, the(book).agent) == (Phase.STOPPED, AgentState.FINISHED)
    book.apply_page([an_info()])  # it left after the stop: somebody has restarted it
    assert state(the(book)) is State.RUNNING


def test_a_page_that_knows_of_our_stop_is_the_last_that_could_have_been_late(book: SessionBook) -> None:
    book.apply_page([an_info()])
    book.mark_stopped(the(book).key)
    book.apply_page([an_info(status="STOPPED", title="Stopped")])
    assert the(book).title == "Stopped"
    book.apply_page([an_info()])
    assert state(the(book)) is State.RUNNING


def test_an_act_that_failed_gives_the_row_back(book: SessionBook) -> None:
    key = launched(book)
    book.set_operation(key, Operation.DELETING)
    book.set_operation(key, None)
    assert state(the(book)) is State.STARTING


def test_a_fresh_failure_is_marked_until_it_is_looked_at(book: SessionBook) -> None:
    book.apply_page([an_info()])
    book.apply_updates(ID, [told(2, "running")])
    book.apply_updates(ID, [told(4, "error", "boom")])
    key = the(book).key
    assert the(book).has_news
    book.apply_page([an_info(title="Still marked")])
    assert the(book).has_news
    book.mark_seen(key)
    assert not the(book).has_news
    book.apply_page([an_info(title="Looked at")])
    assert not the(book).has_news


@pytest.mark.parametrize("status", ["RUNNING", "STOPPED"])
def test_an_old_failure_that_we_only_now_hear_of_is_no_news(book: SessionBook, status: str) -> None:
    book.apply_page([an_info(status=status)])
    book.apply_updates(ID, [told(4, "error", "boom")])
    assert state(the(book)) is State.FAILED
    assert not the(book).has_news


def test_a_failure_that_was_there_from_the_first_page_is_no_news(book: SessionBook) -> None:
    book.apply_page([an_info(status="ERROR")])
    assert not the(book).has_news


# What a launch is called.


@pytest.mark.parametrize(
    ("draft", "title"),
    [
        (LaunchDraft(initial_user_msg="\n  \n Fix it \nnow"), "Fix it"),
        (LaunchDraft(), "New conversation"),
        (
            LaunchDraft(kind=LaunchKind.SUGGESTED_TASK, suggested_task=SuggestedTaskDraft(title="Merge it")),
            "Merge it",
        ),
        (
            LaunchDraft(kind=LaunchKind.MICROAGENT, create_microagent=CreateMicroagentDraft(title="Deploys")),
            "Deploys",
        ),
        (LaunchDraft(kind=LaunchKind.MICROAGENT, microagent_msg="Write one"), "Write one"),
        (LaunchDraft(kind=LaunchKind.REPLAY), "Replay"),
    ],
)
def test_a_launch_is_called_by_its_first_line(draft: LaunchDraft, title: str) -> None:
    assert title_of(draft) == title


def test_a_task_and_a_microagent_bring_their_own_repository(book: SessionBook) -> None:
    task = LaunchDraft(kind=LaunchKind.SUGGESTED_TASK, suggested_task=SuggestedTaskDraft(repo=" acme/api "))
    microagent = LaunchDraft(
        kind=LaunchKind.MICROAGENT, create_microagent=CreateMicroagentDraft(repo="acme/doc")
    )
    keys = [book.add_launch(task), book.add_launch(microagent)]
    assert [row.repository for key in keys if (row := book.get(key))] == ["acme/api", "acme/doc"]


def test_what_the_socket_said_of_the_start_is_over_when_the_agent_works(book: SessionBook) -> None:
    launched(book)
    book.apply_startup(ID, frame(status_update=True, type="info", id="STATUS$SETTING_UP_WORKSPACE"))
    assert doing(the(book), NOW).endswith("preparing the workspace")
    book.apply_startup(ID, told(2, "running"))
    assert "workspace" not in doing(the(book), NOW)


def test_of_what_was_deleted_and_stopped_not_more_and_more_is_kept() -> None:
    book = SessionBook()
    for number in range(sessions.DELETED + 100):
        book.apply_page([an_info(f"c{number}")])
        [row] = book.sessions()
        book.mark_stopped(row.key)
        book.mark_deleted(row.key)
    assert len(book._deleted) == sessions.DELETED
    assert book._stopped == set()
    book.apply_page([an_info(f"c{number}")])
    assert book.sessions() == []
