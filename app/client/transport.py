"""httpx made safe: one request, one fresh connection, one answer within bounds, or one `LauncherError`."""

import asyncio
import errno
import logging
import os
import re
import socket
import ssl
import stat
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpcore
import httpx
import truststore
from pydantic import SecretStr
from pydantic_core import from_json

from app.client.network import BoundedStream, Network
from app.core.deadline import deadline
from app.core.secret_values import fits_header
from app.core.servers import Server, ServerAddress
from app.errors import (
    AnswerCompressed,
    AnswerTimedOut,
    AnswerTooLarge,
    BadAddress,
    ConnectionLost,
    ConnectTimedOut,
    KeyUnusable,
    LauncherError,
    NameNotFound,
    NobodyListens,
    TlsExpired,
    TlsFailed,
    TlsNotYetValid,
    TlsUntrusted,
    TlsWrongHost,
    TooManyOpenFiles,
    TrustUnreadable,
    Unreachable,
)
from app.wire.rules import MIB

KEY_HEADER = "X-Session-API-Key"
CONNECT_S = 10.0
READ_S = 20.0
ANSWER_LIMIT = MIB
REFUSAL_LIMIT = 64 * 1024
"""In bytes. It is read without a schema, where the window waits for it: 32 MiB of `{}` take 10 s."""

SMALL_PART = 32
SMALL_PARTS = 1000
"""An answer comes in parts of at least so many bytes on average, after so many parts of any size."""

PARTS_IN_A_TURN = 64

_log = logging.getLogger(__name__)
for _name in ("httpx", "httpcore"):  # at DEBUG they print headers, at INFO addresses
    logging.getLogger(_name).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said. Of a refusal that is compressed or long only the status is known."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    had_key: bool = True
    """Whether the request carried a key."""

    @property
    def is_page(self) -> bool:
        """HTML, by its type or by its looks."""
        return "html" in self.headers.get("content-type", "").lower() or self.body.lstrip()[:1] == b"<"

    def json(self) -> Any:
        """The body, None if it is not JSON."""
        try:
            return from_json(self.body)
        except ValueError:
            return None


class RequestProgress:
    """Whether the request may have left this machine: httpcore's trace says when the first byte is about to.

    In 25 injected faults it never fired when nothing had been sent, and always when something might have.
    """

    def __init__(self) -> None:
        self.may_have_left = False
        self._line: Any = None

    async def __call__(self, event: str, facts: Mapping[str, Any]) -> None:
        match event:
            case "http11.send_request_headers.started":
                self.may_have_left = True
            case "connection.connect_tcp.complete":
                self._line = facts["return_value"]
            case "connection.start_tls.failed":  # httpcore forgets the socket of a cancelled handshake
                await self._line.aclose()


class Transport:
    """HTTP to one server.

    It stands on httpx's bare transport, not on its client: a client follows redirects with our key (5 of 5
    codes), sends it to `HTTP_PROXY`, keeps cookies and logs addresses; the transport does none of it.

    Every request has a connection of its own: OpenHands closes a kept one unannounced after a 500, and the
    next request on it, a launch perhaps, would be lost.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._http: httpx.AsyncHTTPTransport | None = None
        self._opening = asyncio.Lock()

    def use_key(self, key: SecretStr | None) -> None:
        """Every request from now on carries this key."""
        self._server = replace(self._server, key=key)

    async def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        body: bytes | None = None,
        with_key: bool = True,
        deadline_s: float = READ_S,
        limit: int = ANSWER_LIMIT,
    ) -> Answer:
        """One request to `path` below the server's address, never repeated.

        `deadline_s` bounds all of it (a server that drips bytes outlives every read timeout), `limit` the
        answer's bytes. Raises any `Unreachable`, and `AnswerTimedOut`, `ConnectionLost`, `AnswerTooLarge`,
        `AnswerCompressed`.
        """
        sent = RequestProgress()
        with border(sent):
            async with deadline(deadline_s):
                request = self._request(method, path, params, body, sent)
                if with_key:
                    self._show_key(request)
                began = time.monotonic()
                answer = await _answer(await self._opened(), request, limit)
                _log.debug(
                    "%s %s: %d, %.0f ms", method, path, answer.status, (time.monotonic() - began) * 1000
                )
                return answer

    def _request(
        self,
        method: str,
        path: str,
        params: Mapping[str, str | int] | None,
        body: bytes | None,
        sent: RequestProgress,
    ) -> httpx.Request:
        url = httpx.URL(self._server.address.url + path)
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Connection": "close",
            "User-Agent": "openhands-launcher",
        }
        if body is not None:
            headers["Content-Type"] = "application/json"
        return httpx.Request(
            method,
            url.copy_merge_params(params) if params else url,
            headers=headers,
            content=body,
            extensions={"timeout": httpx.Timeout(None, connect=CONNECT_S).as_dict(), "trace": sent},
        )

    def _show_key(self, request: httpx.Request) -> None:
        """Adds the key, the last thing before sending, and only for the server it belongs to."""
        if self._server.key is None:
            return
        home = httpx.URL(self._server.address.url)
        if (request.url.scheme, request.url.host, request.url.port) != (home.scheme, home.host, home.port):
            raise BadAddress
        request.headers[KEY_HEADER] = usable_key(self._server)

    async def _opened(self) -> httpx.AsyncHTTPTransport:
        async with self._opening:  # the first requests come together, and each would read the trust store
            if self._http is None:
                self._http = await asyncio.to_thread(_bare_transport, self._server.address)
            return self._http

    async def aclose(self) -> None:
        if self._http is not None:
            await self._http.aclose()


class _BareTransport(httpx.AsyncHTTPTransport):
    """Stands on `Network`, and keeps no connection."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        super().__init__(verify=tls, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls, max_connections=None, max_keepalive_connections=0, network_backend=Network()
        )


