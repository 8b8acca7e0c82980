"""A process that may open no more files, for `test_descriptors`: asks each address, and once more when it may again.

Prints for each what came out, both times.
"""

import asyncio
import os
import resource
import sys

from app.client.transport import Transport
from app.core.servers import Server, ServerAddress
from app.errors import LauncherError


async def ask(http: Transport) -> str:
    try:
        await http.ask("POST", "/api/conversations", body=b'{"initial_user_msg":"Fix it"}', deadline_s=10)
    except LauncherError as fault:
        return f"{type(fault).__name__}{' may have started' if fault.may_have_started else ''}"
    return "an answer"


def allow(descriptors: int) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


async def main(spare: int, addresses: list[str]) -> None:
    await ask(Transport(Server(ServerAddress("http://127.0.0.1:1"))))  # everything is imported
    enough = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    free = os.dup(0)
    os.close(free)
    for address in addresses:
        http = Transport(Server(ServerAddress(address)))
        allow(free + spare)
        starved = await ask(http)
        allow(enough)
        print(f"{starved}, {await ask(http)}", flush=True)
        await http.aclose()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2:]))
