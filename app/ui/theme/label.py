"""Labels in the roles of the type scale, in colours that follow the theme."""

from typing import Literal

from PySide6.QtCore import QEvent, QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QTextLayout
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.text import SafeLabel
from app.ui.theme.colours import ColourName
from app.ui.theme.paragraph import paragraph
from app.ui.theme.sizes import FontRole, font, line_height
from app.ui.theme.theme import colour

_SELECTABLE = Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard


class Label(SafeLabel):
    """A plain-text label with a font role and a colour of the theme."""

    # There before the first event that Qt sends while the label is built.
    _ink: ColourName = "text"
    _role: FontRole = "body"

    def __init__(
        self,
        text: str = "",
        role: FontRole = "body",
        ink: ColourName = "text",
        parent: QWidget | None = None,
        *,
        elide: bool = False,
        wrap: bool = False,
        limit: int = 300,
    ) -> None:
        super().__init__(text, parent, elide=elide, limit=limit)
        self.setWordWrap(wrap)
        self._role = role
        self.setFont(font(role))
        # On a pane that is filled with Base a label takes the role Text, which we do not tint.
        self.setForegroundRole(QPalette.ColorRole.WindowText)
        self.set_ink(ink)

    def set_ink(self, ink: ColourName) -> None:
        """Take another colour of the theme."""
        self._ink = ink
        self._tint()

    def sizeHint(self) -> QSize:
        """At least a line of the look's height, which the fonts' own falls short of."""
        hint = super().sizeHint()
        if not self.wordWrap():
            lines = self.text().count("\n") + 1
            return hint.expandedTo(QSize(0, lines * line_height(self._role)))
        width = max(self.minimumWidth(), min(hint.width(), self.maximumWidth()))
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        if not self.wordWrap():
            return super().minimumSizeHint().expandedTo(QSize(0, line_height(self._role)))
        return QSize(super().minimumSizeHint().width(), line_height(self._role))

    def heightForWidth(self, width: int) -> int:
        """The height of the wrapped text; -1 for a single line, as Qt wants it."""
        if not self.wordWrap():
            return -1
        room = min(width, self.maximumWidth())  # a layout asks with its own width, whatever we were fixed to
        return self._paragraph(room).lineCount() * line_height(self._role)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Wrapped text is drawn line by line; what can be selected is left to Qt, which must find letters."""
        if not self.wordWrap() or self.textInteractionFlags() & _SELECTABLE:
            super().paintEvent(event)
            return
        room = self.contentsRect()
        lines = self._paragraph(room.width())
        spare = room.height() - lines.lineCount() * line_height(self._role)
        top = max(0, spare // 2) if self.alignment() & Qt.AlignmentFlag.AlignVCenter else 0
        painter = QPainter(self)
        painter.setPen(colour(self._ink) if self.isEnabled() else colour("text_3"))
        lines.draw(painter, QPointF(room.x(), room.y() + top))

    def _paragraph(self, width: int) -> QTextLayout:
        align = self.alignment() & Qt.AlignmentFlag.AlignHorizontal_Mask
        return paragraph(self.text(), self.font(), line_height(self._role), width, align=align)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._tint()

    def _tint(self) -> None:
        wanted = colour(self._ink)
        if self.palette().color(QPalette.ColorRole.WindowText) != wanted:
            palette = QPalette()
            palette.setColor(QPalette.ColorRole.WindowText, wanted)
            self.setPalette(palette)


class Heading(Label):
    """The title of a page, or of a section of it."""

    def __init__(
        self,
        text: str = "",
        role: Literal["title", "section", "strong"] = "section",
        parent: QWidget | None = None,
        *,
        wrap: bool = False,
    ) -> None:
        super().__init__(text, role, "text", parent, wrap=wrap)


class Caption(Label):
    """The label above a field; clicking it, or a screen reader, leads to the field given as its buddy."""

    def __init__(self, text: str = "", field: QWidget | None = None, parent: QWidget | None = None) -> None:
        super().__init__(text, "label", "text_2", parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        if field is not None:
            self.setBuddy(field)
