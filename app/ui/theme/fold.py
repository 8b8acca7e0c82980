"""A part of the form that stays closed until it is wanted; closed, it says in a word what is inside."""

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from app.translation import gettext as _
from app.ui.text import in_own_direction, plain_text
from app.ui.theme.icons import draw_icon
from app.ui.theme.paint import draw_line, draw_ring, mirrored
from app.ui.theme.pressable import Pressable
from app.ui.theme.sizes import FIELD_GAP, FOLD, GAP, ICON, LABEL_GAP, MARGIN, RADIUS, control_height, font
from app.ui.theme.theme import colours


class _Header(Pressable):
    def __init__(self, title: str, parent: QWidget, name: str) -> None:
        super().__init__(parent, name=name)
        self.is_open = False
        self.summary = ""
        self.setText(title)
        self.setFixedHeight(control_height(FOLD, "body"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.tell()

    def tell(self) -> None:
        """Say the state to a screen reader: a checkable button would report itself as a check box."""
        state = _("open") if self.is_open else _("closed")
        self.setAccessibleDescription(f"{state}, {self.summary}" if self.summary else state)
        self.update()

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(font("body"))
        return QSize(
            2 * MARGIN + ICON + 2 * GAP + metrics.horizontalAdvance(self.text()) + 64, self.maximumHeight()
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter as Space; Right opens and Left closes, as in a tree; read from the right, Left opens."""
        opens = Qt.Key.Key_Left if self.isRightToLeft() else Qt.Key.Key_Right
        arrows = (Qt.Key.Key_Left, Qt.Key.Key_Right)
        wanted = event.key() == opens if event.key() in arrows else None
        if wanted is not None:
            if wanted is not self.is_open:
                self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        c = colours()
        painter = QPainter(self)
        if self.underMouse():
            painter.fillRect(self.rect(), c.hover)
        draw_line(painter, QPointF(0, 0), QPointF(self.width(), 0), c.line)
        row = QRect(MARGIN, 1, self.width() - 2 * MARGIN, self.height() - 1)
        if self.hasFocus():
            draw_ring(painter, QRectF(row).adjusted(-GAP, 2, GAP, -2), RADIUS, c.focus)
        closed = "chevron-left" if self.isRightToLeft() else "chevron-right"
        chevron = mirrored(self, QRect(row.x(), row.y(), ICON, row.height()))
        draw_icon(painter, chevron, "chevron-down" if self.is_open else closed, c.text_2)
        metrics = QFontMetrics(font("body"))
        painter.setFont(font("body"))
        painter.setPen(c.text)
        title = mirrored(self, row.adjusted(ICON + GAP, 1, 0, 0))
        painter.drawText(title, Qt.AlignmentFlag.AlignVCenter, in_own_direction(self.text()))
        room = row.adjusted(ICON + 3 * GAP + metrics.horizontalAdvance(self.text()), 0, 0, 0)
        shown = QFontMetrics(font("label")).elidedText(
            self.summary, Qt.TextElideMode.ElideRight, room.width()
        )
        painter.setFont(font("label"))
        painter.setPen(c.text_3)
        end = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(mirrored(self, room), end, in_own_direction(shown))


class Fold(QWidget):
    """A header of 32 px with a hairline above; its content is hidden until the header is pressed.

    `name` is that of the header.
    """

    toggled = Signal(bool)

    def __init__(self, title: str, parent: QWidget | None = None, *, name: str = "") -> None:
        super().__init__(parent)
        self._header = _Header(title, self, name)
        self._header.clicked.connect(self._toggle)
        self._content: QWidget | None = None
        self._body = QVBoxLayout()
        self._body.setContentsMargins(MARGIN, LABEL_GAP, MARGIN, FIELD_GAP)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._layout.addWidget(self._header)

    def _toggle(self) -> None:
        """Who opens it with the mouse goes on inside; by key the focus stays, and Tab leads there."""
        self.set_open(not self.is_open())
        if self.is_open() and not self._header.hasFocus() and (first := self._first_field()):
            first.setFocus(Qt.FocusReason.MouseFocusReason)

    def _first_field(self) -> QWidget | None:
        fields = self._content.findChildren(QWidget) if self._content else []
        takes_focus = (one for one in fields if one.focusPolicy() & Qt.FocusPolicy.TabFocus)
        return next(takes_focus, None)

    def set_content(self, content: QWidget) -> None:
        """Put `content` under the header, within the form's margins."""
        self._content = content
        content.setParent(self)  # also while it is closed, so that it can be found
        self._body.addWidget(content)
        content.setVisible(False)

    def set_summary(self, text: str) -> None:
        """Say at the right what is inside, in a word or two."""
        self._header.summary = plain_text(text, single_line=True)
        self._header.tell()

    def is_open(self) -> bool:
        """Whether the content is in view."""
        return self._header.is_open

    def set_open(self, is_open: bool) -> None:
        """Open or close; the focus stays where it is."""
        if is_open == self.is_open():
            return
        self._header.is_open = is_open
        if is_open:
            self._layout.addLayout(self._body)
        else:
            self._layout.removeItem(self._body)
        if self._content is not None:
            self._content.setVisible(is_open)
        self._header.tell()
        self.toggled.emit(is_open)
