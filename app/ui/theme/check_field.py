"""The field of yes or no. The style paints its box; the rest is Qt's own."""

from PySide6.QtWidgets import QCheckBox, QWidget


class CheckField(QCheckBox):
    """A check box; its text is its label."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
