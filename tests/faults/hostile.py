"""A server of raw sockets on loopback, for answers that no decent server gives."""

import asyncio
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from socket import SO_LINGER, SOL_SOCKET

from pydantic import SecretStr

from app.client.v0.api import OpenHandsClient
from app.core.servers import Server, ServerAddress, ServerIdentity

LOOPBACK = "127.0.0.1"
KEY = "k3y-c4n4ry-of-the-server"
"""Which a server has of us, and may quote."""

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@dataclass(slots=True)
class Line:
    """One connection, after its request was read."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, *parts: bytes) -> None:
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()

    async def flood(self, part: bytes, every_s: float = 0.0) -> None:
        """Says this until the other side has gone."""
        while not self.writer.is_closing():
            await self.say(part)
            await asyncio.sleep(every_s)

    async def silence(self) -> None:
        """Until the other side has gone."""
        while await self.reader.read(65536):
            pass

    def reset(self) -> None:
        """Goes with a RST in place of a FIN."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Act = Callable[[Line], Awaitable[None]]


@dataclass(slots=True)
class Hostile:
    """What it saw: connections, and the requests that came whole."""

    port: int = 0
    scheme: str = "http"
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"{self.scheme}://{LOOPBACK}:{self.port}"

    def client(self, key: str | None = None) -> OpenHandsClient:
        """One that does not ask who is there: the answer would be the same as to everything else."""
        return OpenHandsClient(self.server(key), ServerIdentity("0.53.0"))

    def server(self, key: str | None = None) -> Server:
        return Server(ServerAddress(self.address), SecretStr(key) if key else None)


@asynccontextmanager
async def hostile(
    act: Act | bytes, *, tls: ssl.SSLContext | None = None, at_once: bool = False
) -> AsyncIterator[Hostile]:
    """Answers every request so; `at_once` before it has been read."""
    seen = Hostile(scheme="https" if tls else "http")
    writers: set[asyncio.StreamWriter] = set()
    tasks: set[asyncio.Task[None]] = set()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.connections += 1
        writers.add(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            if not at_once:
                seen.requests.append(await _request(reader))
            await (Line(reader, writer).say(act) if isinstance(act, bytes) else act(Line(reader, writer)))
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    def start(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.get_running_loop().create_task(meet(reader, writer)))

    server = await asyncio.start_server(start, LOOPBACK, 0, ssl=tls)
    seen.port = server.sockets[0].getsockname()[1]
    try:
        yield seen
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        await asyncio.gather(*tasks)


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        (
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        ),
        0,
    )
    return head + await reader.readexactly(length)


def answer(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    """A whole answer, JSON unless a header says else; `_` in a header's name stands for `-`."""
    fields = {"content_type": "application/json", "content_length": str(len(body))} | headers
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode("latin-1") + body
