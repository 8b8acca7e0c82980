"""The event loop: asyncio inside Qt's."""

import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import ParamSpec, TypeVar

from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

PATIENCE_S = 1.0
P = ParamSpec("P")
T = TypeVar("T")


class Loop(QEventLoop):  # type: ignore[misc]  # qasync has no types
    """qasync's loop, which also closes the async generators that somebody stopped reading.

    Without asyncio's hooks the collector ends them in the middle: httpx then leaves its socket open, and says
    "async generator ignored GeneratorExit".
    """

    def __init__(self, app: QApplication, *, already_running: bool = False) -> None:
        super().__init__(app, already_running=already_running)
        self.set_default_executor(Threads())

    def run_forever(self) -> int | None:
        before = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(
            firstiter=self._asyncgen_firstiter_hook, finalizer=self._asyncgen_finalizer_hook
        )
        try:
            return super().run_forever()  # type: ignore[no-any-return]
        finally:
            sys.set_asyncgen_hooks(*before)


class Threads(Executor):
    """A thread for each call, for which the end of the program waits a second and no longer.

    qasync's own does, and so does Python's: the window of a server whose name nobody resolves would stay for half a
    minute after it was closed, because nothing cancels `getaddrinfo`. qasync's also logs what it calls with.
    """

    def __init__(self) -> None:
        self._live: set[threading.Thread] = set()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        done: Future[T] = Future()

        def work() -> None:
            try:
                done.set_result(fn(*args, **kwargs))
            except BaseException as fault:  # noqa: BLE001 - whoever awaits it hears of it
                done.set_exception(fault)
            finally:
                self._live.discard(thread)

        done.set_running_or_notify_cancel()
        thread = threading.Thread(target=work, daemon=True)
        self._live.add(thread)
        thread.start()
        return done

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        end = time.monotonic() + PATIENCE_S
        for thread in tuple(self._live):
            thread.join(max(0.0, end - time.monotonic()))
