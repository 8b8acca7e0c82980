"""How we stand with a server."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.errors import LauncherError


class Contact(StrEnum):
    LOOKING = "looking"
    CONNECTED = "connected"
    AWAY = "away"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Connected:
    """How we stand with the server."""

    contact: Contact = Contact.LOOKING
    since: datetime | None = None
    """Since when it is away or refuses; None while it answers."""
    next_try: datetime | None = None
    error: LauncherError | None = None
