"""How the list stays true: which read to spend next, within a budget.

The server takes ten requests a second from this address, delays the next ten and refuses the rest, a launch among
them. So all reading spends four a second at most, one at a time, and none while a press is out.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from app.core.servers import OpenHands, ServerFacts, look_at
from app.core.sessions import Act, Session, SessionBook, is_starting
from app.errors import KeyRefused, LauncherError, TooManyRequests, Unreachable

BETWEEN_READS_S = 0.25
FIRST_PAGE_S = 10.0
FIRST_PAGE_STARTING_S = 2.0
FIRST_PAGE_HIDDEN_S = 60.0
ALL_PAGES_S = 60.0
ALL_PAGES_RUNNING_S = 20.0
FACTS_S = 60.0
TRY_AGAIN_S = (2.0, 4.0, 8.0, 16.0, 30.0)
PAGE = 100


class Contact(StrEnum):
    LOOKING = "looking"
    CONNECTED = "connected"
    AWAY = "away"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Connected:
    """How we stand with the server."""

    contact: Contact = Contact.LOOKING
    since: datetime | None = None
    """Since when it is away or refuses; None while it answers."""
    next_try: datetime | None = None
    error: LauncherError | None = None


Read = Callable[[], Coroutine[None, None, None]]


class Polling:
    """Reads the server's list and events into the book, most urgent first."""

    def __init__(
        self,
        openhands: OpenHands,
        book: SessionBook,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._openhands = openhands
        self._book = book
        self._now = now
        self._watchers: list[Callable[[], None]] = []
        self._wake = asyncio.Event()
        self._turn = asyncio.Lock()
        self._presses = 0
        self._free = asyncio.Event()
        self._free.set()
        self._last_read = -BETWEEN_READS_S
        self._due = {"facts": 0.0, "first": 0.0, "pass": 0.0}
        self._pass: str | None = None
        self._seen: set[str] = set()
        self._missing: dict[str, int] = {}
        self._asked: dict[str, tuple[datetime | None, str]] = {}
        self._in_view: tuple[str, ...] = ()
        self._hidden = False
        self._failures = 0
        self.facts = ServerFacts()
        self.connected = Connected()

    def watch(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Calls `watcher` when `facts` or `connected` change."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher) if watcher in self._watchers else None

    async def run(self) -> None:
        """Reads for as long as it is not cancelled."""
        while True:
            self._wake.clear()
            if read := self._most_urgent():
                await self._spend(read)
            else:
                await self._sleep()

    # What others tell it.

    @contextmanager
    def held(self) -> Iterator[None]:
        """No read leaves while a press is out."""
        self._presses += 1
        self._free.clear()
        try:
            yield
        finally:
            self._presses -= 1
            if not self._presses:
                self._free.set()
            self.look_now()

    def look_now(self, *, all_pages: bool = False) -> None:
        """The list may have changed: read its first page next, or all of it."""
        self._due["first"] = 0.0
        if all_pages:
            self._due["pass"] = 0.0
        self._wake.set()

    def retire(self) -> None:
        """Another server is looked at now: read no more, but for launches that are still out."""
        self._hidden = True

    def try_now(self) -> None:
        """Somebody asks: the server may be back, or its settings may have changed."""
        self._due["facts"] = 0.0
        self._failures = 0
        if self.connected.contact is Contact.REFUSED:
            self._say(Connected())
        self.look_now(all_pages=True)

    def shows(self, conversation_ids: Iterable[str]) -> None:
        """Which rows are in view: their events come first."""
        view = tuple(conversation_ids)
        if view != self._in_view:
            self._in_view = view
            self._wake.set()

    def hides(self, hidden: bool) -> None:
        """Whether the window is out of sight."""
        self._hidden = hidden
        self._wake.set()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """One read within the budget, for those who must ask the server something themselves."""
        async with self._turn:
            while self._presses or (wait := self._last_read + BETWEEN_READS_S - _time()) > 0:
                await (self._free.wait() if self._presses else asyncio.sleep(wait))
            self._last_read = _time()
            yield

    # Which read is next.

    def _most_urgent(self) -> Read | None:
        if self._presses or self.connected.contact is Contact.REFUSED:
            return None
        time = _time()
        if time >= self._due["first"] and time >= self._due["facts"]:
            return self._read_facts
        if time >= self._due["first"]:
            return self._read_first_page
        if self.connected.contact is not Contact.CONNECTED:
            return None
        if row := self._row_with_news():
            return lambda: self._read_events(row)
        if self._pass is not None or time >= self._due["pass"]:
            return self._read_next_page
        return next((self._asking(id_) for id_, passes in self._missing.items() if passes >= 2), None)

    def _row_with_news(self) -> Session | None:
        """A row whose events may say more than we know; those in view first."""
        shown = [row for id_ in self._in_view if (row := self._book.by_id(id_))]
        rest = [row for row in self._book.sessions() if row.status == "RUNNING"]
        return next((row for row in (*shown, *rest) if self._has_news(row)), None)

    def _has_news(self, row: Session) -> bool:
        if row.status not in ("RUNNING", "STOPPED") or row.act is Act.DELETING or not row.conversation_id:
            return False
        return self._asked.get(row.conversation_id) != (row.updated_at, row.status)

    async def _sleep(self) -> None:
        soonest = min(self._due["first"], self._due["pass"]) - _time()
        asleep = self._presses or self.connected.contact is Contact.REFUSED
        try:
            await asyncio.wait_for(self._wake.wait(), None if asleep else max(soonest, BETWEEN_READS_S))
        except TimeoutError:
            return

    # The reads.

    async def _spend(self, read: Read) -> None:
        async with self.turn():
            try:
                await read()
            except LauncherError as error:
                self._failed(error)

    async def _read_facts(self) -> None:
        self._due["facts"] = _time() + FACTS_S
        found = await look_at(self._openhands)
        if found.facts != self.facts:
            self.facts = found.facts
            self._tell()

    async def _read_first_page(self) -> None:
        self._due["first"] = _time() + self._first_page_every()
        page = await self._openhands.page(limit=20)
        self._answered()
        self._book.listed(info for info in page.results if info)
        self._due["first"] = _time() + self._first_page_every()

    def _first_page_every(self) -> float:
        if self._hidden:
            return FIRST_PAGE_HIDDEN_S
        starting = any(is_starting(row) for row in self._book.sessions())
        return FIRST_PAGE_STARTING_S if starting else FIRST_PAGE_S

    async def _read_next_page(self) -> None:
        if self._pass is None:
            running = any(row.status == "RUNNING" for row in self._book.sessions())
            self._due["pass"] = _time() + (ALL_PAGES_RUNNING_S if running else ALL_PAGES_S)
            self._seen = set()
        page = await self._openhands.page(self._pass or None, limit=PAGE)
        infos = [info for info in page.results if info]
        self._seen.update(info.conversation_id for info in infos)
        self._book.listed(infos)
        self._pass = page.next_page_id
        if self._pass is None:
            self._count_missing()

    def _count_missing(self) -> None:
        """One missing row is no news: reads race with the server's own writes, and rows shift between pages."""
        missing = self._book.ids() - self._seen
        self._missing = {id_: self._missing.get(id_, 0) + 1 for id_ in missing}

    def _asking(self, conversation_id: str) -> Read:
        async def ask() -> None:
            self._missing[conversation_id] = -10  # older than ten days: only there by id, so ask seldom
            info = await self._openhands.conversation(conversation_id)
            if info is None:
                self._book.gone(conversation_id)
            else:
                self._book.listed([info])

        return ask

    async def _read_events(self, row: Session) -> None:
        self._asked[row.conversation_id] = (row.updated_at, row.status)
        if row.state_id < 0:
            await self._read_back(row.conversation_id)
            return
        page = await self._openhands.events(row.conversation_id, start_id=row.last_event_id + 1)
        self._book.happened(row.conversation_id, [event for event in page.events if event])
        if page.has_more and page.events:
            del self._asked[row.conversation_id]

    async def _read_back(self, conversation_id: str) -> None:
        """Newest first until a state is found. One event at first: a page may carry megabytes of images."""
        limit, end = 1, None
        while True:
            page = await self._openhands.events(conversation_id, end_id=end, newest_first=True, limit=limit)
            events = [event for event in page.events if event]
            self._book.happened(conversation_id, events)
            row = self._book.by_id(conversation_id)
            oldest = min((event.id for event in events if isinstance(event.id, int)), default=0)
            if row is None or row.state_before_stop or not page.has_more or oldest <= 0 or self._presses:
                return
            limit, end = min(limit * 4, 100), oldest - 1
            self._last_read = _time()
            await asyncio.sleep(BETWEEN_READS_S)

    # How we stand with the server.

    def _answered(self) -> None:
        self._failures = 0
        if self.connected.contact is not Contact.CONNECTED:
            self._due["pass"] = 0.0
            self._say(Connected(Contact.CONNECTED))

    def _failed(self, error: LauncherError) -> None:
        if isinstance(error, KeyRefused):
            self._say(Connected(Contact.REFUSED, self._now(), error=error))
        elif not isinstance(error, TooManyRequests) and not self._is_silent_for_us():
            self._failures += 1
            if isinstance(error, Unreachable) or self._failures > 1 or not self.connected.since:
                self._is_away(error)
        self._pass = None

    def _is_silent_for_us(self) -> bool:
        """While our own stop or delete is out the whole server may be silent: that is no outage."""
        return any(row.act in (Act.STOPPING, Act.DELETING) for row in self._book.sessions())

    def _is_away(self, error: LauncherError) -> None:
        if (
            self._failures < 2
            and not isinstance(error, Unreachable)
            and self.connected.contact is Contact.CONNECTED
        ):
            return  # one failed read is no news
        wait = TRY_AGAIN_S[min(self._failures, len(TRY_AGAIN_S)) - 1]
        self._due["first"] = _time() + wait
        self._due["facts"] = self._due["first"]
        since = self.connected.since or self._now()
        self._say(Connected(Contact.AWAY, since, self._now() + timedelta(seconds=wait), error))

    def _say(self, connected: Connected) -> None:
        if connected != self.connected:
            self.connected = connected
            self._tell()

    def _tell(self) -> None:
        for watcher in tuple(self._watchers):
            watcher()


def _time() -> float:
    return asyncio.get_running_loop().time()
