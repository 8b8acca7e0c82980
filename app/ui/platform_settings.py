"""What is kept from one start to the next: the server last used, never its key, and where the window stood."""

import logging
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QCoreApplication, QSettings, QStandardPaths
from PySide6.QtWidgets import QWidget

from app.core.servers import Server, ServerAddress, parse_address

if TYPE_CHECKING:
    from pydantic import SecretStr

    from app.ui.window import MainWindow

_SERVER = "server"
_GEOMETRY = "geometry"

LARGEST = 1024 * 1024
"""Of a file of settings, in bytes. Ours has some hundred."""

log = logging.getLogger("launcher")


def last_server(key: "SecretStr | None") -> Server | None:
    """The server last used. Its key comes with each start, or is asked for again."""
    found = parse_address(str(_kept(_SERVER) or ""))
    return Server(found, key) if isinstance(found, ServerAddress) else None


def keep_server(server: Server) -> None:
    """Not the demo, which is another one each time."""
    if not server.is_demo:
        _keep(_SERVER, server.address.url)


def restore_geometry(window: "MainWindow") -> None:
    """Where it stood; on the screen that there is now, which may be smaller, or another one."""
    geometry = _kept(_GEOMETRY)
    if isinstance(geometry, QByteArray):
        window.restoreGeometry(geometry)
        window.fit_screen()


def keep_geometry(window: QWidget) -> None:
    _keep(_GEOMETRY, window.saveGeometry())


def _kept(name: str) -> object:
    return QSettings().value(name) if _may_be_opened() else None


def _keep(name: str, value: object) -> None:
    if _may_be_opened():
        QSettings().setValue(name, value)


def _may_be_opened() -> bool:
    """Whether each file of the settings is a plain one, or not there: a link would be written through, a pipe or
    a device would be waited for. Elsewhere than here they stand in the registry, or the system's own service has them.
    """
    odd = next(filter(_is_odd, _files()), None)
    if odd is not None:
        log.error("The settings are neither read nor written, because this is no regular file: %s", odd)
    return odd is None


def _files() -> Iterator[Path]:
    """What Qt opens: the program's file, the one that all programs of its maker share, and the lock of the first."""
    if sys.platform in ("win32", "darwin"):
        return
    folder = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericConfigLocation))
    maker, program = QCoreApplication.organizationName(), QCoreApplication.applicationName()
    for path in (folder / maker / f"{program}.conf", folder / f"{maker}.conf"):
        yield path
        yield path.with_name(f"{path.name}.lock")


def _is_odd(path: Path) -> bool:
    try:
        there = os.lstat(path)
    except OSError:  # not there, or not ours to look at: Qt opens nothing then
        return False
    return not stat.S_ISREG(there.st_mode) or there.st_size > LARGEST
