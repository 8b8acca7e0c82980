"""A row of chips or tiles, one for each value of a list."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from PySide6.QtWidgets import QWidget

from app.ui.theme.flow import FlowLayout
from app.ui.theme.sizes import GAP

T = TypeVar("T")
W = TypeVar("W", bound=QWidget)


class Row(FlowLayout, Generic[T, W]):
    """Shows what `make` makes of each value, before whatever else was added.

    A value that stays keeps its widget. The focus of one that goes moves to its neighbour, at last to `rest`.
    """

    def __init__(self, make: Callable[[T], W], rest: QWidget) -> None:
        super().__init__(GAP)
        self._make = make
        self._rest = rest
        self._shown: list[tuple[T, W]] = []

    def widgets(self) -> list[W]:
        """The widgets of the values, in their order."""
        return [widget for _value, widget in self._shown]

    def set_values(self, values: Sequence[T]) -> None:
        before, gone = self.widgets(), list(self._shown)
        self._shown = [self._kept(value, gone) for value in values]
        now = self.widgets()
        places: dict[QWidget | None, int] = {widget: place for place, widget in enumerate(now)}
        self._items.sort(key=lambda item: places.get(item.widget(), len(now)))
        for _value, widget in gone:
            if widget is widget.window().focusWidget():
                left = now[: before.index(widget) + 1]
                (left[-1] if left else self._rest).setFocus()
            self.removeWidget(widget)
            widget.deleteLater()
        self.invalidate()

    def _kept(self, value: T, gone: list[tuple[T, W]]) -> tuple[T, W]:
        for one in gone:
            if one[0] == value:
                gone.remove(one)
                return one
        widget = self._make(value)
        self.addWidget(widget)
        widget.show()  # what is not shown yet takes no focus
        return value, widget
