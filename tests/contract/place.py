"""Where a case happens: a server, how it is spoken to, and what a case may arrange on it."""

import asyncio
import itertools
import ssl
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from enum import Enum
from typing import Any, TypeVar

import httpx

from tests.contract.shapes import ROW, shaped

T = TypeVar("T")
Json = dict[str, Any]

CONVERSATIONS = "/api/conversations"
REPOSITORY = "acme/web"
NO_REPOSITORY = "acme/missing"
NOBODY = "0" * 32
PATIENCE_S = 20.0


class Outcome(Enum):
    """How an agent's work ends; the value is the message that leads there."""

    ASKS = "Is the login page dark?"
    FINISHES = "Make the login page dark"
    FAILS = "Make it fail"


class Place(ABC):
    """One server. Whatever a case arranges here is put back before the next."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.key = key
        self.http = httpx.AsyncClient(
            base_url=url, headers={"X-Session-API-Key": key}, timeout=PATIENCE_S, transport=ManyAddresses()
        )

    @abstractmethod
    def agent_will(self, outcome: Outcome) -> str:
        """The message after which the agent's work ends so."""

    @abstractmethod
    def hold_starts(self) -> None:
        """A runtime that is started from now on takes long enough to be watched."""

    @abstractmethod
    def let_start(self) -> None:
        """Those that were held go on."""

    @abstractmethod
    def forget_settings(self) -> None:
        """As before the server was first set up; its git tokens are another thing."""

    @abstractmethod
    def forget_git_tokens(self) -> None:
        """As if there had never been one."""

    @abstractmethod
    async def disconnect_git(self) -> None:
        """There were tokens once, and now there is none."""

    @abstractmethod
    async def make_older(self, conversation_id: str, days: int) -> None:
        """Moves the creation of a conversation that does not run into the past."""

    @abstractmethod
    async def restart(self) -> None:
        """The server dies, and comes back at the same address."""


class ManyAddresses(httpx.AsyncBaseTransport):
    """Each request from another address on a connection of its own: the server counts by address.

    Where there is only one, requests wait until they are few enough.
    """

    _turn = itertools.count()

    def __init__(self, make: Callable[[str], httpx.AsyncBaseTransport] | None = None) -> None:
        self._make = make or from_address

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        number = next(self._turn)
        if sys.platform != "linux":
            await asyncio.sleep(0.12)
        return await self._make(f"127.0.4.{number % 250 + 1}").handle_async_request(request)


def from_address(address: str) -> httpx.AsyncHTTPTransport:
    """Requests from this address of the loopback, on connections of their own."""
    never_kept = httpx.Limits(max_keepalive_connections=0)
    own = address if sys.platform == "linux" else None
    return httpx.AsyncHTTPTransport(verify=_NO_TLS, trust_env=False, limits=never_kept, local_address=own)


_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # else each transport would read the trust store: 30 ms


async def until(ask: Callable[[], Awaitable[T | None]], what: str) -> T:
    """Asks again until the answer is true, and gives it.

    Time runs out between two questions and never in one: anyio loses a socket that is cancelled as it connects.
    """
    ends_at = time.monotonic() + PATIENCE_S
    while not (answer := await ask()):
        if time.monotonic() >= ends_at:
            raise AssertionError(f"never came true: {what}")
        await asyncio.sleep(0.02)
    return answer


async def at_once(*work: Awaitable[T]) -> list[T]:
    """The results of all of it. A failure waits for the others, which would else be cancelled as they connect."""
    ended = await asyncio.gather(*work, return_exceptions=True)
    for one in ended:
        if isinstance(one, BaseException):
            raise one
    return [one for one in ended if not isinstance(one, BaseException)]


# What nearly every case does.


async def launch(place: Place, **request: Any) -> str:
    answer = await place.http.post(CONVERSATIONS, json=request)
    assert answer.status_code == 200, answer.text
    conversation_id: str = answer.json()["conversation_id"]
    return conversation_id


async def resting(place: Place, **request: Any) -> str:
    """A conversation whose agent has done what it was told."""
    conversation_id = await launch(place, **request)
    await until_at_rest(place, conversation_id)
    return conversation_id


async def until_at_rest(place: Place, conversation_id: str) -> None:
    """Waits until its agent has nothing to do, and all that it did is written, the title last.

    What meets the server's writing breaks: a read fails, a join is never answered.
    """
    await until_state(place, conversation_id, "awaiting_user_input", "finished", "error")
    past = await stored(place, conversation_id)
    if any(one["source"] == "user" and one.get("args", {}).get("content") for one in past):
        await until_titled(place, conversation_id)
    happened_at = datetime.fromisoformat(past[-1]["timestamp"]).astimezone(UTC)

    async def written() -> bool:
        updated_at: str = (await row(place, conversation_id))["last_updated_at"]
        return datetime.fromisoformat(updated_at) >= happened_at

    await until(written, "a row that is as new as its newest event")


async def until_titled(place: Place, conversation_id: str) -> str:
    """Waits for the title that is made of the first message."""

    async def titled() -> str | None:
        title: str = (await row(place, conversation_id))["title"]
        return title if title != f"Conversation {conversation_id[:5]}" else None

    return await until(titled, "a title")


async def row(place: Place, conversation_id: str) -> Json:
    """Its row. A read that meets a write of the real server may find none."""

    async def found() -> httpx.Response | None:
        answer = await place.http.get(f"{CONVERSATIONS}/{conversation_id}")
        return answer if answer.status_code == 200 and answer.json() else None

    known: Json = shaped(ROW, await until(found, "its row"))
    return known


async def until_row(place: Place, conversation_id: str, **facts: Any) -> Json:
    """Its row as soon as it says this."""

    async def says() -> Json | None:
        found = await row(place, conversation_id)
        return found if facts.items() <= found.items() else None

    return await until(says, f"a row with {facts}")


async def stored(place: Place, conversation_id: str) -> list[Json]:
    """All its stored events, the oldest first. The same may happen to this read."""

    async def read() -> httpx.Response | None:
        answer = await place.http.get(f"{CONVERSATIONS}/{conversation_id}/events", params={"limit": 100})
        return answer if answer.status_code == 200 else None

    events: list[Json] = (await until(read, "an answer with its events")).json()["events"]
    return events


def states_in(events: list[Json]) -> list[str]:
    """The agent's states, in the order of the events."""
    changes = (one for one in events if one.get("observation") == "agent_state_changed")
    return [one["extras"]["agent_state"] for one in changes]


async def until_state(place: Place, conversation_id: str, *wanted: str) -> str:
    """Waits until the newest stored state of the agent is one of these."""

    async def reached() -> str | None:
        newest = states_in(await stored(place, conversation_id))[-1:]
        return newest[0] if newest and newest[0] in wanted else None

    return await until(reached, f"the agent in state {' or '.join(wanted)}")
