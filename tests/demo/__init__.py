"""The demo server in a thread with a loop of its own, so that GUI tests meet real sockets.

with running(DemoServer(pace=Pace.quick())) as demo:
    demo.address                                     # what the launcher is pointed at
    demo.do(demo.server.add, title="Fix it")         # anything that touches the server's memory
    demo.server.answer_next("create", faults.hang()) # the switches may be turned from any thread
    demo.call(demo.server.stop())                    # a coroutine
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

import httpx

from tests.demo.pace import Pace
from tests.demo.server import DemoServer

P = ParamSpec("P")
T = TypeVar("T")

PATIENCE_S = 10.0


@dataclass(slots=True)
class Running:
    """A server that runs in its thread."""

    server: DemoServer
    address: str
    loop: asyncio.AbstractEventLoop

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Awaits this in the server's thread, and returns what it returns."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE_S)

    def do(self, act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Calls this in the server's thread, and returns what it returns."""

        async def done() -> T:
            return act(*args, **kwargs)

        return self.call(done())

    def restart(self) -> None:
        """Starts a server that was stopped again, at the same address."""
        port = int(self.address.removeprefix("http://127.0.0.1:").partition("/")[0])
        self.call(self.server.start(port))


@contextmanager
def running(server: DemoServer) -> Iterator[Running]:
    """Runs it; however the block ends, everything that was started is ended."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="demo server", daemon=True)
    thread.start()
    demo = Running(server, "", loop)
    try:
        demo.address = demo.call(server.start())
        yield demo
    finally:
        try:
            demo.call(server.stop())
            assert not demo.call(_left_over())
            demo.call(loop.shutdown_asyncgens())
            demo.call(loop.shutdown_default_executor())
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join(PATIENCE_S)
            loop.close()


async def _left_over() -> set[asyncio.Task[Any]]:
    return asyncio.all_tasks() - {t for t in (asyncio.current_task(),) if t}


@asynccontextmanager
async def served(server: DemoServer | None = None) -> AsyncIterator[tuple[DemoServer, httpx.AsyncClient]]:
    """The server in the loop of the test, and a plain client of it; by default timeless and unlimited."""
    server = server or DemoServer(pace=Pace.quick(), rate=None)
    address = await server.start()
    try:
        async with httpx.AsyncClient(
            base_url=address, trust_env=False, verify=False, timeout=PATIENCE_S
        ) as client:
            yield server, client
    finally:
        await server.stop()
