"""A server whose list and events are whatever a test makes of them; it knows who it is, and nothing else."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

Body = Callable[[web.Request], bytes]

WHO = b'{"info": {"title": "OpenHands", "version": "0.53.0"}}'
EMPTY_LIST = b'{"results": []}'
NO_EVENTS = b'{"events": [], "has_more": false}'


@dataclass(slots=True)
class Listing:
    """What was asked of it, identity aside."""

    address: str = ""
    requests: list[str] = field(default_factory=list)


@asynccontextmanager
async def listing(
    pages: Body = lambda _: EMPTY_LIST, events: Body = lambda _: NO_EVENTS
) -> AsyncIterator[Listing]:
    there = Listing()

    def saying(body: Body, *, counted: bool = True) -> Callable[[web.Request], object]:
        async def say(request: web.Request) -> web.StreamResponse:
            if counted:
                there.requests.append(request.path_qs)
            return web.Response(body=body(request), content_type="application/json")

        return say

    app = web.Application()
    routes = {
        "/openapi.json": saying(lambda _: WHO, counted=False),
        "/api/settings": saying(lambda _: b"{}", counted=False),
        "/api/conversations": saying(pages),
        "/api/conversations/{id}/events": saying(events),
    }
    for path, say in routes.items():
        app.router.add_get(path, say)  # type: ignore[arg-type]
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    there.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield there
    finally:
        await runner.cleanup()
