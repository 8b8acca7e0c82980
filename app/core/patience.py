"""How long something may last before we give up, though the machine may sleep meanwhile."""

from app.core.budget import time_s

ONE_TRY_S = 60.0
"""No try takes so long, its pause included: if more has passed since the last one, the machine slept."""

SLEPT_THROUGH_S = 5.0
"""A deadline that is noticed so much later passed in such a sleep."""


class Patience:
    """Runs out after so many seconds; if that happens while the machine sleeps, one more try is made."""

    def __init__(self, seconds: float) -> None:
        self._last_try = time_s()
        self._end = self._last_try + seconds
        self._has_tried_once_more = False

    def is_over(self) -> bool:
        """Asked after each try that has failed."""
        last, self._last_try = self._last_try, time_s()
        if self._last_try <= self._end:
            return False
        if self._last_try - last > ONE_TRY_S and not self._has_tried_once_more:
            self._has_tried_once_more = True
            return False
        return True


def has_slept_through(deadline: float | None) -> bool:
    """Whether a deadline of the loop passed while the machine slept."""
    return deadline is not None and time_s() - deadline > SLEPT_THROUGH_S
