"""What the server is in: its conversations and their agents, its settings, and what may be done to them."""

import uuid
from typing import Protocol

from app.demo import events
from app.demo.conversations import Conversation, Conversations, Described, default_title
from app.demo.events import Event
from app.demo.life import Agent, Launch
from app.demo.pace import Steps
from app.demo.setup import Setup

TOO_MANY = (
    "Too many conversations at once. If you are still using this one, "
    "try reactivating it by prompting the agent to continue"
)


class Audience(Protocol):
    """Who is connected."""

    async def tell(self, conversation: Conversation, frame: Event) -> None:
        """Shows this to all who are connected to the conversation."""

    async def cut(self, conversation: Conversation) -> None:
        """Disconnects them."""


class World:
    """The memory of the server. It survives a stop and a start; what ran does not."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.steps = Steps(lambda: setup.pace)
        self.conversations = Conversations()
        self._audience: Audience | None = None
        self._agents: dict[str, Agent] = {}

    def open(self, audience: Audience) -> None:
        """The server is up, and these are its connections."""
        self._audience = audience

    async def close(self) -> None:
        """The server goes down: what ran is found stopped later, without an event that says so."""
        self._audience = None
        for agent in self._agents.values():
            await agent.end()
        for one in self.conversations.running():
            one.status, one.runtime_status = "STOPPED", None

    @property
    def has_settings(self) -> bool:
        """Whether the server was ever set up."""
        return self.setup.settings is not None

    def find(self, conversation_id: str) -> Conversation | None:
        """The conversation of this id, if there is one."""
        return self.conversations.get(conversation_id)

    async def launch(self, described: Described, launch: Launch, conversation_id: str | None) -> Conversation:
        """A new conversation; under a known id it stays one, and only a stopped one hears the message."""
        known = self.conversations.get(conversation_id) if conversation_id else None
        if known is not None:
            if known.status == "STOPPED":
                await self._begin(known, launch)
            return known
        identifier = conversation_id or uuid.uuid4().hex
        new = Conversation(identifier, default_title(identifier), **described)
        await self._begin(self.conversations.add(new), launch)
        return new

    async def wake(self, conversation: Conversation) -> None:
        """Starts a stopped one; its instructions, branch and MCP servers served the first run only."""
        if conversation.status == "STOPPED":
            await self._begin(conversation, Launch())

    async def join(self, conversation_id: str) -> Conversation:
        """The conversation; joining creates an unknown one and restarts a stopped one."""
        known = self.conversations.get(conversation_id)
        if known is None:
            known = self.leave_empty_row(conversation_id)
        await self.wake(known)
        return known

    def leave_empty_row(self, conversation_id: str) -> Conversation:
        """Lists a conversation of this id that was never started."""
        known = self.conversations.get(conversation_id)
        new = Conversation(conversation_id, default_title(conversation_id), status="STOPPED")
        return known or self.conversations.add(new)

    async def stop(self, conversation: Conversation) -> bool:
        """Ends its runtime; connections are cut before the event says so. False if it was not running."""
        if conversation.status == "STARTING":
            await self.steps.reach("stop_while_starting")
        if conversation.status not in ("STARTING", "RUNNING"):
            return False
        await self._cut(conversation)
        await self._end(conversation)
        await self.store(conversation, events.state_changed("stopped"))
        conversation.status, conversation.runtime_status = "STOPPED", None
        return True

    async def delete(self, conversation: Conversation) -> None:
        """Stops it; then it is gone, and its events with it."""
        await self.stop(conversation)
        self.conversations.remove(conversation)
        self._agents.pop(conversation.conversation_id, None)

    async def rename(self, conversation: Conversation, title: str) -> None:
        """Gives it this title, and says so to who is connected."""
        conversation.title = title
        update = events.status_update("info", conversation.conversation_id, conversation_title=title)
        await self.tell(conversation, update)

    async def store(self, conversation: Conversation, event: Event) -> None:
        """Has this event happen now."""
        await self._agent(conversation).store(event)

    async def tell(self, conversation: Conversation, frame: Event) -> None:
        """Shows a frame to who is connected; it is stored nowhere."""
        if self._audience is not None:
            await self._audience.tell(conversation, frame)

    async def act(self, conversation: Conversation, action: Event) -> bool:
        """Takes a client's action; false for an unknown one and for a conversation that does not run."""
        return conversation.status == "RUNNING" and await self._agent(conversation).receive(action)

    async def _begin(self, conversation: Conversation, launch: Launch) -> None:
        self._agent(conversation).start(launch)
        await self._make_room(conversation)

    async def _end(self, conversation: Conversation) -> None:
        await self._agent(conversation).end()

    async def _make_room(self, newcomer: Conversation) -> None:
        others = [one for one in self.conversations.running() if one is not newcomer]
        for one in others[: max(0, len(others) + 1 - self.setup.max_concurrent)]:
            update = events.status_update("error", TOO_MANY, id="AGENT_ERROR$TOO_MANY_CONVERSATIONS")
            await self.tell(one, update)
            await self.stop(one)

    def _agent(self, conversation: Conversation) -> Agent:
        if (known := self._agents.get(conversation.conversation_id)) is None:
            known = self._agents[conversation.conversation_id] = self._new_agent(conversation)
        return known

    def _new_agent(self, conversation: Conversation) -> Agent:
        return Agent(conversation, self.steps, self.tell)

    async def _cut(self, conversation: Conversation) -> None:
        if self._audience is not None:
            await self._audience.cut(conversation)
