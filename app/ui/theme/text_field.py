"""The field of many lines."""

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QPainter,
    QResizeEvent,
)
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QWidget

from app.ui.theme.composition import Composing
from app.ui.theme.frame import FieldFrame, Level
from app.ui.theme.scroll_bar import ScrollBar
from app.ui.theme.sizes import RADIUS_CARD, RING, font

_PADDING = 10


class TextField(Composing, QPlainTextEdit):
    """Plain text in our frame. Tab moves on; its size hint is small, so that it takes what is left."""

    def __init__(
        self, *, placeholder: str = "", lines: int = 3, code: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._frame = FieldFrame(self, RADIUS_CARD)
        self._foot: QWidget | None = None
        self._lines = lines
        self.setFont(font("code" if code else "body"))
        self.setPlaceholderText(placeholder)
        self.setTabChangesFocus(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(_PADDING)
        self.document().clearUndoRedoStacks()  # the margin is no edit that somebody takes back
        self.viewport().setAutoFillBackground(False)
        self.setVerticalScrollBar(ScrollBar(Qt.Orientation.Vertical))
        self._below_bar = QWidget()
        self.addScrollBarWidget(self._below_bar, Qt.AlignmentFlag.AlignBottom)
        self._set_margins()

    def set_problem(self, level: Level | None) -> None:
        """Mark the border for a problem or a warning; None takes the mark away."""
        self._frame.set_problem(level)

    def set_drop_target(self, is_target: bool) -> None:
        """Light the border up: what is dragged here would be taken."""
        self._frame.set_drop_target(is_target)

    def is_drop_target(self) -> bool:
        return self._frame.is_drop_target()

    def set_foot(self, foot: QWidget | None) -> None:
        """Put `foot` inside the frame, below the text; None gives it up, for another field to take."""
        self._foot = foot
        if foot is not None:
            foot.setParent(self)
            foot.show()
            foot.installEventFilter(self)
        self._set_margins()

    def sizeHint(self) -> QSize:
        text = self.fontMetrics().lineSpacing() * self._lines
        return QSize(200, text + 2 * (_PADDING + RING) + self._foot_height())

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        """The frame belongs to the scroll area, not to the viewport that `paintEvent` paints."""
        if event.type() is QEvent.Type.Paint:
            painter = QPainter(self)
            self._frame.paint(painter)
            return True
        return super().event(event)

    def eventFilter(self, watched: QWidget, event: QEvent) -> bool:  # type: ignore[override]
        if watched is self._foot and event.type() is QEvent.Type.LayoutRequest:
            self._set_margins()
        return super().eventFilter(watched, event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        super().dragEnterEvent(event)
        self.set_drop_target(event.isAccepted())

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        super().dragLeaveEvent(event)
        self.set_drop_target(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self.set_drop_target(False)
        super().dropEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.viewportMargins().bottom() != RING + self._foot_height():
            self._set_margins()  # the foot wraps anew
        self._place_foot()

    def _set_margins(self) -> None:
        self.setViewportMargins(RING + 1, RING, RING, RING + self._foot_height())
        self._below_bar.setFixedHeight(RING + self._foot_height())
        self._place_foot()
        self.updateGeometry()

    def _place_foot(self) -> None:
        if self._foot is not None:
            high = self._foot_height()
            self._foot.setGeometry(QRect(RING, self.height() - RING - high, self.width() - 2 * RING, high))

    def _foot_height(self) -> int:
        if self._foot is None:
            return 0
        wrapped = self._foot.heightForWidth(self.width() - 2 * RING)
        return wrapped if wrapped >= 0 else self._foot.sizeHint().height()
