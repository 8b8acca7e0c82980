"""What reading may cost the server.

It takes ten requests a second from this address, delays the next ten and refuses the rest, a launch among
them. So all reading together spends four a second at most, one at a time, and none while a press is out.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

BETWEEN_READS_S = 0.25
LONGEST_REST_S = 60.0


class Budget:
    """Whoever reads waits for a turn here."""

    def __init__(self, between_reads_s: float = BETWEEN_READS_S) -> None:
        self._between_reads_s = between_reads_s
        self._one_at_a_time = asyncio.Lock()
        self._presses = 0
        self._none_is_out = asyncio.Event()
        self._none_is_out.set()
        self._next_at = 0.0

    @property
    def press_is_out(self) -> bool:
        return self._presses > 0

    @contextmanager
    def press(self) -> Iterator[None]:
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
        """Waits until one read may leave. One request to a turn."""
        async with self._one_at_a_time:
            while (wait := self._next_at - time_s()) > 0 or self._presses:
                await (self._none_is_out.wait() if self._presses else asyncio.sleep(wait))
            self._next_at = time_s() + self._between_reads_s
            yield

    def rest(self, seconds: float) -> None:
        """The server asked for quiet: no read for so long, but never longer than a minute."""
        self._next_at = max(self._next_at, time_s() + min(seconds, LONGEST_REST_S))


def time_s() -> float:
    """The time of the loop, in seconds: it never jumps."""
    return asyncio.get_running_loop().time()
