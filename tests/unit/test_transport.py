"""What the transport sends, what it never sends, and how every fault of httpx becomes one of ours."""

import asyncio
import logging
import traceback

import httpx
import pytest
from pydantic import SecretStr

from app.client import transport
from app.client.transport import REFUSAL_LIMIT, RequestProgress, Transport, border, causes
from app.core.servers import Server, ServerAddress
from app.errors import (
    AnswerTimedOut,
    BadAddress,
    ConnectTimedOut,
    KeyUnusable,
    LauncherError,
    NoAnswer,
    Unreachable,
)
from tests.faults.hostile import Hostile, Line, answer, hostile

OUR_OWN_BUGS = {
    "CookieConflict",  # we keep no cookies
    "StreamError",  # and its children: a body read twice
    "StreamConsumed",
    "StreamClosed",
    "ResponseNotRead",
    "RequestNotRead",
}


async def asked(server: Server, method: str = "GET", path: str = "/api/conversations") -> transport.Answer:
    http = Transport(server)
    try:
        return await http.ask(method, path, body=b"{}" if method == "POST" else None)
    finally:
        await http.aclose()


def headers_of(request: bytes) -> dict[str, str]:
    lines = request.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


async def test_the_key_goes_in_its_header_and_nothing_is_asked_to_be_compressed_or_kept() -> None:
    async with hostile(answer(b"{}")) as there:
        await asked(there.server("key"))
        sent = headers_of(there.requests[0])
    assert sent == {
        "host": f"127.0.0.1:{there.port}",
        "accept": "application/json",
        "accept-encoding": "identity",
        "connection": "close",
        "user-agent": "openhands-launcher",
        "x-session-api-key": "key",
    }


async def test_without_a_key_there_is_no_header() -> None:
    async with hostile(answer(b"{}")) as there:
        await asked(there.server())
        assert transport.KEY_HEADER.lower() not in headers_of(there.requests[0])


async def test_a_body_goes_as_json_with_its_length() -> None:
    async with hostile(answer(b"{}")) as there:
        await asked(there.server(), "POST")
        sent = headers_of(there.requests[0])
    assert (sent["content-type"], sent["content-length"]) == ("application/json", "2")


async def test_every_request_has_a_connection_of_its_own() -> None:
    async with hostile(answer(b"{}", connection="keep-alive")) as there:
        http = Transport(there.server())
        for _ in range(3):
            await http.ask("GET", "/alive")
        await asyncio.gather(*(http.ask("GET", "/alive") for _ in range(5)))
        await http.aclose()
        assert (there.connections, len(there.requests)) == (8, 8)


