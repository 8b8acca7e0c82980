"""A process of its own with little memory to spare, for `test_bombs`: asks each address that it is given.

Prints for each what came out, and at last by how many bytes its memory had grown at most.
"""

import asyncio
import resource
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from app.client.v0.api import OpenHandsClient
from app.core.servers import Server, ServerAddress, ServerIdentity
from app.errors import LauncherError
from app.wire.schemas import InitSessionRequest

MIB = 1024 * 1024
SPARE = 256 * MIB


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def limit_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + SPARE
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


async def ask(address: str) -> None:
    """Three calls, each of a client that knows who answers: after a fault one would ask for that first."""
    calls: tuple[Callable[[OpenHandsClient], Awaitable[object]], ...] = (
        lambda client: client.page(),
        lambda client: client.events("f" * 32),
        lambda client: client.create(InitSessionRequest()),
    )
    for call in calls:
        client = OpenHandsClient(Server(ServerAddress(address)), ServerIdentity("0.53.0"))
        try:
            await call(client)
            said = "an answer"
        except LauncherError as fault:
            said = type(fault).__name__
        print(said, flush=True)
        await client.aclose()


async def main(addresses: list[str]) -> None:
    await ask("http://127.0.0.1:1")  # everything is imported before the memory is counted
    limit_memory()
    before = peak()
    for address in addresses:
        await ask(address)
    print(peak() - before)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
