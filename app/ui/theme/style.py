"""Fusion, with what no palette can say: menus, tooltips, check boxes, and the focus ring of what Qt paints.

What paints itself is not painted here: segments, for one, which are radio buttons. Nothing more is overridden:
`pixelMetric` and `styleHint` alone are asked 1,800 times before the first paint.
"""

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QProxyStyle, QStyle, QStyleOption, QWidget

from app.ui.theme.paint import draw_box, draw_ring, snapped, stroke
from app.ui.theme.sizes import LINE
from app.ui.theme.theme import colours

_ELEMENT = QStyle.PrimitiveElement
_STATE = QStyle.StateFlag


class SmallStyle(QProxyStyle):
    """Fusion's outlines vanish on dark; these primitives are painted from the theme instead."""

    def __init__(self) -> None:
        super().__init__("Fusion")

    def drawPrimitive(
        self,
        element: QStyle.PrimitiveElement,
        option: QStyleOption,
        painter: QPainter,
        widget: QWidget | None = None,
    ) -> None:
        draw = _PRIMITIVES.get(element)
        if draw is None:
            super().drawPrimitive(element, option, painter, widget)
            return
        painter.save()
        draw(painter, QRectF(option.rect), option.state)
        painter.restore()


def _panel(painter: QPainter, rect: QRectF, state: QStyle.StateFlag) -> None:
    """Square: a rounded popup has black corners where no compositor runs."""
    painter.fillRect(rect, colours().raised)
    box, line = snapped(painter, rect), stroke(painter, LINE)
    frame = QPainterPath()
    frame.addRect(box)
    frame.addRect(box.adjusted(line, line, -line, -line))
    painter.fillPath(frame, colours().line_strong)


def _focus(painter: QPainter, rect: QRectF, state: QStyle.StateFlag) -> None:
    draw_ring(painter, rect, 4, colours().focus)


def _check_box(painter: QPainter, rect: QRectF, state: QStyle.StateFlag) -> None:
    checked = bool(state & _STATE.State_On)
    fill, border, ink = _indicator(checked, state)
    draw_box(painter, rect, 4, fill=fill, border=border)
    if not checked:
        return
    painter.setPen(
        QPen(ink, rect.width() / 8, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    )
    at = _points(rect)
    painter.drawPolyline([at(0.25, 0.53), at(0.43, 0.71), at(0.76, 0.31)])


def _indicator(checked: bool, state: QStyle.StateFlag) -> tuple[QColor, QColor, QColor]:
    """Ground, border and mark of a check box."""
    c = colours()
    if not state & _STATE.State_Enabled:
        return c.sunken, c.line, c.text_3
    if checked:
        ground = c.accent_hover if state & _STATE.State_MouseOver else c.accent
        return ground, ground, c.on_accent
    return c.surface, c.text_2 if state & _STATE.State_MouseOver else c.line_strong, c.text


def _points(rect: QRectF) -> Callable[[float, float], QPointF]:
    """Where in `rect` a point lies that is given in parts of its sides."""
    return lambda x, y: QPointF(rect.x() + x * rect.width(), rect.y() + y * rect.height())


_PRIMITIVES = {
    _ELEMENT.PE_PanelMenu: _panel,
    _ELEMENT.PE_PanelTipLabel: _panel,
    _ELEMENT.PE_FrameFocusRect: _focus,
    _ELEMENT.PE_IndicatorCheckBox: _check_box,
}
