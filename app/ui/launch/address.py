"""Asks for the address of an image."""

from gettext import gettext as _

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app import words
from app.core.attachments import from_address
from app.errors import Problem
from app.ui.dialogs import Sheet
from app.ui.theme import Kind, LineField, Note
from app.ui.theme.sizes import LABEL_GAP

_WIDTH = 400


class AddressDialog(Sheet):
    """One line; the server's model loads the image from there."""

    given = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, "image_address", _("Image address"), _WIDTH)
        self._line = LineField(icon="link", placeholder="https://example.com/screenshot.png")
        self._line.setAccessibleName(_("Image address"))
        self._line.setAccessibleIdentifier("image_url")
        self._note = Note()
        column = QVBoxLayout()
        column.setSpacing(LABEL_GAP)
        column.addWidget(self._line)
        column.addWidget(self._note)
        self.content.addLayout(column)
        self.foot.addStretch()
        self.add_button("cancel", _("Cancel"), self.reject)
        self.add_button("add", _("Add"), self.accept, Kind.PRIMARY)
        self._line.textChanged.connect(lambda: self._say(None))
        self._say(None)

    def accept(self) -> None:
        found = from_address(self._line.text(), _("Pasted image"))
        if isinstance(found, Problem):
            self._say(found)
        else:
            self.given.emit(found)
            super().accept()

    def _say(self, problem: Problem | None) -> None:
        if problem:
            self._note.say(words.problem(problem))
        else:
            self._note.say(_("The model loads it from there; nothing is loaded here."), "hint")
        self._line.setAccessibleDescription(self._note.text())
        self._line.set_problem("problem" if problem else None)
