"""The field of the first message, and of whatever else is told to the agent."""

from collections.abc import Callable

from PySide6.QtCore import QMimeData, Signal
from PySide6.QtGui import QDropEvent

from app.ui.launch.brought import brings_images
from app.ui.theme import TextField


class MessageField(TextField):
    """The first message. Images that are pasted or dropped go to the images, text stays text."""

    brought = Signal(QMimeData, bool)
    """Images, and whether they were dropped."""

    takes_images: Callable[[], bool] = staticmethod(lambda: True)
    """Whether images go along now; if not, this is a field like others."""

    _is_drop = False

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
