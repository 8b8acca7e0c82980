"""The demo server as a place of cases: timeless, but for its rate limit."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from app.demo.pace import Pace
from app.demo.server import DemoServer
from tests.contract.place import Outcome, Place

KEY = "the key of the demo"


class DemoPlace(Place):
    """A running demo server."""

    def __init__(self, url: str, demo: DemoServer) -> None:
        super().__init__(url, KEY)
        self.demo = demo

    def agent_will(self, outcome: Outcome) -> str:
        return outcome.value

    def hold_starts(self) -> None:
        self.demo.pace = Pace.quick(building=math.inf)

    def let_start(self) -> None:
        self.demo.pace = Pace.quick()
        self.demo.release("building")

    def forget_settings(self) -> None:
        self.demo.settings = None

    def forget_git_tokens(self) -> None:
        self.demo.provider_tokens = None

    async def disconnect_git(self) -> None:
        self.demo.provider_tokens = {}

    async def make_older(self, conversation_id: str, days: int) -> None:
        found = self.demo.conversations.get(conversation_id)
        assert found is not None
        found.created_at -= timedelta(days=days)

    async def restart(self) -> None:
        port = int(self.url.rpartition(":")[2])
        await self.demo.stop()
        await self.demo.start(port)


@asynccontextmanager
async def demo_place(*, takes_ids: bool = False) -> AsyncIterator[DemoPlace]:
    """A demo server that has just been set up, with a key, its rate limit, and no time to lose."""
    demo = DemoServer(key=KEY, pace=Pace.quick())
    demo.allow_conversation_id = takes_ids
    place = DemoPlace(await demo.start(), demo)
    try:
        async with place.http:
            yield place
    finally:
        await demo.stop()
