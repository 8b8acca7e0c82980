"""Text that somebody else wrote, made fit to be shown: no control characters, no secrets, no markup."""

import re
import unicodedata
from collections.abc import Callable

from app.redaction import redacted

_KEPT = "\n\t"
_FORBIDDEN = {"Cc", "Cs", "Co", "Zl", "Zp"}
"""Private use too: each font shows something else there. What is not assigned may be younger than Python."""

_MARKS = {"\u200e", "\u200f", "\u061c"}
ISOLATE, END_OF_ISOLATE = "\u2068", "\u2069"
_TURNING = {*map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x2068)))}
_DIRECTING = _MARKS | _TURNING | {ISOLATE, END_OF_ISOLATE}


MOST_ISOLATES = 1000
"""In one text. More are no writing, and to pair 50,000 of them takes a tenth of a second: all are escaped then."""


def safe_text(text: str, *, limit: int | None = 300, single_line: bool = False) -> str:
    """Text that somebody else wrote, fit for a screen or a log; never for a file or a request.

    Control characters and those that turn the direction of reading are escaped: they could make a title or an
    error look like another one. Where letters are read from the right, their writers need the marks of
    direction, and isolates in which the letters themselves choose (`part` makes them): those pass there, the
    latter in pairs on a line. `limit` in characters; the end of what is longer is an ellipsis. The secrets of this
    run are masked, before anything is cut: half of one is still one.
    """
    if single_line:
        text = " ".join(text.split(maxsplit=-1 if limit is None else limit))  # what follows is cut
    shown = _escaped(redacted(text, limit))
    if limit is None:
        return shown
    cut = len(text) > limit
    while cut or len(shown) > limit:  # what was cut away may have been what let a mark pass
        shown, cut = _escaped(shown[: limit - 1]) + "…", False
    return shown


def part(text: str, *, limit: int = 300) -> str:
    """Foreign text as a part of a line or a sentence: its direction does not reorder what stands beside it."""
    shown = safe_text(text, limit=limit, single_line=True)
    return f"{ISOLATE}{shown}{END_OF_ISOLATE}" if _is_read_from_the_right(shown) else shown


def _is_read_from_the_right(text: str) -> bool:
    """Whether some of its letters are."""
    return not text.isascii() and any(
        one.isalpha() and unicodedata.bidirectional(one) in ("R", "AL") for one in set(text)
    )


def _escaped(text: str) -> str:
    odd = {one for one in set(text) if not one.isprintable() and one not in _KEPT}  # each is looked at once
    if not odd:
        return text
    may_pass = _DIRECTING - _TURNING if _is_read_from_the_right(text) else set[str]()
    if odd & may_pass:
        if text.count(ISOLATE) + text.count(END_OF_ISOLATE) > MOST_ISOLATES:
            may_pass -= {ISOLATE, END_OF_ISOLATE}
        else:
            text = _without_pairless(text)
    return text.translate({ord(one): _escape(one) for one in odd - may_pass if _is_escaped(one)})


def _is_escaped(one: str) -> bool:
    if unicodedata.category(one) in _FORBIDDEN or one in _DIRECTING:  # most are: there may be 100,000 of them
        return True
    return ord(one) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(one) <= 0xFDEF


def _without_pairless(text: str) -> str:
    """With those isolates escaped that their line does not close, or has not opened."""
    pairless, opened = set[int](), list[int]()
    for found in _ISOLATE_OR_LINE.finditer(text):
        if found[0] == ISOLATE:
            opened.append(found.start())
        elif found[0] == END_OF_ISOLATE and opened:
            opened.pop()
        else:
            pairless |= {found.start(), *opened}
            opened.clear()
    pairless.update(opened)
    return _ISOLATE_OR_LINE.sub(
        lambda found: _escape(found[0]) if found[0] != "\n" and found.start() in pairless else found[0], text
    )


_ISOLATE_OR_LINE = re.compile(f"[{ISOLATE}{END_OF_ISOLATE}\n]")


def _escape(one: str) -> str:
    return f"\\u{ord(one):04x}" if ord(one) <= 0xFFFF else f"\\U{ord(one):08x}"


def _paired(mark: str, before: str = "", after: str = "") -> re.Pattern[str]:
    """A mark, what stands in it, and the mark again; or the mark and the rest of its line.

    Where this one does not end, no later one does: to look for the end of each takes the square of the time.
    """
    edge = mark[-1]
    return re.compile(rf"{before}{mark}(?=[^\s{edge}])(?:(?P<kept>[^\n]+?)(?<=\S){mark}{after}|[^\n]*)")


def _what_is_kept(found: re.Match[str]) -> str:
    return found[0] if found["kept"] is None else found["kept"]


_MARKDOWN: list[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]] = [
    (re.compile(r"^ {0,9}(?:`{3,}+|~{3,}+)[^`\n]*+$\n?", re.MULTILINE), ""),
    (re.compile(r"^ {0,3}(?:#{1,6} +|> ?)", re.MULTILINE), ""),
    (re.compile(r"^( {0,9})[*+](?= )", re.MULTILINE), r"\1-"),
    (re.compile(r"!?\[([^\[\]\n]+)\]\([^()\s]*\)"), r"\1"),
    *((_paired(mark), _what_is_kept) for mark in (r"\*\*\*", r"\*\*", "~~")),
    *((_paired(mark, r"(?<![\w_])", r"(?![\w_])"), _what_is_kept) for mark in ("__", "_")),
    (re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]+?)(?<=\S)\*(?![\w*])"), r"\1"),
    (re.compile(r"(?<!`)(`{1,3})(?!`)(.+?)(?<!`)\1(?!`)"), r"\2"),
]


def without_marks(text: str) -> str:
    """Markdown as one reads it aloud, for a line that shows no fonts. A glance: only for a short text.

    A secret in it must be masked before: without its marks it would not be found.
    """
    for mark, kept in _MARKDOWN:
        text = mark.sub(kept, text)
    return text


def readable(word: str) -> str:
    """A server's own word: `GROUP$WAITING_FOR_APPROVAL` → "Waiting for approval"."""
    return safe_text(
        redacted(word).rpartition("$")[2].replace("_", " ").strip().capitalize(), limit=40, single_line=True
    )
