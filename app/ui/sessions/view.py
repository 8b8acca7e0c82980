"""The list itself: headers are stepped over, the scroll position stays with the row at the top."""

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence, QPalette, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

from app.core.session import Session
from app.translation import gettext as _
from app.ui.sessions.actions import Action
from app.ui.sessions.model import ROW, SessionRow, SessionsModel
from app.ui.theme.scroll_bar import ScrollBar

STILL_OVER_S = 10
"""A pointer that has not moved for so long is nobody over the list."""

_Move = QAbstractItemView.CursorAction
_UPWARD = (_Move.MoveUp, _Move.MovePageUp, _Move.MovePrevious)
_SINGLE = QAbstractItemView.SelectionMode.SingleSelection


class SessionsView(QListView):
    """What a person does here is emitted as an action on a session."""

    done = Signal(str, object)
    """The key of the session, and the action."""
    menu_wanted = Signal(QPoint)
    """Where on the screen the menu of the current row is wanted."""
    pointer_left = Signal()

    def __init__(self, model: SessionsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sessions")
        self.setAccessibleIdentifier("sessions")
        self.setAccessibleName(_("Sessions"))
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setSelectionMode(_SINGLE)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBar(ScrollBar(Qt.Orientation.Vertical))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Window)
        self._over = QTimer(self, singleShot=True, interval=STILL_OVER_S * 1000)
        self._over.setObjectName("pointer_rests")
        self._over.timeout.connect(self.pointer_left)
        self.setModel(model)
        self.doubleClicked.connect(lambda _index: self._do(Action.OPEN))

    def current(self) -> Session | None:
        row = self.currentIndex().data(ROW)
        return row.session if isinstance(row, SessionRow) else None

    def in_view(self) -> list[Session]:
        """The sessions of which at least one pixel shows, from the top."""
        area, index, shown = self.viewport().rect(), self.indexAt(QPoint(1, 1)), []
        while index.isValid() and self.visualRect(index).top() <= area.bottom():
            if isinstance(row := index.data(ROW), SessionRow):
                shown.append(row.session)
            index = index.siblingAtRow(index.row() + 1)
        return shown

    # Somebody is over the list.

    def is_pointed_at(self) -> bool:
        return self._over.isActive()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Enter, QEvent.Type.MouseMove, QEvent.Type.Wheel):
            self._over.start()
        elif event.type() is QEvent.Type.Leave and self.is_pointed_at():
            self._over.stop()
            self.pointer_left.emit()
        return super().viewportEvent(event)

    @contextmanager
    def held_still(self) -> Iterator[None]:
        """What one reads stays where it is while rows come, go and change places."""
        rests_at_top = self.verticalScrollBar().value() == 0 and not self.is_pointed_at()
        top = QPersistentModelIndex(QModelIndex() if rests_at_top else self._first_session_in_view())
        was_at = self.visualRect(top).top() if top.isValid() else 0
        yield
        if top.isValid():
            self.executeDelayedItemsLayout()
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() + self.visualRect(top).top() - was_at)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The detail takes its room from below: a current row that was in view stays there."""
        current = self.currentIndex()
        was_seen = current.isValid() and self.visualRect(current).bottom() < event.oldSize().height()
        super().resizeEvent(event)
        if was_seen and self.visualRect(current).bottom() >= event.size().height():
            self.scrollTo(current)

    def _first_session_in_view(self) -> QModelIndex:
        index = self.indexAt(QPoint(1, 1))
        return index if index.flags() else index.siblingAtRow(index.row() + 1)

    # Keys and menus.

    def keyPressEvent(self, event: QKeyEvent) -> None:
        action = _action_of(event)
        if action is None:
            super().keyPressEvent(event)
        else:
            self._do(action)

    def _do(self, action: Action) -> None:
        if session := self.current():
            self.done.emit(session.key, action)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() is QContextMenuEvent.Reason.Mouse:
            index, place = self.indexAt(event.pos()), event.pos()
        else:
            index = self.currentIndex()
            place = self.visualRect(index).center()
        if index.isValid() and index.flags():
            self.setCurrentIndex(index)
            self.menu_wanted.emit(self.viewport().mapToGlobal(place))

    # Headers.

    def moveCursor(self, action: _Move, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """Qt would stick at a header, which has no flags: we step on, and back at the first of all."""
        index = super().moveCursor(action, modifiers)
        step = -1 if action in _UPWARD else 1
        beyond = _past_headers(index, step)
        return beyond if beyond.isValid() else _past_headers(index, -step)

    def scrollTo(
        self,
        index: QModelIndex | QPersistentModelIndex,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        """The header above a row comes into view with it."""
        super().scrollTo(index, hint)
        header = index.sibling(index.row() - 1, 0)
        if header.isValid() and not header.flags() and self.visualRect(header).top() < 0:
            super().scrollTo(header, hint)

    def dataChanged(
        self,
        topLeft: QModelIndex | QPersistentModelIndex,
        bottomRight: QModelIndex | QPersistentModelIndex,
        roles: object = (),
    ) -> None:
        """Rows keep their heights: Qt's own would lay all of them out again."""
        self.update(topLeft)


def _past_headers(index: QModelIndex, step: int) -> QModelIndex:
    while index.isValid() and not index.flags():
        index = index.siblingAtRow(index.row() + step)
    return index


def _action_of(event: QKeyEvent) -> Action | None:
    if event.matches(QKeySequence.StandardKey.Copy):
        return Action.COPY_LINK
    if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
        return None
    keys = {Qt.Key.Key_Return: Action.OPEN, Qt.Key.Key_Enter: Action.OPEN, Qt.Key.Key_Delete: Action.DELETE}
    return keys.get(Qt.Key(event.key()))
