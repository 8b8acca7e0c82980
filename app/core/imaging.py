"""Images, opened with Pillow and made fit to be sent. An image may be an attack on its reader.

Its header is read first, and what is too large, or in too many parts, is never decoded; only four decoders are allowed.
So no image takes five seconds of a processor, and nothing need be ended from outside: the worst that were found take
4.3 (a WebP of 40 million pixels without loss, turned upright), 4.0 (a PNG, encoded anew), 1.3 (a PNG of 16 bits,
interlaced) and 0.9 (a JPEG of 32 scans). Pillow takes 90 ms to load, so
it is loaded with the first image. All here blocks: call it in a thread.
"""

import re
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from enum import Enum
from io import BytesIO
from itertools import islice
from typing import TYPE_CHECKING, Any

from app.core.image_metadata import has_more_parts, is_lossless_webp, scans_in, without_metadata
from app.wire.rules import IMAGE_LIMIT, MIB

if TYPE_CHECKING:
    from PIL import Image

MEGAPIXELS = 40
LONGEST_SIDE = 8_000
"""Some models refuse an image with a longer side."""

_LONGEST_READ = 65_535
"""Of any format but PNG a side cannot be longer; rows of one pixel take a decoder ten times as long."""
_PARTS = 50_000
"""Segments, chunks, blocks: 5 MiB of usual ones are 20,000. Decoders stop at each, which took them five seconds."""
_SCANS = 32
"""Of a JPEG: encoders write some ten. Each goes over all of the picture, and thousands of empty ones fit into 5 MiB."""
QUICKLY_FROM = 16_000_000
"""Pixels, from which on to encode with care would take more than five seconds."""

_TEXT_LIMIT = 16 * 1024 * 1024
"""Of one text in a PNG: some programs put a whole drawing beside the picture of it."""
_BLOCK = 1024 * MIB
"""In which Pillow asks for memory: all of a picture at once. Smaller pieces that are freed the C library keeps, for
each thread its own: forty images in forty threads held 900 MiB when all was done."""
_ORIENTATION = 0x0112
_GPS = 0x8825
_GPS_POSITION = {2, 4, 20, 22, 28}
"""Latitude, longitude, those of the destination, and the name of the place."""
_TIFF = re.compile(rb"II\*\x00|MM\x00\*")
"""How an EXIF begins, wherever it stands: in a second segment, a preview, or behind the end of the picture."""
_TIFFS = 100
"""So many of them are looked at."""
_EXIF_LIMIT = 256 * 1024
"""In bytes."""
_XMP_POSITION = re.compile(rb"GPS(?:Dest)?(?:Latitude|Longitude)")
_DRAWN = ("icc_profile", "transparency")
"""What Pillow calls the things beside the pixels that a picture is drawn with."""
AT_ONCE = 2
TURNS = threading.BoundedSemaphore(AT_ONCE)
"""Whoever decodes an image in this process, or encodes one, takes a turn first: window, thumbnails, command line."""
_one_at_a_time = threading.Lock()
"""Among those, for Pillow: a WebP of 40 million pixels takes 630 MiB while it is decoded."""
_FAULTS = (
    OSError,
    SyntaxError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    EOFError,
    MemoryError,
    struct.error,
    zlib.error,
)
"""What Pillow raises at damaged files, whatever it promises."""


class UnusableImage(Exception):
    """An image that cannot be sent; `type` and `facts` are those of the problem."""

    def __init__(self, type_: str, **facts: int) -> None:
        super().__init__(type_)
        self.type = type_
        self.facts = facts


class Position(Enum):
    """Whether an image says where it was taken."""

    NONE = 0
    REMOVED = 1
    KEPT = 2


@dataclass(frozen=True, slots=True)
class ImageOptions:
    """What a person may wish for an image."""

    keep_metadata: bool = False
    """Keep the location stored in it; it is removed otherwise."""
    scale: bool = False
    """Scale it down where its longer side is beyond `LONGEST_SIDE`."""


