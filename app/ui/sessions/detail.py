"""The detail of the current session: its last words in full, or what happened, and what can be done."""

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app import foreign_text, formats
from app.core.session import Operation, Session
from app.core.session_state import State, is_starting
from app.core.session_words import age_from, shown_title, state_word, told_and_said
from app.translation import N_
from app.translation import gettext as _
from app.ui.sessions.actions import BUTTONS, LABELS, Action, actions_for, menu_of
from app.ui.sessions.model import SessionRow
from app.ui.sessions.quoted_text import QuotedText
from app.ui.sessions.state_shapes import STATE_SHAPES
from app.ui.theme import Button, Hairline, IconButton, Label, colours, draw_shape
from app.ui.theme.sizes import GAP, ICON, line_height
from app.ui.theme.theme import colour

_MARGIN = 16
_NARROWEST = 240
_LABEL_LIMIT = 500
"""Of a title, a repository and a branch, in characters: here they are read whole."""

_GIVES_WAY = (Action.DELETE, Action.AGAIN, Action.STOP)
"""Which buttons go first when the pane is narrow; the menu has them all."""

_BUSY: dict[Operation, tuple[Action, str]] = {
    Operation.STOPPING: (Action.STOP, N_("Stopping…")),
    Operation.DELETING: (Action.DELETE, N_("Deleting…")),
}


class Detail(QWidget):
    """Emits what a person wants done with the session it shows."""

    done = Signal(str, object)
    """The key of the session, and the action."""

    def __init__(self, now: Callable[[], datetime], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._now = now
        self._row: SessionRow | None = None
        self._sign = _Sign()
        self._title = Label("", "strong", wrap=True, limit=_LABEL_LIMIT)
        self._place = Label("", "label", "text_2", wrap=True, limit=_LABEL_LIMIT)
        self._when = Label("", "label", "text_3")
        self._quote = QuotedText()
        self._buttons = {action: self._button(action) for action in BUTTONS}
        self._more = IconButton("more", _("More"), name="more")
        self._column = QVBoxLayout(self)
        self.setObjectName("detail")
        self.setAccessibleIdentifier("detail")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(_NARROWEST)  # buttons give way, so they ask for no width
        self._title.setObjectName("detail_title")
        self._title.setAccessibleIdentifier("detail_title")
        for label in (self._title, self._place):
            label.setMinimumWidth(_NARROWEST // 3)  # a long word is broken, and asks for no more
        self._when.setObjectName("detail_when")
        self._place.setObjectName("detail_place")
        self._place.setAccessibleIdentifier("detail_place")
        self._more.clicked.connect(self._open_menu)
        self._lay_out()
        self.show_row(None)

    def show_row(self, row: SessionRow | None) -> None:
        """Shows another session, or the same with what is new; None hides the detail."""
        before, self._row = self._row, row
        if row is None or before is None or row.session.key != before.session.key:
            self._close_gaps()
        self.setVisible(row is not None)
        if row is None:
            return
        session, now = row.session, self._now()
        when = _when(session, now)
        if row == before and when == self._when.text() and not is_starting(session):
            return  # at each look at the server, and the last words may be long
        self._sign.show_state(row.state)
        self._title.setText(shown_title(session, limit=_LABEL_LIMIT))
        place = [
            foreign_text.part(one, limit=_LABEL_LIMIT) for one in (session.repository, session.branch) if one
        ]
        self._place.setText(" · ".join(place))
        self._place.setVisible(bool(place))
        self._when.setText(when)
        self._quote.set_text(*told_and_said(session, now))
        self.setAccessibleName(f"{self._title.text()}, {state_word(session, row.state)}")
        self._more.setVisible(bool(actions_for(session)))
        self._offer(session)
        self._column.activate()  # at once, else the list beside it is painted twice: before it gives room, and after

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), colours().surface)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._row:
            self._offer(self._row.session)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._close_gaps()

    def _close_gaps(self) -> None:
        for button in self._buttons.values():
            _keep_place(button, False)

    def _offer(self, session: Session) -> None:
        """Shows the buttons of what can be done now, as many as there is room for."""
        busy, text = _BUSY.get(session.operation, (None, "")) if session.operation else (None, "")
        offered = [action for action in BUTTONS if action in actions_for(session) or action is busy]
        room = self.width() - 2 * _MARGIN - self._more.sizeHint().width()
        for action in _GIVES_WAY:
            if sum(self._buttons[one].sizeHint().width() + GAP for one in offered) - GAP <= room:
                break
            offered = [one for one in offered if one is not action]
        for action, button in self._buttons.items():
            if self.underMouse() and button.isVisible() and action not in offered:
                _keep_place(button, True)  # else the next one would slide under the pointer
            button.setVisible(action in offered)
            button.set_busy(_(text) if action is busy else None)

    def _open_menu(self) -> None:
        if self._row:
            menu = menu_of(self._row.session, self.done.emit, self)
            size, box = menu.sizeHint(), self._more.rect()
            place = QPoint(
                box.left() if self.isRightToLeft() else box.right() - size.width(), -size.height() - GAP
            )
            menu.popup(self._more.mapToGlobal(place))

    def _do(self, action: Action) -> None:
        if self._row:
            self.done.emit(self._row.session.key, action)

    def _button(self, action: Action) -> Button:
        kind, icon = BUTTONS[action]
        button = Button(_(LABELS[action]), kind, icon, small=True, name=action)
        button.clicked.connect(lambda: self._do(action))
        return button

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(GAP)
        head.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        name = QVBoxLayout()
        name.setSpacing(0)
        name.addWidget(self._title)
        name.addWidget(self._place)
        head.addLayout(name, 1)
        head.addWidget(self._when, 0, Qt.AlignmentFlag.AlignTop)
        buttons = QHBoxLayout()
        buttons.setSpacing(GAP)
        for button in self._buttons.values():
            buttons.addWidget(button)
        foot = QHBoxLayout()
        foot.setSpacing(0)
        foot.addLayout(buttons)
        foot.addStretch()
        foot.addWidget(self._more)
        inner = QVBoxLayout()
        inner.setContentsMargins(_MARGIN, 14, _MARGIN, 14)
        inner.setSpacing(0)
        inner.addLayout(head)
        inner.addSpacing(GAP)
        inner.addWidget(self._quote)
        inner.addSpacing(12)
        inner.addLayout(foot)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(Hairline())
        self._column.addLayout(inner)


def _keep_place(button: Button, kept: bool) -> None:
    """Whether a hidden button leaves a gap."""
    policy = button.sizePolicy()
    policy.setRetainSizeWhenHidden(kept)
    button.setSizePolicy(policy)


def _when(session: Session, now: datetime) -> str:
    if session.is_unconfirmed and session.unchanged_since:
        return _("sent {time}").format(time=formats.clock(session.unchanged_since, seconds=True))
    return formats.age(age_from(session), now)


class _Sign(QWidget):
    """The shape of a state."""

    def __init__(self) -> None:
        super().__init__()
        self._state = State.OTHER
        self.setFixedSize(ICON, line_height("strong"))

    def show_state(self, state: State) -> None:
        self._state = state
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        shape, ink = STATE_SHAPES[self._state]
        box = QRect(0, (self.height() - ICON) // 2, ICON, ICON)
        draw_shape(QPainter(self), box, shape, colour(ink))
