"""A server that lies in every field, for a whole life at a time."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.faults.attack import Attack, Bounds
from tests.faults.attacks_transport import any_framing, any_parts
from tests.faults.living import hurry, live

if TYPE_CHECKING:
    from tests.faults.liar import Liar

ROUNDS = 200
AT_A_TIME = 20
"""Plans of one seed: what Hypothesis draws later resembles what it drew before."""

SEED = 20_261_201
CONTROL_ROUNDS = 60

_rounds = ROUNDS


async def deeds_at(address: str) -> list[str]:
    """What a person does in this life: it is drawn with what the server says."""
    url = urlsplit(address)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    writer.write(f"GET {url.path}/deeds HTTP/1.1\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return list(json.loads(answer.partition(b"\r\n\r\n")[2]))


async def live_through_all(address: str) -> None:
    """Raises the first bug, whoever met it."""
    hurry()
    met: Counter[str] = Counter()
    for number in range(_rounds):
        here = f"{address}/{number}"
        lived = await live(here, await deeds_at(here))
        met += lived.met
        if lived.bugs:
            raise lived.bugs[0]
    print(f"{_rounds} lives:", *(f"{name} {count}" for name, count in met.most_common()), file=sys.stderr)


def any_shape() -> None:
    global _rounds  # noqa: PLW0603 - in a process of its own
    _rounds = CONTROL_ROUNDS
    any_parts()
    any_framing()


@asynccontextmanager
async def lying_for_all() -> AsyncIterator["Liar"]:
    from tests.faults.liar import lying
    from tests.faults.lies import (
        drawn,
    )  # Hypothesis, which a victim does without: its collector would take longer

    plans = [plan for seed in range(0, ROUNDS, AT_A_TIME) for plan in drawn(AT_A_TIME, SEED + seed)]
    async with lying(plans) as liar:
        yield liar


ATTACKS = (
    Attack(
        "200 lives of a server that lies in every field",
        live_through_all,
        Bounds(growth_mib=64, gap_ms=50, requests=200 * ROUNDS, seconds=400),
        any_shape,
        lying_for_all,
    ),
)
