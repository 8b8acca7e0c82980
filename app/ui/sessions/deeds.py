"""What a person can do with a session: one table for the buttons of the detail and for the menus."""

from collections.abc import Callable
from enum import StrEnum

from PySide6.QtWidgets import QWidget

from app.core.conversations import OVER, UNDER_WAY
from app.core.session_words import shown_title
from app.core.sessions import Session
from app.translation import N_
from app.translation import gettext as _
from app.ui.theme import Kind, Menu, action_icon


class Deed(StrEnum):
    """The values are the names of the buttons."""

    OPEN = "open"
    STOP = "stop"
    AGAIN = "again"
    DELETE = "delete"
    LOOK_AGAIN = "look_again"
    FORGET = "forget"
    COPY_LINK = "copy_link"
    COPY_ID = "copy_id"


LABELS: dict[Deed, str] = {
    Deed.OPEN: N_("Open in browser"),
    Deed.STOP: N_("Stop"),
    Deed.AGAIN: N_("Launch again"),
    Deed.DELETE: N_("Delete"),
    Deed.LOOK_AGAIN: N_("Look again"),
    Deed.FORGET: N_("Forget"),
    Deed.COPY_LINK: N_("Copy link"),
    Deed.COPY_ID: N_("Copy id"),
}
ICONS: dict[Deed, str] = {
    Deed.OPEN: "external",
    Deed.STOP: "stop",
    Deed.AGAIN: "again",
    Deed.DELETE: "trash",
    Deed.LOOK_AGAIN: "search",
    Deed.FORGET: "close",
    Deed.COPY_LINK: "link",
    Deed.COPY_ID: "copy",
}
BUTTONS: dict[Deed, tuple[Kind, str | None]] = {
    Deed.OPEN: (Kind.TONAL, "external"),
    Deed.LOOK_AGAIN: (Kind.TONAL, "search"),
    Deed.STOP: (Kind.PLAIN, "stop"),
    Deed.AGAIN: (Kind.PLAIN, "again"),
    Deed.DELETE: (Kind.PLAIN, "trash"),
    Deed.FORGET: (Kind.GHOST, None),
}
"""In the order of the detail's foot."""

_KEYS: dict[Deed, str] = {Deed.OPEN: "Enter", Deed.DELETE: "Del", Deed.COPY_LINK: "Ctrl+C"}


def deeds_for(session: Session) -> tuple[Deed, ...]:
    """What can be done with it now, in the order of the menu."""
    again = (Deed.AGAIN,) if session.sent else ()
    if session.not_known:
        return (Deed.LOOK_AGAIN, *again, Deed.FORGET)
    if not session.conversation_id:
        return (*again, Deed.FORGET) if session.phase in OVER else ()
    runs = session.phase in UNDER_WAY
    stop = (Deed.STOP,) if runs and session.act is None else ()
    delete = (Deed.DELETE,) if session.act is None else ()
    return (Deed.OPEN, Deed.COPY_LINK, Deed.COPY_ID, *again, *stop, *delete)


def menu_of(session: Session, do: Callable[[int, Deed], None], parent: QWidget) -> Menu:
    """A menu with all that can be done with this one, whichever is current later; it goes with its closing."""
    menu = Menu(parent)
    menu.setObjectName("session_menu")
    menu.setAccessibleName(shown_title(session))
    menu.aboutToHide.connect(menu.deleteLater)
    for deed in deeds_for(session):
        if deed is Deed.DELETE:
            menu.addSeparator()
        key = f"\t{_KEYS[deed]}" if deed in _KEYS else ""
        action = menu.addAction(action_icon(ICONS[deed]), _(LABELS[deed]) + key)
        action.setObjectName(deed)
        action.triggered.connect(lambda _checked=False, deed=deed: do(session.key, deed))
    return menu
