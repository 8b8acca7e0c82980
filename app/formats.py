"""Ages, times, numbers and lists as people write them, in the locale of the sentences or in the one that is given.

Babel takes 30 ms to import: for English it is needed only once a row is a minute old.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from app import translation
from app.translation import gettext as _

_ENGLISH = "en"


def age(moment: datetime | None, now: datetime, locale: str | None = None) -> str:
    """How old something is: "now", "2 min", "3 hr", "5 days"; "" when not known. Clocks may disagree."""
    if moment is None:
        return ""
    if now - moment < timedelta(minutes=1):
        return _("now")
    from babel.dates import format_timedelta

    return format_timedelta(now - moment, format="short", threshold=1, locale=locale or translation.locale())


def time_ago(moment: datetime, now: datetime, locale: str | None = None) -> str:
    """In words: "2 minutes ago"."""
    from babel.dates import format_timedelta

    return format_timedelta(
        moment - now, add_direction=True, threshold=1, locale=locale or translation.locale()
    )


def clock(moment: datetime, locale: str | None = None, *, seconds: bool = False) -> str:
    """The time of day here: "14:05". English leaves open whose, so it has the one that needs no "am"."""
    here, locale = moment.astimezone(), locale or translation.locale()
    if locale == _ENGLISH:
        return here.strftime("%H:%M:%S" if seconds else "%H:%M")
    from babel.dates import format_time

    return format_time(here, "medium" if seconds else "short", locale=locale)


def number(value: int, locale: str | None = None) -> str:
    """With marks between thousands: "10,000"."""
    locale = locale or translation.locale()
    if locale == _ENGLISH:
        return f"{value:,}"
    from babel.numbers import format_decimal

    return format_decimal(value, locale=locale)


def listing(parts: Iterable[str], locale: str | None = None) -> str:
    """Side by side: "GitHub, GitLab, Bitbucket"; without those that are empty. In English it is never a sentence."""
    shown, locale = list(filter(None, parts)), locale or translation.locale()
    if locale == _ENGLISH:
        return ", ".join(shown)
    from babel.lists import format_list

    return format_list(shown, locale=locale)
