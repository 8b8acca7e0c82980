"""The demo server as a place of cases: timeless, but for its rate limit."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from app.demo import server
from tests.contract.place import Outcome, Place
from tests.demo.pace import Pace
from tests.demo.server import DemoServer

KEY = "the-key-of-the-demo"
LONG_ENOUGH_S = 0.5
"""For a runtime to be watched where nothing can hold it."""


class ShippedPlace(Place):
    """A running demo server, as it ships."""

    def __init__(self, url: str, demo: server.DemoServer) -> None:
        super().__init__(url, KEY)
        self.demo = demo

    def agent_will(self, outcome: Outcome) -> str:
        return outcome.value

    def hold_starts(self) -> None:
        self.demo.pace = Pace.quick(building=LONG_ENOUGH_S)

    def let_start(self) -> None:
        self.demo.pace = Pace.quick()

    def forget_settings(self) -> None:
        self.demo.settings = None

    def forget_git_tokens(self) -> None:
        self.demo.provider_tokens = None

    async def disconnect_git(self) -> None:
        self.demo.provider_tokens = {}

    async def make_older(self, conversation_id: str, days: int) -> None:
        found = self.demo.world.conversations.get(conversation_id)
        assert found is not None
        found.created_at -= timedelta(days=days)

    async def restart(self) -> None:
        port = int(self.url.rpartition(":")[2])
        await self.demo.stop()
        await self.demo.start(port)


class DemoPlace(ShippedPlace):
    """A running demo server of the tests."""

    demo: DemoServer

    def hold_starts(self) -> None:
        self.demo.pace = Pace.quick(building=math.inf)

    def let_start(self) -> None:
        super().let_start()
        self.demo.release("building")


@asynccontextmanager
async def demo_place(*, takes_ids: bool = False) -> AsyncIterator[DemoPlace]:
    """The demo server of the tests that has just been set up, with a key, its rate limit, and no time to lose."""
    demo = DemoServer(key=KEY)
    async with _begun(demo, takes_ids=takes_ids) as url:
        place = DemoPlace(url, demo)
        async with place.http:
            yield place


@asynccontextmanager
async def shipped_place(*, takes_ids: bool = False) -> AsyncIterator[ShippedPlace]:
    """The demo server that people meet, which has no key, and no time to lose either."""
    demo = server.DemoServer()
    async with _begun(demo, takes_ids=takes_ids) as url:
        place = ShippedPlace(url, demo)
        async with place.http:
            yield place


@asynccontextmanager
async def _begun(demo: server.DemoServer, *, takes_ids: bool) -> AsyncIterator[str]:
    demo.pace = Pace.quick()
    demo.allow_conversation_id = takes_ids
    try:
        yield await demo.start()
    finally:
        await demo.stop()
