"""A whole life with a server that may lie: client, book and polling as the window has them, and what a person does."""

import asyncio
import itertools
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from app import formats, messages
from app.cli.facts import facts_of
from app.cli.list_reader import ListReader
from app.client.v0 import api, startup_socket  # noqa: F401 - loaded before anything is measured
from app.compose import Connection, connect
from app.core.draft import LaunchDraft
from app.core.following import Following
from app.core.launching import Launched, Outcome
from app.core.polling import Polling
from app.core.server_port import read_facts
from app.core.servers import Server, ServerAddress
from app.core.session import Operation, Session, SessionKey
from app.core.session_state import state_of
from app.core.session_words import (
    doing,
    in_full,
    in_whole,
    not_done,
    shown_title,
    spoken,
    state_word,
    told_and_said,
)
from app.errors import LauncherError
from tests.faults.hostile import KEY
from tests.unit.fake import ready

TIMES = 80.0
"""How many times as fast as a clock the loop's time goes."""

LIFE_S = 40.0
"""Of that time: how long the list is watched after the last deed."""

SETTLE_S = 4.0
IN_VIEW = 12
MESSAGES = ("Fix it", "Is it done?", "", "\u202eodd")


formats.age(datetime.min.replace(tzinfo=UTC), datetime.now(UTC))  # babel is loaded, as by the first old row


def hurry(times: float = TIMES) -> None:
    """From now on the running loop's time goes so many times as fast: waits are short, and deadlines too."""
    loop: Any = asyncio.get_running_loop()
    start, begun, select = loop.time(), time.monotonic(), loop._selector.select
    loop.time = lambda: start + (time.monotonic() - begun) * times
    loop._selector.select = lambda timeout=None: select(timeout / times if timeout else timeout)


def server_at(address: str) -> Server:
    return Server(ServerAddress(address), SecretStr(KEY))


@dataclass(slots=True)
class Lived:
    """What came of a life."""

    bugs: list[BaseException] = field(default_factory=list)
    """What was reported, or reached the loop: none of it may be."""
    met: Counter[str] = field(default_factory=Counter)
    """The errors of ours that were met, by name: what else is there to lie about?"""

    def met_error(self, error: LauncherError | None) -> None:
        if error is None:
            return
        self.met[type(error).__name__] += 1
        for of_launch in (True, False):
            said = messages.error(error, of_launch=of_launch)
            check(said.title, said.text)


@dataclass(slots=True)
class Person:
    """Looks at everything that is shown, and does one deed after the other."""

    connection: Connection
    lived: Lived
    seen: dict[SessionKey, Session] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=itertools.count)
    clock_is_off: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.clock_is_off

    def set_clock(self, by: timedelta) -> None:
        """Somebody sets the clock of this machine."""
        self.clock_is_off += by
        polling = self.connection.polling
        assert isinstance(polling, Polling)
        self.connection.book._now = self.connection.launching._now = polling._now = self.now
        self.connection.known._now = self.now

    def look(self) -> None:
        """What the window does with every change: the sentences of the rows that are others now."""
        now = self.now()
        rows = self.connection.book.sessions()
        for row in rows[:IN_VIEW]:
            if self.seen.get(row.key) is not row:
                self.seen[row.key] = row
                say_row(row, now)
        if rows:
            check(*told_and_said(rows[0], now))

    def look_at_contact(self) -> None:
        connected, facts = self.connection.known.status, self.connection.known.facts
        self.lived.met_error(connected.error)
        assert isinstance(connected.state.word, str)
        for moment in (connected.since, connected.next_try):
            if moment is not None:
                moment.astimezone().strftime("%H:%M:%S")
        for provider in facts.git_hosts or ():
            messages.provider(provider)

    def hear(self, outcome: Outcome) -> None:
        if isinstance(outcome, Launched):
            return
        self.lived.met_error(outcome.error)
        for problem in outcome.problems:
            check(messages.problem(problem))

    def hear_failed(self, row: Session, act: Operation, error: LauncherError) -> None:
        self.lived.met_error(error)
        said = not_done(row, act, error)
        check(said.title, said.text)

    async def does(self, deed: str) -> None:
        """Only errors of ours may come of it."""
        connection, number = self.connection, next(self.numbers)
        rows = connection.book.sessions()
        row = rows[number % len(rows)] if rows else None
        openhands = connection.client
        of_row: dict[str, Callable[[SessionKey], object]] = {
            "stop": connection.actions.stop,
            "delete": connection.actions.delete,
        }
        of_lost: dict[str, Callable[[SessionKey], object]] = {
            "look again": connection.launching.look_again,
            "forget": connection.book.forget,
        }
        if row:
            connection.whole_texts.look_at(row.key)
        if row and deed in of_row:
            of_row[deed](row.key)
        if deed in of_lost and (lost := next((one for one in rows if one.is_unconfirmed), None)):
            of_lost[deed](lost.key)
        asks: dict[str, Callable[[], Awaitable[object]]] = {
            "check": openhands.check_key,
            "look at": lambda: read_facts(openhands),
            "branches": lambda: openhands.branches("acme/web"),
            "page": openhands.page,
            "conversation": lambda: openhands.conversation(row.conversation_id if row else "0" * 32),
            "settle": lambda: asyncio.sleep(SETTLE_S),
            "read": lambda: read_as_a_command(connection),
        }
        match deed:
            case "launch":
                draft = LaunchDraft(initial_user_msg=MESSAGES[number % len(MESSAGES)], repository="acme/web")
                connection.launching.launch(ready(draft))
            case "a day on" | "a day back":
                self.set_clock(timedelta(days=1 if deed == "a day on" else -1))
            case "try now":
                connection.polling.retry_now()
            case "hide" | "show":
                connection.polling.set_hidden(deed == "hide")
        if deed in asks:
            with self.standing():
                await asks[deed]()
        connection.polling.set_in_view([one.conversation_id for one in rows[:IN_VIEW] if one.conversation_id])
        await asyncio.sleep(0.3)

    def standing(self) -> "Standing":
        return Standing(self.lived)


