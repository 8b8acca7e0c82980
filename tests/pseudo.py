"""A language in which each sentence is longer, accented and in brackets: what is not in it was not translated."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from gettext import NullTranslations

from app import translation

_ACCENTED = str.maketrans("aceinouyACEINOUYsz", "áçéíñöûýÁÇÉÍÑÖÛÝšž")
_KEPT = re.compile(r"\{[^{}]*\}|`[^`]*`|--[\w-]+|<[^<>]*>|\(\*[^()]*\)")
"""Parts, commands, options and patterns of files."""
_LONGER = 0.3
_OPENS, _CLOSES = "⟦", "⟧"

BRACKETS = re.compile(rf"{_OPENS}[^{_OPENS}{_CLOSES}]*{_CLOSES}")
"""One sentence with no other in it."""


def accented(text: str) -> str:
    """`Try now` → `⟦Trý ñöw~~⟧`, with its parts as they are."""
    kept = _KEPT.findall(text)
    words = [one.translate(_ACCENTED) for one in _KEPT.split(text)]
    shown = "".join(one for pair in zip(words, [*kept, ""], strict=True) for one in pair)
    return f"{_OPENS}{shown}{_more(len(text))}{_CLOSES}"


def _more(length: int) -> str:
    """As much as other languages need, in words: else nothing would wrap."""
    words, rest = divmod(round(length * _LONGER), 6)
    return " ~~~~~" * words + "~" * rest


class PseudoTranslations(NullTranslations):
    """Every sentence has a translation, with no catalogue."""

    def gettext(self, message: str) -> str:
        return accented(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return accented(msgid1 if n == 1 else msgid2)


def switch_on(locale: str = "en") -> None:
    translation.use(PseudoTranslations(), locale)


def switch_off() -> None:
    translation.use(NullTranslations(), "en")


@contextmanager
def pseudo(locale: str = "en") -> Iterator[None]:
    """While it lasts, sentences are in this language."""
    switch_on(locale)
    try:
        yield
    finally:
        switch_off()
