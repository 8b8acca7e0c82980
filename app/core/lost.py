"""After a lost answer: which conversation, if any, a launch became."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from app.core.budget import Budget
from app.core.draft import LaunchDraft
from app.core.kinds import Kind
from app.core.openhands import OpenHands
from app.core.sessions import Act, Session, SessionBook, is_starting
from app.core.tasks import Tasks
from app.errors import KeyRefused, LauncherError

Versions = set[tuple[str, datetime | None, str]]


CLOCKS_DIFFER = timedelta(minutes=5)
"""By how much the server's clock may go before ours."""

TRY_AGAIN_S = 2.0
TRY_AGAIN_AT_LAST_S = 32.0
"""How long after a failed comparison the next one comes: twice as long each time, up to this."""

KEY_REFUSED_S = 300.0
"""The same where the key was refused: a server may lock out who comes with it again and again."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What the server's list held before a press."""

    ids: frozenset[str]
    newest: datetime | None

    @classmethod
    def in_(cls, book: SessionBook) -> "Listed":
        born = [row.created_at for row in book.sessions() if row.created_at]
        return cls(frozenset(book.ids()), max(born, default=None))

    @classmethod
    def unread(cls, now: datetime) -> "Listed":
        """The list was never read: then only our clock tells what is old."""
        return cls(frozenset(), now - CLOCKS_DIFFER)

    def lacks(self, row: Session) -> bool:
        """Whether this conversation came later. A page that was not read before the press holds old ones."""
        if row.conversation_id in self.ids:
            return False
        return self.newest is None or (row.created_at is not None and row.created_at > self.newest)


class LostLaunches:
    """Launches that may have started. Each becomes the only conversation that is new and like it, or none."""

    def __init__(self, openhands: OpenHands, book: SessionBook, budget: Budget, tasks: Tasks) -> None:
        self._openhands = openhands
        self._book = book
        self._budget = budget
        self._tasks = tasks
        self._lost: dict[int, Listed] = {}
        self._compared: dict[int, Versions] = {}
        book.watch(self._look)

    def add(self, key: int, listed: Listed) -> None:
        self._lost[key] = listed

    def look_again(self, key: int) -> None:
        self._compared.pop(key, None)
        self._tasks.start(f"look {key}", partial(self._compare, key), restart=True)

    def _look(self) -> None:
        for key in tuple(self._lost):
            row = self._book.get(key)
            if row is None or row.conversation_id:
                del self._lost[key]
            elif self._has_news(row):
                self._tasks.start(f"look {key}", partial(self._compare, key))

    def _has_news(self, lost: Session) -> bool:
        candidates = self._candidates(lost)
        return bool(candidates) and self._compared.get(lost.key) != _versions(candidates)

    def _candidates(self, lost: Session) -> list[Session]:
        """None at all while an answer is out: what a page names may be the conversation of that launch."""
        rows, listed = self._book.sessions(), self._lost[lost.key]
        if any(one.act is Act.SENDING for one in rows):
            return []
        return [
            one
            for one in rows
            if one.conversation_id
            and one.sent is None
            and listed.lacks(one)
            and (one.repository, one.branch) == (lost.repository, lost.branch)
        ]

    async def _compare(self, key: int) -> None:
        wait_s = TRY_AGAIN_S
        while key in self._lost and (lost := self._book.get(key)) and self._has_news(lost):
            candidates = self._candidates(lost)
            try:
                verdicts = [await self._is_it(lost, one) for one in candidates]
            except LauncherError as error:  # no change need ever come that would make us look again
                await asyncio.sleep(KEY_REFUSED_S if isinstance(error, KeyRefused) else wait_s)
                wait_s = min(2 * wait_s, TRY_AGAIN_AT_LAST_S)
            else:
                self._decide(key, candidates, verdicts)

    def _decide(self, key: int, candidates: list[Session], verdicts: list[bool | None]) -> None:
        """Only if they are still the same: meanwhile one may have come, gone, or become another launch's."""
        lost = self._book.get(key)
        if lost is None or _ids(self._candidates(lost)) != _ids(candidates):
            return
        self._compared[key] = _versions(candidates)
        if verdicts.count(True) == 1 and None not in verdicts:
            self._book.becomes(key, candidates[verdicts.index(True)].conversation_id)

    async def _is_it(self, lost: Session, candidate: Session) -> bool | None:
        """Whether it has the first message of the launch; None while that is not written yet."""
        wanted = _first_message(lost.sent) if lost.sent else None
        if wanted is None:
            return True
        async with self._budget.turn():
            page = await self._openhands.events(candidate.conversation_id, limit=10)
        events = (event for event in page.events if event)
        said = next((one for one in events if one.action == "message" and one.source == "user"), None)
        if said is None:
            return None if is_starting(candidate) else False
        return (said.args.content or "").split() == wanted.split()


def _ids(rows: list[Session]) -> set[str]:
    return {row.conversation_id for row in rows}


def _versions(rows: list[Session]) -> Versions:
    return {(row.conversation_id, row.updated_at, row.status) for row in rows}


def _first_message(sent: LaunchDraft) -> str | None:
    """What the conversation's first message must be; None where the server writes it, or there is none."""
    texts = {Kind.MESSAGE: sent.initial_user_msg, Kind.MICROAGENT: sent.microagent_msg}
    return texts.get(sent.kind) or None
