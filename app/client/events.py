"""The Socket.IO stream of one conversation, as typed events.

Importing this takes 150 ms (aiohttp, socketio): `api` does it in a thread.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import AsyncExitStack, aclosing, suppress
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

import aiohttp
import socketio
from pydantic import ValidationError

from app.client.transport import trust, usable_key
from app.core.servers import Server
from app.errors import AnswerTimedOut, ConnectionLost, KeyRefused, LauncherError, SettingsMissing
from app.wire.rules import MIB
from app.wire.schemas import Event

JOIN_S = 20.0
"""The server answers a join after it has replayed what is stored, and a key that it misses never."""

LEAVE_S = 2.0
FRAME_LIMIT = 32 * MIB
"""aiohttp's own 4 MiB would end every join of a conversation that holds one large image."""

WAITING_EVENTS = 1000
"""How far a reader may fall behind; what comes beyond it is dropped, and polling sees it."""

_SILENT = logging.getLogger("app.client.events.socketio")
_SILENT.disabled = True
"""Both libraries log the address, and the key is in it."""

News = Event | LauncherError | Literal["joined"] | None
"""What a socket tells: an event, why the server refuses us, that we are in, and None when it has ended."""


async def joined(
    server: Server, conversation_id: str, *, join_s: float = JOIN_S
) -> AsyncGenerator[Event, None]:
    """The events of a conversation that has just been started, from the first; ends when the server ends it.

    Close it (`aclosing`) to leave. What is no event is passed over. Raises `KeyRefused`, `SettingsMissing`,
    `KeyUnusable`, `AnswerTimedOut`, `ConnectionLost`.
    """
    async with aclosing(_Socket(_Http(await _session(server)))) as socket:
        news = await socket.join(server, conversation_id, join_s)
        while news is not None:
            if isinstance(news, LauncherError):
                raise news
            if isinstance(news, Event):
                yield news
            news = await socket.news.get()


async def _session(server: Server) -> aiohttp.ClientSession:
    """HTTP as careful as `Transport`: no redirect, no cookie, no proxy from the environment."""
    watch = aiohttp.TraceConfig()
    watch.on_request_redirect.append(_stay)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=await asyncio.to_thread(trust, server.address)),
        cookie_jar=aiohttp.DummyCookieJar(),
        trace_configs=[watch],
        trust_env=False,
    )


async def _stay(*_: object) -> None:
    raise ConnectionLost


class _Http:
    """What socketio needs of aiohttp: one WebSocket. Of one that opens badly it would forget to let go."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._line: aiohttp.ClientWebSocketResponse | None = None

    @property
    def closed(self) -> bool:
        return self._session.closed

    async def ws_connect(self, url: str, **options: Any) -> aiohttp.ClientWebSocketResponse:
        self._line = await self._session.ws_connect(url, max_msg_size=FRAME_LIMIT, **options)
        return self._line

    async def close(self) -> None:
        try:
            if self._line is not None:
                with suppress(TimeoutError):
                    async with asyncio.timeout(LEAVE_S):
                        await self._line.close()
        finally:
            await self._session.close()


class _Socket:
    """A socketio client with all its tasks, so that none outlives it."""

    def __init__(self, http: _Http) -> None:
        self.news: asyncio.Queue[News] = asyncio.Queue()
        self._http = http
        self._tasks: set[asyncio.Task[Any]] = set()
        self._client = socketio.AsyncClient(
            reconnection=False,
            handle_sigint=False,
            logger=_SILENT,
            engineio_logger=_SILENT,
            http_session=http,
        )
        self._client.eio.start_background_task = self._start
        self._client.on("oh_event", self._hear)
        self._client.on("connect", lambda *_: self.news.put_nowait("joined"))
        self._client.on("connect_error", lambda *said: self.news.put_nowait(_refusal(said)))

    async def join(self, server: Server, conversation_id: str, join_s: float) -> News:
        """Connects, and gives the first news."""
        address = urlsplit(server.address.url)
        key = usable_key(server)
        query = {"conversation_id": conversation_id, "latest_event_id": "-1"}
        query |= {"session_api_key": key} if key else {}
        try:
            async with asyncio.timeout(join_s):
                await self._client.connect(
                    f"{address.scheme}://{address.netloc}/?{urlencode(query)}",
                    transports=["websocket"],
                    namespaces=["/"],
                    socketio_path=f"{address.path}/socket.io",
                    wait=False,  # `news` tells: connect() would wait a second and then give up
                )
                return await self.news.get()
        except TimeoutError:
            raise AnswerTimedOut from None
        except Exception:  # noqa: BLE001 - a hostile handshake comes as KeyError, TypeError, OverflowError too
            raise ConnectionLost from None

    async def aclose(self) -> None:
        """Leaves the server; tasks and connection end also when this is cancelled."""
        async with AsyncExitStack() as ending:
            ending.push_async_callback(self._http.close)
            ending.push_async_callback(self._end_tasks)
            with suppress(Exception):
                async with asyncio.timeout(LEAVE_S):
                    await self._client.disconnect()

    async def _end_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _hear(self, *said: object) -> None:
        if self.news.qsize() < WAITING_EVENTS:
            with suppress(ValidationError, IndexError):
                self.news.put_nowait(Event.model_validate(said[0]))

    def _start(self, target: Callable[..., Coroutine[Any, Any, Any]], *args: Any) -> asyncio.Task[Any]:
        """In place of socketio's own, which forgets its tasks."""
        task = asyncio.get_running_loop().create_task(target(*args))
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        """The reading task ends with the connection, others with their frame, whatever it raised."""
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()
        if task is self._client.eio.read_loop_task:
            self.news.put_nowait(None)


def _refusal(said: tuple[object, ...]) -> LauncherError:
    words = said[0] if said else None
    message = words.get("message") if isinstance(words, dict) else words
    match message:
        case "invalid_session_api_key":
            return KeyRefused()
        case "Settings not found":
            return SettingsMissing()
    return ConnectionLost()
