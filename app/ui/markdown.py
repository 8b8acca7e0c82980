"""Markdown that somebody else wrote, as parts that may be shown: the one door for it into a document.

Qt's parser reads it into a document that is never laid out, because Qt loads the files that images name when it
lays them out. Only text and what a `Part` can say come out of there: no image, no link, no HTML. It also takes a
time that grows with the square of a list's length, so it gets slices.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from PySide6.QtGui import QFont, QTextBlock, QTextDocument, QTextFormat, QTextFragment

from app.foreign_text import without_marks
from app.redaction import redacted
from app.ui.text import plain_text

SLICE = 800
"""So many characters are read at once, in a few milliseconds; the start of a line takes as long as 20 of them."""

_LINE = 20

BREAK = "\u2028"
"""Between the lines of a part. None is in what somebody else wrote: the door for text escapes it."""

_MOST = 4 * SLICE
_ADDRESS = 300
_FEATURES = QTextDocument.MarkdownFeature.MarkdownNoHTML | QTextDocument.MarkdownFeature.MarkdownDialectGitHub
_MOST_ROWS = 60
_WIDEST = SLICE
"""Of a table that is put in columns: as many rows, and characters of one of them."""

_TABLE = "table"
"""The language of the code that a table becomes."""

_FENCE = re.compile(r"\s*(?:(?:[-*+>]|\d{1,9}[.)])\s+)*(`{3,}+|~{3,}+)[^`]*+$")
_DIVIDER = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)+\|?$")
_DEFINITION = re.compile(r"\s*\[[^\]]+\]:")
_AROUND_BREAK = re.compile(f" ?{BREAK} ?")


@dataclass(frozen=True, slots=True)
class Run:
    """Letters that look alike."""

    text: str
    bold: bool = False
    italic: bool = False
    struck: bool = False
    code: bool = False
    quiet: bool = False
    """An address, which is not what was said."""


@dataclass(frozen=True, slots=True)
class Part:
    """A paragraph, heading, item of a list or block of code."""

    runs: tuple[Run, ...] = ()
    heading: int = 0
    """Its level; 0 is none."""
    marker: str = ""
    """What stands before an item of a list: `•`, `7.` or `[x]`."""
    depth: int = 0
    """Of the list it stands in."""
    quoted: int = 0
    is_code: bool = False
    language: str = ""
    is_rule: bool = False


def parts_of(text: str) -> Iterator[list[Part]]:
    """The parts of a Markdown text, slice by slice; of one that is nothing but marks, the marks."""
    clean, is_empty = plain_text(text, limit=None), True
    for source in _slices(clean):
        scratch = QTextDocument()
        scratch.setMarkdown(source, _FEATURES)
        if parts := list(map(_masked, _joined(_read(block) for block in _blocks(scratch)))):
            is_empty = False
            yield parts
    if is_empty and clean.strip():
        yield [Part((Run(clean.replace("\n", BREAK)),))]


def _masked(part: Part) -> Part:
    """A secret with a mark in the middle of it is whole once the mark is read."""
    text = "".join(run.text for run in part.runs)
    masked = redacted(text)
    return part if masked == text else replace(part, runs=(Run(masked),))


# Before Qt's parser.


def _slices(text: str) -> Iterator[str]:
    """Cut before a line that continues nothing, or at last before any; a fence goes on in the next slice."""
    held: list[str] = []
    size, fence, after_blank = 0, "", True
    for line in _prepared(text):
        starts_anew = after_blank and not fence and not line[:1].isspace()
        if (size > SLICE and starts_anew) or (size > 2 * SLICE and line[:1].strip()) or size > _MOST:
            yield "\n".join([*held, fence])
            held, size = [fence] if fence else [], 0
        fence = _fence_after(line, fence)
        held.append(line)
        size += len(line) + _LINE
        after_blank = not line.strip()
    yield "\n".join(held)


def _prepared(text: str) -> Iterator[str]:
    """Tables in fences; outside of them a line that was broken stays so, as in the chats that agents write for."""
    fence = ""
    for line in _with_tables_fenced(list(_short_lines(text))):
        before, fence = fence, _fence_after(line, fence)
        if before or fence or _DEFINITION.match(line) or not any(map(str.isalnum, line)):
            yield line
        else:
            yield f"{_without_hard_break(line)} {BREAK}"


def _without_hard_break(line: str) -> str:
    """Qt makes another item of a list of what follows one."""
    line = line.rstrip(" ")
    return line[:-1] if line.endswith("\\") and not line.endswith("\\\\") else line


def _short_lines(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        rest = line
        while len(rest) > _MOST:
            end = rest.rfind(" ", 1, _MOST) + 1 or _MOST
            yield rest[:end]
            rest = rest[end:]
        yield rest


def _fence_after(line: str, fence: str) -> str:
    """The fence of a block of code that is open after this line; empty if none is."""
    if fence:
        stripped = line.strip()
        closes = stripped.startswith(fence) and not stripped.strip(fence[0])
        return "" if closes else fence
    found = _FENCE.match(line)
    return found[1] if found else ""


def _with_tables_fenced(lines: list[str]) -> Iterator[str]:
    """A table is shown in columns of code: Qt's are slow, and as wide as they like."""
    at, fence = 0, ""
    while at < len(lines):
        end = at if fence else _end_of_table(lines, at)
        if end > at:
            yield from _fenced(lines[at:end])
            at = end
        else:
            fence = _fence_after(lines[at], fence)
            yield lines[at]
            at += 1


