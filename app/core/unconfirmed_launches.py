"""After a lost answer: which conversation, if any, a launch became."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.core.budget import Budget, time_s
from app.core.conversations import FirstMessage, Phase
from app.core.draft import LaunchDraft
from app.core.kinds import LaunchKind
from app.core.server_port import ServerPort
from app.core.session import Operation, Session, SessionKey
from app.core.session_state import is_starting
from app.core.sessions import SessionBook
from app.core.tasks import Tasks
from app.errors import KeyRefused, LauncherError
from app.wire import limits

Versions = set[tuple[str, datetime | None, Phase]]


CLOCKS_DIFFER = timedelta(minutes=5)
"""By how much the server's clock may go before ours."""

TRY_AGAIN_S = 2.0
TRY_AGAIN_AT_LAST_S = 32.0
"""How long after a comparison that decided nothing the next one comes: twice as long each time, up to this."""

KEY_REFUSED_S = 300.0
"""The same where the key was refused: a server may lock out who comes with it again and again."""

MOST_ALIKE = 20
"""With more new conversations of one repository and branch nothing is compared: which one it is, is not to be told."""

BETWEEN_LOOKS_S = 0.1
"""Rows change by the hundred, and each look walks all of them."""


@dataclass(frozen=True, slots=True)
class ListSnapshot:
    """What the server's list held before a press."""

    ids: frozenset[str]
    newest: datetime | None

    @classmethod
    def of_book(cls, book: SessionBook) -> "ListSnapshot":
        born = [row.created_at for row in book.sessions() if row.created_at]
        return cls(frozenset(book.ids()), max(born, default=None))

    @classmethod
    def unread(cls, now: datetime) -> "ListSnapshot":
        """The list was never read: then only our clock tells what is old."""
        return cls(frozenset(), now - CLOCKS_DIFFER)

    def lacks(self, row: Session) -> bool:
        """Whether this conversation came later. A page that was not read before the press holds old ones."""
        if row.conversation_id in self.ids:
            return False
        return self.newest is None or (row.created_at is not None and row.created_at > self.newest)


@dataclass(slots=True)
class _Search:
    """How far one lost launch has been looked for."""

    listed: ListSnapshot
    alike: set[str] = field(default_factory=set)
    """The ids of the candidates when they were last compared."""
    compared: Versions | None = None
    """Those candidates, if that comparison came to its end and decided nothing."""
    known: dict[str, bool] = field(default_factory=dict)
    """Which candidates begin with the launch's message, and which do not: that never changes."""
    wait_s: float = TRY_AGAIN_S
    not_before: float = 0.0

    def rests(self, seconds: float | None = None) -> None:
        """No change need ever come that would make us look again: so we do, less and less often."""
        self.not_before = time_s() + (seconds or self.wait_s)
        self.wait_s = min(2 * self.wait_s, TRY_AGAIN_AT_LAST_S)

    def begins_anew(self) -> None:
        self.compared, self.known = None, {}
        self.wait_s, self.not_before = TRY_AGAIN_S, 0.0


