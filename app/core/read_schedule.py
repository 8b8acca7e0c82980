"""What may be asked of whoever reads a server again and again."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

from app.core.budget import Budget


class ReadSchedule(Protocol):
    """The window's is `polling`."""

    @contextmanager
    def hold(self) -> Iterator[None]:
        """No read leaves while a press is out; then the list is read."""

    def refresh(self, *, all_pages: bool = False) -> None:
        """The list may have changed: read its first page next, or all of it."""

    def retry_now(self, *, with_another_key: bool = False) -> None:
        """Somebody asks: the server may be back, its settings may have changed, or there is another key."""

    def set_in_view(self, conversation_ids: Iterable[str]) -> None:
        """Which rows are in view: their events come first."""

    def set_hidden(self, hidden: bool) -> None:
        """Whether the window is out of sight."""


class NoSchedule:
    """For a command, which reads what it needs and is gone."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget

    @contextmanager
    def hold(self) -> Iterator[None]:
        with self._budget.hold_reads():
            yield

    def refresh(self, *, all_pages: bool = False) -> None: ...

    def retry_now(self, *, with_another_key: bool = False) -> None: ...

    def set_in_view(self, conversation_ids: Iterable[str]) -> None: ...

    def set_hidden(self, hidden: bool) -> None: ...
