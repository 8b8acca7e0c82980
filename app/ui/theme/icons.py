"""Icons of 16 × 16, drawn once per name, colour, size and ratio of the screen, and kept as pixmaps."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from app.ui.theme.colours import ColourName
from app.ui.theme.paint import snapped
from app.ui.theme.sizes import ICON
from app.ui.theme.theme import colour, colours

_PACKAGE = Path(__file__).parents[2]
# The wheel carries the resources inside the package; a checkout has them beside it.
_FOLDERS = (_PACKAGE / "resources", _PACKAGE.parent / "resources")
PROGRAM_SIZES = (16, 24, 32, 48, 64, 128, 256)
"""In which the desktop asks for the program's own icon: title bar, task bar, the switch between windows."""

Draw = Callable[[QPainter, QRectF], None]
_pixmaps: dict[tuple[str, int, int, float], QPixmap] = {}


def draw_icon(painter: QPainter, rect: QRect | QRectF, name: str, ink: QColor) -> None:
    """Draw the icon `name` in the middle of `rect`, 16 px or its shorter side."""
    draw_cached(painter, _square(rect), name, ink, lambda p, box: _render(p, box, name, ink))


def _square(rect: QRect | QRectF) -> QRectF:
    side = min(ICON, int(rect.width()), int(rect.height()))
    square = QRectF(0, 0, side, side)
    square.moveCenter(QRectF(rect).center())
    return square


def draw_cached(painter: QPainter, rect: QRectF, name: str, ink: QColor, draw: Draw) -> None:
    """Draw a square picture in the middle of `rect`; `draw` is called only when it is not kept yet."""
    size = int(min(rect.width(), rect.height()))
    corner = QPointF(rect.x() + (rect.width() - size) / 2, rect.y() + (rect.height() - size) / 2)
    spot = snapped(painter, QRectF(corner, QSize(size, size))).topLeft()
    painter.drawPixmap(spot, _pixmap(name, ink, size, painter.device().devicePixelRatioF(), draw))


def _pixmap(name: str, ink: QColor, size: int, ratio: float, draw: Draw) -> QPixmap:
    key = (name, ink.rgba(), size, ratio)
    if (kept := _pixmaps.get(key)) is not None:
        return kept
    side = max(1, round(size * ratio))
    pixmap = QPixmap(side, side)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    try:
        draw(painter, QRectF(0, 0, side / ratio, side / ratio))
    finally:
        painter.end()  # a painter that outlives its pixmap crashes the process
    _pixmaps[key] = pixmap
    return pixmap


def _render(painter: QPainter, box: QRectF, name: str, ink: QColor) -> None:
    from PySide6.QtSvg import QSvgRenderer  # 0.8 ms that a window without icons does not pay

    drawing = _source(f"icons/{name}").replace("currentColor", ink.name())
    renderer = QSvgRenderer(QByteArray(drawing.encode()))
    painter.setOpacity(ink.alphaF())
    renderer.render(painter, box)


@cache
def _source(name: str) -> str:
    for folder in _FOLDERS:
        if (path := folder / f"{name}.svg").is_file():
            return path.read_text("utf-8")
    raise FileNotFoundError(f"there is no drawing named {name}")


def program_icon() -> QIcon:
    """The icon of the program, in its own colours; the smallest has a drawing of its own, on the grid of its pixels."""
    from PySide6.QtSvg import QSvgRenderer

    icon = QIcon()
    for size in PROGRAM_SIZES:
        drawing = _source("launcher-small" if size == min(PROGRAM_SIZES) else "launcher")
        pixmap = QPixmap(size, size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        try:
            QSvgRenderer(QByteArray(drawing.encode())).render(painter)
        finally:
            painter.end()
        icon.addPixmap(pixmap)
    return icon


class Icon(QWidget):
    """An icon that follows the theme; the label of a pixmap would keep its old colour."""

    def __init__(self, name: str, role: ColourName = "text_2", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._role: ColourName = role
        self.setFixedSize(ICON, ICON)

    def set_icon(self, name: str, role: ColourName | None = None) -> None:
        """Show another icon, or the same in another colour."""
        self._name = name
        self._role = role or self._role
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        draw_icon(QPainter(self), self.rect(), self._name, colour(self._role))


class _ActionEngine(QIconEngine):
    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        ink = colours().text_3 if mode is QIcon.Mode.Disabled else colours().text_2
        draw_icon(painter, rect, self._name, ink)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self.scaledPixmap(size, mode, state, 1.0)

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        pixmap = QPixmap(size * scale)
        pixmap.setDevicePixelRatio(scale)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return pixmap

    def clone(self) -> QIconEngine:
        return _kept(_ActionEngine(self._name))


_engines: list[_ActionEngine] = []


def _kept(engine: _ActionEngine) -> _ActionEngine:
    """Qt owns the engine but not its Python half: without a reference here the process crashes."""
    _engines.append(engine)
    return engine


@cache
def action_icon(name: str) -> QIcon:
    """The icon of a menu's action, in the colours of the moment it is painted."""
    return QIcon(_kept(_ActionEngine(name)))
