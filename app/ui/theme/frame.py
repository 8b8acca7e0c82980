"""The frame of a field: what its border says about focus, hover and problems."""

from typing import Literal

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from app.ui.theme.paint import draw_box
from app.ui.theme.sizes import LINE, RADIUS, RING
from app.ui.theme.theme import colours

Level = Literal["problem", "warning"]


class FieldFrame:
    """The frame of one field, painted by the field itself under its text."""

    def __init__(self, field: QWidget, radius: int = RADIUS) -> None:
        self._field = field
        self._radius = radius
        self._level: Level | None = None
        self._is_drop_target = False

    def set_problem(self, level: Level | None) -> None:
        """Mark the border, or take the mark away."""
        if level != self._level:
            self._level = level
            self._field.update()

    def set_drop_target(self, is_target: bool) -> None:
        """Light the border up while something that would be taken is dragged over the field."""
        if is_target != self._is_drop_target:
            self._is_drop_target = is_target
            self._field.update()

    def is_drop_target(self) -> bool:
        return self._is_drop_target

    def paint(self, painter: QPainter) -> None:
        """Paint ground and border over the whole field."""
        c = colours()
        box = QRectF(self._field.rect())
        if not self._field.isEnabled():
            draw_box(painter, box, self._radius, fill=c.sunken, border=c.line)
            return
        border, width = self._border()
        ground = c.accent_soft if self._is_drop_target else c.surface
        draw_box(painter, box, self._radius, fill=ground, border=border, width=width)

    def _border(self) -> tuple[QColor, float]:
        """One colour at a time: a problem keeps its own, and the focus makes its border heavier."""
        c, focused = colours(), self._field.hasFocus()
        if self._is_drop_target:
            return c.accent, RING
        if self._level is not None:
            return self._mark(), RING + LINE if focused else RING
        if focused:
            return c.focus, RING
        return c.text_2 if self._field.underMouse() else c.line_strong, LINE

    def _mark(self) -> QColor:
        return colours().bad if self._level == "problem" else colours().needs