async def _answer(http: httpx.AsyncHTTPTransport, request: httpx.Request, limit: int) -> Answer:
    response = await http.handle_async_request(request)
    try:
        body = await _body(response, limit)
        had_key = KEY_HEADER in request.headers
        return Answer(str(request.url), response.status_code, response.headers, body, had_key)
    finally:
        await response.aclose()


async def _body(response: httpx.Response, limit: int) -> bytes:
    """The body as it came over the wire. We asked for no compression: 3.5 kB grew to 4.1 GB in httpx."""
    is_refusal = not response.is_success
    line = response.extensions["network_stream"]
    if not isinstance(line, BoundedStream):
        raise httpx.RemoteProtocolError("a 101 that nobody asked for")
    line.body_begins(is_chunked="transfer-encoding" in response.headers)
    if response.headers.get("content-encoding", "").strip().lower() not in ("", "identity"):
        if is_refusal:
            return b""
        raise AnswerCompressed
    body, parts = bytearray(), 0
    async for part in response.aiter_raw():
        line.has_data()
        body += part
        parts += 1
        if parts % PARTS_IN_A_TURN == 0:
            await asyncio.sleep(0)
        if parts > SMALL_PARTS and len(body) < parts * SMALL_PART:
            raise httpx.RemoteProtocolError("so many small parts")
        if is_refusal and len(body) > REFUSAL_LIMIT:
            return b""
        if len(body) > limit:
            raise AnswerTooLarge
    return bytes(body)


def usable_key(server: Server) -> str:
    """The key in clear, empty if there is none.

    Raises `KeyUnusable` for one that no header can carry.
    """
    key = server.key.get_secret_value() if server.key else ""
    if not fits_header(key):
        raise KeyUnusable
    return key


def _bare_transport(address: ServerAddress) -> httpx.AsyncHTTPTransport:
    """Made in a thread: 40 ms of imports, 50 ms for the trust store."""
    return _BareTransport(trust(address))


def trust(address: ServerAddress) -> ssl.SSLContext:
    """Whom we believe: the system's own trust store, TLS 1.2 and newer, and no `SSLKEYLOGFILE`.

    Where OpenSSL keeps the store, `SSL_CERT_FILE` and `SSL_CERT_DIR` take its place, as with most programs there: who
    sets them for us could as well put another program in our place. Raises `TrustUnreadable` when they lead nowhere.

    For a server without TLS it trusts nobody, and is made at once; else reading the store takes 50 ms.
    """
    is_secure = address.url.startswith("https://")
    tls: ssl.SSLContext = (truststore if is_secure else ssl).SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.minimum_version = (
        ssl.TLSVersion.TLSv1_2
    )  # the default is the system's configuration, where there is one
    if is_secure and sys.platform not in ("win32", "darwin"):
        _refuse_unusable_variables()
        # Here truststore reads the store anew for each connection (50 ms on the loop) into an inner context.
        tls = tls.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost").context
        _refuse_unread_file(tls)
    return tls


