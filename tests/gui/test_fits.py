"""Nothing of the window is ever outside it, or it outside the screen: narrow windows, large letters, small screens."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.core.tasks import Tasks
from app.ui.servers.page import ServersPage
from app.ui.theme import FlowLayout, Segments, install
from app.ui.theme.sizes import font, use_system_font


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
        (220, [(0, 0), (120, 0), (0, 30)]),
        (110, [(0, 0), (0, 30), (0, 60)]),
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
