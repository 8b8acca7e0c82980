"""What is said under a field: a problem, a warning, or a hint."""

from typing import Literal

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.theme.colours import ColourName
from app.ui.theme.label import Label

NoteLevel = Literal["problem", "warning", "hint", "good"]
_INK: dict[NoteLevel, ColourName] = {"problem": "bad", "warning": "needs", "hint": "text_3", "good": "run"}


def announce(widget: QWidget, text: str) -> None:
    """Have a screen reader say `text` without moving the focus."""
    from PySide6.QtGui import (
        QAccessible,
        QAccessibleAnnouncementEvent,
    )  # nothing is said before the first paint

    if QAccessible.isActive():
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, text))


class Note(Label):
    """A line or more below a field, no room without text. New text is announced to screen readers."""

    def __init__(self, text: str = "", level: NoteLevel = "problem", parent: QWidget | None = None) -> None:
        super().__init__("", "label", _INK[level], parent)
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.setText(text)

    def say(self, text: str, level: NoteLevel = "problem") -> None:
        """Show `text` in the colour of `level`; empty text hides the note."""
        self.set_ink(_INK[level])
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show `text`; empty text hides the note."""
        before = self.text()
        super().setText(text)
        self._show_if_said()
        if self.text() and self.text() != before:
            announce(self, self.text())

    def event(self, event: QEvent) -> bool:
        """A note without a parent would open as a window: it waits until it has one."""
        if event.type() is QEvent.Type.ParentChange:
            self._show_if_said()
        return super().event(event)

    def _show_if_said(self) -> None:
        self.setVisible(bool(self.text()) and self.parentWidget() is not None)
