"""Answers whose framing makes the work, over HTTP."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from app.client import network, transport
from app.core.servers import Server, ServerAddress
from app.errors import LauncherError
from tests.faults.attack import Attack, Bounds
from tests.faults.framing import FRAMING
from tests.faults.hostile import Hostile, hostile


async def ask(address: str) -> None:
    """Reads a list of conversations, and is content with any error of ours."""
    http = transport.Transport(Server(ServerAddress(address)))
    try:
        await http.ask("GET", "/api/conversations", deadline_s=15)
    except LauncherError:
        pass
    finally:
        await http.aclose()


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


ATTACKS = tuple(
    Attack(
        name,
        ask,
        Bounds(growth_mib=16, gap_ms=50, requests=1, seconds=5),
        any_framing,
        server(name),
    )
    for name in WITHOUT_A_LIMIT_BY_THE_LIBRARY
)
