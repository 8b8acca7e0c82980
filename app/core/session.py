"""A session: a conversation, or a launch on its way to become one."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.core.conversations import NO_REASON, AgentState, Phase, Reason, StartupStep, TextRef
from app.core.draft import LaunchDraft
from app.errors import LauncherError


class Operation(StrEnum):
    """What we are doing to a session, and have no answer to yet."""

    SENDING = "sending"
    STOPPING = "stopping"
    DELETING = "deleting"


@dataclass(frozen=True, slots=True)
class Session:
    """All that is known of one session. Empty strings are what nobody has said."""

    key: int
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
