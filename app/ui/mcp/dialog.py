"""The form of one MCP server, over a draft of its own."""

from PySide6.QtCore import Signal, SignalInstance
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.core.mcp import McpKind, McpServer, McpServerDraft, config_of, secrets_of
from app.errors import Problem
from app.redaction import learn
from app.translation import gettext as _
from app.ui.dialogs import Sheet
from app.ui.form import Form, column
from app.ui.mcp.variables import VariablesField
from app.ui.theme import ButtonKind, LineField, Note, Segments
from app.ui.theme.sizes import FIELD_GAP

_WIDTH = 440


class McpServerDialog(Sheet):
    """Adds one MCP server, or changes, duplicates, removes it."""

    done_with = Signal(object)
    duplicated = Signal(object)
    removed = Signal()
    noted = Signal(Problem)
    """What was done to a secret that has just been handed over, or looks wrong with it."""

    def __init__(self, parent: QWidget, server: McpServer | None) -> None:
        super().__init__(parent, "mcp_server", _("MCP server") if server else _("Add MCP server"), _WIDTH)
        self._draft = McpServerDraft.of(server) if server else McpServerDraft()
        self.form = Form(self, self._check, self._draft)
        self._kinds: Segments[McpKind] = Segments(
            _("Kind"),
            [
                (McpKind.SHTTP, _("Streamable HTTP")),
                (McpKind.SSE, _("SSE")),
                (McpKind.STDIO, _("Command")),
            ],
        )
        self._remote_page, self._stdio_page = self._remote(), self._stdio()
        kind = Note()
        self.content.addLayout(column(_("Kind"), self._kinds, kind))
        self.content.addWidget(self._remote_page)
        self.content.addWidget(self._stdio_page)
        self._add_buttons(is_new=server is None)
        self.form.bind(
            ("kind",), self._kinds, kind, self._kinds.changed, self._kinds.value, self._kinds.set_value
        )
        self._kinds.changed.connect(self._show_kind)
        self._show_kind()
        self.form.focus(("name",) if self._draft.kind is McpKind.STDIO else ("url",))

    def accept(self) -> None:
        self._hand_over(self.done_with)

    def _check(self) -> list[Problem]:
        found = self._draft.to_server()
        return [*(found if isinstance(found, list) else []), *self._draft.warnings()]

    def _hand_over(self, to: SignalInstance) -> None:
        """Gives the server away and closes, or shows what is wrong."""
        found = self._draft.to_server()
        if isinstance(found, list):
            self.form.show_all_problems()
            self.form.focus_first_problem()
            if (first := next(iter(self.form.shown_problems()), None)) and "whose" in first.ctx:
                self._variables.focus_value(str(first.ctx["whose"]))
            return
        learn(*self._draft.secrets(), *secrets_of(config_of([found])))  # as typed, and as it is sent
        to.emit(found)
        for note in self._draft.warnings():
            self.noted.emit(note)
        super().accept()

    def _show_kind(self) -> None:
        is_stdio = self._kinds.value() is McpKind.STDIO
        shown, hidden = self._remote_page, self._stdio_page
        if is_stdio:
            shown, hidden = hidden, shown
        focused = self.focusWidget()
        shown.show()
        if focused is not None and hidden.isAncestorOf(focused):
            self.form.focus(("name",) if is_stdio else ("url",))  # else Qt chooses another kind's segment
        hidden.hide()

    def _remote(self) -> QWidget:
        url, key = LineField(placeholder="https://mcp.example.com/mcp"), LineField(password=True)
        url_note, key_note = Note(), Note()
        self.form.bind_line(("url",), url, url_note)
        self.form.bind_secret(("api_key",), key, key_note)
        hint = _(
            "Sent as “Authorization: Bearer”. The server connects from its own machine, not from this one."
        )
        return _page(hint, column(_("Address"), url, url_note), column(_("Key"), key, key_note))

    def _stdio(self) -> QWidget:
        name, command, args = (
            LineField(placeholder="fetch"),
            LineField(placeholder="uvx"),
            LineField(placeholder="mcp-server-fetch"),
        )
        env = self._variables = VariablesField()
        notes = [Note() for _unused in range(4)]
        for loc, line, note in (
            ("name", name, notes[0]),
            ("command", command, notes[1]),
            ("args", args, notes[2]),
        ):
            self.form.bind_line((loc,), line, note)
        self.form.bind(("env",), env, notes[3], env.changed, env.variables, env.set_variables)
        return _page(
            _(
                "Runs where the agent runs, on the server's side. The server may write these values into its log."
            ),
            column(_("Name"), name, notes[0]),
            column(_("Program"), command, notes[1]),
            column(_("Arguments"), args, notes[2]),
            column(_("Environment"), env, notes[3]),
        )

    def _add_buttons(self, *, is_new: bool) -> None:
        if not is_new:
            self.add_button("remove", _("Remove"), self._remove, ButtonKind.GHOST)
            self.add_button(
                "duplicate", _("Duplicate"), lambda: self._hand_over(self.duplicated), ButtonKind.GHOST
            )
        self.foot.add_stretch()
        self.add_button("cancel", _("Cancel"), self.reject)
        self.add_button("ok", _("Add") if is_new else _("Save"), self.accept, ButtonKind.PRIMARY)

    def _remove(self) -> None:
        self.removed.emit()
        self.reject()


def _page(hint: str, *columns: QVBoxLayout) -> QWidget:
    page = QWidget()
    layout = QVBoxLayout(page)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(FIELD_GAP)
    for one in columns:
        layout.addLayout(one)
    layout.addWidget(Note(hint, "hint"))
    return page
