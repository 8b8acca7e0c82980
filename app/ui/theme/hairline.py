"""A line of one device pixel or two between areas."""

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.ui.theme.paint import draw_line
from app.ui.theme.sizes import LINE
from app.ui.theme.theme import colours


class Hairline(QWidget):
    """A horizontal or vertical hairline."""

    def __init__(
        self, orientation: Qt.Orientation = Qt.Orientation.Horizontal, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._horizontal = orientation is Qt.Orientation.Horizontal
        if self._horizontal:
            self.setFixedHeight(LINE)
        else:
            self.setFixedWidth(LINE)

    def paintEvent(self, event: QPaintEvent) -> None:
        end = QPointF(self.width(), 0) if self._horizontal else QPointF(0, self.height())
        draw_line(QPainter(self), QPointF(0, 0), end, colours().line)
