"""What is kept from one start to the next: the server last used, never its key, and where the window stood."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QSettings
from PySide6.QtWidgets import QWidget

from app.core.servers import Server, ServerAddress, parse_address

if TYPE_CHECKING:
    from pydantic import SecretStr

    from app.ui.window import MainWindow

_SERVER = "server"
_GEOMETRY = "geometry"


def last_server(key: "SecretStr | None") -> Server | None:
    """The server last used. Its key comes with each start, or is asked for again."""
    found = parse_address(str(QSettings().value(_SERVER) or ""))
    return Server(found, key) if isinstance(found, ServerAddress) else None


def keep_server(server: Server) -> None:
    """Not the demo, which is another one each time."""
    if not server.is_demo:
        QSettings().setValue(_SERVER, server.address.url)


def restore_geometry(window: "MainWindow") -> None:
    """Where it stood; on the screen that there is now, which may be smaller, or another one."""
    geometry = QSettings().value(_GEOMETRY)
    if isinstance(geometry, QByteArray):
        window.restoreGeometry(geometry)
        window.fit_screen()


def keep_geometry(window: QWidget) -> None:
    QSettings().setValue(_GEOMETRY, window.saveGeometry())
