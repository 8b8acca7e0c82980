"""A small HTTP server on loopback, in a thread with a loop of its own, that remembers what it was asked."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from threading import Thread
from typing import Any, Self, TypeVar

from aiohttp import web

T = TypeVar("T")
LARGEST_BODY = 64 * 1024 * 1024  # bytes; images travel inside


@dataclass(frozen=True)
class Asked:
    """One request as it came: `path` undecoded and with its query, names of `headers` in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Stub:
    """Answers `routes`, and anything else with 404; every request is in `asked`."""

    def __init__(self, *routes: web.RouteDef) -> None:
        self.asked: list[Asked] = []
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name=type(self).__name__, daemon=True)
        self._thread.start()
        app = web.Application(middlewares=[self._remember], client_max_size=LARGEST_BODY)
        app.add_routes(routes)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0, handler_cancellation=True)
        self.port = self._run(self._listen())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._run(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> int:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        port: int = self._runner.addresses[0][1]
        return port

    @web.middleware
    async def _remember(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.asked.append(Asked(request.method, request.raw_path, headers, await request.read()))
        return await handler(request)
