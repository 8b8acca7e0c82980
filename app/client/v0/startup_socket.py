"""The Socket.IO stream of one conversation, as typed events.

Of Socket.IO this needs one WebSocket, one namespace and five kinds of packets, and speaks no more than that. The
library's client parses each packet twice before anybody can look at it, keeps as many binary attachments as a server
announces (2.6 GiB in 12 s), and starts a task for each packet, so none of it could be bounded from outside.

Importing this takes 100 ms (aiohttp): `api` does it in a thread.
"""

import asyncio
import socket
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

import aiohttp
from pydantic import BaseModel, ConfigDict, FiniteFloat, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from app.client.parsing_cost import check_parsing_cost
from app.client.transport import trust, usable_key
from app.client.v0.schemas import Event
from app.core.deadline import deadline
from app.core.servers import Server
from app.errors import (
    AnswerTimedOut,
    AnswerTooLarge,
    ConnectionLost,
    KeyRefused,
    LauncherError,
    SettingsMissing,
    WrongShape,
)
from app.wire.rules import MIB

JOIN_S = 20.0
"""The server answers a join after it has replayed what is stored, and a key that it misses never."""

LEAVE_S = 2.0

FRAME_LIMIT = 32 * MIB
"""Bytes of one frame. aiohttp's own 4 MiB would end every join of a conversation that holds one large image."""

STARTUP_LIMIT = 64 * MIB
"""Bytes of all frames of one start-up: a person's own images, 27 MiB in base64, may come twice."""

HANDSHAKE_LIMIT = 256 * 1024
"""Bytes before the first frame. Most of it is a long chain of certificates."""

FRAMES_LIMIT = 2000
"""Frames of one start-up. It ends when the agent goes to work, after some ten of them."""

SILENCE_S = (5.0, 120.0)
"""How long a server may be silent: as long as its pings take, by its own word, but within these bounds."""

READ_LIMIT = 16 * 1024
"""Bytes of one read. A handshake of 256 KiB, as asyncio reads, may be 14,000 answers, all parsed in one go."""


async def joined(
    server: Server, conversation_id: str, *, join_s: float = JOIN_S
) -> AsyncGenerator[Event, None]:
    """The events of a conversation that has just been started, from the first; ends when the server ends it.

    Close it (`aclosing`) to leave. What is no event is passed over. Raises `KeyRefused`, `SettingsMissing`,
    `KeyUnusable`, `AnswerTimedOut`, `ConnectionLost`, and `AnswerTooLarge` or `WrongShape` for what no OpenHands
    says.
    """
    address = _address(server, conversation_id)
    async with AsyncExitStack() as ending:
        async with _deadline(join_s):
            budget = _Budget()
            session = await _session(server, budget)
            ending.push_async_callback(session.close)
            packets = _Packets(await ending.enter_async_context(_line(session, address)))
            budget.bytes_left += STARTUP_LIMIT
            await packets.open()
            news = await packets.news()
        while news is not None:
            if isinstance(news, Event):
                yield news
            news = await packets.news()


def _address(server: Server, conversation_id: str) -> str:
    address = urlsplit(server.address.url)
    query = {"conversation_id": conversation_id, "latest_event_id": "-1"}
    if key := usable_key(server):
        query["session_api_key"] = key
    query |= {"transport": "websocket", "EIO": "4"}
    return f"{address.scheme}://{address.netloc}{address.path}/socket.io/?{urlencode(query)}"


@asynccontextmanager
async def _deadline(seconds: float) -> AsyncIterator[None]:
    """Also makes errors of ours of aiohttp's, whose text quotes the address, and the key in it."""
    try:
        async with deadline(seconds):
            yield
    except TimeoutError:
        raise AnswerTimedOut from None
    except LauncherError:
        raise
    except Exception:  # noqa: BLE001 - a hostile handshake comes as KeyError, TypeError, OverflowError too
        raise ConnectionLost from None


async def _session(server: Server, budget: "_Budget") -> aiohttp.ClientSession:
    """HTTP as careful as `Transport`: no redirect, no cookie, no proxy from the environment."""
    watch = aiohttp.TraceConfig()
    watch.on_request_redirect.append(_stay)
    watch.on_connection_create_start.append(budget.connect)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            ssl=await asyncio.to_thread(trust, server.address), socket_factory=budget.socket
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        trace_configs=[watch],
        trust_env=False,
    )


async def _stay(*_: object) -> None:
    raise ConnectionLost


