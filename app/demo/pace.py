"""How fast the demo's conversations live, and how a test holds them still."""

import asyncio
import dataclasses
import math
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """The seconds each step of a life takes; ``math.inf`` holds it there until it is released."""

    answer: float = 0.04
    """From a launch's request to its answer."""
    building: float = 0.8
    """STARTING, without a word of the runtime."""
    starting: float = 0.8
    """STARTING, the runtime said to be built."""
    loading: float = 0.8
    """RUNNING, the agent loading."""
    title: float = 0.6
    """From the first message to the title."""
    words: float = 1.5
    """Before each thing the agent says."""
    startup_error: float = 1.0
    """Until a failed start is told on the socket, once."""
    stop_while_starting: float = 5.0
    """A stop that meets a runtime on its way."""
    freeze: float = 0.0
    """How long the whole server is silent when a working conversation is stopped or deleted."""

    @classmethod
    def quick(cls, **steps: float) -> "Pace":
        """No time at all, but for the steps named."""
        return cls(**(dict.fromkeys((field.name for field in dataclasses.fields(cls)), 0.0) | steps))


class Steps:
    """Waits out the steps of a :class:`Pace`; each can be released before its time.

    The pace is asked for at every step, so that it may change meanwhile.
    """

    def __init__(self, pace: Callable[[], Pace]) -> None:
        self._pace = pace
        self._gates: dict[str, asyncio.Event] = {}
        self._waiting: Counter[str] = Counter()

    async def reach(self, step: str) -> None:
        """Returns when the step's time is over, or when it is released."""
        seconds: float = getattr(self._pace(), step)
        gate = self._gates.setdefault(step, asyncio.Event())
        self._waiting[step] += 1
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(None if math.isinf(seconds) else seconds):
                    await gate.wait()
        finally:
            self._waiting[step] -= 1

    def release(self, step: str) -> None:
        """Lets all go on that wait at this step now; who comes later waits again."""
        getattr(self._pace(), step)  # a step that does not exist is a mistake
        self._gates.pop(step, asyncio.Event()).set()

    def waiting(self, step: str) -> int:
        """How many wait at this step now."""
        return self._waiting[step]
