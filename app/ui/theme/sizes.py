"""Sizes and type. Lengths are logical pixels on a grid of 4 and 8."""

from typing import Literal

from PySide6.QtCore import QSize
from PySide6.QtGui import QFont, QFontDatabase, QFontInfo, QFontMetrics, QGuiApplication

CONTROL = 32
CONTROL_SMALL = 28
SEGMENT = 26
CHIP = 24
ICON = 16

RADIUS = 6
RADIUS_CARD = 8
LINE = 1
RING = 2

FORM_WIDTH = 540
MARGIN = 24
FIELD_GAP = 14
LABEL_GAP = 4
GAP = 8
HEADER = 48
FOLD = 32
MESSAGE_LINES = 6

WINDOW = (1160, 760)
WINDOW_MIN = (360, 480)
ONE_PANE_BELOW = 840
LIST_MIN = 320

FontRole = Literal["title", "section", "body", "strong", "label", "label_strong", "group", "code"]

# Size and height of a line, where the system's own font has 13 px.
_STEPS: dict[FontRole, tuple[int, int, QFont.Weight]] = {
    "title": (18, 24, QFont.Weight.DemiBold),
    "section": (15, 20, QFont.Weight.DemiBold),
    "body": (13, 18, QFont.Weight.Normal),
    "strong": (13, 18, QFont.Weight.DemiBold),
    "label": (12, 16, QFont.Weight.Normal),
    "label_strong": (12, 16, QFont.Weight.DemiBold),
    "group": (11, 16, QFont.Weight.DemiBold),
    "code": (12, 18, QFont.Weight.Normal),
}
_AROUND_LETTERS = 3
_BODY = _STEPS["body"][0]
_fonts: dict[FontRole, QFont] = {}


def use_system_font(base: QFont) -> None:
    """Take `base`, the system's own font, as the 13 px step that all others are measured from."""
    pixels = base.pixelSize() if base.pixelSize() > 0 else QFontInfo(base).pixelSize()
    for role, (step, _, weight) in _STEPS.items():
        font = QFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont) if role == "code" else base)
        font.setPixelSize(max(1, round(pixels * step / _BODY)))
        font.setWeight(weight)
        _fonts[role] = font


def font(role: FontRole) -> QFont:
    """The font of a role, in steps from the system's own; a copy that the caller may change."""
    if not _fonts:
        use_system_font(QGuiApplication.font())
    return QFont(_fonts[role])


def smallest_window() -> QSize:
    """The smallest size of the window; more where the system's own font is larger."""
    scale = max(1.0, font("body").pixelSize() / _BODY)
    return QSize(round(WINDOW_MIN[0] * scale), round(WINDOW_MIN[1] * scale))


def line_height(role: FontRole) -> int:
    """The height of a line of running text; never less than the font itself needs."""
    step, height, _ = _STEPS[role]
    face = font(role)
    return max(QFontMetrics(face).height(), round(face.pixelSize() * height / step))


def control_height(least: int, role: FontRole) -> int:
    """The height of a control of `least` pixels; more where the system's font would not fit."""
    return max(least, QFontMetrics(font(role)).height() + 2 * _AROUND_LETTERS)


def row_height() -> int:
    """The height of a session in the list, 56: two lines and what is around them."""
    return 2 * line_height("strong") + 20


def group_height() -> int:
    """The height of the header of a group in the list, 30."""
    return line_height("group") + 14


def tabular(font: QFont) -> QFont:
    """The same font with digits of one width, so that a number that ticks does not shake."""
    steady = QFont(font)
    steady.setFeature(QFont.Tag("tnum"), 1)
    return steady
