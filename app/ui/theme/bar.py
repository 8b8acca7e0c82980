"""The message bar over the form: one sentence in bold, one plain, at most one action."""

from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent, QTextLayout
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QWidget

from app.ui.text import SafeLabel, plain_text
from app.ui.theme.announcements import announce
from app.ui.theme.button import Button
from app.ui.theme.colours import ColourName
from app.ui.theme.icons import Icon
from app.ui.theme.paint import draw_box
from app.ui.theme.paragraph import paragraph
from app.ui.theme.sizes import GAP, RADIUS_CARD, font, line_height
from app.ui.theme.theme import colour, colours

BarLevel = Literal["bad", "warn", "info"]
_GROUND: dict[BarLevel, ColourName] = {"bad": "bad_soft", "warn": "warnbar", "info": "accent_soft"}
_SIGN: dict[BarLevel, tuple[str, ColourName]] = {
    "bad": ("warning", "bad"),
    "warn": ("warning", "needs"),
    "info": ("info", "accent_text"),
}
_LIMIT = 600
_NARROW = 400


class Bar(QWidget):
    """A message over the form; hidden while there is nothing to say."""

    acted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._level: BarLevel = "bad"
        self._icon = Icon("warning", "bad")
        self._words = _Words()
        self._button = Button("", small=True)
        self._button.clicked.connect(self.acted)
        self._place()
        self.hide()

    def show_message(self, level: BarLevel, bold: str, plain: str = "", action: str = "") -> None:
        """Say `bold`, then `plain`; `action` is the text of the one button, which emits `acted`."""
        self._level = level
        self._icon.set_icon(*_SIGN[level])
        self._words.set_sentences(plain_text(bold, limit=_LIMIT), plain_text(plain, limit=_LIMIT))
        self._button.setText(action)
        self._button.setVisible(bool(action))
        self._button.updateGeometry()
        self._inner.invalidate()  # a layout in a layout keeps the height of the words before
        self._place_icon()
        self.show()
        self.update()
        announce(self, self.text())

    def clear(self) -> None:
        """Go away, because the cause has."""
        self._words.set_sentences("", "")
        self.hide()

    def text(self) -> str:
        """All that the bar says now; empty when it is hidden."""
        return self._words.text()

    def button(self) -> Button:
        """The one action."""
        return self._button

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow window the action stands below the words."""
        super().resizeEvent(event)
        upright = event.size().width() < _NARROW
        wanted = QBoxLayout.Direction.TopToBottom if upright else QBoxLayout.Direction.LeftToRight
        if self._inner.direction() != wanted:
            self._inner.setDirection(wanted)
        self._place_icon()

    def _place_icon(self) -> None:
        """Beside the first line."""
        is_upright = self._inner.direction() == QBoxLayout.Direction.TopToBottom
        is_one_line = self._words.heightForWidth(self._words.width()) <= line_height("body")
        in_middle = is_one_line and not is_upright
        beside = Qt.AlignmentFlag.AlignVCenter if in_middle else Qt.AlignmentFlag.AlignTop
        self._row.setAlignment(self._icon, beside)

    def _place(self) -> None:
        self._inner = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._inner.setSpacing(GAP + 2)
        self._inner.addWidget(self._words, 1)
        self._inner.addWidget(self._button, 0, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout(self)
        row.setContentsMargins(13, 11, 13, 11)
        row.setSpacing(GAP + 2)
        row.addWidget(self._icon)
        row.addLayout(self._inner, 1)
        self._row = row

    def paintEvent(self, event: QPaintEvent) -> None:
        fill = colour(_GROUND[self._level])
        draw_box(QPainter(self), QRectF(self.rect()), RADIUS_CARD, fill=fill, border=colours().line)


class _Words(SafeLabel):
    """Two sentences in one paragraph, the first in bold. A label only for who does not see it: it paints itself."""

    def __init__(self) -> None:
        super().__init__(limit=2 * _LIMIT)
        self._bold = ""
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_sentences(self, bold: str, plain: str) -> None:
        self._bold = bold
        self.setText(" ".join(part for part in (bold, plain) if part))
        self.updateGeometry()
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._layout(width).lineCount() * line_height("body")

    def sizeHint(self) -> QSize:
        width = max(self.width(), 120)
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, line_height("body"))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(colours().text)
        spare = max(0, self.height() - self.heightForWidth(self.width()))
        self._layout(self.width()).draw(painter, QPointF(0, spare // 2))

    def _layout(self, width: int) -> QTextLayout:
        bold = (len(self._bold), font("strong"))
        return paragraph(self.text(), font("body"), line_height("body"), width, strong=bold)
