"""The two sets of colours. Every pair that meets on screen keeps its contrast; a test computes them again."""

from dataclasses import dataclass
from typing import Literal

from PySide6.QtGui import QColor


@dataclass(frozen=True, slots=True)
class Colours:
    """One scheme. Text keeps 4.5 : 1 on its grounds; borders of controls and shapes keep 3 : 1."""

    window: QColor
    surface: QColor
    raised: QColor
    sunken: QColor
    line: QColor
    line_strong: QColor
    text: QColor
    text_2: QColor
    text_3: QColor
    accent: QColor
    accent_hover: QColor
    accent_press: QColor
    on_accent: QColor
    accent_soft: QColor
    accent_text: QColor
    needs: QColor
    needs_soft: QColor
    run: QColor
    run_soft: QColor
    bad: QColor
    bad_hover: QColor
    bad_press: QColor
    bad_soft: QColor
    warnbar: QColor
    focus: QColor
    hover: QColor
    select: QColor
    dot_off: QColor


ColourName = Literal[
    "window",
    "surface",
    "raised",
    "sunken",
    "line",
    "line_strong",
    "text",
    "text_2",
    "text_3",
    "accent",
    "accent_hover",
    "accent_press",
    "on_accent",
    "accent_soft",
    "accent_text",
    "needs",
    "needs_soft",
    "run",
    "run_soft",
    "bad",
    "bad_hover",
    "bad_press",
    "bad_soft",
    "warnbar",
    "focus",
    "hover",
    "select",
    "dot_off",
]

LIGHT = Colours(
    window=QColor("#F6F7F9"),
    surface=QColor("#FFFFFF"),
    raised=QColor("#FFFFFF"),
    sunken=QColor("#F0F2F5"),
    line=QColor("#DFE3E8"),
    line_strong=QColor("#818A97"),
    text=QColor("#1B1F24"),
    text_2=QColor("#57606B"),
    text_3=QColor("#616A75"),
    accent=QColor("#3352CC"),
    accent_hover=QColor("#2944B3"),
    accent_press=QColor("#213896"),
    on_accent=QColor("#FFFFFF"),
    accent_soft=QColor("#E9EDFC"),
    accent_text=QColor("#2F4BC0"),
    needs=QColor("#9A5700"),
    needs_soft=QColor("#FDF1DC"),
    run=QColor("#1A7040"),
    run_soft=QColor("#E3F5EA"),
    bad=QColor("#B3261E"),
    bad_hover=QColor("#981E17"),
    bad_press=QColor("#7C1712"),
    bad_soft=QColor("#FCEAE8"),
    warnbar=QColor("#FFF7E8"),
    focus=QColor("#3352CC"),
    hover=QColor("#EEF0F4"),
    select=QColor("#E9EDFC"),
    dot_off=QColor("#616A75"),
)

DARK = Colours(
    window=QColor("#15171A"),
    surface=QColor("#1C1F23"),
    raised=QColor("#24282D"),
    sunken=QColor("#121417"),
    line=QColor("#2E333A"),
    line_strong=QColor("#737D8A"),
    text=QColor("#E8EAED"),
    text_2=QColor("#A9B1BB"),
    text_3=QColor("#8E97A2"),
    accent=QColor("#8AA2FF"),
    accent_hover=QColor("#A0B4FF"),
    accent_press=QColor("#B6C5FF"),
    on_accent=QColor("#10131A"),
    accent_soft=QColor("#252C45"),
    accent_text=QColor("#A9BAFF"),
    needs=QColor("#F3B65A"),
    needs_soft=QColor("#33290F"),
    run=QColor("#6FD498"),
    run_soft=QColor("#15301F"),
    bad=QColor("#FF9B93"),
    bad_hover=QColor("#FFB0AA"),
    bad_press=QColor("#FFC6C1"),
    bad_soft=QColor("#3A1E1C"),
    warnbar=QColor("#2B2413"),
    focus=QColor("#8AA2FF"),
    hover=QColor("#23272C"),
    select=QColor("#252C45"),
    dot_off=QColor("#8E97A2"),
)


def contrast(one: QColor, other: QColor) -> float:
    """The contrast ratio of two opaque colours, 1 to 21, as WCAG 2.2 defines it."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(colour: QColor) -> float:
    red, green, blue = (_linear(part) for part in (colour.redF(), colour.greenF(), colour.blueF()))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
