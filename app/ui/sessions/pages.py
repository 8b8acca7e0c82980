"""What stands in the place of the list: the list itself, or what is so when there is nothing to list."""

from PySide6.QtWidgets import QStackedWidget, QWidget

from app import messages
from app.core.connection_status import ConnectionState, ConnectionStatus
from app.errors import Remedy
from app.translation import gettext as _
from app.ui.theme import Button, Drawing, EmptyState


class Pages(QStackedWidget):
    """While we look for the first time nothing stands there: it would flicker."""

    def __init__(self, view: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._blank = QWidget()
        self.try_now = Button(_(messages.REMEDIES[Remedy.TRY_NOW]), small=True, name="try_now")
        self.edit_server = Button(_(messages.REMEDIES[Remedy.EDIT_SERVER]), small=True, name="edit_server")
        self._empty = EmptyState(
            Drawing.CARD,
            _("No conversations yet"),
            _("What you launch appears here at once, and stays in view until it is done."),
        )
        self._away = EmptyState(Drawing.AWAY, "", "", self.try_now)
        self._refused = EmptyState(Drawing.LOCK, "", "", self.edit_server)
        for page in (view, self._blank, self._empty, self._away, self._refused):
            self.addWidget(page)

    def show_page(self, *, has_rows: bool, status: ConnectionStatus | None) -> None:
        """The list when there is one; else how we stand with the server. None: there is no server yet."""
        if has_rows:
            self.setCurrentWidget(self._view)
        elif status is None or status.state is ConnectionState.CONNECTED:
            self.setCurrentWidget(self._empty)
        elif status.state is ConnectionState.LOOKING:
            self.setCurrentWidget(self._blank)
        elif status.state.wants_key:
            said = _("Its conversations appear once the key is right.")
            self._show_state(self._refused, Drawing.LOCK, status, said)
        elif status.state is ConnectionState.AWAY:
            said = _("Its conversations appear as soon as it answers. What you type in the form is kept.")
            self._show_state(self._away, Drawing.AWAY, status, said)
        else:
            said = _("Choose another server. What you type in the form is kept.")
            self._show_state(self._refused, Drawing.AWAY, status, said)

    def _show_state(self, page: EmptyState, drawing: Drawing, status: ConnectionStatus, text: str) -> None:
        """A drawing, what is the matter, and the button that helps."""
        error = status.error
        title = messages.error(error, of_launch=False).title if error else _("The server is away.")
        remedy = Remedy.ENTER_KEY if status.state.wants_key else Remedy.EDIT_SERVER
        self.edit_server.setText(_(messages.REMEDIES[remedy]))
        page.set_state(drawing, title, text)
        self.setCurrentWidget(page)
