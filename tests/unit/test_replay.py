"""A replay: what the server can replay is sent, what it cannot is left out or refused by its place."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import messages
from app.core.draft import LaunchDraft
from app.core.kinds import LaunchKind
from app.demo.life import replay_fault
from app.errors import Problem
from app.wire.replay import Replay, read
from app.wire.schemas import InitSessionRequest

SAID = {"action": "message", "source": "user", "args": {"content": "Fix „it“"}}
RAN = {"action": "run", "source": "agent", "args": {"command": "ls"}}
DONE = {"action": "finish", "source": "agent", "args": {"final_thought": "Done"}}
STATE = {"observation": "agent_state_changed", "source": "environment", "extras": {"agent_state": "loading"}}
SAW = {"observation": "run", "source": "agent", "content": "x", "extras": {"command": "ls"}}
SYSTEM = {"action": "system", "source": "agent", "args": {"content": "You are …", "tools": []}}
RECALL = {"action": "recall", "source": "user", "args": {"recall_type": "workspace_context"}}
PAUSED = {"action": "change_agent_state", "source": "user", "args": {"agent_state": "paused"}}
NOTHING = {"action": "null", "source": "environment", "args": {}}
LATER = {"action": "not_known_yet", "source": "environment", "args": {}}
FLEETING = {"status_update": True, "type": "info", "message": "x"}
EXPORT = [SYSTEM, SAID, RECALL, STATE, RAN, SAW, PAUSED, NOTHING, LATER, FLEETING, DONE]


def sent(text: str) -> str:
    request = LaunchDraft(kind=LaunchKind.REPLAY, replay_json=text).to_request()
    assert isinstance(request, InitSessionRequest), request
    assert request.replay_json is not None
    return request.replay_json


@pytest.mark.parametrize("events", [[SAID], [SAID, RAN, DONE], [SAID | {"id": 3}, RAN]])
def test_a_list_that_the_server_replays_whole_is_sent_as_it_is(events: list[Any]) -> None:
    for text in (json.dumps(events, indent=2), json.dumps(events, ensure_ascii=False)):
        assert read(text) == Replay(text, len(events), 0)
        assert sent(text) == text


@pytest.mark.parametrize(
    "value", [{"trajectory": EXPORT}, EXPORT], ids=["the server's export", "a saved list"]
)
def test_what_the_server_does_not_replay_is_left_out_and_counted(value: Any) -> None:
    text = json.dumps(value)
    found = read(text)
    assert isinstance(found, Replay)
    assert (found.events, found.left_out) == (11, 8)
    assert json.loads(sent(text)) == [SAID, RAN, DONE]
    assert replay_fault(sent(text)) is None


def test_json_lines_are_told_that_a_list_is_needed() -> None:
    for text in (
        "\n".join(map(json.dumps, (SAID, RAN, DONE))),
        f"{json.dumps(SAID)}\r\n{json.dumps(RAN)}\r\n",
    ):
        found = read(text)
        assert isinstance(found, Problem)
        assert messages.problem(found).startswith("Each line is a JSON value of its own (JSON Lines). ")
    for text in (
        f"{json.dumps([SAID])}\nx",
        f"{json.dumps(SAID)}\nx",
        f"{json.dumps(SAID)} {json.dumps(RAN)}",
    ):
        found = read(text)
        assert isinstance(found, Problem)
        assert found.type == "json_extra"


def test_an_export_of_which_nothing_is_left_out_is_unwrapped() -> None:
    assert json.loads(sent(json.dumps({"trajectory": [SAID]}))) == [SAID]


NO_REPLAY: list[tuple[Any, str]] = [
    ({"events": [SAID]}, "A replay is a JSON list of events."),
    ({"trajectory": None, "error": "x"}, "A replay is a JSON list of events."),
    (None, "A replay is a JSON list of events."),
    ("text", "A replay is a JSON list of events."),
    ([SAID, None], "The item at index 1 is not an event."),
    ([SAID, [RAN]], "The item at index 1 is not an event."),
    ([SAID, RAN, {"source": "user"}], "The item at index 2 is not an event."),
    (
        [STATE, SAID, RAN | {"action": "sing"}],
        "“sing”, the event at index 2, is not an action that OpenHands knows.",
    ),
    ([SAID, RAN | {"action": 7}], "“7”, the event at index 1, is not an action that OpenHands knows."),
    (
        [SAID, RAN | {"source": "AGENT"}],
        "“run”, the event at index 1, comes neither from the user nor from the agent.",
    ),
    ([SAID, RAN | {"args": "ls"}], "“run”, the event at index 1, needs a JSON object as its “args”."),
    ([SAID | {"args": None}], "“message”, the event at index 0, needs a JSON object as its “args”."),
    ([], "It contains no event to replay."),
    ([STATE, SYSTEM], "It contains no event to replay."),
    ([RAN, SAID], "The first event must be a message from the user."),
    ([SAID | {"source": "agent"}], "The first event must be a message from the user."),
    ([SAID | {"args": {"content": None}}], "The first event must be a message from the user."),
    ([{"action": "message", "source": "user"}], "The first event must be a message from the user."),
]


@pytest.mark.parametrize(("value", "said"), NO_REPLAY)
def test_what_the_server_could_not_start_with_is_refused_with_what_is_wrong(value: Any, said: str) -> None:
    found = read(json.dumps(value))
    assert isinstance(found, Problem)
    assert messages.problem(found) == said
    refused = LaunchDraft(kind=LaunchKind.REPLAY, replay_json=json.dumps(value)).to_request()
    assert isinstance(refused, list)
    assert [(one.loc, messages.problem(one)) for one in refused] == [(("replay_json",), said)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[\n  // mine\n]", "Line 2, column 3: JSON does not allow comments."),
        (f"[{json.dumps(SAID)},\n]", "remove the comma before the closing bracket."),
        ('[{"action": "run",\n "action": "run"}]', "Line 2, column 2: “action” appears twice."),
        ("[" * 10_000 + "]" * 10_000, "It is nested too deeply."),
        (f"[{'9' * 5000}]", "A number in it has too many digits."),
        (json.dumps([SAID | {"message": "\ud800"}]), "This text contains characters that cannot be sent."),
        (json.dumps([SAID, SAW | {"x": 1}, RAN | {"message": "\ud800"}]), "This text contains characters"),
        ("\ud800", "This text contains characters that cannot be sent."),
    ],
)
def test_a_text_that_is_no_json_says_where(text: str, said: str) -> None:
    found = read(text)
    assert isinstance(found, Problem)
    assert said in messages.problem(found)


def test_a_pair_of_surrogates_is_one_character() -> None:
    text = json.dumps([SAID | {"message": "🙂"}])
    assert "\\ud83d" in text
    assert json.loads(sent(text)) == [SAID | {"message": "🙂"}]


VALUES = st.recursive(st.none() | st.text() | st.sampled_from(EXPORT), st.lists)


@given(st.text() | VALUES.map(json.dumps))
def test_whatever_a_replay_holds_it_is_sent_or_has_its_sentence(text: str) -> None:
    found = read(text)
    if isinstance(found, Problem):
        assert messages.problem(found) != messages.problem(Problem(type="no such type"))
    else:
        assert replay_fault(found.text) is None
