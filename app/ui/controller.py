"""The application's controller: which server is shown, and what each request of the window leads to."""

import asyncio
from collections.abc import Callable
from functools import partial

from PySide6.QtGui import QGuiApplication

from app import compose, messages
from app.compose import Connection, DemoDidNotStart, DemoProcess
from app.core import bug_reports
from app.core.connection_status import ConnectionState
from app.core.draft import LaunchDraft
from app.core.launching import Launched, NotLaunched, Outcome
from app.core.servers import Server, ServerAddress
from app.core.session import Operation, Session
from app.core.session_words import not_done
from app.core.settings import Settings
from app.core.tasks import Tasks
from app.errors import LauncherError, Remedy
from app.translation import gettext as _
from app.ui.desktop_services import open_folder, open_page
from app.ui.header import Side
from app.ui.theme.bar import BarLevel
from app.ui.window import MainWindow

CLOSE_S = 2.0
"""How long closing waits for the answer to a launch."""


class Controller:
    """Owns the connections and the demo's process, and carries out what the window asks for."""

    def __init__(
        self, window: MainWindow, tasks: Tasks, settings: Settings, report: Callable[[BaseException], None]
    ) -> None:
        self.window = window
        self.settings = settings
        self.connection: Connection | None = None
        self._server: Server | None = None
        """The server that was chosen last; while the demo starts, the one to come back to."""
        self._tasks = tasks
        self._report = report
        self._demo = DemoProcess()
        self.connections: dict[ServerAddress, Connection] = {}
        """Every server of this run: rows that only we know, and launches that are out, outlive a change."""
        self._watchers: list[Callable[[], None]] = []
        self._wire()

    def watch(self, watcher: Callable[[], None]) -> None:
        """Calls `watcher` when there is a connection to another server, or to none."""
        self._watchers.append(watcher)

    def begin(self, server: Server | None, *, demo: bool) -> None:
        """Where to start: the demo, the server that was named or last used, or the page that asks."""
        if demo:
            self.use_demo()
        elif server and not server.risks_key:
            self.use_server(server)
        else:  # also before a key crosses a network in clear: there the red line is
            self.ask_for_server(server)

    def use_server(self, server: Server) -> None:
        self._show_form()
        self._turn_to(server)
        self._tasks.start("connect", lambda: self._connect(server), restart=True)

    def use_demo(self) -> None:
        """Starts the demo, unless another server is chosen before it has started."""
        self._show_form()
        self._turn_to(None)
        self._tasks.start("connect", self._connect_demo, restart=True)

    def ask_for_server(self, server: Server | None = None) -> None:
        """The page of servers, with what is wrong with the one that it shows; one can leave it when there is one."""
        shown, connection = server or self._server, self.connection
        reason = connection.known.status.error if connection and connection.server == shown else None
        self.window.servers.ask(shown, can_leave=self._server is not None, reason=reason)
        self.window.show_servers(True)

    async def aclose(self) -> None:
        """Ends all connections. Nobody waits for a launch any more whose request was ended with them."""
        for connection in self.connections.values():
            await connection.aclose()
        self.connections.clear()
        await self._demo.aclose()

    # Inside.

    def _is_launching(self) -> bool:
        return any(connection.launching.has_unanswered() for connection in self.connections.values())

    async def _close(self) -> None:
        """Closes the window when every launch that is out has its answer, or when it takes too long.

        One that was not accepted keeps it open: its text is still in the form, and somebody has to know.
        """
        outcomes: list[Outcome] = []
        watching = [one.launching.watch(outcomes.append) for one in self.connections.values()]
        await asyncio.gather(
            *(one.launching.wait_until_answered(CLOSE_S) for one in self.connections.values())
        )
        for unwatch in watching:
            unwatch()
        if any(isinstance(outcome, NotLaunched) for outcome in outcomes):
            self.window.stay_open()
        else:
            self.window.close()

    def _show_form(self) -> None:
        self.window.show_servers(False)
        self.window.launch.clear_message()
        self.window.launch.take_focus()

    def _turn_to(self, server: Server | None) -> None:
        """Leaves the server before: what is pressed from now on is for this one, for none while it is None."""
        self._server = server or self._server
        self.window.header.show_server(server)
        known = self.connections.get(server.address) if server else None
        if known and server and known.server.key != server.key:
            known.use_key(server.key)
        self._show(known)

    async def _connect_demo(self) -> None:
        try:
            server = await self._demo.start()
        except DemoDidNotStart:
            self.window.show_message(
                "bad", _("The demo did not start."), _("Try it again, or choose a server.")
            )
            await self._come_back()
            return
        self._turn_to(server)
        await self._connect(server)

    async def _come_back(self) -> None:
        if self._server:
            self._turn_to(self._server)
            await self._connect(self._server)
        else:
            self.ask_for_server()
            self._tell()

    async def _connect(self, server: Server) -> None:
        if known := self.connections.get(server.address):
            known.polling.retry_now()
        else:
            beside = self.connections.values()
            known = await compose.connect(server, self._report, beside=beside)
            self.connections[server.address] = known
            known.actions.on_failed = self._operation_failed
            known.known.watch(self._status_changed)
            known.known.watch(partial(self._remember, known))
            known.launching.watch(partial(self._ended_elsewhere, known))
        self._show(known)
        self._remember(known)
        self._tell()

    def _remember(self, connection: Connection) -> None:
        """The server to begin with next time is one that has answered; not the demo, which is another one each time."""
        has_answered = connection.known.status.state is ConnectionState.CONNECTED
        if connection is self.connection and has_answered and not connection.server.is_demo:
            self.settings.keep_server(connection.server.address)

    def _show(self, connection: Connection | None) -> None:
        self.connection = connection
        self._hide(self.window.isMinimized())
        self.window.launch.set_connection(connection)
        self.window.sessions.set_connection(connection)
        self._status_changed()

    def _hide(self, hidden: bool) -> None:
        """Servers that are not shown are still read, but seldom."""
        for connection in self.connections.values():
            connection.polling.set_hidden(hidden or connection is not self.connection)

    def _ended_elsewhere(self, connection: Connection, outcome: Outcome) -> None:
        """The form listens to its own server only."""
        if connection is self.connection or isinstance(outcome, Launched):
            return
        bold = _("About your launch on the demo:")
        if not connection.server.is_demo:
            bold = _("About your launch on {server}:").format(server=connection.server.address.place)
        if error := outcome.error:
            said = messages.error(error)
            plain = " ".join(filter(None, (said.title, said.text)))
        else:
            plain = messages.problem(outcome.problems[0])
        self.window.show_message("warn" if error and error.may_have_started else "bad", bold, plain)

    def _operation_failed(self, row: Session, operation: Operation, error: LauncherError) -> None:
        said = not_done(row, operation, error)
        level: BarLevel = "warn" if error.may_have_started else "bad"
        self.window.show_message(level, said.title, said.text, error.remedy)

    def _tell(self) -> None:
        for watcher in tuple(self._watchers):
            watcher()

    def _status_changed(self) -> None:
        if connection := self.connection:
            self.window.header.show_status(connection.known.status, connection.known.facts)

    def _open_page(self, address: str) -> None:
        if not open_page(address):
            QGuiApplication.clipboard().setText(address)
            said = _("The address is on the clipboard.")
            self.window.show_message("warn", _("No browser could be opened."), said)

    def _open_reports(self) -> None:
        folder = bug_reports.folder()
        if not open_folder(folder):
            QGuiApplication.clipboard().setText(str(folder))
            said = _("The path of the reports is on the clipboard.")
            self.window.show_message("warn", _("No file manager could be opened."), said)

    def _remedy(self, remedy: Remedy) -> None:
        connection = self.connection
        if remedy in (Remedy.EDIT_SERVER, Remedy.ENTER_KEY):
            self.ask_for_server()
        elif remedy is Remedy.OPEN_REPORTS:
            self._open_reports()
        elif connection and remedy is Remedy.OPEN_SETTINGS:
            self._open_page(connection.server.address.settings_page)
        elif remedy is Remedy.TRY_NOW:
            self._retry()

    def _retry(self) -> None:
        """Reads all that is known of the server anew, also while it is away."""
        if self.connection:
            self.connection.polling.retry_now()

    def _launch_again(self, draft: LaunchDraft) -> None:
        self.window.show_servers(False)
        self.window.show_side(Side.NEW)
        self.window.launch.fill_from(draft)

    def _wire(self) -> None:
        window = self.window
        window.is_awaited = self._is_launching
        window.close_put_off.connect(lambda: self._tasks.start("close", self._close))
        window.header.server_wanted.connect(lambda: self.ask_for_server())
        window.header.try_wanted.connect(self._retry)
        window.servers.chosen.connect(self.use_server)
        window.servers.demo_wanted.connect(self.use_demo)
        window.servers.dismissed.connect(lambda: window.show_servers(False))
        window.launch.remedy_wanted.connect(self._remedy)
        window.remedy_wanted.connect(self._remedy)
        window.refresh_wanted.connect(self._retry)
        window.launch.launched.connect(window.sessions.select)
        window.hidden_changed.connect(self._hide)
        window.sessions.page_requested.connect(self._open_page)
        window.sessions.launch_again_requested.connect(self._launch_again)
        window.sessions.server_requested.connect(lambda: self.ask_for_server())
