"""The field that takes one of several values from a list."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QListView,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.ui.text import in_own_direction
from app.ui.theme.frame import FieldFrame, Level
from app.ui.theme.icons import draw_icon
from app.ui.theme.paint import mirrored
from app.ui.theme.sizes import CONTROL, GAP, ICON, control_height, font
from app.ui.theme.theme import colours

V = TypeVar("V")
_PADDING = 11
_ROW = 28


class ChoiceField(QComboBox, Generic[V]):
    """A closed list of values. They stay Python objects: Qt would turn a StrEnum into a plain str."""

    def __init__(
        self, items: Sequence[tuple[V, str]] = (), *, icon: str | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._icon = icon
        self._frame = FieldFrame(self)
        self._values: list[V] = []
        view = QListView(self)
        view.setMouseTracking(True)
        self.setView(view)
        self.setItemDelegate(_Row(self))
        self.setFixedHeight(control_height(CONTROL, "body"))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setMaxVisibleItems(12)
        self.set_items(items)

    def set_items(self, items: Sequence[tuple[V, str]]) -> None:
        """Offer these values; the chosen one stays chosen if it is among them, else the first is."""
        chosen = self._values[self.currentIndex()] if self._values else None
        self.blockSignals(True)
        self.clear()
        self._values = [value for value, _ in items]
        self.addItems([label for _, label in items])
        self.setCurrentIndex(self._values.index(chosen) if chosen in self._values else 0)
        self.blockSignals(False)
        self.updateGeometry()

    def value(self) -> V:
        """The chosen value."""
        return self._values[self.currentIndex()]

    def set_value(self, value: V) -> None:
        """Choose `value`; one that is not offered is a ValueError."""
        self.setCurrentIndex(self._values.index(value))

    def set_problem(self, level: Level | None) -> None:
        """Mark the border for a problem or a warning; None takes the mark away."""
        self._frame.set_problem(level)

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self.font())
        widest = max((metrics.horizontalAdvance(self.itemText(n)) for n in range(self.count())), default=0)
        return QSize(widest + self._text_left() + GAP + ICON + _PADDING, self.maximumHeight())

    def minimumSizeHint(self) -> QSize:
        return QSize(self._text_left() + 32 + ICON + _PADDING, self.maximumHeight())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """A form that is scrolled must not change the choice that passes under the pointer."""
        event.ignore()

    def showPopup(self) -> None:
        """The list opens below the field, or above it when there is no room, never over it."""
        super().showPopup()
        popup = self.view().window()
        popup.setFixedWidth(max(self.width(), popup.width()))
        below = self.mapToGlobal(QPoint(0, self.height() + 2))
        fits = below.y() + popup.height() <= self.screen().availableGeometry().bottom()
        popup.move(below if fits else self.mapToGlobal(QPoint(0, -2 - popup.height())))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._frame.paint(painter)
        c = colours()
        ink = c.text if self.isEnabled() else c.text_3
        if self._icon:
            draw_icon(painter, mirrored(self, QRect(_PADDING, 0, ICON, self.height())), self._icon, c.text_2)
        chevron = QRect(self.width() - _PADDING - ICON, 0, ICON, self.height())
        quiet = c.text_2 if self.isEnabled() else c.text_3
        draw_icon(painter, mirrored(self, chevron), "chevron-down", quiet)
        room = QRect(self._text_left(), 0, chevron.left() - GAP // 2 - self._text_left(), self.height())
        shown = QFontMetrics(self.font()).elidedText(
            self.currentText(), Qt.TextElideMode.ElideRight, room.width()
        )
        painter.setFont(self.font())
        painter.setPen(ink)
        painter.drawText(mirrored(self, room), Qt.AlignmentFlag.AlignVCenter, in_own_direction(shown))

    def _text_left(self) -> int:
        return _PADDING + (ICON + GAP if self._icon else 0)


class _Row(QStyledItemDelegate):
    """A row of the open list: the one under the pointer on a soft ground, the chosen one with a tick."""

    def __init__(self, field: QComboBox) -> None:
        super().__init__(field)
        self._field = field

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        text = QFontMetrics(font("body")).horizontalAdvance(str(index.data()))
        return QSize(text + 2 * _PADDING + GAP + ICON, control_height(_ROW, "body"))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        c = colours()
        under = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.fillRect(option.rect, c.select if under else c.raised)
        painter.setFont(font("body"))
        painter.setPen(c.text)
        room = option.rect.adjusted(_PADDING, 0, -_PADDING, 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, str(index.data()))
        if index.row() == self._field.currentIndex():
            tick = QRect(room.right() - ICON, room.y(), ICON, room.height())
            draw_icon(painter, QStyle.visualRect(option.direction, option.rect, tick), "check", c.accent_text)
