"""The secrets of this run, and what masks them wherever text leaves the program.

Whoever gets hold of a secret has it learned (`learn`); what shows, logs or reports text cleans it (`redacted`). The
exits of foreign text do so by themselves: `foreign_text.safe_text`, through which all that is shown passes, and the
command line's JSON. Nothing heavy is imported, because the first paint needs this.
"""

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from pydantic import SecretStr

MASK = "**********"
"""What stands where a secret was; pydantic shows its own as the same."""

SHORTEST = 4
"""In characters. A shorter secret cannot be masked: almost every sentence would contain it by chance."""

SHORT = 8
"""In characters. What is shorter is masked only as a word of its own: "test", but not in "latest".

So much of a secret's beginning or end is a part of it where an ellipsis says that the rest was cut away.
"""

LONG_LINE = 16
"""In characters. From this length on, each line of a secret with several lines is one itself."""

_SIGN = 64
"""In characters. That much of a secret is looked for, and masked also where the rest does not follow."""

_LONG_SIGN = 24
"""In characters. What is at least as long is not looked for in a text that holds none of its pieces."""

_PIECE = SHORT
_STEP = _LONG_SIGN - _PIECE + 1
"""In characters. Of this many pieces of a text only one is looked at, and every long sign in it has one of those."""

_REMEMBERED = 300
"""In characters. Rows are painted often: what became of a text of up to this length is kept."""

_KEY_IN_AN_ADDRESS = re.compile(r"[?&]session_api_key=([^&\s'\"]+)")
"""By its place: aiohttp quotes the key in a way of its own."""

_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
"""Characters that take no room, whatever they mean."""

_ELLIPSIS = re.compile(r"[\n ]{1,2}\[…\][\n ]{1,2}|…|\.\.\.")
_DELIMITERS = "!$&'()*+,;=:@/?"
"""What an address may hold unquoted in its path or its query."""

Span = tuple[int, int]


class Redactor:
    """Knows secrets, and masks them in text, also in the forms in which they travel and whatever their case."""

    def __init__(self) -> None:
        self._values = set[str]()
        self._known = _Known()

    def learn(self, *secrets: "SecretStr | str | None") -> None:
        """Has them masked from now on, in every text."""
        values = {one if isinstance(one, str) else one.get_secret_value() for one in secrets if one}
        new = {one for one in values if len(one) >= SHORTEST and one not in MASK} - self._values
        if new:
            self._values |= new
            self._known = self._known.and_also(new)

    def forget(self) -> None:
        """Knows nothing again, as at the start: another run begins."""
        self._values, self._known = set(), _Known()

    def clean(self, text: str, end: int | None = None, *, start: int = 0) -> str:
        """`text` from `start` to `end`, with its secrets masked: also those that are cut there."""
        known = self._known
        clean = known.cleaned_short if len(text) <= _REMEMBERED else known.cleaned
        return clean(text, start, len(text) if end is None else min(end, len(text)))


class _Known:
    """What is looked for, and how: never changed, so that threads may use it while another one learns."""

    def __init__(self) -> None:
        self._forms = list[str]()
        self._longest = 0
        self._by_sign: dict[str, list[str]] = {}
        self._short_signs, self._long_signs = list[str](), list[str]()
        self._pieces, self._edges = set[str](), set[str]()
        self.cleaned_short = lru_cache(maxsize=2048)(self.cleaned)

    def and_also(self, values: Iterable[str]) -> "_Known":
        """With these; what is known already is not taken apart again."""
        known = _Known()
        written = {
            _folded(line) for value in values for form in _forms(value) for line in (form, _on_a_line(form))
        }
        new = [one for one in written if len(one) >= SHORTEST]
        known._forms = [*self._forms, *new]
        known._longest = max(map(len, known._forms), default=0)
        known._by_sign = dict(self._by_sign)
        for form in new:
            sign = form[:_SIGN]
            known._by_sign[sign] = [*known._by_sign.get(sign, ()), form]
        known._short_signs = [one for one in known._by_sign if len(one) < _LONG_SIGN]
        known._long_signs = [one for one in known._by_sign if len(one) >= _LONG_SIGN]
        signs = {form[:_SIGN] for form in new if len(form) >= _LONG_SIGN}
        known._pieces = self._pieces.union(*map(_pieces, signs))
        ends = (end for one in new if len(one) > SHORT for end in (one[:_SIGN], one[-_SIGN:]))
        known._edges = self._edges.union(*map(_pieces, ends))
        return known

    def cleaned(self, text: str, start: int, end: int) -> str:
        reach = (
            self._longest + 1
        )  # what is cut at `start` or `end` must be there to be found, and what is around it
        before = max(0, start - reach)
        around = _folded(text[before : end + reach])
        parts, at = list[str](), start
        for first, last in _merged([*self._spans(around), *self._spans_in_sight(around)]):
            if first + before >= end:
                break
            if last + before > start:
                parts += (text[at : first + before], MASK)
                at = last + before
        return "".join((*parts, text[at:end])) if parts else text[start:end]

    def _spans_in_sight(self, text: str) -> Iterator[Span]:
        """Where secrets stand that somebody reads as such, because nobody sees what is between their letters."""
        if text.isascii() or not _UNSEEN.search(text):
            return
        if spans := list(self._spans(_UNSEEN.sub("", text))):
            seen = [at for at, sign in enumerate(text) if not _UNSEEN.match(sign)]
            yield from ((seen[first], seen[last - 1] + 1) for first, last in spans)

    def _spans(self, text: str) -> Iterator[Span]:
        """Where secrets stand in a folded text, in no order."""
        if "session_api_key=" in text:
            yield from (found.span(1) for found in _KEY_IN_AN_ADDRESS.finditer(text))
        for sign in self._signs_in(text):
            for start in _places(sign, text):
                sizes = (_size(form, text, start) for form in self._by_sign[sign])
                yield from ((start, start + size) for size in sizes if size)
        if self._edges:
            yield from self._cut(text)

    def _signs_in(self, text: str) -> Iterator[str]:
        yield from (sign for sign in self._short_signs if sign in text)
        if not self._pieces.isdisjoint(text[at : at + _PIECE] for at in range(0, len(text), _STEP)):
            yield from (sign for sign in self._long_signs if sign in text)

    def _cut(self, text: str) -> Iterator[Span]:
        """What is left of a secret where somebody else has cut it: its beginning, or its end."""
        places = cache(self._places_of)
        for found in _ELLIPSIS.finditer(text):
            first, last = found.span()
            before, after = text[max(0, first - _PIECE) : first], text[last : last + _PIECE]
            for form, at in places(before) if before in self._edges else ():
                if text.endswith(form[: at + _PIECE], 0, first):
                    yield first - at - _PIECE, first
            for form, at in places(after) if after in self._edges else ():
                if text.startswith(form[at:], last):
                    yield last, last + len(form) - at

    def _places_of(self, piece: str) -> list[tuple[str, int]]:
        return [(form, at) for form in self._forms for at in _places(piece, form)]


