"""A replay: the list of events that people have, made into one that the server can replay.

Read from the source of OpenHands 0.53.0 and 0.62.0: an action that it does not know ends the start of the whole
conversation, behind a 200; observations and events of the environment are read and skipped; what the server writes
down about itself, such as the system prompt, must not be done a second time.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pydantic_core import PydanticCustomError

from app.errors import Problem
from app.wire import json_text
from app.wire.json_text import JsonFault
from app.wire.rules import MIB, broken_rule, sendable

_REPLAYED = frozenset(
    (
        *("message", "run", "run_ipython", "browse", "browse_interactive", "read", "write", "edit"),
        *("think", "finish", "reject", "delegate", "call_tool_mcp"),
    )
)
_OF_THE_SERVER = frozenset(
    (
        *("system", "recall", "change_agent_state", "null", "condensation", "condensation_request"),
        *("task_tracking", "loop_recovery"),  # of later versions
    )
)


@dataclass(frozen=True, slots=True)
class Replay:
    """A replay as it is sent."""

    text: str
    events: int
    """How many there were."""
    left_out: int


def sent(text: str) -> str:
    """The text that is sent. A bad replay gets a 200, then a fleeting error: so it is refused here."""
    found = read(text)
    if isinstance(found, Problem):
        raise broken_rule(found.type, **found.ctx)
    return found.text


@lru_cache(maxsize=2)  # of what is asked at every change of the form, and of what is read to take its place
def read(text: str) -> Replay | Problem:
    """What is sent of a list of events or of the server's own export, or what is wrong with it."""
    try:
        escaped = _look_over(text)
        value = json_text.read(text)
        events = value.get("trajectory") if isinstance(value, dict) else value
        if not isinstance(events, list):
            return Problem(type="replay_no_list")
        kept = _kept(events)
        if isinstance(kept, Problem):
            return kept
        left_out = len(events) - len(kept)
        as_it_is = events is value and not left_out and not escaped
        return Replay(text if as_it_is else _written(kept), len(events), left_out)
    except JsonFault as fault:
        if fault.type == "json_extra" and _has_a_value_on_each_line(text):
            return Problem(type="replay_lines")
        return Problem(type=fault.type, ctx=fault.facts)
    except PydanticCustomError:
        return Problem(type="string_unicode")


def _has_a_value_on_each_line(text: str) -> bool:
    """JSON Lines, as far as the first two lines tell."""
    lines = text.strip().split("\n", 2)[:2]
    try:
        return len(lines) > 1 and all(isinstance(json_text.read(line), dict) for line in lines)
    except JsonFault:
        return False


def _look_over(text: str) -> bool:
    """Whether an escape may stand for half of a surrogate pair; raises `PydanticCustomError` for a bare one.

    In parts: the whole at once would keep the other threads waiting.
    """
    parts = [sendable(text[begin : begin + MIB + 2]) for begin in range(0, len(text), MIB)]
    return any(escape in part for part in parts for escape in ("\\ud", "\\uD"))


def _kept(events: list[Any]) -> list[Any] | Problem:
    kept = []
    for index, event in enumerate(events):
        if not isinstance(event, dict):
            return Problem(type="replay_no_event", ctx={"index": index})
        if _is_left_out(event):
            continue
        if fault := _fault_of(event, index):
            return fault
        kept.append(event)
    if not kept:
        return Problem(type="replay_empty")
    return kept if _is_first_message(kept[0]) else Problem(type="replay_first")


def _is_left_out(event: dict[str, Any]) -> bool:
    action = event.get("action")
    if action is None:
        return any(event.get(name) for name in ("observation", "status_update", "error"))
    return event.get("source") == "environment" or (isinstance(action, str) and action in _OF_THE_SERVER)


def _fault_of(event: dict[str, Any], index: int) -> Problem | None:
    action = event.get("action")
    if action is None:
        return Problem(type="replay_no_event", ctx={"index": index})
    if not isinstance(action, str) or action not in _REPLAYED:
        return Problem(type="replay_unknown", ctx={"index": index, "name": str(action)})
    if event.get("source", "agent") not in ("agent", "user"):
        return Problem(type="replay_source", ctx={"index": index, "name": action})
    if not isinstance(event.get("args", {}), dict):
        return Problem(type="replay_arguments", ctx={"index": index, "name": action})
    return None


def _is_first_message(event: dict[str, Any]) -> bool:
    said = event.get("args", {}).get("content")
    return event["action"] == "message" and event.get("source") == "user" and isinstance(said, str)


def _written(events: list[Any]) -> str:
    """An event a line: who waits for this thread gets its turn after each."""
    lines = [sendable(json.dumps(event, ensure_ascii=False)) for event in events]
    lines[0] = f"[{lines[0]}"
    lines[-1] = f"{lines[-1]}]"
    return ",\n".join(lines)
