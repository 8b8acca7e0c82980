"""A server in a process of its own: what it does must not hold up the loop that is measured.

`python -m tests.bench.far ROWS RUNNING`: as many conversations; those that run change whenever the list is asked for.
Prints its address, then the time (monotonic seconds) at which each launch came, as soon as its first byte is there.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from aiohttp import web

from app.demo import events
from app.demo.conversations import Conversation
from tests.demo.pace import Pace
from tests.demo.server import DemoServer
from tests.demo.switches import really

ROOT = Path(__file__).parents[2]
STATES = "running", "awaiting_user_input"
MESSAGE = "Fix the login redirect"


@dataclass(slots=True)
class Far:
    """Such a server, seen from here."""

    address: str
    _said: IO[str]

    def launched_at(self) -> float:
        """When the next launch came, in the time of `time.monotonic`. Waits for it."""
        return float(self._said.readline())


@contextmanager
def far(rows: int = 0, running: int = 0) -> Iterator[Far]:
    """Starts one, and ends it."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.bench.far", str(rows), str(running)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield Far(process.stdout.readline().strip(), process.stdout)
        finally:
            process.terminate()


async def _serve(rows: int, running: int) -> None:
    server = DemoServer(pace=Pace.quick(), rate=None, recording=False, max_concurrent=running + 100)
    for number in range(rows - running):
        server.add(
            title=f"Conversation {number}", status="STOPPED", agent_state="finished", repository="acme/web"
        )
    live = [server.add(title=f"At work {number}", last_words="…") for number in range(running)]

    async def changing(request: web.Request) -> web.StreamResponse:
        for one in live:
            await _change(server, one)
        return await really(request)

    server.answer_always("list", changing)
    behind = await server.start()
    port = int(behind.rpartition(":")[2])
    front = await asyncio.start_server(lambda *ends: _relay(port, *ends), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{front.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, os.read, 0, 1)  # until whoever started us is gone


async def _change(server: DemoServer, one: Conversation) -> None:
    """New words and another state, as an agent at work has them between two looks."""
    await server.store(one, events.message("agent", f"Step {len(one.log)}", []))
    await server.store(one, events.state_changed(STATES[one.state == STATES[0]]))
    one.touch()


async def _relay(port: int, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
    first = await near.read(65536)
    at = asyncio.get_running_loop().time()  # the clock of time.monotonic
    if first.startswith(b"POST /api/conversations "):
        print(at, flush=True)
    answers, server = await asyncio.open_connection("127.0.0.1", port)
    server.write(first)
    await asyncio.gather(_pass_on(near, server), _pass_on(answers, back))


async def _pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while part := await source.read(65536):
            sink.write(part)
            await sink.drain()
    except ConnectionError:
        pass
    finally:
        sink.close()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2])))
