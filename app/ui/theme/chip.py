"""A small pill for one thing of a list: press it to open the thing, press its cross to take it away."""

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy

from app.translation import gettext as _
from app.ui.text import in_own_direction, plain_text
from app.ui.theme.icons import draw_icon
from app.ui.theme.key_repeat import is_repeat
from app.ui.theme.paint import draw_box, draw_ring, mirrored
from app.ui.theme.pressable import Pressable
from app.ui.theme.sizes import CHIP, ICON, control_height, font
from app.ui.theme.theme import colours

_PADDING = 9
_GAP = 4
_CROSS = ICON + 2 * _GAP
_WIDEST_TEXT = 200


class Chip(Pressable):
    """Enter or a press opens it, Delete or its cross removes it. One that cannot go is hollow."""

    activated = Signal()
    removed = Signal()

    def __init__(self, text: str, icon: str | None = None, *, removable: bool = True, name: str = "") -> None:
        super().__init__(name=name)
        self._icon = icon
        self._removable = removable
        self._on_cross = False
        self._shown = plain_text(text, single_line=True)
        self.setAccessibleName(self._shown)
        if removable:
            self.setAccessibleDescription(_("Enter opens it, Delete removes it."))
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self._pressed)

    def sizeHint(self) -> QSize:
        text = min(_WIDEST_TEXT, QFontMetrics(font("label")).horizontalAdvance(self._shown))
        end = _CROSS + 1 if self._removable else _PADDING + 1
        return QSize(self._text_left() + text + end, control_height(CHIP, "label"))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._on_cross = self._cross().contains(event.position().toPoint())
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens, Delete removes; who holds it down removes one."""
        self._on_cross = False
        if not self._removable or event.key() not in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            super().keyPressEvent(event)
        elif not is_repeat(event):
            self.removed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        c = colours()
        painter = QPainter(self)
        box = QRectF(self.rect())
        ground = c.sunken if self._removable else None
        hovered = self.underMouse() and self.isEnabled()
        draw_box(painter, box, box.height() / 2, fill=c.hover if hovered else ground, border=c.line)
        if self.hasFocus():
            draw_ring(painter, box, box.height() / 2, c.focus)
        ink = c.text if self._removable and self.isEnabled() else c.text_2
        if self._icon:
            draw_icon(painter, mirrored(self, QRect(_PADDING, 0, ICON, self.height())), self._icon, ink)
        end = self.width() - (_CROSS if self._removable else _PADDING)
        room = mirrored(self, QRect(self._text_left(), 0, end - self._text_left() + 1, self.height()))
        shown = QFontMetrics(font("label")).elidedText(self._shown, Qt.TextElideMode.ElideRight, room.width())
        painter.setFont(font("label"))
        painter.setPen(ink)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, in_own_direction(shown))
        if self._removable:
            self._draw_cross(painter)

    def _draw_cross(self, painter: QPainter) -> None:
        cross = self._cross()
        if self.underMouse() and cross.contains(self.mapFromGlobal(self.cursor().pos())):
            ground = QRectF(0, 0, ICON, ICON)
            ground.moveCenter(QRectF(cross).center())
            draw_box(painter, ground, ICON / 2, fill=colours().line)
        draw_icon(painter, cross, "close", colours().text)

    def _cross(self) -> QRect:
        if not self._removable:
            return QRect()
        return mirrored(self, QRect(self.width() - _CROSS, 0, _CROSS, self.height()))

    def _text_left(self) -> int:
        return _PADDING + (ICON + _GAP if self._icon else 2)

    def _pressed(self) -> None:
        on_cross, self._on_cross = self._on_cross, False
        (self.removed if on_cross else self.activated).emit()
