"""A clock that does not wait: time jumps to the next timer as soon as nothing else is to be done."""

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec

P = ParamSpec("P")


class VirtualTime(asyncio.SelectorEventLoop):
    """Ten minutes of timers pass in milliseconds, in their order. Threads and sockets are not waited for."""

    _moment = 0.0

    def time(self) -> float:
        return self._moment

    def _run_once(self) -> None:
        if not self._ready:  # type: ignore[attr-defined]
            timers = [one for one in self._scheduled if not one.cancelled()]  # type: ignore[attr-defined]
            assert timers, "everything waits for something that will never come"
            self._moment = max(self._moment, min(one.when() for one in timers))
        super()._run_once()  # type: ignore[misc]


def in_virtual_time(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Runs an async test in a loop of its own whose time is virtual."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        with asyncio.Runner(loop_factory=VirtualTime) as runner:
            runner.run(test(*args, **kwargs))

    return run


def sleep_through(seconds: float) -> None:
    """The machine sleeps: so much time passes in which nothing is done."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTime)
    loop._moment += seconds


def seconds() -> float:
    """The time of the running loop."""
    return asyncio.get_running_loop().time()
