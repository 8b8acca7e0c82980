"""Nothing of the window is ever outside it, or it outside the screen: narrow windows, large letters, small screens."""

from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QFont, QFontMetrics, QScreen
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.core.mcp import McpKind
from app.core.tasks import Tasks
from app.ui.dialogs import Question, Sheet
from app.ui.launch.address import AddressDialog
from app.ui.mcp.dialog import McpServerDialog
from app.ui.servers.page import ServersPage
from app.ui.theme import Button, FlowLayout, Segments, install
from app.ui.theme.sizes import font, use_system_font
from app.wire.schemas import MCPStdioServerConfig


@pytest.fixture(params=[13, 20])
def letters(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[None]:
    """The system's font, as it comes and half as large again."""
    before = qapp.font()
    face = QFont(before)
    face.setPixelSize(request.param)
    qapp.setFont(face)
    install(qapp)
    yield
    qapp.setFont(before)
    use_system_font(before)


def outside(window: QWidget) -> list[str]:
    """What shows of the window beyond its left or right edge, and the labels that are cut."""
    found = []
    for widget in window.findChildren(QWidget):
        place = QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())
        if not widget.isVisible() or widget.window() is not window or place.isEmpty():
            continue
        text = widget.text() if isinstance(widget, QLabel) and not widget.wordWrap() else ""
        cut = widget.fontMetrics().horizontalAdvance(text) - 1 > place.width() and "…" not in text
        if place.left() < 0 or place.right() >= window.width() or cut:
            found.append(f"{type(widget).__name__} {widget.objectName()} {text!r} {place.getRect()}")
    return found


@pytest.fixture
def small_screen(monkeypatch: pytest.MonkeyPatch) -> QRect:
    screen = QRect(0, 0, 360, 480)
    monkeypatch.setattr(QScreen, "availableGeometry", lambda _screen: screen)
    return screen


SERVER = MCPStdioServerConfig(
    name="fetch", command="uvx", env={"TOKEN": SecretStr("a"), "REGION": SecretStr("b")}
)


@pytest.mark.usefixtures("letters")
@pytest.mark.parametrize(
    "make",
    [
        lambda parent: McpServerDialog(parent, None),
        lambda parent: McpServerDialog(parent, SERVER),
        lambda parent: AddressDialog(parent, Tasks(lambda fault: None)),
        lambda parent: Question(parent, "Delete this conversation?", "It is gone for good. " * 30, "Delete"),
    ],
    ids=["new server", "server", "address", "question"],
)
def test_a_dialog_fits_a_small_screen(
    qtbot: QtBot, small_screen: QRect, make: Callable[[QWidget], Sheet]
) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.setGeometry(small_screen)
    parent.show()
    sheet = make(parent)
    sheet.open()
    for button in sheet.findChildren(Button):
        if button.parent() is sheet.foot.parentWidget():
            place = QRect(button.mapTo(sheet, QPoint(0, 0)), button.size())
            assert sheet.rect().contains(place), button.text()
    assert outside(sheet) == []
    assert small_screen.contains(sheet.frameGeometry())
    sheet.close()


def test_a_dialog_that_grows_stays_on_the_screen(qtbot: QtBot, small_screen: QRect) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.setGeometry(0, 60, 360, 400)
    parent.show()
    sheet = McpServerDialog(parent, None)
    sheet.open()
    sheet.move(2, 120)
    kind = sheet.findChild(QWidget, "kind")
    assert isinstance(kind, Segments)
    before = sheet.height()
    kind.set_value(McpKind.STDIO)
    qtbot.waitUntil(lambda: sheet.height() > before)
    assert small_screen.contains(sheet.frameGeometry())
    sheet.close()


@pytest.mark.usefixtures("letters")
def test_the_page_of_servers_fits_360_pixels(qtbot: QtBot) -> None:
    page = ServersPage(Tasks(lambda fault: None))
    qtbot.addWidget(page)
    page.ask(None, can_leave=True)
    page._found.show_found(
        "OpenHands 0.53.0 · needs no key · model set · GitHub, GitLab, Bitbucket", needs_key=False
    )
    page._show_found(True)
    page._nothing.show()
    page.resize(360, 480)
    page.show()
    assert outside(page) == []


def test_a_row_that_is_too_narrow_goes_on_in_the_next_line(qtbot: QtBot) -> None:
    whole = QWidget()
    row = FlowLayout(10)
    parts = [QWidget() for _ in range(3)]
    for part in parts:
        part.setFixedSize(100, 20)
    row.addWidget(parts[0])
    row.add_stretch()
    row.addWidget(parts[1])
    row.addWidget(parts[2])
    whole.setLayout(row)
    qtbot.addWidget(whole)
    for width, places in (
        (400, [(0, 0), (190, 0), (300, 0)]),  # what comes after the stretch is at the right end
        (220, [(0, 0), (120, 0), (120, 30)]),
        (110, [(0, 0), (10, 30), (10, 60)]),
    ):
        whole.resize(width, row.heightForWidth(width))
        whole.show()
        row.activate()
        assert [(part.x(), part.y()) for part in parts] == places


def test_segments_give_up_their_padding_before_a_letter(qtbot: QtBot) -> None:
    kinds = Segments("Kind", [(0, "Message"), (1, "Suggested task"), (2, "Microagent"), (3, "Replay")])
    qtbot.addWidget(kinds)
    kinds.resize(kinds.minimumSizeHint())
    kinds.show()
    for value in range(4):
        segment = kinds.segment(value)
        kinds.set_value(value)
        bold = QFontMetrics(font("label_strong"))
        assert bold.elidedText(segment.text(), Qt.TextElideMode.ElideRight, segment.width()) == segment.text()
    assert kinds.width() < 300
