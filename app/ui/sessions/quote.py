"""The words of a session in full: plain text to select, beside a bar, as high as it needs up to a limit."""

from gettext import gettext as _

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QResizeEvent, QTextBlockFormat, QTextCursor, QTextOption
from PySide6.QtWidgets import QSizePolicy, QTextEdit, QWidget

from app.core.session_words import LONGEST
from app.ui.text import plain_text
from app.ui.theme import colours
from app.ui.theme.paint import snapped
from app.ui.theme.scroll_bar import ScrollBar
from app.ui.theme.sizes import font, line_height

_MOST_LINES = 9
_BAR = 2
_INDENT = 14
_PADDING = 2


class Quote(QTextEdit):
    """Scrolls when there is more than it can show; the same words again keep selection and place."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._said = ""
        self.setObjectName("last_words")
        self.setAccessibleIdentifier("last_words")
        self.setAccessibleName(_("Last words"))
        self.setReadOnly(True)
        self.setAcceptRichText(False)
        self.setTabChangesFocus(True)
        self.setUndoRedoEnabled(False)
        self.setFont(font("body"))
        self.setFrameShape(QTextEdit.Shape.NoFrame)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setVerticalScrollBar(ScrollBar(Qt.Orientation.Vertical))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(0)
        self.viewport().setAutoFillBackground(False)
        self.setViewportMargins(_INDENT, _PADDING, 0, _PADDING)
        self.hide()

    def say(self, text: str) -> None:
        if text == self._said:
            return
        self._said = text
        self.setPlainText(plain_text(text, limit=LONGEST))
        lines = QTextBlockFormat()
        lines.setLineHeight(line_height("body"), QTextBlockFormat.LineHeightTypes.FixedHeight.value)
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.mergeBlockFormat(lines)
        self.setVisible(bool(text))
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        line = line_height("body")
        high = min(round(self.document().size().height()), _MOST_LINES * line)
        return QSize(200, max(high, line) + 2 * _PADDING + 1)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, line_height("body"))

    def event(self, event: QEvent) -> bool:
        """The bar stands in the margin, which belongs to the scroll area and not to its viewport."""
        if event.type() is QEvent.Type.Paint:
            self._paint_bar()
            return True
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.update()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def _paint_bar(self) -> None:
        c, painter = colours(), QPainter(self)
        ink = c.focus if self.hasFocus() else c.line_strong
        painter.fillRect(snapped(painter, QRectF(0, 0, _BAR, self.height())), ink)