def _refuse_unusable_variables() -> None:
    """OpenSSL passes over what does not exist, and would then believe whom the system believes."""
    file, folders = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if file and not _is(Path.is_file, file):
        raise TrustUnreadable("SSL_CERT_FILE")
    if folders and not any(_is(Path.is_dir, folder) for folder in folders.split(os.pathsep)):
        raise TrustUnreadable("SSL_CERT_DIR")
    if folders and any(map(_holds_a_trap, folders.split(os.pathsep))):
        raise TrustUnreadable("SSL_CERT_DIR")


def _is(kind: Callable[[Path], bool], path: str) -> bool:
    try:
        return kind(Path(path))
    except (OSError, ValueError):  # it is too long, or no path
        return False


def _holds_a_trap(folder: str) -> bool:
    """Whether a file there, of those that OpenSSL opens by the hash of a name, is a pipe or a device: it would wait."""
    try:
        with os.scandir(folder) as entries:
            return any(_HASHED.fullmatch(one.name) and _would_wait(one) for one in entries)
    except OSError:
        return False


def _would_wait(entry: "os.DirEntry[str]") -> bool:
    try:
        mode = entry.stat().st_mode
    except OSError:  # a link to nothing
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


_HASHED = re.compile(r"[0-9a-f]{8}\.r?\d+")


def _refuse_unread_file(tls: ssl.SSLContext) -> None:
    """OpenSSL says nothing of a file that it could not read, or that holds no certificate."""
    file = ssl.get_default_verify_paths().cafile
    if not file or tls.cert_store_stats()["x509_ca"]:
        return
    try:
        tls.load_verify_locations(file)
    except OSError as fault:
        if _is_of_full_tables(fault):
            raise
        raise TrustUnreadable("SSL_CERT_FILE" if os.environ.get("SSL_CERT_FILE") else file) from None


@contextmanager
def border(sent: RequestProgress) -> Iterator[None]:
    """Where httpx's faults become ours. Their text is not carried on: some quote the request."""
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError, UnicodeError, ExceptionGroup) as fault:
        raise (_lost(fault) if sent.may_have_left else _unsent(fault)) from None


def _lost(fault: BaseException) -> LauncherError:
    late = any(isinstance(cause, TimeoutError | httpx.TimeoutException) for cause in causes(fault))
    return AnswerTimedOut() if late else ConnectionLost()


def _unsent(fault: BaseException) -> Unreachable:
    return next((found for cause in causes(fault) if (found := _reason(cause))), Unreachable())


def _reason(cause: BaseException) -> Unreachable | None:
    if _is_of_full_tables(cause):
        return TooManyOpenFiles()
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _BY_VERIFY_CODE.get(cause.verify_code, TlsUntrusted)()
    return next((found() for kinds, found in _BY_KIND if isinstance(cause, kinds)), None)


def _is_of_full_tables(cause: BaseException) -> bool:
    """Whether this process, or the system, has no file descriptor left. A look-up of a name does not say so."""
    if isinstance(cause, socket.gaierror):
        try:
            socket.socket().close()
        except OSError as fault:
            return _is_of_full_tables(fault)
    return isinstance(cause, OSError) and cause.errno in (errno.EMFILE, errno.ENFILE)


_BY_VERIFY_CODE: dict[int, type[TlsFailed]] = {
    9: TlsNotYetValid,
    **dict.fromkeys((10, -67818, 0x800B0101), TlsExpired),
    **dict.fromkeys((62, 64, -67602, 0x800B010F), TlsWrongHost),
}
"""Of OpenSSL (64: an address in place of a name), and what truststore passes on from macOS and Windows."""

_BY_KIND: tuple[tuple[tuple[type[BaseException], ...], type[Unreachable]], ...] = (
    ((ssl.SSLError,), TlsFailed),
    ((socket.gaierror,), NameNotFound),
    ((ConnectionRefusedError,), NobodyListens),
    ((TimeoutError, httpx.TimeoutException), ConnectTimedOut),
    ((httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError, OverflowError), BadAddress),
)


def causes(fault: BaseException) -> Iterator[BaseException]:
    """`fault` and all that led to it: members of groups, `__cause__`, `__context__`."""
    waiting, seen = [fault], set[int]()
    while waiting:
        cause = waiting.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        waiting += [*getattr(cause, "exceptions", ()), *filter(None, (cause.__cause__, cause.__context__))]