class UnconfirmedLaunches:
    """Launches that may have started. Each becomes the only conversation that is new and like it, or none.

    One task looks for all of them, one after the other: whatever a server lists, they leave most turns to others.
    """

    def __init__(self, server: ServerPort, book: SessionBook, budget: Budget, tasks: Tasks) -> None:
        self._server = server
        self._book = book
        self._budget = budget
        self._tasks = tasks
        self._lost: dict[SessionKey, _Search] = {}
        self._news = asyncio.Event()
        book.watch(lambda _changes: self._news.set())

    def add(self, key: SessionKey, listed: ListSnapshot) -> None:
        self._lost[key] = _Search(listed)
        self._tasks.start("lost launches", self._look_for_all)

    def look_again(self, key: SessionKey) -> None:
        if search := self._lost.get(key):
            search.begins_anew()
            self._news.set()

    async def _look_for_all(self) -> None:
        """Until none is lost any more. The rows are walked once for all launches, and not at every change."""
        while self._forget_the_found():
            self._news.clear()
            candidates = self._candidates(self._lost)
            with_news = [key for key in self._lost if self._has_news(key, candidates[key])]
            key = min(with_news, key=lambda one: self._lost[one].not_before, default=None)
            if key is not None and self._lost[key].not_before <= time_s():
                began = time_s()
                await self._compare(key, candidates[key])
                await asyncio.sleep(time_s() - began)
            else:
                await self._sleep(None if key is None else self._lost[key].not_before - time_s())

    async def _sleep(self, seconds: float | None) -> None:
        """Until something has changed, or it is time to try again."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()
        await asyncio.sleep(BETWEEN_LOOKS_S)

    def _forget_the_found(self) -> bool:
        """Whether any is still lost: a row may have become its conversation, or have been forgotten."""
        rows = {key: self._book.get(key) for key in self._lost}
        self._lost = {key: self._lost[key] for key, row in rows.items() if row and not row.conversation_id}
        return bool(self._lost)

    def _has_news(self, key: SessionKey, candidates: list[Session]) -> bool:
        return 0 < len(candidates) <= MOST_ALIKE and self._lost[key].compared != _versions(candidates)

    def _candidates(self, keys: Iterable[SessionKey]) -> dict[SessionKey, list[Session]]:
        """What each of these may have become: one more than `MOST_ALIKE` at most.

        None at all while an answer is out: what a page names may be the conversation of that launch.
        """
        found: dict[SessionKey, list[Session]] = {key: [] for key in keys}
        if self._book.has_operation(Operation.SENDING):
            return found
        searched = defaultdict[tuple[str, str], list[SessionKey]](list)
        for key in keys:
            if lost := self._book.get(key):
                searched[lost.repository, lost.branch].append(key)
        for row in self._book.sessions():
            if row.conversation_id and row.draft is None:
                for key in searched.get((row.repository, row.branch), ()):
                    if len(found[key]) <= MOST_ALIKE and self._lost[key].listed.lacks(row):
                        found[key].append(row)
        return found

    async def _compare(self, key: SessionKey, candidates: list[Session]) -> None:
        search, lost = self._lost[key], self._book.get(key)
        if lost is None:
            return
        if search.alike != _ids(candidates):
            search.alike, search.wait_s = _ids(candidates), TRY_AGAIN_S
        try:
            verdicts = [await self._is_it(lost, one, search.known) for one in candidates]
        except LauncherError as error:
            search.rests(KEY_REFUSED_S if isinstance(error, KeyRefused) else None)
            return
        search.known = {id_: search.known[id_] for id_ in _ids(candidates) & search.known.keys()}
        if key in self._lost:
            self._decide(key, candidates, verdicts)

    def _decide(self, key: SessionKey, candidates: list[Session], verdicts: list[bool | None]) -> None:
        """Only if they are still the same: meanwhile one may have come, gone, or become another launch's."""
        if _ids(self._candidates([key])[key]) != _ids(candidates) or self._book.get(key) is None:
            return
        if verdicts.count(True) == 1 and None not in verdicts:
            self._book.assign_conversation(key, candidates[verdicts.index(True)].conversation_id)
        else:
            self._lost[key].compared = _versions(candidates)
            self._lost[key].rests()

    async def _is_it(self, lost: Session, candidate: Session, known: dict[str, bool]) -> bool | None:
        """Whether it has the first message of the launch; None while that is not written yet."""
        wanted = _first_message(lost.draft) if lost.draft else None
        if wanted is None:
            return True
        if candidate.conversation_id in known:
            return known[candidate.conversation_id]
        async with self._budget.turn():
            said = await self._server.first_message(candidate.conversation_id)
        if said is None:
            return None if is_starting(candidate) else False
        text = await self._whole_message(candidate, said)
        verdict = known[candidate.conversation_id] = text.split() == wanted[: limits.WHOLE].split()
        return verdict

    async def _whole_message(self, row: Session, said: FirstMessage) -> str:
        """Two long messages may begin and end alike: one of which only a part came is asked for whole."""
        if said.part_of is None:
            return said.text
        async with self._budget.turn():
            return await self._server.text(row.conversation_id, said.part_of) or ""


def _ids(rows: list[Session]) -> set[str]:
    return {row.conversation_id for row in rows}


def _versions(rows: list[Session]) -> Versions:
    return {(row.conversation_id, row.updated_at, row.phase) for row in rows}


def _first_message(sent: LaunchDraft) -> str | None:
    """What the conversation's first message must be; None where the server writes it, or there is none."""
    texts = {LaunchKind.MESSAGE: sent.initial_user_msg, LaunchKind.MICROAGENT: sent.microagent_msg}
    return texts.get(sent.kind) or None
