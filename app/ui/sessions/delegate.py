"""Paints a row: shape, title, age; then the state's word in its colour, where it is and what it does.

Where that is too long, repository and branch give way first, and what it asks or says is cut at the end.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QHelpEvent, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app import formats
from app.core.session import Session, SessionKey
from app.core.session_words import age_from, place_and_doing, shown_title, state_word
from app.translation import locale
from app.ui.sessions.model import ROW, GroupRow, Row, SessionRow
from app.ui.sessions.state_shapes import STATE_SHAPES
from app.ui.text import in_own_direction
from app.ui.theme import colours, draw_shape
from app.ui.theme.paint import draw_ring
from app.ui.theme.sizes import GAP, ICON, FontRole, font, line_height, tabular
from app.ui.theme.theme import colour

_MARGIN = 16
_TEXT = 42
_FIRST = 8
_BAR = 3
_NEWS_RADIUS = 3
_LEAST_PLACE = 0.5
"""Of the second line, for repository and branch, where there is not room for all."""

_LEAST_LETTERS = 6

Visual = Callable[[QRect], QRect]
"""Where a place lies on the screen that is given as one reads from the left."""

AGES_S = 15
"""Ages of rows that do not change are looked at so often."""

PICTURES = 40
"""More rows than a list shows at once; each takes some 100 kB."""

_STATE = QStyle.StateFlag
_PAINTED_STATES = _STATE.State_Selected | _STATE.State_MouseOver | _STATE.State_HasFocus


class SessionDelegate(QStyledItemDelegate):
    """`away_since`: since when the server is away, so that rows can say of when they are."""

    def __init__(self, now: Callable[[], datetime], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._now = now
        self.away_since: datetime | None = None
        self._line = line_height("strong")
        self._pictures: dict[tuple[SessionKey, QStyle.StateFlag], tuple[tuple[object, ...], QPixmap]] = {}
        """What was painted last, and how it looked: rows that only make room for another one are not drawn anew."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        row: Row = index.data(ROW)
        area: QRect = option.rect
        if isinstance(row, GroupRow):
            _paint_header(painter, area, index.data())
            return
        painter.drawPixmap(area.topLeft(), self._picture(row, option, painter.device().devicePixelRatio()))

    def _picture(self, row: SessionRow, option: QStyleOptionViewItem, ratio: float) -> QPixmap:
        """The row as it looks now; its ages may be `AGES_S` old."""
        area = QRect(QPoint(), option.rect.size())
        state = option.state & _PAINTED_STATES
        moment = int(self._now().timestamp() // AGES_S)
        looks = (row, area, ratio, option.direction, colours(), moment, self.away_since, locale())
        painted = self._pictures.pop((row.key, state), None)
        if painted is None or painted[0] != looks:
            painted = looks, self._drawn(row, area, option.direction, state, ratio)
        self._pictures[row.key, state] = painted  # behind the others
        if len(self._pictures) > PICTURES:
            del self._pictures[next(iter(self._pictures))]
        return painted[1]

    def _drawn(
        self,
        row: SessionRow,
        area: QRect,
        direction: Qt.LayoutDirection,
        state: QStyle.StateFlag,
        ratio: float,
    ) -> QPixmap:
        picture = QPixmap(area.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        visual = partial(QStyle.visualRect, direction, area)
        with QPainter(picture) as painter:
            painter.setLayoutDirection(direction)
            _paint_ground(painter, area, visual, state)
            self._paint_session(painter, area, visual, row)
        return picture

    def _paint_session(self, painter: QPainter, area: QRect, visual: Visual, row: SessionRow) -> None:
        """As one reads from the left; `visual` mirrors each place where one reads from the right."""
        session, c = row.session, colours()
        shape, ink = STATE_SHAPES[row.state]
        left, right = area.left() + _TEXT, area.right() + 1 - _MARGIN
        middle = area.top() + _FIRST + self._line // 2 + 1
        sign = QRect(area.left() + _MARGIN, middle - ICON // 2, ICON, ICON)
        draw_shape(painter, visual(sign), shape, colour(ink))
        if session.has_news:
            _paint_news(painter, visual(QRect(area.left() + 9 - _NEWS_RADIUS, middle, 2 * _NEWS_RADIUS, 0)))
        first = QRect(left, area.top() + _FIRST, right - left, self._line)
        taken = _draw_at_end(
            painter, visual(first), in_own_direction(self._age(session)), tabular(font("label")), c.text_3
        )
        _draw(
            painter,
            visual(first.adjusted(0, 0, -taken, 0)),
            in_own_direction(shown_title(session)),
            font("strong"),
            c.text,
        )
        second = first.translated(0, self._line)
        word = in_own_direction(state_word(session, row.state))
        used = _draw(painter, visual(second), word, font("label_strong"), colour(ink))
        rest = fitted(self._parts(session), second.width() - used)
        _draw(painter, visual(second.adjusted(used, 0, 0, 0)), rest, font("label"), c.text_2)

    def helpEvent(
        self,
        event: QHelpEvent,
        view: QAbstractItemView,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> bool:
        """A tooltip tells only what a row had to cut."""
        row = index.data(ROW)
        is_cut = isinstance(row, SessionRow) and self._is_cut(row, option.rect.width() - _TEXT - _MARGIN)
        return super().helpEvent(event, view, option, index if is_cut else QModelIndex())

    def _is_cut(self, row: SessionRow, room: int) -> bool:
        age = self._age(row.session)
        first = _width(shown_title(row.session), "strong") + (_width(age, "label") + GAP if age else 0)
        word = _width(state_word(row.session, row.state), "label_strong")
        return first > room or word + _width(_in_line(self._parts(row.session)), "label") > room

    def _age(self, session: Session) -> str:
        return formats.age(age_from(session), self._now())

    def _parts(self, session: Session) -> tuple[str, str, str]:
        return place_and_doing(session, self._now(), self.away_since)


def _in_line(parts: Iterable[str]) -> str:
    return "".join(f" · {in_own_direction(one)}" for one in parts if one)


def fitted(parts: tuple[str, str, str], room: int) -> str:
    """The second line, so that its last part, be it a question, has most of the room."""
    repository, branch, now_doing = parts
    if not now_doing or _width(_in_line(parts), "label") <= room:
        return _in_line(parts)
    place = max(room - _width(_in_line([now_doing]), "label"), round(room * _LEAST_PLACE))
    place -= sum(
        _width(_in_line([one]), "label") - _width(one, "label") for one in (repository, branch) if one
    )
    for_branch = max(place - _width(repository, "label"), place // 2 if repository else place)
    branch = _elided(branch, for_branch)
    return _in_line([_elided(repository, place - _width(branch, "label")), branch, now_doing])


def _elided(text: str, room: int) -> str:
    """Cut in its middle: branches begin alike, and end with what tells them apart. A mere rest is left out."""
    shown = QFontMetrics(font("label")).elidedText(text, Qt.TextElideMode.ElideMiddle, max(0, room))
    return shown if shown == text or len(shown) >= _LEAST_LETTERS else ""


def _width(text: str, role: FontRole) -> int:
    return QFontMetrics(font(role)).horizontalAdvance(text)


def _paint_header(painter: QPainter, area: QRect, name: str) -> None:
    line = line_height("group")
    box = QRect(area.left() + _MARGIN, area.bottom() - 4 - line, area.width() - 2 * _MARGIN, line)
    painter.fillRect(area, colours().window)
    _draw(painter, box, name, font("group"), colours().text_3)


def _paint_ground(painter: QPainter, area: QRect, visual: Visual, state: QStyle.StateFlag) -> None:
    c = colours()
    selected, hovered = state & _STATE.State_Selected, state & _STATE.State_MouseOver
    painter.fillRect(area, c.select if selected else c.hover if hovered else c.window)
    if selected:
        painter.fillRect(visual(QRect(area.left(), area.top(), _BAR, area.height())), c.accent)
    if state & _STATE.State_HasFocus:
        draw_ring(painter, QRectF(area), 0, c.focus)


def _paint_news(painter: QPainter, line: QRect) -> None:
    """The mark of a failure that nobody has looked at."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colours().bad)
    painter.drawEllipse(QPointF(line.x() + _NEWS_RADIUS, line.y()), _NEWS_RADIUS, _NEWS_RADIUS)


def _draw(painter: QPainter, box: QRect, text: str, face: QFont, ink: QColor) -> int:
    """Draws one line, cut at its end, and gives the width that it took."""
    metrics = QFontMetrics(face)
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, box.width())
    painter.setFont(face)
    painter.setPen(ink)
    painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
    return metrics.horizontalAdvance(shown)


def _draw_at_end(painter: QPainter, box: QRect, text: str, face: QFont, ink: QColor) -> int:
    """Draws one line at the end, and gives the width that is taken there, with its gap."""
    if not text:
        return 0
    painter.setFont(face)
    painter.setPen(ink)
    painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
    return QFontMetrics(face).horizontalAdvance(text) + GAP
