"""The Socket.IO side: who may join a conversation, what is replayed, what is told as it happens."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Protocol
from urllib.parse import parse_qs

import socketio
from aiohttp import web
from socketio.exceptions import ConnectionRefusedError as Refused

from app.demo import events
from app.demo.conversations import Conversation
from app.demo.events import Event
from app.demo.schemas import ProviderType

_protocol = logging.getLogger(f"{__name__}.protocol")

EVERYTHING = -1
"""In place of the newest event that a client knows."""

LARGEST_MESSAGE = 4 * 1024 * 1024
"""Bytes a client may send at once; more drops its connection."""


class Unanswered(Exception):
    """The server's own handler breaks here, and the client waits in vain."""


def _is_news(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], Unanswered))


_protocol.addFilter(_is_news)


class Rooms(Protocol):
    """What the sockets need of the server."""

    @property
    def has_settings(self) -> bool:
        """Whether the server was ever set up."""

    def find(self, conversation_id: str) -> Conversation | None:
        """The conversation of this id, if there is one."""

    def leave_empty_row(self, conversation_id: str) -> Conversation:
        """Lists a conversation of this id that was never started."""

    async def join(self, conversation_id: str) -> Conversation:
        """The conversation; joining creates an unknown one and restarts a stopped one."""

    async def act(self, conversation: Conversation, action: Event) -> bool:
        """Takes a client's action; false for one that is not known."""


class Sockets:
    """All connections of one run of the server."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._joined: dict[str, Conversation] = {}
        self._sio = socketio.AsyncServer(
            async_mode="aiohttp",
            cors_allowed_origins="*",
            max_http_buffer_size=LARGEST_MESSAGE,
            logger=_protocol,
            engineio_logger=_protocol,
        )
        self._tasks: set[asyncio.Task[Any]] = set()
        self._sio.eio.start_background_task = self._start_task
        self._sio.on("connect", self._connect)
        self._sio.on("disconnect", self._disconnect)
        self._sio.on("oh_user_action", self._act)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """The route of the protocol."""
        answer: web.StreamResponse = await self._sio.handle_request(request)
        return answer

    async def tell(self, conversation: Conversation, frame: Event) -> None:
        """Shows this to all who are connected to the conversation."""
        for sid in tuple(conversation.sockets):
            await self._sio.emit("oh_event", frame, to=sid)

    async def cut(self, conversation: Conversation) -> None:
        """Disconnects all of them; python-socketio's client does not come back by itself then."""
        for sid in tuple(conversation.sockets):
            await self._sio.disconnect(sid)
            self._leave(sid)

    async def close(self) -> None:
        """Tells every connection to end; the library's own task that watches them ends here."""
        for sid in tuple(self._joined):
            self._leave(sid)
        for socket in tuple(self._sio.eio.sockets.values()):  # also who was never answered
            await socket.close(wait=False)
        await self._sio.shutdown()

    async def end(self) -> None:
        """Ends what the library would leave behind: its pings sleep for half a minute."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start_task(
        self, work: Callable[..., Coroutine[Any, Any, Any]], *args: object, **kwargs: object
    ) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work(*args, **kwargs))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _connect(self, sid: str, environ: dict[str, Any], _auth: object = None) -> None:
        query = {name: values[0] for name, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
        _check_providers(query.get("providers_set", ""))
        if "conversation_id" not in query:
            raise Refused("No conversation_id in query params")
        self.admit(query)
        await self._join(sid, query["conversation_id"], _number(query.get("latest_event_id", "")))

    def admit(self, query: dict[str, str]) -> None:
        """Lets everybody in who comes with this query: the demo has no key."""

    async def _join(self, sid: str, conversation_id: str, latest: int) -> None:
        known = self._rooms.find(conversation_id)
        for event in events.replay(known.log, latest) if known else []:
            await self._sio.emit("oh_event", event, to=sid)
        if not self._rooms.has_settings:
            self._rooms.leave_empty_row(conversation_id)
            raise Refused("Settings not found", {"msg_id": "CONFIGURATION$SETTINGS_NOT_FOUND"})
        conversation = await self._rooms.join(conversation_id)
        conversation.sockets.add(sid)
        self._joined[sid] = conversation

    async def _disconnect(self, sid: str, _reason: object = None) -> None:
        self._leave(sid)

    async def _act(self, sid: str, action: object) -> None:
        conversation = self._joined.get(sid)
        if conversation is not None and isinstance(action, dict):  # what is malformed is dropped in silence
            await self._rooms.act(conversation, action)

    def _leave(self, sid: str) -> None:
        conversation = self._joined.pop(sid, None)
        if conversation is not None:
            conversation.sockets.discard(sid)


def _check_providers(text: str) -> None:
    if not {one for one in text.split(",") if one} <= set(ProviderType):
        raise Unanswered


def _number(latest_event_id: str) -> int:
    try:
        return int(latest_event_id)
    except ValueError:
        return EVERYTHING
