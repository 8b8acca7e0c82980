"""What stands in the place of the list: the list itself, or what is so when there is nothing to list."""

from PySide6.QtWidgets import QStackedWidget, QWidget

from app import words
from app.core.contact import Connected, Contact
from app.errors import Remedy
from app.translation import gettext as _
from app.ui.theme import Button, Drawing, EmptyState


class Pages(QStackedWidget):
    """While we look for the first time nothing stands there: it would flicker."""

    def __init__(self, view: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._blank = QWidget()
        self.try_now = Button(_(words.REMEDIES[Remedy.TRY_NOW]), small=True, name="try_now")
        self.edit_server = Button(_(words.REMEDIES[Remedy.EDIT_SERVER]), small=True, name="edit_server")
        self._empty = EmptyState(
            Drawing.CARD,
            _("No conversations yet"),
            _("What you launch appears here at once, and stays in view until it is done."),
        )
        self._away = EmptyState(Drawing.AWAY, "", "", self.try_now)
        self._refused = EmptyState(Drawing.LOCK, "", "", self.edit_server)
        for page in (view, self._blank, self._empty, self._away, self._refused):
            self.addWidget(page)

    def show_page(self, *, has_rows: bool, connected: Connected | None) -> None:
        """The list when there is one; else how we stand with the server. None: there is no server yet."""
        if has_rows:
            self.setCurrentWidget(self._view)
        elif connected is None or connected.contact is Contact.CONNECTED:
            self.setCurrentWidget(self._empty)
        elif connected.contact is Contact.LOOKING:
            self.setCurrentWidget(self._blank)
        elif connected.contact.wants_key:
            said = _("Its conversations appear once the key is right.")
            self._show_state(self._refused, Drawing.LOCK, connected, said)
        elif connected.contact is Contact.AWAY:
            said = _("Its conversations appear as soon as it answers. What you type in the form is kept.")
            self._show_state(self._away, Drawing.AWAY, connected, said)
        else:
            said = _("Choose another server. What you type in the form is kept.")
            self._show_state(self._refused, Drawing.AWAY, connected, said)

    def _show_state(self, page: EmptyState, drawing: Drawing, connected: Connected, text: str) -> None:
        """A drawing, what is the matter, and the button that helps."""
        error = connected.error
        title = words.error(error, of_launch=False).title if error else _("The server is away.")
        remedy = Remedy.ENTER_KEY if connected.contact.wants_key else Remedy.EDIT_SERVER
        self.edit_server.setText(_(words.REMEDIES[remedy]))
        page.set_state(drawing, title, text)
        self.setCurrentWidget(page)
