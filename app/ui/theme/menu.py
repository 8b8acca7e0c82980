"""The menu: the palette and the style paint it; here its items get room inside its line."""

from PySide6.QtWidgets import QMenu, QWidget


class Menu(QMenu):
    """A popup menu whose chosen item does not lie on the frame."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setContentsMargins(4, 4, 4, 4)
