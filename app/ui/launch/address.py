"""Asks for the address of an image."""

from gettext import gettext as _

from PySide6.QtCore import Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from app import words
from app.core.attachments import from_address
from app.errors import Problem
from app.ui.theme import Button, Heading, Kind, LineField, Note, colours
from app.ui.theme.sizes import FIELD_GAP, GAP, LABEL_GAP, MARGIN


class AddressDialog(QDialog):
    """One line; the server's model loads the image from there."""

    given = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("image_address")
        self.setAccessibleIdentifier("image_address")
        self.setWindowTitle(_("Image address"))
        self.setMinimumWidth(400)
        self._line = LineField(icon="link", placeholder="https://example.com/screenshot.png")
        self._line.setAccessibleName(_("Image address"))
        self._line.setAccessibleIdentifier("image_url")
        self._line.returnPressed.connect(self.accept)
        self._note = Note(_("The model loads it from there; nothing is loaded here."), "hint")
        add, cancel = Button(_("Add"), Kind.PRIMARY, name="add"), Button(_("Cancel"), name="cancel")
        add.clicked.connect(self.accept)
        cancel.clicked.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN - GAP)
        layout.setSpacing(LABEL_GAP)
        layout.addWidget(Heading(_("Image address")))
        layout.addSpacing(FIELD_GAP)
        layout.addWidget(self._line)
        layout.addWidget(self._note)
        layout.addSpacing(FIELD_GAP)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addStretch()
        row.addWidget(cancel)
        row.addWidget(add)
        layout.addLayout(row)
        self.finished.connect(self.deleteLater)

    def accept(self) -> None:
        found = from_address(self._line.text(), _("Pasted image"))
        if isinstance(found, Problem):
            self._note.say(words.problem(found))
            self._line.setAccessibleDescription(self._note.text())
            self._line.set_problem("problem")
            return
        self.given.emit(found)
        super().accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), colours().surface)
