"""Who reads from the right sees the same screen mirrored: what paints itself, and what is laid out by hand."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtGui import QImage, QKeyEvent, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QApplication, QListView, QStyle, QStyleOptionViewItem, QWidget
from pytestqt.qtbot import QtBot

from app.core.session import Session, SessionKey
from app.core.session_state import State
from app.ui.header import ServerButton
from app.ui.launch.image_tile import Tile
from app.ui.sessions.delegate import SessionDelegate, fitted
from app.ui.sessions.model import ROW, SessionRow
from app.ui.theme import (
    Bar,
    Button,
    Chip,
    ChoiceField,
    FlowLayout,
    Fold,
    LineField,
    ScrollPane,
    Segments,
    install,
)

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LETTERS = "oooo"
"""They look the same from both sides."""
_SLACK = 3


@pytest.fixture
def read_from(qapp: QApplication) -> Iterator[Callable[[Qt.LayoutDirection], None]]:
    install(qapp)
    yield qapp.setLayoutDirection
    qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


def inked(picture: QImage) -> list[int]:
    """The columns that have something on them in the middle of the height."""
    middle = range(picture.height() // 2 - 4, picture.height() // 2 + 4)
    columns = [[picture.pixel(x, y) for y in middle] for x in range(picture.width())]
    [(ground, _)] = Counter(one for column in columns for one in column).most_common(1)
    return [x for x, column in enumerate(columns) if any(one != ground for one in column)]


def are_mirrored(one: list[int], other: list[int], width: int) -> bool:
    def covers(some: list[int], all_: list[int]) -> bool:
        return all(any(abs(width - 1 - x - y) <= _SLACK for y in all_) for x in some)

    return covers(one, other) and covers(other, one)


def a_server() -> QWidget:
    button = ServerButton()
    button.set_name("run", LETTERS, "")
    return button


def a_fold() -> QWidget:
    fold = Fold(LETTERS)
    fold.set_summary("oo")
    return fold


def a_line() -> QWidget:
    return LineField(icon="plus")


def segments() -> QWidget:
    row: Segments[int] = Segments("Kind", [(0, LETTERS), (1, "oooooooo")])
    row.set_count(0, 8)
    return row


def a_bar() -> QWidget:
    bar = Bar()
    bar.show_message("info", LETTERS, "", "oo")
    return bar


PAINTED: dict[str, tuple[Callable[[], QWidget], int]] = {
    "button": (lambda: Button(LETTERS, icon="plus"), 0),
    "chip": (lambda: Chip(LETTERS, "plus"), 0),
    "choice": (lambda: ChoiceField([(0, LETTERS)], icon="plus"), 200),
    "fold": (a_fold, 300),
    "line": (a_line, 200),
    "segments": (segments, 0),
    "server": (a_server, 300),
    "bar": (a_bar, 500),
}


@pytest.mark.parametrize("name", PAINTED)
def test_what_paints_itself_is_mirrored(
    qtbot: QtBot, read_from: Callable[[Qt.LayoutDirection], None], name: str
) -> None:
    make, width = PAINTED[name]

    def seen() -> list[int]:
        widget = make()
        qtbot.addWidget(widget)
        widget.resize(width or widget.sizeHint().width(), widget.sizeHint().height())
        widget.show()
        return inked(widget.grab().toImage())

    read_from(Qt.LayoutDirection.LeftToRight)
    before = seen()
    read_from(Qt.LayoutDirection.RightToLeft)
    now, wide = seen(), width or make().sizeHint().width()
    assert not are_mirrored(before, before, wide), (
        "it looks the same from both sides: this would show nothing"
    )
    assert are_mirrored(before, now, wide), (before, now)


def test_a_session_is_mirrored(qtbot: QtBot, read_from: Callable[[Qt.LayoutDirection], None]) -> None:
    """Its bar, shape and title, and its age at the other end."""
    row = QStandardItem()
    row.setData(
        SessionRow(
            Session(SessionKey("1"), title=LETTERS, created_at=NOW - timedelta(minutes=2)), State.STOPPED
        ),
        ROW,
    )
    model = QStandardItemModel()
    model.appendRow(row)

    def seen() -> list[int]:
        view = QListView()
        qtbot.addWidget(view)
        picture = QImage(400, 56, QImage.Format.Format_ARGB32)
        painter = QPainter(picture)
        painter.setLayoutDirection(view.layoutDirection())
        option = QStyleOptionViewItem()
        option.initFrom(view)
        option.rect = QRect(0, 0, 400, 56)
        option.state |= QStyle.StateFlag.State_Selected
        SessionDelegate(lambda: NOW, view).paint(painter, option, model.index(0, 0))
        painter.end()
        return inked(picture.copy(0, 8, 400, 18))

    before = seen()
    read_from(Qt.LayoutDirection.RightToLeft)
    assert not are_mirrored(before, before, 400), "it looks the same from both sides: this would show nothing"
    assert are_mirrored(before, seen(), 400)


def test_text_that_is_read_from_the_left_keeps_its_order_in_a_mirrored_row(
    read_from: Callable[[Qt.LayoutDirection], None],
) -> None:
    parts = ("acme/web", "main", "“Shall I?”")
    assert fitted(parts, 1000) == " · acme/web · main · “Shall I?”"
    read_from(Qt.LayoutDirection.RightToLeft)
    assert fitted(parts, 1000) == "".join(f" · \u2068{one}\u2069" for one in parts)


def test_a_form_that_scrolls_stays_where_it_is(
    qtbot: QtBot, read_from: Callable[[Qt.LayoutDirection], None]
) -> None:
    """Its bar lies over it, at the left."""
    read_from(Qt.LayoutDirection.RightToLeft)
    content = QWidget()
    content.setMinimumHeight(1000)
    pane = ScrollPane(content)
    qtbot.addWidget(pane)
    pane.resize(300, 200)
    pane.show()
    qtbot.waitUntil(lambda: pane.verticalScrollBar().maximum() > 0)
    assert content.mapTo(pane, QPoint()).x() == 0
    assert pane.verticalScrollBar().mapTo(pane, QPoint()).x() == 0


def test_a_row_begins_at_the_right(qtbot: QtBot, read_from: Callable[[Qt.LayoutDirection], None]) -> None:
    read_from(Qt.LayoutDirection.RightToLeft)
    whole, row = QWidget(), FlowLayout(10)
    parts = [QWidget() for _ in range(3)]
    for part in parts:
        part.setFixedSize(100, 20)
        row.addWidget(part)
    whole.setLayout(row)
    qtbot.addWidget(whole)
    whole.resize(220, row.heightForWidth(220))
    whole.show()
    row.activate()
    assert [(part.x(), part.y()) for part in parts] == [(120, 0), (10, 0), (120, 30)]


def test_the_cross_of_an_image_stands_at_its_end(
    qtbot: QtBot, read_from: Callable[[Qt.LayoutDirection], None]
) -> None:
    read_from(Qt.LayoutDirection.RightToLeft)
    tile = Tile("a", lambda: None, is_web=False)
    qtbot.addWidget(tile)
    assert tile.findChildren(QWidget)[0].x() == 0


@pytest.mark.parametrize(
    ("direction", "key", "step"),
    [
        (Qt.LayoutDirection.LeftToRight, Qt.Key.Key_Right, 1),
        (Qt.LayoutDirection.RightToLeft, Qt.Key.Key_Left, 1),
        (Qt.LayoutDirection.RightToLeft, Qt.Key.Key_Right, -1),
    ],
)
def test_an_arrow_moves_an_image_the_way_it_points(
    qtbot: QtBot,
    read_from: Callable[[Qt.LayoutDirection], None],
    direction: Qt.LayoutDirection,
    key: Qt.Key,
    step: int,
) -> None:
    read_from(direction)
    tile = Tile("a", lambda: None, is_web=False)
    qtbot.addWidget(tile)
    moved: list[int] = []
    tile.moved.connect(moved.append)
    tile.keyPressEvent(QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.ControlModifier))
    assert moved == [step]


def test_a_field_keeps_its_text_off_its_icon(
    qtbot: QtBot, read_from: Callable[[Qt.LayoutDirection], None]
) -> None:
    line = LineField(icon="plus", password=True)
    qtbot.addWidget(line)
    before = line.textMargins()
    line.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    now = line.textMargins()
    assert (now.left(), now.right()) == (before.right(), before.left())
    assert before.left() != before.right() or before.left() > QRect(0, 0, 16, 16).width()
