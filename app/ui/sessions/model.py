"""The list of sessions for Qt: rows keep their identity by key, the model never resets."""

import bisect
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt

from app.core.session import Operation, Session, SessionChange, SessionKey
from app.core.session_state import Group, State, group_of, is_starting, state_of
from app.core.session_words import in_whole, shown_title, spoken
from app.core.sessions import Place
from app.translation import N_
from app.translation import gettext as _
from app.ui.text import tooltip
from app.ui.theme.sizes import group_height, row_height

Index = QModelIndex | QPersistentModelIndex
ROW = Qt.ItemDataRole.UserRole
"""The role that holds the frozen `Row` itself."""

GROUP_NAMES: dict[Group, str] = {
    Group.NEEDS_YOU: N_("Needs you"),
    Group.ACTIVE: N_("Active"),
    Group.ENDED: N_("Ended"),
}
_NOWHERE = QModelIndex()


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session and its state at the moment of the last refresh."""

    session: Session
    state: State

    @property
    def key(self) -> SessionKey:
        return self.session.key


@dataclass(frozen=True, slots=True)
class GroupRow:
    """The header of a group: a row that cannot be chosen."""

    key: Group


Row = SessionRow | GroupRow


_Order = tuple[bool, float, int]
"""The place of a session in the book, from the begin."""


class _Spot(NamedTuple):
    group: Group
    order: _Order


class SessionsModel(QAbstractListModel):
    """Groups in their order, in each the sessions in the order of the book."""

    def __init__(
        self, now: Callable[[], datetime] = lambda: datetime.now(UTC), parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._now = now
        self._place_of: Callable[[SessionKey], Place] | None = None
        self._rows: dict[SessionKey, SessionRow] = {}
        """All, those that wait for their place among them."""
        self._shown: list[SessionKey | Group] = []
        self._spots: dict[SessionKey, _Spot] = {}
        """Where those stand that are shown."""
        self._groups: dict[Group, list[tuple[_Order, SessionKey]]] = {group: [] for group in Group}
        """Who is shown in each group, in order."""
        self._headed: set[Group] = set()
        self._unsettled: dict[SessionKey, None] = {}
        """Who is not where it belongs, because somebody is over the list."""
        self._needing: set[SessionKey] = set()
        self._header_size, self._row_size = QSize(0, group_height()), QSize(0, row_height())

    # What Qt asks.

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid() or isinstance(self._shown[index.row()], Group):
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        key = self._shown[index.row()]
        if role == Qt.ItemDataRole.SizeHintRole:  # asked of every row, so a delegate would cost twice as much
            return self._header_size if isinstance(key, Group) else self._row_size
        if isinstance(key, Group):
            return _of_header(key, role)
        row = self._rows[key]
        if role == ROW:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return shown_title(row.session)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(in_whole(row.session, self._now()))
        return spoken(row.session, self._now()) if role == Qt.ItemDataRole.AccessibleTextRole else None

    # What the pane asks.

    def index_of(self, key: SessionKey) -> QModelIndex:
        """Where a session stands; invalid when it is not there."""
        return self.index(self._line_of(key)) if key in self._spots else QModelIndex()

    def needs_you(self) -> int:
        """How many sessions need a person, those that wait for their place too."""
        return len(self._needing)

    def show_book(self, sessions: Iterable[Session], place_of: Callable[[SessionKey], Place] | None) -> None:
        """Shows these sessions of another book in place of all that was there."""
        self._place_of = place_of
        self._clear()
        now = self._now()
        for session in sessions:
            self._update(session, now)
        self.settle()

    def apply(self, changes: Iterable[SessionChange], *, hold_order: bool = False) -> bool:
        """Brings the rows to what has changed in the book. Whether any came, moved or went.

        While `hold_order`, somebody is over the list: rows change in their places, and what would move them
        waits, unless a launch was just pressed, whose row appears at once.
        """
        now, is_pressed, has_gone = self._now(), False, False
        for one in changes:
            if one.after is None:
                has_gone = True
                self._remove(one.key)
            else:
                is_pressed |= one.before is None and one.after.operation is Operation.SENDING
                self._update(one.after, now)
        settles = bool(self._unsettled) and (is_pressed or not hold_order)
        if settles:
            self.settle()
        return settles or has_gone

    def look_at_clock(self, *, hold_order: bool = False) -> None:
        """The state of what is starting depends on how long it has been."""
        now = self._now()
        for row in [one for one in self._rows.values() if is_starting(one.session)]:
            self._update(row.session, now)
        if not hold_order:
            self.settle()

    def settle(self) -> None:
        """Puts every row where it belongs."""
        unsettled, self._unsettled = self._unsettled, {}
        if not self._shown:
            self._fill()
            return
        for key in unsettled:
            if key in self._spots:
                self._move(key, self._wanted(key))
            else:
                self._insert(key, self._wanted(key))

    # How the rows get there.

    def _update(self, session: Session, now: datetime) -> None:
        """Changes the row in its place; one that has none, or belongs elsewhere, waits for `settle`."""
        key = session.key
        row = SessionRow(session, state_of(session, now))
        is_known = self._rows.get(key) == row
        self._rows[key] = row
        if key in self._spots and not is_known:
            index = self.index(self._line_of(key))
            self.dataChanged.emit(index, index)
        wanted = self._wanted(key)
        if self._spots.get(key) == wanted:
            self._unsettled.pop(key, None)
        else:
            self._unsettled[key] = None
        if wanted.group is Group.NEEDS_YOU:
            self._needing.add(key)
        else:
            self._needing.discard(key)

    def _wanted(self, key: SessionKey) -> _Spot:
        assert self._place_of is not None
        on_its_way, born, met = self._place_of(key)
        return _Spot(group_of(self._rows[key].state), (not on_its_way, -born, -met))

    def _first_line(self, group: Group) -> int:
        """Of a group: its header, or where that would be."""
        before = itertools.takewhile(lambda one: one is not group, self._groups)
        return sum(len(self._groups[one]) + (one in self._headed) for one in before)

    def _line_of(self, key: SessionKey) -> int:
        spot = self._spots[key]
        return (
            self._first_line(spot.group) + 1 + bisect.bisect_left(self._groups[spot.group], (spot.order, key))
        )

    def _fill(self) -> None:
        """All at once, into a list that is empty: row by row two thousand would take longer than a frame."""
        for key in self._rows:
            spot = self._spots[key] = self._wanted(key)
            self._groups[spot.group].append((spot.order, key))
        shown: list[SessionKey | Group] = []
        for group, members in self._groups.items():
            members.sort()
            if members:
                self._headed.add(group)
                shown += [group, *(key for _, key in members)]
        if shown:
            self.beginInsertRows(_NOWHERE, 0, len(shown) - 1)
            self._shown = shown
            self.endInsertRows()

    def _clear(self) -> None:
        if self._shown:
            self.beginRemoveRows(_NOWHERE, 0, len(self._shown) - 1)
            self._shown = []
            self.endRemoveRows()
        for members in self._groups.values():
            members.clear()
        self._rows.clear()
        self._spots.clear()
        self._headed.clear()
        self._unsettled.clear()
        self._needing.clear()

    def _insert(self, key: SessionKey, spot: _Spot) -> None:
        self._show_header(spot.group)
        self._take_spot(key, spot)
        line = self._line_of(key)
        self.beginInsertRows(_NOWHERE, line, line)
        self._shown.insert(line, key)
        self.endInsertRows()

    def _move(self, key: SessionKey, spot: _Spot) -> None:
        """It stays the same row for whoever holds its index, as the selection does."""
        self._show_header(spot.group)
        source, group = self._line_of(key), self._spots[key].group
        at = bisect.bisect_left(self._groups[spot.group], (spot.order, key))
        before = self._first_line(spot.group) + 1 + at
        moves = self.beginMoveRows(_NOWHERE, source, source, _NOWHERE, before)
        self._leave_spot(key)
        self._take_spot(key, spot)
        if moves:
            del self._shown[source]
            self._shown.insert(before - (before > source), key)
            self.endMoveRows()
        self._hide_bare_header(group)

    def _remove(self, key: SessionKey) -> None:
        if key in self._spots:
            line, group = self._line_of(key), self._spots[key].group
            self.beginRemoveRows(_NOWHERE, line, line)
            del self._shown[line]
            self._leave_spot(key)
            self.endRemoveRows()
            self._hide_bare_header(group)
        self._rows.pop(key, None)
        self._unsettled.pop(key, None)
        self._needing.discard(key)

    def _take_spot(self, key: SessionKey, spot: _Spot) -> None:
        bisect.insort(self._groups[spot.group], (spot.order, key))
        self._spots[key] = spot

    def _leave_spot(self, key: SessionKey) -> None:
        spot = self._spots.pop(key)
        members = self._groups[spot.group]
        del members[bisect.bisect_left(members, (spot.order, key))]

    def _show_header(self, group: Group) -> None:
        if group not in self._headed:
            line = self._first_line(group)
            self.beginInsertRows(_NOWHERE, line, line)
            self._shown.insert(line, group)
            self._headed.add(group)
            self.endInsertRows()

    def _hide_bare_header(self, group: Group) -> None:
        if group in self._headed and not self._groups[group]:
            line = self._first_line(group)
            self.beginRemoveRows(_NOWHERE, line, line)
            del self._shown[line]
            self._headed.remove(group)
            self.endRemoveRows()


def _of_header(group: Group, role: int) -> Any:
    if role == ROW:
        return GroupRow(group)
    named = role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole)
    return _(GROUP_NAMES[group]) if named else None
