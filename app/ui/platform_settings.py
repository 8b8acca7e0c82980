"""The platform's settings, as `core.settings` asks for them."""

import logging
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QByteArray, QCoreApplication, QSettings, QStandardPaths

from app.core.servers import ServerAddress, parse_address

_SERVER = "server"
_GEOMETRY = "geometry"

LARGEST = 1024 * 1024
"""Of a file of settings, in bytes. Ours has some hundred."""

log = logging.getLogger("launcher")


class PlatformSettings:
    """The settings that Qt keeps for the program: a file here, the registry or a service of the system elsewhere."""

    def last_server(self) -> ServerAddress | None:
        found = parse_address(str(_kept(_SERVER) or ""))
        return found if isinstance(found, ServerAddress) else None

    def keep_server(self, address: ServerAddress) -> None:
        _keep(_SERVER, address.url)

    def geometry(self) -> bytes:
        geometry = _kept(_GEOMETRY)
        return bytes(geometry.data()) if isinstance(geometry, QByteArray) else b""

    def keep_geometry(self, geometry: bytes) -> None:
        _keep(_GEOMETRY, QByteArray(geometry))


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
