"""The one door for foreign text into widgets.

Qt guesses that a text is HTML and then opens the local files its images name. What a server, a file or a
person wrote is plain text here, cleaned of control and direction signs. Markdown has a door of its own behind
this one, `app.ui.markdown`.
"""

import html
import re

from PySide6.QtCore import QLocale, QSize, Qt
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QWidget

from app import translation
from app.foreign_text import END_OF_ISOLATE, ISOLATE, safe_text

_LIMIT = 300
_TOOLTIP = 2000
_TOO_LONG = re.compile(r"\S{60}(?=\S)")


def plain_text(text: str, *, limit: int | None = _LIMIT, single_line: bool = False) -> str:
    """`text` as it may be shown: control and direction signs escaped, at most `limit` characters."""
    return safe_text(text, limit=limit, single_line=single_line)


def data_size(count: int) -> str:
    """So many bytes, as people read them in the locale of the sentences: "12.5 kB"."""
    locale = QLocale(translation.locale())
    return locale.formattedDataSize(count, 1, QLocale.DataSizeFormat.DataSizeTraditionalFormat)


def set_tooltip(widget: QWidget, text: str) -> None:
    """Give `widget` a tooltip that shows `text` letter by letter; empty takes it away."""
    widget.setToolTip(tooltip(text))


def tooltip(text: str) -> str:
    """What Qt takes as a tooltip and shows letter by letter; a word that is too long for a line is broken."""
    parted = _TOO_LONG.sub("\\g<0>\u200b", plain_text(text, limit=_TOOLTIP))
    shown = html.escape(parted).replace("\n", "<br>")
    return f"<qt>{shown}</qt>" if shown else ""


def leading(align: Qt.AlignmentFlag) -> Qt.AlignmentFlag:
    """`align` where one reads from the right: text begins there, whatever its own direction is."""
    flags = Qt.AlignmentFlag
    if QGuiApplication.layoutDirection() is Qt.LayoutDirection.LeftToRight or not align & flags.AlignLeft:
        return align
    return (align & ~flags.AlignLeft) | flags.AlignRight | flags.AlignAbsolute


def in_own_direction(text: str) -> str:
    """`text` for a painter: where one reads from the right, what is read from the left stays in its order."""
    if QGuiApplication.layoutDirection() is Qt.LayoutDirection.LeftToRight:
        return text
    return f"{ISOLATE}{text}{END_OF_ISOLATE}" if text else ""


class SafeLabel(QLabel):
    """A label that never takes its text for HTML; `elide` cuts what does not fit on its one line."""

    def __init__(
        self, text: str = "", parent: QWidget | None = None, *, elide: bool = False, limit: int = _LIMIT
    ) -> None:
        super().__init__(parent)
        self._elide = elide
        self._limit = limit
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAlignment(leading(self.alignment()))
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show `text`, cleaned."""
        super().setText(plain_text(text, limit=self._limit, single_line=self._elide))

    def minimumSizeHint(self) -> QSize:
        """An eliding label may shrink to nothing."""
        hint = super().minimumSizeHint()
        return QSize(0, hint.height()) if self._elide else hint

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._elide:
            super().paintEvent(event)
            return
        room = self.contentsRect()
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        self.style().drawItemText(
            QPainter(self),
            room,
            self.alignment(),
            self.palette(),
            self.isEnabled(),
            in_own_direction(shown),
            self.foregroundRole(),
        )
