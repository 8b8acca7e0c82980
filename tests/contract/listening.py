"""A plain Socket.IO client that keeps all it is told."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import aiohttp
import socketio

from tests.contract.place import Json, Place, states_in, until


class Listener:
    """One connection, from its first word to its last."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self.frames: list[Json] = []
        self.shown_before_joined: int | None = None
        self.refusal: Any = None
        self.ended: str | None = None
        self.client = socketio.AsyncClient(reconnection=False, http_session=http, handle_sigint=False)
        self.client.on("oh_event", self.frames.append)
        self.client.on("connect", self._joined)
        self.client.on("connect_error", self._refused)
        self.client.on("disconnect", self._ended)

    @property
    def answered(self) -> bool:
        return self.shown_before_joined is not None or self.refusal is not None

    @property
    def states(self) -> list[str]:
        return states_in(self.frames)

    @property
    def updates(self) -> list[tuple[str, str | None]]:
        """Type and id of each `status_update`; the title's has no id."""
        return [(one["type"], one.get("id")) for one in self.frames if one.get("status_update")]

    @property
    def titles(self) -> list[Json]:
        """The updates that bring a title."""
        return [one for one in self.frames if "conversation_title" in one]

    @property
    def ids(self) -> list[int]:
        """Of the stored events, in the order shown."""
        return [one["id"] for one in self.frames if isinstance(one.get("id"), int)]

    async def until(self, condition: Callable[[], object], what: str) -> None:
        """Waits for something that this connection is told."""

        async def holds() -> bool:
            return bool(condition())

        try:
            await until(holds, what)
        except AssertionError as fault:
            raise AssertionError(f"{fault}; told were {[_short(one) for one in self.frames]}") from None

    async def until_state(self, state: str) -> None:
        await self.until(lambda: self.states[-1:] == [state], f"the agent in state {state}")

    def _joined(self) -> None:
        self.shown_before_joined = len(self.frames)

    def _refused(self, said: Any) -> None:
        self.refusal = said

    def _ended(self, reason: str) -> None:
        self.ended = reason


@asynccontextmanager
async def connecting(place: Place, **query: str | int | None) -> AsyncIterator[Listener]:
    """Connects with the right key, unless the query says another, and waits for nothing; None leaves out."""
    wanted = {"latest_event_id": -1, "session_api_key": place.key} | query
    url = f"{place.url}?{urlencode({name: one for name, one in wanted.items() if one is not None})}"
    async with aiohttp.ClientSession() as http:
        listener = Listener(http)
        try:
            await listener.client.connect(url, transports=["websocket"], wait=False)
            yield listener
        finally:
            await listener.client.disconnect()


@asynccontextmanager
async def listening(place: Place, conversation_id: str, **query: str | int | None) -> AsyncIterator[Listener]:
    """Connects to a conversation, and waits until the server has taken or refused it."""
    async with connecting(place, conversation_id=conversation_id, **query) as listener:
        await listener.until(lambda: listener.answered, "an answer")
        yield listener


def _short(frame: Json) -> Any:
    return frame.get("id", frame.get("message"))
