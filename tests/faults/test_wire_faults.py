"""Everything that can go wrong between the socket and an answer, as a launch and as a read."""

import asyncio
import gzip
import socket
import time
from collections.abc import Callable

import pytest

from app.client.transport import Transport
from app.core.servers import Server, ServerAddress
from app.errors import (
    AnswerCompressed,
    AnswerTimedOut,
    AnswerTooLarge,
    BadAddress,
    ConnectionLost,
    ConnectTimedOut,
    LauncherError,
    NameNotFound,
    NoAnswer,
    NobodyListens,
    TlsFailed,
    TooManyOpenFiles,
    Unreachable,
)
from tests.faults.hostile import OK, Act, Line, answer, hostile

HANG_S = 1.0  # a busy machine needs its time to connect
PATIENCE_S = 10.0
LIMIT = 64 * 1024


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    """The first request imports half of httpcore; no deadline below should have to pay for it."""
    unsent("http://127.0.0.1:99999")


def says(*parts: bytes, reset: bool = False) -> Act:
    async def act(line: Line) -> None:
        await line.say(*parts)
        if reset:
            line.reset()

    return act


def says_and_hangs(*parts: bytes) -> Act:
    async def act(line: Line) -> None:
        await line.say(*parts)
        await line.silence()

    return act


def says_and_repeats(start: bytes, part: bytes, every_s: float = 0.0) -> Act:
    async def act(line: Line) -> None:
        await line.say(start)
        await line.flood(part, every_s)

    return act


def encoded(coding: str, body: bytes = b"") -> Act:
    return says(answer(body, content_encoding=coding))


