"""What a clipboard or a drop brings: images, or else text."""

import re
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData, QUrl
from PySide6.QtGui import QImage, QImageWriter

from app.errors import Problem

if TYPE_CHECKING:
    from app.core.attachments import ImageAttachment

_HTML_LOOKED_AT = 100_000
_JPEG_QUALITY = 90
_SHARE = 10
_QUICKLY = 33
"""Of 100: a PNG of 40 million pixels takes half the time."""
_IMAGE_TAG = r"(?i)<img\b[^>]*?\bsrc\s*=\s*(?:\"([^\"]*)\"|'([^']*)')"
_TAG = r"(?s)<!--.*?-->|<[^>]*>"
_ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".gif")


def files_of(source: QMimeData) -> list[QUrl]:
    """The files of this machine: ten thousand where a whole folder was marked, so they are not looked at here."""
    return [url for url in source.urls() if url.isLocalFile()]


def has_picture(source: QMimeData) -> bool:
    """Whether it is a picture first of all: a table brings one too, beside the text that is meant."""
    from app.core.attachments import is_address

    if not source.hasImage() or files_of(source):
        return False
    words = source.text().split(maxsplit=1)
    names_it = len(words) == 1 and is_address(words[0])
    return not words or names_it or bool(_image_in_html(source))


def address_of(source: QMimeData) -> str:
    """The address of an image, where what is dropped is plainly one; else empty."""
    from app.core.attachments import is_address

    urls = source.urls()
    if source.hasImage() or len(urls) != 1 or urls[0].isLocalFile():
        return ""
    ends = urls[0].path().lower().endswith(_ENDINGS) or urls[0].scheme() == "data"
    address = bytes(urls[0].toEncoded().data()).decode() if ends else _image_in_html(source)
    return address if is_address(address) else ""


def brings_images(source: QMimeData, *, dropped: bool) -> bool:
    """Whether it is for the images. An address that is pasted is text: somebody may write about it."""
    return bool(files_of(source)) or has_picture(source) or (dropped and bool(address_of(source)))


def from_picture(picture: QImage, name: str) -> "ImageAttachment | Problem":
    """Pixels that come without a file. Blocks: call it in a thread."""
    from app.core import attachments
    from app.core.imaging import MEGAPIXELS, TURNS

    if picture.width() * picture.height() > MEGAPIXELS * 1_000_000:
        return Problem.warning(attachments.LOC, "image_pixels_of", name=name, megapixels=MEGAPIXELS)
    with TURNS:
        content = encoded(picture)
    return attachments.from_bytes(content, name)


def encoded(picture: QImage) -> bytes:
    """A PNG, or a JPEG where that would be too large to be sent."""
    from app.wire.rules import IMAGE_LIMIT

    png = b"" if _is_photograph(picture) else _written(picture, "png")
    return png if 0 < len(png) <= IMAGE_LIMIT else _written(picture, "jpeg")


def _is_photograph(picture: QImage) -> bool:
    """Whether a large picture is far too large as a PNG, as a tenth of it tells: that one would take ten seconds."""
    from app.wire.rules import IMAGE_LIMIT

    if not _is_large(picture):
        return False
    rows = picture.height() // _SHARE
    tenth = _written(picture.copy(0, (picture.height() - rows) // 2, picture.width(), rows), "png")
    return len(tenth) * _SHARE > 2 * IMAGE_LIMIT


def _is_large(picture: QImage) -> bool:
    from app.core.imaging import QUICKLY_FROM

    return picture.width() * picture.height() > QUICKLY_FROM


def _written(picture: QImage, type_: str) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QImageWriter(buffer, QByteArray(type_.encode()))
    if type_ == "jpeg":
        writer.setQuality(_JPEG_QUALITY)
    elif _is_large(picture):
        writer.setCompression(_QUICKLY)
    writer.write(picture)
    return bytes(buffer.data().data())


def _image_in_html(source: QMimeData) -> str:
    """The address of an image that is all there is to see; browsers say so beside a picture."""
    import html

    text = source.html()[:_HTML_LOOKED_AT] if source.hasHtml() else ""
    found = list(re.finditer(_IMAGE_TAG, text))
    if len(found) != 1 or html.unescape(re.sub(_TAG, "", text)).strip():
        return ""
    return html.unescape(found[0][1] or found[0][2] or "")
