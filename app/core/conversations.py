"""What the core reads of a server, whichever kind it is: conversations, what happens in them, and its settings."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import NewType


class Phase(Enum):
    """How far a conversation has come, as the server's list tells it."""

    UNKNOWN = auto()
    """Not said."""
    STARTING = auto()
    RUNNING = auto()
    STOPPED = auto()
    FAILED = auto()
    ARCHIVED = auto()
    OTHER = auto()
    """Said in a word that is not known; the word comes with it."""


UNDER_WAY = frozenset((Phase.STARTING, Phase.RUNNING))
OVER = frozenset((Phase.STOPPED, Phase.FAILED, Phase.ARCHIVED))


class AgentState(Enum):
    """What the agent of a conversation is doing."""

    UNKNOWN = auto()
    """Not said."""
    LOADING = auto()
    WORKING = auto()
    ASKS = auto()
    WANTS_CONFIRMATION = auto()
    PAUSED = auto()
    RATE_LIMITED = auto()
    FINISHED = auto()
    FAILED = auto()
    REJECTED = auto()
    STOPPED = auto()
    OTHER = auto()
    """Said in a word that is not known; the word comes with it."""


class StartupStep(Enum):
    """What the start-up of a conversation, or the runtime of one that is up, is doing."""

    BUILDING_RUNTIME = auto()
    STARTING_RUNTIME = auto()
    RUNTIME_STARTED = auto()
    PREPARING_WORKSPACE = auto()
    PREPARING_GIT_HOOKS = auto()
    READY = auto()
    STOPPED = auto()
    RETRYING_MODEL = auto()


class Fault(Enum):
    """Why a conversation failed, where the server says so in a code."""

    NOT_SAID = auto()
    """The code for anything."""
    RUNTIME_DISCONNECTED = auto()
    MODEL_KEY_REFUSED = auto()
    MODEL_UNAVAILABLE = auto()
    MODEL_FAILED = auto()
    MODEL_OUT_OF_CREDITS = auto()
    MODEL_REFUSED_CONTENT = auto()
    MODEL_RATE_LIMITED = auto()
    GIT_TOKEN_REFUSED = auto()
    OUT_OF_MEMORY = auto()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is as it is. False where nothing is said."""

    text: str = ""
    """The server's own words."""
    fault: Fault | None = None
    """What they mean, if that is known."""

    def __bool__(self) -> bool:
        return bool(self.text)


NO_REASON = Reason()


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as the server last described it. What it has not said is empty."""

    id: str
    phase: Phase = Phase.UNKNOWN
    phase_word: str = ""
    """The server's own word for its phase, to be shown and never compared."""
    title: str = ""
    has_placeholder: bool = False
    """Whether its title is only what the server calls each conversation that has none yet."""
    step: StartupStep | str = ""
    """What its start-up does; text in the server's words where they are not known."""
    repository: str = ""
    branch: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ConversationPage:
    """One page of the server's list, newest first."""

    conversations: tuple[Conversation, ...] = ()
    next_page: str | None = None
    """Names it; opaque."""


# What happens in a conversation.

TextRef = NewType("TextRef", str)
"""Names a text of which only a part was sent, to ask for it whole; opaque."""


@dataclass(frozen=True, slots=True)
class AgentChanged:
    """The agent came into a state."""

    order: int
    """Updates may come in any order: of two of one conversation the later one has the greater number."""
    state: AgentState
    word: str = ""
    """The server's own word for the state, to be shown and never compared."""
    reason: Reason = NO_REASON
    part_of: TextRef | None = None
    """What names the reason whole, where this is only a part of it."""


@dataclass(frozen=True, slots=True)
class AgentSaid:
    """The agent said something."""

    order: int
    text: str
    part_of: TextRef | None = None
    """What names the text whole, where this is only a part of it."""


@dataclass(frozen=True, slots=True)
class StartupProgressed:
    """A conversation that starts up has come to a step. Nobody stores this."""

    step: StartupStep | str


@dataclass(frozen=True, slots=True)
class StartupFailed:
    """A conversation did not start up. Nobody stores why."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Evicted:
    """The server closes a conversation to make room for another one. Nobody stores this."""


StoredUpdate = AgentChanged | AgentSaid
"""What the server keeps, and tells again to whoever asks."""
Update = StoredUpdate | StartupProgressed | StartupFailed | Evicted


class Cursor:
    """How far the updates of a conversation have been read. Each client makes its own kind; opaque to all others."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Updates:
    """What one request found out about one conversation."""

    updates: tuple[StoredUpdate, ...]
    cursor: Cursor
    """Reading goes on from here."""
    has_more: bool = False
    """Whether more is known to be there already."""
    was_too_large: bool = False
    """Whether the answer could not be read: from this cursor on less is asked for at once."""


@dataclass(frozen=True, slots=True)
class FirstMessage:
    """What the conversation began with."""

    text: str
    part_of: TextRef | None = None


# The answer to a launch.


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server has made a conversation of the launch, which may not have started up yet."""

    conversation: Conversation
    message: str | None = None
    """What else it says."""


TaskRef = NewType("TaskRef", str)
"""Names a launch that a server has taken, until its conversation has a name; opaque."""


@dataclass(frozen=True, slots=True)
class Pending:
    """The server has taken the launch and is making a conversation of it, which nothing lists yet."""

    task: TaskRef
    step: StartupStep | str = ""


@dataclass(frozen=True, slots=True)
class NotStarted:
    """No conversation came of a launch that the server had taken."""

    reason: Reason = NO_REASON


LaunchState = Accepted | Pending | NotStarted


# Its settings.


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """What a server's settings say that a launch depends on. None: not said."""

    model: str | None = None
    has_model_key: bool | None = None
    git_hosts: dict[str, str | None] | None = None
    """Provider → host (None: its usual one), for each provider with a token; empty: there is none."""
    mcp_servers: tuple[str, ...] = ()
    """What names each MCP server that they hold."""
