"""Paints a row: shape, title, age; then the state's word in its colour and what it does, cut at the end."""

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app import words
from app.core.session_words import age_from, doing, state_word
from app.core.sessions import Session
from app.ui.sessions.model import ROW, GroupRow, Row, SessionRow
from app.ui.sessions.shapes_of import LOOKS
from app.ui.text import plain_text
from app.ui.theme import colours, draw_shape
from app.ui.theme.paint import draw_ring
from app.ui.theme.sizes import GAP, ICON, font, line_height, tabular
from app.ui.theme.theme import colour

_MARGIN = 16
_TEXT = 42
_FIRST = 8
_BAR = 3
_NEWS_RADIUS = 3
_STATE = QStyle.StateFlag


class SessionDelegate(QStyledItemDelegate):
    """`away_since`: since when the server is away, so that rows can say of when they are."""

    def __init__(self, now: Callable[[], datetime], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._now = now
        self.away_since: datetime | None = None
        self._line = line_height("strong")

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        row: Row = index.data(ROW)
        area: QRect = option.rect
        if isinstance(row, GroupRow):
            _paint_header(painter, area, index.data())
            return
        _paint_ground(painter, area, option.state)
        self._paint_session(painter, area, row)

    def _paint_session(self, painter: QPainter, area: QRect, row: SessionRow) -> None:
        session, now, c = row.session, self._now(), colours()
        shape, ink = LOOKS[row.state]
        left, right = area.left() + _TEXT, area.right() + 1 - _MARGIN
        middle = area.top() + _FIRST + self._line // 2 + 1
        draw_shape(painter, QRect(area.left() + _MARGIN, middle - ICON // 2, ICON, ICON), shape, colour(ink))
        if session.news:
            _paint_news(painter, QPointF(area.left() + 9, middle))
        first = QRect(left, area.top() + _FIRST, right - left, self._line)
        taken = _draw_right(
            painter, first, words.age(age_from(session), now), tabular(font("label")), c.text_3
        )
        _draw(painter, first.adjusted(0, 0, -taken, 0), _title(session), font("strong"), c.text)
        second = first.translated(0, self._line)
        word = state_word(session, row.state)
        used = _draw(painter, second, word, font("label_strong"), colour(ink))
        if rest := doing(session, now, self.away_since):
            _draw(painter, second.adjusted(used, 0, 0, 0), f" · {rest}", font("label"), c.text_2)


def _title(session: Session) -> str:
    return plain_text(session.title, single_line=True) or words.untitled("")


def _paint_header(painter: QPainter, area: QRect, name: str) -> None:
    line = line_height("group")
    box = QRect(area.left() + _MARGIN, area.bottom() - 4 - line, area.width() - 2 * _MARGIN, line)
    painter.fillRect(area, colours().window)
    _draw(painter, box, name, font("group"), colours().text_3)


def _paint_ground(painter: QPainter, area: QRect, state: QStyle.StateFlag) -> None:
    c = colours()
    selected, hovered = state & _STATE.State_Selected, state & _STATE.State_MouseOver
    painter.fillRect(area, c.select if selected else c.hover if hovered else c.window)
    if selected:
        painter.fillRect(QRect(area.left(), area.top(), _BAR, area.height()), c.accent)
    if state & _STATE.State_HasFocus:
        draw_ring(painter, QRectF(area), 0, c.focus)


def _paint_news(painter: QPainter, middle: QPointF) -> None:
    """The mark of a failure that nobody has looked at."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colours().bad)
    painter.drawEllipse(middle, _NEWS_RADIUS, _NEWS_RADIUS)


def _draw(painter: QPainter, box: QRect, text: str, face: QFont, ink: QColor) -> int:
    """Draws one line, cut at its end, and gives the width that it took."""
    metrics = QFontMetrics(face)
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, box.width())
    painter.setFont(face)
    painter.setPen(ink)
    painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
    return metrics.horizontalAdvance(shown)


def _draw_right(painter: QPainter, box: QRect, text: str, face: QFont, ink: QColor) -> int:
    """Draws one line at the right, and gives the width that is taken there, with its gap."""
    if not text:
        return 0
    painter.setFont(face)
    painter.setPen(ink)
    painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
    return QFontMetrics(face).horizontalAdvance(text) + GAP
