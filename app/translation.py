"""The language in which sentences are said: the one module that binds gettext. There is English alone so far.

The standard library's own `gettext` would look for a catalogue on the disk at every sentence: 100 times, and 5 to 10
milliseconds, until the form is painted.
"""

from gettext import NullTranslations


class _Spoken:
    """The language of today."""

    catalogue = NullTranslations()
    locale = "en"


_spoken = _Spoken()


def use(catalogue: NullTranslations, locale: str) -> None:
    """From now on sentences are those of `catalogue`, and numbers and times are written as in `locale`."""
    _spoken.catalogue, _spoken.locale = catalogue, locale


def locale() -> str:
    """The locale of the sentences, for what is written into them (`app.formats`)."""
    return _spoken.locale


def gettext(text: str) -> str:
    return _spoken.catalogue.gettext(text)


def ngettext(one: str, several: str, count: int) -> str:
    return _spoken.catalogue.ngettext(one, several, count)


def N_(text: str) -> str:  # noqa: N802 - gettext's usual name, which extractors know
    """Marks a sentence of a table for translation; `gettext` looks it up when it is said."""
    return text


def NN_(one: str, several: str) -> tuple[str, str]:  # noqa: N802 - as `N_`
    """Marks a sentence of a table that depends on a number; `ngettext` looks it up when it is said."""
    return one, several
