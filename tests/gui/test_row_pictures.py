"""A row that was painted once looks as one that is painted for the first time, whatever has changed since."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.compose import Connection
from app.core.connection_status import ConnectionState, ConnectionStatus
from app.core.sessions import SessionBook
from app.ui.sessions import SessionsPane
from app.ui.sessions.view import SessionsView
from app.ui.theme import set_scheme
from tests.gui.connections import CONNECTED, NotingConnection
from tests.gui.finding import find
from tests.unit import v0

NOW = datetime(2026, 11, 24, 14, 4, tzinfo=UTC)
ONE, OTHER = "1" * 32, "2" * 32


@dataclass
class Stage:
    """A pane of two rows, on which things happen."""

    qtbot: QtBot
    now: datetime = NOW
    status: ConnectionStatus = CONNECTED
    size: tuple[int, int] = 480, 500
    selected: str = ONE
    book: SessionBook = field(init=False)
    asked: NotingConnection = field(init=False)

    def __post_init__(self) -> None:
        self.book = SessionBook(lambda: self.now)
        self.asked = NotingConnection(self.book)
        self.list(ONE, "Fix the login")
        self.list(OTHER, "Write the docs", minutes=5)

    def list(self, id_: str, title: str, *, status: str = "STOPPED", minutes: int = 2) -> None:
        born = NOW - timedelta(minutes=minutes)
        row = v0.listed(conversation_id=id_, title=title, status=status, created_at=born)
        self.book.apply_page([row])

    def open(self) -> SessionsPane:
        pane = SessionsPane(now=lambda: self.now)
        self.qtbot.addWidget(pane)
        self.asked.known.set_status(self.status)
        pane.set_connection(cast(Connection, self.asked))
        self.show(pane)
        return pane

    def show(self, pane: SessionsPane) -> None:
        """As it stands now."""
        self.asked.known.set_status(self.status)
        pane.resize(*self.size)
        pane.show()
        row = self.book.by_id(self.selected)
        assert row is not None
        pane.select(row.key)


def seen(pane: SessionsPane) -> QImage:
    view = find(pane, SessionsView, "sessions")
    last = view.visualRect(view.model().index(view.model().rowCount() - 1, 0))
    return view.viewport().grab(QRect(0, 0, view.width(), last.bottom())).toImage()


def another_title(stage: Stage) -> None:
    stage.list(ONE, "Fix the log-out")


def another_state(stage: Stage) -> None:
    stage.list(OTHER, "Write the docs", status="RUNNING", minutes=5)


def another_row(stage: Stage) -> None:
    stage.list("3" * 32, "Mend the build", minutes=1)


def another_selection(stage: Stage) -> None:
    stage.selected = OTHER


def another_size(stage: Stage) -> None:
    stage.size = 400, 500


def an_hour_later(stage: Stage) -> None:
    stage.now += timedelta(hours=1)


def away(stage: Stage) -> None:
    stage.list(OTHER, "Write the docs", status="RUNNING", minutes=5)
    stage.status = ConnectionStatus(ConnectionState.AWAY, NOW - timedelta(minutes=30))


def in_the_dark(_stage: Stage) -> None:
    set_scheme(Qt.ColorScheme.Dark)


@pytest.fixture(autouse=True)
def light(qapp: object) -> Iterator[None]:
    set_scheme(Qt.ColorScheme.Light)
    yield
    set_scheme(Qt.ColorScheme.Unknown)


CHANGES = (
    another_title,
    another_state,
    another_row,
    another_selection,
    another_size,
    an_hour_later,
    away,
    in_the_dark,
)


@pytest.mark.parametrize("change", CHANGES)
def test_a_row_is_painted_as_it_is_now(qtbot: QtBot, change: Callable[[Stage], None]) -> None:
    stage = Stage(qtbot)
    pane = stage.open()
    before = seen(pane)
    change(stage)
    stage.show(pane)
    after = seen(pane)
    assert after != before
    pane.hide()
    assert after == seen(stage.open())
