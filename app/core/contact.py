"""How we stand with a server."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.errors import (
    Forbidden,
    KeyNeeded,
    KeyRefused,
    LauncherError,
    NotOpenHands,
    Redirected,
    UnsupportedServer,
)
from app.translation import N_
from app.translation import gettext as _


class Contact(StrEnum):
    """Whether a server answers, and what stands in the way if it does not answer as OpenHands does."""

    LOOKING = "looking"
    CONNECTED = "connected"
    AWAY = "away"
    """Nobody answers, or only errors of a server that is not up."""
    NOT_OPENHANDS = "not_openhands"
    UNSUPPORTED = "unsupported"
    """An OpenHands of a kind or version that this program does not speak."""
    KEY_NEEDED = "key_needed"
    KEY_REFUSED = "key_refused"

    @property
    def word(self) -> str:
        """In a word or two, for where there is room for no more; "" while all is well."""
        return _(_WORDS[self]) if self in _WORDS else ""

    @property
    def wants_key(self) -> bool:
        """Whether a key that somebody enters would mend it."""
        return self in (Contact.KEY_NEEDED, Contact.KEY_REFUSED)


_WORDS: dict[Contact, str] = {
    Contact.LOOKING: N_("connecting…"),
    Contact.AWAY: N_("away"),
    Contact.NOT_OPENHANDS: N_("not OpenHands"),
    Contact.UNSUPPORTED: N_("not supported"),
    Contact.KEY_NEEDED: N_("needs its key"),
    Contact.KEY_REFUSED: N_("key refused"),
}


@dataclass(frozen=True, slots=True)
class Connected:
    """How we stand with the server."""

    contact: Contact = Contact.LOOKING
    since: datetime | None = None
    """Since when it is away or refuses; None while it answers."""
    next_try: datetime | None = None
    error: LauncherError | None = None


def contact_after(error: LauncherError) -> Contact:
    """How we stand with a server that ended a look at it with this error."""
    return next((contact for kind, contact in _AFTER if isinstance(error, kind)), Contact.AWAY)


_AFTER: tuple[tuple[type[LauncherError], Contact], ...] = (
    (KeyNeeded, Contact.KEY_NEEDED),
    (KeyRefused, Contact.KEY_REFUSED),
    (Forbidden, Contact.KEY_REFUSED),
    (NotOpenHands, Contact.NOT_OPENHANDS),
    (Redirected, Contact.NOT_OPENHANDS),
    (UnsupportedServer, Contact.UNSUPPORTED),
)
