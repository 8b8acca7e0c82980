"""One image among the others: small, and moved, opened and removed with mouse or keys alike."""

from collections.abc import Callable

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
)
from PySide6.QtWidgets import QApplication

from app.translation import gettext as _
from app.ui.text import plain_text, set_tooltip
from app.ui.theme import IconButton, colours, draw_icon
from app.ui.theme.key_repeat import is_repeat
from app.ui.theme.paint import draw_box, draw_ring, mirrored
from app.ui.theme.pressable import Pressable
from app.ui.theme.sizes import RADIUS

SIDE = 44
_CROSS = 20
_BADGE = 18
_LIFTED = 0.6


class Tile(Pressable):
    """Who holds Delete down removes one; who drags it moves it while he does."""

    removed = Signal()
    moved = Signal(int)
    """By so many places, to the right if it is positive."""
    dragged = Signal(QPoint)
    """The pointer holds it over this place of its parent."""
    menu_wanted = Signal(QPoint)

    def __init__(self, about: str, picture: Callable[[], QImage | None], *, is_web: bool) -> None:
        super().__init__()
        self._about = plain_text(about, single_line=True)
        self._picture = picture
        self._is_web = is_web
        self._badge = ""
        self._press: QPointF | None = None
        self._is_dragged = False
        self.setFixedSize(SIDE, SIDE)
        self._cross = IconButton("close", _("Remove image"), _CROSS, self)
        self._cross.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._cross.setGeometry(mirrored(self, QRect(SIDE - _CROSS, 0, _CROSS, _CROSS)))
        self._cross.clicked.connect(self.removed)
        self._cross.hide()
        self.set_name([], warns=False)

    def set_name(self, notes: list[str], *, warns: bool) -> None:
        """What was done to the image, and what there is to know about it."""
        self._badge = ("warning" if warns else "info") if notes else ""
        keys = [
            _("Press Enter or click to enlarge it. Ctrl+Left and Ctrl+Right, or dragging, move it."),
            _("Delete removes it. The menu key or a right click offers more."),
        ]
        self.setAccessibleDescription(" ".join([*notes, *keys]))
        set_tooltip(self, "\n".join([self._about, *notes, *keys]))
        self.update()

    def stand_at(self, number: int) -> None:
        """Its place among the images, from 1."""
        name = _("Image {number}, {about}").format(number=number, about=self._about)
        self.setAccessibleName(name)

    def sizeHint(self) -> QSize:
        return QSize(SIDE, SIDE)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        forward = -1 if self.isRightToLeft() else 1
        steps = {Qt.Key.Key_Left: -forward, Qt.Key.Key_Right: forward}
        with_ctrl = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if with_ctrl and event.key() in steps:
            self.moved.emit(steps[Qt.Key(event.key())])
        elif event.key() not in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            super().keyPressEvent(event)
        elif not is_repeat(event):
            self.removed.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() is QContextMenuEvent.Reason.Keyboard
        self.menu_wanted.emit(self.mapToGlobal(self.rect().center()) if by_key else event.globalPos())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        if event.button() is Qt.MouseButton.LeftButton:
            self._press = event.globalPosition()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Not with Qt's drag and drop, whose loop would stop all coroutines: it never leaves its row."""
        if self._press is None:
            return
        way = (event.globalPosition() - self._press).manhattanLength()
        if self._is_dragged or way >= QApplication.startDragDistance():
            self._show_dragged(True)
            self.dragged.emit(self.mapToParent(event.position().toPoint()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._press = None
        if not self._is_dragged:
            super().mouseReleaseEvent(event)
            return
        self._show_dragged(False)
        self.setDown(False)

    def _show_dragged(self, is_dragged: bool) -> None:
        if is_dragged != self._is_dragged:
            self._is_dragged = is_dragged
            self.setCursor(Qt.CursorShape.ClosedHandCursor if is_dragged else Qt.CursorShape.ArrowCursor)
            self.raise_()
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        hovered = self.underMouse() and not self._is_dragged
        self._cross.setVisible(hovered)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        box = QRectF(self.rect())
        draw_box(painter, box, RADIUS, fill=colours().sunken, border=colours().line)
        self._paint_picture(painter, box)
        if self._badge:
            spot = QRectF(mirrored(self, QRect(2, SIDE - _BADGE - 2, _BADGE, _BADGE)))
            draw_box(painter, spot, _BADGE / 2, fill=colours().surface, border=colours().line)
            ink = colours().needs if self._badge == "warning" else colours().text_2
            draw_icon(painter, spot.adjusted(2, 2, -2, -2), self._badge, ink)
        if hovered:  # a cross must be seen on any picture
            ground = QRectF(self._cross.geometry())
            draw_box(painter, ground, RADIUS, fill=colours().surface, border=colours().line)
        if self.hasFocus() or self._is_dragged:
            draw_ring(painter, box, RADIUS, colours().focus)

    def _paint_picture(self, painter: QPainter, box: QRectF) -> None:
        if (picture := self._picture()) is None:
            icon = "link" if self._is_web else "image"
            draw_icon(painter, box.adjusted(14, 14, -14, -14), icon, colours().text_2)
            return
        path = QPainterPath()
        path.addRoundedRect(box.adjusted(1, 1, -1, -1), RADIUS - 1, RADIUS - 1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(_LIFTED if self._is_dragged else 1)
        painter.setClipPath(path)
        painter.drawImage(box, picture)
        painter.restore()
