"""What an input method still composes in a field: it shows there, and is not its text yet.

Qt keeps it to itself, so our fields remember it as their `composition`.
"""

from PySide6.QtGui import QGuiApplication, QInputMethodEvent
from PySide6.QtWidgets import QApplication, QWidget


def commit_composition() -> None:
    """Takes what is being composed, wherever the cursor is, as typed."""
    QGuiApplication.inputMethod().commit()
    if field := QApplication.focusWidget():
        write_composition(field)


def write_composition(field: QWidget) -> None:
    """Writes it into the field, for input methods that do not do so when they are asked to."""
    if composition := getattr(field, "composition", ""):
        event = QInputMethodEvent()
        event.setCommitString(composition)
        QApplication.sendEvent(field, event)
        QGuiApplication.inputMethod().reset()
