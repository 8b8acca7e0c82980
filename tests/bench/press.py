"""From the press to the request on the wire, and to the row in the list."""

import asyncio
import time

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QAbstractButton

from app.ui.controller import Controller
from app.ui.sessions.view import SessionsView
from tests.bench.far import MESSAGE, Far, far
from tests.bench.measure import Figure, alone
from tests.bench.window import connected, in_loop, message_of, until

REST_S = 0.05
MORE = 3
"""It is quick to take, and a busy machine disturbs milliseconds more than seconds."""

FRAME_MS = 16
"""How long a screen shows one picture."""


def press(n: int) -> list[Figure]:
    """Launch, on a fresh connection: the request leaves within a frame, and the next one shows its row."""
    taken: list[tuple[float, float]] = []

    async def take() -> None:
        with far() as server:
            async with connected(server.address) as controller:
                for at in range(MORE * n + 1):
                    await _quiet(controller)
                    both = await _press_ms(controller, server)
                    taken.extend([both] if at else [])  # the first warms up

    in_loop(take)
    wire, row = zip(*taken, strict=True)
    return [
        alone("press", "Press of Launch to the request on the wire", "ms", wire, bound=FRAME_MS),
        alone("press_row", "Press of Launch to its row painted in the list", "ms", row, bound=2 * FRAME_MS),
    ]


async def _press_ms(controller: Controller, server: Far) -> tuple[float, float]:
    message_of(controller).setPlainText(MESSAGE)
    button, sessions = (
        controller.window.findChild(QAbstractButton, "launch"),
        controller.window.findChild(SessionsView),
    )
    assert isinstance(button, QAbstractButton)
    assert isinstance(sessions, SessionsView)
    await until(lambda: controller.window.launch.form.is_checked, "what is typed was checked")
    await asyncio.sleep(REST_S)  # whoever presses has seen what he typed
    row = _Row(sessions)
    began = time.monotonic()
    button.click()
    sent = await asyncio.to_thread(server.launched_at)
    await until(lambda: row.painted_at, "the row was painted")
    await until(lambda: not message_of(controller).toPlainText(), "the launch was accepted")
    return (sent - began) * 1000, (row.painted_at - began) * 1000


class _Row(QObject):
    """When the list has painted a row that it did not have before."""

    def __init__(self, sessions: SessionsView) -> None:
        super().__init__(sessions)
        self.painted_at = 0.0
        self._sessions = sessions
        self._before = sessions.current()
        sessions.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QPaintEvent) and self._is_new(event):
            self._sessions.viewport().removeEventFilter(self)
            QTimer.singleShot(0, self, self._note)  # when all that this frame paints is painted
        return False

    def _is_new(self, event: QPaintEvent) -> bool:
        session, before = self._sessions.current(), self._before
        if session is None or (before and session.key == before.key):
            return False
        return event.region().intersects(self._sessions.visualRect(self._sessions.currentIndex()))

    def _note(self) -> None:
        self.painted_at = time.monotonic()


async def _quiet(controller: Controller) -> None:
    """Until what the launch before began is over, and painted, and no read is out."""
    assert controller.connection is not None
    connection = controller.connection
    resting = controller.window.findChild(QTimer, "view_settles")
    assert isinstance(resting, QTimer)
    await until(
        lambda: len(connection.tasks.names()) == 1 and not resting.isActive(), "only the polling goes on"
    )
    await asyncio.sleep(REST_S)
    async with connection.budget.turn():
        await asyncio.sleep(0)
