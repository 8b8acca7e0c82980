"""What is done to conversations that are there: list, show, open, stop, delete."""

import itertools
import json
import os
import sys
import webbrowser
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from app.cli import list_reader
from app.core import event_reading, pages
from app.demo.door import Handler
from app.wire import limits
from tests.cli.conftest import Asked, Program
from tests.demo import Running, faults, running
from tests.demo.pace import Pace
from tests.demo.server import DemoServer

FACTS = [
    "conversation_id",
    "title",
    "state",
    "conversation_status",
    "agent_state",
    "repository",
    "branch",
    "created_at",
    "last_updated_at",
    "url",
]
NO_SUCH = "The server has no conversation with this id.\n"


def ids(number: int) -> str:
    return f"{number:032x}"


def ago(**passed: int) -> datetime:
    return datetime.now(UTC) - timedelta(**passed)


@pytest.fixture
def some(asked: Asked) -> Asked:
    """Three conversations: one asks, one has failed and was stopped, one works."""
    add = asked.demo.server.add
    asked.demo.do(
        add,
        conversation_id=ids(1),
        title="Fix the login",
        agent_state="awaiting_user_input",
        repository="acme/web",
        branch="main",
        last_words="Which page?",
        created_at=ago(minutes=3),
    )
    asked.demo.do(
        add,
        conversation_id=ids(2),
        title="Broken",
        agent_state="error",
        reason="No credit",
        status="STOPPED",
        created_at=ago(hours=2),
    )
    asked.demo.do(add, conversation_id=ids(3), created_at=ago(days=1), title="Work")
    return asked


# The list.


def test_the_list_has_a_row_for_each_newest_first(some: Asked) -> None:
    ran = some("sessions")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        f"{ids(1)}  Asks you  3 min  Fix the login · acme/web · main",
        f"{ids(2)}  Stopped   2 hr   Broken",
        f"{ids(3)}  Working   1 day  Work",
    ]


def test_the_list_for_scripts_is_one_list_of_facts(some: Asked) -> None:
    rows = some("sessions", "--json").facts
    assert [list(row) for row in rows] == [FACTS] * 3
    first = rows[0]
    assert first["created_at"].endswith("Z")
    assert ago(minutes=4) < datetime.fromisoformat(first.pop("created_at")) < ago(minutes=2)
    first.pop("last_updated_at")
    assert first == {
        "conversation_id": ids(1),
        "title": "Fix the login",
        "state": "asks_you",
        "conversation_status": "RUNNING",
        "agent_state": "awaiting_user_input",
        "repository": "acme/web",
        "branch": "main",
        "url": f"{some.demo.address}/conversations/{ids(1)}",
    }
    assert rows[1]["repository"] is None


def test_a_conversation_may_be_named_by_the_address_of_its_page(some: Asked) -> None:
    page = f"{some.demo.address}/conversations/{ids(1)}"
    assert some("session", page, "--json").facts["url"] == page
    assert some("session", f"https://elsewhere.example/conversations/{ids(1)}").code == 2


def test_an_empty_server_is_said_so_beside_an_empty_result(asked: Asked) -> None:
    ran = asked("sessions")
    assert (ran.code, ran.out, ran.err) == (0, "", "There is no conversation on this server.\n")
    assert asked("sessions", "--json").facts == []


def test_a_long_list_is_read_page_by_page_and_no_further_than_wanted(asked: Asked) -> None:
    for number in range(230):
        created_at = ago(minutes=number)
        asked.demo.do(
            asked.demo.server.add, conversation_id=ids(number), status="STOPPED", created_at=created_at
        )
    assert len(asked("sessions", "--json").facts) == 20
    assert [one.query["limit"] for one in asked.demo.server.seen("list")] == ["20"]
    asked.demo.server.requests.clear()
    rows = asked("sessions", "--json", "--limit", "210").facts
    assert [row["conversation_id"] for row in rows] == [ids(number) for number in range(210)]
    assert len(asked.demo.server.seen("list")) == 3


def test_rows_that_are_null_cost_only_themselves(some: Asked) -> None:
    some.demo.server.answer_always("list", faults.null_rows(2))
    assert len(some("sessions", "--json").facts) == 3


def test_a_list_that_goes_in_circles_ends(some: Asked) -> None:
    page = {"results": [{"conversation_id": ids(1)}], "next_page_id": "again"}
    some.demo.server.answer_always("list", faults.as_json(page))
    assert len(some("sessions", "--json").facts) == 1
    assert len(some.demo.server.seen("list")) == 2


