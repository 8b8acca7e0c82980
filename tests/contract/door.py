"""Who comes in, and what is said to a request that finds no route or breaks its route."""

import asyncio
from urllib.parse import urlsplit

import httpx

from tests.contract.case import case
from tests.contract.place import CONVERSATIONS, NOBODY, Place
from tests.contract.shapes import CONFIG, DETAIL, shaped

ONE = f"{CONVERSATIONS}/{NOBODY}"
GUARDED = [
    ("GET", "/api/settings"),
    ("GET", "/api/options/config"),
    ("GET", "/api/user/repository/branches?repository=acme%2Fweb"),
    ("GET", CONVERSATIONS),
    ("POST", CONVERSATIONS),
    ("GET", ONE),
    ("DELETE", ONE),
    ("GET", f"{ONE}/events"),
    ("POST", f"{ONE}/stop"),
    ("POST", f"{ONE}/start"),
]
OPEN = ["/alive", "/health", "/server_info", "/openapi.json"]


async def _without_key(place: Place, method: str, path: str) -> httpx.Response:
    request = place.http.build_request(method, path)
    del request.headers["X-Session-API-Key"]
    return await place.http.send(request)


@case
async def each_route_refuses_a_missing_and_a_wrong_key(place: Place) -> None:
    wrong = {"X-Session-API-Key": "wrong"}
    for method, path in GUARDED:
        for answer in (
            await _without_key(place, method, path),
            await place.http.request(method, path, headers=wrong),
        ):
            assert shaped(DETAIL, answer, 401) == {"detail": "Unauthorized"}, (method, path)


@case
async def the_right_key_is_taken(place: Place) -> None:
    assert shaped(CONFIG, await place.http.get("/api/options/config"))["APP_MODE"] == "oss"


@case
async def health_and_the_document_want_no_key(place: Place) -> None:
    answers = [await _without_key(place, "GET", path) for path in OPEN]
    assert [one.status_code for one in answers] == [200] * len(OPEN)
    assert [one.json() for one in answers[:2]] == [{"status": "ok"}, "OK"]
    assert set(answers[2].json()) == {"uptime", "idle_time", "resources"}


@case
async def what_is_no_route_is_not_found_with_or_without_the_key(place: Place) -> None:
    for path in ("/nothing", "/api/nothing", f"{ONE}/nothing"):
        for answer in (await place.http.get(path), await _without_key(place, "GET", path)):
            assert shaped(DETAIL, answer, 404) == {"detail": "Not Found"}, path


@case
async def what_is_no_method_is_not_allowed_with_or_without_the_key(place: Place) -> None:
    for method, path in (("PUT", CONVERSATIONS), ("GET", f"{ONE}/stop"), ("POST", "/alive")):
        for answer in (await place.http.request(method, path), await _without_key(place, method, path)):
            assert shaped(DETAIL, answer, 405) == {"detail": "Method Not Allowed"}, path
            assert answer.headers["allow"]


@case
async def a_slash_too_many_is_redirected(place: Place) -> None:
    for path, target in (
        ("/api/settings/", "/api/settings"),
        (f"{CONVERSATIONS}/?limit=1", f"{CONVERSATIONS}?limit=1"),
    ):
        answer = await place.http.get(path)
        assert answer.status_code == 307
        assert answer.headers["location"] == place.url + target
        assert answer.content == b""


@case
async def after_a_500_a_kept_connection_is_closed_unannounced(place: Place) -> None:
    address = urlsplit(place.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    crashing = '{"mcp_config": {"sse_servers": null}}'
    head = (
        f"POST {CONVERSATIONS} HTTP/1.1",
        "Host: x",
        f"X-Session-API-Key: {place.key}",
        "Content-Type: application/json",
        f"Content-Length: {len(crashing)}",
    )
    writer.write("\r\n".join((*head, "", crashing)).encode())
    try:
        async with asyncio.timeout(2):
            said = await reader.read()  # comes to its end only with the connection's
    except TimeoutError:
        raise AssertionError("the connection was never closed") from None
    finally:
        writer.close()
    await writer.wait_closed()
    lines, _, body = said.partition(b"\r\n\r\n")
    assert lines.startswith(b"HTTP/1.1 500 Internal Server Error")
    assert b"connection: close" not in lines.lower()
    assert body == b"Internal Server Error"
