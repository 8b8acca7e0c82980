"""The server's rate limit."""

import time
from collections import defaultdict, deque
from collections.abc import Callable
from enum import Enum, auto


class Verdict(Enum):
    """What becomes of a request."""

    PASS = auto()
    LATE = auto()
    REFUSED = auto()


class RateLimit:
    """Per address and sliding window: so many pass, as many again are answered late, the rest are refused.

    Refused ones count too, so that hammering goes on being refused.
    """

    def __init__(
        self,
        passes: int = 10,
        window_s: float = 1.0,
        delay_s: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.delay_s = delay_s
        self._passes = passes
        self._window_s = window_s
        self._clock = clock
        self._seen: dict[str, deque[float]] = defaultdict(deque)

    def verdict(self, address: str) -> Verdict:
        """Counts one request of this address and says what becomes of it."""
        now = self._clock()
        seen = self._seen[address]
        while seen and seen[0] <= now - self._window_s:
            seen.popleft()
        seen.append(now)
        if len(seen) > 2 * self._passes:
            return Verdict.REFUSED
        return Verdict.LATE if len(seen) > self._passes else Verdict.PASS
