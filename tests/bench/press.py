"""From the press to the request on the wire."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from PySide6.QtWidgets import QAbstractButton

from app.ui.desk import Desk
from tests.bench.far import MESSAGE, Far, far
from tests.bench.measure import Figure, compared
from tests.bench.window import connected, in_loop, message_of, until

REST_S = 0.05
MORE = 3
"""It is quick to take, and a busy machine disturbs milliseconds more than seconds."""

BODY = b'{"initial_user_msg":"Fix the login redirect"}'


def press(n: int) -> list[Figure]:
    """Launch beside a bare POST with httpx in the same loop; both on a fresh connection, the client made before."""
    pairs: list[tuple[float, float]] = []

    async def taken() -> None:
        with far() as server:
            async with connected(server.address) as desk, _bare_client() as client:
                for at in range(MORE * n + 1):
                    await _quiet(desk)
                    ours = await _ours_ms(desk, server)
                    await _quiet(desk)
                    pair = ours, await _bare_ms(client, server)
                    pairs.extend([pair] if at else [])  # the first warms up

    in_loop(taken)
    what = "Press of Launch to the request on the wire, beside a POST by httpx in the same loop"
    return [compared("press", what, "ms", pairs, bound=1.5)]


async def _ours_ms(desk: Desk, server: Far) -> float:
    message_of(desk).setPlainText(MESSAGE)
    button = desk.window.findChild(QAbstractButton, "launch")
    assert isinstance(button, QAbstractButton)
    await until(lambda: not desk.window.launch._form._soon.isActive(), "what is typed was checked")
    began = time.monotonic()
    button.click()
    ended = await asyncio.to_thread(server.launched_at)
    await until(lambda: not message_of(desk).toPlainText(), "the launch was accepted")
    return (ended - began) * 1000


async def _quiet(desk: Desk) -> None:
    """Until what the launch before began is over, and painted, and no read is out."""
    assert desk.connection is not None
    connection = desk.connection
    resting = desk.window.sessions._settles
    await until(
        lambda: len(connection.tasks._live) == 1 and not resting.isActive(), "only the polling goes on"
    )
    await asyncio.sleep(REST_S)
    async with connection.polling.budget.turn():
        await asyncio.sleep(0)


async def _bare_ms(client: httpx.AsyncClient, server: Far) -> float:
    began = time.monotonic()
    post = client.post(
        f"{server.address}/api/conversations", content=BODY, headers={"Content-Type": "application/json"}
    )
    await post
    return (await asyncio.to_thread(server.launched_at) - began) * 1000


@asynccontextmanager
async def _bare_client() -> AsyncIterator[httpx.AsyncClient]:
    alone = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(trust_env=False, limits=alone, timeout=10) as client:
        yield client