@dataclass(frozen=True, slots=True)
class PreparedImage:
    """An image as it is sent, and what was done to it."""

    content: bytes
    type: str
    size: tuple[int, int]
    turned: bool = False
    position: Position = Position.NONE
    scaled: bool = False
    animated: bool = False

    @property
    def is_long(self) -> bool:
        return max(self.size) > LONGEST_SIDE


def prepare(content: bytes, type_: str, options: ImageOptions) -> PreparedImage:
    """Checks an image; takes its position out, turns it upright and scales it where that is to be done.

    What needs nothing of that stays as it is, byte for byte. Raises `UnusableImage`.
    """
    try:
        _check_parts(content, type_)
        with _one_at_a_time, TURNS:
            with closing(_opened(content, type_)) as image:
                image.verify()  # the checksums of a PNG; nothing can be read after it
            made = _made(content, type_, options)
            if made.position is Position.REMOVED and _says_where(made):
                made = _made(content, type_, options, anew=True)
                if _says_where(made):
                    raise UnusableImage("image_position_stays_of")
            return made
    except _FAULTS:
        raise UnusableImage("image_broken_of") from None


def _check_parts(content: bytes, type_: str) -> None:
    too_many = has_more_parts(content, type_, _PARTS) or (type_ == "jpeg" and scans_in(content) > _SCANS)
    if too_many:
        raise UnusableImage("image_parts_of")


def _opened(content: bytes, type_: str) -> "Image.Image":
    import warnings

    from PIL import Image, PngImagePlugin

    Image.MAX_IMAGE_PIXELS = None  # we have a limit of our own, that raises and does not warn
    PngImagePlugin.MAX_TEXT_CHUNK = _TEXT_LIMIT
    Image.core.set_block_size(_BLOCK)  # type: ignore[attr-defined] # as its documentation says
    warnings.filterwarnings("ignore", module=r"PIL\.")  # of damaged metadata: nothing for a terminal
    image = Image.open(BytesIO(content), formats=(type_.upper(),))
    if image.width * image.height > MEGAPIXELS * 1_000_000:
        raise UnusableImage("image_pixels_of", megapixels=MEGAPIXELS)
    if max(image.size) > _LONGEST_READ:
        raise UnusableImage("image_side_of", longest=_LONGEST_READ)
    return image


def _made(content: bytes, type_: str, options: ImageOptions, *, anew: bool = False) -> PreparedImage:
    """`anew`: encodes it whatever else is to be done, unless that would end a film."""
    with closing(_opened(content, type_)) as image:
        return _prepared(image, content, type_, options, anew=anew)


