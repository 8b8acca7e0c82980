"""Images for the first message: read once, known by their content, sent as data URLs."""

import base64
from pathlib import Path

from app.errors import Loc, Problem
from app.wire.rules import IMAGE_LIMIT, MIB, image_url

LOC: Loc = ("image_urls",)


def image_type(content: bytes) -> str | None:
    """png, jpeg, gif or webp, by the first bytes; None for the rest. SVG opens files and burns time."""
    for type_, begin in (("png", b"\x89PNG\r\n\x1a\n"), ("jpeg", b"\xff\xd8\xff"), ("gif", b"GIF8")):
        if content.startswith(begin):
            return type_
    return "webp" if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else None


def from_bytes(content: bytes, name: str) -> str | Problem:
    """The data URL of an image, or what is wrong with it. `name` is what the sentence calls it."""
    if len(content) > IMAGE_LIMIT:
        return not_taken(LOC, "image_size_of", name)
    found = image_type(content)
    if found is None:
        return not_taken(LOC, "image_type_of", name)
    return f"data:image/{found};base64,{base64.b64encode(content).decode()}"


def from_file(path: Path) -> str | Problem:
    """Reads the file now and never again: what is sent is what was shown. Blocks: call it in a thread."""
    try:
        with path.open("rb") as file:
            content = file.read(IMAGE_LIMIT + 1)
    except OSError:
        return not_taken(LOC, "file_unreadable", path.name)
    return from_bytes(content, path.name)


def from_address(text: str, name: str) -> str | Problem:
    """A web address as it is; a data URL by its content, as if it were a file called `name`."""
    from pydantic_core import PydanticCustomError

    try:
        url = image_url(text.strip())
    except PydanticCustomError as fault:
        return not_taken(LOC, fault.type, name, mib=IMAGE_LIMIT // MIB)
    if not url.startswith("data:"):
        return url
    content = content_of(url)
    return not_taken(LOC, "image_broken_of", name) if content is None else from_bytes(content, name)


def content_of(url: str) -> bytes | None:
    """The bytes of a data URL; None when they are no base64."""
    try:
        return base64.b64decode(url.partition(",")[2], validate=True)
    except ValueError:
        return None


def not_taken(loc: Loc, type_: str, name: str, **facts: int) -> Problem:
    """Why something called `name` was left out: the launch goes without it, so nothing is held back."""
    return Problem(loc=loc, type=type_, ctx={"name": name, **facts}, blocks=False)
