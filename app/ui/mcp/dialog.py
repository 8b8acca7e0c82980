"""The form of one MCP server, over a draft of its own."""

from gettext import gettext as _
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.core.mcp import McpKind, McpServer, McpServerDraft
from app.errors import Problem
from app.ui.form import Form, column
from app.ui.mcp.variables import VariablesField
from app.ui.reading_order import order_tabs
from app.ui.theme import Button, Caption, Heading, Kind, LineField, Note, Segments, colours
from app.ui.theme.sizes import FIELD_GAP, GAP, LABEL_GAP, MARGIN


class McpServerDialog(QDialog):
    """Adds one MCP server, or changes, duplicates, removes it."""

    done_with = Signal(object)
    duplicated = Signal(object)
    removed = Signal()

    def __init__(self, parent: QWidget, server: McpServer | None) -> None:
        super().__init__(parent)
        self.setObjectName("mcp_server")
        self.setAccessibleIdentifier("mcp_server")
        self.setWindowTitle(_("MCP server"))
        self.setMinimumWidth(440)
        self._draft = McpServerDraft.of(server) if server else McpServerDraft()
        self._form = Form(self, self._check, self._draft)
        self._kinds: Segments[McpKind] = Segments(
            _("Kind"),
            [
                (McpKind.SHTTP, _("Streamable HTTP")),
                (McpKind.SSE, _("SSE")),
                (McpKind.STDIO, _("Command")),
            ],
        )
        self._remote_page, self._stdio_page = self._remote(), self._stdio()
        self._lay_out(is_new=server is None)
        self._form.tie(
            ("kind",),
            self._kinds,
            Note(parent=self),
            self._kinds.changed,
            self._kinds.value,
            self._kinds.set_value,
        )
        self._kinds.changed.connect(self._show_kind)
        self._show_kind()
        self._form.focus(("name",) if self._draft.kind is McpKind.STDIO else ("url",))
        for line in self.findChildren(LineField):
            line.returnPressed.connect(self.accept)
        self.finished.connect(self.deleteLater)

    def accept(self) -> None:
        self._hand_over(self.done_with)

    def focusNextPrevChild(self, forward: bool) -> bool:
        order_tabs(self)
        return super().focusNextPrevChild(forward)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), colours().surface)

    def _check(self) -> list[Problem]:
        found = self._draft.to_server()
        return found if isinstance(found, list) else []

    def _hand_over(self, to: Any) -> None:
        """Gives the server away and closes, or shows what is wrong."""
        found = self._draft.to_server()
        if isinstance(found, list):
            self._form.press()
            self._form.focus_first_problem()
            return
        to.emit(found)
        super().accept()

    def _show_kind(self) -> None:
        """The dialog is as high as the page that shows."""
        is_stdio = self._kinds.value() is McpKind.STDIO
        self._remote_page.setVisible(not is_stdio)
        self._stdio_page.setVisible(is_stdio)
        self.adjustSize()

    def _remote(self) -> QWidget:
        url, key = LineField(placeholder="https://mcp.example.com/mcp"), LineField(password=True)
        url_note, key_note = Note(), Note()
        self._form.tie_line(("url",), url, url_note)
        self._form.tie_secret(("api_key",), key, key_note)
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
        env = VariablesField()
        notes = [Note() for _unused in range(4)]
        for loc, line, note in (
            ("name", name, notes[0]),
            ("command", command, notes[1]),
            ("args", args, notes[2]),
        ):
            self._form.tie_line((loc,), line, note)
        self._form.tie(("env",), env, notes[3], env.changed, env.variables, env.set_variables)
        return _page(
            _("Runs where the agent runs, on the server's side. Values are never shown."),
            column(_("Name"), name, notes[0]),
            column(_("Program"), command, notes[1]),
            column(_("Arguments"), args, notes[2]),
            column(_("Environment"), env, notes[3]),
        )

    def _lay_out(self, *, is_new: bool) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN - GAP)
        layout.setSpacing(FIELD_GAP)
        layout.addWidget(Heading(_("Add MCP server") if is_new else _("MCP server"), "title"))
        kind = QVBoxLayout()
        kind.setSpacing(LABEL_GAP)
        kind.addWidget(Caption(_("Kind"), self._kinds))
        kind.addWidget(self._kinds)
        layout.addLayout(kind)
        layout.addWidget(self._remote_page)
        layout.addWidget(self._stdio_page)
        layout.addLayout(self._buttons(is_new=is_new))

    def _buttons(self, *, is_new: bool) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(GAP)
        if not is_new:
            row.addWidget(_button(_("Remove"), Kind.GHOST, "remove", self._remove))
            row.addWidget(
                _button(_("Duplicate"), Kind.GHOST, "duplicate", lambda: self._hand_over(self.duplicated))
            )
        row.addStretch()
        row.addWidget(_button(_("Cancel"), Kind.PLAIN, "cancel", self.reject))
        row.addWidget(_button(_("Add") if is_new else _("Save"), Kind.PRIMARY, "ok", self.accept))
        return row

    def _remove(self) -> None:
        self.removed.emit()
        self.reject()


def _button(text: str, kind: Kind, name: str, act: Any) -> Button:
    button = Button(text, kind, name=name)
    button.clicked.connect(lambda: act())
    return button


def _page(hint: str, *columns: QVBoxLayout) -> QWidget:
    page = QWidget()
    layout = QVBoxLayout(page)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(FIELD_GAP)
    for one in columns:
        layout.addLayout(one)
    layout.addWidget(Note(hint, "hint"))
    return page
