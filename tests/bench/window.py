"""A connected window in this process, for what happens in its loop."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QPlainTextEdit

from app.core.servers import Server, ServerAddress
from app.core.tasks import Tasks
from app.ui import theme
from app.ui.controller import Controller
from app.ui.loop import Loop
from app.ui.window import MainWindow
from tests.bench.measure import NotTaken
from tests.memory_settings import MemorySettings

PATIENCE_S = 60.0


def in_loop(work: Callable[[], Coroutine[None, None, None]]) -> None:
    """Runs it in Qt's loop and asyncio's, as the program does."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    qt = QApplication.instance() or QApplication([])
    assert isinstance(qt, QApplication)
    qt.setQuitOnLastWindowClosed(False)
    theme.install(qt)
    with asyncio.Runner(loop_factory=lambda: Loop(qt)) as runner:
        runner.run(work())
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()  # here: in the thread of a server it would end what is Qt's


@asynccontextmanager
async def connected(address: str, rows: int = 0) -> AsyncIterator[Controller]:
    """A window that shows so many rows of this server, and knows its settings."""
    faults: list[BaseException] = []
    tasks = Tasks(faults.append)
    window = MainWindow(tasks)
    window.complete()
    controller = Controller(window, tasks, MemorySettings(), faults.append)
    controller.window.show()
    controller.begin(Server(ServerAddress(address)), demo=False)
    try:
        await until(lambda: _has_read(controller, rows), "the list was read")
        yield controller
    finally:
        await tasks.aclose()
        await controller.aclose()
        controller.window.close()
        controller.window.deleteLater()
    if faults:
        raise faults[0]


def message_of(controller: Controller) -> QPlainTextEdit:
    """The field of the message."""
    found = controller.window.findChild(QPlainTextEdit, "initial_user_msg")
    assert isinstance(found, QPlainTextEdit)
    return found


async def until(condition: Callable[[], object], what: str) -> None:
    """Raises `NotTaken` when it never comes true."""
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                await asyncio.sleep(0.005)
            return
    raise NotTaken(f"in a minute it never came true that {what}")


def _has_read(controller: Controller, rows: int) -> bool:
    if controller.connection is None:
        return False
    facts = controller.connection.known.facts
    return facts.settings_known and bool(facts.version) and len(controller.connection.book.sessions()) >= rows
