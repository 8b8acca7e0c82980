"""Asks for a server: the one found on this machine, another one, or the demo."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app import compose, formats, messages
from app.core.connection_status import ConnectionState, state_after
from app.core.server_draft import ServerDraft
from app.core.servers import LOCAL, Server, ServerAddress, ServerFacts, parse_address
from app.core.tasks import Tasks
from app.errors import KeyRefused, LauncherError, Loc, Problem, Remedy, Unreachable
from app.translation import gettext as _
from app.ui.form import Form, column
from app.ui.servers.found import FoundCard
from app.ui.theme import (
    Button,
    ButtonKind,
    Card,
    FlowLayout,
    Heading,
    Icon,
    Label,
    LineField,
    Note,
    ScrollPane,
    colours,
)
from app.ui.theme.card import PADDING
from app.ui.theme.note import NoteLevel
from app.ui.theme.sizes import FIELD_GAP, GAP, MARGIN

if TYPE_CHECKING:
    from pydantic import SecretStr


class ServersPage(QWidget):
    """The first page, and where one changes server or key later."""

    chosen = Signal(object)
    """A server to connect to: it has answered, or somebody connects although it is away."""
    demo_wanted = Signal()
    dismissed = Signal()
    _begins_at: Loc | None = None
    """The field that the cursor goes to when the page comes into view."""

    def __init__(self, tasks: Tasks, local: str = LOCAL, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("servers")
        self.setAccessibleIdentifier("servers")
        self._tasks = tasks
        self._local = local
        self._draft = ServerDraft()
        self._form = Form(self, self._check, self._draft)
        self._found = FoundCard(local)
        self._result = Note(level="good")
        self._result.setObjectName("found")
        self._tick = Icon("check", "run")
        self._tick.setObjectName("tick")
        self._heading = Heading("", "strong")
        self._nothing = Label("", "label", "text_3", wrap=True)
        self._test = Button(_("Test"), small=True, name="test")
        self._connect = Button(
            _("Connect"), ButtonKind.PRIMARY, small=True, busy=_("Connecting…"), name="connect"
        )
        self._back = Button(_("Back"), ButtonKind.GHOST, small=True, name="back")
        self._demo = Button(_("Try the demo"), small=True, name="demo")
        self._connect_anyway = Button(_("Connect anyway"), small=True, name="connect_anyway")
        self._can_leave = False
        self._looking_at: Server | None = None
        self._key_of = ""
        """For whom the key was entered, see `_whose`."""
        self._held_key: tuple[str, SecretStr] | None = None
        """A key that was taken out of its field because the address has changed, and for whom it was entered."""
        self._seeks_first = False
        """Whether there is no server yet: then it is said that there is none here either."""
        self._wire()
        self._place()

    def ask(self, server: Server | None, *, can_leave: bool, reason: LauncherError | None = None) -> None:
        """Shows what is known of `server`, and looks for one on this machine when none is.

        `reason`: why it cannot be launched on; it stands at the field where that can be mended, with the cursor.
        """
        self._draft.put(("address",), "" if server is None or server.is_demo else server.address.url)
        self._draft.put(("key",), server.key if server else None)
        self._form.reset()
        self._held_key = None
        self._seeks_first = server is None
        self._edited()
        if reason:
            self._refuse(reason)
        self._can_leave = can_leave
        self._back.setVisible(can_leave)
        self._show_found(False)
        self._begins_at = _field_of(reason)
        if self.isVisible():
            self._begin()
        self._tasks.start("local server", self._look_here, restart=True)

    def test(self) -> None:
        """Says what answers at the address, without leaving the page."""
        if server := self._server():
            self._begin_look(server, connects=False)

    def connect_to_server(self) -> None:
        """Looks at the server as a test does, and leaves the page for it when it can be launched on."""
        if server := self._server():
            self._begin_look(server, connects=True)

    # Inside.

    def _wire(self) -> None:
        self._test.clicked.connect(self.test)
        self._connect.clicked.connect(self.connect_to_server)
        self._connect_anyway.clicked.connect(self._choose)
        self._back.clicked.connect(self.dismissed)
        self._demo.clicked.connect(self.demo_wanted)
        self._found.used.connect(self._use_local)

    def _begin(self) -> None:
        loc, self._begins_at = self._begins_at or ("address",), None
        self._focus(loc)

    def _focus(self, loc: Loc) -> None:
        """The cursor goes to a field, with all that stands in it selected."""
        self._form.focus(loc)
        self._lines[loc].selectAll()

    def _check(self) -> list[Problem]:
        found = self._draft.to_server()
        return [*(found if isinstance(found, list) else []), *self._draft.warnings()]

    def _server(self) -> Server | None:
        """The server that is typed; None when it has problems, which show from now on."""
        if self._form.show_all_problems():
            self._form.focus_first_problem()
            return None
        found = self._draft.to_server()
        assert isinstance(found, Server)
        self._key_of = found.address.origin if found.key else ""
        return found

    def _choose(self) -> None:
        if server := self._server():
            self.chosen.emit(server)

    def _use_local(self, needs_key: bool) -> None:
        """Takes the server that was found; a key that was typed already is for it, unless it is another one's."""
        if not needs_key:
            self.chosen.emit(Server(ServerAddress(self._local)))
            return
        self._draft.put(("address",), self._local)
        self._focus(("key",))

    async def _look_here(self) -> None:
        try:
            found = await compose.read_server_facts(Server(ServerAddress(self._local)))
            self._found.show_found(_summary(found, _("needs no key")), needs_key=False)
        except KeyRefused:
            self._found.show_found(_("needs a key"), needs_key=True)
        except LauncherError as error:
            self._nothing.setText(_what_is_here(error))
            self._nothing.setVisible(self._seeks_first)
            return
        self._show_found(True)

    def _show_found(self, shown: bool) -> None:
        self._found.setVisible(shown)
        self._nothing.hide()
        self._heading.setText(_("Another server") if shown else _("Your server"))
        self._connect.set_kind(ButtonKind.TONAL if shown else ButtonKind.PRIMARY)

    def _say(self, text: str, level: NoteLevel = "good") -> None:
        self._result.set_message(text, level)
        self._tick.setVisible(bool(text) and level == "good")

    def hideEvent(self, event: QHideEvent) -> None:
        """Who leaves the page has decided otherwise: what is still looked at leads nowhere."""
        super().hideEvent(event)
        if self.isHidden():  # and not only behind another window
            self._end_look()

    def _begin_look(self, server: Server, *, connects: bool) -> None:
        """Looks at the server, and then says what it found, or goes there."""
        self._end_look()
        self._looking_at = server
        (self._connect if connects else self._test).set_busy(_("Connecting…") if connects else "")
        self._say("" if connects else _("Testing…"), "hint")
        self._tasks.start("look at server", lambda: self._look(server, connects=connects), restart=True)

    async def _look(self, server: Server, *, connects: bool) -> None:
        found, requires_key = await _looked_at(server, asks_without_key=not connects)
        if self._looking_at is not server:  # somebody typed on, or left: it is another server's answer
            return
        self._end_look()
        self._say("")
        if isinstance(found, LauncherError):
            self._refuse(found)
            self._connect_anyway.setVisible(state_after(found) is ConnectionState.AWAY)
            self._focus(_field_of(found))
        elif connects:
            self.chosen.emit(server)
        else:
            key = _("key accepted") if requires_key else _("needs no key")
            self._say(_summary(found, key), "good" if _model(found)[1] else "warning")

    def _end_look(self) -> None:
        """What was found out is over: somebody looks again, or types on."""
        self._looking_at = None
        self._connect_anyway.hide()
        for loc in self._lines:
            self._form.clear_notes(loc)
        for button in (self._test, self._connect):
            button.set_busy(None)

    def _refuse(self, error: LauncherError) -> None:
        """Says at its field why this server cannot be launched on."""
        said, loc = messages.error(error, of_launch=False), _field_of(error)
        reason = Problem(
            loc=loc,
            type="server_refused",
            ctx={"what": said.title, "advice": said.text},
            blocks=False,
            is_severe=True,
        )
        self._form.add_note(reason)

    def _edited(self) -> None:
        self._end_look()
        if self._held_key:
            said = _("The key was for {server}: enter the key for this server, if it needs one.")
            place = self._held_key[0].partition("://")[2] or self._held_key[0]
            self._say(said.format(server=place.rpartition("@")[2]), "hint")
        else:
            self._say("")

    def _address_edited(self) -> None:
        """A key goes to the server that it was entered for, and to no other; it comes back with its address."""
        whose, key, held = self._whose(), self._draft.key, self._held_key
        if key and self._key_of and whose != self._key_of:
            held = (self._key_of, key)
            self._draft.put(("key",), None)
            self._held_key = held
        elif held and key is None and whose == held[0]:
            self._draft.put(("key",), held[1])
        self._edited()

    def _key_edited(self) -> None:
        self._key_of = self._whose() if self._draft.key else ""
        self._held_key = None
        self._edited()

    def _whose(self) -> str:
        """For whom a key is that is entered now: an origin, what else stands in the address, or "" for nobody yet."""
        address = parse_address(self._draft.address)
        return address.origin if isinstance(address, ServerAddress) else self._draft.address.strip()

    def _place(self) -> None:
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(MARGIN, MARGIN - 4, MARGIN, MARGIN)
        layout.setSpacing(GAP + 2)
        layout.addWidget(Heading(_("Where does your OpenHands run?"), "title", wrap=True))
        about = _("The launcher talks to a server. Nothing is started until you press Launch.")
        layout.addWidget(Label(about, "body", "text_2", wrap=True))
        layout.addSpacing(GAP)
        layout.addWidget(self._nothing)
        layout.addWidget(self._found)
        layout.addWidget(self._other())
        layout.addSpacing(GAP - 2)
        layout.addLayout(self._without_server())
        layout.addStretch()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(ScrollPane(content))

    def _other(self) -> Card:
        card = Card()
        layout = QVBoxLayout(card)
        layout.setContentsMargins(PADDING, PADDING - 2, PADDING, PADDING)
        layout.setSpacing(FIELD_GAP)
        address, key = LineField(placeholder="https://openhands.example.com"), LineField(password=True)
        notes = Note(), Note()
        layout.addWidget(self._heading)
        layout.addLayout(column(_("Address"), address, notes[0]))
        layout.addLayout(column(_("Session key"), key, notes[1]))
        hint = _(
            "Kept in memory only: you will be asked for it again next time. Leave empty if the server needs none."
        )
        layout.addWidget(Note(hint, "hint"))
        layout.addLayout(self._buttons())
        layout.addLayout(self._outcome())
        layout.addWidget(self._connect_anyway, 0, Qt.AlignmentFlag.AlignRight)
        self._form.bind_line(("address",), address, notes[0])
        self._form.bind_secret(("key",), key, notes[1])
        self._lines: dict[Loc, LineField] = {("address",): address, ("key",): key}
        address.textChanged.connect(self._address_edited)
        key.textChanged.connect(self._key_edited)
        for line in (address, key):
            line.returnPressed.connect(self.connect_to_server)
        return card

    def _buttons(self) -> FlowLayout:
        row = FlowLayout(GAP)
        row.addWidget(self._test)
        row.add_stretch()
        row.addWidget(self._back)
        row.addWidget(self._connect)
        return row

    def _outcome(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(self._tick, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._result, 1)
        return row

    def _without_server(self) -> FlowLayout:
        row = FlowLayout(GAP + 2)
        row.addWidget(Label(_("No server at hand?"), "body", "text_2"))
        row.addWidget(self._demo)
        return row

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._begins_at:
            self._begin()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes back to the form, if there is a server to launch on."""
        if event.key() == Qt.Key.Key_Escape and self._can_leave:
            self.dismissed.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), colours().surface)


async def _looked_at(server: Server, *, asks_without_key: bool) -> tuple[ServerFacts | LauncherError, bool]:
    """What a look finds or fails with, and whether the server refuses who comes without a key, if that is asked."""
    try:
        facts = await compose.read_server_facts(server)
        asks = asks_without_key and server.key is not None
        return facts, asks and await compose.requires_key(server)
    except LauncherError as error:
        return error, False


def _field_of(error: LauncherError | None) -> Loc:
    """The field where a person can mend what went wrong."""
    return ("key",) if error and error.remedy is Remedy.ENTER_KEY else ("address",)


def _what_is_here(error: LauncherError) -> str:
    """What was found at the usual place of this computer, when it is no server to launch on."""
    if isinstance(error, Unreachable):
        return _("Nothing answers at port 3000 of this computer.")
    return _("At port 3000 of this computer: {what}").format(
        what=messages.error(error, of_launch=False).title
    )


def _summary(facts: ServerFacts, key: str) -> str:
    """What a look found, in a line."""
    version = _("OpenHands {version}").format(version=facts.version) if facts.version else _("OpenHands")
    connected = formats.listing(map(messages.provider, facts.git_hosts or ()))
    providers = [_("{providers} connected").format(providers=connected)] if connected else []
    return " · ".join([version, key, _model(facts)[0], *providers])


def _model(facts: ServerFacts) -> tuple[str, bool]:
    """What is known of the server's model, and whether an agent can work with it."""
    if facts.settings is None:
        return _("no settings yet"), False
    if not facts.settings.model:
        return _("no model yet"), False
    if facts.settings.has_model_key is False:
        return _("no key for its model"), False
    return _("model set"), True
