"""Images for the first message: read once, known by their content, sent as data URLs."""

import base64
from pathlib import Path

from app.errors import Loc, Problem
from app.wire.rules import IMAGE_LIMIT

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
        return Problem(loc=LOC, type="image_size_of", ctx={"name": name})
    found = image_type(content)
    if found is None:
        return Problem(loc=LOC, type="image_type_of", ctx={"name": name})
    return f"data:image/{found};base64,{base64.b64encode(content).decode()}"


def from_file(path: Path) -> str | Problem:
    """Reads the file now and never again: what is sent is what was shown. Blocks: call it in a thread."""
    try:
        with path.open("rb") as file:
            content = file.read(IMAGE_LIMIT + 1)
    except OSError:
        return Problem(loc=LOC, type="file_unreadable", ctx={"name": path.name})
    return from_bytes(content, path.name)


def text_from_file(path: Path, limit: int) -> str | Problem:
    """A replay's text, or what is wrong with the file. `limit` in bytes. Blocks: call it in a thread."""
    loc: Loc = ("replay_json",)
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
        if len(content) > limit:
            return Problem(loc=loc, type="file_size", ctx={"name": path.name, "mib": limit // 2**20})
        return content.decode("utf-8-sig")
    except OSError:
        return Problem(loc=loc, type="file_unreadable", ctx={"name": path.name})
    except UnicodeDecodeError:
        return Problem(loc=loc, type="file_no_text", ctx={"name": path.name})
