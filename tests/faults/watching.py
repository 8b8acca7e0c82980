"""A life with a server that may lie, as the window shows it: real widgets off-screen, painted with every change."""

import asyncio
import time
from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QListView, QWidget

from app.core.tasks import Tasks
from app.ui import theme
from app.ui.controller import Controller
from app.ui.loop import Loop
from app.ui.window import MainWindow
from tests.faults.living import LIFE_S, TIMES, Lived, Person, caught, server_at
from tests.memory_settings import MemorySettings

LOOKS = 12
"""How often the window is looked at after the last deed."""


class Hurried(Loop):
    """Its time goes `TIMES` times as fast as a clock."""

    def time(self) -> float:
        return time.monotonic() * TIMES

    def call_later(self, delay: float, *more: Any, **options: Any) -> Any:
        return super().call_later(delay / TIMES, *more, **options)


def a_loop() -> Loop:
    app = QApplication.instance() or QApplication(["liar"])
    assert isinstance(app, QApplication)
    app.setQuitOnLastWindowClosed(False)
    theme.install(app)
    return Hurried(app)


async def live_in_window(address: str, deeds: Iterable[str]) -> Lived:
    """One life, from the first look to closing. Raises what is no error of ours."""
    lived = Lived()
    with caught(lived):
        tasks = Tasks(lived.bugs.append)
        window = MainWindow(tasks)
        window.complete()
        controller = Controller(window, tasks, MemorySettings(), lived.bugs.append)
        window.show()
        controller.begin(server_at(address), demo=False)
        while not controller.connection:
            await asyncio.sleep(0.1)
        person = Person(controller.connection, lived)
        try:
            for deed in deeds:
                await person.does(deed)
                look(window)
            for _ in range(LOOKS):
                await asyncio.sleep(LIFE_S / LOOKS)
                look(window)
        finally:
            await tasks.aclose()
            await controller.aclose()
            window.close()
            window.deleteLater()
            await asyncio.sleep(0)
    return lived


def look(window: MainWindow) -> None:
    """The next row becomes the current one, and all of the window is painted."""
    view = window.findChild(QListView)
    assert view is not None
    QTest.keyClick(view, Qt.Key.Key_Down)
    for name in ("sessions_pane", "detail", "header"):
        widget = window.findChild(QWidget, name)
        assert widget is not None
        widget.grab()
