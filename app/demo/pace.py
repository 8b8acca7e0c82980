"""How fast the demo's conversations live."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """The seconds each step of a life takes."""

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
    stop_while_starting: float = 5.0
    """A stop that meets a runtime on its way."""


class Steps:
    """Waits out the steps of a :class:`Pace`, which is asked for at every step: it may change meanwhile."""

    def __init__(self, pace: Callable[[], Pace]) -> None:
        self._pace = pace

    async def reach(self, step: str) -> None:
        """Returns when the step's time is over."""
        await asyncio.sleep(self.seconds(step))

    def seconds(self, step: str) -> float:
        """How long this step takes now; one that does not exist is a mistake."""
        return float(getattr(self._pace(), step))
