"""The theme put on: once, before the first widget."""

from PySide6.QtWidgets import QApplication, QToolTip

from app.ui.theme.sizes import font, use_system_font
from app.ui.theme.style import SmallStyle
from app.ui.theme.theme import follow_system


def install(app: QApplication) -> None:
    """Give the application its style, fonts and palettes, and follow the system's scheme from now on."""
    app.setStyle(SmallStyle())
    use_system_font(app.font())
    app.setFont(font("body"))
    QToolTip.setFont(font("label"))
    follow_system(app)