def _pieces(text: str) -> Iterator[str]:
    return (text[at : at + _PIECE] for at in range(len(text) - _PIECE + 1))


def _places(sign: str, text: str) -> Iterator[int]:
    start = text.find(sign)
    while start >= 0:
        yield start
        start = text.find(sign, start + 1)


def _size(form: str, text: str, start: int) -> int:
    """How much of a secret stands where its sign does; 0 where it is not the secret."""
    if len(form) < SHORT:
        around = text[max(0, start - 1) : start] + text[start + len(form) : start + len(form) + 1]
        return 0 if any(one.isalnum() or one == "_" for one in around) else len(form)
    if text.startswith(form, start):
        return len(form)
    if len(form) <= _SIGN:
        return 0
    pairs = enumerate(zip(form, text[start : start + len(form)], strict=False))
    return next((size for size, (one, other) in pairs if one != other), len(text) - start)


def _merged(spans: Iterable[Span]) -> Iterator[Span]:
    """In their order, and one where they overlap."""
    start = stop = 0
    for first, last in sorted(spans):
        if first >= stop:
            if stop:
                yield start, stop
            start = first
        stop = max(stop, last)
    if stop:
        yield start, stop


def _folded(text: str) -> str:
    """In small letters, each at its place: a host, for one, is no longer as it was written."""
    return text.lower() if text.isascii() else text.replace("İ", "i").lower().replace("ς", "σ")


def _forms(value: str) -> Iterator[str]:
    """As it is, as in an address, a header, JSON, HTML, base64, and as Python shows it; line by line, too."""
    raw = value.encode(errors="replace")
    quoted = {quote(raw, safe=safe) for safe in ("", "/", _DELIMITERS)} | {quote_plus(raw)}
    in_json = {_in_json(value, ascii_only=ascii_only) for ascii_only in (True, False)}
    yield value
    yield from (line.strip() for line in value.splitlines() if len(line.strip()) >= LONG_LINE)
    yield from quoted
    yield from in_json
    yield from (_in_json(one, ascii_only=True) for one in in_json)  # in a text that is quoted once more
    yield escape(value)
    yield repr(value)[1:-1]
    yield repr(raw)[2:-1]
    yield from _in_base64(raw)


def _on_a_line(form: str) -> str:
    """As `foreign_text.safe_text` has it where there is room for one line."""
    return " ".join(form.split())


def _in_base64(raw: bytes) -> Iterator[str]:
    """By itself, and within something longer, where it may begin at three places of a group of bytes."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(raw).decode().rstrip("=")
        if len(raw) >= SHORT:
            for before in range(3):
                whole = encode(b"\0" * before + raw).decode().rstrip("=")
                is_even = (before + len(raw)) % 3 == 0
                yield whole[-(-before * 8 // 6) : len(whole) if is_even else -1]


def _in_json(text: str, *, ascii_only: bool) -> str:
    import json

    return json.dumps(text, ensure_ascii=ascii_only)[1:-1]


# Of this run.

of_this_run = Redactor()
"""One for the process: a secret of this run must not leave it through any exit. Tests forget between each other."""

learn = of_this_run.learn
redacted = of_this_run.clean


def redacted_facts(facts: object) -> object:
    """The same for what becomes JSON: every text in it by itself, so that it stays JSON."""
    if isinstance(facts, str):
        return redacted(facts)
    if isinstance(facts, Mapping):
        return {redacted_facts(name): redacted_facts(fact) for name, fact in facts.items()}
    if isinstance(facts, list | tuple):
        return [redacted_facts(one) for one in facts]
    return facts
