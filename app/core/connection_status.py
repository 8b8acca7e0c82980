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


class ConnectionState(StrEnum):
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
        return self in (ConnectionState.KEY_NEEDED, ConnectionState.KEY_REFUSED)


_WORDS: dict[ConnectionState, str] = {
    ConnectionState.LOOKING: N_("connecting…"),
    ConnectionState.AWAY: N_("away"),
    ConnectionState.NOT_OPENHANDS: N_("not OpenHands"),
    ConnectionState.UNSUPPORTED: N_("not supported"),
    ConnectionState.KEY_NEEDED: N_("needs its key"),
    ConnectionState.KEY_REFUSED: N_("key refused"),
}


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    """How we stand with the server."""

    state: ConnectionState = ConnectionState.LOOKING
    since: datetime | None = None
    """Since when it is away or refuses; None while it answers."""
    next_try: datetime | None = None
    error: LauncherError | None = None


def state_after(error: LauncherError) -> ConnectionState:
    """How we stand with a server that ended a look at it with this error."""
    return next((state for kind, state in _AFTER if isinstance(error, kind)), ConnectionState.AWAY)


_AFTER: tuple[tuple[type[LauncherError], ConnectionState], ...] = (
    (KeyNeeded, ConnectionState.KEY_NEEDED),
    (KeyRefused, ConnectionState.KEY_REFUSED),
    (Forbidden, ConnectionState.KEY_REFUSED),
    (NotOpenHands, ConnectionState.NOT_OPENHANDS),
    (Redirected, ConnectionState.NOT_OPENHANDS),
    (UnsupportedServer, ConnectionState.UNSUPPORTED),
)
