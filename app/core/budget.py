"""What reading may cost the server.

It takes ten requests a second from this address, delays the next ten and refuses the rest, a launch among
them. So all reading together spends four a second at most, one at a time, and none while a press is out.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from app.errors import TooManyRequests

BETWEEN_READS_S = 0.25
SHORTEST_REST_S = 1.0
LONGEST_REST_S = 300.0
"""How long nobody reads where the server asks for quiet, at least and at most, whatever it says."""


class Budget:
    """Whoever reads waits for a turn here. One for each server, whoever reads it and with which key."""

    def __init__(self, between_reads_s: float = BETWEEN_READS_S) -> None:
        self._between_reads_s = between_reads_s
        self._one_at_a_time = asyncio.Lock()
        self._presses = 0
        self._none_is_out = asyncio.Event()
        self._none_is_out.set()
        self._next_at = 0.0

    @property
    def is_held(self) -> bool:
        return self._presses > 0

    @property
    def rest_s(self) -> float:
        """How long no read leaves, in seconds, presses aside."""
        return max(0.0, self._next_at - time_s())

    @contextmanager
    def hold_reads(self) -> Iterator[None]:
        """No read leaves until this press has its answer."""
        self._presses += 1
        self._none_is_out.clear()
        try:
            yield
        finally:
            self._presses -= 1
            if not self._presses:
                self._none_is_out.set()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Waits until one read may leave. One request to a turn; let its error pass through here."""
        async with self._one_at_a_time:
            while (wait := self.rest_s) > 0 or self.is_held:
                await (self._none_is_out.wait() if self.is_held else asyncio.sleep(wait))
            self._next_at = time_s() + self._between_reads_s
            try:
                yield
            except TooManyRequests as error:  # it asks for quiet: nobody reads for so long
                self._next_at = max(self._next_at, time_s() + rest_after(error.retry_after_s))
                raise


def rest_after(wanted_s: float | None) -> float:
    """How long to rest when the server asks for so many seconds; None: it did not say."""
    return min(max(wanted_s or 0.0, SHORTEST_REST_S), LONGEST_REST_S)


def time_s() -> float:
    """The time of the loop, in seconds. It never goes back; it may jump where the machine slept."""
    return asyncio.get_running_loop().time()
