"""Who hears of a change."""

from collections.abc import Callable
from typing import Generic, TypeVarTuple

What = TypeVarTuple("What")


class Watchers(Generic[*What]):
    """Some callables that are told the same."""

    def __init__(self) -> None:
        self._watchers: list[Callable[[*What], None]] = []

    def __len__(self) -> int:
        return len(self._watchers)

    def add(self, watcher: Callable[[*What], None]) -> Callable[[], None]:
        """Tells `watcher` too, until the function that is given back is called."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher) if watcher in self._watchers else None

    def notify(self, *what: *What) -> None:
        """Tells all. A bug in one of them stops neither the others nor who has something to tell."""
        faults = []
        for watcher in tuple(self._watchers):
            try:
                watcher(*what)
            except Exception as fault:  # noqa: BLE001 - whatever it is, it is the watcher's
                faults.append(fault)
        for one in faults:
            report_to_loop(one)


def report_to_loop(fault: BaseException) -> None:
    """Hands a bug to the exception handler of the running loop; where no loop runs, it is raised."""
    import asyncio  # 30 ms that the first paint need not wait for

    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        raise fault from None
    loop.call_exception_handler({"message": "a bug", "exception": fault})
