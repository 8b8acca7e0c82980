"""What an input method still composes in a field: it shows there, and is not its text yet.

Qt keeps it to itself, so our fields remember it as their `composition`.
"""

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QFocusEvent, QGuiApplication, QInputMethodEvent
from PySide6.QtWidgets import QApplication, QWidget

if TYPE_CHECKING:
    _Field = QWidget
else:  # whatever Qt field a class has beside this one
    _Field = object

_COMES_BACK = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason)
"""After these somebody goes on where the cursor was."""


class Composing(_Field):
    """What our fields of text share: the composition is remembered, and written when the field is left."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.composition = ""

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        super().inputMethodEvent(event)
        self.composition = event.preeditString()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() not in _COMES_BACK:
            write_composition(self)
            self.leave()

    def leave(self) -> None:
        """The cursor has gone on to something else in the window, and does not come back by itself."""


def commit_composition() -> None:
    """Takes what is being composed, wherever the cursor is, as typed."""
    QGuiApplication.inputMethod().commit()
    if field := QApplication.focusWidget():
        write_composition(field)


def write_composition(field: QWidget) -> None:
    """Writes it into the field, for input methods that do not do so when they are asked to."""
    if isinstance(field, Composing) and field.composition:
        event = QInputMethodEvent()
        event.setCommitString(field.composition)
        QApplication.sendEvent(field, event)
        QGuiApplication.inputMethod().reset()
