"""Tells a key that is held down from one that is pressed again.

X11 sends a held key as releases and presses in turn. Qt knows such a pair for a repeat only if both have arrived when
it looks at the first; else `isAutoRepeat` is false. Nobody lets go of a key and presses it again within a few
milliseconds, so a press that follows at once is a repeat too.
"""

from PySide6.QtCore import QElapsedTimer, QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QWindow

AT_ONCE_MS = 40


class _Releases(QObject):
    """Notes which key was released last, and when, in the windows that it filters."""

    def __init__(self) -> None:
        super().__init__()
        self._key = 0
        self._since = QElapsedTimer()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.KeyRelease and isinstance(event, QKeyEvent):
            self._key = event.key()
            self._since.start()
        return False

    def has_just_seen(self, *keys: int) -> bool:
        return self._key in keys and self._since.isValid() and self._since.elapsed() < AT_ONCE_MS


_releases: _Releases | None = None


def watch_releases(window: QWindow) -> None:
    """Notes the keys that are released in this window, before anybody else hears of them."""
    global _releases  # noqa: PLW0603 - there is one keyboard
    _releases = _releases or _Releases()
    window.installEventFilter(_releases)


def is_repeat(event: QKeyEvent) -> bool:
    """Whether this press comes of a key that is held down."""
    return event.isAutoRepeat() or is_held(Qt.Key(event.key()))


def is_held(*keys: Qt.Key) -> bool:
    """The same for a shortcut of these keys, which comes without its event."""
    return _releases is not None and _releases.has_just_seen(*keys)
