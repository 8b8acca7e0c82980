"""Pictures decoded for a look at them, in a thread: what may be too much for a decoder was refused before."""

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from PySide6.QtGui import QImage, QImageReader

from app.core.attachments import content_of
from app.core.imaging import MEGAPIXELS, TURNS

ALLOCATION_MIB = 4 * MEGAPIXELS
"""Four bytes for each pixel."""


def thumbnail(url: str, side: int) -> QImage | None:
    """A square of `side` pixels cut from the middle of a data URL's image; None where Qt cannot read it."""
    picture = _decoded(url, QSize(side, side), Qt.AspectRatioMode.KeepAspectRatioByExpanding)
    if picture is None:
        return None
    x, y = (picture.width() - side) // 2, (picture.height() - side) // 2
    return picture.copy(max(0, x), max(0, y), min(side, picture.width()), min(side, picture.height()))


def picture_within(url: str, room: QSize) -> QImage | None:
    """The image of a data URL, scaled down to what `room` holds; None where Qt cannot read it."""
    return _decoded(url, room, Qt.AspectRatioMode.KeepAspectRatio)


def _decoded(url: str, room: QSize, mode: Qt.AspectRatioMode) -> QImage | None:
    """The decoder is told to scale while it reads: a file of 249 kB took 245 MB otherwise."""
    buffer = QBuffer()
    buffer.setData(QByteArray(content_of(url) or b""))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    QImageReader.setAllocationLimit(ALLOCATION_MIB)
    kind = url.partition(";")[0].rpartition("/")[2]
    reader = QImageReader(buffer, QByteArray(kind.encode()))
    reader.setAutoTransform(True)
    size = reader.size()
    if size.width() * size.height() > MEGAPIXELS * 1_000_000:
        return None
    if size.isValid() and (mode is not Qt.AspectRatioMode.KeepAspectRatio or not _fits(size, room)):
        reader.setScaledSize(size.scaled(room, mode).expandedTo(QSize(1, 1)))
    with TURNS:
        picture = reader.read()
    return None if picture.isNull() else picture


def _fits(size: QSize, room: QSize) -> bool:
    return size.width() <= room.width() and size.height() <= room.height()
