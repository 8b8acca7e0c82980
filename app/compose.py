"""The one place that builds the objects and connects them. Window, commands and tests start here. No Qt."""

import asyncio
import importlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import SecretStr

from app.core import child_process
from app.core.budget import Budget
from app.core.known_server import KnownServer
from app.core.launching import Launching
from app.core.polling import Polling
from app.core.read_schedule import NoSchedule, ReadSchedule
from app.core.server_port import ServerPort, read_facts
from app.core.servers import Server, ServerAddress, ServerFacts
from app.core.session_actions import SessionActions
from app.core.sessions import SessionBook
from app.core.tasks import Tasks
from app.core.whole_texts import WholeTexts
from app.errors import RefusedByServer
from app.redaction import learn

DEMO_START_S = 20.0
DEMO_END_S = 2.0
DEMO_LINE = 4096
"""In bytes: how much is read of what it says."""

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


@dataclass(slots=True)
class Connection:
    """One server, spoken to: all that lives as long as we stay with it. Its key may be replaced meanwhile."""

    server: Server
    client: ServerPort
    book: SessionBook
    known: KnownServer
    budget: Budget
    polling: ReadSchedule
    launching: Launching
    actions: SessionActions
    whole_texts: WholeTexts
    tasks: Tasks

    def use_key(self, key: SecretStr | None) -> None:
        """Goes on with this key. Rows, launches that are out and what is known of the server stay."""
        learn(key)
        self.server = replace(self.server, key=key)
        self.client.use_key(key)
        self.polling.retry_now(with_another_key=True)

    async def aclose(self) -> None:
        """Ends reading and sending. A launch that is out may become a conversation all the same."""
        await self.tasks.aclose()
        await self.client.aclose()


async def connect(
    server: Server,
    report: Callable[[BaseException], None],
    *,
    reads: bool = True,
    beside: Iterable[Connection] = (),
) -> Connection:
    """Builds what a server needs. Whether it answers is not waited for.

    `reads`: keeps the whole list true from now on, for who shows it. `beside`: what lives already; a server
    counts what comes from this machine, whatever the key, so all that ask one server share a budget.
    """
    openhands = await create_client(server)
    tasks = Tasks(report)
    book = SessionBook()
    origin = server.address.origin
    budgets = (one.budget for one in beside if one.server.address.origin == origin)
    known, budget = (
        KnownServer(ServerFacts(capabilities=openhands.capabilities)),
        next(budgets, None) or Budget(),
    )
    polling: ReadSchedule = NoSchedule(budget)
    if reads:
        polling = under_way = Polling(openhands, book, known, budget, report=report)
        tasks.start("polling", under_way.run)
    launching = Launching(openhands, book, known, budget, polling, tasks)
    actions = SessionActions(openhands, book, budget, polling, tasks)
    whole_texts = WholeTexts(openhands, book, budget, tasks)
    return Connection(server, openhands, book, known, budget, polling, launching, actions, whole_texts, tasks)


async def create_client(server: Server) -> ServerPort:
    """A client for this server. Its library is loaded in a thread: it takes longer than a frame.

    No key goes to a server before it is known to whatever masks secrets.
    """
    learn(server.key)
    await asyncio.to_thread(importlib.import_module, "app.client.v0.api")
    from app.client.v0.api import OpenHandsClient

    return OpenHandsClient(server)


async def read_server_facts(server: Server) -> ServerFacts:
    """What a look at this server finds; raises any `LauncherError`."""
    openhands = await create_client(server)
    try:
        return await read_facts(openhands)
    finally:
        await openhands.aclose()


async def requires_key(server: Server) -> bool:
    """Whether this server, or what stands before it, refuses who comes without a key; raises what else goes wrong."""
    openhands = await create_client(replace(server, key=None))
    try:
        await openhands.check_key()
    except RefusedByServer:
        return True
    finally:
        await openhands.aclose()
    return False


class DemoDidNotStart(Exception):
    """The process ended, or said nothing in time."""


class DemoProcess:
    """The demo server, in a process of its own that ends when its standard input closes."""

    def __init__(self) -> None:
        self._process: child_process.Process | None = None
        self._server: Server | None = None
        self._attempt: object = None
        self._lock = threading.Lock()

    async def start(self) -> Server:
        """Where it listens; one that runs already goes on with its conversations. Raises `DemoDidNotStart`."""
        if self._server is None or self._process is None or self._process.poll() is not None:
            await self.aclose()
            self._attempt = attempt = object()
            try:
                async with asyncio.timeout(DEMO_START_S):
                    self._server = await asyncio.to_thread(self._start, attempt)
            except (
                OSError,
                TimeoutError,
                ValueError,
                LookupError,
                TypeError,
            ):  # or it did not say where it is
                await self.aclose()
                raise DemoDidNotStart from None
        return self._server

    async def aclose(self) -> None:
        """Ends it, by force when it does not end by itself."""
        with self._lock:  # a thread that is about to start it does not, or has
            process, self._process, self._server, self._attempt = self._process, None, None, None
        if process:
            await asyncio.to_thread(_end, process)

    def _start(self, attempt: object) -> Server:
        # Not the launcher's own environment: there may be a key in it.
        environment = {name: os.environ[name] for name in _CHILD_NEEDS if name in os.environ}
        with self._lock:
            if self._attempt is not attempt:
                raise OSError("closed in the meantime")
            self._process = process = child_process.start(
                (sys.executable, "-m", "app.demo"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=environment,
                cwd=Path(__file__).parents[1],  # -m looks here first: where we stand may be another "app"
            )
        assert process.stdout is not None
        said = json.loads(process.stdout.readline(DEMO_LINE))
        return Server(ServerAddress(said["address"]), is_demo=True)


def _end(process: child_process.Process) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(OSError):
        process.stdin.close()
    child_process.finish(process, DEMO_END_S)
    process.stdout.close()
