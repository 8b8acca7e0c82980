"""A deadline that looks once more when it comes late: the machine may have slept, and what was waited for be here."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.core.budget import time_s

TIMER_LATE_S = 1.0
"""How late a timer comes at most in a loop that runs. One that comes later slept, with all that was to be read."""

GRACE_S = 1.0
"""For what has arrived meanwhile to be read."""


@asynccontextmanager
async def deadline(seconds: float) -> AsyncIterator[asyncio.Timeout]:
    """`asyncio.timeout`, with `GRACE_S` more when its timer came late. The wall clock has no part in it.

    Without it a machine that wakes up may give up an answer that waits in the socket's buffer, because timers are
    looked at before, or together with, what has arrived.
    """
    due = time_s() + seconds
    async with asyncio.timeout(None) as limit:

        def end() -> None:
            now = time_s()
            limit.reschedule(now + GRACE_S if now - due > TIMER_LATE_S else now)

        timer = asyncio.get_running_loop().call_at(due, end)
        try:
            yield limit
        finally:
            timer.cancel()
