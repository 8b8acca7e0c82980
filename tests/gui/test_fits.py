"""Nothing of the window is ever outside it, or it outside the screen: narrow windows, large letters, small screens."""

import time
from collections.abc import Callable, Iterator
from typing import cast

import pytest
from pydantic import SecretStr
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.core.mcp import McpKind
from app.core.tasks import Tasks
from app.ui import window_placement
from app.ui.dialogs import Question, Sheet
from app.ui.launch.address import AddressDialog
from app.ui.mcp.dialog import McpServerDialog
from app.ui.servers.page import ServersPage
from app.ui.theme import Button, FlowLayout, Segments, install
from app.ui.theme.sizes import WINDOW_MIN, font, use_system_font
from app.ui.window import MainWindow
from app.wire.schemas import MCPStdioServerConfig
from tests.memory_settings import MemorySettings


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
    return _have(monkeypatch, QRect(0, 0, 360, 480))


def _have(monkeypatch: pytest.MonkeyPatch, screen: QRect) -> QRect:
    """From now on this is what is free of every screen."""
    monkeypatch.setattr(window_placement, "free_of", lambda _screen: screen)
    return screen


SCREENS = (1280, 860), (1024, 600), (800, 480)
SCALES = 1, 1.25, 1.5, 2, 3
LOGICAL = sorted(
    {(round(width / scale), round(height / scale)) for width, height in SCREENS for scale in SCALES}
)


@pytest.fixture
def kept() -> MemorySettings:
    return MemorySettings()


@pytest.fixture
def open_window(qtbot: QtBot, kept: MemorySettings) -> Callable[[], MainWindow]:
    """Opens a window where the last one stood."""
    install(cast(QApplication, QApplication.instance()))

    def opened() -> MainWindow:
        window = MainWindow(Tasks(lambda fault: None))
        qtbot.addWidget(window)
        window.restore(kept.geometry())
        window.show()
        window.complete()
        return window

    return opened


@pytest.mark.parametrize("size", LOGICAL, ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_first_window_fits_every_screen_at_every_scale(
    monkeypatch: pytest.MonkeyPatch,
    open_window: Callable[[], MainWindow],
    size: tuple[int, int],
) -> None:
    screen = _have(monkeypatch, QRect(0, 0, *size))
    window = open_window()
    assert screen.contains(window.frameGeometry())
    assert window.minimumSize().boundedTo(QSize(*WINDOW_MIN)) == window.minimumSize()
    shown = {False: window.launch, True: window.servers}
    if size[0] >= WINDOW_MIN[0]:
        for servers, page in shown.items():
            window.show_servers(servers)
            assert page.isVisible()
            nothing_is_outside(window)
    launch = window.launch.foot.launch
    window.show_servers(False)
    assert window.rect().contains(QRect(launch.mapTo(window, QPoint(0, 0)), launch.size()))


@pytest.mark.parametrize("at", [(0, 0), (2500, 900), (-900, -300)], ids=str)
def test_a_window_that_stood_on_a_larger_screen_or_a_missing_one_is_brought_in(
    monkeypatch: pytest.MonkeyPatch,
    open_window: Callable[[], MainWindow],
    kept: MemorySettings,
    at: tuple[int, int],
) -> None:
    _have(monkeypatch, QRect(-1920, -1080, 2 * 3840, 2 * 2160))
    before = open_window()
    before.setGeometry(*at, 1900, 1000)
    kept.keep_geometry(bytes(before.saveGeometry().data()))
    screen = _have(monkeypatch, QRect(0, 24, 1024, 576))
    assert screen.contains(open_window().frameGeometry())


def test_a_window_that_fits_stands_where_it_stood(
    open_window: Callable[[], MainWindow], kept: MemorySettings
) -> None:
    before = open_window()
    before.setGeometry(40, 50, 500, 520)
    place = before.geometry()
    kept.keep_geometry(bytes(before.saveGeometry().data()))
    assert open_window().geometry() == place


def test_a_window_whose_screen_shrinks_follows(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, open_window: Callable[[], MainWindow]
) -> None:
    _have(monkeypatch, QRect(0, 0, 1600, 900))
    window = open_window()
    window.move(300, 100)
    screen = _have(monkeypatch, QRect(0, 0, 800, 480))
    window.screen().availableGeometryChanged.emit(screen)
    qtbot.waitUntil(lambda: screen.contains(window.frameGeometry()))


@pytest.mark.usefixtures("letters")
def test_the_smallest_window_grows_with_the_letters_and_shows_every_kind(
    monkeypatch: pytest.MonkeyPatch, open_window: Callable[[], MainWindow]
) -> None:
    _have(monkeypatch, QRect(0, 0, 1600, 1200))
    window = open_window()
    window.resize(window.minimumSize())
    nothing_is_outside(window)
    kinds = window.launch.findChild(QWidget, "kind")
    assert isinstance(kinds, Segments)
    assert kinds.width() >= kinds.minimumSizeHint().width()


SERVER = MCPStdioServerConfig(
    name="fetch", command="uvx", env={"TOKEN": SecretStr("a"), "REGION": SecretStr("b")}
)


def nothing_is_outside(window: QWidget) -> None:
    """As soon as it is laid out."""
    end = time.monotonic() + 5
    while found := outside(window):
        assert time.monotonic() < end, found
        QTest.qWait(5)


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
    in_foot = [one for one in sheet.findChildren(Button) if one.parent() is sheet.foot.parentWidget()]
    assert in_foot
    for button in in_foot:
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