class _Budget:
    """What one start-up may still take: one connection, and bytes on the wire, framing and handshake among them."""

    def __init__(self) -> None:
        self.bytes_left = HANDSHAKE_LIMIT
        self._is_connected = False

    async def connect(self, *_: object) -> None:
        """aiohttp would connect once more when the server goes away without an answer."""
        if self._is_connected:
            raise ConnectionLost
        self._is_connected = True

    def socket(self, address: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, *_ = address
        made = _Socket(family, kind, protocol)
        made.budget = self
        return made


class _Socket(socket.socket):
    """One whose reads are small, so that others have their turn between them, and end with the budget."""

    budget: _Budget

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        data = super().recv(min(size, READ_LIMIT), flags)
        self._spend(len(data))
        return data

    def recv_into(self, buffer: Any, size: int = 0, flags: int = 0, /) -> int:
        read = super().recv_into(buffer, min(size or len(buffer), READ_LIMIT), flags)
        self._spend(read)
        return read

    def _spend(self, read: int) -> None:
        self.budget.bytes_left -= read
        if self.budget.bytes_left < 0:
            raise ConnectionResetError


@asynccontextmanager
async def _line(
    session: aiohttp.ClientSession, address: str
) -> AsyncIterator["aiohttp.ClientWebSocketResponse[Literal[False]]"]:
    """The one WebSocket. Of a server that was refused no goodbye is waited for."""
    line = await session.ws_connect(
        address,
        max_msg_size=FRAME_LIMIT,
        autoping=False,
        decode_text=False,
        timeout=aiohttp.ClientWSTimeout(ws_close=LEAVE_S),
    )
    leave_s = LEAVE_S
    try:
        yield line
    except LauncherError:
        leave_s = 0.0
        raise
    finally:
        with suppress(TimeoutError):
            async with asyncio.timeout(leave_s):
                await line.close()


class _Opening(BaseModel):
    """What a server says first; times are in milliseconds."""

    model_config = ConfigDict(alias_generator=to_camel)

    sid: str
    ping_interval: FiniteFloat
    ping_timeout: FiniteFloat


_EVENT = TypeAdapter(tuple[Literal["oh_event"], Event])
_REFUSAL = TypeAdapter(dict[str, Any] | str)

News = Event | Literal["joined"] | None
"""What a server tells: an event, that we are in, and None when it has ended the stream."""


class _Packets:
    """What comes over one WebSocket, in its order. It is read no faster than it is dealt with."""

    def __init__(self, line: "aiohttp.ClientWebSocketResponse[Literal[False]]") -> None:
        self._line = line
        self._silence_s = SILENCE_S[1]
        self._bytes = 0
        self._frames = 0

    async def open(self) -> None:
        """Reads the server's opening, and joins."""
        kind, rest = await self._next() or (b"", b"")
        packet = kind + rest
        await check_parsing_cost(packet)
        opening = _Opening.model_validate_json(packet.removeprefix(b"0"))
        least, most = SILENCE_S
        self._silence_s = min(max((opening.ping_interval + opening.ping_timeout) / 1000, least), most)
        await self._line.send_str("40")

    async def news(self) -> News:
        while packet := await self._next():
            match packet:
                case b"40", _:
                    return "joined"
                case b"42", json:
                    if event := await _event(json):
                        return event
                case b"44", json:
                    raise await _refusal(json)
                case b"45" | b"46", _:
                    raise WrongShape  # it announces attachments
                case b"1" | b"41", _:
                    return None
                case kind, _ if kind.startswith(b"2"):
                    async with _deadline(self._silence_s):  # the server may have gone, or read nothing
                        await self._line.send_str("3")
        return None

    async def _next(self) -> tuple[bytes, bytes] | None:
        """The next packet: two letters that say what it is, and the rest, which may be large; None at the end."""
        while True:
            async with _deadline(self._silence_s):
                message = await self._line.receive()
                await asyncio.sleep(0)  # many may be here already
                self._count(message)
                match message.type:
                    case aiohttp.WSMsgType.TEXT:
                        return bytes(message.data[:2]), bytes(message.data[2:])
                    case aiohttp.WSMsgType.PING:
                        await self._line.pong(message.data)
                    case aiohttp.WSMsgType.BINARY:
                        raise WrongShape
                    case aiohttp.WSMsgType.ERROR:
                        is_too_large = self._line.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG
                        raise AnswerTooLarge if is_too_large else ConnectionLost
                    case aiohttp.WSMsgType.CLOSE | aiohttp.WSMsgType.CLOSING | aiohttp.WSMsgType.CLOSED:
                        return None

    def _count(self, message: Any) -> None:
        self._frames += 1
        self._bytes += len(message.data) if isinstance(message.data, bytes) else 0
        if self._frames > FRAMES_LIMIT or self._bytes > STARTUP_LIMIT:
            raise AnswerTooLarge


async def _event(json: bytes) -> Event | None:
    await check_parsing_cost(json)
    try:
        return _EVENT.validate_json(json)[1]
    except ValidationError:
        return None


async def _refusal(json: bytes) -> LauncherError:
    await check_parsing_cost(json)
    try:
        said = _REFUSAL.validate_json(json)
    except ValidationError:
        return ConnectionLost()
    match said.get("message") if isinstance(said, dict) else said:
        case "invalid_session_api_key":
            return KeyRefused()
        case "Settings not found":
            return SettingsMissing()
    return ConnectionLost()
