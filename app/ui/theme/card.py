"""A frame around things that belong together."""

from typing import Literal

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.ui.theme.paint import draw_box
from app.ui.theme.sizes import RADIUS_CARD
from app.ui.theme.theme import colours

Tone = Literal["plain", "accent"]
PADDING = 17


class Card(QWidget):
    """A rounded frame; the accent tone marks the one card that is offered first. Padding is its layout's."""

    def __init__(self, tone: Tone = "plain", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tone: Tone = tone

    def set_tone(self, tone: Tone) -> None:
        if tone != self._tone:
            self._tone = tone
            self.update()

    def tone(self) -> Tone:
        return self._tone

    def paintEvent(self, event: QPaintEvent) -> None:
        c = colours()
        accent = self._tone == "accent"
        fill, border = (c.accent_soft, c.accent) if accent else (c.surface, c.line)
        draw_box(QPainter(self), QRectF(self.rect()), RADIUS_CARD, fill=fill, border=border)
