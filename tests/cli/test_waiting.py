"""`launch --wait`: until the agent rests, or whatever else becomes of it."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx
import pytest

from app.core import following, session_state
from app.demo import events
from app.demo.conversations import Conversation
from tests.cli.conftest import Asked, Program
from tests.demo import PATIENCE_S, Running, faults, running
from tests.demo.pace import Pace
from tests.demo.server import DemoServer

LOOKS = 3
"""After so many the command knows that the agent works."""

FOLLOWED = ["conversation_id", "status", "conversation_status", "url", "message", "state", "last_words"]


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks again at once, and gives up after a moment."""
    monkeypatch.setattr(following, "LOOK_S", 0.05)
    monkeypatch.setattr(following, "AWAY_S", 0.3)


@pytest.fixture
def working(program: Program) -> Iterator[Asked]:
    """A server on which agents work on and on; it runs one conversation at once."""
    pace = Pace.quick(words=float("inf"))
    with running(DemoServer(pace=pace, rate=None, max_concurrent=1)) as demo:
        yield Asked(program, demo)


@contextmanager
def meanwhile(
    demo: Running, act: Callable[[Conversation], object], when: Callable[[Conversation], object] | None = None
) -> Iterator[None]:
    """Does this as soon as the command has looked at its conversation, or at another moment."""
    looked = when or (lambda _: len(demo.server.seen("conversation")) >= LOOKS)
    act_faults: list[BaseException] = []

    def run() -> None:
        try:
            _until(lambda: len(demo.server.conversations))
            [conversation] = demo.server.conversations
            _until(lambda: looked(conversation))
            act(conversation)
        except Exception as fault:  # noqa: BLE001 - a thread tells nobody
            act_faults.append(fault)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join(PATIENCE_S)
    assert not act_faults


def is_listened_to(conversation: Conversation) -> bool:
    return bool(conversation.sockets)


def _until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def post(demo: Running, path: str, method: str = "POST") -> None:
    with httpx.Client(trust_env=False) as client:
        client.request(method, f"{demo.address}/api/conversations{path}", json={}).raise_for_status()


# It rests.


def test_it_waits_until_the_agent_asks(asked: Asked) -> None:
    ran = asked("launch", "--wait", "-m", "What now?")
    [conversation] = asked.demo.server.conversations
    assert (ran.code, ran.err) == (0, "")
    page, word, *said = ran.out.splitlines()
    assert page.endswith(conversation.conversation_id)
    assert (word, said) == ("Asks you", [str(list(conversation.log)[-2]["args"]["content"])])


def test_it_waits_until_the_agent_has_finished(asked: Asked) -> None:
    ran = asked("launch", "--wait=30", "--json", "-m", "Fix it")
    assert (ran.code, ran.err) == (0, "")
    assert list(ran.facts) == FOLLOWED
    assert (ran.facts["state"], ran.facts["conversation_status"]) == ("finished", "RUNNING")
    assert ran.facts["last_words"].startswith("Done")
    assert len(asked.launches) == 1


def test_long_last_words_are_whole_in_the_result(working: Asked) -> None:
    words = "Begins. " + "word " * 5_000 + "Ends?"

    def ask(one: Conversation) -> None:
        for event in (
            events.message("agent", words, waits=True),
            events.state_changed("awaiting_user_input"),
        ):
            working.demo.call(working.demo.server.store(one, event))

    with meanwhile(working.demo, ask):
        ran = working("launch", "--wait", "--json", "-m", "Fix it")
    assert (ran.code, ran.facts["state"]) == (0, "asks_you")
    assert ran.facts["last_words"] == words


# It fails, or is ended.


def test_an_agent_that_fails_is_7_with_its_reason_and_no_word_of_a_form(asked: Asked) -> None:
    ran = asked("launch", "--wait", "--json", "-m", "Please fail")
    assert (ran.code, ran.error["type"], ran.error["state"]) == (7, "failed", "failed")
    assert ran.err.startswith("Failed. This is the demo: the message says “fail”, so the agent failed.\n")
    assert "form" not in ran.err.split()
    assert ran.error.keys() == {"type", *FOLLOWED}
    assert ran.error["message"] == ran.err.rstrip("\n")


def test_a_start_that_fails_is_heard_on_the_socket(program: Program) -> None:
    with running(DemoServer(pace=Pace.quick(startup_error=float("inf")), rate=None)) as demo:
        demo.server.startup_error("The image is not there")
        with meanwhile(demo, lambda _: demo.do(demo.server.release, "startup_error"), is_listened_to):
            ran = Asked(program, demo)("launch", "--wait", "-m", "Fix it")
    assert ran.code == 7
    assert ran.err.startswith("Failed.")
    assert "The image is not there" in ran.err


def test_a_start_that_never_ends_is_waited_for_and_said_once(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_state, "PATIENCE", timedelta(seconds=0.2))
    with running(DemoServer(pace=Pace.quick(building=float("inf")), rate=None)) as demo:
        ran = Asked(program, demo)("launch", "--wait=4", "--json", "-m", "Fix it")
    assert (ran.code, ran.error["state"]) == (8, "still_starting")
    assert ran.err.count("Some conversations never leave this state") == 1


