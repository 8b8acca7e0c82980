"""Asks for the address of an image."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app import messages
from app.core.attachments import ImageAttachment, from_address, is_web_address
from app.core.tasks import Tasks, in_thread
from app.errors import Problem
from app.translation import N_
from app.translation import gettext as _
from app.ui.dialogs import Sheet
from app.ui.theme import ButtonKind, LineField, Note
from app.ui.theme.sizes import LABEL_GAP

LOADED_LATER = N_("The model loads it from there; nothing is loaded here.")
"""What becomes of a web address."""

_WIDTH = 400


class AddressDialog(Sheet):
    """One line; the server's model loads the image from there."""

    given = Signal(object)
    """An `ImageAttachment`."""

    def __init__(self, parent: QWidget, tasks: Tasks) -> None:
        super().__init__(parent, "image_address", _("Image address"), _WIDTH)
        self._tasks = tasks
        self._asked = 0
        """How often it was tried: what is typed meanwhile makes an answer void."""
        self._line = LineField(icon="link", placeholder="https://example.com/screenshot.png")
        self._line.setAccessibleName(_("Image address"))
        self._line.setObjectName("image_url")
        self._line.setAccessibleIdentifier("image_url")
        self._note = Note()
        self._note.setObjectName("image_url.note")
        column = QVBoxLayout()
        column.setSpacing(LABEL_GAP)
        column.addWidget(self._line)
        column.addWidget(self._note)
        self.content.addLayout(column)
        self.foot.add_stretch()
        self.add_button("cancel", _("Cancel"), self.reject)
        self.add_button("add", _("Add"), self.accept, ButtonKind.PRIMARY)
        self._line.textChanged.connect(self._begin_anew)
        self.finished.connect(self._begin_anew)
        self._say(None)

    def accept(self) -> None:
        """A web address is looked at here, where nothing need be read; the rest is read in a thread."""
        self._asked += 1
        find = partial(from_address, self._line.text(), _("Pasted image"))
        if is_web_address(self._line.text()):
            self._answer(find())
        else:
            self._note.set_message(_("Reading…"), "hint")
            self._tasks.start(
                f"image address {id(self)} {self._asked}", lambda: self._read(find, self._asked)
            )

    async def _read(self, find: Callable[[], ImageAttachment | Problem], asked: int) -> None:
        found = await in_thread(find)
        if asked == self._asked:
            self._answer(found)

    def _answer(self, found: ImageAttachment | Problem) -> None:
        if isinstance(found, Problem):
            self._say(found)
        else:
            self.given.emit(found)
            super().accept()

    def _begin_anew(self) -> None:
        self._asked += 1
        self._say(None)

    def _say(self, problem: Problem | None) -> None:
        if problem:
            self._note.set_message(messages.problem(problem))
        else:
            self._note.set_message(_(LOADED_LATER), "hint")
        self._line.setAccessibleDescription(self._note.text())
        self._line.set_problem("problem" if problem else None)
