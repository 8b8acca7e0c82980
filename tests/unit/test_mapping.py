"""What the words of OpenHands 0.53.0 mean, in the core's terms."""

from typing import Any

import pytest

from app.client.v0 import mapping
from app.client.v0.schemas import ConversationInfo, ConversationInfoResultSet, Event, EventPage, Settings
from app.core.conversations import (
    AgentChanged,
    AgentSaid,
    AgentState,
    Conversation,
    Evicted,
    Fault,
    Phase,
    Reason,
    ServerSettings,
    StartupFailed,
    StartupProgressed,
    StartupStep,
    Update,
)
from app.wire import limits
from tests.unit import v0

ID = "c0ffee00" * 4


# What the list says.


def test_each_phase_and_each_state_of_an_agent_has_a_word_of_the_server() -> None:
    assert {*mapping.PHASES.values()} == {*Phase} - {Phase.UNKNOWN, Phase.OTHER}
    assert {*mapping.AGENT_STATES.values()} == {*AgentState} - {AgentState.UNKNOWN, AgentState.OTHER}
    assert {*mapping.STEPS.values()} == {*StartupStep}
    assert {*mapping.FAULTS.values()} == {*Fault}


@pytest.mark.parametrize(
    ("word", "phase"),
    [("ERROR", Phase.FAILED), ("HIBERNATING", Phase.OTHER), ("running", Phase.OTHER), (None, Phase.UNKNOWN)],
)
def test_a_phase_that_is_not_known_keeps_its_word(word: str | None, phase: Phase) -> None:
    found = v0.listed(conversation_id=ID, status=word)
    assert (found.phase, found.phase_word) == (phase, word or "")


def test_what_a_row_does_not_say_is_empty() -> None:
    assert mapping.conversation_of(ConversationInfo(conversation_id=ID)) == Conversation(ID)


@pytest.mark.parametrize(
    ("title", "is_placeholder"),
    [(f"Conversation {ID[:5]}", True), ("Conversation 00000", False), ("Fix it", False), (None, False)],
)
def test_the_title_of_each_new_conversation_is_a_placeholder(title: str | None, is_placeholder: bool) -> None:
    found = v0.listed(conversation_id=ID, title=title)
    assert (found.title, found.has_placeholder) == (title or "", is_placeholder)


def test_rows_that_cannot_be_read_are_left_out_of_a_page() -> None:
    page = ConversationInfoResultSet.model_validate(
        {"results": [None, {"conversation_id": ID}, {"conversation_id": "../x"}], "next_page_id": "opaque="}
    )
    found = mapping.page_of(page)
    assert ([one.id for one in found.conversations], found.next_page) == ([ID], "opaque=")


def test_of_settings_what_a_launch_depends_on_is_known() -> None:
    stored = {"sse_servers": ["https://b.example"], "stdio_servers": [{"name": "x"}], "shttp_servers": []}
    said = {"llm_model": "gpt", "llm_api_key_set": False, "provider_tokens_set": {"gitlab": "git.example"}}
    found = mapping.settings_of(Settings.model_validate(said | {"mcp_config": stored}))
    assert found == ServerSettings("gpt", False, {"gitlab": "git.example"}, ("https://b.example", "x"))
    assert mapping.settings_of(Settings()) == ServerSettings()


# What events say.


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"source": "agent", "action": "message", "args": {"content": "Which file?"}}, "Which file?"),
        ({"source": "user", "action": "message", "args": {"content": "This one"}}, ""),
        (
            {
                "source": "agent",
                "action": "finish",
                "message": "All done!",
                "args": {"final_thought": "done"},
            },
            "done",
        ),
        ({"source": "agent", "action": "finish", "message": "All done!", "args": None}, ""),
        ({"source": "agent", "action": "run", "args": {"content": "ls"}}, ""),
        ({"source": "agent", "action": "message", "args": {"content": 7}}, ""),
        ({}, ""),
    ],
)
def test_last_words_are_what_the_agent_says(event: dict[str, Any], expected: str) -> None:
    assert mapping.said_by_agent(Event.model_validate(event)) == expected


