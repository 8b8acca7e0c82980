"""What the server knows of its conversations, and how it lists them."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypedDict

from app.demo.events import EventLog
from app.demo.schemas import ListQuery

LISTED_FOR = timedelta(days=10)


class Described(TypedDict, total=False):
    """What a launch says about the conversation and the list shows."""

    repository: str | None
    branch: str | None
    git_provider: str | None
    trigger: str | None


@dataclass(eq=False, slots=True)
class Conversation:
    """One conversation: its metadata, its stored events, and who is connected to it."""

    conversation_id: str
    title: str
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    last_updated_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    status: str = "STARTING"
    runtime_status: str | None = None
    repository: str | None = None
    branch: str | None = None
    git_provider: str | None = None
    trigger: str | None = None
    log: EventLog = field(default_factory=EventLog)
    sockets: set[str] = field(default_factory=set)

    @property
    def state(self) -> str | None:
        """The agent's newest state; none before the first."""
        return self.log.state

    def touch(self) -> None:
        """Something happened here just now."""
        self.last_updated_at = datetime.now(UTC)

    def info(self) -> dict[str, Any]:
        """The server's ConversationInfo: no agent state, no cost, no error."""
        return {
            "conversation_id": self.conversation_id,
            "title": self.title,
            "last_updated_at": _utc(self.last_updated_at),
            "status": self.status,
            "runtime_status": self.runtime_status,
            "selected_repository": self.repository,
            "selected_branch": self.branch,
            "git_provider": self.git_provider,
            "trigger": self.trigger,
            "num_connections": len(self.sockets),
            "url": None if self.status == "STOPPED" else f"/api/conversations/{self.conversation_id}",
            "session_api_key": None,
            "created_at": _utc(self.created_at),
            "pr_number": [],
        }


class Conversations:
    """All conversations of one server, by id."""

    def __init__(self) -> None:
        self._all: dict[str, Conversation] = {}

    def __iter__(self) -> Iterator[Conversation]:
        return iter(list(self._all.values()))

    def __len__(self) -> int:
        return len(self._all)

    def get(self, conversation_id: str) -> Conversation | None:
        """The conversation of this id, if there is one."""
        return self._all.get(conversation_id)

    def add(self, conversation: Conversation) -> Conversation:
        """From now on it is listed."""
        self._all[conversation.conversation_id] = conversation
        return conversation

    def remove(self, conversation: Conversation) -> None:
        """It is gone, and its events with it."""
        self._all.pop(conversation.conversation_id, None)

    def running(self) -> list[Conversation]:
        """Those that hold a runtime, the least recently updated first."""
        return sorted(
            (one for one in self if one.status in ("STARTING", "RUNNING")),
            key=lambda one: one.last_updated_at,
        )

    def page(self, query: ListQuery) -> tuple[list[Conversation], str | None]:
        """One page, newest first, and the opaque name of the next.

        Filters act after paging, as on the server: a page may be empty and have a next one. A name that is
        none raises ``ValueError``.
        """
        start = int(base64.b64decode(query.page_id)) if query.page_id else 0
        newest = sorted(self, key=lambda one: one.created_at, reverse=True)
        end = start + query.limit
        page = [one for one in newest[start:end] if _matches(one, query)]
        return page, base64.b64encode(str(end).encode()).decode() if end < len(newest) else None


def default_title(conversation_id: str) -> str:
    """What a conversation is called before it has a title."""
    return f"Conversation {conversation_id[:5]}"


def made_title(message: str) -> str:
    """The title made of a first message: its first line, cut at a word to at most 50 characters."""
    line = next((line.strip() for line in message.splitlines() if line.strip()), "")
    if len(line) > 50:
        line = line[:50].rpartition(" ")[0] or line[:50]
    return line.rstrip(" .,:;!?") or line


def _matches(conversation: Conversation, query: ListQuery) -> bool:
    return (
        datetime.now(UTC) - conversation.created_at <= LISTED_FOR
        and query.selected_repository in (None, conversation.repository)
        and query.conversation_trigger in (None, conversation.trigger)
    )


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
