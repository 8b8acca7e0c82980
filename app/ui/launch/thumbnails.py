"""Pictures decoded for a look at them, in a thread and within limits: an image may be an attack on its reader."""

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from PySide6.QtGui import QImage, QImageReader

from app.core.attachments import LOC, content_of, not_taken
from app.errors import Problem

MEGAPIXELS = 40
ALLOCATION_MIB = 128


def thumbnail(url: str, side: int, name: str = "") -> QImage | Problem:
    """A square of `side` pixels cut from the middle of a data URL's image, or why there is none.

    A 249 kB file took 245 MB to decode: so the size is asked for first, and the decoder told to scale while reading.
    """
    content = content_of(url)
    if content is None:
        return not_taken(LOC, "image_broken_of", name)
    kind = url.partition(";")[0]
    data = QByteArray(content)
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    QImageReader.setAllocationLimit(ALLOCATION_MIB)
    reader = QImageReader(buffer, QByteArray(kind.rpartition("/")[2].encode()))
    reader.setAutoTransform(True)
    size = reader.size()
    if size.width() * size.height() > MEGAPIXELS * 1_000_000:
        return not_taken(LOC, "image_pixels_of", name)
    if size.isValid():
        reader.setScaledSize(size.scaled(QSize(side, side), Qt.AspectRatioMode.KeepAspectRatioByExpanding))
    picture = reader.read()
    if picture.isNull():
        return not_taken(LOC, "image_broken_of", name)
    x, y = (picture.width() - side) // 2, (picture.height() - side) // 2
    return picture.copy(max(0, x), max(0, y), min(side, picture.width()), min(side, picture.height()))
