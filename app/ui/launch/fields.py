"""The fields of a launch: each is made, labelled and tied here, in the order in which one reads them."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent, QTextCursor
from PySide6.QtWidgets import (
    QApplication,
    QBoxLayout,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from app import messages
from app.core.kinds import LaunchKind
from app.core.tasks import Tasks
from app.errors import Loc, Problem
from app.translation import N_, ngettext
from app.translation import gettext as _
from app.ui.form import Form, caption_of, column
from app.ui.launch.addresses import Addresses, AddressLine, Branches, Hosts
from app.ui.launch.images import ImagesField
from app.ui.launch.message import MessageField
from app.ui.launch.mime_data import brings_images, has_picture
from app.ui.launch.replay import ReplayField
from app.ui.mcp.field import McpServersField
from app.ui.theme import ChoiceField, Fold, LineField, Note
from app.ui.theme.sizes import FIELD_GAP, MESSAGE_LINES
from app.wire.choices import ProviderType, TaskType

if TYPE_CHECKING:
    from app.core.draft import LaunchDraft

_BESIDE = 12
_NARROW = 360

_MAIN: dict[LaunchKind, Loc] = {
    LaunchKind.MESSAGE: ("initial_user_msg",),
    LaunchKind.SUGGESTED_TASK: ("suggested_task", "repo"),  # before it is a list, which takes no letters
    LaunchKind.MICROAGENT: ("create_microagent", "repo"),
    LaunchKind.REPLAY: ("replay_json",),
}

TASK_TYPES: dict[TaskType, str] = {
    TaskType.MERGE_CONFLICTS: N_("Merge conflicts"),
    TaskType.FAILING_CHECKS: N_("Failing checks"),
    TaskType.UNRESOLVED_COMMENTS: N_("Unresolved comments"),
    TaskType.OPEN_ISSUE: N_("Open issue"),
    TaskType.OPEN_PR: N_("Open pull request"),
    TaskType.CREATE_MICROAGENT: N_("Create microagent"),
}


class Fields(QWidget):
    """All fields of the form; `show_kind` shows those that the kind sends."""

    undone = Signal()
    """Somebody wants to take back more than the field with the cursor can."""
    """A `SecretStr` of an MCP server."""

    def __init__(self, form: Form, tasks: Tasks, hosts: Hosts, branches: Branches) -> None:
        super().__init__()
        self._form = form
        self._draft: LaunchDraft | None = None
        self.addresses = Addresses(form, tasks, hosts, branches)
        self.images = ImagesField(tasks, self._ask_address)
        self.replay = ReplayField(tasks)
        self._tasks = tasks
        self._texts: dict[LaunchKind, MessageField] = {}
        self.panels = {
            LaunchKind.MESSAGE: self._message(),
            LaunchKind.SUGGESTED_TASK: self._suggested_task(),
            LaunchKind.MICROAGENT: self._microagent(),
            LaunchKind.REPLAY: self._replay(),
        }
        self._where = self._repository()
        self.mcp = self._mcp_servers()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(FIELD_GAP)
        self._image_note = self._tie_images()
        for text in self._texts.values():
            self.listen_to(text)
        for panel in self.panels.values():
            panel.setParent(self)
            panel.hide()
        for panel in (self._where, *self.panels.values()):
            for field in (*panel.findChildren(QLineEdit), *panel.findChildren(QComboBox)):
                self.listen_to(field)

    def begin(self, draft: "LaunchDraft") -> None:
        self._draft = draft
        self.addresses.begin(draft)

    def listen_to(self, field: QWidget) -> None:
        """Takes the keys of a field that it cannot take itself: some pastes, and Ctrl+Z when it has no more to undo."""
        field.installEventFilter(self)

    def show_kind(self, kind: LaunchKind) -> None:
        """The kind's own fields first, but for a message: there one says where, then what."""
        panel = self.panels[kind]
        focused = QApplication.focusWidget()
        leaves = focused is not None and self.isAncestorOf(focused) and not panel.isAncestorOf(focused)
        own = [panel, self._image_note] if kind in self._texts else [panel]
        order = [self._where, *own, self.mcp] if kind is LaunchKind.MESSAGE else [*own, self._where, self.mcp]
        self._empty_layout()
        for other in self.panels.values():
            other.setVisible(other is panel)
        for widget in order:
            self._layout.addWidget(widget, int(widget is panel and kind in self._texts))
        if kind not in self._texts:
            self._layout.addStretch(1)
        else:
            for text in self._texts.values():
                text.set_foot(None)
            self._texts[kind].set_foot(self.images)
        self._say_whose(kind)
        if leaves:
            self.focus_main(kind)

    def _empty_layout(self) -> None:
        """`removeWidget` and not `takeAt`: a widget whose old item lives on keeps the sizes that one remembers."""
        for widget in (self._where, *self.panels.values(), self._image_note, self.mcp):
            self._layout.removeWidget(widget)
        while self._layout.count():  # the stretch
            self._layout.takeAt(0)

    def focus_main(self, kind: LaunchKind) -> None:
        """The cursor goes to the field that one fills in first, behind its text."""
        self._form.focus(_MAIN[kind])
        main = self._form.widget(_MAIN[kind])
        if isinstance(main, QPlainTextEdit):
            main.moveCursor(QTextCursor.MoveOperation.End)
        elif isinstance(main, QLineEdit):
            main.end(False)

    def type_into_main(self, kind: LaunchKind, text: str) -> None:
        """Goes on behind the text of the field that one fills in first, if it holds text."""
        main = self._form.widget(_MAIN[kind])
        if isinstance(main, QPlainTextEdit):
            self.focus_main(kind)
            main.insertPlainText(text)
        elif isinstance(main, QLineEdit):
            self.focus_main(kind)
            main.insert(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Whatever takes no text lets a paste through, up to here."""
        if event.matches(QKeySequence.StandardKey.Paste) and self._take_pasted():
            return
        super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Lines and choices keep every key to themselves; what they cannot take is for others in the form."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            if event.matches(QKeySequence.StandardKey.Undo) and not _can_undo(watched):
                self.undone.emit()
                return True
            if isinstance(watched, MessageField):
                return False  # they take their pastes apart themselves
            is_paste = event.matches(QKeySequence.StandardKey.Paste)
            return is_paste and not _takes_itself(watched) and self._take_pasted()
        return super().eventFilter(watched, event)

    def _take_pasted(self) -> bool:
        brought = QApplication.clipboard().mimeData()
        if self._draft is not None and self._draft.kind is LaunchKind.SUGGESTED_TASK and brought.hasText():
            return self.addresses.take(("suggested_task", "repo"), brought.text())
        if not brings_images(brought, dropped=False) or self._draft is None or not self.takes_images():
            return False
        self.images.add_from(brought)
        return True

    def takes_images(self) -> bool:
        """Whether the kind sends images."""
        return self._draft is None or self._draft.kind in self._texts

    def reading(self) -> list[Problem]:
        """What is still on its way into the form."""
        found = []
        if self.images.is_reading():
            found.append(Problem(loc=("image_urls",), type="image_reading"))
        if self.replay.is_reading():
            found.append(Problem(loc=("replay_json",), type="replay_reading"))
        return found

    def forget(self) -> None:
        """What is on its way was for the form as it was before."""
        self.images.forget()
        self.replay.forget()

    # Each field.

    def _repository(self) -> QWidget:
        repository = _repository_line()
        provider = _provider(_("Any"))
        branch = LineField(icon="branch", placeholder=_("default"))
        notes = Note(), Note(), Note()
        self._lines = repository, branch
        self.addresses.add(repository, ("repository",), notes[0])
        self._form.bind_choice(("git_provider",), provider, notes[1])
        self._form.bind_line(("selected_branch",), branch, notes[2])
        where = column(_("Repository"), repository, notes[0])
        self._where_caption = caption_of(where)
        return _Where(where, column(_("Provider"), provider, notes[1]), column(_("Branch"), branch, notes[2]))

    def _message(self) -> QWidget:
        text = self._text(LaunchKind.MESSAGE, _("What should the agent do?"))
        note = Note()
        self._form.bind_text(("initial_user_msg",), text, note)
        return _stack(column(_("Message"), text, note, grows=True), stretch=True)

    def _suggested_task(self) -> QWidget:
        type_: ChoiceField[TaskType | None] = ChoiceField(
            [(None, _("Choose…")), *((one, _(name)) for one, name in TASK_TYPES.items())]
        )
        provider, repo = _provider(_("Choose…")), _repository_line()
        number, title = (
            AddressLine(placeholder="42"),
            LineField(placeholder=_("The title of the issue or pull request")),
        )
        notes = [Note() for _unused in range(5)]
        part = "suggested_task"
        self._form.bind_choice((part, "task_type"), type_, notes[0])
        self._form.bind_choice((part, "git_provider"), provider, notes[1])
        self.addresses.add(repo, (part, "repo"), notes[2], then=(part, "title"))
        self.addresses.add_number(number, (part, "issue_number"), notes[3], (part, "repo"))
        self._form.bind_line((part, "title"), title, notes[4])
        return _stack(
            _row(
                (column(_("Type"), type_, notes[0]), 3),
                (column(_("Provider"), provider, notes[1], spoken=_("Provider of the task")), 2),
            ),
            _row(
                (column(_("Repository of the task"), repo, notes[2]), 3),
                (column(_("Number"), number, notes[3]), 2),
            ),
            column(_("Title"), title, notes[4]),
        )

    def _microagent(self) -> QWidget:
        repo, provider = _repository_line(), _provider(_("Any"))
        title = LineField(placeholder=_("What it should know, in a few words"))
        text = self._text(LaunchKind.MICROAGENT, _("What the agent is told"))
        notes = [Note() for _unused in range(4)]
        part = "create_microagent"
        self.addresses.add(repo, (part, "repo"), notes[0])
        self._form.bind_choice((part, "git_provider"), provider, notes[1])
        self._form.bind_line((part, "title"), title, notes[2])
        self._form.bind_text(("microagent_msg",), text, notes[3])
        return _stack(
            _row(
                (column(_("Repository of the microagent"), repo, notes[0]), 3),
                (column(_("Provider"), provider, notes[1], spoken=_("Provider of the microagent")), 2),
            ),
            column(_("Title"), title, notes[2]),
            column(_("Message"), text, notes[3], grows=True),
            stretch=True,
        )

    def _replay(self) -> QWidget:
        replay, note, loc = self.replay, Note(), ("replay_json",)
        self._form.bind(loc, replay, note, replay.changed, replay.text, replay.set_text, atomic=True)
        replay.began.connect(lambda: self._form.clear_notes(loc))
        replay.refused.connect(self._form.add_note)
        return _stack(column(_("Events"), replay, note))

    def _tie_images(self) -> Note:
        images, note, loc = self.images, Note(), ("image_urls",)
        self._form.bind(loc, images, note, images.changed, images.urls, images.set_urls, atomic=True)
        images.began.connect(lambda: self._form.clear_notes(loc))
        images.refused.connect(self._form.add_note)
        return note

    def _mcp_servers(self) -> QWidget:
        mcp, note, loc = McpServersField(), Note(), ("mcp_config",)
        self._form.bind(loc, mcp, note, mcp.changed, mcp.config, mcp.set_config, atomic=True)
        mcp.began.connect(lambda: self._form.clear_notes(loc))
        mcp.noted.connect(self._form.add_note)
        self._form.bind(
            ("no_mcp_servers",),
            mcp.none,
            Note(parent=mcp),
            mcp.none.toggled,
            mcp.none.isChecked,
            mcp.none.setChecked,
        )
        return _stack(column(_("MCP servers"), mcp, note))

    def _text(self, kind: LaunchKind, placeholder: str) -> MessageField:
        text = MessageField(placeholder=placeholder, lines=MESSAGE_LINES)
        text.brought.connect(self.images.add_from)
        self.images.held_over.connect(text.set_drop_target)
        self._texts[kind] = text
        return text

    def _say_whose(self, kind: LaunchKind) -> None:
        """A task and a microagent name a repository too: so this one says what it is for."""
        own = {
            LaunchKind.SUGGESTED_TASK: _("the task's own"),
            LaunchKind.MICROAGENT: _("the microagent's own"),
        }
        self._lines[0].setPlaceholderText(own.get(kind, _("owner/name")))
        self._where_caption.setText(_("Repository to open") if kind in own else _("Repository"))

    def _ask_address(self) -> None:
        from app.ui.launch.address import AddressDialog

        dialog = AddressDialog(self, self._tasks)
        dialog.given.connect(self.images.add)
        dialog.open()


class InstructionsFold(Fold):
    """What the agent is told beside the message. Images that are pasted here are for the message."""

    def __init__(self, form: Form, fields: Fields) -> None:
        super().__init__(_("Instructions for this conversation"), name="instructions")
        self._text = MessageField(placeholder=_("Told to the agent once, with the first message"), lines=4)
        self._text.takes_images = fields.takes_images
        self._text.brought.connect(fields.images.add_from)
        note = Note()
        content = _stack(self._text, note)
        self.set_content(content)
        form.bind_text(("conversation_instructions",), self._text, note)
        fields.listen_to(self._text)
        self._text.setAccessibleName(_("Instructions"))
        self._text.textChanged.connect(self._sum_up)
        self._sum_up()

    def _sum_up(self) -> None:
        text = self._text.toPlainText().strip()
        lines = text.count("\n") + 1
        self.set_summary(ngettext("{n} line", "{n} lines", lines).format(n=lines) if text else _("none"))


class AdvancedFold(Fold):
    """What only some servers take."""

    def __init__(self, form: Form, fields: Fields) -> None:
        super().__init__(_("Advanced"), name="advanced")
        line, note = LineField(placeholder=_("32 hexadecimal digits")), Note()
        content = _stack(column(_("Conversation id"), line, note))
        self.set_content(content)
        form.bind_line(("conversation_id",), line, note)
        fields.listen_to(line)
        line.textChanged.connect(
            lambda text: self.set_summary(_("conversation id") if text else _("nothing set"))
        )
        self.set_summary(_("nothing set"))


class _Where(QWidget):
    """Repository, provider and branch in a row; in a narrow window the repository has a line of its own."""

    def __init__(self, repository: QVBoxLayout, provider: QVBoxLayout, branch: QVBoxLayout) -> None:
        super().__init__()
        self._layout = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        beside = QHBoxLayout()
        beside.setSpacing(_BESIDE)
        beside.addLayout(provider, 112)
        beside.addLayout(branch, 142)
        self._layout.setSpacing(_BESIDE)
        self._layout.addLayout(repository, 213)
        self._layout.addLayout(beside, 112 + _BESIDE + 142)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        upright = event.size().width() < _NARROW
        wanted = QBoxLayout.Direction.TopToBottom if upright else QBoxLayout.Direction.LeftToRight
        if self._layout.direction() != wanted:
            self._layout.setDirection(wanted)


def _takes_itself(field: QObject) -> bool:
    """Whether what is on the clipboard is for this field: a line takes text, but no picture."""
    return isinstance(field, QLineEdit) and not has_picture(QApplication.clipboard().mimeData())


def _repository_line() -> AddressLine:
    return AddressLine(icon="repo", placeholder=_("owner/name"))


def _can_undo(field: QObject) -> bool:
    if isinstance(field, QPlainTextEdit):
        return field.document().isUndoAvailable()
    return isinstance(field, QLineEdit) and field.isUndoAvailable()


def _provider(any_: str) -> ChoiceField[ProviderType | None]:
    return ChoiceField([(None, any_), *((one, messages.provider(one)) for one in ProviderType)])


def _row(*columns: tuple[QVBoxLayout, int]) -> QWidget:
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(_BESIDE)
    for one, stretch in columns:
        layout.addLayout(one, stretch)
    return row


def _stack(*parts: QVBoxLayout | QWidget, stretch: bool = False) -> QWidget:
    stack = QWidget()
    layout = QVBoxLayout(stack)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(FIELD_GAP)
    for part in parts:
        last = int(stretch and part is parts[-1])
        if isinstance(part, QWidget):
            layout.addWidget(part, last)
        else:
            layout.addLayout(part, last)
    return stack
