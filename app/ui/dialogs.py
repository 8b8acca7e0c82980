"""What every dialog of ours has in common, and the question before something that cannot be undone."""

from collections.abc import Callable
from gettext import gettext as _

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.ui.reading_order import order_tabs
from app.ui.text import plain_text
from app.ui.theme import Button, Heading, Kind, Label, colours
from app.ui.theme.pressable import is_enter
from app.ui.theme.sizes import FIELD_GAP, GAP, MARGIN

_WIDTH = 420


class Sheet(QDialog):
    """Title, content, and a foot of buttons. Enter accepts, where nothing else takes it. Open it with `open`."""

    def __init__(self, parent: QWidget, name: str, title: str, width: int) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleIdentifier(name)
        self.setWindowTitle(title)
        self.setMinimumWidth(width)
        self.content = QVBoxLayout()
        self.content.setSpacing(FIELD_GAP)
        self.foot = QHBoxLayout()
        self.foot.setSpacing(GAP)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN - GAP)
        whole.setSpacing(FIELD_GAP)
        whole.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)
        whole.addWidget(Heading(title))
        whole.addLayout(self.content)
        whole.addLayout(self.foot)
        self.finished.connect(self.deleteLater)

    def add_button(self, name: str, text: str, act: Callable[[], None], kind: Kind = Kind.PLAIN) -> Button:
        """Adds a button to the foot, at its right end."""
        button = Button(text, kind, name=name)
        button.clicked.connect(lambda: act())
        self.foot.addWidget(button)
        return button

    def event(self, event: QEvent) -> bool:
        """As high as it must be at its width: the layout's own measure takes its words for narrower, and so higher."""
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize):
            self.setFixedHeight(self.heightForWidth(self.width()))
        return super().event(event)

    def sizeHint(self) -> QSize:
        width = self.minimumWidth()
        return QSize(width, self.heightForWidth(width))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if is_enter(event) and not event.isAutoRepeat():
            self.accept()
        else:
            super().keyPressEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        order_tabs(self)
        return super().focusNextPrevChild(forward)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), colours().surface)


class Question(Sheet):
    """One question, one sentence, and the answer in a verb. The focus is on Cancel."""

    def __init__(self, parent: QWidget, title: str, text: str, yes: str) -> None:
        super().__init__(parent, "question", title, _WIDTH)
        self.setAccessibleDescription(plain_text(text))
        self.content.addWidget(Label(text, "body", "text_2", wrap=True))
        self.foot.addStretch()
        self.add_button("no", _("Cancel"), self.reject).setFocus()
        self.add_button("yes", yes, self.accept, Kind.PRIMARY)


def ask(parent: QWidget, title: str, text: str, yes: str, then: Callable[[], None]) -> Question:
    """Asks in front of `parent`'s window and calls `then` when the answer is `yes`. It never blocks."""
    question = Question(parent, title, text, yes)
    question.accepted.connect(then)
    question.open()
    return question
