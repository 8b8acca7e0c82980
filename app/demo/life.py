"""The life of a conversation: starting, loading, a title, words; then asking, finished, failed or stopped."""

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from app.demo import events
from app.demo.conversations import Conversation, default_title, made_title
from app.demo.events import Event
from app.demo.pace import Steps

log = logging.getLogger(__name__)

Tell = Callable[[Conversation, Event], Awaitable[None]]

CONTROLLED = ("running", "paused", "user_confirmed", "user_rejected")
"""The agent states that a client may wish for."""


@dataclass(frozen=True, slots=True)
class Launch:
    """What a conversation is started with, its first run only."""

    message: str | None = None
    images: list[str] = field(default_factory=list)
    instructions: str | None = None
    mcp_servers: list[str] = field(default_factory=list)
    replay_json: str | None = None


class Agent:
    """What drives one conversation. No model is asked and no code is touched; its words say so.

    Two affordances of the demo: a message with the word "fail" ends in the agent state ``error``, and one
    that ends with a question mark is answered with a question.
    """

    def __init__(self, conversation: Conversation, steps: Steps, tell: Tell) -> None:
        self.conversation = conversation
        self._steps = steps
        self._tell = tell
        self._messages: list[str] = []
        self._working_on: str | None = None
        self._deaf = False
        self._task: asyncio.Task[None] | None = None

    def start(self, launch: Launch) -> None:
        """The runtime is on its way; returns at once."""
        self.conversation.status = "STARTING"
        self.conversation.runtime_status = None
        self.conversation.touch()
        self._deaf = False
        self._spawn(self._start(launch))

    async def end(self) -> None:
        """The agent does no more; nothing is stored about it."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        self._messages, self._working_on = [], None

    async def receive(self, action: Event) -> bool:
        """Takes a client's action; false for one that the server does not know."""
        args = action.get("args")
        args = args if isinstance(args, dict) else {}
        if action.get("action") == "message" and isinstance(args.get("content"), str):
            await self._hear(args["content"], args.get("image_urls") or [])
        elif action.get("action") == "change_agent_state" and args.get("agent_state") in CONTROLLED:
            await self._change_state(args["agent_state"])
        else:
            return False
        return True

    async def store(self, event: Event) -> None:
        """The event is kept, and shown to who is connected."""
        stored = self.conversation.log.append(event)
        self.conversation.touch()
        if shown := events.live(stored):
            await self._tell(self.conversation, shown)

    async def _start(self, launch: Launch) -> None:
        await self.store(events.state_changed("loading"))
        await self._build_runtime()
        await self._enter_runtime()
        await self._load()
        if launch.replay_json:
            await self._replay(launch.replay_json)
        elif launch.message or launch.images:
            await self._first_message(launch)
        elif not self._messages:
            await self.store(events.change_state("awaiting_user_input"))
            await self._enter("awaiting_user_input")
        await self._work()

    async def _build_runtime(self) -> None:
        await self._steps.reach("building")
        await self._say_runtime("STATUS$STARTING_RUNTIME")
        await self._steps.reach("starting")

    async def _enter_runtime(self) -> None:
        self.conversation.status = "RUNNING"
        await self._say_runtime("STATUS$RUNTIME_STARTED")

    async def _load(self) -> None:
        await self._steps.reach("loading")
        if self.conversation.repository:  # told, and no row says it
            words = "Setting up workspace..."
            await self._tell_update("info", words, "STATUS$SETTING_UP_WORKSPACE")
        if not any(one.get("action") == "system" for one in self.conversation.log):
            await self.store(events.system_message())

    async def _first_message(self, launch: Launch) -> None:
        message = launch.message or ""
        await self._hear_first(message, launch.images, launch.instructions)
        self._messages.insert(0, message)
        await self._say(_greeting(self.conversation, launch))

    async def _hear_first(self, message: str, images: list[str], instructions: str | None = None) -> None:
        here = self.conversation
        await self.store(events.message("user", message, images))
        await self.store(events.change_state("running"))
        await self.store(events.recall(message, "workspace_context"))
        await self.store(events.recalled(instructions, here.repository, here.branch))
        await self.store(events.state_changed("running"))
        await self._make_title(message)

    async def _replay(self, text: str) -> None:
        fault = replay_fault(text)
        if fault:  # the list goes on saying RUNNING, the agent loading
            self._deaf = True
            frame = {"error": True, "message": f"Failed to create agent session: {fault}"}
            await self._tell(self.conversation, frame)
            return
        first, *rest = _actions(json.loads(text))
        await self._hear_first(str(first["args"].get("content", "")), [])
        for action in rest:
            await self._steps.reach("words")
            await self.store({"message": "", "args": {}, **action, "source": "agent"})
        last = rest[-1] if rest else first
        if last.get("action") == "finish":
            await self._enter("finished")
        elif last is not first and last.get("args", {}).get("wait_for_response"):
            await self._enter("awaiting_user_input")
        else:
            await self._finish(REPLAYED)

    async def _make_title(self, message: str) -> None:
        here = self.conversation
        if here.title != default_title(here.conversation_id):
            return
        await self._steps.reach("title")  # a rename meanwhile is lost, as on the server
        here.title = made_title(message) or here.title
        update = events.status_update("info", here.conversation_id, conversation_title=here.title)
        await self._tell(here, update)

    async def _hear(self, content: str, images: list[str]) -> None:
        await self.store(events.message("user", content, images))
        self._messages.append(content)
        if not self._deaf and (self._task is None or self._task.done()):
            self._spawn(self._work())

    async def _change_state(self, state: str) -> None:
        here = self.conversation
        if state == "paused" and here.state == "running":
            begun = [self._working_on] if self._working_on is not None else []
            left = begun + self._messages
            await self.end()
            self._messages = left
        await self.store(events.change_state(state, "user"))
        if here.state != "loading":
            await self._enter(state)
        if state != "paused" and (self._task is None or self._task.done()):
            self._spawn(self._work())

    async def _work(self) -> None:
        while self._messages:
            self._working_on = self._messages.pop(0)
            await self._answer(self._working_on)
            self._working_on = None

    async def _answer(self, message: str) -> None:
        await self._make_title(message)
        if self.conversation.state != "running":
            await self.store(events.recall(message))
            await self._enter("running")
        await self._steps.reach("words")
        if re.search(r"\bfail\b", message, re.IGNORECASE):
            await self._fail("This is the demo: the message says “fail”, so the agent failed.")
        elif message.rstrip().endswith("?"):
            await self.store(events.message("agent", QUESTION, waits=True))
            await self._enter("awaiting_user_input")
        else:
            await self._finish(DONE)

    async def _say(self, words: str) -> None:
        await self._steps.reach("words")
        await self.store(events.message("agent", words))

    async def _finish(self, words: str) -> None:
        await self.store(events.finish(words))
        await self._enter("finished")

    async def _fail(self, reason: str) -> None:
        await self._tell_update("error", reason, "STATUS$ERROR")
        await self._enter("error", reason)

    async def _enter(self, state: str, reason: str = "") -> None:
        await self.store(events.state_changed(state, reason))

    async def _say_runtime(self, status: str) -> None:
        self.conversation.runtime_status = status
        self.conversation.touch()
        await self._tell_update("info", "", status)

    async def _tell_update(self, kind: str, words: str, status: str) -> None:
        await self._tell(self.conversation, events.status_update(kind, words, id=status))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._task = asyncio.get_running_loop().create_task(work)
        self._task.add_done_callback(_report)