def without_end(*rows: dict[str, object]) -> Handler:
    """Each page names another one."""
    numbers = itertools.count()

    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.json_response({"results": rows, "next_page_id": f"page{next(numbers)}"})

    return answer


def test_a_list_without_end_is_shown_as_far_as_it_was_read_and_that_is_said(
    some: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_reader, "BETWEEN_READS_S", 0.0)
    some.demo.server.answer_always("list", without_end({"conversation_id": ids(1)}))
    ran = some("sessions", "--json")
    assert (ran.code, [row["conversation_id"] for row in ran.facts]) == (0, [ids(1)])
    assert ran.err == "This may not be all: the server took too long, or its list does not end.\n"
    assert len(some.demo.server.seen("list")) == pages.PAGES


def test_events_that_fall_for_ever_do_not_keep_a_command_for_ever(
    some: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def falling(request: web.Request) -> web.StreamResponse:
        event = {"id": int(request.query.get("end_id", 2**53)), "action": "run"}
        return web.json_response({"events": [event], "has_more": True})

    monkeypatch.setattr(list_reader, "BETWEEN_READS_S", 0.0)
    some.demo.server.answer_always("events", falling)
    ran = some("session", ids(1), "--json")
    assert (ran.code, ran.facts["state"], list(ran.facts)[: len(FACTS)]) == (0, "running", FACTS)
    assert ran.err == "This may not be all: the server took too long, or its events do not end.\n"
    assert len(some.demo.server.seen("events")) == event_reading.STEPS


@pytest.mark.parametrize("fault", [faults.status(500), faults.too_many_requests()], ids=["500", "429"])
def test_a_state_that_cannot_be_read_costs_only_itself(some: Asked, fault: object) -> None:
    some.demo.server.answer_always("events", fault)  # type: ignore[arg-type]
    rows = some("sessions", "--json").facts
    assert [row["state"] for row in rows] == ["running", "stopped", "running"]
    assert len(some.demo.server.seen("events")) <= 2


def test_the_limit_of_the_server_is_kept(program: Program) -> None:
    """As it comes it delays the eleventh request of a second, and refuses the 21st."""
    with running(DemoServer(pace=Pace.quick(), max_concurrent=30)) as demo:
        for number in range(10):
            demo.do(demo.server.add, conversation_id=ids(number))
        rows = Asked(program, demo)("sessions", "--json").facts
        assert {row["state"] for row in rows} == {"working"}
        assert len(demo.server.seen()) > 20


# For a terminal.


def test_on_a_terminal_a_row_is_no_wider_than_it(some: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    some.demo.do(some.demo.server.add, conversation_id=ids(4), title="Lös " + "修复登录页面" * 20)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(sys.stdout, "fileno", lambda: 1)
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((80, 24)))
    rows = some("sessions").out.splitlines()
    assert len(rows) == 4
    assert all(len(row) <= 80 for row in rows)
    [wide] = [row for row in rows if "修" in row]
    assert wide.endswith("…")
    assert len(wide.encode("utf-16-le")) // 2 + wide.count("修复登录页面") * 6 <= 86
    assert f"{ids(1)}  Asks you  3 min  Fix the login · acme/web · m…" in rows


HOSTILE = "\x1b[2J\x1b]0;owned\x07\r\n\u202e evil\x9b31m"


def test_a_hostile_title_cannot_move_the_terminal(asked: Asked) -> None:
    asked.demo.do(
        asked.demo.server.add,
        conversation_id=ids(1),
        title=HOSTILE,
        repository="a/b\x1b[1A",
        agent_state="awaiting_user_input",
        last_words=f"First\n{HOSTILE}",
    )
    listed, shown = asked("sessions").out, asked("session", ids(1)).out
    assert len(listed.splitlines()) == 1
    for text in (listed, shown, asked("sessions", "--json").out, asked("session", ids(1), "--json").out):
        assert not [one for one in text if one in "\x1b\x07\r\u202e\x9b"]


# One of them.


def test_one_is_shown_with_its_last_words(some: Asked) -> None:
    ran = some("session", ids(1))
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "Fix the login",
        "Asks you · acme/web · main · 3 min",
        f"{some.demo.address}/conversations/{ids(1)}",
        "",
        "Which page?",
    ]


def test_long_last_words_are_shown_to_their_end(asked: Asked) -> None:
    words = "word " * 12_000 + "and the end"
    asked.demo.do(
        asked.demo.server.add, conversation_id=ids(1), agent_state="awaiting_user_input", last_words=words
    )
    assert asked("session", ids(1)).out.splitlines()[-1] == words


