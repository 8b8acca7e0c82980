"""A question before something that cannot be undone. It never blocks: the answer comes by a call."""

from collections.abc import Callable
from gettext import gettext as _

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.ui.text import plain_text
from app.ui.theme import Button, Heading, Kind, Label, colours
from app.ui.theme.sizes import GAP, MARGIN

_WIDTH = 420


class Question(QDialog):
    """One question, one sentence, and the answer in a verb. The focus is on Cancel."""

    def __init__(self, parent: QWidget, title: str, text: str, yes: str) -> None:
        super().__init__(parent)
        self.setObjectName("question")
        self.setAccessibleIdentifier("question")
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setAccessibleDescription(plain_text(text))
        self.setFixedWidth(_WIDTH)
        self._no = _button("no", _("Cancel"), Kind.PLAIN)
        self._yes = _button("yes", yes, Kind.PRIMARY)
        self._no.clicked.connect(self.reject)
        self._yes.clicked.connect(self.accept)
        self._lay_out(title, text)
        self._no.setFocus()

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), colours().surface)

    def _lay_out(self, title: str, text: str) -> None:
        words = Label(text, "body", "text_2")
        words.setWordWrap(True)
        foot = QHBoxLayout()
        foot.setSpacing(GAP)
        foot.addStretch()
        foot.addWidget(self._no)
        foot.addWidget(self._yes)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(GAP)
        column.addWidget(Heading(title))
        column.addWidget(words)
        column.addSpacing(GAP)
        column.addLayout(foot)


def ask(parent: QWidget, title: str, text: str, yes: str, then: Callable[[], None]) -> Question:
    """Asks in front of `parent`'s window and calls `then` when the answer is `yes`."""
    question = Question(parent, title, text, yes)
    question.setWindowModality(Qt.WindowModality.WindowModal)
    question.accepted.connect(then)
    question.finished.connect(question.deleteLater)
    question.open()
    return question


def _button(name: str, text: str, kind: Kind) -> Button:
    button = Button(text, kind)
    button.setObjectName(name)
    button.setAccessibleIdentifier(name)
    return button
