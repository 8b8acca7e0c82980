"""Tab goes through a window as one reads it. Qt's own order is that in which the widgets were made."""

from functools import cmp_to_key
from itertools import pairwise

from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QWidget

_ONE_LINE = 4
"""Pixels by which the middles of neighbours in one line may differ."""


def order_tabs(window: QWidget) -> None:
    """Puts the tab stops of `window` in order: lines from the top, each from the left, parts of a part together."""
    stops = [one for one in window.findChildren(QWidget) if _is_stop(one, window)]
    stops.sort(key=cmp_to_key(lambda one, other: _compare(_path(one, window), _path(other, window))))
    for before, after in pairwise(stops):
        QWidget.setTabOrder(before, after)


def _is_stop(widget: QWidget, window: QWidget) -> bool:
    inner = widget.focusProxy()
    if inner is not None and not widget.isAncestorOf(inner):
        return False  # the viewport of a field
    takes_tab = bool((inner or widget).focusPolicy() & Qt.FocusPolicy.TabFocus)
    return takes_tab and widget.window() is window and widget.isVisible()


def _path(widget: QWidget, window: QWidget) -> list[QWidget]:
    """The widget and what it lies in, from the outside."""
    path: list[QWidget] = []
    while widget is not window and (parent := widget.parentWidget()) is not None:
        path.insert(0, widget)
        widget = parent
    return path


def _compare(one: list[QWidget], other: list[QWidget]) -> int:
    for mine, others in zip(one, other, strict=False):
        if mine is not others:
            return _compare_places(mine.geometry(), others.geometry())
    return len(one) - len(other)


def _compare_places(one: QRect, other: QRect) -> int:
    down = one.center().y() - other.center().y()
    return down if abs(down) > _ONE_LINE else one.x() - other.x()
