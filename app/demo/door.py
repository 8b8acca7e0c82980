"""The way of every request to its route: recorded, frozen, limited, made to fail, checked for the key."""

import asyncio
import json
import logging
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from app.demo import answers
from app.demo.limits import RateLimit, Verdict

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SOCKET = "socket"
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
    """What a test has answered in place of the truth, by the name of the route; ``*`` is every one."""

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

    def take(self, name: str | None) -> Handler | None:
        """What to answer now in place of the truth."""
        for key in (name, "*"):
            if key is not None and self._next[key]:
                return self._next[key].popleft()
        return self._always.get(name or "*") or self._always.get("*")

    def _checked(self, name: str) -> str:
        if name not in self._names:
            raise ValueError(f"no route is called {name!r}; there are {', '.join(sorted(self._names))}")
        return name


class Door:
    """The one middleware."""

    def __init__(
        self,
        key: str | None,
        rate: RateLimit | None,
        switches: Switches,
        thawed: asyncio.Event,
        prefix: str,
    ) -> None:
        self._thawed = thawed
        self._key = key
        self._rate = rate
        self._switches = switches
        self._prefix = prefix

    def middleware(self, seen: deque[Seen] | None) -> Any:
        """For the application; what comes is noted in ``seen``."""

        @web.middleware
        async def door(request: web.Request, handler: Handler) -> web.StreamResponse:
            if seen is not None:
                await _note(request, seen)
            return await self._pass(request, handler)

        return door

    async def _pass(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        await self._thawed.wait()
        name = request.match_info.route.name
        if self._rate is not None and name != SOCKET:
            verdict = self._rate.verdict(request.remote or "")
            if verdict is Verdict.REFUSED:
                body = {"message": "Too many requests"}
                return answers.as_json(body, status=429, headers={"Retry-After": "1"})
            if verdict is Verdict.LATE:
                await asyncio.sleep(self._rate.delay_s)

        async def checked(request: web.Request) -> web.StreamResponse:
            return await self._truth(request, handler)

        request[REALLY] = checked
        return await (self._switches.take(name) or checked)(request)

    async def _truth(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await self._answer(request, handler)
        except (web.HTTPException, ConnectionError):
            raise
        except answers.Crash as fault:
            log.debug("answered 500 as the server does: %s", fault)
        except Exception:
            log.exception("answered 500")
        return await answers.crash(request)

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            if request.match_info.http_exception is None and not self._may(request):
                return answers.as_json({"detail": "Unauthorized"}, status=401)
            return await handler(request)
        except answers.Refusal as refusal:
            return refusal.answer()
        except web.HTTPNotFound:
            return await _not_found(request)
        except web.HTTPMethodNotAllowed as fault:
            headers = {"Allow": ", ".join(sorted(fault.allowed_methods))}
            return answers.as_json({"detail": "Method Not Allowed"}, status=405, headers=headers)

    def _may(self, request: web.Request) -> bool:
        guarded = request.path.startswith(f"{self._prefix}/api/")
        return self._key is None or not guarded or request.headers.get("X-Session-API-Key") == self._key


async def really(request: web.Request) -> web.StreamResponse:
    """What the server would have answered without the switch."""
    return await request[REALLY](request)


async def _note(request: web.Request, seen: deque[Seen]) -> None:
    headers = {name.lower(): value for name, value in request.headers.items()}
    one = Seen(request.match_info.route.name, request.method, request.path, dict(request.query), headers)
    seen.append(one)
    if request.can_read_body:
        raw = await request.read()
        try:
            one.body = json.loads(raw)
        except (ValueError, RecursionError):
            one.body = raw


async def _not_found(request: web.Request) -> web.StreamResponse:
    path = request.path.rstrip("/")
    shorter = request.clone(rel_url=request.rel_url.with_path(path, keep_query=True))
    if request.path.endswith("/") and (await request.app.router.resolve(shorter)).http_exception is None:
        return web.Response(status=307, headers={"Location": str(shorter.url)})
    return answers.as_json({"detail": "Not Found"}, status=404)
