"""Sockets that say too much, at the start-up of a conversation."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Any

import aiohttp
import socketio

from app.client import parsing_cost
from app.client.v0 import startup_socket as events
from app.client.v0.schemas import Event
from app.core.servers import Server, ServerAddress
from app.errors import LauncherError
from tests.faults.attack import Attack, Bounds
from tests.faults.frames import Speaker, speaking
from tests.faults.hostile import Hostile, Line, hostile

MIB = 1024 * 1024
ID = "f" * 32
JOIN_S = 3.0
Opened = Callable[[], AbstractAsyncContextManager[Speaker | Hostile]]


async def follow(address: str) -> None:
    """Follows a start-up to its end, and is content with any error of ours."""
    try:
        async with aclosing(events.joined(Server(ServerAddress(address)), ID, join_s=JOIN_S)) as stream:
            async for _ in stream:
                pass
    except LauncherError:
        pass


async def joined_by_the_library(
    server: Server, conversation_id: str, *, join_s: float = JOIN_S
) -> AsyncGenerator[Event, None]:
    """The same with socketio's own client, which has none of these limits."""
    async with aiohttp.ClientSession() as session:

        class Http:
            closed = False

            async def ws_connect(self, url: str, **options: Any) -> Any:
                return await session.ws_connect(url, max_msg_size=32 * MIB, **options)

        client = socketio.AsyncClient(reconnection=False, handle_sigint=False, http_session=Http())
        query = f"conversation_id={conversation_id}&latest_event_id=-1"
        await client.connect(f"{server.address.url}/?{query}", transports=["websocket"], wait_timeout=join_s)
        await client.wait()
        yield Event()  # never: it has heard them all itself


def by_the_library() -> None:
    events.joined = joined_by_the_library


def any_parts() -> None:
    parsing_cost.PARTS_LIMIT = 1 << 40


def any_number() -> None:
    events.FRAMES_LIMIT = events.STARTUP_LIMIT = 1 << 40


def any_handshake() -> None:
    events.HANDSHAKE_LIMIT = 1 << 40
    events.READ_LIMIT = MIB


def event(args: str, before: str = "", after: str = "") -> str:
    return f'42["oh_event",{{"id":1,"source":"agent","args":{before}{args}{after}}}]'


def attack(name: str, server: Opened, limit_off: Callable[[], None], growth_mib: int = 16) -> Attack:
    bounds = Bounds(growth_mib=growth_mib, gap_ms=50, requests=1, seconds=10)
    return Attack(name, follow, bounds, limit_off, server)


async def early_answers(line: Line) -> None:
    await line.flood(b"HTTP/1.1 100 \r\n\r\n" * 15_000)


HALF_ANNOUNCED = '451000000-["oh_event",{"_placeholder":true,"num":0}]'
LISTS = event("[],", "[", "[]]").replace("[],", "[]," * 5_000_000)

ATTACKS = (
    attack(
        "a million attachments announced, of 16 MiB each",
        lambda: speaking(HALF_ANNOUNCED, on_and_on=bytes(16 * MIB)),
        by_the_library,
        64,
    ),
    attack("one frame of five million lists", lambda: speaking(LISTS, ends=True), any_parts, 64),
    attack(
        "an event of 24 MiB, again and again",
        lambda: speaking(on_and_on=event("a" * 24 * MIB, '{"content":"', '"}')),
        any_number,
        100,
    ),
    attack("small events without end", lambda: speaking(on_and_on=event("{}")), any_number),
    attack("pings without end", lambda: speaking(on_and_on="2"), any_number),
    attack("early answers without end", lambda: hostile(early_answers), any_handshake, 16),
)