def test_long_last_words_are_whole_for_scripts_too(asked: Asked) -> None:
    words = "Begins. " + "word " * 12_000 + "Ends?"
    asked.demo.do(
        asked.demo.server.add, conversation_id=ids(1), agent_state="awaiting_user_input", last_words=words
    )
    assert asked("session", ids(1), "--json").facts["last_words"] == words


def test_last_words_that_cannot_be_read_whole_are_shown_in_part(asked: Asked) -> None:
    words = "Begins. " + "word " * 12_000 + "Ends?"
    known = asked.demo.do(
        asked.demo.server.add, conversation_id=ids(1), agent_state="awaiting_user_input", last_words=words
    )

    async def none_alone(request: web.Request) -> web.StreamResponse:
        if "reverse" not in request.query:
            return web.Response(status=500)
        return web.json_response(
            {"events": list(known.log)[: -1 - int(request.query["limit"]) : -1], "has_more": True}
        )

    asked.demo.server.answer_always("events", none_alone)
    ran = asked("session", ids(1), "--json")
    assert (ran.code, ran.err) == (0, "")
    kept = ran.facts["last_words"]
    assert (kept[:7], kept[-5:], "…" in kept, len(kept) < 3000) == ("Begins.", "Ends?", True, True)


def test_who_asks_for_more_than_are_kept_hears_that_there_are_only_the_newest(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "ROWS", 3)
    for number in range(5):
        asked.demo.do(asked.demo.server.add, conversation_id=ids(number), created_at=ago(minutes=number))
    ran = asked("sessions", "--limit", "4")
    assert len(ran.out.splitlines()) == 3
    assert ran.err == "Only the newest 3 conversations are listed.\n"
    assert asked("sessions", "--limit", "3").err == ""


def test_a_long_reason_is_shown_to_its_end(asked: Asked) -> None:
    reason = "broken " * 1000 + "here"
    asked.demo.do(asked.demo.server.add, conversation_id=ids(1), agent_state="error", reason=reason)
    assert reason in asked("session", ids(1)).out


def test_a_title_is_read_as_who_reads_it_from_the_right_expects(asked: Asked) -> None:
    title = "\u200fתיקון הכניסה\u200f!"
    asked.demo.do(asked.demo.server.add, conversation_id=ids(1), title=title, repository="acme/web")
    assert f"\u2068{title}\u2069 · acme/web" in asked("sessions").out
    assert asked("session", ids(1)).out.splitlines()[0] == title


def test_a_stopped_one_says_how_it_ended(some: Asked) -> None:
    facts = some("session", ids(2), "--json").facts
    assert list(facts) == [*FACTS, "reason", "last_words"]
    assert (facts["state"], facts["conversation_status"], facts["reason"]) == (
        "failed",
        "STOPPED",
        "No credit",
    )
    assert "Failed · 2 hr" in some("session", ids(2)).out
    assert "No credit" in some("session", ids(2)).out


@pytest.mark.parametrize("command", ["session", "stop", "delete", "open"])
def test_an_unknown_id_is_refused_and_nothing_is_done(some: Asked, browser: list[str], command: str) -> None:
    ran = some(command, ids(9), *(["--yes"] if command == "delete" else []))
    assert (ran.code, ran.out, ran.err) == (4, "", NO_SUCH)
    assert {one.name for one in some.demo.server.seen()} == {"openapi", "conversation"}
    assert len(some.demo.server.conversations) == 3
    assert not browser


def test_one_that_is_missing_once_is_asked_for_again(some: Asked) -> None:
    some.demo.server.answer_next("conversation", faults.as_json(None))
    assert some("session", ids(1)).code == 0


@pytest.mark.parametrize("given", ["", "..", "../../x", "a b", "x" * 65])
def test_what_is_no_id_is_asked_of_nobody(some: Asked, given: str) -> None:
    ran = some("session", "--json", given)
    assert (ran.code, ran.err) == (
        2,
        "The id: An id has only letters, digits, - and _, at most 64 of them.\n",
    )
    assert ran.error["problems"][0]["loc"] == ["id"]
    assert some.demo.server.seen() == []


