"""Keeps windows on their screen: never larger than what is free of it, never partly outside."""

from PySide6.QtCore import QMargins, QRect
from PySide6.QtWidgets import QWidget

_FRAME = QMargins(4, 32, 4, 4)
"""What a window manager puts around a window, as long as it has not told."""


def room_on_screen(window: QWidget) -> QRect:
    """Where the window may be without its frame: what panels leave free of the screen, less the frame."""
    return window.screen().availableGeometry().marginsRemoved(_frame(window))


def move_inside(window: QWidget) -> None:
    """Moves a window that is partly outside; one whose place nobody knows yet stays, the system places it."""
    room, place = room_on_screen(window), window.geometry()
    inside = QRect(place)
    inside.moveRight(min(place.right(), room.right()))
    inside.moveBottom(min(inside.bottom(), room.bottom()))
    inside.moveLeft(max(inside.left(), room.left()))
    inside.moveTop(max(inside.top(), room.top()))
    if inside != place and window.isVisible():
        window.setGeometry(inside)


def _frame(window: QWidget) -> QMargins:
    handle = window.windowHandle()
    known = handle.frameMargins() if handle is not None and window.isVisible() else QMargins()
    return _FRAME if known.isNull() else known
