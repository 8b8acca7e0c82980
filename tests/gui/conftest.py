"""Real widgets against the demo server over real sockets: no client is mocked."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from typing import Protocol, TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from app.core.servers import Server, ServerAddress
from app.core.session import Session
from app.core.tasks import Tasks
from app.ui import theme
from app.ui.controller import Controller
from app.ui.window import MainWindow
from tests.conftest import until
from tests.demo import Running, running
from tests.demo.pace import Pace
from tests.demo.server import DemoServer
from tests.memory_settings import MemorySettings

W = TypeVar("W", bound=QWidget)


@pytest.fixture
def demo() -> Iterator[Running]:
    with running(DemoServer(pace=Pace.quick())) as server:
        yield server


class OpenDesk:
    """A window on a server, as a person sees it: widgets by name, keys and clicks."""

    def __init__(self, controller: Controller) -> None:
        self.controller = controller
        self.window = controller.window

    def find(self, kind: type[W], name: str) -> W:
        found = self.window.findChild(kind, name)
        assert isinstance(found, kind), f"no {kind.__name__} named {name}"
        return found

    def type(self, name: str, text: str) -> None:
        widget = self.find(QWidget, name)
        widget.setFocus()
        QTest.keyClicks(widget, text)

    def click(self, name: str) -> None:
        QTest.mouseClick(self.find(QWidget, name), Qt.MouseButton.LeftButton)

    def press(self) -> None:
        self.click("launch")

    async def settle(self) -> None:
        """Until what the window began is done: a connection, a look at a server."""
        await self.controller._tasks.drain()

    def rows(self) -> list[Session]:
        assert self.controller.connection
        return self.controller.connection.book.sessions()


class Open(Protocol):
    def __call__(self, address: str, key: str | None = None) -> AbstractAsyncContextManager[OpenDesk]: ...


async def close_between_reads(controller: Controller) -> None:
    """anyio forgets a socket that is cancelled in the moment in which it connects, and the collector warns of it."""
    with suppress(TimeoutError):
        async with asyncio.timeout(1), AsyncExitStack() as turn:
            for budget in {connection.budget for connection in controller.connections.values()}:
                await turn.enter_async_context(budget.turn())
            await controller.aclose()
    await controller.aclose()


@pytest.fixture
def open_desk(loop: asyncio.AbstractEventLoop) -> Open:
    """Opens a window on a server, and closes all that came with it."""
    from pydantic import SecretStr
    from PySide6.QtWidgets import QApplication

    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.install(app)

    @asynccontextmanager
    async def opened(address: str, key: str | None = None) -> AsyncGenerator[OpenDesk, None]:
        faults: list[BaseException] = []
        tasks = Tasks(faults.append)
        window = MainWindow(tasks)
        window.complete()
        controller = Controller(window, tasks, MemorySettings(), faults.append)
        controller.window.show()
        controller.begin(Server(ServerAddress(address), SecretStr(key) if key else None), demo=False)
        try:
            await until(lambda: controller.connection, "connected")
            yield OpenDesk(controller)
        finally:
            await tasks.aclose()
            await close_between_reads(controller)
            controller.window.close()
            controller.window.deleteLater()
        assert not faults

    return opened
