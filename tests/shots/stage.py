"""A real window on a real demo server, to be brought into a state."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import SecretStr
from PySide6.QtWidgets import QAbstractButton, QWidget

from app.client.v0 import mapping
from app.client.v0.schemas import Event
from app.core.connection_status import ConnectionState
from app.core.conversations import AgentChanged, AgentSaid, Phase
from app.core.servers import Server, ServerAddress
from app.core.session import Session
from app.core.tasks import Tasks
from app.errors import Loc
from app.ui.controller import Controller
from app.ui.sessions.quoted_text import QuotedText
from app.ui.sessions.view import SessionsView
from app.ui.window import MainWindow
from tests.conftest import until
from tests.demo.pace import Pace
from tests.demo.server import DemoServer
from tests.memory_settings import MemorySettings

W = TypeVar("W", bound=QWidget)

PORTS = 3000, 3001
"""Wished for, so that the same address stands in each picture."""


def _newest_of(log: Iterable[dict[str, Any]]) -> tuple[str, str]:
    """What a row says of these events when all of them are read: the agent's state, and the begin of its last words."""
    updates = [mapping.update_of(Event.model_validate(event)) for event in log]
    states = [one.word for one in updates if isinstance(one, AgentChanged)]
    words = [one.text[:100] for one in updates if isinstance(one, AgentSaid)]
    return states[-1] if states else "", words[-1] if words else ""


@dataclass(slots=True)
class Stage:
    """A window, and the demo server it may be connected to."""

    server: DemoServer
    address: str
    controller: Controller
    tasks: Tasks

    @property
    def window(self) -> MainWindow:
        return self.controller.window

    def find(self, kind: type[W], name: str = "") -> W:
        found = self.window.findChild(kind, name) if name else self.window.findChild(kind)
        assert isinstance(found, kind), f"no {kind.__name__} named {name}"
        return found

    def click(self, name: str) -> None:
        self.find(QAbstractButton, name).click()

    def put(self, **fields: Any) -> None:
        """Fills in fields; `suggested_task__repo` is a field in a part."""
        for name, value in fields.items():
            loc: Loc = tuple(name.split("__"))
            self.window.launch.draft.put(loc, value)

    async def connect(self, key: str | None = None) -> None:
        """Opens the window on the server, and waits until it has read all that there is."""
        server = Server(ServerAddress(self.address), SecretStr(key) if key else None)
        self.controller.begin(server, demo=False)
        await until(lambda: self.contact not in (None, ConnectionState.LOOKING), "connected")
        await until(self._all_read, "all is read")

    @property
    def contact(self) -> ConnectionState | None:
        return self.controller.connection.known.status.state if self.controller.connection else None

    def rows(self) -> list[Session]:
        assert self.controller.connection
        return self.controller.connection.book.sessions()

    def _all_read(self) -> bool:
        """All that is listed, and the events of what runs or is in view."""
        assert self.controller.connection
        rows, there = self.rows(), self.server.conversations
        if self.contact is not ConnectionState.CONNECTED:
            return True
        facts = self.controller.connection.known.facts
        if not facts.version or not facts.settings_known or len(rows) < len(there):
            return False
        ids = {row.conversation_id for row in self.find(SessionsView).in_view() if row.phase is Phase.STOPPED}
        ids |= {row.conversation_id for row in rows if row.phase is Phase.RUNNING}
        newest = {one.conversation_id: _newest_of(one.log) for one in there if one.conversation_id in ids}
        told = {row.conversation_id: (row.agent_word, row.last_words[:100]) for row in rows}
        return all(told[id_] == known for id_, known in newest.items())

    def select(self, title: str) -> None:
        self.window.sessions.select(next(row.key for row in self.rows() if row.title == title))

    async def settle(self) -> None:
        """Until what the window does by itself is done: thumbnails, looks at servers, files."""
        await self.tasks.drain()
        await self.tasks.drain()
        for quote in self.window.findChildren(QuotedText):
            await until(quote.is_whole, "the last words are whole")
        await asyncio.sleep(0)


async def start(server: DemoServer, port: int) -> str:
    try:
        return await server.start(port)
    except OSError:
        await server.stop()
        return await server.start()


@asynccontextmanager
async def staged() -> AsyncGenerator[Stage, None]:
    """A new window and a new server; all that they start is ended."""
    broken: list[BaseException] = []
    server = DemoServer(pace=Pace.quick(), rate=None)
    address = await start(server, PORTS[0])
    tasks = Tasks(broken.append)
    window = MainWindow(tasks, local=address)
    window.complete()
    controller = Controller(window, tasks, MemorySettings(), broken.append)
    controller.window.show()
    try:
        yield Stage(server, address, controller, tasks)
    finally:
        server.release("answer")  # while somebody waits for it: a handler of nobody would outlive the server
        await tasks.aclose()
        await controller.aclose()
        controller.window.close()
        controller.window.deleteLater()
        await server.stop()
    assert not broken, broken
