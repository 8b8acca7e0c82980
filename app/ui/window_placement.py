"""Keeps windows on their screen: never larger than what is free of it, never partly outside."""

from PySide6.QtCore import QMargins, QRect, QSize, Qt
from PySide6.QtGui import QGuiApplication, QScreen
from PySide6.QtWidgets import QWidget

_FRAME = QMargins(4, 32, 4, 4)
"""What a window manager puts around a window, as long as it has not told."""
_UNSEEN = QRect(-4000, -4000, 8000, 8000)


def room_on_screen(window: QWidget) -> QRect:
    """Where the window may be without its frame: what panels leave free of the screen, less the frame."""
    return free_of(_screen(window)).marginsRemoved(_frame(window))


def free_of(screen: QScreen) -> QRect:
    """What panels leave free. The screen of a window that nobody sees is nobody's: it holds any window."""
    return _UNSEEN if QGuiApplication.platformName() == "offscreen" else screen.availableGeometry()


def fit(window: QWidget, least: QSize) -> None:
    """No larger than its screen has room for, and inside it; `least` is its smallest size, where there is room."""
    room = room_on_screen(window).size()
    window.setMinimumSize(least.boundedTo(room))
    if not window.isMaximized() and not window.isFullScreen():
        window.resize(window.size().boundedTo(room))
        move_inside(window)


def move_inside(window: QWidget) -> None:
    """Moves a window that is partly outside; one whose place nobody knows yet stays, the system places it."""
    room, place = room_on_screen(window), window.geometry()
    inside = QRect(place)
    inside.moveRight(min(place.right(), room.right()))
    inside.moveBottom(min(inside.bottom(), room.bottom()))
    inside.moveLeft(max(inside.left(), room.left()))
    inside.moveTop(max(inside.top(), room.top()))
    if inside != place and (window.isVisible() or _is_placed(window)):
        window.setGeometry(inside)


def _screen(window: QWidget) -> QScreen:
    """Where it is, or will be: over its parent, or where it was placed before it is shown."""
    if window.isVisible():
        return window.screen()
    if (parent := window.parentWidget()) is not None:
        return parent.screen()
    placed = QGuiApplication.screenAt(window.geometry().center()) if _is_placed(window) else None
    return placed or window.screen()


def _is_placed(window: QWidget) -> bool:
    return window.testAttribute(Qt.WidgetAttribute.WA_Moved)


def _frame(window: QWidget) -> QMargins:
    handle = window.windowHandle()
    known = handle.frameMargins() if handle is not None and window.isVisible() else QMargins()
    return _FRAME if known.isNull() else known
