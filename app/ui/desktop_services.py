"""The one gate to other programs: what may be opened in the browser or the file manager."""

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices


def open_page(address: str) -> bool:
    """Opens a web page. Addresses are built from the server's own and an id, never taken from what a server sends.

    QUrl also parses `file:`, `javascript:`, `smb:` and `https://good.example@evil.example`: those stay shut.
    """
    if not address.isprintable():
        return False
    url = QUrl(address, QUrl.ParsingMode.StrictMode)
    if not url.isValid() or url.scheme() not in ("http", "https") or not url.host() or "@" in url.authority():
        return False
    return QDesktopServices.openUrl(url)


def open_folder(path: Path) -> bool:
    """Shows a folder of ours in the file manager."""
    return QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
