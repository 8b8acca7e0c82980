"""The way of every request to its route: limited, and answered whatever becomes of it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from app.demo import answers
from app.demo.limits import RateLimit, Verdict

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SOCKET = "socket"


class Door:
    """What stands before the routes: it limits requests, and answers those that find no route or break theirs."""

    def __init__(self, rate: RateLimit) -> None:
        self._rate = rate

    @web.middleware
    async def limit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answers late, or refuses, who comes too often; Socket.IO does not count."""
        if request.match_info.route.name != SOCKET:
            verdict = self._rate.verdict(request.remote or "")
            if verdict is Verdict.REFUSED:
                body = {"message": "Too many requests"}
                return answers.as_json(body, status=429, headers={"Retry-After": "1"})
            if verdict is Verdict.LATE:
                await asyncio.sleep(self._rate.delay_s)
        return await handler(request)

    @web.middleware
    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """What the route answers; what it did not expect is answered 500, as the server does."""
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
            return await handler(request)
        except answers.Refusal as refusal:
            return refusal.answer()
        except web.HTTPNotFound:
            return await _not_found(request)
        except web.HTTPMethodNotAllowed as fault:
            headers = {"Allow": ", ".join(sorted(fault.allowed_methods))}
            return answers.as_json({"detail": "Method Not Allowed"}, status=405, headers=headers)


async def _not_found(request: web.Request) -> web.StreamResponse:
    path = request.path.rstrip("/")
    shorter = request.clone(rel_url=request.rel_url.with_path(path, keep_query=True))
    if request.path.endswith("/") and (await request.app.router.resolve(shorter)).http_exception is None:
        return web.Response(status=307, headers={"Location": str(shorter.url)})
    return answers.as_json({"detail": "Not Found"}, status=404)
