"""What an image's file says beside its pixels, taken out of it without touching them.

Pillow reads metadata; it cannot leave it out without encoding the picture anew, which would cost quality.
"""

import re
from collections.abc import Callable, Iterator
from itertools import islice

_JPEG_STANDALONE = {0x01, *range(0xD0, 0xD8)}
_JPEG_BESIDE = {0xFE, *range(0xE0, 0xF0)}
"""Comments, and what applications have put in."""
_JPEG_SCAN, _JPEG_END = 0xDA, 0xD9
_JPEG_FILL = 0xFF
_JPEG_MARKER = re.compile(rb"(?<!\xff)\xff++[^\x00\xd0-\xd7\xff]")
"""The next marker in the pixels of a JPEG: neither a stuffed byte nor a restart. A run of 0xff is looked at once."""

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_METADATA = {b"eXIf", b"tEXt", b"zTXt", b"iTXt"}

_WEBP_METADATA = {b"EXIF", b"XMP "}
_WEBP_FLAGS = 0x08 | 0x04
"""The bits of VP8X that announce EXIF and XMP."""

_GIF_FRAME, _GIF_EXTENSION = 0x2C, 0x21
_GIF_DRAWN = {0xF9, 0x01}
"""Extensions that say how a frame is shown, and text that is drawn."""
_GIF_NEEDED = {b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012"}
"""What applications put in that is needed: how often a film is repeated, and a colour profile."""


def without_metadata(content: bytes, type_: str) -> bytes:
    """The same picture without EXIF, XMP, IPTC and comments; its colour profile stays.

    A file that is damaged, or written in an unusual way, may keep some: look at what comes of it.
    """
    parts = {"jpeg": _jpeg_parts, "png": _png_parts, "webp": _webp_parts, "gif": _gif_parts}[type_]
    return b"".join(parts(content))


def has_more_parts(content: bytes, type_: str, most: int) -> bool:
    """Whether a decoder would stop more often than that: at segments, chunks, blocks, and at bytes that only fill.

    Raises `ValueError` or `LookupError` where a GIF ends within a block: decoders look at its first frame alone.
    """
    steps: Callable[[bytes], Iterator[object]]
    steps = {"jpeg": _jpeg_steps, "png": _png_chunks, "webp": _webp_chunks, "gif": _gif_steps}[type_]
    return next(islice(steps(content), most, None), None) is not None


def scans_in(content: bytes) -> int:
    """How often a JPEG goes over all of its picture: a progressive one some ten times."""
    return sum(marker == _JPEG_SCAN for marker, _at, _end in _jpeg_steps(content))


def is_lossless_webp(content: bytes) -> bool:
    """Whether the picture in a WebP is kept without loss."""
    return any(chunk.startswith(b"VP8L") for chunk in _webp_chunks(content))


def _jpeg_parts(content: bytes) -> Iterator[bytes]:
    """What follows the picture goes too: phones append previews and films, with a position of their own."""
    yield content[:2]
    for marker, at, end in _jpeg_steps(content):
        if marker == _JPEG_END:
            yield b"\xff\xd9"
        elif marker not in _JPEG_BESIDE or _draws(marker, content[at + 4 : end]):
            yield content[at:end]


def _jpeg_steps(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Markers, each with the place where it begins and where the next is looked for.

    What belongs to none is skipped, as decoders do; `_JPEG_FILL` tells of it.
    """
    at = 2
    while (at := content.find(b"\xff", at)) >= 0:
        marker = content[at + 1] if at + 1 < len(content) else _JPEG_END
        if marker in (0x00, 0xFF):  # no marker, or a byte that fills
            yield _JPEG_FILL, at, at
            at += 1 if marker else 2
            continue
        if marker == _JPEG_END:
            yield marker, at, at + 2
            return
        end = at + 2
        if marker not in _JPEG_STANDALONE:
            end += int.from_bytes(content[at + 2 : at + 4], "big")
        if marker == _JPEG_SCAN:
            found = _JPEG_MARKER.search(content, end)
            end = found.end() - 2 if found else len(content)
        yield marker, at, end
        at = end


def _draws(marker: int, segment: bytes) -> bool:
    """Whether such a segment of a JPEG is needed to draw it: JFIF, a colour profile, Adobe's colours."""
    return marker in (0xE0, 0xEE) or (marker == 0xE2 and segment.startswith(b"ICC_PROFILE\x00"))


def _png_parts(content: bytes) -> Iterator[bytes]:
    yield content[: len(_PNG_SIGNATURE)]
    yield from (chunk for chunk in _png_chunks(content) if chunk[4:8] not in _PNG_METADATA)


def _png_chunks(content: bytes) -> Iterator[bytes]:
    at = len(_PNG_SIGNATURE)
    while at < len(content):
        end = at + 12 + int.from_bytes(content[at : at + 4], "big")
        yield content[at:end]
        if content[at + 4 : at + 8] == b"IEND":
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
    at = 13 + _colours(content[10])
    yield content[:at]
    while at < len(content) and content[at] in (_GIF_FRAME, _GIF_EXTENSION):
        is_frame = content[at] == _GIF_FRAME
        end = _end_of_blocks(content, at + 11 + _colours(content[at + 9]) if is_frame else at + 2)
        if is_frame or content[at + 1] in _GIF_DRAWN or content[at + 3 : at + 14] in _GIF_NEEDED:
            yield content[at:end]
        at = end
    yield b";"


def _gif_steps(content: bytes) -> Iterator[int]:
    """Where each block ends; raises `ValueError` where the last one does not."""
    at = 13 + _colours(content[10])
    while at < len(content) and content[at] in (_GIF_FRAME, _GIF_EXTENSION):
        at += 11 + _colours(content[at + 9]) if content[at] == _GIF_FRAME else 2
        while at < len(content) and content[at]:
            at += 1 + content[at]
            if at > len(content):
                raise ValueError
            yield at
        at += 1
        yield at


def _colours(flags: int) -> int:
    """How many bytes the table of colours takes that such flags announce."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _end_of_blocks(content: bytes, at: int) -> int:
    """Behind the empty block that ends them."""
    while at < len(content) and content[at]:
        at += 1 + content[at]
    return at + 1
