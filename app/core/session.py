"""A session: a conversation, or a launch on its way to become one."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import uuid4

from app.core.conversations import NO_REASON, AgentState, Phase, Reason, StartupStep, TextRef
from app.core.draft import LaunchDraft
from app.errors import LauncherError

SessionKey = NewType("SessionKey", str)
"""Names a session for ever, also after a restart: by its launch, or by its conversation if that came from elsewhere."""


def new_launch_key() -> SessionKey:
    return SessionKey(f"launch:{uuid4()}")


def key_of_conversation(conversation_id: str) -> SessionKey:
    return SessionKey(f"conversation:{conversation_id}")


class Operation(StrEnum):
    """What we are doing to a session, and have no answer to yet."""

    SENDING = "sending"
    STOPPING = "stopping"
    DELETING = "deleting"


@dataclass(frozen=True, slots=True)
class Session:
    """All that is known of one session. Empty strings are what nobody has said."""

    key: SessionKey
    conversation_id: str = ""
    title: str = ""
    has_placeholder: bool = False
    """Whether its title is only what the server calls each conversation that has none yet."""
    repository: str = ""
    branch: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    phase: Phase = Phase.UNKNOWN
    phase_word: str = ""
    """The server's own word for it, to be shown and never compared; empty where we know of it before the list does."""
    step: StartupStep | str = ""
    """What its start-up, or its runtime, does."""
    agent: AgentState = AgentState.UNKNOWN
    agent_word: str = ""
    """The server's own word for it, to be shown and never compared."""
    before_stop: AgentState = AgentState.UNKNOWN
    """The newest state of the agent that was not `STOPPED`."""
    reason: Reason = NO_REASON
    """Why the agent came into `before_stop`."""
    last_words: str = ""
    cut: frozenset[TextRef] = frozenset()
    """Names the texts of which `last_words` or `reason` hold only a part."""
    lacks_words: bool = False
    """Its last words and its reason were let go of, to be read again when it is in view."""
    startup_error: Reason = NO_REASON
    """What its start-up told once; stored nowhere on the server."""
    evicted: bool = False
    """Closed by the server to make room for another conversation."""
    operation: Operation | None = None
    unconfirmed_by: LauncherError | None = None
    """Why it is not known whether the launch has started."""
    unchanged_since: datetime | None = None
    draft: LaunchDraft | None = None
    """What was launched here, to launch it again."""
    has_news: bool = False
    """It failed since somebody last looked at it."""

    @property
    def is_unconfirmed(self) -> bool:
        """The launch may have started: its answer was lost."""
        return self.unconfirmed_by is not None


@dataclass(frozen=True, slots=True)
class SessionChange:
    """One session before and after: None where it was not there, or is there no more."""

    key: SessionKey
    before: Session | None
    after: Session | None
