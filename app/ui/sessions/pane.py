"""The pane of sessions: title, list, and the detail at its foot."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.core.connection_status import ConnectionState, ConnectionStatus
from app.core.session import Session, SessionKey
from app.core.session_words import only_the_newest, shown_title, spoken
from app.core.sessions import Changes
from app.translation import gettext as _
from app.ui.dialogs import ask
from app.ui.sessions.actions import Action, actions_for, menu_of
from app.ui.sessions.change_coalescer import ChangeCoalescer
from app.ui.sessions.delegate import SessionDelegate
from app.ui.sessions.detail import Detail
from app.ui.sessions.model import ROW, SessionRow, SessionsModel
from app.ui.sessions.pages import Pages
from app.ui.sessions.view import SessionsView
from app.ui.text import set_tooltip
from app.ui.theme import Heading, Label, announce, colours
from app.ui.theme.sizes import group_height, row_height

if TYPE_CHECKING:
    from app.compose import Connection

AGES_TICK_S = 15
_VIEW_SETTLES_MS = 50


class SessionsPane(QWidget):
    """Watches the book of a connection and shows it. What a person wants done with a session is done from here.

    Only what concerns the rest of the window is a signal.
    """

    page_requested = Signal(str)
    """The address of a conversation's page is to be opened in the browser."""
    launch_again_requested = Signal(object)
    """The draft of an earlier launch is wanted in the form."""
    server_requested = Signal()
    """The key was refused, and somebody wants to enter another."""
    needs_you_changed = Signal(int)

    def __init__(
        self, parent: QWidget | None = None, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        super().__init__(parent)
        self.setObjectName("sessions_pane")
        self.setAccessibleIdentifier("sessions_pane")
        self._connection: Connection | None = None
        self._unwatch: list[Callable[[], None]] = []
        self._needs_you = 0
        self._now = now
        self._in_view: list[str] = []
        self._model = SessionsModel(now, self)
        self._view = SessionsView(self._model)
        self._delegate = SessionDelegate(now, self)
        self._view.setItemDelegate(self._delegate)
        self._title = Heading(_("Sessions"))
        set_tooltip(self._title, _("F5 refreshes the list"))
        self._pages = Pages(self._view)
        self._only_newest = Label("", "label", "text_2", elide=True)
        self._detail = Detail(now)
        self._ages = QTimer(self, interval=AGES_TICK_S * 1000)
        self._settles = QTimer(self, singleShot=True, interval=_VIEW_SETTLES_MS)
        self._pace = ChangeCoalescer(self._apply, self)
        self._ages.setObjectName("ages")
        self._settles.setObjectName("view_settles")
        self._lay_out()
        self._listen()
        self._show_page()

    # What the window tells it.

    def set_connection(self, connection: "Connection | None") -> None:
        """Shows another server's sessions; None is no server yet."""
        for unwatch in self._unwatch:
            unwatch()
        self._unwatch = []
        self._connection = connection
        self._pace.drop()
        if connection:
            book = connection.book
            self._unwatch = [book.watch(self._pace.changed), connection.known.watch(self._show_status)]
            self._model.show_book(book.sessions(), book.place_of)
        else:
            self._model.show_book((), None)
        self._show_status()
        self._refreshed()

    def _show_status(self) -> None:
        """While the server is away, rows say of when they are."""
        status = self._connection.known.status if self._connection else ConnectionStatus()
        away = status.since if status.state is not ConnectionState.CONNECTED else None
        if away != self._delegate.away_since:
            self._delegate.away_since = away
            self._view.viewport().update()
        self._show_page()

    def set_narrow(self, narrow: bool) -> None:
        """In a narrow window the switch in the header is the title."""
        self._title.setVisible(not narrow)

    def needs_you(self) -> int:
        """How many sessions need a person."""
        return self._needs_you

    def select(self, key: SessionKey) -> None:
        """Makes a session the current one and brings it into view."""
        self._pace.catch_up()
        self._view.setCurrentIndex(self._model.index_of(key))

    def focus_list(self) -> None:
        """Takes the focus into the list, on its first row when none is current."""
        self._view.setFocus()
        if not self._view.current() and self._model.rowCount():
            self._view.setCurrentIndex(self._model.index(1))

    # What the book tells it.

    def _apply(self, changes: Changes) -> int:
        with self._view.held_still():
            is_new_layout = self._model.apply(changes, hold_order=self._view.is_pointed_at())
        self._announce_failures(changes)
        self._refreshed()
        return self._model.rowCount() if is_new_layout else len(changes)

    def _release(self) -> None:
        """Nobody is over the list any more: what waited for that moves to its place."""
        with self._view.held_still():
            self._model.settle()
        self._refreshed()

    def _refreshed(self) -> None:
        self._show_page()
        self._show_detail()
        self._count()
        self._settles.start()

    def _show_page(self) -> None:
        connection = self._connection
        is_full = connection is not None and connection.book.is_full
        if is_full and not self._only_newest.text():
            self._only_newest.setText(only_the_newest())
        self._only_newest.setVisible(is_full)
        status = connection.known.status if connection else None
        self._pages.show_page(has_rows=self._model.rowCount() > 0, status=status)

    def _show_detail(self) -> None:
        row = self._view.currentIndex().data(ROW)
        self._detail.show_row(row if isinstance(row, SessionRow) else None)
        self._look()

    def _look(self) -> None:
        """The current row is being looked at, if anybody can see it."""
        session, connection = self._view.current(), self._connection
        if session is None or connection is None or not self.isVisible():
            return
        if session.has_news:
            connection.book.mark_seen(session.key)
        connection.whole_texts.look_at(session.key)

    def _announce_failures(self, changes: Changes) -> None:
        """What has failed since the last look is said once, also to who does not see its mark."""
        for one in changes:
            if one.after and one.after.has_news and not (one.before and one.before.has_news):
                announce(self._view, spoken(one.after, self._now()))

    def _count(self) -> None:
        if (count := self._model.needs_you()) != self._needs_you:
            self._needs_you = count
            self.needs_you_changed.emit(count)

    def _tick(self) -> None:
        """Ages grow, and what starts for too long says so."""
        self._pace.catch_up()
        with self._view.held_still():
            self._model.look_at_clock(hold_order=self._view.is_pointed_at())
        self._refreshed()
        self._view.viewport().update()

    def _tell_view(self) -> None:
        """Which conversations are in view, from the top: their events are read first."""
        shown = [one.conversation_id for one in self._view.in_view() if one.conversation_id]
        if self._connection and shown != self._in_view:
            self._in_view = shown
            self._connection.polling.set_in_view(shown)

    # What a person does.

    def _do(self, key: SessionKey, action: Action) -> None:
        connection = self._connection
        session = connection.book.get(key) if connection else None
        if connection is None or session is None or action not in actions_for(session):
            return
        page = connection.server.address.conversation_page(session.conversation_id)
        match action:
            case Action.OPEN:
                self.page_requested.emit(page)
            case Action.STOP:
                connection.actions.stop(key)
            case Action.DELETE:
                self._ask_to_delete(session, partial(connection.actions.delete, key))
            case Action.AGAIN:
                self.launch_again_requested.emit(session.draft)
            case Action.LOOK_AGAIN:
                connection.launching.look_again(key)
            case Action.FORGET:
                connection.book.forget(key)
            case Action.COPY_LINK:
                QGuiApplication.clipboard().setText(page)
            case Action.COPY_ID:
                QGuiApplication.clipboard().setText(session.conversation_id)

    def _retry(self) -> None:
        if self._connection:
            self._connection.polling.retry_now()

    def _ask_to_delete(self, session: Session, delete: Callable[[], None]) -> None:
        title = shown_title(session, limit=80)
        ask(
            self,
            _("Delete this conversation?"),
            _("The server deletes “{title}” with all its events. They are gone for good.").format(
                title=title
            ),
            _("Delete"),
            delete,
        )

    def _open_menu(self, place: QPoint) -> None:
        if (session := self._view.current()) and actions_for(session):
            menu_of(session, self._do, self._view).popup(place)

    # Qt.

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), colours().window)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ages.start()
        self._tick()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._ages.stop()

    def _lay_out(self) -> None:
        self._title.setContentsMargins(16, 12, 16, 8)
        self._only_newest.setObjectName("only_the_newest")
        self._only_newest.setContentsMargins(16, 4, 16, 8)
        self._pages.setMinimumHeight(group_height() + row_height())  # a detail may need the rest
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._title)
        column.addWidget(self._pages, 1)
        column.addWidget(self._only_newest)
        column.addWidget(self._detail)

    def _listen(self) -> None:
        self._view.selectionModel().currentChanged.connect(self._show_detail)
        self._view.done.connect(self._do)
        self._view.menu_wanted.connect(self._open_menu)
        self._view.pointer_left.connect(self._release)
        self._view.verticalScrollBar().valueChanged.connect(self._settles.start)
        self._view.verticalScrollBar().rangeChanged.connect(self._settles.start)
        self._detail.done.connect(self._do)
        self._pages.try_now.clicked.connect(self._retry)
        self._pages.edit_server.clicked.connect(self.server_requested)
        self._ages.timeout.connect(self._tick)
        self._settles.timeout.connect(self._tell_view)
        self.destroyed.connect(lambda: [unwatch() for unwatch in self._unwatch])