@pytest.mark.parametrize(
    ("event", "update"),
    [
        (
            {"id": 3, "observation": "agent_state_changed", "extras": {"agent_state": "user_confirmed"}},
            AgentChanged(3, AgentState.WORKING, "user_confirmed"),
        ),
        (
            {
                "id": 3,
                "observation": "agent_state_changed",
                "extras": {"agent_state": "error", "reason": " STATUS$ERROR_MEMORY "},
            },
            AgentChanged(3, AgentState.FAILED, "error", Reason(" STATUS$ERROR_MEMORY ", Fault.OUT_OF_MEMORY)),
        ),
        (
            {"id": 3, "observation": "agent_state_changed", "extras": {"agent_state": "dreaming"}},
            AgentChanged(3, AgentState.OTHER, "dreaming"),
        ),
        ({"id": 3, "observation": "agent_state_changed", "extras": {}}, None),
        ({"id": 3, "observation": "run", "extras": {"agent_state": "error"}}, None),
        ({"id": 4, "action": "message", "args": {"content": "Which file?"}}, AgentSaid(4, "Which file?")),
        ({"id": 4, "action": "message", "source": "user", "args": {"content": "This one"}}, None),
        ({"id": "x", "action": "message", "args": {"content": "Which file?"}}, None),
        ({"action": "message", "args": {"content": "Which file?"}}, None),
    ],
)
def test_a_stored_event_is_an_update_or_says_nothing(event: dict[str, Any], update: Update | None) -> None:
    assert mapping.update_of(Event.model_validate(event)) == update


def test_what_is_only_a_part_can_be_asked_for_whole() -> None:
    long = "x" * 5000
    said, why = v0.said(7, long), v0.in_state(8, "error", long)
    assert isinstance(said, AgentSaid)
    assert isinstance(why, AgentChanged)
    assert (said.part_of, why.part_of) == ("7", "8")
    assert len(said.text) < limits.LAST_WORDS + 20


def test_an_unreadable_event_costs_that_event_only() -> None:
    said = [
        None,
        3,
        {"id": "x"},
        {"id": 2, "extras": "?"},
        {"id": 3, "action": "finish", "args": {"content": "x"}},
    ]
    page = EventPage.model_validate({"events": said})
    found = [mapping.update_of(event) for event in page.events if event]
    assert found == [None, None, AgentSaid(3, "x")]


# What only the socket says.


@pytest.mark.parametrize(
    ("frame", "update"),
    [
        (
            {"status_update": True, "type": "info", "id": "STATUS$SETTING_UP_WORKSPACE", "message": "…"},
            StartupProgressed(StartupStep.PREPARING_WORKSPACE),
        ),
        (
            {"status_update": True, "type": "info", "id": "STATUS$WARMING_UP"},
            StartupProgressed("STATUS$WARMING_UP"),
        ),
        ({"status_update": True, "type": "info", "message": ID, "conversation_title": "A title"}, None),
        (
            {"status_update": True, "type": "error", "id": "STATUS$ERROR", "message": "Ouch"},
            StartupFailed(Reason("Ouch")),
        ),
        (
            {"status_update": True, "type": "error", "id": "STATUS$ERROR_MEMORY", "message": "Ouch"},
            StartupFailed(Reason("STATUS$ERROR_MEMORY", Fault.OUT_OF_MEMORY)),
        ),
        (
            {"status_update": True, "type": "error", "id": "STATUS$ERROR", "message": ""},
            StartupFailed(Reason("STATUS$ERROR", Fault.NOT_SAID)),
        ),
        ({"error": True, "message": "No agent"}, StartupFailed(Reason("No agent"))),
        ({"error": True, "message": mapping.TOO_MANY}, Evicted()),
    ],
)
def test_a_frame_that_nobody_stores_is_an_update_or_says_nothing(
    frame: dict[str, Any], update: Update | None
) -> None:
    assert v0.fleeting(**frame) == update


@pytest.mark.parametrize("agent_state", ["running", "awaiting_user_input"])
def test_an_error_fails_no_start_up_that_is_over(agent_state: str) -> None:
    said = mapping.Startup()
    loads, begins = (
        {"id": number, "observation": "agent_state_changed", "extras": {"agent_state": word}}
        for number, word in enumerate(("loading", agent_state))
    )
    fault = Event(error=True, message="Model does not support image upload")
    said.update_of(Event.model_validate(loads))
    assert said.update_of(fault) == StartupFailed(Reason("Model does not support image upload"))
    said.update_of(Event.model_validate(begins))
    assert said.update_of(fault) is None
