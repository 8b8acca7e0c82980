"""The list of sessions for Qt: rows keep their identity by key, the model never resets."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt

from app.core.session import Operation, Session
from app.core.session_state import Group, State, group_of, is_starting, state_of
from app.core.session_words import in_whole, shown_title, spoken
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
    def key(self) -> int:
        return self.session.key


@dataclass(frozen=True, slots=True)
class GroupRow:
    """The header of a group: a row that cannot be chosen."""

    key: Group


Row = SessionRow | GroupRow


class SessionsModel(QAbstractListModel):
    """Groups in their order, in each the sessions in the order of the book."""

    def __init__(
        self, now: Callable[[], datetime] = lambda: datetime.now(UTC), parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._now = now
        self._rows: list[Row] = []
        self._needs_you = 0
        self._header_size, self._row_size = QSize(0, group_height()), QSize(0, row_height())

    # What Qt asks.

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid() or isinstance(self._rows[index.row()], GroupRow):
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == Qt.ItemDataRole.SizeHintRole:  # asked of every row, so a delegate would cost twice as much
            return self._header_size if isinstance(row, GroupRow) else self._row_size
        if role == ROW:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return _(GROUP_NAMES[row.key]) if isinstance(row, GroupRow) else shown_title(row.session)
        if role == Qt.ItemDataRole.ToolTipRole and isinstance(row, SessionRow):
            return tooltip(in_whole(row.session, self._now()))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return _(GROUP_NAMES[row.key]) if isinstance(row, GroupRow) else spoken(row.session, self._now())
        return None

    # What the pane asks.

    def index_of(self, key: int) -> QModelIndex:
        """Where a session stands; invalid when it is not there."""
        return next((self.index(at) for at, row in enumerate(self._rows) if row.key == key), QModelIndex())

    def needs_you(self) -> int:
        """How many sessions need a person, those that wait for their place too."""
        return self._needs_you

    def show_sessions(self, sessions: Sequence[Session], *, hold_order: bool = False) -> None:
        """Brings the rows to what the book says.

        While `hold_order`, somebody is over the list: rows change in their places, and what would move them
        waits, unless a launch was just pressed, whose row appears at once.
        """
        now = self._now()
        known = {row.key: row for row in self._rows}
        rows = [_row_of(one, known.get(one.key), now) for one in sessions]
        groups = _grouped(rows)
        self._needs_you = len(groups[Group.NEEDS_YOU])
        if hold_order and not self._has_new_launch(rows):
            self._become(self._in_their_places(rows))
        else:
            self._become(list(_with_headers(groups)))

    # How the rows get there.

    def _has_new_launch(self, rows: Iterable[SessionRow]) -> bool:
        known = {row.key for row in self._rows}
        return any(row.session.operation is Operation.SENDING and row.key not in known for row in rows)

    def _in_their_places(self, rows: Iterable[SessionRow]) -> list[Row]:
        by_key: dict[int | Group, Row] = {row.key: row for row in rows}
        kept = [row if isinstance(row, GroupRow) else by_key.get(row.key) for row in self._rows]
        there = [row for row in kept if row is not None]
        return [
            row for row, after in zip(there, [*there[1:], None], strict=False) if not _is_bare(row, after)
        ]

    def _become(self, rows: list[Row]) -> None:
        place = {row.key: at for at, row in enumerate(rows)}
        self._change_in_place({row.key: row for row in rows})
        self._remove_all_but(place)
        self._insert_new_of(rows)
        if [row.key for row in self._rows] != list(place):
            self._reorder(place)

    def _change_in_place(self, rows: dict[int | Group, Row]) -> None:
        """Before any row moves: a view that has to lay its rows out anew would do that for the first that changes."""
        for at, old in enumerate(self._rows):
            row = rows.get(old.key, old)
            if row is not old and row != old:
                self._rows[at] = row
                self.dataChanged.emit(self.index(at), self.index(at))

    def _remove_all_but(self, place: dict[int | Group, int]) -> None:
        at = len(self._rows)
        while at > 0:
            end, at = at, at - 1
            if self._rows[at].key in place:
                continue
            while at > 0 and self._rows[at - 1].key not in place:
                at -= 1
            self.beginRemoveRows(_NOWHERE, at, end - 1)
            del self._rows[at:end]
            self.endRemoveRows()

    def _insert_new_of(self, rows: list[Row]) -> None:
        known = {row.key for row in self._rows}
        at = 0
        while at < len(rows):
            end = at
            while end < len(rows) and rows[end].key not in known:
                end += 1
            if end > at:
                self.beginInsertRows(_NOWHERE, at, end - 1)
                self._rows[at:at] = rows[at:end]
                self.endInsertRows()
            at = end + 1

    def _reorder(self, place: dict[int | Group, int]) -> None:
        self.layoutAboutToBeChanged.emit()
        held = self.persistentIndexList()
        now = [self.index(place[self._rows[index.row()].key]) for index in held]
        self._rows.sort(key=lambda row: place[row.key])
        self.changePersistentIndexList(held, now)
        self.layoutChanged.emit()


def _row_of(session: Session, old: Row | None, now: datetime) -> SessionRow:
    """The old row where time changes nothing about it."""
    if isinstance(old, SessionRow) and old.session is session and not is_starting(session):
        return old
    return SessionRow(session, state_of(session, now))


def _grouped(rows: Iterable[SessionRow]) -> dict[Group, list[SessionRow]]:
    groups: dict[Group, list[SessionRow]] = {group: [] for group in Group}
    for row in rows:
        groups[group_of(row.state)].append(row)
    return groups


def _with_headers(groups: dict[Group, list[SessionRow]]) -> Iterator[Row]:
    for group, members in groups.items():
        if members:
            yield GroupRow(group)
            yield from members


def _is_bare(row: Row, after: Row | None) -> bool:
    """Whether it is a header that lost its last session."""
    return isinstance(row, GroupRow) and not isinstance(after, SessionRow)
