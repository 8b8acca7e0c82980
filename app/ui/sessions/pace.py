"""How often the list is brought to what the book says."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

EVERY_MS = 100
ROWS_AT_ONCE = 2000
"""So many rows are walked in that time; what changes then waits for its end. One change walks all rows."""

FEWEST_ROWS = 200
"""What there is to do beside the rows costs as much as so many of them."""


class Pace(QObject):
    """Asks for each refresh at once, and of a list that is long or changes all the time ten times a second."""

    def __init__(self, refresh: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._refresh = refresh
        self._walked = 0
        self._is_behind = False
        self._timer = QTimer(self, singleShot=True, interval=EVERY_MS)
        self._timer.timeout.connect(self._begin_anew)

    def changed(self) -> None:
        self._is_behind = True
        if self._walked < ROWS_AT_ONCE:
            self.catch_up()

    def catch_up(self) -> None:
        """Refreshes now if something has changed since."""
        if self._is_behind:
            self._refresh()

    def refreshed(self, rows: int) -> None:
        """It was done, for whatever reason, over so many rows."""
        self._is_behind = False
        self._walked += max(rows, FEWEST_ROWS)
        if not self._timer.isActive():
            self._timer.start()

    def _begin_anew(self) -> None:
        self._walked = 0
        self.catch_up()
