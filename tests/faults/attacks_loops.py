"""Servers that leave it to us to end a loop: pages, events and changes without end."""

import asyncio
import io
import itertools
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, redirect_stderr, redirect_stdout
from typing import Any, cast

from app.cli import list_reader
from app.cli.console import Console
from app.cli.parser import Options
from app.cli.sessions import session, sessions
from app.client.v0 import api
from app.compose import Connection, connect
from app.core import event_reading, launching, pages, unconfirmed_launches
from app.core.conversations import AgentState, Conversation
from app.core.draft import LaunchDraft
from app.core.servers import Server, ServerAddress
from app.core.sessions import SessionBook
from app.core.unconfirmed_launches import ListSnapshot
from app.core.watchers import report_to_loop
from app.errors import ConnectionLost
from tests.faults.attack import Attack, Bounds
from tests.faults.endless import BIRTH, Endless, at_work, endless, falling, id_of, page, row
from tests.faults.living import hurry
from tests.unit import fake, v0

TIMES = 20.0
HOUR_S, HOUR_TIMES = 3600.0, 120.0
ROWS, LOST, STARTUP_EVENTS, CHANGES = 3000, 12, 10_000, 60
WITHOUT_END = 1 << 60


# Commands.


def lists_for_ever() -> AbstractAsyncContextManager[Endless]:
    numbers = itertools.count()
    return endless(page=lambda *_: page([row(1, status="STOPPED")], f"page{next(numbers)}"))


def events_for_ever() -> AbstractAsyncContextManager[Endless]:
    return endless(conversation=lambda *_: row(1), events=falling)


def command(
    act: Callable[[Options, Connection, Console], Awaitable[None]], options: Options
) -> Callable[[str], Awaitable[None]]:
    async def run(address: str) -> None:
        hurry(TIMES)
        connection = await connect(Server(ServerAddress(address)), report_to_loop, reads=False)
        try:
            with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
                await act(options, connection, Console(as_json=True))
        finally:
            await connection.aclose()

    return run


def any_number_of_pages() -> None:
    pages.PAGES, list_reader.READING_S = WITHOUT_END, float("inf")


def any_number_of_steps() -> None:
    event_reading.STEPS, list_reader.READING_S = WITHOUT_END, float("inf")


# Rows in view.


def some_fall() -> AbstractAsyncContextManager[Endless]:
    """Of 60 rows the events of the first three fall for ever."""

    def events(path: str, query: dict[str, str]) -> Any:
        number = int(path.split("/")[-2], 16)
        return falling(path, query) if number < 3 else at_work(number)

    def one_page(_path: str, query: dict[str, str]) -> Any:
        return page([row(number) for number in range(60)][: int(query["limit"])])

    return endless(page=one_page, events=events)


async def watch_sixty_rows(address: str) -> None:
    """Until the state of all others is known."""
    hurry(TIMES)
    connection = await connect(Server(ServerAddress(address)), report_to_loop)
    connection.polling.set_in_view([id_of(number) for number in range(60)])
    try:
        async with asyncio.timeout(300):
            while sum(one.agent is AgentState.WORKING for one in connection.book.sessions()) < 57:
                await asyncio.sleep(1)
    finally:
        await connection.aclose()


def no_turns() -> None:
    event_reading.STEPS = event_reading.STEPS_AT_A_TIME = WITHOUT_END


# Many rows beside lost launches.


def changing_rows() -> AbstractAsyncContextManager[Endless]:
    """Each page of the list brings rows that have changed, and all are like the lost launches."""
    changes = itertools.count()

    def one_page(_path: str, query: dict[str, str]) -> Any:
        begin, change = int(query.get("page_id", 0)), next(changes)
        end = begin + int(query["limit"])
        rows = [
            row(-number, change, "STARTING") | {"conversation_id": id_of(number)}
            for number in range(begin, end)
        ]
        return page(rows, str(end) if end < ROWS else None)

    return endless(page=one_page, events=lambda *_: {"events": [], "has_more": False})


async def look_for_lost_launches(address: str) -> None:
    """For two minutes of the list's time."""
    hurry(TIMES)
    connection = await connect(Server(ServerAddress(address)), report_to_loop)
    for number in range(LOST):
        draft = LaunchDraft(repository="acme/web", selected_branch="main", initial_user_msg=f"Fix {number}")
        key = connection.book.add_launch(draft)
        connection.launching._lost.add(key, ListSnapshot.unread(BIRTH))
        connection.book.mark_unconfirmed(key, ConnectionLost())
    try:
        await asyncio.sleep(120)
        assert connection.book.count() >= ROWS, connection.book.count()
    finally:
        await connection.aclose()


def any_number_alike() -> None:
    unconfirmed_launches.MOST_ALIKE = WITHOUT_END


# The window.


_shown: list[Any] = []
"""The pane of sessions, off-screen, when it is there."""


def load() -> None:
    """Before anything is measured: what loading takes is no one's attack."""
    for kind in (api._PAGE, api._EVENTS, api._MAYBE_A_CONVERSATION):
        kind.rebuild()