def _end_of_table(lines: list[str], at: int) -> int:
    """The line after the table that begins here; `at` itself if none does."""
    if "|" not in lines[at] or at + 1 == len(lines) or not _DIVIDER.match(lines[at + 1].strip()):
        return at
    return next((end for end in range(at + 2, len(lines)) if "|" not in lines[end]), len(lines))


def _fenced(table: list[str]) -> Iterator[str]:
    indent = table[0][: len(table[0]) - len(table[0].lstrip())]
    yield ""
    yield f"{indent}````{_TABLE}"
    yield from (indent + line for line in _in_columns([line.strip() for line in table]))
    yield f"{indent}````"


def _in_columns(table: list[str]) -> list[str]:
    """Its lines as they are where that cannot be done."""
    if len(table) > _MOST_ROWS:
        return table
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in table]
    if len({len(row) for row in rows}) != 1 or sum(_widths(rows)) > _WIDEST:
        return table
    del rows[1]
    rows = [list(map(without_marks, row)) for row in rows]
    widths = _widths(rows)
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return [lines[0], "  ".join("─" * width for width in widths), *lines[1:]]


def _widths(rows: list[list[str]]) -> list[int]:
    return [max(map(len, column)) for column in zip(*rows, strict=True)]


# After it.


def _blocks(document: QTextDocument) -> Iterator[QTextBlock]:
    block = document.begin()
    while block.isValid():
        yield block
        block = block.next()


def _read(block: QTextBlock) -> Part:
    form, items = block.blockFormat(), block.textList()
    is_code = form.hasProperty(QTextFormat.Property.BlockCodeLanguage)
    language = str(form.property(QTextFormat.Property.BlockCodeLanguage) or "")
    runs = list(_runs(block, is_code=is_code))
    return Part(
        runs=tuple(_trimmed(runs)) if not is_code else tuple(runs),
        heading=form.headingLevel(),
        marker=_marker(block) if items is not None else "",
        depth=items.format().indent() if items is not None else form.indent(),
        quoted=int(form.property(QTextFormat.Property.BlockQuoteLevel) or 0),
        is_code=is_code,
        language=language,
        is_rule=form.hasProperty(QTextFormat.Property.BlockTrailingHorizontalRulerWidth),
    )


def _marker(block: QTextBlock) -> str:
    ticks = {block.blockFormat().MarkerType.Checked: "[x]", block.blockFormat().MarkerType.Unchecked: "[ ]"}
    if tick := ticks.get(block.blockFormat().marker()):
        return tick
    number = block.textList().itemText(block)
    return number if number[:1].isdigit() else "•"


def _runs(block: QTextBlock, *, is_code: bool) -> Iterator[Run]:
    """The letters of a block; after those of a link, and for an image, stands the address."""
    link, shown = "", ""
    for fragment in _fragments(block):
        form = fragment.charFormat()
        href = form.anchorHref() if form.isAnchor() else ""
        if link and href != link:
            yield from _address(link, shown)
            shown = ""
        link = href
        if form.isImageFormat():
            image = form.toImageFormat()
            yield Run(
                _clean(str(form.property(QTextFormat.Property.ImageAltText) or "").strip()), italic=True
            )
            yield from _address(image.name(), "")
            continue
        text = fragment.text()
        shown += text
        yield Run(
            _clean(text),
            bold=form.fontWeight() > QFont.Weight.Medium,
            italic=form.fontItalic(),
            struck=form.fontStrikeOut(),
            code=is_code or form.fontFixedPitch(),
        )
    if link:
        yield from _address(link, shown)


def _fragments(block: QTextBlock) -> Iterator[QTextFragment]:
    place = block.begin()
    while not place.atEnd():
        yield place.fragment()
        place += 1


def _address(address: str, shown: str) -> Iterator[Run]:
    """Nothing where the link shows it already."""
    bare = address.partition(":")[2].removeprefix("//")
    if not shown or shown.strip() not in (address, bare):
        yield Run(f" ({plain_text(address, limit=_ADDRESS, single_line=True)})", quiet=True)


def _clean(text: str) -> str:
    """Once more: what was written as `&#x202e;` is a letter only now."""
    return BREAK.join(plain_text(line, limit=None) for line in _AROUND_BREAK.sub(BREAK, text).split(BREAK))


def _trimmed(runs: list[Run]) -> Iterator[Run]:
    """Without the break at the end of the last line."""
    while runs and not (kept := runs[-1].text.rstrip(f" {BREAK}")):
        runs.pop()
    yield from runs[:-1]
    if runs:
        yield replace(runs[-1], text=kept)


def _joined(parts: Iterable[Part]) -> Iterator[Part]:
    """Without the empty ones; the lines of a block of code are one part."""
    code: list[Part] = []
    for part in parts:
        if part.is_code and (not code or replace(part, runs=()) == replace(code[0], runs=())):
            code.append(part)
            continue
        if code:
            yield _one_block(code)
        code = [part] if part.is_code else []
        if not part.is_code and (part.runs or part.is_rule or part.marker):
            yield part
    if code:
        yield _one_block(code)


def _one_block(lines: list[Part]) -> Part:
    text = BREAK.join("".join(run.text for run in line.runs).rstrip(f" {BREAK}") for line in lines)
    return replace(lines[0], runs=(Run(text, code=True),))
