"""The one place that builds the objects and ties them together. Window, commands and tests start here. No Qt."""

import asyncio
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.core.acts import Acts
from app.core.launching import Launching
from app.core.polling import Polling
from app.core.redaction import Redactor
from app.core.servers import Found, OpenHands, Server, ServerAddress, look_at
from app.core.sessions import SessionBook
from app.core.tasks import Tasks

_CHILD_NEEDS = (
    "PATH",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "TMPDIR",
    "LANG",
    "PYTHONPATH",
    "PYTHONDONTWRITEBYTECODE",
)


@dataclass(frozen=True, slots=True)
class Connection:
    """One server, spoken to: all that lives as long as we stay with it."""

    server: Server
    openhands: OpenHands
    book: SessionBook
    polling: Polling
    launching: Launching
    acts: Acts
    tasks: Tasks

    async def aclose(self) -> None:
        """Ends reading and sending. A launch that is out has left already: its row is all that is lost."""
        await self.tasks.aclose()
        await self.openhands.aclose()


async def connect(server: Server, redactor: Redactor, report: Callable[[BaseException], None]) -> Connection:
    """Builds what a server needs, and starts to read its list."""
    redactor.learn(server.key)
    openhands = await speak_to(server)
    tasks = Tasks(report)
    book = SessionBook()
    polling = Polling(openhands, book)
    launching = Launching(openhands, book, polling, tasks)
    acts = Acts(openhands, book, polling, tasks)
    tasks.start("polling", polling.run)
    return Connection(server, openhands, book, polling, launching, acts, tasks)


async def speak_to(server: Server) -> OpenHands:
    """A client for this server. Its library is loaded in a thread: it takes longer than a frame."""
    await asyncio.to_thread(importlib.import_module, "app.client.api")
    from app.client.api import OpenHandsClient

    return OpenHandsClient(server)


async def look(server: Server) -> Found:
    """What a look at this server finds; raises any `LauncherError`."""
    openhands = await speak_to(server)
    try:
        return await look_at(openhands)
    finally:
        await openhands.aclose()


class DemoProcess:
    """The demo server, in a process of its own that ends when its standard input closes."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._server: Server | None = None

    async def start(self) -> Server:
        """Where it listens; one that runs already goes on with its conversations."""
        if self._server is None or self._process is None or self._process.poll() is not None:
            self.close()
            self._server = await asyncio.to_thread(self._start)
        return self._server

    def close(self) -> None:
        if process := self._process:
            self._process = None
            process.communicate()

    def _start(self) -> Server:
        # Not the launcher's own environment: there may be a key in it.
        environment = {name: os.environ[name] for name in _CHILD_NEEDS if name in os.environ}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "app.demo"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=Path(__file__).parents[1],  # -m looks here first: where we stand may be another "app"
        )
        assert self._process.stdout is not None
        said = json.loads(self._process.stdout.readline())
        return Server(ServerAddress(said["address"]), is_demo=True)