async def test_what_is_asked_at_once_makes_one_transport(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[ServerAddress] = []
    make = transport._bare_transport

    def counted(address: ServerAddress) -> httpx.AsyncHTTPTransport:
        made.append(address)
        return make(address)

    monkeypatch.setattr(transport, "_bare_transport", counted)
    async with hostile(answer(b"{}")) as there:
        http = Transport(there.server())
        await asyncio.gather(*(http.ask("GET", "/alive") for _ in range(3)))
        await http.aclose()
        assert (len(made), len(there.requests)) == (1, 3)


async def test_the_address_keeps_its_prefix() -> None:
    async with hostile(answer(b"{}")) as there:
        await asked(Server(ServerAddress(f"{there.address}/openhands")))
        assert there.requests[0].startswith(b"GET /openhands/api/conversations HTTP/1.1\r\n")


@pytest.mark.parametrize("path", ["@evil.example/", ".evil.example/", "0/api"])
async def test_a_path_that_would_leave_the_server_does_not_get_the_key(path: str) -> None:
    with pytest.raises(BadAddress):
        await asked(Server(ServerAddress("http://127.0.0.1:1"), SecretStr("key")), path=path)


@pytest.mark.parametrize("key", ["with space", "schlüssel", "line\nbreak", "nul\0", "\x7f", "tab\t"])
async def test_a_key_that_no_header_carries_is_refused_before_a_connection(key: str) -> None:
    async with hostile(answer(b"{}")) as there:
        with pytest.raises(KeyUnusable) as raised:
            await asked(there.server(key))
        assert there.connections == 0
    assert key not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_a_redirect_is_never_followed(code: int, method: str) -> None:
    async with hostile(answer(b"{}")) as other:
        moved = answer(b"", f"{code} Moved", location=f"{other.address}/api/conversations")
        async with hostile(moved) as there:
            assert (await asked(there.server("key"), method)).status == code
            assert (len(there.requests), other.connections) == (1, 0)


@pytest.mark.parametrize(("length", "kept"), [(REFUSAL_LIMIT, REFUSAL_LIMIT), (REFUSAL_LIMIT + 1, 0)])
async def test_of_a_refusal_that_is_long_only_the_status_is_known(length: int, kept: int) -> None:
    async with hostile(answer(b"[" * length, "422 Unprocessable Content")) as there:
        said = await asked(there.server(), "POST")
    assert (said.status, len(said.body)) == (422, kept)


async def test_a_refusal_without_end_ends() -> None:
    async def act(line: Line) -> None:
        await line.say(b"HTTP/1.1 401 Unauthorized\r\n\r\n")
        await line.flood(b"[" * 65536)

    async with hostile(act) as there:
        assert (await asked(there.server())).status == 401


PROXIES = [f"{kind}_proxy" for kind in ("http", "https", "all", "no")]


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


async def test_no_proxy_of_the_environment_sees_anything(proxied: pytest.MonkeyPatch) -> None:
    async with hostile(answer(b"{}")) as sink, hostile(answer(b"{}")) as there:
        for name in (*PROXIES[:3], *(name.upper() for name in PROXIES[:3])):
            proxied.setenv(name, sink.address)
        for name in ("no_proxy", "NO_PROXY"):
            proxied.setenv(name, "")
        await asked(there.server("key"))
        await asked(there.server("key"), "POST")
        assert (len(there.requests), sink.connections) == (2, 0)


def every_fault() -> dict[str, BaseException]:
    kinds = {
        name: kind
        for name, kind in vars(httpx).items()
        if isinstance(kind, type) and issubclass(kind, Exception) and name not in OUR_OWN_BUGS
    }
    request = httpx.Request("GET", "http://127.0.0.1")
    made: dict[str, BaseException] = {}
    for name, kind in kinds.items():
        if issubclass(kind, httpx.HTTPStatusError):
            made[name] = kind("canary", request=request, response=httpx.Response(500))
        else:
            made[name] = kind("canary")
    return made


@pytest.mark.parametrize("name", every_fault())
@pytest.mark.parametrize("left", [False, True])
def test_every_exception_of_httpx_becomes_ours_and_loses_its_text(name: str, left: bool) -> None:
    sent = RequestProgress()
    sent.may_have_left = left
    fault = every_fault()[name]
    with pytest.raises(LauncherError) as raised, border(sent):
        raise fault
    late = isinstance(fault, httpx.TimeoutException)
    assert isinstance(raised.value, NoAnswer if left else Unreachable)
    assert isinstance(raised.value, AnswerTimedOut if left else ConnectTimedOut) == late
    assert raised.value.may_have_started == left
    assert "canary" not in "".join(traceback.format_exception(raised.value))


def test_the_list_of_our_own_bugs_is_httpx_own() -> None:
    assert set(vars(httpx)) >= OUR_OWN_BUGS
    assert len(every_fault()) >= 20


@pytest.mark.parametrize("name", sorted(OUR_OWN_BUGS - {"StreamError", "CookieConflict"}))
def test_our_own_bugs_are_not_dressed_up(name: str) -> None:
    with pytest.raises(httpx.StreamError), border(RequestProgress()):
        raise vars(httpx)[name]


def test_a_cancelled_request_stays_cancelled() -> None:
    with pytest.raises(asyncio.CancelledError), border(RequestProgress()):
        raise asyncio.CancelledError


def test_causes_are_found_in_groups_and_chains_and_once_each() -> None:
    first, second = ValueError(), OSError()
    first.__context__ = second
    second.__context__ = first
    group = ExceptionGroup("", [first])
    assert list(causes(group)) == [group, first, second]


async def test_at_debug_no_log_line_names_the_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def ask(there: Hostile) -> None:
        http = Transport(there.server("canary-key"))
        await http.ask("GET", "/alive")
        await http.aclose()

    async with hostile(answer(b"{}", set_cookie="session=canary-key")) as there:
        await ask(there)
    async with hostile(b"nonsense") as there:
        with pytest.raises(NoAnswer) as raised:
            await ask(there)
    said = caplog.text + repr(raised.value) + str(raised.value) + repr(there.server("canary-key"))
    assert "canary" not in said + "".join(traceback.format_exception(raised.value))
