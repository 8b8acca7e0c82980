"""How a test lets the demo's conversations live at once, and holds them still."""

import asyncio
import dataclasses
import math
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from app.demo import pace


@dataclass(frozen=True, slots=True)
class Pace(pace.Pace):
    """The seconds each step of a life takes; ``math.inf`` holds it there until it is released."""

    startup_error: float = 1.0
    """Until a failed start is told on the socket, once."""
    freeze: float = 0.0
    """How long the whole server is silent when a working conversation is stopped or deleted."""

    @classmethod
    def quick(cls, **steps: float) -> "Pace":
        """No time at all, but for the steps named."""
        return cls(**(dict.fromkeys((field.name for field in dataclasses.fields(cls)), 0.0) | steps))


class HeldSteps(pace.Steps):
    """Each step can be released before its time."""

    def __init__(self, asked: Callable[[], pace.Pace]) -> None:
        super().__init__(asked)
        self._gates: dict[str, asyncio.Event] = {}
        self._waiting: Counter[str] = Counter()

    async def reach(self, step: str) -> None:
        """Returns when the step's time is over, or when it is released."""
        seconds = self.seconds(step)
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
        self.seconds(step)  # a step that does not exist is a mistake
        self._gates.pop(step, asyncio.Event()).set()

    def waiting(self, step: str) -> int:
        """How many wait at this step now."""
        return self._waiting[step]
