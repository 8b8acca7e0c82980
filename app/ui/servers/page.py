"""Asks for a server: the one found on this machine, another one, or the demo."""

from gettext import gettext as _

from PySide6.QtCore import Signal
from PySide6.QtGui import QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app import compose, words
from app.core.servers import LOCAL, Found, Server, ServerAddress, ServerDraft
from app.core.tasks import Tasks
from app.errors import KeyRefused, LauncherError, Problem
from app.ui.form import Form, column
from app.ui.secrets import read_secret, write_secret
from app.ui.servers.found import FoundCard
from app.ui.theme import Button, Card, Heading, Icon, Kind, Label, LineField, Note, ScrollPane, colours
from app.ui.theme.card import PADDING
from app.ui.theme.note import NoteLevel
from app.ui.theme.sizes import FIELD_GAP, GAP, MARGIN


class ServersPage(QWidget):
    """The first page, and where one changes server or key later."""

    chosen = Signal(object)
    demo_wanted = Signal()
    left = Signal()

    def __init__(self, tasks: Tasks, local: str = LOCAL, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("servers")
        self._tasks = tasks
        self._local = local
        self._draft = ServerDraft()
        self._form = Form(self, self._draft, self._check)
        self._found = FoundCard(local)
        self._result = Note(level="good")
        self._result.setObjectName("found")
        self._tick = Icon("check", "run")
        self._heading = Heading("", "strong")
        self._nothing = Label(_("No server was found on this computer."), "label", "text_3")
        self._test = _button(_("Test"), Kind.PLAIN, "test", self.test)
        self._connect = _button(_("Connect"), Kind.PRIMARY, "connect", self._choose)
        self._back = _button(_("Back"), Kind.GHOST, "back", self.left.emit)
        self._found.used.connect(self._use_local)
        self._place()

    def ask(self, server: Server | None, *, can_leave: bool) -> None:
        """Shows what is known of `server`, and looks for one on this machine when none is."""
        self._draft.put(("address",), "" if server is None or server.is_demo else server.address.url)
        self._draft.put(("key",), server.key if server else None)
        self._form.fresh()
        self._say("")
        self._back.setVisible(can_leave)
        self._show_found(False)
        self._tasks.start("local server", self._look_here, restart=True)

    def test(self) -> None:
        """Says what answers at the address, without leaving the page."""
        if server := self._server():
            self._tasks.start("test server", lambda: self._try(server), restart=True)

    # Inside.

    def _check(self) -> list[Problem]:
        found = self._draft.to_server()
        return [*(found if isinstance(found, list) else []), *self._draft.warnings()]

    def _server(self) -> Server | None:
        found = self._draft.to_server()
        if isinstance(found, Server):
            return found
        self._form.press()
        self._form.focus_first_problem()
        return None

    def _choose(self) -> None:
        if server := self._server():
            self.chosen.emit(server)

    def _use_local(self, needs_key: bool) -> None:
        if not needs_key:
            self.chosen.emit(Server(ServerAddress(self._local)))
            return
        self._draft.put(("address",), self._local)
        self._form.focus(("key",))

    async def _look_here(self) -> None:
        try:
            found = await compose.look(Server(ServerAddress(self._local)))
            self._found.show_found(_summary(found, None), needs_key=False)
        except KeyRefused:
            self._found.show_found(_("needs a key"), needs_key=True)
        except LauncherError:
            self._nothing.show()
            return
        self._show_found(True)

    def _show_found(self, shown: bool) -> None:
        self._found.setVisible(shown)
        self._nothing.hide()
        self._heading.setText(_("Another server") if shown else _("Your server"))
        self._connect.set_kind(Kind.TONAL if shown else Kind.PRIMARY)

    def _say(self, text: str, level: NoteLevel = "good") -> None:
        self._result.say(text, level)
        self._tick.setVisible(bool(text) and level == "good")

    async def _try(self, server: Server) -> None:
        self._test.set_busy("")
        self._say(_("Testing…"), "hint")
        try:
            found = await compose.look(server)
        except LauncherError as error:
            said = words.error(error)
            self._say(said.title, "problem")
        else:
            self._say(_summary(found, server), "good" if found.facts.settings else "warning")
        finally:
            self._test.set_busy(None)

    def _place(self) -> None:
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(MARGIN, MARGIN - 4, MARGIN, MARGIN)
        layout.setSpacing(GAP + 2)
        layout.addWidget(Heading(_("Where does your OpenHands run?"), "title"))
        about = _("The launcher talks to a server. Nothing is sent until you press Launch.")
        layout.addWidget(Label(about, "body", "text_2", wrap=True))
        layout.addSpacing(GAP)
        layout.addWidget(self._nothing)
        layout.addWidget(self._found)
        layout.addWidget(self._other())
        layout.addSpacing(GAP - 2)
        layout.addLayout(self._demo())
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
        hint = _("Kept in memory only: it is asked again next time. Leave empty if the server needs none.")
        layout.addWidget(Note(hint, "hint"))
        layout.addLayout(self._buttons())
        self._form.tie_line(("address",), address, notes[0])
        self._form.tie(
            ("key",),
            key,
            notes[1],
            key.textChanged,
            lambda: read_secret(key),
            lambda one: write_secret(key, one),
        )
        for line in (address, key):
            line.textChanged.connect(lambda: self._say(""))
            line.returnPressed.connect(self._choose)
        return card

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(self._test)
        row.addWidget(self._tick)
        row.addWidget(self._result, 1)
        row.addStretch()
        row.addWidget(self._back)
        row.addWidget(self._connect)
        return row

    def _demo(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(GAP + 2)
        row.addWidget(Label(_("No server at hand?"), "body", "text_2"))
        row.addWidget(_button(_("Try the demo"), Kind.PLAIN, "demo", self.demo_wanted.emit))
        row.addStretch()
        return row

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._form.focus(("address",))

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), colours().surface)


def _summary(found: Found, server: Server | None) -> str:
    """What a look found, in a line."""
    facts = found.facts
    key = _("key accepted") if server and server.key else _("needs no key")
    settings = facts.settings
    model = (
        _("no settings yet")
        if settings is None
        else _("model set")
        if settings.llm_model
        else _("no model yet")
    )
    connected = ", ".join(map(words.provider, found.providers))
    providers = [_("{providers} connected").format(providers=connected)] if connected else []
    version = _("OpenHands {version}").format(version=facts.version) if facts.version else _("OpenHands")
    return " · ".join([version, key, model, *providers])


def _button(text: str, kind: Kind, name: str, act: object) -> Button:
    button = Button(text, kind, small=True)
    button.setObjectName(name)
    button.clicked.connect(act)
    return button
