"""The form pane: it takes what is typed to the launch, and says what came of it."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QPainter, QPaintEvent, QResizeEvent, QShortcut
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app import messages
from app.core.connection_status import ConnectionState
from app.core.kinds import FIELDS_OF, LaunchKind
from app.core.servers import ServerFacts
from app.core.tasks import Tasks
from app.errors import LauncherError, Problem, Remedy
from app.translation import N_
from app.translation import gettext as _
from app.ui.form import Form
from app.ui.launch.fields import AdvancedFold, Fields, InstructionsFold
from app.ui.launch.foot import Foot
from app.ui.launch.foot_sentence import Cancelled, EmptyStart, Notice, Replaced, Started, sentence
from app.ui.launch.replay import AT_ONCE
from app.ui.theme import Bar, Heading, Note, ScrollPane, Segments, announce, colours
from app.ui.theme.bar import BarLevel
from app.ui.theme.composition import commit_composition
from app.ui.theme.key_repeat import is_held
from app.ui.theme.sizes import FIELD_GAP, GAP, MARGIN

if TYPE_CHECKING:
    from app.compose import Connection
    from app.core.conversations import ServerSettings
    from app.core.draft import LaunchDraft
    from app.core.launching import Outcome
    from app.core.problems import CheckedLaunch
    from app.core.session import Session, SessionChange, SessionKey
    from app.core.sessions import Changes

KINDS = [
    (LaunchKind.MESSAGE, N_("Message")),
    (LaunchKind.SUGGESTED_TASK, N_("Suggested task")),
    (LaunchKind.MICROAGENT, N_("Microagent")),
    (LaunchKind.REPLAY, N_("Replay")),
]
_LOW = 340


class LaunchPane(QWidget):
    """One draft, one form, one button. The draft comes with `begin`; until then fields hold what is typed."""

    draft: "LaunchDraft"

    remedy_wanted = Signal(Remedy)
    launched = Signal(str)
    """A press put this row into the list."""

    def __init__(self, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("launch_pane")
        self.setAccessibleIdentifier("launch_pane")
        self._connection: Connection | None = None
        self._unwatch: list[Callable[[], None]] = []
        self._has_begun = False
        self._sending: SessionKey | None = None
        self._replaced_form: tuple[LaunchDraft, LaunchDraft] | None = None
        """The form before and after it was last emptied, or filled otherwise."""
        self._notice: Notice | None = None
        self._checked: CheckedLaunch | None = None
        """The draft as it was checked last; None while something blocks it."""
        self._remedy = Remedy.NONE
        self._refused_with: ServerSettings | None = None
        """The server's settings when it refused a launch because of them."""
        self._running: list[Session] = []
        self.form = Form(self, self._check)
        self._kinds: Segments[LaunchKind] = Segments(
            _("Kind of launch"), [(kind, _(name)) for kind, name in KINDS]
        )
        self._bar = Bar()
        self._bar.setObjectName("bar")
        self._bar.acted.connect(lambda: self.remedy_wanted.emit(self._remedy))
        self._fields = Fields(self.form, tasks, lambda: self._facts().git_hosts, self._branches)
        self._instructions = InstructionsFold(self.form, self._fields)
        self._advanced = AdvancedFold(self.form, self._fields)
        self._title = Heading(_("New conversation"), "title")
        self.foot = Foot()
        self._area = self._scrolled()
        self._place()
        self._wire()

    def begin(self) -> None:
        """Loads what a launch is made of, with all that has been typed so far."""
        from app.core.draft import LaunchDraft

        self.draft = LaunchDraft()
        self.form.begin(self.draft)
        self._fields.begin(self.draft)
        self._has_begun = True
        self.draft.watch(lambda _where: self._type_on())

    def set_connection(self, connection: "Connection | None") -> None:
        """Launches go to this server from now on; those that are out stay with theirs."""
        if connection is self._connection:
            return
        for unwatch in self._unwatch:
            unwatch()
        self._unwatch = []
        self._connection = connection
        self._notice = None
        self._set_sending(None)
        self._bar.clear()
        if connection:
            self._unwatch = [
                connection.launching.watch(self._ended),
                connection.known.watch(self._facts_changed),
                connection.book.watch(self._book_changed),
            ]
        self._count_running()
        self._facts_changed()

    def launch(self) -> None:
        """One press, one POST; with problems it sends nothing and shows them all. Without a message it asks first."""
        commit_composition()
        if self._sending is not None:
            return
        if self._connection is None:
            self._tell(
                "warn",
                _("There is no connection yet."),
                _("Your text is kept. Press Launch again once there is one."),
                Remedy.EDIT_SERVER if self._has_begun else Remedy.NONE,
            )
            return
        self._bar.clear()
        self._fields.addresses.read()
        if self.form.show_all_problems():
            self.form.focus_first_problem()
            return
        if self.draft.starts_empty and not isinstance(self._notice, EmptyStart):
            self._notify(EmptyStart())
            self.focus_message()
            return
        self._notice = None
        assert self._checked is not None
        self._set_sending(key := self._connection.launching.launch(self._checked))
        self.launched.emit(key)
        self.focus_message()

    def _launch_by_key(self) -> None:
        """One press, one launch, however long the keys are held down."""
        if not is_held(Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.launch()

    def cancel(self) -> None:
        """Gives the form back at once; the POST runs on, and its answer still names the row."""
        self._set_sending(None)
        self._notify(Cancelled())

    def clear(self) -> None:
        """Empties the whole form, and offers to undo it."""
        commit_composition()
        self._become(self.draft.blank())
        self.clear_message()
        self.focus_message()

    def clear_message(self) -> None:
        """Takes the message away."""
        self._bar.clear()

    def undo(self) -> None:
        """Brings back what was cleared; a second press brings back what was there instead."""
        commit_composition()
        if self._replaced_form:
            before, _after = self._replaced_form
            self._replaced_form = None
            self._become(before)
            self.focus_message()

    def _undo_by_key(self) -> None:
        """Only while the form is as that left it: what was typed since would be gone without a word."""
        if self._is_as_it_was_left():
            self.undo()

    def _is_as_it_was_left(self) -> bool:
        """Whether nobody has typed since the form was last emptied, or filled otherwise."""
        return self._replaced_form is not None and self._replaced_form[1] == self.draft

    def fill_from(self, sent: "LaunchDraft") -> None:
        """Fills the form with an earlier launch; its conversation id was used up."""
        from app.core.sessions import title_of

        commit_composition()
        before = self.draft.copy_of()
        self._become(sent, without=("conversation_id",))
        if before not in (before.blank(), self.draft):
            self._notify(Replaced(title_of(before)))
        self.focus_message()

    def focus_message(self) -> None:
        """The cursor goes to where the next word belongs: behind the message, or to the kind's first field."""
        self._fields.focus_main(self._kinds.value())

    def type_into_message(self, text: str) -> None:
        """Letters that no control took are written where the next word belongs."""
        self._fields.type_into_main(self._kinds.value(), text)

    def take_focus(self) -> None:
        """The cursor goes into the message, unless somebody is at another control of the form already."""
        focused = self.window().focusWidget()
        if focused is None or not self.isAncestorOf(focused):
            self.focus_message()

    def show_error(self, error: LauncherError) -> None:
        """An expected error that belongs to no field."""
        said = messages.error(error)
        self._refused_with = self._facts().settings
        level: BarLevel = "warn" if error.may_have_started else "bad"
        self._tell(level, said.title, said.text, error.remedy)

    def _tell(self, level: BarLevel, bold: str, plain: str, remedy: Remedy) -> None:
        self._remedy = remedy
        action = _(messages.REMEDIES[remedy]) if remedy in messages.REMEDIES else ""
        self._bar.show_message(level, bold, plain, action)
        self._area.verticalScrollBar().setValue(0)

    # What came of a press.

    def _ended(self, outcome: "Outcome") -> None:
        from app.core.launching import Launched

        mine = outcome.key == self._sending
        if mine:
            self._set_sending(None)
        if isinstance(outcome, Launched):
            self._accepted(outcome.key, outcome.draft)
            return
        if outcome.error:
            self.show_error(outcome.error)
        if outcome.problems and mine:  # one that was cancelled left this form: its fields are another's now
            self.form.add_problems(outcome.problems)
            self.form.focus_first_problem()

    def _accepted(self, key: "SessionKey", sent: "LaunchDraft") -> None:
        from app.core.sessions import title_of

        focused = self.form.focused()
        if focused and focused[0] in self.draft.left_over(sent):
            commit_composition()  # so that what somebody is writing there is not lost
        self._replace(lambda: self.draft.clear_what_was_sent(sent))
        self._fields.addresses.launched()
        self._notify(Started(key, title_of(sent)))

    # Inside.

    def _replace(self, change: Callable[[], None], *, replay: str = "") -> None:
        """Changes the draft as a whole. What was there can be brought back, unless there was nothing.

        `replay` is one that comes after, when it was read.
        """
        before = self.draft.copy_of()
        change()
        after = self.draft.copy_of()
        after.replay_json = replay or after.replay_json
        if after != before and before != before.blank():
            self._replaced_form = before, after
        self.form.reset()

    def _become(self, other: "LaunchDraft", without: tuple[str, ...] = ()) -> None:
        """Takes another draft in place of all that is there or on its way."""
        self._fields.forget()
        replay = other.replay_json
        takes_long = len(replay) > AT_ONCE and replay != self.draft.replay_json
        without += ("replay_json",) if takes_long else ()
        self._replace(lambda: self.draft.take(other, without=without), replay=replay if takes_long else "")
        if takes_long:
            self._fields.replay.add_text(replay)

    def _facts(self) -> ServerFacts:
        return self._connection.known.facts if self._connection else ServerFacts()

    async def _branches(self, repository: str) -> list[str]:
        """What this server lists; may raise any `LauncherError`."""
        if (connection := self._connection) is None:
            return []
        async with connection.budget.turn():
            pass  # it leaves in its turn, but holds up no other read: the server asks all its providers
        return await connection.client.branches(repository)

    def _check(self) -> list[Problem]:
        from app.core.problems import CheckedLaunch, check

        reading = [one for one in self._fields.reading() if one.loc[0] in FIELDS_OF[self.draft.kind]]
        result = check(self.draft, self._facts(), self._running)
        self._checked = result if isinstance(result, CheckedLaunch) else None
        found = result if isinstance(result, list) else result.warnings
        if any(one.type == "replay_reading" for one in reading):  # it takes the place of what is there
            found = [one for one in found if one.loc != ("replay_json",)]
        return [*found, *reading]

    def _book_changed(self, changes: "Changes") -> None:
        from app.core.conversations import UNDER_WAY

        notice = self._notice
        if isinstance(notice, Started) and any(one.key == notice.key and _has_ended(one) for one in changes):
            self._notice = None
            self._say()
        rows = (row for one in changes for row in (one.before, one.after) if row)
        if any(row.phase in UNDER_WAY for row in rows):
            self._count_running()

    def _count_running(self) -> None:
        before, self._running = self._running, self._connection.book.running() if self._connection else []
        if _said_of(before) != _said_of(self._running):
            self.form.recheck()

    def _facts_changed(self) -> None:
        state = self._connection.known.status.state if self._connection else None
        back = self._remedy is Remedy.TRY_NOW and state is ConnectionState.CONNECTED
        mended = self._remedy is Remedy.OPEN_SETTINGS and self._facts().settings != self._refused_with
        if back or mended:
            self._bar.clear()  # its cause has gone
        self._advanced.setVisible(self._facts().capabilities.takes("conversation_id"))
        self._fields.addresses.read_again()
        self.form.recheck()

    def _set_sending(self, key: "SessionKey | None") -> None:
        self._sending = key
        self._say()  # first: beside another button the sentence before might need another line
        self.foot.set_sending(key is not None)

    def _type_on(self) -> None:
        if self._notice and not self._is_as_it_was_left():
            self._notice = None

    def _notify(self, notice: Notice) -> None:
        self._notice = notice
        self._say()
        announce(self.foot, self.foot.sentence())

    def _say(self) -> None:
        self.foot.offer_undo(self._replaced_form is not None)
        draft, is_sending = self.draft if self._has_begun else None, self._sending is not None
        said = sentence(self.form, self._notice, self._connection, draft, is_sending=is_sending)
        self.foot.set_sentence(*said)

    def _show_kind(self) -> None:
        self._fields.show_kind(self._kinds.value())

    def _wire(self) -> None:
        note = Note(parent=self)
        self.form.bind(
            ("kind",), self._kinds, note, self._kinds.changed, self._kinds.value, self._kinds.set_value
        )
        self._kinds.changed.connect(self._show_kind)
        self.form.checked.connect(self._say)
        self.foot.launched.connect(self.launch)
        self.foot.cancelled.connect(self.cancel)
        self.foot.undone.connect(self.undo)
        self._fields.undone.connect(self._undo_by_key)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(keys), self, self._launch_by_key, autoRepeat=False)
        self._show_kind()
        self._advanced.hide()
        self._say()

    def _place(self) -> None:
        head = QVBoxLayout()
        head.setContentsMargins(MARGIN, MARGIN - 2, MARGIN, GAP)
        head.setSpacing(FIELD_GAP + 2)
        head.addWidget(self._title)
        head.addWidget(self._kinds)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self._area, 1)
        layout.addWidget(self.foot)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """On a very low screen the fields need the room of the title."""
        super().resizeEvent(event)
        self._title.setVisible(event.size().height() >= _LOW)

    def _scrolled(self) -> ScrollPane:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        inner = QVBoxLayout()
        inner.setContentsMargins(MARGIN, GAP, MARGIN, GAP * 2)
        inner.setSpacing(FIELD_GAP)
        inner.addWidget(self._bar)
        inner.addWidget(self._fields, 1)
        column.addLayout(inner, 1)
        column.addWidget(self._instructions)
        column.addWidget(self._advanced)
        return ScrollPane(content)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), colours().surface)


def _has_ended(change: "SessionChange") -> bool:
    """Whether a launch was stopped, deleted or failed: one that has done its work did start."""
    from app.core.session_state import ENDED_EARLY, state_of

    return change.after is None or state_of(change.after, datetime.now(UTC)) in ENDED_EARLY


def _said_of(running: "Sequence[Session]") -> tuple[int, str]:
    """What the form says of the conversations that run: their order alone changes with every look at the server."""
    return len(running), running[0].title if running else ""
