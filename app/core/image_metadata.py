"""What an image's file says beside its pixels, taken out of it without touching them.

Pillow reads metadata; it cannot leave it out without encoding the picture anew, which would cost quality.
"""

import re
from collections.abc import Iterator

_JPEG_STANDALONE = {0x01, *range(0xD0, 0xD8)}
_JPEG_BESIDE = {0xFE, *range(0xE0, 0xF0)}
"""Comments, and what applications have put in."""
_JPEG_SCAN, _JPEG_END = 0xDA, 0xD9
_JPEG_MARKER = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")
"""The next marker in the pixels of a JPEG: neither a stuffed byte nor a restart."""

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_METADATA = {b"eXIf", b"tEXt", b"zTXt", b"iTXt"}

_WEBP_METADATA = {b"EXIF", b"XMP "}
_WEBP_FLAGS = 0x08 | 0x04
"""The bits of VP8X that announce EXIF and XMP."""

_GIF_XMP = b"\x21\xff\x0bXMP DataXMP"
_GIF_XMP_END = b"\x01" + bytes(range(255, -1, -1)) + b"\x00"


def without_metadata(content: bytes, type_: str) -> bytes:
    """The same picture without EXIF, XMP and IPTC; its colour profile stays. What is damaged stays as it is."""
    parts = {"jpeg": _jpeg_parts, "png": _png_parts, "webp": _webp_parts, "gif": _gif_parts}[type_]
    return b"".join(parts(content))


def is_lossless_webp(content: bytes) -> bool:
    """Whether the picture in a WebP is kept without loss."""
    return any(chunk.startswith(b"VP8L") for chunk in _webp_chunks(content))


def _jpeg_parts(content: bytes) -> Iterator[bytes]:
    """What follows the picture goes too: phones append previews and films, with a position of their own."""
    yield content[:2]
    at = 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:  # a byte that fills
            at += 1
            continue
        if marker == _JPEG_END:
            yield content[at : at + 2]
            return
        end = at + 2
        if marker not in _JPEG_STANDALONE:
            end += int.from_bytes(content[at + 2 : at + 4], "big")
        if marker == _JPEG_SCAN:
            found = _JPEG_MARKER.search(content, end)
            end = found.end() - 2 if found else len(content)
        if marker not in _JPEG_BESIDE or _draws(marker, content[at + 4 : end]):
            yield content[at:end]
        at = end
    yield content[at:]


def _draws(marker: int, segment: bytes) -> bool:
    """Whether such a segment of a JPEG is needed to draw it: JFIF, a colour profile, Adobe's colours."""
    return marker in (0xE0, 0xEE) or (marker == 0xE2 and segment.startswith(b"ICC_PROFILE\x00"))


def _png_parts(content: bytes) -> Iterator[bytes]:
    yield content[: len(_PNG_SIGNATURE)]
    at = len(_PNG_SIGNATURE)
    while at < len(content):
        end = at + 12 + int.from_bytes(content[at : at + 4], "big")
        kind = content[at + 4 : at + 8]
        if kind not in _PNG_METADATA:
            yield content[at:end]
        if kind == b"IEND":
            return
        at = end


def _webp_parts(content: bytes) -> Iterator[bytes]:
    chunks = list(_webp_chunks(content))
    size = 4 + sum(map(len, chunks))
    yield b"RIFF" + size.to_bytes(4, "little") + b"WEBP"
    yield from chunks


def _webp_chunks(content: bytes) -> Iterator[bytes]:
    at, end = 12, min(len(content), 8 + int.from_bytes(content[4:8], "little"))
    while at < end:
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        chunk = content[at : at + 8 + size + size % 2]
        if chunk.startswith(b"VP8X") and size:
            chunk = chunk[:8] + bytes([chunk[8] & ~_WEBP_FLAGS]) + chunk[9:]
        if chunk[:4] not in _WEBP_METADATA:
            yield chunk
        at += 8 + size + size % 2


def _gif_parts(content: bytes) -> Iterator[bytes]:
    start = content.find(_GIF_XMP)
    end = content.find(_GIF_XMP_END, start) if start >= 0 else -1
    if end < 0:
        yield content
        return
    yield content[:start]
    yield content[end + len(_GIF_XMP_END) :]
