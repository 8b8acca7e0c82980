"""Images as people have them, made by Pillow."""

import io
from typing import Any

from PIL import Image

UPRIGHT, ON_ITS_SIDE = 1, 6
"""Orientations; the second is that of a telephone held upright."""
MUNICH = {1: "N", 2: (48.0, 8.0, 14.0), 3: "E", 4: (11.0, 34.0, 31.0)}
XMP_POSITION = b'<x:xmpmeta><rdf:Description exif:GPSLatitude="48,8.2N"/></x:xmpmeta>'


def picture(
    type_: str = "png",
    size: tuple[int, int] = (60, 40),
    *,
    orientation: int | None = None,
    position: bool = False,
    colours: tuple[str, str] = ("red", "blue"),
    **how: Any,
) -> bytes:
    """An image whose upper left corner has the first colour and the rest the second, as a camera stored it."""
    image = Image.new("RGB", size, colours[1])
    image.paste(colours[0], (0, 0, size[0] // 3, size[1] // 2))
    exif = Image.Exif()
    if orientation or position:
        exif[0x010F] = "ACME"
    if orientation:
        exif[0x0112] = orientation
    if position:
        exif.get_ifd(0x8825).update(MUNICH)
    written = io.BytesIO()
    image.save(written, type_.upper(), **({"exif": exif} if exif else {}), **how)
    return written.getvalue()


def noise(type_: str = "jpeg", size: tuple[int, int] = (300, 200)) -> bytes:
    """An image that does not compress."""
    written = io.BytesIO()
    Image.effect_noise(size, 90).convert("RGB").save(written, type_.upper())
    return written.getvalue()


def seen(content: bytes) -> Image.Image:
    """The image as it is drawn by who looks at no metadata."""
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def says_where(content: bytes) -> bool:
    """Whether an image says where it was taken."""
    image = Image.open(io.BytesIO(content))
    return bool(image.getexif().get_ifd(0x8825)) or b"GPSLatitude" in content
