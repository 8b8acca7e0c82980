"""The shape of each state: it reads without its colour, so it is drawn first and the colour comes second."""

from collections.abc import Callable
from enum import Enum, auto

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from app.ui.theme.icons import draw_cached

_STROKE = 1.5
_MIDDLE = QPointF(8, 8)


class Shape(Enum):
    """What a state looks like; the session list maps each state to one of these and to a colour."""

    HALF_DISC = auto()
    HALF_DISC_ALERT = auto()
    SQUARE_QUESTION = auto()
    TRIANGLE = auto()
    RING = auto()
    RING_TICK = auto()
    RING_PAUSE = auto()
    DISC_PLAY = auto()
    DIAMOND = auto()
    DASHED_CLOCK = auto()
    DOT = auto()


def draw_shape(painter: QPainter, rect: QRect | QRectF, shape: Shape, ink: QColor) -> None:
    """Draw `shape` in the middle of `rect`, as large as its shorter side; 16 px is its natural size."""

    def draw(canvas: QPainter, box: QRectF) -> None:
        canvas.scale(box.width() / 16, box.height() / 16)
        canvas.setBrush(Qt.BrushStyle.NoBrush)
        canvas.setPen(_pen(ink))
        _DRAWINGS[shape](canvas, ink)

    draw_cached(painter, QRectF(rect), shape.name, ink, draw)


def _pen(ink: QColor, width: float = _STROKE) -> QPen:
    return QPen(ink, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)


def _ring(p: QPainter, ink: QColor) -> None:
    p.drawEllipse(_MIDDLE, 5.25, 5.25)


def _half_disc(p: QPainter, ink: QColor) -> None:
    _ring(p, ink)
    half = QPainterPath(QPointF(8, 2.75))
    half.arcTo(QRectF(2.75, 2.75, 10.5, 10.5), 90, -180)
    half.closeSubpath()
    p.fillPath(half, ink)


def _half_disc_alert(p: QPainter, ink: QColor) -> None:
    p.drawArc(QRectF(1.5, 2.75, 10.5, 10.5), 90 * 16, 180 * 16)
    half = QPainterPath(QPointF(6.75, 2.75))
    half.lineTo(6.75, 13.25)
    half.arcTo(QRectF(1.5, 2.75, 10.5, 10.5), -90, 180)
    p.drawArc(QRectF(1.5, 2.75, 10.5, 10.5), -90 * 16, 180 * 16)
    p.fillPath(half, ink)
    p.drawLine(QPointF(14.25, 3.5), QPointF(14.25, 8.75))
    _disc(p, QPointF(14.25, 12), 0.95, ink)


def _square_question(p: QPainter, ink: QColor) -> None:
    p.drawRoundedRect(QRectF(2.25, 2.25, 11.5, 11.5), 2.5, 2.5)
    p.setPen(_pen(ink, 1.4))
    hook = QPainterPath(QPointF(6.2, 6.3))
    hook.cubicTo(6.3, 4.3, 9.8, 4.3, 9.8, 6.5)
    hook.cubicTo(9.8, 7.9, 8, 7.8, 8, 9.2)
    p.drawPath(hook)
    _disc(p, QPointF(8, 11.4), 0.85, ink)


def _triangle(p: QPainter, ink: QColor) -> None:
    path = QPainterPath(QPointF(8, 1.5))
    path.lineTo(15, 14)
    path.lineTo(1, 14)
    path.closeSubpath()
    _cut(p, path, _exclamation(5.8, 9.9, 12), ink)


def _diamond(p: QPainter, ink: QColor) -> None:
    path = QPainterPath(QPointF(8, 1.25))
    for x, y in ((14.75, 8), (8, 14.75), (1.25, 8)):
        path.lineTo(x, y)
    path.closeSubpath()
    _cut(p, path, _exclamation(4.6, 8.7, 10.9), ink)


def _ring_tick(p: QPainter, ink: QColor) -> None:
    _ring(p, ink)
    p.drawPolyline([QPointF(5.6, 8.2), QPointF(7.3, 9.9), QPointF(10.5, 6.2)])


def _ring_pause(p: QPainter, ink: QColor) -> None:
    _ring(p, ink)
    p.drawLine(QPointF(6.6, 6.25), QPointF(6.6, 9.75))
    p.drawLine(QPointF(9.4, 6.25), QPointF(9.4, 9.75))


def _disc_play(p: QPainter, ink: QColor) -> None:
    disc = QPainterPath()
    disc.addEllipse(_MIDDLE, 6, 6)
    play = QPainterPath(QPointF(6.5, 5.2))
    play.lineTo(11, 8)
    play.lineTo(6.5, 10.8)
    play.closeSubpath()
    _cut(p, disc, play, ink)


def _dashed_clock(p: QPainter, ink: QColor) -> None:
    dashes = 8
    for step in range(dashes):
        p.drawArc(QRectF(2.75, 2.75, 10.5, 10.5), round((step * 360 / dashes - 9) * 16), 18 * 16)
    p.drawPolyline([QPointF(8, 5.25), QPointF(8, 8), QPointF(9.75, 9.25)])


def _dot(p: QPainter, ink: QColor) -> None:
    _disc(p, _MIDDLE, 4, ink)


def _disc(p: QPainter, middle: QPointF, radius: float, ink: QColor) -> None:
    path = QPainterPath()
    path.addEllipse(middle, radius, radius)
    p.fillPath(path, ink)


def _exclamation(top: float, foot: float, dot: float) -> QPainterPath:
    mark = QPainterPath()
    mark.addRoundedRect(QRectF(7.15, top, 1.7, foot - top), 0.8, 0.8)
    mark.addEllipse(QPointF(8, dot), 0.95, 0.95)
    return mark


def _cut(p: QPainter, body: QPainterPath, hole: QPainterPath, ink: QColor) -> None:
    """The mark is cut out, so that it shows whatever ground the row has."""
    p.fillPath(body.subtracted(hole), ink)


_DRAWINGS: dict[Shape, Callable[[QPainter, QColor], None]] = {
    Shape.HALF_DISC: _half_disc,
    Shape.HALF_DISC_ALERT: _half_disc_alert,
    Shape.SQUARE_QUESTION: _square_question,
    Shape.TRIANGLE: _triangle,
    Shape.RING: _ring,
    Shape.RING_TICK: _ring_tick,
    Shape.RING_PAUSE: _ring_pause,
    Shape.DISC_PLAY: _disc_play,
    Shape.DIAMOND: _diamond,
    Shape.DASHED_CLOCK: _dashed_clock,
    Shape.DOT: _dot,
}
