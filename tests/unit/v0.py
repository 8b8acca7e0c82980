"""What OpenHands 0.53.0 says, as the core reads it: for tests that are told in that server's words."""

from collections.abc import Iterable
from typing import Any

from app.client.v0 import mapping
from app.client.v0.schemas import ConversationInfo, ConversationResponse, Event
from app.core.conversations import Accepted, Conversation, StoredUpdate, Update
from app.core.session import Session, SessionKey


def listed(**info: Any) -> Conversation:
    """A row of the list."""
    return mapping.conversation_of(ConversationInfo.model_validate(info))


def accepted(conversation_id: str, status: str | None = "STARTING") -> Accepted:
    """The answer to a launch."""
    said = {"status": "ok", "conversation_id": conversation_id, "conversation_status": status}
    return mapping.accepted_of(ConversationResponse.model_validate(said))


def stored(events: Iterable[dict[str, Any]]) -> list[StoredUpdate]:
    """What stored events say."""
    found = (mapping.update_of(Event.model_validate(event)) for event in events)
    return [update for update in found if update]


def in_state(number: int, agent_state: str, reason: str = "") -> StoredUpdate:
    extras = {"agent_state": agent_state, "reason": reason}
    [update] = stored([{"id": number, "observation": "agent_state_changed", "extras": extras}])
    return update


def said(number: int, text: str) -> StoredUpdate:
    [update] = stored([{"id": number, "source": "agent", "action": "message", "args": {"content": text}}])
    return update


def fleeting(**frame: Any) -> Update | None:
    """What a frame says that nobody stores."""
    return mapping.Startup().update_of(Event.model_validate(frame))


def session(
    key: int = 1,
    *,
    status: str = "",
    agent_state: str = "",
    state_before_stop: str = "",
    runtime_status: str = "",
    reason: str = "",
    startup_error: str = "",
    **known: Any,
) -> Session:
    """A row of which this is known."""
    return Session(
        SessionKey(str(key)),
        phase=mapping.phase_of(status),
        phase_word=status,
        agent=mapping.agent_state_of(agent_state),
        agent_word=agent_state,
        before_stop=mapping.agent_state_of(state_before_stop),
        step=mapping.step_of(runtime_status),
        reason=mapping.reason_of(reason),
        startup_error=mapping.reason_of(startup_error),
        **known,
    )