AFTER_SENDING: dict[str, tuple[Act, type[NoAnswer]]] = {
    "closes in silence": (says(), ConnectionLost),
    "resets": (says(reset=True), ConnectionLost),
    "never answers": (says_and_hangs(), AnswerTimedOut),
    "half a status line": (says(b"HTTP/1."), ConnectionLost),
    "half a status line, then silence": (says_and_hangs(b"HTTP/1."), AnswerTimedOut),
    "no HTTP": (says(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), ConnectionLost),
    "binary": (says(bytes(range(256))), ConnectionLost),
    "a status that is no number": (says(b"HTTP/1.1 abc OK\r\n\r\n"), ConnectionLost),
    "ends in the headers": (says(OK), ConnectionLost),
    "a header without a colon": (says(OK + b"nonsense\r\n\r\n{}"), ConnectionLost),
    "NUL in a header": (says(OK + b"X: \0\r\n\r\n{}"), ConnectionLost),
    "two lengths": (says(OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"), ConnectionLost),
    "a negative length": (says(OK + b"Content-Length: -1\r\n\r\n{}"), ConnectionLost),
    "a length that is no number": (says(OK + b"Content-Length: ten\r\n\r\n{}"), ConnectionLost),
    "a body cut short": (says(OK + b'Content-Length: 99\r\n\r\n{"status":'), ConnectionLost),
    "a reset in the body": (says(OK + b"Content-Length: 99\r\n\r\n{", reset=True), ConnectionLost),
    "broken chunks": (says(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"), ConnectionLost),
    "chunks cut short": (says(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{"), ConnectionLost),
    "an unknown transfer coding": (says(OK + b"Transfer-Encoding: gzip\r\n\r\n{}"), ConnectionLost),
    "headers without end": (says_and_repeats(OK, b"X: " + b"a" * 4096 + b"\r\n"), ConnectionLost),
    "headers drop by drop": (says_and_repeats(OK + b"X: ", b"a", 0.02), AnswerTimedOut),
    "103 without end": (says_and_repeats(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.001), ConnectionLost),
    "a body drop by drop": (
        says_and_repeats(OK + b"Content-Length: 9999\r\n\r\n", b" ", 0.02),
        AnswerTimedOut,
    ),
    "a body without end": (says_and_repeats(OK + b"\r\n", b" " * 8192), AnswerTooLarge),
    "chunks without end": (
        says_and_repeats(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"400\r\n" + b" " * 1024 + b"\r\n"),
        AnswerTooLarge,
    ),
    "a byte too much": (says(answer(b" " * (LIMIT + 1))), AnswerTooLarge),
    "gzip": (encoded("gzip", gzip.compress(b"{}")), AnswerCompressed),
    "gzip twice": (encoded("gzip, gzip", gzip.compress(gzip.compress(bytes(2**20)))), AnswerCompressed),
    "br": (encoded("br"), AnswerCompressed),
    "zstd": (encoded("zstd"), AnswerCompressed),
    "deflate in capitals": (encoded("DEFLATE"), AnswerCompressed),
    "a coding nobody knows": (encoded("x-unknown"), AnswerCompressed),
    "identity and gzip": (encoded("identity, gzip"), AnswerCompressed),
}


async def fault_of(server: Server, method: str, deadline_s: float = PATIENCE_S) -> LauncherError:
    transport = Transport(server)
    body = b'{"initial_user_msg":"Fix it"}' if method == "POST" else None
    try:
        with pytest.raises(LauncherError) as raised:
            await transport.ask(method, "/api/conversations", body=body, deadline_s=deadline_s, limit=LIMIT)
        return raised.value
    finally:
        await transport.aclose()


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("name", AFTER_SENDING)
async def test_after_sending_a_conversation_may_exist(name: str, method: str) -> None:
    act, kind = AFTER_SENDING[name]
    tasks = asyncio.all_tasks()
    async with hostile(act) as there:
        begun = time.monotonic()
        hangs = kind is AnswerTimedOut
        fault = await fault_of(there.server("key"), method, HANG_S if hangs else PATIENCE_S)
        assert type(fault) is kind
        assert fault.may_have_started
        assert time.monotonic() - begun < PATIENCE_S
        assert len(there.requests) == 1, "one press, one request"
    assert asyncio.all_tasks() == tasks


async def test_a_reset_before_the_request_was_read_counts_as_sent() -> None:
    async def act(line: Line) -> None:
        line.reset()

    async with hostile(act, at_once=True) as there:
        assert type(await fault_of(there.server(), "POST")) is ConnectionLost


def unsent(address: str, method: str = "POST") -> LauncherError:
    return asyncio.run(fault_of(Server(ServerAddress(address)), method))


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nobody_listens(closed_port: int, method: str) -> None:
    fault = unsent(f"http://127.0.0.1:{closed_port}", method)
    assert type(fault) is NobodyListens
    assert not fault.may_have_started


def test_nobody_listens_on_either_address_of_localhost(closed_port: int) -> None:
    assert type(unsent(f"http://localhost:{closed_port}")) is NobodyListens


def test_a_name_that_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def not_found(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", not_found)
    fault = unsent("http://openhands.example")
    assert type(fault) is NameNotFound
    assert not fault.may_have_started


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (OSError(101, "Network is unreachable"), Unreachable),
        (OSError(113, "No route to host"), Unreachable),
        (OSError(24, "Too many open files"), TooManyOpenFiles),
        (OSError(23, "Too many open files in system"), TooManyOpenFiles),
        (TimeoutError(110, "Connection timed out"), ConnectTimedOut),
        (ConnectionRefusedError(111, "Connection refused"), NobodyListens),
    ],
)
def test_what_the_system_says_of_a_connection(
    monkeypatch: pytest.MonkeyPatch, code: OSError, kind: type[Unreachable]
) -> None:
    async def fails(*_: object, **__: object) -> None:
        raise code

    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", fails)
    monkeypatch.setattr(asyncio.SelectorEventLoop, "create_connection", fails)
    fault = unsent("http://127.0.0.1:9")
    assert type(fault) is kind
    assert not fault.may_have_started


async def test_a_connection_that_hangs_before_anything_is_sent_has_not_started_anything() -> None:
    async with hostile(lambda line: line.silence(), at_once=True) as there:  # no TLS handshake ever comes
        fault = await fault_of(Server(ServerAddress(f"https://127.0.0.1:{there.port}")), "POST", HANG_S)
        assert type(fault) is ConnectTimedOut
        assert not fault.may_have_started


@pytest.mark.parametrize("spoken", [answer(b"{}", "400 Bad Request"), b"\0" * 32])
async def test_https_where_none_is_spoken(spoken: bytes) -> None:
    async with hostile(spoken, at_once=True) as there:
        fault = await fault_of(Server(ServerAddress(f"https://127.0.0.1:{there.port}")), "POST")
        assert type(fault) is TlsFailed
        assert not fault.may_have_started


@pytest.mark.parametrize("how", [lambda line: line.reset(), lambda line: line.writer.close()])
async def test_a_tls_handshake_that_is_cut(how: Callable[[Line], None]) -> None:
    async def act(line: Line) -> None:
        how(line)

    async with hostile(act, at_once=True) as there:
        fault = await fault_of(Server(ServerAddress(f"https://127.0.0.1:{there.port}")), "POST")
        assert isinstance(fault, Unreachable)


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:99999",
        "http://[::1",
        "http://127.0.0.1:port",
        "http://a..b",
        f"http://{'a' * 64}.example",
        "http://\ud800",
        "ftp://127.0.0.1",
        "http://",
        "nonsense",
    ],
)
def test_an_address_that_is_none(address: str) -> None:
    fault = unsent(address)
    assert type(fault) in (BadAddress, NameNotFound)
    assert not fault.may_have_started
