"""One choice among a few, all in view: radio buttons, of which Tab reaches the chosen one and arrows choose."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QGroupBox, QRadioButton, QSizePolicy, QWidget

from app.ui.text import set_tooltip
from app.ui.theme.colours import ColourName
from app.ui.theme.paint import draw_box, draw_ring, mirrored
from app.ui.theme.sizes import CONTROL, GAP, RADIUS, SEGMENT, control_height, font, tabular
from app.ui.theme.theme import colour, colours

V = TypeVar("V")
_INSET = (CONTROL - SEGMENT) // 2
_PADDING = 11
_NARROW = 1


class _Segment(QRadioButton):
    def __init__(self, text: str, parent: QWidget) -> None:
        super().__init__(text, parent)
        self.count: int | None = None
        self.count_ink: ColourName = "text_3"
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the chosen one alone is a tab stop
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def sizeHint(self) -> QSize:
        """As wide as its bold text: choosing it moves nothing."""
        width = QFontMetrics(font("label_strong")).horizontalAdvance(self.text()) + 2 * _PADDING
        return QSize(width + self._count_width(), control_height(SEGMENT, "label_strong"))

    def hitButton(self, pos: QPoint) -> bool:
        return self.rect().contains(pos)

    def paintEvent(self, event: QPaintEvent) -> None:
        c = colours()
        painter = QPainter(self)
        box = QRectF(self.rect())
        ink = c.text_2
        if not self.isEnabled():
            ink = c.text_3
        elif self.isChecked():
            draw_box(painter, box, RADIUS - 1, fill=c.raised, border=c.line)
            ink = c.text
        elif self.underMouse() or self.isDown():
            draw_box(painter, box, RADIUS - 1, fill=c.hover)
            ink = c.text
        if self.hasFocus():
            draw_ring(painter, box, RADIUS - 1, c.focus)
        face = font("label_strong" if self.isChecked() else "label")
        metrics = QFontMetrics(face)
        room = self.width() - self._count_width()
        shown = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, room)
        width = metrics.horizontalAdvance(shown)
        x = (self.width() - width - self._count_width()) // 2
        painter.setFont(face)
        painter.setPen(ink)
        place = mirrored(self, QRect(x, 0, width + 1, self.height()))
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, shown)
        if self.count is not None:
            painter.setFont(tabular(font("label_strong")))
            painter.setPen(colour(self.count_ink))
            place = mirrored(self, QRect(x + width + GAP, 0, self.width(), self.height()))
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, str(self.count))

    def _count_width(self) -> int:
        if self.count is None:
            return 0
        return GAP + QFontMetrics(tabular(font("label_strong"))).horizontalAdvance(str(self.count))


class Segments(QGroupBox, Generic[V]):
    """A named row of segments; each stands for one of the values it was given."""

    changed = Signal()

    def __init__(self, name: str, items: Sequence[tuple[V, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._values = [value for value, _ in items]
        self._segments = [_Segment(label, self) for _, label in items]
        self._group = QButtonGroup(self)
        for number, segment in enumerate(self._segments):
            self._group.addButton(segment, number)
        self._group.idToggled.connect(self._toggled)
        self._segments[0].setChecked(True)
        self.objectNameChanged.connect(self._name_segments)

    def value(self) -> V:
        """The value of the chosen segment."""
        return self._values[self._group.checkedId()]

    def set_value(self, value: V) -> None:
        """Choose the segment of `value`; one that is not there is a ValueError."""
        self._segments[self._values.index(value)].setChecked(True)

    def segment(self, value: V) -> QRadioButton:
        """The button of one value, to press it in a test or to disable it."""
        return self._segments[self._values.index(value)]

    def set_count(self, value: V, count: int | None, ink: ColourName = "text_3") -> None:
        """Show a number behind the label of `value`; None takes it away."""
        segment = self._segments[self._values.index(value)]
        segment.count, segment.count_ink = count, ink
        segment.setAccessibleName(segment.text() if count is None else f"{segment.text()} {count}")
        segment.update()
        self.updateGeometry()
        self._arrange()

    def sizeHint(self) -> QSize:
        return QSize(sum(s.sizeHint().width() for s in self._segments) + 2 * _INSET, self._height())

    def minimumSizeHint(self) -> QSize:
        """In a narrow window the padding goes before a letter does."""
        return QSize(self.sizeHint().width() - 2 * (_PADDING - _NARROW) * len(self._segments), self._height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()

    def paintEvent(self, event: QPaintEvent) -> None:
        draw_box(QPainter(self), QRectF(self.rect()), RADIUS, fill=colours().sunken, border=colours().line)

    def _height(self) -> int:
        return self._segments[0].sizeHint().height() + 2 * _INSET

    def _arrange(self) -> None:
        """By hand: a group box keeps room for a title that is not there."""
        spare = self.width() - self.sizeHint().width()
        x = _INSET
        for number, segment in enumerate(self._segments):
            share, left_over = divmod(spare, len(self._segments))
            width = segment.sizeHint().width() + share + (number < left_over)
            is_cut = width < QFontMetrics(font("label_strong")).horizontalAdvance(segment.text())
            set_tooltip(segment, segment.text() if is_cut else "")
            segment.setGeometry(mirrored(self, QRect(x, _INSET, width, self._height() - 2 * _INSET)))
            x += width

    def _name_segments(self, name: str) -> None:
        """Tests and assistive technology find a segment by the name of the row and its value: "kind.replay"."""
        self.setAccessibleIdentifier(name)
        for value, segment in zip(self._values, self._segments, strict=True):
            segment.setObjectName(f"{name}.{value}")
            segment.setAccessibleIdentifier(f"{name}.{value}")

    def _toggled(self, number: int, on: bool) -> None:
        """Qt takes the others out of the tab order too, but only once one of them has had the focus."""
        policy = Qt.FocusPolicy.TabFocus if on else Qt.FocusPolicy.NoFocus
        self._segments[number].setFocusPolicy(policy)
        if on:
            self.changed.emit()
