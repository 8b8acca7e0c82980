"""What stands before the routes in a test: each request is noted, and may be answered otherwise than by the truth."""

import json
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Middleware

from app.demo.door import Handler

REALLY: web.RequestKey[Handler] = web.RequestKey("really", Handler)  # type: ignore[arg-type]


@dataclass(slots=True)
class Seen:
    """One request that came; ``body`` is JSON, else bytes, else nothing; ``at`` is monotonic seconds."""

    name: str | None
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    at: float = field(default_factory=time.monotonic)
    body: Any = None


class Switches:
    """What is answered in place of the truth, by the name of the route; ``*`` is every one."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names | {"*"}
        self._next: dict[str, deque[Handler]] = defaultdict(deque)
        self._always: dict[str, Handler] = {}

    def answer_next(self, name: str, handler: Handler) -> None:
        """The next request of this route is answered so; several calls queue."""
        self._next[self._checked(name)].append(handler)

    def answer_always(self, name: str, handler: Handler) -> None:
        """Every request of this route is answered so, until :meth:`clear`."""
        self._always[self._checked(name)] = handler

    def clear(self) -> None:
        """The truth again."""
        self._next.clear()
        self._always.clear()

    @web.middleware
    async def switch(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answers as was asked for, or as the server does."""
        request[REALLY] = handler
        return await (self._take(request.match_info.route.name) or handler)(request)

    def _take(self, name: str | None) -> Handler | None:
        for key in (name, "*"):
            if key is not None and self._next[key]:
                return self._next[key].popleft()
        return self._always.get(name or "*") or self._always.get("*")

    def _checked(self, name: str) -> str:
        if name not in self._names:
            raise ValueError(f"no route is called {name!r}; there are {', '.join(sorted(self._names))}")
        return name


async def really(request: web.Request) -> web.StreamResponse:
    """What the server would have answered without the switch."""
    return await request[REALLY](request)


def noting(seen: deque[Seen]) -> Middleware:
    """Notes what comes."""

    @web.middleware
    async def note(request: web.Request, handler: Handler) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        one = Seen(request.match_info.route.name, request.method, request.path, dict(request.query), headers)
        seen.append(one)
        if request.can_read_body:
            raw = await request.read()
            try:
                one.body = json.loads(raw)
            except (ValueError, RecursionError):
                one.body = raw
        return await handler(request)

    return note
