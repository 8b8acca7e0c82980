"""The words of a session in full: text to select, beside a bar, as high as it needs up to a limit."""

from collections.abc import Iterator
from dataclasses import replace

from PySide6.QtCore import QEvent, QMimeData, QRect, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import (
    QFontMetricsF,
    QPainter,
    QResizeEvent,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextFormat,
    QTextLength,
    QTextOption,
)
from PySide6.QtWidgets import QSizePolicy, QTextEdit, QWidget

from app.core.session_words import FULL_TEXT_LIMIT
from app.translation import gettext as _
from app.ui.markdown import BREAK, Part, Run, parts_of
from app.ui.text import plain_text
from app.ui.theme import colours
from app.ui.theme.paint import mirrored, snapped
from app.ui.theme.scroll_bar import ScrollBar
from app.ui.theme.sizes import GAP, FontRole, font, line_height

_MOST_LINES = 9
_BAR = 2
_INDENT = 14
_PADDING = 2
_STEP = 18
"""From one level of a list to the next."""

_DEEPEST = 5
"""Further levels stand no further in: there would be no room for words."""

_AT_ONCE = 2
"""How many slices come before the first picture."""


class QuotedText(QTextEdit):
    """Scrolls when there is more than it can show; the same words again keep selection and place."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._told, self._said = "", ""
        self._coming: Iterator[list[Part]] = iter(())
        self._next = QTimer(self, singleShot=True, interval=0)
        self._next.timeout.connect(self._go_on)
        self._formats = _Formats()
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
        begin, end = (0, _INDENT) if self.isRightToLeft() else (_INDENT, 0)
        self.setViewportMargins(begin, _PADDING, end, _PADDING)
        self.hide()

    def set_text(self, told: str, said: str) -> None:
        """Shows what happened, as plain text, and the last words, which are Markdown.

        The beginning is there at once; what is long comes in slices, so that nobody waits for it.
        """
        if (told, said) != (self._told, self._said):
            self._told, self._said = told, said
            self._fill()

    def is_whole(self) -> bool:
        """Whether the last slice has come."""
        return not self._next.isActive()

    def _fill(self) -> None:
        self._formats = _Formats()
        self.clear()
        if self._told:
            told = plain_text(self._told, limit=FULL_TEXT_LIMIT).replace("\n", BREAK)
            self._append([Part((Run(told),))])
        self._coming = parts_of(plain_text(self._said, limit=FULL_TEXT_LIMIT)) if self._said else iter(())
        for _time in range(_AT_ONCE):
            self._go_on()
        self.setVisible(bool(self._told or self._said))

    def _go_on(self) -> None:
        if parts := next(self._coming, None):
            self._append(parts)
            self.updateGeometry()
            self._next.start()

    def _append(self, parts: list[Part]) -> None:
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        is_first = self.document().isEmpty()
        cursor.beginEditBlock()  # else each run lays its paragraph out again
        for part in parts:
            form = self._formats.block(part, is_first=is_first)
            if is_first:
                cursor.setBlockFormat(form)
            else:
                cursor.insertBlock(form)
            is_first = False
            if part.marker:
                cursor.insertText(f"{part.marker} ", self._formats.letters(part, Run("")))
            for run in part.runs:
                cursor.insertText(run.text, self._formats.letters(part, run))
        cursor.endEditBlock()

    def createMimeDataFromSelection(self) -> QMimeData:
        """What is copied is plain text."""
        copied = QMimeData()
        copied.setText(self.textCursor().selection().toPlainText())
        return copied

    def changeEvent(self, event: QEvent) -> None:
        """Code has a ground of its own, which follows the theme."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and self._formats.colours is not colours():
            self._fill()

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
        painter.fillRect(snapped(painter, QRectF(mirrored(self, QRect(0, 0, _BAR, self.height())))), ink)


_Format = tuple[object, ...]


class _Formats:
    """How parts and runs look; each look is made once, because making one takes longer than writing it."""

    def __init__(self) -> None:
        self.colours = colours()
        self._blocks: dict[_Format, QTextBlockFormat] = {}
        self._letters: dict[_Format, QTextCharFormat] = {}

    def block(self, part: Part, *, is_first: bool) -> QTextBlockFormat:
        look = (replace(part, runs=()), is_first)
        if look not in self._blocks:
            self._blocks[look] = _block_format(part, is_first=is_first)
        return self._blocks[look]

    def letters(self, part: Part, run: Run) -> QTextCharFormat:
        look = (part.heading, part.is_code, part.quoted, replace(run, text=""))
        if look not in self._letters:
            self._letters[look] = _char_format(part, run)
        return self._letters[look]


def _block_format(part: Part, *, is_first: bool) -> QTextBlockFormat:
    form = QTextBlockFormat()
    role = _role(part)
    form.setLineHeight(line_height(role), QTextBlockFormat.LineHeightTypes.FixedHeight.value)
    form.setTopMargin(0 if is_first else GAP // 2 if part.marker else GAP)
    hangs = QFontMetricsF(font(role)).horizontalAdvance(f"{part.marker} ") if part.marker else 0
    steps = max(0, part.depth - 1) if part.marker else part.depth
    form.setLeftMargin(_STEP * min(steps + part.quoted, _DEEPEST) + hangs)
    form.setTextIndent(-hangs)
    if part.is_code:
        form.setBackground(colours().sunken)
        form.setNonBreakableLines(False)
    if part.is_rule:
        whole = QTextLength(QTextLength.Type.PercentageLength, 100)
        form.setProperty(QTextFormat.Property.BlockTrailingHorizontalRulerWidth, whole)
        form.setBackground(colours().line)  # of the line
    return form


def _char_format(part: Part, run: Run) -> QTextCharFormat:
    face = font(_role(part, run))
    if run.bold and run.code:  # elsewhere the role is bold already
        face.setBold(True)
    face.setItalic(run.italic)
    face.setStrikeOut(run.struck)
    form = QTextCharFormat()
    form.setFont(face)
    if run.code and not part.is_code:
        form.setBackground(colours().sunken)
    if run.quiet or part.quoted:
        form.setForeground(colours().text_2)
    return form


def _role(part: Part, run: Run | None = None) -> FontRole:
    if part.is_code or (run and run.code):
        return "code"
    return "section" if part.heading == 1 else "strong" if part.heading or (run and run.bold) else "body"
