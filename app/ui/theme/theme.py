"""The theme of the running program: which colours hold, and how the system's change reaches every widget.

The palettes are our own on every platform, because Fusion's do not follow a desktop that flips, and Qt cannot
force a scheme off-screen or on a bare X11.
"""

from typing import cast

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QToolTip

from app.ui.theme.colours import DARK, LIGHT, ColourName, Colours


class _Theme:
    """What holds now: the colours, and the scheme somebody forced."""

    colours: Colours = LIGHT
    forced: Qt.ColorScheme = Qt.ColorScheme.Unknown


def colours() -> Colours:
    """The colours that hold now; ask while painting, never keep them."""
    return _Theme.colours


def colour(name: ColourName) -> QColor:
    """One of the colours that hold now, by its name."""
    return cast(QColor, getattr(_Theme.colours, name))


def follow_system(app: QApplication) -> None:
    """Give the application its palettes, now and whenever the system's scheme changes."""
    app.styleHints().colorSchemeChanged.connect(_follow)
    _follow(app.styleHints().colorScheme())


def set_scheme(scheme: Qt.ColorScheme) -> None:
    """Force light or dark whatever the system says; `Unknown` follows the system again."""
    _Theme.forced = scheme
    _follow(QGuiApplication.styleHints().colorScheme())


def _follow(system: Qt.ColorScheme) -> None:
    scheme = system if _Theme.forced is Qt.ColorScheme.Unknown else _Theme.forced
    _Theme.colours = DARK if scheme is Qt.ColorScheme.Dark else LIGHT
    QApplication.setPalette(_palette(_Theme.colours))
    menus = "QMenu"  # PySide's stub asks for bytes and refuses them when it is called
    QApplication.setPalette(_menu_palette(_Theme.colours), menus)  # type: ignore[arg-type]
    QToolTip.setPalette(_palette(_Theme.colours))


def _palette(c: Colours) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for where, ink in {
        role.Window: c.window,
        role.WindowText: c.text,
        role.Base: c.surface,
        role.AlternateBase: c.sunken,
        role.Text: c.text,
        role.PlaceholderText: c.text_3,
        role.Button: c.surface,
        role.ButtonText: c.text,
        role.BrightText: c.on_accent,
        role.Light: c.raised,
        role.Midlight: c.hover,
        role.Mid: c.line,
        role.Dark: c.line_strong,
        role.Shadow: c.line_strong,
        role.Highlight: c.accent,
        role.HighlightedText: c.on_accent,
        role.Accent: c.accent,
        role.Link: c.accent_text,
        role.LinkVisited: c.accent_text,
        role.ToolTipBase: c.raised,
        role.ToolTipText: c.text,
    }.items():
        palette.setColor(where, ink)
    for where in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, where, c.text_3)
    palette.setColor(QPalette.ColorGroup.Inactive, role.Highlight, c.select)
    palette.setColor(QPalette.ColorGroup.Inactive, role.HighlightedText, c.text)
    return palette


def _menu_palette(c: Colours) -> QPalette:
    role = QPalette.ColorRole
    palette = _palette(c)
    for where, ink in {
        role.Window: c.raised,
        role.Base: c.raised,
        role.Highlight: c.select,
        role.HighlightedText: c.text,
    }.items():
        palette.setColor(where, ink)
    palette.setColor(QPalette.ColorGroup.Disabled, role.HighlightedText, c.text_3)
    return palette
