"""How a coroutine is started, owned and ended. Nowhere else is a task created.

The form has an owner before it is painted, and asyncio, which takes 30 ms to load, is not needed before a task is.
"""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    import asyncio

P = ParamSpec("P")
T = TypeVar("T")


class Tasks:
    """The owner of some coroutines: it starts them, reports their failure, and cancels what is left.

    A task that nobody awaits fails in silence; here every failure reaches `report`.
    """

    def __init__(self, report: Callable[[BaseException], None]) -> None:
        self._report = report
        self._live: dict[asyncio.Task[None], str] = {}
        self._early: list[Callable[[], None]] = []

    def names(self) -> tuple[str, ...]:
        """Of the tasks that have not ended."""
        return tuple(self._live.values())

    def start(
        self, key: str, work: Callable[[], Coroutine[None, None, None]], *, restart: bool = False
    ) -> None:
        """Starts `work` under `key`; while one runs, a second changes nothing, or takes its place.

        What is started before a loop runs, by a window that is painted already, waits for `begin`.
        """
        for task in [task for task, busy in self._live.items() if busy == key and not task.cancelling()]:
            if not restart:
                return
            task.cancel()
        import asyncio

        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._early.append(lambda: self.start(key, work, restart=restart))
            return
        task = loop.create_task(work())
        self._live[task] = key
        task.add_done_callback(self._ended)

    def begin(self) -> None:
        """A loop runs now: starts what has waited for it."""
        early, self._early = self._early, []
        for start in early:
            start()

    async def drain(self) -> None:
        """Waits for all that runs now."""
        import asyncio

        await asyncio.gather(*self._live, return_exceptions=True)
        await asyncio.sleep(0)  # from Python 3.12 on, gathering what is done gives `_ended` no turn

    async def aclose(self) -> None:
        while self._live:  # one that ends may start another
            for task in tuple(self._live):
                task.cancel()
            await self.drain()

    def _ended(self, task: "asyncio.Task[None]") -> None:
        del self._live[task]
        if not task.cancelled() and (fault := task.exception()):
            self._report(fault)


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `work` gives, which blocks."""
    import asyncio

    return await asyncio.to_thread(work, *args, **kwargs)
