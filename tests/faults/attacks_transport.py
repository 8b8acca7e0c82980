"""Answers whose framing or whose parts make the work, over HTTP."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from app.client import network, parsing_cost, transport
from app.client.v0 import api
from app.core.servers import Server, ServerAddress, ServerIdentity
from app.errors import LauncherError
from tests.faults.attack import Attack, Bounds
from tests.faults.framing import FRAMING
from tests.faults.hostile import Hostile, answer, hostile


async def ask(address: str) -> None:
    """Reads a list of conversations, and is content with any error of ours."""
    http = transport.Transport(Server(ServerAddress(address)))
    try:
        await http.ask("GET", "/api/conversations", deadline_s=15)
    except LauncherError:
        pass
    finally:
        await http.aclose()


async def read_events(address: str) -> None:
    """The same with a page of events."""
    client = api.OpenHandsClient(Server(ServerAddress(address)), ServerIdentity("0.53.0"))
    try:
        await client.events("f" * 32)
    except LauncherError:
        pass
    finally:
        await client.aclose()


def any_parts() -> None:
    parsing_cost.PARTS_LIMIT = parsing_cost.ESCAPES_LIMIT = parsing_cost.LONG_NUMBERS_LIMIT = 1 << 40


def any_framing() -> None:
    network.PIECE = 64 * 1024
    network.HEAD_LIMIT = network.HEAD_LINES = 1 << 40
    network.PIECES_IN_A_TURN = transport.PARTS_IN_A_TURN = transport.SMALL_PARTS = 1 << 40


WITHOUT_A_LIMIT_BY_THE_LIBRARY = (
    "chunks of one byte",
    "chunks with long extensions",
    "early answers without end",
    "33,000 headers as short as can be",
    "a header of blanks",
    "a trailer of blanks",
    "33,000 trailers",
)


def server(name: str) -> Callable[[], AbstractAsyncContextManager[Hostile]]:
    return lambda: hostile(FRAMING[name])


def events_with(args: bytes) -> bytes:
    """A page of one event, with an attribute that the launcher reads."""
    return answer(b'{"events":[{"id":1,"args":' + args + b'}],"has_more":false}')


HEAVY = {
    "an event of ten million lists": lambda: events_with(b"[" + b"[]," * 10_000_000 + b"[]]"),
    "an event of 4,000 numbers of 4,200 digits": lambda: events_with(
        b"[" + (b"1" * 4200 + b",") * 4000 + b"1]"
    ),
    "an event of seven million numbers": lambda: events_with(b"[" + b"1.5," * 7_000_000 + b"1]"),
}


def heavy_server(name: str) -> Callable[[], AbstractAsyncContextManager[Hostile]]:
    return lambda: hostile(HEAVY[name]())


ATTACKS = tuple(
    Attack(
        name,
        ask,
        Bounds(growth_mib=16, gap_ms=50, requests=1, seconds=5),
        any_framing,
        server(name),
    )
    for name in WITHOUT_A_LIMIT_BY_THE_LIBRARY
) + tuple(
    Attack(
        name,
        read_events,
        Bounds(growth_mib=100, gap_ms=50, requests=1, seconds=5),
        any_parts,
        heavy_server(name),
    )
    for name in HEAVY
)
