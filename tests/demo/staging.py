"""Conversations put into a given state, for tests and pictures, with nothing driving them."""

import uuid
from datetime import UTC, datetime
from typing import TypedDict

from app.demo import events
from app.demo.conversations import Conversation, default_title
from app.demo.events import Event


class Scene(TypedDict, total=False):
    """What a staged conversation is like; what is left out is as a conversation that is at work."""

    conversation_id: str
    title: str
    status: str
    agent_state: str | None
    runtime_status: str | None
    reason: str
    repository: str | None
    branch: str | None
    git_provider: str | None
    trigger: str | None
    message: str
    last_words: str
    created_at: datetime
    last_updated_at: datetime


def staged(scene: Scene) -> Conversation:
    """The conversation with the events that lead to its state.

    STOPPED ends with ``stopped``, after the state that is asked for; STARTING has no event yet.
    """
    identifier = scene.get("conversation_id", uuid.uuid4().hex)
    status = scene.get("status", "RUNNING")
    created_at = scene.get("created_at", datetime.now(UTC))
    conversation = Conversation(
        identifier,
        scene.get("title", default_title(identifier)),
        created_at=created_at,
        last_updated_at=scene.get("last_updated_at", created_at),
        status=status,
        runtime_status=scene.get("runtime_status", "STATUS$RUNTIME_STARTED" if status == "RUNNING" else None),
        repository=scene.get("repository"),
        branch=scene.get("branch"),
        git_provider=scene.get("git_provider"),
        trigger=scene.get("trigger", "gui"),
    )
    for event in _past(scene, status):
        conversation.log.append(event)
    return conversation


def _past(scene: Scene, status: str) -> list[Event]:
    state = scene.get("agent_state", None if status == "STARTING" else "running")
    if state is None:
        return []
    past = [events.state_changed("loading")]
    if state != "loading":
        past += [events.system_message()]
        past += [events.message("user", scene["message"], [])] if "message" in scene else []
        past += [events.change_state("running"), events.state_changed("running")]
        past += _words(scene, state)
        past += [events.state_changed(state, scene.get("reason", ""))] if state != "running" else []
    return past + ([events.state_changed("stopped")] if status == "STOPPED" else [])


def _words(scene: Scene, state: str) -> list[Event]:
    if "last_words" not in scene:
        return []
    if state == "finished":
        return [events.finish(scene["last_words"])]
    return [events.message("agent", scene["last_words"], waits=state == "awaiting_user_input")]
