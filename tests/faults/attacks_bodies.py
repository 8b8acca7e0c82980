"""Answers without end, over HTTP."""

from app.client import transport
from app.client.v0 import api
from app.core.servers import Server, ServerAddress, ServerIdentity
from app.errors import AnswerTooLarge
from tests.faults.attack import Attack, Bounds
from tests.faults.hostile import OK, hostile
from tests.faults.test_bombs import without_end


async def read_a_page(address: str) -> None:
    client = api.OpenHandsClient(Server(ServerAddress(address)), ServerIdentity("0.53.0"))
    try:
        await client.page()
    except AnswerTooLarge:
        pass
    finally:
        await client.aclose()


def any_length() -> None:
    api.LIST_LIMIT = transport.ANSWER_LIMIT = 1 << 40


ATTACKS = (
    Attack(
        "a body without end",
        read_a_page,
        Bounds(growth_mib=64, gap_ms=50, requests=1, seconds=5),
        any_length,
        lambda: hostile(without_end(OK + b"\r\n", b" " * 65536)),
    ),
)
