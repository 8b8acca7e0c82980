"""The scroll area of a pane: it has no ground of its own, and nothing moves when its bar comes."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QScrollArea, QWidget

from app.ui.theme.scroll_bar import ScrollBar

_LABEL = 32
"""Pixels above a field that its label takes, and some."""


class ScrollPane(QScrollArea):
    """Scrolls `content` upright. The bar lies over the right margin of the content, which must have one.

    What gets the focus comes into view, but not under a pressed button: nothing moves under the pointer.
    """

    def __init__(self, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setVerticalScrollBar(ScrollBar(Qt.Orientation.Vertical))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setAutoFillBackground(False)
        self.setWidget(content)
        content.setAutoFillBackground(False)  # setWidget turns it on
        self.verticalScrollBar().rangeChanged.connect(self._lay_bar_over)
        QApplication.instance().focusChanged.connect(self._follow)  # type: ignore[union-attr]

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The content is as wide as the pane: too narrow, it gives way instead of being cut.

        It also keeps its lines while the bar comes or goes, which would else come and go with them, for ever.
        """
        if (content := self.widget()) is not None:
            content.setFixedWidth(self.width())
        super().resizeEvent(event)

    def _lay_bar_over(self, _least: int, most: int) -> None:
        bar = self.verticalScrollBar()
        under = -bar.sizeHint().width() if most else 0
        self.setViewportMargins(*((under, 0, 0, 0) if self.isRightToLeft() else (0, 0, under, 0)))
        if (place := bar.parentWidget()) is not None:
            place.raise_()

    def _follow(self, _old: QWidget | None, new: QWidget | None) -> None:
        pressed = QApplication.mouseButtons() is not Qt.MouseButton.NoButton
        content = self.widget()
        if new is not None and content is not None and not pressed and content.isAncestorOf(new):
            self.ensureWidgetVisible(new, 0, _LABEL)
