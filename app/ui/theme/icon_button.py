"""A flat button that is only an icon: its text is said to screen readers and shown as its tooltip."""

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.text import set_tooltip
from app.ui.theme.icons import draw_icon
from app.ui.theme.paint import draw_box, draw_ring
from app.ui.theme.pressable import Pressable
from app.ui.theme.sizes import CONTROL_SMALL, ICON, RADIUS
from app.ui.theme.theme import colours


class IconButton(Pressable):
    """A flat square of `size` px with an icon of 16 in its middle."""

    def __init__(
        self,
        icon: str,
        text: str,
        size: int = CONTROL_SMALL,
        parent: QWidget | None = None,
        *,
        name: str = "",
    ) -> None:
        super().__init__(parent, name=name)
        self._icon = icon
        self._size = size
        self._whose = ""
        self.set_icon(icon, text)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_icon(self, icon: str, text: str) -> None:
        """Show another icon and say what it now does."""
        self._icon = icon
        self.setAccessibleName(text)
        set_tooltip(self, text)
        # Without a description of its own the tooltip would be read out, with its markup.
        self.setAccessibleDescription(self._whose or text)
        self.update()

    def belongs_to(self, what: str) -> None:
        """Says to screen readers what it is about, where there are several of its name."""
        self._whose = what
        self.setAccessibleDescription(what)

    def sizeHint(self) -> QSize:
        return QSize(self._size, self._size)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        c = colours()
        painter = QPainter(self)
        box = QRectF(self.rect())
        ink = c.text_2
        if not self.isEnabled():
            ink = c.text_3
        elif self.isDown() or self.underMouse():
            draw_box(painter, box, RADIUS, fill=c.sunken if self.isDown() else c.hover)
            ink = c.text
        if self.hasFocus():
            draw_ring(painter, box, RADIUS, c.focus)
        inset = (self._size - ICON) // 2
        draw_icon(painter, box.adjusted(inset, inset, -inset, -inset), self._icon, ink)
