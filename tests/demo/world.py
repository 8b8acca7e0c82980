"""A world in which starts fail, steps are held, and the whole server falls silent."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from app.demo import events, life, world
from app.demo.conversations import Conversation
from app.demo.door import Handler
from app.demo.events import Event
from app.demo.life import Launch
from app.demo.pace import Steps
from app.demo.setup import Setup
from tests.demo.pace import HeldSteps


@dataclass(frozen=True, slots=True)
class BrokenStart:
    """A start that fails: told once on the socket, stored nowhere, while the list says ``status``."""

    frame: Event
    status: str = "RUNNING"


class Agent(life.Agent):
    """One whose first start may be broken."""

    def __init__(
        self,
        conversation: Conversation,
        steps: Steps,
        tell: life.Tell,
        broken: Callable[[], BrokenStart | None],
    ) -> None:
        super().__init__(conversation, steps, tell)
        self._broken = broken

    async def _start(self, launch: Launch) -> None:
        broken = None if self.conversation.log.state else self._broken()
        if broken is None:
            await super()._start(launch)
            return
        self._deaf = True
        await self.store(events.state_changed("loading"))
        await self._build_runtime()
        if broken.status == "RUNNING":
            await self._enter_runtime()
        await self._steps.reach("startup_error")
        await self._tell(self.conversation, broken.frame)


class World(world.World):
    """The world of the demo, with all that a test may do to it."""

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self.steps = self.held = HeldSteps(lambda: setup.pace)
        self.broken_start: BrokenStart | None = None
        self._thawed = asyncio.Event()
        self._thawed.set()

    async def close(self) -> None:
        await super().close()
        self._thawed.set()

    @web.middleware
    async def wait(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """While the server is silent, it is so to everybody."""
        await self._thawed.wait()
        return await handler(request)

    async def _end(self, conversation: Conversation) -> None:
        await super()._end(conversation)
        if conversation.state == "running":
            self._thawed.clear()
            try:
                await self.held.reach("freeze")
            finally:
                self._thawed.set()

    def _new_agent(self, conversation: Conversation) -> life.Agent:
        return Agent(conversation, self.steps, self.tell, lambda: self.broken_start)