# What is done to it.


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that were opened."""
    opened: list[str] = []

    def note(address: str) -> bool:
        opened.append(address)
        return True

    monkeypatch.setattr(webbrowser, "open", note)
    return opened


def test_one_is_opened_in_the_browser(some: Asked, browser: list[str]) -> None:
    ran = some("open", ids(1))
    assert (ran.code, ran.out, ran.err) == (0, f"{some.demo.address}/conversations/{ids(1)}\n", "")
    assert browser == [f"{some.demo.address}/conversations/{ids(1)}"]


def test_without_a_browser_the_address_is_printed(some: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda _: False)
    ran = some("open", ids(1))
    assert (ran.code, ran.out) == (1, f"{some.demo.address}/conversations/{ids(1)}\n")
    assert ran.err == "No browser could be opened; the address is printed above.\n"


def test_one_is_stopped_once(some: Asked) -> None:
    ran = some("stop", ids(3))
    assert (ran.code, ran.out, ran.err) == (0, "", "Stopped.\n")
    assert some("session", ids(3), "--json").facts["conversation_status"] == "STOPPED"
    assert some("stop", ids(3)).err == "It was not running.\n"
    assert len(some.demo.server.seen("stop")) == 1


def test_one_is_deleted_only_with_yes(some: Asked) -> None:
    ran = some("delete", ids(1))
    assert (ran.code, ran.err) == (2, "Its events will be gone for good. Add --yes to confirm.\n")
    assert some.demo.server.seen() == []
    ran = some("delete", ids(1), "--yes")
    assert (ran.code, ran.out, ran.err) == (0, "", "Deleted.\n")
    assert len(some.demo.server.conversations) == 2


@pytest.mark.parametrize(("command", "said"), [("stop", "Stopped.\n"), ("delete", "Deleted.\n")])
def test_an_act_whose_answer_is_lost_is_looked_after(some: Asked, command: str, said: str) -> None:
    some.demo.server.answer_next(command, faults.then_drop())
    ran = some(command, ids(3), *(["--yes"] if command == "delete" else []))
    assert (ran.code, ran.err) == (0, said)


@pytest.mark.parametrize("command", ["stop", "delete"])
def test_an_act_that_nobody_can_tell_about_may_have_happened(some: Asked, command: str) -> None:
    async def lost(request: web.Request) -> web.StreamResponse:
        some.demo.server.answer_always("conversation", faults.status(500))
        return await faults.then_drop()(request)

    some.demo.server.answer_next(command, lost)
    ran = some(command, ids(3), *(["--yes"] if command == "delete" else []))
    assert ran.code == 6
    told = f"`openhands-launcher session {ids(3)} --server {some.demo.address}` shows whether it did."
    assert ran.err == (
        f"The connection broke before the answer came. It may have happened anyway: {told} "
        "Check the network, and that the server still runs.\n"
    )


@pytest.mark.parametrize("status", ["ARCHIVED", "ERROR"])
def test_what_neither_runs_nor_starts_is_not_stopped(some: Asked, status: str) -> None:
    known = some.demo.do(some.demo.server.add, title="Over", status=status)
    assert some("stop", known.conversation_id).err == "It was not running.\n"
    assert some.demo.server.seen("stop") == []


def test_an_act_that_is_refused_has_not_happened(some: Asked) -> None:
    some.demo.server.answer_next("stop", faults.as_json({"detail": "no"}, 403))
    ran = some("stop", ids(3))
    assert ran.code == 4
    assert "may have happened" not in ran.err


def test_a_terminal_says_that_a_stop_may_take_minutes(some: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert some("stop", ids(3)).err == "\r\x1b[KStopping: this can take minutes.\r\x1b[KStopped.\n"


# The key, and the way to the server.


@pytest.fixture
def locked(program: Program) -> Iterator[Asked]:
    with running(DemoServer(key="k3y-c4n4ry", pace=Pace.quick(), rate=None)) as demo:
        yield Asked(program, demo)


def test_the_commands_need_the_key_too(locked: Asked) -> None:
    ran = locked("sessions", "--json")
    assert (ran.code, ran.error["type"]) == (3, "key_needed")
    assert locked("sessions", "--json", key="k3y-c4n4ry").facts == []


def test_a_server_that_is_away_is_5(program: Program, demo: Running) -> None:
    demo.call(demo.server.stop())
    ran = program("sessions", "--server", demo.address)
    assert (ran.code, ran.out) == (5, "")
    assert ran.err == "No server answers at this address. Start OpenHands there, or check the address.\n"


def test_an_answer_that_is_none_is_6(asked: Asked) -> None:
    asked.demo.server.answer_next("list", faults.cut_body())
    ran = asked("sessions", "--json")
    assert (ran.code, ran.error["type"]) == (6, "connection_lost")
    assert json.loads(ran.out)
