"""Ready-made ways to fail, for ``DemoServer.answer_next`` and ``answer_always``."""

import asyncio
import gzip
import json
from typing import Any

from aiohttp import web

from app.demo.door import Handler
from tests.demo.switches import really

LOGIN_PAGE = (
    "<!doctype html><html><head><title>Sign in</title></head><body>Welcome to our Wi-Fi</body></html>"
)


def status(
    code: int,
    body: str | bytes = "",
    content_type: str = "text/plain",
    headers: dict[str, str] | None = None,
) -> Handler:
    """This status, body and headers."""

    async def answer(_request: web.Request) -> web.StreamResponse:
        raw = body.encode() if isinstance(body, str) else body
        return web.Response(status=code, body=raw, content_type=content_type, headers=headers)

    return answer


def as_json(body: Any, code: int = 200, headers: dict[str, str] | None = None) -> Handler:
    """This value as JSON."""
    return status(code, json.dumps(body), "application/json", headers)


def refused(msg_id: str, message: str = "Refused") -> Handler:
    """400 with this ``msg_id``, as the server refuses a launch."""
    return as_json({"status": "error", "message": message, "msg_id": msg_id}, 400)


def too_many_requests(retry_after: str | None = "1") -> Handler:
    """429, with or without ``Retry-After``."""
    headers = {"Retry-After": retry_after} if retry_after is not None else None
    return as_json({"message": "Too many requests"}, 429, headers)


def web_page(code: int = 200, html: str = LOGIN_PAGE) -> Handler:
    """A web page in place of an answer: a captive portal, a login, a gateway's error."""
    return status(code, html, "text/html")


def redirect(code: int, location: str) -> Handler:
    """A redirect to this place."""
    return status(code, headers={"Location": location})


def hang() -> Handler:
    """No answer, for as long as somebody waits for one."""

    async def answer(request: web.Request) -> web.StreamResponse:
        while request.transport is not None:
            await asyncio.sleep(0.02)
        return web.Response()

    return answer


def reset_before_answer() -> Handler:
    """The connection is reset; the request was read and nothing was done about it."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return _cut(request)

    return answer


def then_drop() -> Handler:
    """The request is done for real, then the connection is cut: the answer that was lost."""

    async def answer(request: web.Request) -> web.StreamResponse:
        await really(request)
        return _cut(request)

    return answer


def then_hang() -> Handler:
    """The request is done for real, and never answered."""

    async def answer(request: web.Request) -> web.StreamResponse:
        await really(request)
        return await hang()(request)

    return answer


def null_rows(count: int) -> Handler:
    """The list as it is, with so many ``null`` entries at the end of the page."""

    async def answer(request: web.Request) -> web.StreamResponse:
        true = await really(request)
        assert isinstance(true, web.Response)
        assert isinstance(true.body, bytes)
        page = json.loads(true.body)
        return await as_json(page | {"results": page["results"] + [None] * count})(request)

    return answer


def cut_body() -> Handler:
    """A body that ends in the middle."""

    async def answer(request: web.Request) -> web.StreamResponse:
        stream = await _stream(request, {"Content-Length": "1000"})
        await stream.write(b'{"status":"ok","conver')
        return _cut(request)

    return answer


def drip(every_s: float = 0.05) -> Handler:
    """A body that comes byte by byte and never ends: each byte in time for a read's time-out."""

    async def answer(request: web.Request) -> web.StreamResponse:
        stream = await _stream(request)
        while True:
            await stream.write(b" ")
            await asyncio.sleep(every_s)

    return answer


def never_ending_body(chunk: bytes = b" " * 65536) -> Handler:
    """A body that comes as fast as it is read and never ends."""

    async def answer(request: web.Request) -> web.StreamResponse:
        stream = await _stream(request)
        while True:
            await stream.write(chunk)

    return answer


def big_body(size: int) -> Handler:
    """A JSON string of so many bytes, its length announced."""
    return status(200, b'"' + b"a" * (size - 2) + b'"', "application/json")


def gzip_bomb(size: int = 256 * 1024 * 1024, layers: int = 2) -> Handler:
    """A few kilobytes that unpack to ``size`` bytes, compressed so many times."""

    async def answer(_request: web.Request) -> web.StreamResponse:
        raw = await asyncio.to_thread(_bomb, size, layers)
        headers = {"Content-Encoding": ", ".join(["gzip"] * layers)}
        return web.Response(body=raw, content_type="application/json", headers=headers)

    return answer


def _bomb(size: int, layers: int) -> bytes:
    member = gzip.compress(bytes(1024 * 1024), mtime=0)
    raw = member * max(1, size // (1024 * 1024))  # members one after another are one stream
    for _ in range(layers - 1):
        raw = gzip.compress(raw, mtime=0)
    return raw


async def _stream(request: web.Request, headers: dict[str, str] | None = None) -> web.StreamResponse:
    stream = web.StreamResponse(headers={"Content-Type": "application/json", **(headers or {})})
    await stream.prepare(request)
    return stream


def _cut(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
