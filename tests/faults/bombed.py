"""A process of its own with little memory to spare, for `test_bombs`: asks each address that it is given.

Prints for each what came out, and at last by how many bytes its memory had grown at most.
"""

import asyncio
import resource
import sys
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
    client = OpenHandsClient(Server(ServerAddress(address)), ServerIdentity("0.53.0"))
    for call in (client.page(), client.events("f" * 32), client.create(InitSessionRequest())):
        try:
            await call
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
