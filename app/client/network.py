"""The connections under `transport`: what an answer has beside its body is bounded, and read in small pieces.

The HTTP reader of httpcore (h11) takes whatever it is given in one go: 64 KiB of one-byte chunks hold the loop for
0.3 s, and 50 kB of blanks in a header or a trailer for 10 s, because its pattern for them is quadratic. So it is given
little.
"""

import asyncio
import importlib
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore

HEAD_LIMIT = 64 * 1024
"""Bytes before the body, all 1xx answers included. What browsers and proxies take is 8 to 32 KiB."""

HEAD_LINES = 1000
PIECE = 1024
"""Bytes that are read in one go where no body without framing is. So many blanks take 4 ms, and more are refused."""

PIECES_IN_A_TURN = 4


class Network(httpcore.AsyncNetworkBackend):
    """Opens connections that are careful. Made in a thread: the first one imports for 50 ms."""

    def __init__(self) -> None:
        self._tcp = httpcore.AnyIOBackend()
        importlib.import_module("anyio._backends._asyncio")  # else the first connection does, on the loop

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        return BoundedStream(await self._tcp.connect_tcp(host, port, timeout, local_address, socket_options))


class BoundedStream(httpcore.AsyncNetworkStream):
    """One connection, and how far its answer has come."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._arrived = b""
        self._given = 0
        self._pieces = 0
        self._head = b""
        self._lines = 0
        self._without_data = 0
        self._reads_head = True
        self._is_chunked = False

    def body_begins(self, *, is_chunked: bool) -> None:
        """The head has been read. Only of chunks is more to come that is no body."""
        self._reads_head, self._is_chunked, self._head = False, is_chunked, b""

    def has_data(self) -> None:
        """Some of what was read last was body."""
        self._without_data = 0

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._reads_head:
            self._check_head()
        elif self._is_chunked and self._without_data >= PIECE:
            raise httpcore.RemoteProtocolError("so much between two chunks")
        if self._given == len(self._arrived):
            self._arrived, self._given = await self._stream.read(max_bytes, timeout), 0
        size = PIECE if self._reads_head or self._is_chunked else max_bytes
        piece = self._arrived[self._given : self._given + size]
        self._given += len(piece)
        self._without_data += len(piece)
        if self._reads_head:
            self._head += piece
        self._pieces += 1
        if self._pieces % PIECES_IN_A_TURN == 0:
            await asyncio.sleep(0)
        return piece

    def _check_head(self) -> None:
        """Whether what was given to the reader so far, and ended no head, may go on."""
        is_blank = b" " * PIECE in self._head[-3 * PIECE :].replace(b"\t", b" ")
        if len(self._head) >= HEAD_LIMIT or self._head.count(b"\n") > HEAD_LINES or is_blank:
            raise httpcore.RemoteProtocolError("so long a head")

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        return BoundedStream(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
