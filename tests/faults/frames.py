"""A WebSocket server that speaks just enough Engine.IO to say anything after it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web
from pydantic import SecretStr

from app.core.servers import Server, ServerAddress

OPEN = '0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000}'
JOINED = '40{"sid":"j"}'


@dataclass(slots=True)
class Speaker:
    """What it heard, and whether the other side has gone."""

    address: str = ""
    heard: list[str] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)
    said: int = 0
    """How many frames have left."""
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    def server(self, key: str | None = None) -> Server:
        return Server(ServerAddress(self.address), SecretStr(key) if key else None)


@asynccontextmanager
async def speaking(
    *frames: str | bytes, opening: str | bytes = OPEN, joins: bool = True, ends: bool = False
) -> AsyncIterator[Speaker]:
    """Opens, lets one join, says the frames, and then ends, or listens until the other side goes."""
    speaker = Speaker()

    async def say(ws: web.WebSocketResponse, said: Sequence[str | bytes]) -> None:
        with suppress(ConnectionError):
            for frame in said:
                await (ws.send_str(frame) if isinstance(frame, str) else ws.send_bytes(frame))
                speaker.said += 1

    async def meet(request: web.Request) -> web.StreamResponse:
        speaker.queries.append(dict(request.query))
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        await say(ws, [opening])
        async for message in ws:
            if message.type is not WSMsgType.TEXT:
                break
            speaker.heard.append(message.data)
            if message.data.startswith("40"):
                await say(ws, [JOINED, *frames] if joins else frames)
                if ends:
                    break
        speaker.gone.set()
        return ws

    app = web.Application()
    app.router.add_get("/socket.io/", meet)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    speaker.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield speaker
    finally:
        await runner.cleanup()