def replay_fault(text: str) -> str | None:
    """The name of the exception that the server's reading of a replay ends in, if it does."""
    try:
        trace = json.loads(text)
    except (ValueError, RecursionError):
        return "ValueError"
    if not isinstance(trace, list):
        return "ValueError"
    if not all(isinstance(one, dict) for one in trace):
        return "TypeError"
    if not all("action" in one or "observation" in one for one in trace):
        return "ValueError"
    actions = _actions(trace)
    return _fault_of_the_first(actions[0]) if actions else "IndexError"


def _fault_of_the_first(action: Event) -> str | None:
    args = action.get("args", {})
    if not isinstance(args, dict):
        return "AttributeError"
    if "content" not in args:
        return "LLMMalformedActionError"
    return None if action["action"] == "message" else "AssertionError"


def _actions(trace: list[Event]) -> list[Event]:
    return [one for one in trace if one.get("source") != "environment" and "observation" not in one]


def _greeting(conversation: Conversation, launch: Launch) -> str:
    place = conversation.repository or "an empty folder"
    branch = f", branch {conversation.branch}" if conversation.repository and conversation.branch else ""
    came = [f"{len(launch.images)} image(s)"] if launch.images else []
    came += ["instructions"] if launch.instructions else []
    came += [f"MCP servers ({', '.join(launch.mcp_servers)})"] if launch.mcp_servers else []
    return (
        f"This is the demo: no model reads this, no code is touched. "
        f"A real agent would work in {place}{branch}."
        + (f" With the message came: {', '.join(came)}." if came else "")
    )


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (fault := task.exception()):
        log.error("a conversation's life broke", exc_info=fault)


QUESTION = "This is the demo, so no model thought about it. What should a real agent do next?"
REPLAYED = "This is the demo: the replay was read to its end, and none of its commands was run."
DONE = "Done, as far as a demo can be: no model was asked and no code was touched."