def test_a_stop_by_somebody_else_is_7(working: Asked) -> None:
    stop = meanwhile(working.demo, lambda one: post(working.demo, f"/{one.conversation_id}/stop"))
    with stop:
        ran = working("launch", "--wait", "--json", "-m", "Fix it")
    assert (ran.code, ran.error["type"]) == (7, "stopped")
    assert ran.err.startswith("Stopped.")


def test_one_that_is_closed_for_another_while_it_starts_says_so(working: Asked) -> None:
    working.demo.server.pace = Pace.quick(loading=float("inf"))
    with meanwhile(working.demo, lambda _: post(working.demo, ""), is_listened_to):
        ran = working("launch", "--wait", "-m", "Fix it")
    assert ran.code == 7
    assert "Stopped. The server closed it to make room for another conversation." in ran.err


def test_a_deletion_by_somebody_else_is_7(working: Asked) -> None:
    delete = meanwhile(working.demo, lambda one: post(working.demo, f"/{one.conversation_id}", "DELETE"))
    with delete:
        ran = working("launch", "--wait", "--json", "-m", "Fix it")
    assert (ran.code, ran.error["type"], ran.err) == (7, "deleted", "Somebody deleted it.\n")
    assert ran.error["url"].startswith(working.demo.address)


# It is lost from sight.


def test_a_wait_that_runs_out_is_8_and_says_how_it_stands(working: Asked) -> None:
    ran = working("launch", "--wait=4", "--json", "-m", "Fix it")
    assert (ran.code, ran.error["type"], ran.error["state"]) == (8, "wait_ran_out", "working")
    page = ran.error["url"]
    assert ran.err == (
        f"The waiting time is over. Its state is: Working. It has started, and goes on: {page}\n"
    )


def test_one_that_is_paused_is_waited_for(working: Asked) -> None:
    """Only its deletion ends it, after many a look at the pause."""
    seen = working.demo.server.seen

    def pause(one: Conversation) -> None:
        action = {"action": "change_agent_state", "args": {"agent_state": "paused"}}
        working.demo.call(working.demo.server.world.act(one, action))
        looks = len(seen("conversation"))
        _until(lambda: len(seen("conversation")) > looks + LOOKS)
        post(working.demo, f"/{one.conversation_id}", "DELETE")

    with meanwhile(working.demo, pause):
        ran = working("launch", "--wait", "--json", "-m", "Fix it")
    assert (ran.code, ran.error["type"]) == (7, "deleted")


def test_a_server_that_goes_away_for_good_is_6_and_what_has_started_is_told(working: Asked) -> None:
    with meanwhile(working.demo, lambda _: working.demo.call(working.demo.server.stop())):
        ran = working("launch", "--wait", "--json", "-m", "Fix it")
    assert (ran.code, ran.error["type"]) == (6, "out_of_sight")
    assert ran.err == (
        "It has started, but what became of it is not known. No server answers at this address.\n"
    )
    assert ran.error["conversation_id"]


def test_who_waits_no_longer_for_a_server_that_is_away_is_told_so(working: Asked) -> None:
    with meanwhile(working.demo, lambda _: working.demo.call(working.demo.server.stop())):
        ran = working("launch", "--wait=5", "--json", "-m", "Fix it")
    assert (ran.code, ran.error["type"]) == (6, "out_of_sight")


def test_a_server_that_comes_back_is_asked_again(working: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "AWAY_S", 20.0)

    def restart(_: Conversation) -> None:
        working.demo.call(working.demo.server.stop())
        working.demo.restart()

    with meanwhile(working.demo, restart):
        ran = working("launch", "--wait", "--json", "-m", "Fix it")
    assert (ran.code, ran.error["type"]) == (7, "stopped")  # it finds stopped what ran


def test_a_key_that_is_not_taken_any_more_ends_the_wait_at_once(
    working: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "AWAY_S", 60.0)
    refused = faults.as_json({"detail": "Unauthorized"}, 401)
    with meanwhile(working.demo, lambda _: working.demo.server.answer_always("conversation", refused)):
        ran = working("launch", "--wait=15", "-m", "Fix it")
    assert (ran.code, ran.err) == (
        6,
        "It has started, but what became of it is not known. The server needs its key.\n",
    )


def test_one_that_is_missing_once_and_a_server_that_is_busy_are_no_news(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "AWAY_S", 20.0)
    asked.demo.server.answer_next("conversation", faults.as_json(None))
    asked.demo.server.answer_next("conversation", faults.too_many_requests("0"))
    asked.demo.server.answer_next("events", faults.status(500))
    assert asked("launch", "--wait", "-m", "Fix it").code == 0


# What is seen meanwhile.


def test_a_terminal_shows_progress_on_one_line_and_clears_it(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    ran = asked("launch", "--wait", "-m", "Fix \x1b[2J it\nnow", "--repository", "acme/web")
    assert ran.code == 0
    assert "\n" not in ran.err
    shown = ran.err.split("\r\x1b[K")
    assert shown[:2] == ["", "Sending · acme/web"]
    assert shown[-1] == ""
    assert any(one.startswith(("Starting", "Working")) for one in shown)
    assert all(len(one) < 80 and "\x1b" not in one for one in shown)


def test_a_terminal_that_cannot_go_back_in_a_line_shows_none(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    assert asked("launch", "--wait", "-m", "Fix it").err == ""
