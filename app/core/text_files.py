"""Files of text: read once, in the encodings that editors and shells really write."""

import codecs
from collections.abc import Callable
from functools import partial
from pathlib import Path

from app.core.files import UnreadableFile, read_descriptor, read_file, read_named
from app.errors import Loc, Problem
from app.wire.rules import MIB, image_type

TEXT_LIMIT = 32 * MIB
"""In bytes: a replay may hold images."""

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # begins as UTF-16 does, so it is asked for before that
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_DOCUMENTS = {b"%PDF": "PDF", b"PK\x03\x04": "ZIP", b"\x1f\x8b": "gzip"}


def text_from_file(path: Path, limit: int, loc: Loc) -> str | Problem:
    """A file's text, or what is wrong with it at `loc`. `limit` in bytes. Blocks: call it in a thread."""
    return _text(partial(read_file, path, limit), path.name or str(path), limit, loc)


def text_from_named(path: Path, limit: int, loc: Loc) -> str | Problem:
    """As `text_from_file`, for a command line: also from a pipe that a shell has opened for it."""
    return _text(partial(read_named, path, limit), path.name or str(path), limit, loc)


def text_from_descriptor(number: int, name: str, limit: int, loc: Loc) -> str | Problem:
    """The text that comes out of an open descriptor. `name` is what the sentence calls it."""
    return _text(partial(read_descriptor, number, limit), name, limit, loc)


def _text(read: Callable[[], bytes], name: str, limit: int, loc: Loc) -> str | Problem:
    try:
        content = read()
    except UnreadableFile as fault:
        return Problem.warning(loc, fault.type, name=name, **fault.facts)
    return text_of(content, name, limit, loc)


def text_of(content: bytes, name: str, limit: int, loc: Loc) -> str | Problem:
    """The text in these bytes, read up to one beyond `limit`. `name` is what the sentence calls them."""
    if len(content) > limit:
        return Problem.warning(loc, "file_size", name=name, mib=limit // MIB)
    try:
        text = decoded(content)
    except UnicodeDecodeError as fault:
        return _undecodable(content, name, loc, fault)
    return _undecodable(content, name, loc, None) if "\0" in text else text


def decoded(content: bytes) -> str:
    """UTF-8, or what the byte-order mark says, without the mark; raises `UnicodeDecodeError`."""
    return content.decode(next((name for mark, name in _MARKS.items() if content.startswith(mark)), "utf-8"))


def _undecodable(content: bytes, name: str, loc: Loc, fault: UnicodeDecodeError | None) -> Problem:
    """Says what it is instead, and what to do."""
    if image_type(content):
        return Problem.warning(loc, "file_image", name=name)
    if what := next((what for begin, what in _DOCUMENTS.items() if content.startswith(begin)), None):
        return Problem.warning(loc, "file_document", name=name, what=what)
    if max(content[::2].count(0), content[1::2].count(0)) > len(content) // 4:
        return Problem.warning(loc, "file_no_mark", name=name)
    if fault is None or b"\0" in content:
        return Problem.warning(loc, "file_no_text", name=name)
    return Problem.warning(loc, "file_encoding", name=name, line=content.count(b"\n", 0, fault.start) + 1)
