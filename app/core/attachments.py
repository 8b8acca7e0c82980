"""Images for the first message: read once, known by their content, sent as data URLs."""

import base64
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from app import formats
from app.core.files import UnreadableFile, read_file, read_named
from app.core.imaging import LONGEST_SIDE, ImageOptions, Position, PreparedImage, UnusableImage, prepare
from app.errors import Loc, Problem
from app.wire.rules import (
    IMAGE_LIMIT,
    IMAGE_TYPES,
    IMAGES_LIMIT,
    MIB,
    MOST_IMAGES,
    broken_rule,
    image_bytes,
    image_type,
    image_url,
)

T = TypeVar("T")

LOC: Loc = ("image_urls",)

_AS_IT_COMES = ImageOptions()
_ADDRESS = re.compile(r"(?:data|blob|about|javascript):|[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_DATA_URL = re.compile(r"data:image/([a-z0-9.+-]+)(?:;[^,;]*)*?(;base64)?,", re.IGNORECASE)
_TYPES = {*IMAGE_TYPES, "jpg", "pjpeg", "x-png"}
"""Of a data URL; its content has the last word."""


@dataclass(frozen=True, slots=True)
class ImageAttachment:
    """An image that can be sent: its address, which holds the image itself where that comes from here."""

    url: str
    name: str = ""
    prepared: PreparedImage | None = None
    """None for a web address: nothing is loaded from there."""
    original: bytes = b""
    """What it was made of, where somebody may still choose otherwise."""
    options: ImageOptions = _AS_IT_COMES

    @property
    def size(self) -> int:
        """How many bytes are held for it."""
        return max(image_bytes(self.url), len(self.original))

    def notes(self) -> list[Problem]:
        """What was done to it, and what there is to know about it."""
        if (image := self.prepared) is None:
            return []
        width, height = image.size
        said = {
            "image_turned": image.turned,
            "image_position_removed": image.position is Position.REMOVED,
            "image_scaled": image.scaled,
            "image_long": image.is_long,
        }
        facts: dict[str, str | int] = {
            "width": width,
            "height": height,
            "longest": formats.number(LONGEST_SIDE),
        }
        return [
            Problem.warning(LOC, type_, name=self.name, **facts) for type_, holds in said.items() if holds
        ]


def with_room(given: Sequence[T], held: int) -> tuple[Sequence[T], list[Problem]]:
    """As many of those that are given at once as can be added to so many, and what there is to say of the rest."""
    taken = given[: max(0, MOST_IMAGES - held)]
    if len(taken) == len(given):
        return taken, []
    return taken, [
        Problem.warning(LOC, "images_left_out", taken=len(taken), count=len(given), most=MOST_IMAGES)
    ]


def are_too_large(images: Iterable[ImageAttachment]) -> bool:
    """Whether these are more together than can be sent: no other need be read."""
    return sum(one.size for one in images) > IMAGES_LIMIT


def from_bytes(content: bytes, name: str, options: ImageOptions = _AS_IT_COMES) -> ImageAttachment | Problem:
    """An image that was checked, or what is wrong with it. `name` is what the sentence calls it.

    Blocks, as everything here that reads an image: call it in a thread.
    """
    if len(content) > IMAGE_LIMIT:
        return Problem.warning(LOC, "image_size_of", name=name, mib=IMAGE_LIMIT // MIB)
    type_ = image_type(content)
    if type_ is None:
        return Problem.warning(LOC, "image_type_of", name=name)
    try:
        image = prepare(content, type_, options)
    except UnusableImage as fault:
        return Problem.warning(LOC, fault.type, name=name, **fault.facts)
    url = f"data:image/{image.type};base64,{base64.b64encode(image.content).decode()}"
    has_choice = image.position is not Position.NONE or image.is_long or image.scaled
    return ImageAttachment(url, name, image, content if has_choice else b"", options)


def from_file(path: Path, options: ImageOptions = _AS_IT_COMES) -> ImageAttachment | Problem:
    """Reads the file now and never again: what is sent is what was shown."""
    return _from(read_file, path, options)


def from_named(path: Path, options: ImageOptions = _AS_IT_COMES) -> ImageAttachment | Problem:
    """As `from_file`, for a command line: also from a pipe that a shell has opened for it."""
    return _from(read_named, path, options)


def _from(read: Callable[[Path, int], bytes], path: Path, options: ImageOptions) -> ImageAttachment | Problem:
    name = path.name or str(path)
    try:
        content = read(path, IMAGE_LIMIT)
    except UnreadableFile as fault:
        return Problem.warning(LOC, fault.type, name=name, **fault.facts)
    return from_bytes(content, name, options)


def is_address(text: str) -> bool:
    """Whether this is the address of something, and not the path of a file."""
    return _ADDRESS.match(text.lstrip()) is not None


def is_web_address(text: str) -> bool:
    """Whether it would be sent as it is, and nothing need be read."""
    return text.lstrip()[:8].lower().startswith(("http://", "https://"))  # megabytes may follow


def from_address(text: str, name: str, options: ImageOptions = _AS_IT_COMES) -> ImageAttachment | Problem:
    """A web address; the image in a data URL, as if it were a file called `name`; the file of a file URL."""
    from pydantic_core import PydanticCustomError

    address = text.strip()
    scheme = address.partition(":")[0].lower()
    if scheme == "file" and is_address(address):
        return from_file(_path_of(address), options)
    if scheme == "data":
        content = _content_of_typed(address, name)
        return content if isinstance(content, Problem) else from_bytes(content, name, options)
    try:
        if is_address(address) and not is_web_address(address):
            raise broken_rule("image_scheme", scheme=scheme)
        return ImageAttachment(image_url(_without_spaces(scheme + address[len(scheme) :])))
    except PydanticCustomError as fault:
        return Problem(loc=LOC, type=fault.type, ctx={"name": name, **(fault.context or {})}, blocks=False)


def content_of(url: str) -> bytes | None:
    """The bytes of a data URL; None when they are no base64."""
    try:
        return base64.b64decode(url.partition(",")[2], validate=True)
    except ValueError:
        return None


def _content_of_typed(address: str, name: str) -> bytes | Problem:
    """The bytes of a data URL as people have it: in lines, with parameters, with the names that browsers know."""
    found = _DATA_URL.match(address)
    if found is None or found[1].lower() not in _TYPES:
        return Problem.warning(LOC, "image_type", name=name)
    if found[2] is None:
        return Problem.warning(LOC, "image_not_base64", name=name)
    encoded = "".join(unquote(address[found.end() :]).split())
    try:
        return base64.b64decode(encoded, validate=True)
    except ValueError:
        return Problem.warning(LOC, "image_broken_of", name=name)


def _path_of(address: str) -> Path:
    from urllib.request import url2pathname

    parts = urlsplit(address)
    host = "" if parts.netloc.lower() == "localhost" else parts.netloc
    return Path(f"//{host}" if host else "", url2pathname(parts.path))


def _without_spaces(address: str) -> str:
    """An address of a file whose name has spaces is clear; a space elsewhere may part two addresses."""
    if not re.search(r"\s", address):
        return address
    _scheme, _slashes, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    if re.search(r"\s", host) or not slash or re.search(r"[^\S ]|\S://", path):
        raise broken_rule("image_spaces")
    return address.replace(" ", "%20")
