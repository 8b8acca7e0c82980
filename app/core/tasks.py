"""How a coroutine is started, owned and ended. Nowhere else is a task created."""

import asyncio
from collections.abc import Callable, Coroutine


class Tasks:
    """The owner of some coroutines: it starts them, reports their failure, and cancels what is left.

    A task that nobody awaits fails in silence; here every failure reaches `report`.
    """

    def __init__(self, report: Callable[[BaseException], None]) -> None:
        self._report = report
        self._live: dict[asyncio.Task[None], str] = {}

    def start(
        self, key: str, work: Callable[[], Coroutine[None, None, None]], *, restart: bool = False
    ) -> None:
        """Starts `work` under `key`; while one runs, a second changes nothing, or takes its place."""
        for task in [task for task, busy in self._live.items() if busy == key and not task.cancelling()]:
            if not restart:
                return
            task.cancel()
        task = asyncio.get_running_loop().create_task(work())
        self._live[task] = key
        task.add_done_callback(self._ended)

    async def drain(self) -> None:
        """Waits for all that runs now."""
        await asyncio.gather(*self._live, return_exceptions=True)

    async def aclose(self) -> None:
        while self._live:  # one that ends may start another
            for task in tuple(self._live):
                task.cancel()
            await self.drain()

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._live[task]
        if not task.cancelled() and (fault := task.exception()):
            self._report(fault)