class Standing(suppress):
    """Errors of ours are met, and passed over; anything else goes on."""

    def __init__(self, lived: Lived) -> None:
        super().__init__(LauncherError)
        self._lived = lived

    def __exit__(self, kind: Any, fault: Any, trace: Any) -> bool:
        if isinstance(fault, LauncherError):
            self._lived.met_error(fault)
        return super().__exit__(kind, fault, trace)


def check(*shown: str) -> None:
    """What is shown can be printed, and does not hold the key, whoever quotes it."""
    for one in shown:
        assert KEY not in one
        one.encode()


def say_row(row: Session, now: datetime) -> None:
    """Every sentence of a row."""
    check(shown_title(row), state_word(row, state_of(row, now)), spoken(row, now), in_whole(row, now))
    check(doing(row, now), doing(row, now, away_since=now))
    for moment in (row.created_at, row.unchanged_since):
        formats.age(moment, now)


def say_all(row: Session, address: ServerAddress, now: datetime) -> None:
    """What the command line says of it, too."""
    say_row(row, now)
    check(in_full(row, now, longest=None))
    facts_of(row, address, now)


@asynccontextmanager
async def connected(address: str, lived: Lived) -> AsyncIterator[Connection]:
    with caught(lived):
        connection = await connect(server_at(address), lived.bugs.append)
        try:
            yield connection
        finally:
            await connection.aclose()
            await asyncio.sleep(0)


@contextmanager
def caught(lived: Lived) -> Iterator[None]:
    """What reaches the loop, or Qt, or a collector, is a bug that was met."""
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler(), sys.excepthook, sys.unraisablehook
    loop.set_exception_handler(
        lambda _, facts: lived.bugs.append(facts.get("exception") or RuntimeError(facts["message"]))
    )
    sys.excepthook = lambda kind, fault, trace: lived.bugs.append(fault)
    sys.unraisablehook = lambda facts: lived.bugs.append(facts.exc_value or RuntimeError(facts.err_msg))
    try:
        yield
    finally:
        loop.set_exception_handler(before[0])
        sys.excepthook, sys.unraisablehook = before[1:]


async def live(address: str, deeds: Iterable[str]) -> Lived:
    """One life, from the first look to closing."""
    lived = Lived()
    tasks = asyncio.all_tasks()
    async with connected(address, lived) as connection:
        person = Person(connection, lived)
        connection.book.watch(lambda _changes: person.look())
        connection.known.watch(person.look_at_contact)
        connection.launching.watch(person.hear)
        connection.actions.on_failed = person.hear_failed
        try:
            for deed in deeds:
                await person.does(deed)
            await asyncio.sleep(LIFE_S)
            for row in connection.book.sessions():
                say_all(row, connection.server.address, datetime.now(UTC))
                await asyncio.sleep(0)
            await follow(connection, lived)
        except Exception as fault:  # noqa: BLE001 - only errors of ours are no bug
            lived.bugs.append(fault)
    for _ in range(9):  # what the collector has closed ends by itself
        await asyncio.sleep(0)
    left = [one for one in asyncio.all_tasks() - tasks if "lying" not in repr(one)]
    assert not left, left
    return lived


async def read_as_a_command(connection: Connection) -> None:
    """What `sessions` and `session ID` read, into the same book."""
    reading = ListReader(connection.client, connection.book)
    rows = await reading.newest(IN_VIEW)
    await reading.states([row.conversation_id for row in rows if row.conversation_id])
    for row in rows[:2]:
        await connection.whole_texts.read(row.key)


async def follow(connection: Connection, lived: Lived) -> None:
    """As `launch --wait` does, with its newest conversation, for a while."""
    rows = [row for row in connection.book.sessions() if row.conversation_id]
    following = Following(connection.client, connection.book, connection.budget)
    with Standing(lived), suppress(TimeoutError):
        async with asyncio.timeout(LIFE_S / 4):
            await following.until_it_rests(rows[0].key if rows else SessionKey(""), lambda row: None)