def open_pane() -> None:
    load()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from app.ui import theme
    from app.ui.sessions import SessionsPane

    app = QApplication(["loops"])
    theme.install(app)
    pane = SessionsPane()
    pane.resize(620, 712)
    book = SessionBook()
    book.apply_page(infos(range(3), 0))
    pane.set_connection(asked(book))
    pane.show()
    app.processEvents()
    pane.grab()
    _shown.extend((app, pane))


def open_long_pane() -> None:
    """With all of the rows: a server names them a hundred at a time."""
    open_pane()
    book = SessionBook()
    book.apply_page(infos(range(ROWS), 0))
    _shown[1].set_connection(asked(book))
    _shown[0].processEvents()
    _shown.append(book)


def asked(book: SessionBook) -> Connection:
    from tests.gui.connections import NotingConnection  # Qt comes with it

    return cast(Connection, NotingConnection(book))


async def paint() -> None:
    """One turn of the window."""
    _shown[0].processEvents()
    await asyncio.sleep(0)


def infos(numbers: range, change: int) -> list[Conversation]:
    status = "STOPPED" if change % 2 else "RUNNING"
    return [v0.listed(**row(number, change, status)) for number in numbers]


async def show_changing_rows(_address: str) -> None:
    """Ten things happen between two looks at the window."""
    for change in range(CHANGES):
        for one in infos(range(10), change):
            _shown[2].apply_page([one])
        await paint()


async def hear_a_long_startup(_address: str) -> None:
    server = fake.FakeOpenHands(*(fake.Conversation(f"c{number}", status="STOPPED") for number in range(200)))
    async with fake.core(server) as it:
        await asyncio.sleep(0.5)
        _shown[1].set_connection(asked(it.book))
        draft = LaunchDraft(initial_user_msg="Fix it")
        key = it.launching.launch(fake.ready(draft))
        for number in range(STARTUP_EVENTS):
            server.tells("launched1", id=number, action="message", args={"content": f"Step {number}"})
            if number % 1000 == 999:
                await asyncio.sleep(0)
        while (there := it.book.get(key)) and there.last_words != f"Step {STARTUP_EVENTS - 1}":
            await paint()


def any_refresh() -> None:
    from app.ui.sessions import change_coalescer

    change_coalescer.ROWS_AT_ONCE = WITHOUT_END


class NoTurns:
    """asyncio, where nobody gives others a turn without waiting."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def sleep(self, seconds: float) -> None:
        if seconds:
            await asyncio.sleep(seconds)


def no_turn_between_events() -> None:
    vars(launching)["asyncio"] = NoTurns()


# An hour.


@asynccontextmanager
async def twenty_at_work() -> AsyncIterator[Endless]:
    changes = itertools.count(1)
    async with endless(
        page=lambda *_: page([row(number, next(changes)) for number in range(20)]),
        events=lambda *_: at_work(next(changes)),
    ) as server:
        yield server


async def watch_for_an_hour(address: str) -> None:
    hurry(HOUR_TIMES)
    connection = await connect(Server(ServerAddress(address)), report_to_loop)
    connection.polling.set_in_view([id_of(number) for number in range(12)])
    try:
        await asyncio.sleep(HOUR_S)
    finally:
        await connection.aclose()


def each_answer_is_kept() -> None:
    """Nothing grows here that a limit would hold: this shows that the measure would see it."""
    read, kept = api._read, []

    def keeping(*said: Any, **more: Any) -> Any:
        kept.append(bytearray(4096))
        return read(*said, **more)

    api._read = keeping


ATTACKS = (
    Attack(
        "pages without end, for `sessions`",
        command(sessions, Options(command="sessions", limit=10_000, json=True)),
        Bounds(growth_mib=64, gap_ms=50, requests=pages.PAGES + 10, seconds=15),
        any_number_of_pages,
        lists_for_ever,
        load,
    ),
    Attack(
        "events that fall for ever, for `session ID`",
        command(session, Options(command="session", id=id_of(1), json=True)),
        Bounds(growth_mib=64, gap_ms=50, requests=event_reading.STEPS + 10, seconds=15),
        any_number_of_steps,
        events_for_ever,
        load,
    ),
    Attack(
        "events that fall for ever in three of 60 rows in view",
        watch_sixty_rows,
        Bounds(growth_mib=64, gap_ms=50, requests=200, seconds=15),
        no_turns,
        some_fall,
        load,
    ),
    Attack(
        "3,000 changing rows beside 12 lost launches",
        look_for_lost_launches,
        Bounds(growth_mib=64, gap_ms=50, requests=250, seconds=15),
        any_number_alike,
        changing_rows,
        load,
    ),
    Attack(
        "ten changes at once in a list of 3,000 rows, in the window",
        show_changing_rows,
        Bounds(growth_mib=64, gap_ms=50, seconds=15),
        any_refresh,
        prepare=open_long_pane,
    ),
    Attack(
        "10,000 events of one start-up, in the window",
        hear_a_long_startup,
        Bounds(growth_mib=64, gap_ms=50, seconds=30),
        no_turn_between_events,
        prepare=open_pane,
    ),
    Attack(
        "an hour of 20 changing conversations",
        watch_for_an_hour,
        Bounds(growth_mib=16, gap_ms=50, seconds=60),
        each_answer_is_kept,
        twenty_at_work,
        load,
    ),
)
