"""The MCP servers of a launch as chips; one that is pressed opens in its own form."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QWidget

from app.errors import Problem
from app.translation import gettext as _
from app.ui.text import set_tooltip
from app.ui.theme import Chip, Menu, Row, action_icon
from app.ui.theme.sizes import CHIP, control_height, font

if TYPE_CHECKING:
    from app.core.mcp import McpServer
    from app.wire.schemas import MCPConfig


class McpServersField(QWidget):
    """Its value is the `mcp_config` of the draft; each server in it was checked by the form it was entered in."""

    changed = Signal()
    began = Signal()
    """A server is being edited: what was noted before is over."""
    noted = Signal(Problem)
    """What was done to a secret of the server that was edited last."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(_("MCP servers"))
        self._servers: list[McpServer] = []
        self._add = Chip(_("Add"), "plus", removable=False, name="add_mcp_server")
        self._add.setAccessibleName(_("Add MCP server"))
        self._add.activated.connect(lambda: self.edit(None))
        self.none = QCheckBox(_("Use none of the server's own MCP servers"))
        self.none.setFont(font("label"))
        self.none.setFixedHeight(control_height(CHIP, "label"))
        self._row: Row[McpServer, Chip] = Row(self._chip, self._add)
        self.setLayout(self._row)
        self._row.addWidget(self._add)
        self._row.addWidget(self.none)
        self._show()

    def config(self) -> "MCPConfig":
        from app.core.mcp import config_of

        return config_of(self._servers)

    def set_config(self, config: "MCPConfig") -> None:
        from app.core.mcp import servers_of

        self._set(servers_of(config))

    def edit(self, number: int | None) -> None:
        """Opens the form of one server, or of a new one."""
        from app.ui.mcp.dialog import McpServerDialog

        self.began.emit()
        dialog = McpServerDialog(self, None if number is None else self._servers[number])
        dialog.noted.connect(self._note)
        dialog.done_with.connect(lambda server: self._put(number, server))
        dialog.duplicated.connect(lambda server: self._put(None, server))
        dialog.removed.connect(lambda: self._remove(number))
        dialog.open()

    def _note(self, problem: Problem) -> None:
        self.noted.emit(problem.at(("mcp_config",)))

    def _put(self, number: int | None, server: "McpServer") -> None:
        servers = list(self._servers)
        if number is None:
            servers.append(server)
        else:
            servers[number] = server
        self._set(servers)

    def _remove(self, number: int | None) -> None:
        self.began.emit()
        self._set([server for place, server in enumerate(self._servers) if place != number])

    def _set(self, servers: "list[McpServer]") -> None:
        from app.core.mcp import config_of, servers_of

        if servers != self._servers:
            self._servers = servers_of(config_of(servers))
            self._show()
            self.changed.emit()

    def _show(self) -> None:
        self._row.set_values(self._servers)
        self.setFocusProxy([*self._row.widgets(), self._add][0])
        self.none.setVisible(not self._servers)
        self.updateGeometry()

    def _chip(self, server: "McpServer") -> Chip:
        from app.core.mcp import command_line, name_of
        from app.wire.schemas import MCPStdioServerConfig

        stdio = isinstance(server, MCPStdioServerConfig)
        chip = Chip(name_of(server), "terminal" if stdio else "plug")
        set_tooltip(chip, command_line(server) if isinstance(server, MCPStdioServerConfig) else server.url)
        chip.activated.connect(lambda: self.edit(self._place_of(chip)))
        chip.removed.connect(lambda: self._remove(self._place_of(chip)))
        chip.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        chip.customContextMenuRequested.connect(lambda where: self._menu(chip, where))
        return chip

    def _place_of(self, chip: Chip) -> int:
        return self._row.widgets().index(chip)

    def _menu(self, chip: Chip, where: QPoint) -> None:
        number = self._place_of(chip)
        menu = Menu(chip)
        menu.setAccessibleName(chip.accessibleName())
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(action_icon("pencil"), _("Edit…"), lambda: self.edit(number))
        menu.addAction(
            action_icon("duplicate"), _("Duplicate"), lambda: self._put(None, self._servers[number])
        )
        menu.addAction(action_icon("trash"), _("Remove"), lambda: self._remove(number))
        menu.popup(chip.mapToGlobal(where))
