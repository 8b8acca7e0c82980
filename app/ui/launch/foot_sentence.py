"""The sentence at the foot of the form: what is wrong, what has just happened, or what a press would start."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app import foreign_text, formats, messages
from app.core.connection_status import ConnectionState
from app.core.kinds import FIELDS_OF
from app.errors import Problem
from app.translation import N_, ngettext
from app.translation import gettext as _
from app.ui.form import Form
from app.ui.theme.colours import ColourName

if TYPE_CHECKING:
    from app.compose import Connection
    from app.core.draft import LaunchDraft
    from app.core.servers import Server
    from app.core.session import SessionKey

Said = tuple[str, ColourName]
"""A sentence, and the colour it is written in."""

_IN_THE_WAY: dict[ConnectionState, str] = {
    ConnectionState.AWAY: N_("The server is away. Launch will try anyway."),
    ConnectionState.NOT_OPENHANDS: N_(
        "What answers there is not an OpenHands server, so nothing is sent to it."
    ),
    ConnectionState.UNSUPPORTED: N_("This kind of OpenHands is not supported yet, so nothing is sent to it."),
    ConnectionState.KEY_NEEDED: N_("The server needs its key."),
    ConnectionState.KEY_REFUSED: N_("The server refused the key. Launch will try anyway."),
}
_TITLE = 60


@dataclass(frozen=True, slots=True)
class Started:
    """The server has accepted this launch."""

    key: "SessionKey"
    title: str

    def said(self) -> Said:
        return _("Started: {title}").format(title=foreign_text.part(self.title, limit=_TITLE)), "run"


@dataclass(frozen=True, slots=True)
class Replaced:
    """An earlier launch took the place of what was in the form."""

    title: str

    def said(self) -> Said:
        said = _("This replaced “{title}”. Restore text brings it back.")
        return said.format(title=foreign_text.part(self.title, limit=_TITLE)), "text_2"


@dataclass(frozen=True, slots=True)
class EmptyStart:
    """Launch was pressed without a message; the next press is the answer."""

    def said(self) -> Said:
        return _("There is no message yet. Press again to start without one."), "needs"


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Nobody waits for the answer any more; the request cannot be called back."""

    def said(self) -> Said:
        return _("No longer waiting. The launch may still start: its row shows what becomes of it."), "needs"


Notice = Started | Replaced | EmptyStart | Cancelled
"""What came of the last press, until somebody types."""


def sentence(
    form: Form,
    notice: Notice | None,
    connection: "Connection | None",
    draft: "LaunchDraft | None",
    *,
    is_sending: bool,
) -> Said:
    """What is wrong comes first, then what happens now, or has just happened."""
    if shown := form.shown_problems():
        return _first_of(form, shown), "bad"
    if is_sending and connection:
        return _on_its_way(connection.server), "text_2"
    if notice:
        return notice.said()
    if banner := form.unplaced_problems():
        return messages.problem(banner[0]), "needs"
    if connection is None or draft is None:
        return "", "text_2"
    return _what_starts(connection, draft), "text_2"


def _first_of(form: Form, shown: list[Problem]) -> str:
    first = messages.problem(shown[0])
    if shown[0].type in ("missing", "string_too_short") and (field := form.caption(shown[0])):
        first = _("Fill in “{field}”.").format(field=field)
    if len(shown) == 1:
        return first
    return ngettext("{n} problem. {first}", "{n} problems. {first}", len(shown)).format(
        n=len(shown), first=first
    )


def _what_starts(connection: "Connection", draft: "LaunchDraft") -> str:
    if says := _IN_THE_WAY.get(connection.known.status.state):
        return _(says)
    return " ".join([_starts(connection.server), *_what_goes_along(draft)])


def _on_its_way(server: "Server") -> str:
    if server.is_demo:
        return _("On its way to the demo.")
    return _("On its way to {server}.").format(server=server.address.place)


def _starts(server: "Server") -> str:
    if server.is_demo:
        return _("Starts on the demo.")
    return _("Starts on {server}.").format(server=server.address.place)


def _what_goes_along(draft: "LaunchDraft") -> list[str]:
    from app.core.mcp import servers_of

    if draft.starts_empty:
        return [_("Without a message the agent waits for one.")]
    images = len(draft.image_urls) if "image_urls" in FIELDS_OF[draft.kind] else 0
    servers = len(servers_of(draft.mcp_config))
    goes_along = [
        ngettext("{n} image", "{n} images", images).format(n=images) if images else "",
        ngettext("{n} MCP server", "{n} MCP servers", servers).format(n=servers) if servers else "",
    ]
    return [_("{things}.").format(things=formats.listing(goes_along))] if any(goes_along) else []
