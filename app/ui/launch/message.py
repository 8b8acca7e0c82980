"""The field of the first message, and of whatever else is told to the agent."""

from collections.abc import Callable

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QDropEvent, QKeyEvent, QTextCursor

from app.ui.launch.mime_data import brings_images
from app.ui.theme import TextField
from app.ui.theme.key_repeat import is_repeat

_OF_SHORTCUTS = (
    Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
)


_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class MessageField(TextField):
    """The first message. Images that are pasted or dropped go to the images, text stays text."""

    brought = Signal(QMimeData, bool)
    """Images, and whether they were dropped."""

    takes_images: Callable[[], bool] = staticmethod(lambda: True)
    """Whether images go along now; if not, this is a field like others."""

    _is_drop = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """What the images in it do not take comes here too: only letters are for the text, and bring the cursor."""
        if not self.hasFocus():
            is_letter = event.text() and event.text().isprintable()
            if not is_letter or event.modifiers() & _OF_SHORTCUTS:
                event.ignore()
                return
            self.moveCursor(QTextCursor.MoveOperation.End)
            self.setFocus()
        if event.key() in _ENTER and is_repeat(event) and self.document().isEmpty():
            return  # it was held down on what has emptied the text
        super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() is QContextMenuEvent.Reason.Keyboard and not self.hasFocus():
            event.ignore()
        else:
            super().contextMenuEvent(event)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return self._brings_images(source) or super().canInsertFromMimeData(source)

    def insertFromMimeData(self, source: QMimeData) -> None:
        if self._brings_images(source):
            self.brought.emit(source, self._is_drop)
        else:
            super().insertFromMimeData(source)

    def dropEvent(self, event: QDropEvent) -> None:
        self._is_drop = True
        try:
            super().dropEvent(event)
        finally:
            self._is_drop = False

    def _brings_images(self, source: QMimeData) -> bool:
        return self.takes_images() and brings_images(source, dropped=self._is_drop)
