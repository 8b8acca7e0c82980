"""The replay of a launch: a file of events, read once."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from app import formats
from app.core.tasks import Tasks, in_thread
from app.errors import Problem
from app.translation import gettext as _
from app.translation import ngettext
from app.ui.text import data_size
from app.ui.theme import Button, ButtonKind, Card, IconButton, Label
from app.ui.theme.card import PADDING
from app.ui.theme.sizes import GAP, LABEL_GAP

AT_ONCE = 256 * 1024
"""So many characters are read as a replay in two milliseconds."""


class ReplayField(Card):
    """Chooses a file; its value is the text of it."""

    changed = Signal()
    began = Signal()
    """What was told before is over; what still holds is told again."""
    refused = Signal(Problem)

    def __init__(self, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._tasks = tasks
        self._text = ""
        self._name = ""
        self._reading: Callable[[], str | Problem] | None = None
        """What finds the text that is on its way."""
        self.setAcceptDrops(True)
        self.setAccessibleName(_("Replay"))
        self._title = Label("", "strong", elide=True)
        self._title.setObjectName("replay_title")
        self._about = Label("", "label", "text_2", wrap=True)
        self._choose = Button(
            _("Choose file…"), ButtonKind.PLAIN, icon="folder", small=True, name="choose_replay"
        )
        self._choose.clicked.connect(self._open_dialog)
        self._remove = IconButton("close", _("Remove replay"), name="remove_replay")
        self._remove.clicked.connect(self._empty)
        self.setFocusProxy(self._choose)
        self._place()
        self._show()

    def text(self) -> str:
        return self._text

    def set_text(self, text: str, name: str = "") -> None:
        """`name` is that of the file it was read from, if it was."""
        self._text, self._name = text, name
        self._show()
        self.changed.emit()

    def add_file(self, path: Path) -> None:
        from app.core.text_files import TEXT_LIMIT, text_from_file

        self._read(partial(text_from_file, path, TEXT_LIMIT, ("replay_json",)), path.name)

    def add_text(self, text: str) -> None:
        """A replay that takes long to be read: it comes as a file does."""
        self._read(lambda: text, "")

    def is_reading(self) -> bool:
        """Whether a replay is on its way. Until it is here a launch waits, or it would go with what it replaces."""
        return self._reading is not None

    def forget(self) -> None:
        """What is on its way was for the form as it was before."""
        self._reading = None
        self.began.emit()
        self._show()

    def _read(self, find: Callable[[], str | Problem], name: str) -> None:
        self._reading = find
        self.began.emit()
        self._show()
        self._tasks.start("replay", lambda: self._take(find, name), restart=True)

    async def _take(self, find: Callable[[], str | Problem], name: str) -> None:
        try:
            found = await in_thread(_looked_at, find)
        finally:
            if is_awaited := self._reading is find:
                self.forget()
        if not is_awaited:
            return
        if isinstance(found, Problem):
            self.refused.emit(found)
        else:
            self.set_text(found, name)

    def _empty(self) -> None:
        self.forget()
        self.set_text("")

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()
            self.set_tone("accent")

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.set_tone("plain")

    def dropEvent(self, event: QDropEvent) -> None:
        self.set_tone("plain")
        files = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if files:
            self.add_file(files[0])

    def _open_dialog(self) -> None:
        dialog = QFileDialog(self, _("Choose a replay"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([_("Events (*.json)"), _("All files (*)")])
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.add_file(Path(name)))
        dialog.open()

    def _show(self) -> None:
        self._title.setText(self._name or (_("A replay") if self._text else _("No file chosen")))
        size = data_size(len(self._text))
        hint = _("A JSON list of events. The agent does what they say, one after the other.")
        about = formats.listing((size, _events_in(self._text))) if self._text else hint
        self._about.setText(_("Reading…") if self._reading else about)
        self._remove.setVisible(bool(self._text))

    def _place(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(LABEL_GAP)
        words.addWidget(self._title)
        words.addWidget(self._about)
        row = QHBoxLayout(self)
        row.setContentsMargins(PADDING, PADDING - 3, PADDING, PADDING - 3)
        row.setSpacing(GAP)
        row.addLayout(words, 1)
        row.addWidget(self._choose)
        row.addWidget(self._remove)


def _events_in(text: str) -> str:
    """How many events are sent; "" for what is no replay. The form asks for the same."""
    from app.wire.replay import read

    found = read(text)
    if isinstance(found, Problem):
        return ""
    count = found.events - found.left_out
    return ngettext("{count} event", "{count} events", count).format(count=formats.number(count))


def _looked_at(find: Callable[[], str | Problem]) -> str | Problem:
    """The text that `find` gives. It is read as a replay too, and remembered: every look at the form asks for that."""
    from app.wire.replay import read

    text = find()
    if isinstance(text, str):
        read(text)
    return text
