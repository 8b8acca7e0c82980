"""What every button of ours has in common: Enter presses as Space does, Tab reaches it, a click leaves the cursor.

A double click is one press, and a press finds in the fields what was being composed there.
"""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractButton, QWidget

from app.ui.theme.composition import commit_composition
from app.ui.theme.key_repeat import is_repeat

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_NONE = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)


def is_enter(event: QKeyEvent) -> bool:
    """Whether it is Enter alone; with Ctrl it is left to the shortcut that launches."""
    return event.key() in _ENTER and event.modifiers() in _NONE


class Pressable(QAbstractButton):
    """A button that paints itself and is told when the pointer is over it.

    `name` is its objectName and its identifier for assistive technology.
    """

    def __init__(self, parent: QWidget | None = None, *, name: str = "") -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleIdentifier(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        commit_composition()
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """The second half of a double click presses nothing: it would answer what the first has asked."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """One press, one click, however long Enter is held down."""
        if not is_enter(event):
            super().keyPressEvent(event)
        elif not is_repeat(event):
            self.click()
