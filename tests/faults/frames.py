"""A WebSocket server that speaks just enough Engine.IO to say anything after it."""

import asyncio
import base64
import hashlib
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web
from pydantic import SecretStr

from app.core.servers import Server, ServerAddress
from tests.faults.hostile import Hostile, Line, hostile

OPEN = '0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000}'
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
JOINED = '40{"sid":"j"}'
TEXT, BINARY, CLOSE, PING = 1, 2, 8, 9
"""Kinds of frames."""


@dataclass(slots=True)
class Speaker:
    """What it heard, and whether the other side has gone."""

    address: str = ""
    heard: list[str] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)
    said: int = 0
    """How many frames have left."""
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def requests(self) -> list[dict[str, str]]:
        return self.queries

    def server(self, key: str | None = None) -> Server:
        return Server(ServerAddress(self.address), SecretStr(key) if key else None)


@asynccontextmanager
async def speaking(
    *frames: str | bytes,
    opening: str | bytes = OPEN,
    joins: bool = True,
    ends: bool = False,
    on_and_on: str | bytes | None = None,
) -> AsyncIterator[Speaker]:
    """Opens, lets one join, says the frames, and then ends, or listens until the other side goes.

    With `on_and_on` it says that until then.
    """
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
                while on_and_on is not None and request.transport and not request.transport.is_closing():
                    await say(ws, [on_and_on])
                    await asyncio.sleep(0)
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


def accepting(request: bytes) -> bytes:
    """The answer that makes a WebSocket of this request's connection."""
    key = request.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0]
    assert b"upgrade: websocket" in request.lower()
    accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )


def framed(opcode: int, payload: bytes, *, fin: bool = True, reserved: int = 0) -> bytes:
    """One frame of a server, as bytes."""
    size = len(payload)
    length = (
        bytes([size])
        if size < 126
        else b"\x7e" + size.to_bytes(2)
        if size < 65536
        else b"\x7f" + size.to_bytes(8)
    )
    return bytes([(0x80 if fin else 0) | reserved | opcode]) + length + payload


def text(frame: str) -> bytes:
    """A frame of text as it crosses the wire."""
    return framed(TEXT, frame.encode())


@asynccontextmanager
async def shaking_hands(
    first: bytes, on_and_on: bytes = b"", *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Hostile]:
    """Opens a WebSocket, and then says bytes: no library would send such frames."""

    async def act(line: Line) -> None:
        await line.say(accepting(there.requests[-1]), first)
        if on_and_on:
            await line.flood(on_and_on)
        else:
            await line.silence()

    async with hostile(act, tls=tls) as there:
        yield there
