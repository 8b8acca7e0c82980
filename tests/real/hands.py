"""What a person does at the window and reads from it, while a real server takes its time."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Self, TypeVar

from PySide6.QtCore import QObject, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QListView, QTextEdit, QWidget

from app.core.connection_status import ConnectionStatus
from app.core.session_words import STATE_WORDINGS
from app.ui.sessions.model import ROW, SessionRow
from app.ui.theme import Bar, Segments
from tests import conftest
from tests.gui.conftest import Open, OpenDesk
from tests.gui.finding import note_of
from tests.real.server import RealServer

W = TypeVar("W", bound=QWidget)
PATIENCE_S = 40.0  # measured alone on two cores: 10 s until a row hears of the end, 10 s for a new start
VERSION = "connected · OpenHands 0.53.0"


async def until(condition: Callable[[], object], what: str) -> None:
    """Waits for what a real server needs its time for."""
    await conftest.until(condition, what, PATIENCE_S)


@asynccontextmanager
async def connected(open_desk: Open, server: RealServer) -> AsyncGenerator[OpenDesk, None]:
    """A window whose header says which OpenHands it has found."""
    async with open_desk(server.url, server.key) as controller:
        await until(lambda: standing(controller) == VERSION, "the version in the header")
        yield controller


class Browser(QObject):
    """In place of the one of this machine, while the `with` lasts."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        self.opened.append(url.toString())

    def __enter__(self) -> Self:
        QDesktopServices.setUrlHandler("http", self, "open")  # type: ignore[arg-type] # it takes no bytes
        return self

    def __exit__(self, *_: object) -> None:
        QDesktopServices.unsetUrlHandler("http")


# What one reads.


def standing(controller: OpenDesk) -> str:
    """What the header says beside the server's address."""
    return controller.window.header.server.standing()


def bar(controller: OpenDesk) -> Bar:
    return controller.find(Bar, "bar")


def note(controller: OpenDesk, name: str) -> str:
    """What stands under a field that is in view; empty for one that is not."""
    note = note_of(controller.window.launch, name)
    return note.text() if note.isVisible() else ""


def held(controller: OpenDesk, name: str) -> str:
    """What a field of the form holds."""
    return str(controller.window.launch.draft.get(tuple(name.split("."))))


def listed(controller: OpenDesk) -> list[str]:
    """The sessions of the list as a screen reader speaks them."""
    return [f"{STATE_WORDINGS[row.state].word}: {spoken}" for spoken, row in _rows(controller)]


def says(controller: OpenDesk, *facts: str) -> bool:
    """Whether one session of the list says all of this."""
    return any(all(fact in spoken for fact in facts) for spoken in listed(controller))


def last_words(controller: OpenDesk) -> str:
    """What the detail of the current session says."""
    return controller.find(QTextEdit, "last_words").toPlainText()


def follow(controller: OpenDesk) -> list[str]:
    """Fills with the words for the states that the only session goes through."""
    model, seen = controller.find(QListView, "sessions").model(), list[str]()

    def look() -> None:
        for _, row in _rows(controller):
            if (word := STATE_WORDINGS[row.state].word) not in seen[-1:]:
                seen.append(word)

    model.rowsInserted.connect(look)
    model.dataChanged.connect(look)
    return seen


def hear_contacts(controller: OpenDesk) -> list[ConnectionStatus]:
    """Fills with every change in how the window stands with its server."""
    assert controller.controller.connection
    known, heard = controller.controller.connection.known, list[ConnectionStatus]()
    before = known.status
    known.watch(lambda: heard.append(known.status) if known.status != before else None)
    return heard


def _rows(controller: OpenDesk) -> list[tuple[str, SessionRow]]:
    model = controller.find(QListView, "sessions").model()
    indexes = [model.index(at, 0) for at in range(model.rowCount())]
    rows = [(str(index.data(Qt.ItemDataRole.AccessibleTextRole)), index.data(ROW)) for index in indexes]
    return [(spoken, row) for spoken, row in rows if isinstance(row, SessionRow)]


# What one does; only with what is in view.


def fill(controller: OpenDesk, name: str, text: str) -> None:
    """Puts a text into a field in place of what is in it."""
    fill_in(controller.window.launch, name, text)


def fill_in(where: QWidget, name: str, text: str) -> None:
    field = seen(where, QWidget, name)
    field.setFocus()
    QTest.keySequence(field, QKeySequence(QKeySequence.StandardKey.SelectAll))
    QTest.keyClicks(field, text)


def click(where: QWidget, name: str) -> None:
    QTest.mouseClick(seen(where, QWidget, name), Qt.MouseButton.LeftButton)


def choose(controller: OpenDesk, name: str, label: str) -> None:
    """Chooses in a list by typing, as one does with the keyboard."""
    field = seen(controller.window, QComboBox, name)
    QTest.keyClicks(field, label)
    assert field.currentText() == label


def choose_segment(where: QWidget, name: str, label: str) -> None:
    segments = seen(where, QWidget, name)
    assert isinstance(segments, Segments)
    [segment] = [one for one in segments.findChildren(QAbstractButton) if one.text() == label]
    QTest.mouseClick(segment, Qt.MouseButton.LeftButton)


def open_fold(controller: OpenDesk, title: str) -> None:
    [header] = [one for one in controller.window.findChildren(QAbstractButton) if one.text() == title]
    assert header.isVisible(), title
    QTest.mouseClick(header, Qt.MouseButton.LeftButton)


def paste(controller: OpenDesk, name: str) -> None:
    QTest.keySequence(seen(controller.window, QWidget, name), QKeySequence(QKeySequence.StandardKey.Paste))


def seen(where: QWidget, kind: type[W], name: str) -> W:
    """The widget of this name that is in view."""
    [widget] = [one for one in where.findChildren(kind, name) if one.isVisible()]
    return widget
