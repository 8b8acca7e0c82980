"""What all dialogs have in common, and the question before something that cannot be undone."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QSize
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from app.translation import gettext as _
from app.ui.tab_order import order_tabs
from app.ui.text import plain_text
from app.ui.theme import Button, ButtonKind, FlowLayout, Heading, Label, ScrollPane, colours
from app.ui.theme.key_repeat import is_repeat, watch_releases
from app.ui.theme.pressable import is_enter
from app.ui.theme.sizes import FIELD_GAP, GAP, MARGIN
from app.ui.window_placement import move_inside, room_on_screen

_WIDTH = 420


class Sheet(QDialog):
    """Title, content, and a foot of buttons. Enter accepts, where nothing else takes it. Open it with `open`.

    It is never larger than the screen has room for: the content scrolls before that.
    """

    def __init__(self, parent: QWidget, name: str, title: str, width: int) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleIdentifier(name)
        self.setWindowTitle(title)
        self.setMinimumWidth(min(width, room_on_screen(self).width()))
        self._head, self._body, self._end = QWidget(self), QWidget(), QWidget(self)
        for part in (self._head, self._body, self._end):
            part.installEventFilter(self)
        self.content = QVBoxLayout(self._body)
        self.content.setContentsMargins(MARGIN, 0, MARGIN, FIELD_GAP)
        self.content.setSpacing(FIELD_GAP)
        head = QVBoxLayout(self._head)
        head.setContentsMargins(MARGIN, MARGIN, MARGIN, FIELD_GAP)
        head.addWidget(Heading(title, wrap=True))
        self.foot = FlowLayout(GAP)
        self.foot.setContentsMargins(MARGIN, 0, MARGIN, MARGIN - GAP)
        self._end.setLayout(self.foot)
        self._pane = ScrollPane(self._body)
        self._pane.setParent(self)
        self.finished.connect(self.deleteLater)

    def add_button(
        self, name: str, text: str, act: Callable[[], None], kind: ButtonKind = ButtonKind.PLAIN
    ) -> Button:
        """Adds a button to the foot, at its right end."""
        button = Button(text, kind, name=name)
        button.clicked.connect(lambda: act())
        self.foot.addWidget(button)
        return button

    def sizeHint(self) -> QSize:
        """As high as it must be at its width, and as there is room for."""
        width = max(self.width() if self.isVisible() else 0, self.minimumWidth())
        height = sum(_height(part, width) for part in (self._head, self._body, self._end))
        return QSize(width, min(height, room_on_screen(self).height()))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if (handle := self.windowHandle()) is not None:
            watch_releases(handle)

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Polish, QEvent.Type.Resize):
            self._fit()
        return super().event(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A part asks for another height: a note comes, a field goes."""
        if event.type() is QEvent.Type.LayoutRequest:
            self._fit()
        return super().eventFilter(watched, event)

    def _fit(self) -> None:
        """Head and foot as high as they must be, what is left for the content between them."""
        size = self.sizeHint()
        self.setFixedHeight(size.height())
        move_inside(self)
        # Its own minimum is too high: Qt reckons wrapped text at a smaller width than it gets.
        self._body.setMinimumHeight(_height(self._body, size.width()))
        head, end = (_height(part, size.width()) for part in (self._head, self._end))
        self._head.setGeometry(0, 0, size.width(), head)
        self._pane.setGeometry(0, head, size.width(), size.height() - head - end)
        self._end.setGeometry(0, size.height() - end, size.width(), end)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if is_enter(event) and not is_repeat(event):
            self.accept()
        else:
            super().keyPressEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        order_tabs(self)
        return super().focusNextPrevChild(forward)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), colours().surface)


def _height(part: QWidget, width: int) -> int:
    return part.heightForWidth(width) if part.hasHeightForWidth() else part.sizeHint().height()


class Question(Sheet):
    """One question before something is destroyed, one sentence, the answer in a verb. The focus is on Cancel."""

    def __init__(self, parent: QWidget, title: str, text: str, yes: str) -> None:
        super().__init__(parent, "question", title, _WIDTH)
        self.setAccessibleDescription(plain_text(text))
        self.content.addWidget(Label(text, "body", "text_2", wrap=True))
        self.foot.add_stretch()
        self.add_button("no", _("Cancel"), self.reject).setFocus()
        self.add_button("yes", yes, self.accept, ButtonKind.DANGER)


def ask(parent: QWidget, title: str, text: str, yes: str, then: Callable[[], None]) -> Question:
    """Asks in front of `parent`'s window and calls `then` when the answer is `yes`. It never blocks."""
    question = Question(parent, title, text, yes)
    question.accepted.connect(then)
    question.open()
    return question
