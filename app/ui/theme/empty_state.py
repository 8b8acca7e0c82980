"""What a pane shows when it has nothing to show: a drawing, what is so, and what to do."""

from collections.abc import Callable
from enum import Enum, auto

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui.theme.button import Button
from app.ui.theme.label import Label
from app.ui.theme.sizes import GAP
from app.ui.theme.theme import colours

_TEXT_WIDTH = 300
_STROKE = 2.0


class Drawing(Enum):
    """The picture of an empty pane."""

    CARD = auto()
    AWAY = auto()
    LOCK = auto()


class EmptyState(QWidget):
    """Drawing, title, text, and the button that does what the text says, in the middle of a pane."""

    def __init__(
        self,
        drawing: Drawing,
        title: str,
        text: str,
        action: Button | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._picture = _Picture(drawing)
        self._title = Label(title, "strong")
        self._text = Label(text, "body", "text_2")
        self._text.setWordWrap(True)
        self._text.setFixedWidth(_TEXT_WIDTH)
        for label in (self._title, self._text):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column = QVBoxLayout(self)
        column.setSpacing(0)
        column.addStretch()
        column.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(3 * GAP - 1)
        column.addWidget(self._title, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(GAP)
        column.addWidget(self._text, 0, Qt.AlignmentFlag.AlignHCenter)
        if action is not None:
            column.addSpacing(2 * GAP)
            column.addWidget(action, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch()

    def set_state(self, drawing: Drawing, title: str, text: str) -> None:
        """Show another drawing with other words."""
        self._picture.drawing = drawing
        self._picture.update()
        self._title.setText(title)
        self._text.setText(text)


class _Picture(QWidget):
    def __init__(self, drawing: Drawing) -> None:
        super().__init__()
        self.drawing = drawing
        self.setFixedSize(84, 60)

    def paintEvent(self, event: QPaintEvent) -> None:
        c = colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(2, 2)
        _use(painter, c.line_strong)
        _DRAWINGS[self.drawing](painter, c.accent)


def _use(p: QPainter, ink: QColor) -> None:
    p.setPen(QPen(ink, _STROKE, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))


def _window(p: QPainter) -> None:
    p.drawRoundedRect(QRectF(1, 1, 78, 54), 6, 6)
    p.drawLine(QPointF(1, 16), QPointF(79, 16))


def _card(p: QPainter, accent: QColor) -> None:
    _window(p)
    p.drawLine(QPointF(13, 28), QPointF(40, 28))
    p.drawLine(QPointF(13, 38), QPointF(55, 38))
    _use(p, accent)
    p.drawEllipse(QPointF(64, 28), 6, 6)


def _away(p: QPainter, accent: QColor) -> None:
    _window(p)
    p.drawLine(QPointF(16, 36), QPointF(30, 36))
    p.drawLine(QPointF(50, 36), QPointF(64, 36))
    _use(p, accent)
    p.drawLine(QPointF(35, 31), QPointF(45, 41))
    p.drawLine(QPointF(45, 31), QPointF(35, 41))


def _lock(p: QPainter, accent: QColor) -> None:
    _window(p)
    _use(p, accent)
    p.drawRoundedRect(QRectF(31, 32, 18, 14), 3, 3)
    p.drawArc(QRectF(34.5, 24, 11, 15), 0, 180 * 16)


_DRAWINGS: dict[Drawing, Callable[[QPainter, QColor], None]] = {
    Drawing.CARD: _card,
    Drawing.AWAY: _away,
    Drawing.LOCK: _lock,
}
