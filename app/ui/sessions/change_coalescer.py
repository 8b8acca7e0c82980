"""How often the list is brought to what the book says."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from app.core.session import SessionChange, SessionKey
from app.core.sessions import Changes

EVERY_MS = 100
ROWS_AT_ONCE = 2000
"""So many rows are laid out in that time; what changes then waits for its end."""

FEWEST_ROWS = 200
"""What there is to do beside the rows costs as much as so many of them."""


class ChangeCoalescer(QObject):
    """Hands changes on at once, and those of a book that changes all the time ten times a second, merged."""

    def __init__(self, apply: Callable[[Changes], int], parent: QObject) -> None:
        """`apply` gives back how many rows were laid out: where one comes, moves or goes, a view does that with all."""
        super().__init__(parent)
        self._apply = apply
        self._waiting: dict[SessionKey, SessionChange] = {}
        self._is_behind = False
        self._laid_out = 0
        self._timer = QTimer(self, singleShot=True, interval=EVERY_MS)
        self._timer.timeout.connect(self._begin_anew)

    def changed(self, changes: Changes) -> None:
        self._is_behind = True
        for one in changes:
            earlier = self._waiting.pop(one.key, one)
            self._waiting[one.key] = SessionChange(one.key, earlier.before, one.after)
        if self._laid_out < ROWS_AT_ONCE:
            self.catch_up()

    def catch_up(self) -> None:
        """Hands on what waits, if anything does."""
        if not self._is_behind:
            return
        changes, self._waiting, self._is_behind = tuple(self._waiting.values()), {}, False
        self._laid_out += max(self._apply(changes), FEWEST_ROWS)
        if not self._timer.isActive():
            self._timer.start()

    def drop(self) -> None:
        """What waits is of no more use: all is shown anew."""
        self._waiting, self._is_behind = {}, False

    def _begin_anew(self) -> None:
        self._laid_out = 0
        self.catch_up()