def _prepared(
    image: "Image.Image", content: bytes, type_: str, options: ImageOptions, *, anew: bool
) -> PreparedImage:
    size = image.size
    if type_ != "jpeg":
        image.load()  # a PNG may tell its metadata last
    animated = getattr(image, "is_animated", False) and image.format != "MPO"
    exif = _exif(image)
    position = Position.KEPT if _has_position(image, exif, content) else Position.NONE
    if position is Position.KEPT and not options.keep_metadata:
        position = Position.REMOVED
    turns = exif.get(_ORIENTATION) in range(2, 9) and not animated
    scales = options.scale and max(size) > LONGEST_SIDE and not animated
    if turns or scales or (anew and not animated):
        how = _encoding(image, content, type_)
        return _encoded_anew(image, how, position, turns=turns, scales=scales)
    if type_ == "jpeg":
        image.draft(image.mode, (max(1, size[0] // 8), max(1, size[1] // 8)))  # quick, and to the end
        image.load()
    sent = without_metadata(content, type_) if position is Position.REMOVED else content
    return PreparedImage(sent, type_, size, position=position, animated=animated)


# Metadata.


def _exif(image: "Image.Image") -> "Image.Exif":
    """What is damaged beyond reading counts as nothing, here and with whoever gets the image."""
    from PIL import Image

    try:
        return image.getexif()
    except _FAULTS:
        return Image.Exif()


def _has_position(image: "Image.Image", exif: "Image.Exif", content: bytes) -> bool:
    """In EXIF, or in XMP, which is text wherever it stands; a PNG may compress it, a GIF cut it into blocks."""
    if any(map(_tells_position, (exif, *_exifs_in(content)))):
        return True
    return any(map(_XMP_POSITION.search, (content, *_texts(image))))


def _tells_position(exif: "Image.Exif") -> bool:
    try:
        return bool(_GPS_POSITION & exif.get_ifd(_GPS).keys())
    except _FAULTS:
        return False


def _exifs_in(content: bytes) -> "Iterator[Image.Exif]":
    """All there are; Pillow reads one, and not the one that somebody else might read."""
    from PIL import Image

    for found in islice(_TIFF.finditer(content), _TIFFS):
        exif = Image.Exif()
        with suppress(*_FAULTS):
            exif.load(content[found.start() : found.start() + _EXIF_LIMIT])
            yield exif


def _texts(image: "Image.Image") -> Iterator[bytes]:
    for name, text in {**image.info, **getattr(image, "text", {})}.items():
        if isinstance(text, str | bytes):
            yield text if isinstance(text, bytes) else text.encode(errors="replace")
        if str(name).startswith("Raw profile type"):
            with suppress(ValueError):
                yield bytes.fromhex("".join(str(text).split("\n")[3:]))


def _says_where(made: PreparedImage) -> bool:
    """Whether what would be sent has a position after all. What cannot be read any more may have one."""
    try:
        with closing(_opened(made.content, made.type)) as image:
            if made.type == "png":
                image.load()
            return _has_position(image, _exif(image), made.content)
    except _FAULTS:
        return True


# Encoding anew.


def _encoded_anew(
    image: "Image.Image", how: dict[str, Any], position: Position, *, turns: bool, scales: bool
) -> PreparedImage:
    from PIL import Image, ImageOps

    image.load()
    if position is Position.REMOVED:
        image.info = {name: image.info[name] for name in _DRAWN if name in image.info}
    made: Image.Image = ImageOps.exif_transpose(image) if turns else image
    metadata = {name: made.info[name] for name in ("exif", "xmp", "icc_profile") if made.info.get(name)}
    if scales:
        full = made.convert("RGBA") if made.mode in {"P", "PA"} else made
        made = ImageOps.contain(full, (LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    written = _Written()
    made.save(written, **how, **metadata)
    return PreparedImage(
        written.getvalue(), how["format"].lower(), made.size, turned=turns, position=position, scaled=scales
    )


class _Written(BytesIO):
    """Takes no more than can be sent: an encoder that writes as it goes on has to stop there."""

    def write(self, content: Any, /) -> int:
        if self.tell() + memoryview(content).nbytes > IMAGE_LIMIT:
            raise UnusableImage("image_encoded_size_of", mib=IMAGE_LIMIT // MIB)
        return super().write(content)


def _encoding(image: "Image.Image", content: bytes, type_: str) -> dict[str, Any]:
    """How to write what becomes of this image: as good as it was, a JPEG with the tables of its own.

    What was without loss stays so; a GIF that is no film becomes a PNG.
    """
    is_large = image.width * image.height > QUICKLY_FROM
    if type_ == "jpeg":
        from PIL import JpegImagePlugin

        tables = {"qtables": getattr(image, "quantization", None)}
        return {"format": "JPEG", "subsampling": JpegImagePlugin.get_sampling(image), **tables}
    if type_ == "webp":
        manner = {"method": 2} if is_large else {}
        return {"format": "WEBP", "lossless": is_lossless_webp(content), "quality": 95, **manner}
    return {"format": "PNG", **({"compress_level": 3} if is_large else {})}
