"""A real window on a real demo server, to be brought into a state."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import SecretStr
from PySide6.QtWidgets import QAbstractButton, QWidget

from app.client.v0 import translation
from app.client.v0.schemas import Event
from app.core.contact import Contact
from app.core.conversations import AgentChanged, AgentSaid, Phase
from app.core.servers import Server, ServerAddress
from app.core.sessions import Session
from app.core.tasks import Tasks
from app.errors import Loc
from app.ui.desk import Desk
from app.ui.sessions.quote import Quote
from app.ui.sessions.view import SessionsView
from app.ui.window import MainWindow
from tests.conftest import until
from tests.demo.pace import Pace
from tests.demo.server import DemoServer

W = TypeVar("W", bound=QWidget)

PORTS = 3000, 3001
"""Wished for, so that the same address stands in each picture."""


def _newest_of(log: Iterable[dict[str, Any]]) -> tuple[str, str]:
    """What a row says of these events when all of them are read: the agent's state, and the begin of its last words."""
    updates = [translation.update_of(Event.model_validate(event)) for event in log]
    states = [one.word for one in updates if isinstance(one, AgentChanged)]
    words = [one.text[:100] for one in updates if isinstance(one, AgentSaid)]
    return states[-1] if states else "", words[-1] if words else ""


@dataclass(slots=True)
class Stage:
    """A window, and the demo server it may be connected to."""

    server: DemoServer
    address: str
    desk: Desk
    tasks: Tasks

    @property
    def window(self) -> MainWindow:
        return self.desk.window

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
        self.desk.begin(server, demo=False)
        await until(lambda: self.contact not in (None, Contact.LOOKING), "connected")
        await until(self._all_read, "all is read")

    @property
    def contact(self) -> Contact | None:
        return self.desk.connection.known.connected.contact if self.desk.connection else None

    def rows(self) -> list[Session]:
        assert self.desk.connection
        return self.desk.connection.book.sessions()

    def _all_read(self) -> bool:
        """All that is listed, and the events of what runs or is in view."""
        assert self.desk.connection
        rows, there = self.rows(), self.server.conversations
        if self.contact is not Contact.CONNECTED:
            return True
        facts = self.desk.connection.known.facts
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
        for quote in self.window.findChildren(Quote):
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
    desk = Desk(window, tasks, broken.append)
    desk.window.show()
    try:
        yield Stage(server, address, desk, tasks)
    finally:
        server.release("answer")  # while somebody waits for it: a handler of nobody would outlive the server
        await tasks.aclose()
        await desk.aclose()
        desk.window.close()
        desk.window.deleteLater()
        await server.stop()
    assert not broken, broken
