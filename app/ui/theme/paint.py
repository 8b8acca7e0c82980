"""The strokes every widget of the family shares, sharp at any scale of the screen."""

from math import ceil, floor

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyle, QWidget

from app.ui.theme.sizes import LINE, RING


def mirrored(widget: QWidget, rect: QRect) -> QRect:
    """Where `rect`, as one reads from the left, lies in a widget that may be read from the right."""
    return QStyle.visualRect(widget.layoutDirection(), widget.rect(), rect)


def snapped(painter: QPainter, rect: QRectF) -> QRectF:
    """The largest part of `rect` with its edges on device pixels; else lines blur at 125 and 150 %."""
    transform = painter.deviceTransform()
    inverse = transform.inverted()
    assert isinstance(inverse, tuple)
    device = transform.mapRect(rect)
    return inverse[0].mapRect(
        QRectF(
            QPointF(ceil(device.left() - 0.01), ceil(device.top() - 0.01)),
            QPointF(floor(device.right() + 0.01), floor(device.bottom() + 0.01)),
        )
    )


def stroke(painter: QPainter, width: float) -> float:
    """`width` in logical pixels, rounded to whole device pixels, one at least."""
    ratio = painter.device().devicePixelRatioF()
    return max(1, round(width * ratio)) / ratio


def draw_box(
    painter: QPainter,
    rect: QRectF,
    radius: float,
    *,
    fill: QColor | None = None,
    border: QColor | None = None,
    width: float = LINE,
) -> None:
    """A rounded box whose border lies inside `rect`."""
    box = snapped(painter, rect)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(fill if fill is not None else Qt.BrushStyle.NoBrush)
    if border is None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawRoundedRect(box, radius, radius)
        return
    line = stroke(painter, width)
    half = line / 2
    painter.setPen(QPen(border, line))
    inner = max(0.0, radius - half)
    painter.drawRoundedRect(box.adjusted(half, half, -half, -half), inner, inner)


def draw_ring(
    painter: QPainter, rect: QRectF, radius: float, colour: QColor, inner: QColor | None = None
) -> None:
    """The focus ring, 2 px inside `rect`; `inner` is a 1 px line that parts it from a like ground."""
    draw_box(painter, rect, radius, border=colour, width=RING)
    if inner is not None:
        inset = stroke(painter, RING)
        draw_box(painter, rect.adjusted(inset, inset, -inset, -inset), radius - inset, border=inner)


def draw_line(painter: QPainter, start: QPointF, end: QPointF, colour: QColor) -> None:
    """A horizontal or vertical hairline in the first whole row of device pixels from `start` on."""
    width = stroke(painter, LINE)
    box = snapped(painter, QRectF(start, end).adjusted(0, 0, 2 * width, 2 * width))
    if start.y() == end.y():
        painter.fillRect(QRectF(start.x(), box.top(), end.x() - start.x(), width), colour)
    else:
        painter.fillRect(QRectF(box.left(), start.y(), width, end.y() - start.y()), colour)
