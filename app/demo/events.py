"""Events of a conversation: how they look, how they are stored, what a socket is shown of them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

Event = dict[str, Any]


class EventLog:
    """The stored events of one conversation; ids count from 0."""

    def __init__(self) -> None:
        self._events: list[Event] = []

    def __len__(self) -> int:
        return len(self._events)

    def __iter__(self) -> Iterator[Event]:
        return iter(self._events)

    def append(self, event: Event) -> Event:
        """Stores the event under the next id, at the server's local time, which names no zone."""
        now = datetime.now().isoformat()  # noqa: DTZ005 - the server writes local time
        stored = {"id": len(self._events), "timestamp": now}
        stored |= {key: value for key, value in event.items() if key not in stored}
        self._events.append(stored)
        return stored

    def page(self, start_id: int, end_id: int | None, reverse: bool, limit: int) -> tuple[list[Event], bool]:
        """At most ``limit`` events from ``start_id`` to ``end_id`` inclusive, and whether there are more."""
        events = [
            one for one in self._events if one["id"] >= start_id and (end_id is None or one["id"] <= end_id)
        ]
        if reverse:
            events.reverse()
        return events[:limit], len(events) > limit

    @property
    def state(self) -> str | None:
        """The newest agent state."""
        return next((one["extras"]["agent_state"] for one in reversed(self._events) if _is_state(one)), None)


def replay(events: Sequence[Event] | EventLog, latest_event_id: int) -> list[Event]:
    """What a socket is shown when it joins: no recall, and only the newest state, which comes last."""
    new = [one for one in events if one["id"] > latest_event_id and one.get("action") != "recall"]
    states = [one for one in new if _is_state(one)]
    return [one for one in new if not _is_state(one)] + states[-1:]


def live(event: Event) -> Event | None:
    """What a connected socket sees of an event as it happens."""
    if event.get("action") == "change_agent_state":
        return None
    return event | {"source": "agent"} if event["source"] == "environment" else event


def state_changed(state: str, reason: str = "") -> Event:
    """The agent is in another state; an ``error`` explains itself in the reason."""
    extras = {"agent_state": state, "reason": reason}
    return _observation("agent_state_changed", "environment", content="", extras=extras)


def recalled(instructions: str | None, repository: str | None, branch: str | None) -> Event:
    """What the agent was told besides the first message."""
    extras = {
        "recall_type": "workspace_context",
        "repo_name": repository or "",
        "repo_branch": branch or "",
        "conversation_instructions": instructions or "",
    }
    return _observation("recall", "environment", content="Added workspace context", extras=extras)


def change_state(state: str, source: str = "environment") -> Event:
    """The wish for another state, stored before the state itself."""
    wish = _action("change_agent_state", source, agent_state=state, thought="")
    return wish | {"message": f"Agent state changed to {state}"}


def recall(query: str, kind: str = "knowledge") -> Event:
    """The agent looks up what it should know: of its place (``workspace_context``) with the first message."""
    action = _action("recall", "user", recall_type=kind, query=query, thought="")
    return action | {"message": f"Retrieving content for: {query}"}


def system_message() -> Event:
    """The agent's own instructions: event 1."""
    content = "This is the demo of OpenHands Launcher: no model is told this."
    action = _action("system", "agent", content=content, tools=[], openhands_version="0.53.0")
    return action | {"message": content}


def message(source: str, content: str, images: list[str] | None = None, *, waits: bool = False) -> Event:
    """A message of the user or of the agent."""
    args = {"content": content, "file_urls": None, "image_urls": images, "wait_for_response": waits}
    event = _action("message", source, **args) | {"message": content}
    return event | {"llm_metrics": _METRICS} if source == "agent" else event


def finish(thought: str) -> Event:
    """The agent's last word; its ``message`` is a stock phrase, as on the server."""
    event = _action("finish", "agent", final_thought=thought, outputs={}, thought="")
    return event | {"message": "All done! What's next on the agenda?", "llm_metrics": _METRICS}


def status_update(kind: str, text: str, **more: str) -> Event:
    """A frame of the socket: no id, never stored."""
    return {"status_update": True, "type": kind, "message": text, **more}


_METRICS = {
    "accumulated_cost": 0.0,
    "accumulated_token_usage": {"prompt_tokens": 0, "completion_tokens": 0},
}


def _action(action: str, source: str, **args: Any) -> Event:
    return {"source": source, "message": "", "action": action, "args": args}


def _observation(observation: str, source: str, content: str, extras: dict[str, Any]) -> Event:
    return {
        "source": source,
        "message": "",
        "observation": observation,
        "content": content,
        "extras": extras,
    }


def _is_state(event: Event) -> bool:
    return event.get("observation") == "agent_state_changed"
