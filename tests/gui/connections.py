"""A connection whose book a test writes itself, and which only notes what is asked of it."""

from types import SimpleNamespace

from PySide6.QtCore import QObject, Signal

from app.core.connection_status import ConnectionState, ConnectionStatus
from app.core.known_server import KnownServer
from app.core.servers import Server, ServerAddress
from app.core.sessions import SessionBook

CONNECTED = ConnectionStatus(ConnectionState.CONNECTED)


class NotingConnection(QObject):
    """Stands in for `compose.Connection`."""

    stop = Signal(str)
    delete = Signal(str)
    look_again = Signal(str)
    looked_at = Signal(str)
    in_view = Signal(list)
    retried = Signal()

    def __init__(self, book: SessionBook) -> None:
        super().__init__()
        self.server = Server(ServerAddress("http://127.0.0.1"))
        self.book = book
        self.known = KnownServer()
        self.known.set_status(CONNECTED)
        self.actions = SimpleNamespace(stop=self.stop.emit, delete=self.delete.emit)
        self.launching = SimpleNamespace(look_again=self.look_again.emit)
        self.whole_texts = SimpleNamespace(look_at=self.looked_at.emit)
        self.polling = SimpleNamespace(set_in_view=self.in_view.emit, retry_now=self.retried.emit)
