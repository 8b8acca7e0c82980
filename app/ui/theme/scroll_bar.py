"""A scroll bar that is only its thumb: it lies on whatever ground the pane has."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QScrollBar, QStyle, QStyleOptionSlider, QWidget

from app.ui.theme.paint import draw_box
from app.ui.theme.theme import colours

_THICK = 12
_INSET = 3


class ScrollBar(QScrollBar):
    """Give it to a scroll area with `setVerticalScrollBar`; the style's own is grey and framed."""

    def __init__(self, orientation: Qt.Orientation, parent: QWidget | None = None) -> None:
        super().__init__(orientation, parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent, False)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def sizeHint(self) -> QSize:
        upright = self.orientation() is Qt.Orientation.Vertical
        return QSize(_THICK, 3 * _THICK) if upright else QSize(3 * _THICK, _THICK)

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        thumb = self.style().subControlRect(
            QStyle.ComplexControl.CC_ScrollBar, option, QStyle.SubControl.SC_ScrollBarSlider, self
        )
        ink = QColor(colours().line_strong)
        if not (self.underMouse() or self.isSliderDown()):
            ink.setAlphaF(0.55)
        box = QRectF(thumb).adjusted(_INSET, _INSET, -_INSET, -_INSET)
        draw_box(QPainter(self), box, min(box.width(), box.height()) / 2, fill=ink)
