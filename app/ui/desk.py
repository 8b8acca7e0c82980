"""At which server we are, and what the wishes of the window lead to."""

from collections.abc import Callable
from gettext import gettext as _

from pydantic import SecretStr
from PySide6.QtCore import QSettings
from PySide6.QtGui import QGuiApplication

from app import compose
from app.compose import Connection, DemoProcess
from app.core.mcp import secrets_of
from app.core.redaction import Redactor
from app.core.servers import Server, ServerAddress, parse_address
from app.core.tasks import Tasks
from app.errors import Remedy
from app.ui.header import Side
from app.ui.outside import open_page
from app.ui.window import MainWindow

LAST_SERVER = "server"
GEOMETRY = "geometry"


class Desk:
    """Owns the connection and the demo's process; the window asks, the desk does."""

    def __init__(
        self, window: MainWindow, tasks: Tasks, redactor: Redactor, report: Callable[[BaseException], None]
    ) -> None:
        self.window = window
        self.connection: Connection | None = None
        self._tasks = tasks
        self._redactor = redactor
        self._report = report
        self._demo = DemoProcess()
        self._old: list[Connection] = []
        self._wire()

    def begin(self, server: Server | None, *, demo: bool) -> None:
        """Where to start: the demo, the server that was named or last used, or the page that asks."""
        if demo:
            self.use_demo()
        elif server and not (server.key and server.address.in_clear):
            self.use(server)
        else:  # also before a key crosses a network in clear: there the red line is
            self.ask(server)

    def use(self, server: Server) -> None:
        self.window.show_servers(False)
        self.window.header.show_server(server)
        self.window.launch.focus_message()
        self._tasks.start("connect", lambda: self._connect(server), restart=True)

    def use_demo(self) -> None:
        self.window.show_servers(False)
        self._tasks.start("demo", self._connect_demo)

    def ask(self, server: Server | None = None) -> None:
        """The page of servers; one can leave it when there is a server."""
        now = self.connection.server if self.connection else None
        self.window.servers.ask(server or now, can_leave=now is not None)
        self.window.show_servers(True)

    async def aclose(self) -> None:
        for connection in (*self._old, self.connection):
            if connection:
                await connection.aclose()
        self._demo.close()

    # Inside.

    async def _connect_demo(self) -> None:
        self.use(await self._demo.start())

    async def _connect(self, server: Server) -> None:
        connection = await compose.connect(server, self._redactor, self._report)
        if self.connection:
            self._old.append(self.connection)  # its launches run on
            self.connection.polling.retire()
        self.connection = connection
        connection.acts.on_error = self.window.launch.show_error
        connection.polling.watch(self._contact_changed)
        self.window.launch.set_connection(connection)
        sessions = self.window.sessions
        sessions.link_of = server.address.conversation_page
        sessions.set_book(connection.book)
        self._contact_changed()
        if not server.is_demo:
            QSettings().setValue(LAST_SERVER, server.address.url)

    def _contact_changed(self) -> None:
        if connection := self.connection:
            connected = connection.polling.connected
            self.window.header.show_contact(connected, connection.polling.facts)
            self.window.sessions.set_connected(connected)

    def _open(self, key: int) -> None:
        row = self.connection.book.get(key) if self.connection else None
        if row and row.conversation_id and self.connection:
            self._open_page(self.connection.server.address.conversation_page(row.conversation_id))

    def _open_page(self, address: str) -> None:
        if not open_page(address):
            QGuiApplication.clipboard().setText(address)
            self.window.launch.show_bug(_("No browser could be opened. The address is on the clipboard."))

    def _remedy(self, remedy: Remedy) -> None:
        connection = self.connection
        if remedy is Remedy.EDIT_SERVER:
            self.ask()
        elif connection and remedy is Remedy.OPEN_SETTINGS:
            self._open_page(connection.server.address.settings_page)
        elif connection and remedy is Remedy.TRY_NOW:
            connection.polling.try_now()

    def _with_connection(self, do: Callable[[Connection], object]) -> None:
        if self.connection:
            do(self.connection)

    def _launch_again(self, key: int) -> None:
        row = self.connection.book.get(key) if self.connection else None
        if row and row.sent:
            self.window.show_servers(False)
            self.window.show_side(Side.NEW)
            self.window.launch.take(row.sent)

    def _launched(self, key: int) -> None:
        row = self.connection.book.get(key) if self.connection else None
        for secret in secrets_of(row.sent.mcp_config) if row and row.sent else ():
            self._redactor.learn(secret)
        self.window.sessions.select(key)

    def _wire(self) -> None:
        window, having = self.window, self._with_connection
        window.header.server_wanted.connect(lambda: self.ask())
        window.header.try_wanted.connect(lambda: having(lambda c: c.polling.try_now()))
        window.servers.chosen.connect(self.use)
        window.servers.demo_wanted.connect(self.use_demo)
        window.servers.left.connect(lambda: window.show_servers(False))
        window.launch.remedy_wanted.connect(self._remedy)
        window.launch.launched.connect(self._launched)
        window.hidden_changed.connect(lambda hidden: having(lambda c: c.polling.hides(hidden)))
        sessions = window.sessions
        sessions.open_requested.connect(self._open)
        sessions.stop_requested.connect(lambda key: having(lambda c: c.acts.stop(key)))
        sessions.delete_requested.connect(lambda key: having(lambda c: c.acts.delete(key)))
        sessions.launch_again_requested.connect(self._launch_again)
        sessions.look_again_requested.connect(lambda key: having(lambda c: c.launching.look_again(key)))
        sessions.forget_requested.connect(lambda key: having(lambda c: c.book.forget(key)))
        sessions.view_changed.connect(lambda ids: having(lambda c: c.polling.shows(ids)))
        sessions.try_now_requested.connect(lambda: having(lambda c: c.polling.try_now()))
        sessions.server_requested.connect(lambda: self.ask())
        sessions.looked_at.connect(lambda key: having(lambda c: c.book.looked_at(key)))


def last_server(key: SecretStr | None) -> Server | None:
    """The server last used. Its key was not kept: it comes with each start, or is asked for again."""
    found = parse_address(str(QSettings().value(LAST_SERVER) or ""))
    return Server(found, key) if isinstance(found, ServerAddress) else None
