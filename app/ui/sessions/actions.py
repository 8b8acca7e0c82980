"""What a person can do with a session: one table for the buttons of the detail and for the menus."""

from collections.abc import Callable
from enum import StrEnum

from PySide6.QtWidgets import QWidget

from app.core.conversations import OVER, UNDER_WAY
from app.core.session import Session, SessionKey
from app.core.session_words import shown_title
from app.translation import N_
from app.translation import gettext as _
from app.ui.theme import ButtonKind, Menu, action_icon


class Action(StrEnum):
    """The values are the names of the buttons."""

    OPEN = "open"
    STOP = "stop"
    AGAIN = "again"
    DELETE = "delete"
    LOOK_AGAIN = "look_again"
    FORGET = "forget"
    COPY_LINK = "copy_link"
    COPY_ID = "copy_id"


LABELS: dict[Action, str] = {
    Action.OPEN: N_("Open in browser"),
    Action.STOP: N_("Stop"),
    Action.AGAIN: N_("Launch again"),
    Action.DELETE: N_("Delete"),
    Action.LOOK_AGAIN: N_("Look again"),
    Action.FORGET: N_("Forget"),
    Action.COPY_LINK: N_("Copy link"),
    Action.COPY_ID: N_("Copy id"),
}
ICONS: dict[Action, str] = {
    Action.OPEN: "external",
    Action.STOP: "stop",
    Action.AGAIN: "again",
    Action.DELETE: "trash",
    Action.LOOK_AGAIN: "search",
    Action.FORGET: "close",
    Action.COPY_LINK: "link",
    Action.COPY_ID: "copy",
}
BUTTONS: dict[Action, tuple[ButtonKind, str | None]] = {
    Action.OPEN: (ButtonKind.TONAL, "external"),
    Action.LOOK_AGAIN: (ButtonKind.TONAL, "search"),
    Action.STOP: (ButtonKind.PLAIN, "stop"),
    Action.AGAIN: (ButtonKind.PLAIN, "again"),
    Action.DELETE: (ButtonKind.PLAIN, "trash"),
    Action.FORGET: (ButtonKind.GHOST, None),
}
"""In the order of the detail's foot."""

_KEYS: dict[Action, str] = {Action.OPEN: "Enter", Action.DELETE: "Del", Action.COPY_LINK: "Ctrl+C"}


def actions_for(session: Session) -> tuple[Action, ...]:
    """What can be done with it now, in the order of the menu."""
    again = (Action.AGAIN,) if session.draft else ()
    if session.is_unconfirmed:
        return (Action.LOOK_AGAIN, *again, Action.FORGET)
    if not session.conversation_id:
        return (*again, Action.FORGET) if session.phase in OVER else ()
    runs = session.phase in UNDER_WAY
    stop = (Action.STOP,) if runs and session.operation is None else ()
    delete = (Action.DELETE,) if session.operation is None else ()
    return (Action.OPEN, Action.COPY_LINK, Action.COPY_ID, *again, *stop, *delete)


def menu_of(session: Session, do: Callable[[SessionKey, Action], None], parent: QWidget) -> Menu:
    """A menu with all that can be done with this one, whichever is current later; it goes with its closing."""
    menu = Menu(parent)
    menu.setObjectName("session_menu")
    menu.setAccessibleName(shown_title(session))
    menu.aboutToHide.connect(menu.deleteLater)
    for action in actions_for(session):
        if action is Action.DELETE:
            menu.addSeparator()
        key = f"\t{_KEYS[action]}" if action in _KEYS else ""
        entry = menu.addAction(action_icon(ICONS[action]), _(LABELS[action]) + key)
        entry.setObjectName(action)
        entry.triggered.connect(lambda _checked=False, action=action: do(session.key, action))
    return menu
