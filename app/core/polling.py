"""How the list stays true: which read to spend next, most urgent first, within the budget."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from functools import partial

from app.core.budget import Budget, time_s
from app.core.connection_status import ConnectionState
from app.core.conversations import ConversationPage, Phase
from app.core.event_reading import EventReading
from app.core.known_server import KnownServer
from app.core.pages import PAGE, Pass
from app.core.server_port import ServerPort
from app.core.session import Operation, Session
from app.core.session_state import State, state_of
from app.core.sessions import SessionBook
from app.core.watchers import report_to_loop
from app.errors import (
    AnswerTimedOut,
    ConnectionLost,
    ConnectTimedOut,
    LauncherError,
)

FIRST_PAGE_S = 10.0
FIRST_PAGE_STARTING_S = 2.0
FIRST_PAGE_HIDDEN_S = 60.0
ALL_PAGES_S = 60.0
ALL_PAGES_RUNNING_S = 20.0
FRESH = timedelta(seconds=30)
"""How long after a change a launch of ours is looked at like one that starts: its title comes without a sign."""

FACTS_S = 60.0
FIRST_PAGE = 20
NEVER = float("inf")
SILENCE = (ConnectTimedOut, AnswerTimedOut, ConnectionLost)
AFTER_A_BUG_S = 2.0
"""One that comes with every step must not fill the log."""

PASSES_BEFORE_ASKING = 2
PASSES_BETWEEN_ASKING = 12
"""A conversation older than ten days is in no page any more, and there all the same."""


class ReadKind(Enum):
    """What is read while nothing is due by the clock."""

    IN_VIEW = auto()
    """Events of a row in view."""
    PAGE = auto()
    """The next page, on a way through all of them."""
    RUNNING = auto()
    """Events of any row that runs."""
    MISSING = auto()
    """A conversation that no page names any more."""


ROUND = (
    ReadKind.IN_VIEW,
    ReadKind.IN_VIEW,
    ReadKind.IN_VIEW,
    ReadKind.PAGE,
    ReadKind.RUNNING,
    ReadKind.MISSING,
)
"""Who has the next turn, over and over; who needs none is passed over. So none keeps the others waiting for ever."""

ReadTask = Callable[[], Coroutine[None, None, None]]


class Polling:
    """The schedule of reads: the server's list, its events and its settings, into the book and what is known of it."""

    def __init__(
        self,
        server: ServerPort,
        book: SessionBook,
        known: KnownServer,
        budget: Budget,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        report: Callable[[BaseException], None] = report_to_loop,
    ) -> None:
        self._server = server
        self._book = book
        self._known = known
        self._budget = budget
        self._now = now
        self._report = report
        self._events = EventReading(server, book)
        self._wake = asyncio.Event()
        self._due = {"first": 0.0, "identity": 0.0, "settings": 0.0, "pass": 0.0}
        self._place = 0
        """Where the round goes on."""
        self._pass: Pass | None = None
        self._missing: dict[str, int] = {}
        """Conversations of ours that no page names → from how many full passes they were missing."""
        self._hidden = False
        self._keys = 0
        """How often the key was replaced."""

    async def run(self) -> None:
        """Reads until it is cancelled. A bug is reported, and costs one read."""
        while True:
            try:
                await self._step()
            except Exception as fault:  # noqa: BLE001 - the list outlives our bugs
                self._report(fault)
                await asyncio.sleep(AFTER_A_BUG_S)

    @property
    def reads_all(self) -> bool:
        """Whether it is on its way through all pages of the list."""
        return self._pass is not None

    # What others tell it.

    @contextmanager
    def hold(self) -> Iterator[None]:
        """No read leaves while a press is out; then the list is read."""
        try:
            with self._budget.hold_reads():
                yield
        finally:
            self.refresh()

    def refresh(self, *, all_pages: bool = False) -> None:
        """The list may have changed: read its first page next, or all of it."""
        self._due["first"] = 0.0
        if all_pages:
            self._due["pass"] = 0.0
        self._wake.set()

    def retry_now(self, *, with_another_key: bool = False) -> None:
        """Somebody asks: the server may be back, or its settings may have changed.

        `with_another_key`: what a read that is out comes to says nothing any more.
        """
        self._keys += with_another_key
        self._due["settings"] = 0.0
        self._known.forget_failures()
        self.refresh(all_pages=True)

    def set_in_view(self, conversation_ids: Iterable[str]) -> None:
        """Which rows are in view: their events come first."""
        if self._events.set_in_view(conversation_ids):
            self._wake.set()

    def set_hidden(self, hidden: bool) -> None:
        """Whether the window is out of sight."""
        was, self._hidden = self._hidden, hidden
        if was and not hidden:
            self.refresh()

    # Which read is next.

    async def _step(self) -> None:
        self._wake.clear()
        if self._most_urgent():
            await self._spend_a_turn()
        else:
            await self._sleep()

    def _most_urgent(self) -> ReadTask | None:
        if self._known.status.state.wants_key:
            return None
        if self._is_due("first"):
            return self._read_first_page
        return self._next_while_connected() if self._known.status.state is ConnectionState.CONNECTED else None

    def _next_while_connected(self) -> ReadTask | None:
        if self._is_due("identity"):
            return self._read_identity
        if self._is_due("settings"):
            return self._read_settings
        waiting = (
            self._waiting_at(place % len(ROUND)) for place in range(self._place, self._place + len(ROUND))
        )
        return next(filter(None, waiting), None)

    def _waiting_at(self, place: int) -> ReadTask | None:
        """What this place of the round is for, if there is any; when it is read, the round goes on from there."""
        if (read := self._next_of(ROUND[place])) is None:
            return None

        async def take_turn() -> None:
            self._place = place + 1
            await read()

        return take_turn

    def _next_of(self, kind: ReadKind) -> ReadTask | None:
        match kind:
            case ReadKind.IN_VIEW:
                row = self._events.next_in_view()
            case ReadKind.RUNNING:
                row = self._events.next_running()
            case ReadKind.PAGE:
                return self._read_next_page if self._pass or self._is_due("pass") else None
            case ReadKind.MISSING:
                lost = (id_ for id_, passes in self._missing.items() if passes >= PASSES_BEFORE_ASKING)
                return next((self._asking(id_) for id_ in lost), None)
        return partial(self._events.read, row) if row else None

    def _is_due(self, name: str) -> bool:
        return time_s() >= self._due[name]

    def _put_off(self, name: str, seconds: float) -> None:
        self._due[name] = time_s() + seconds

    async def _sleep(self) -> None:
        """Until the next read is due, or until something happens."""
        asleep = self._known.status.state.wants_key
        soonest = (
            min(self._due.values())
            if self._known.status.state is ConnectionState.CONNECTED
            else self._due["first"]
        )
        try:  # `wait_for` may swallow a cancellation before Python 3.12
            async with asyncio.timeout(None if asleep else max(0.0, soonest - time_s())):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _spend_a_turn(self) -> None:
        """What is most urgent is decided when the turn has come: much may happen in a press or a rest."""
        read, keys = None, self._keys
        try:
            async with self._budget.turn():
                keys = self._keys
                if read := self._most_urgent():
                    await read()
        except LauncherError as error:
            if keys == self._keys:
                self._failed(error, of_list=read == self._read_first_page)

    # The reads: one request each.

    async def _read_first_page(self) -> None:
        self._due["first"] = NEVER  # who wants it read again meanwhile says so
        try:
            seen = self._took(await self._server.page(limit=FIRST_PAGE))
            if self._pass:
                self._pass.seen |= seen
            self._answered()
        finally:
            if self._due["first"] == NEVER:
                self._put_off("first", self._first_page_every())

    def _first_page_every(self) -> float:
        if self._hidden:
            return FIRST_PAGE_HIDDEN_S
        now = self._now()
        lively = any(
            state_of(row, now) is State.STARTING or _is_fresh(row, now) for row in self._book.sessions()
        )
        return FIRST_PAGE_STARTING_S if lively else FIRST_PAGE_S

    async def _read_identity(self) -> None:
        self._put_off("identity", FACTS_S)
        identity = await self._server.identify()
        self._due["identity"] = NEVER  # until the server was away: it may come back as another one
        self._known.set_facts(
            replace(self._known.facts, version=identity.version, capabilities=identity.capabilities)
        )

    async def _read_settings(self) -> None:
        self._put_off("settings", FACTS_S)
        settings = await self._server.settings()
        self._known.set_facts(replace(self._known.facts, settings=settings, settings_known=True))

    async def _read_next_page(self) -> None:
        under_way, self._pass = self._pass or self._new_pass(), None  # a page that fails ends the pass
        page = await self._server.page(under_way.page_id, limit=PAGE)
        under_way.seen |= self._took(page)
        if under_way.goes_on(page.next_page):
            self._pass = under_way
            return
        if under_way.is_whole:
            self._count_missing(under_way.seen)
        took = time_s() - under_way.began  # a long list leaves as much time for other reads
        self._due["pass"] = max(self._due["pass"], time_s() + took)

    def _new_pass(self) -> Pass:
        running = not self._hidden and any(row.phase is Phase.RUNNING for row in self._book.sessions())
        self._put_off("pass", ALL_PAGES_RUNNING_S if running else ALL_PAGES_S)
        return Pass(time_s())

    def _took(self, page: ConversationPage) -> set[str]:
        self._book.apply_page(page.conversations)
        return {one.id for one in page.conversations}

    def _count_missing(self, seen: set[str]) -> None:
        """One missing row is no news: reads race with the server's writes, and rows shift between pages."""
        self._missing = {id_: self._missing.get(id_, 0) + 1 for id_ in self._book.ids() - seen}

    def _asking(self, conversation_id: str) -> ReadTask:
        async def ask() -> None:
            self._missing[conversation_id] = PASSES_BEFORE_ASKING - 1  # after a fault the next pass asks
            found = await self._server.conversation(conversation_id)
            self._missing[conversation_id] = PASSES_BEFORE_ASKING - PASSES_BETWEEN_ASKING
            if found is None:
                self._book.mark_gone(conversation_id)
            else:
                self._book.apply_page([found])

        return ask

    # How we stand with the server.

    def _answered(self) -> None:
        if self._known.answered():
            self._due |= {"identity": 0.0, "settings": 0.0, "pass": 0.0}

    def _failed(self, error: LauncherError, *, of_list: bool) -> None:
        """While our own stop or delete is out the whole server may be silent: that is no outage."""
        is_silence = isinstance(error, SILENCE) and self._book.has_operation(
            Operation.STOPPING, Operation.DELETING
        )
        wait_s = (
            None if is_silence else self._known.failed(error, of_list=of_list, rest_s=self._budget.rest_s)
        )
        if wait_s is not None:
            self._put_off("first", wait_s)


def _is_fresh(row: Session, now: datetime) -> bool:
    return row.draft is not None and row.unchanged_since is not None and now - row.unchanged_since < FRESH
