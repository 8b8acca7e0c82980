"""What is said under a field: a problem, a warning, or a hint."""

from typing import Literal

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.theme.announcements import announce
from app.ui.theme.colours import ColourName
from app.ui.theme.label import Label

NoteLevel = Literal["problem", "warning", "hint", "good"]
_INK: dict[NoteLevel, ColourName] = {"problem": "bad", "warning": "needs", "hint": "text_3", "good": "run"}


class Note(Label):
    """A line or more below a field, no room without text. What it is told to say later is announced."""

    def __init__(self, text: str = "", level: NoteLevel = "problem", parent: QWidget | None = None) -> None:
        super().__init__("", "label", _INK[level], parent)
        self._label: Label | None = None
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.setText(text)

    def belongs_to(self, label: Label) -> None:
        """Has this label said before what is announced: who hears "This is needed." wants to know what."""
        self._label = label

    def set_message(self, text: str, level: NoteLevel = "problem") -> None:
        """Show `text` in the colour of `level` and announce it, if it is new; empty text hides the note."""
        before = self.text()
        self.set_ink(_INK[level])
        self.setText(text)
        if self.text() != before:
            announce(self, f"{self._whose()}{self.text()}" if self.text() else "")

    def setText(self, text: str) -> None:
        """Show `text`; empty text hides the note."""
        super().setText(text)
        self._show_if_said()

    def event(self, event: QEvent) -> bool:
        """A note without a parent would open as a window: it waits until it has one."""
        if event.type() is QEvent.Type.ParentChange:
            self._show_if_said()
        return super().event(event)

    def _whose(self) -> str:
        return f"{self._label.accessibleName() or self._label.text()}: " if self._label else ""

    def _show_if_said(self) -> None:
        self.setVisible(bool(self.text()) and self.parentWidget() is not None)
