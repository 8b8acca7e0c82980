"""A layout that sets things side by side and goes on in the next line when one is full."""

from collections.abc import Iterator

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QSizePolicy, QSpacerItem, QStyle

from app.ui.theme.sizes import GAP


class FlowLayout(QLayout):
    """Chips wrap in this one, and the buttons of a row that is too narrow for all of them."""

    def __init__(self, spacing: int = GAP - 2) -> None:
        super().__init__()
        self._items: list[QLayoutItem] = []
        self.setSpacing(spacing)
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def add_stretch(self) -> None:
        """What comes after it stands at the end, of its own line and of the next ones."""
        self.addItem(QSpacerItem(0, 0, QSizePolicy.Policy.Expanding))

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._arrange(QRect(0, 0, width, 0), move=False)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        size = QSize()
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        return size.grownBy(self.contentsMargins())

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._arrange(rect, move=True)

    def _arrange(self, rect: QRect, *, move: bool) -> int:
        """The height that the items take in the width of `rect`."""
        margins = self.contentsMargins()
        room = rect.marginsRemoved(margins)
        y = room.y()
        for line in self._lines(room.width()):
            heights = [item.sizeHint().height() for item in line if item.spacerItem() is None]
            if move:
                self._place(line, QRect(room.x(), y, room.width(), max(heights)))
            y += max(heights) + self.spacing()
        return max(room.y(), y - self.spacing()) + margins.bottom() - rect.y()

    def _lines(self, width: int) -> Iterator[list[QLayoutItem]]:
        """The items of each line; one without a widget is no line."""
        line: list[QLayoutItem] = []
        stretch: list[QLayoutItem] = []
        used = 0
        for item in self._items:
            if item.spacerItem() is not None:
                stretch = [item]
                line.append(item)
            elif not item.isEmpty():
                needed = min(item.sizeHint().width(), width)
                if used and used + needed > width:
                    yield line
                    line, used = [*stretch], 0
                line.append(item)
                used += needed + self.spacing()
        if used:
            yield line

    def _direction(self) -> Qt.LayoutDirection:
        parent = self.parentWidget()
        return parent.layoutDirection() if parent is not None else Qt.LayoutDirection.LayoutDirectionAuto

    def _place(self, line: list[QLayoutItem], room: QRect) -> None:
        """Each at its own size, or as wide as there is room; a stretch takes what is left over."""
        x = room.x()
        sizes = [item.sizeHint() for item in line if item.spacerItem() is None]
        spare = room.width() - sum(size.width() + self.spacing() for size in sizes) + self.spacing()
        for item in line:
            if item.spacerItem() is not None:
                x += max(0, spare)
                spare = 0
                continue
            size = item.sizeHint().boundedTo(QSize(room.width(), room.height()))
            place = QRect(QPoint(x, room.y() + (room.height() - size.height()) // 2), size)
            item.setGeometry(QStyle.visualRect(self._direction(), room, place))
            x += size.width() + self.spacing()
