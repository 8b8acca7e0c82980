"""A server that fills its list, its events and its refusals with more than anybody wants to know."""

import asyncio
import importlib
import json
import os
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

import pydantic.types  # noqa: F401 - before PySide6, which reads what is imported after it, also half imported
from aiohttp import web
from pydantic import TypeAdapter
from PySide6.QtWidgets import QApplication

from app.client.v0 import api, mapping
from app.client.v0.schemas import ConversationInfo, ConversationInfoResultSet, Else, Event, EventPage
from app.core import pages
from app.core.budget import Budget
from app.core.conversations import ConversationPage
from app.core.draft import LaunchDraft
from app.core.event_reading import EventReading
from app.core.known_server import KnownServer
from app.core.polling import Polling
from app.core.servers import Server, ServerAddress, ServerIdentity
from app.core.session_words import in_full
from app.core.sessions import SessionBook
from app.core.tasks import Tasks
from app.core.whole_texts import WholeTexts
from app.errors import Invalid, MoreThanAskedFor, Problem, TooManyRequests
from app.ui.launch.pane import LaunchPane
from app.ui.theme import install
from app.wire import limits
from app.wire.schemas import InitSessionRequest
from tests.faults.attack import Attack, Bounds
from tests.faults.hostile import answer, hostile
from tests.faults.lists import listing
from tests.unit import v0

importlib.import_module(
    "anyio._backends._asyncio"
)  # the first request would load it, and that is no gap of ours

MIB = 1024 * 1024
WIDE = "\U0001f600"
"""Takes four bytes in UTF-8, and makes of every character of a text in Python as many."""

DIGITS = b"9" * 4300

FRAMES_S = 0.05
"""How long the form may be about the problems of a refusal."""


def id_of(number: int) -> str:
    return f"{number:032x}"


def row(number: int, *, length: int = 100) -> dict[str, Any]:
    """One that runs, with texts of so many wide characters in every field that keeps text."""
    at = f"2026-11-{1 + number % 27:02}T10:{number % 60:02}:00Z"
    text = f"{number:06}" + WIDE * length
    return {
        "conversation_id": id_of(number),
        "title": text,
        "status": "RUNNING",
        "runtime_status": text,
        "selected_repository": text,
        "selected_branch": text,
        "created_at": at,
        "last_updated_at": at,
    }


def told(text: str, number: int = 8) -> list[dict[str, Any]]:
    """The newest events of a conversation: why it is in its state, and what it said before."""
    state = {"agent_state": "error" + text[:400], "reason": text}
    return [
        {"id": number + 1, "observation": "agent_state_changed", "extras": state},
        {"id": number, "source": "agent", "action": "message", "args": {"content": text}},
    ]


def text_of(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


# Victims.


@asynccontextmanager
async def reading(address: str) -> AsyncIterator[tuple[SessionBook, Polling, api.OpenHandsClient]]:
    """What a window does with its list, without the pauses."""
    client, book, faults = (
        api.OpenHandsClient(Server(ServerAddress(address))),
        SessionBook(),
        list[BaseException](),
    )
    tasks = Tasks(faults.append)
    polling = Polling(client, book, KnownServer(), Budget(0.0), report=faults.append)
    tasks.start("polling", polling.run)
    yield book, polling, client
    await tasks.aclose()
    await client.aclose()
    if faults:
        raise faults[0]


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.01)


async def read_all_last_words(address: str) -> None:
    async with reading(address) as (book, polling, _):
        await until(lambda: book.count() == 60)
        polling.set_in_view(sorted(book.ids()))
        await until(lambda: all(one.last_words for one in book.sessions()))


async def read_one_whole(address: str) -> None:
    """What `session ID` does, up to its text."""
    client, book, tasks = api.OpenHandsClient(Server(ServerAddress(address))), SessionBook(), Tasks(print)
    book.apply_page([v0.listed(conversation_id=id_of(1), status="RUNNING")])
    budget, events = Budget(0.0), EventReading(client, book)
    events.set_in_view(book.ids())
    while found := events.next_in_view():
        await events.read(found)
    [one] = book.sessions()
    await WholeTexts(client, book, budget, tasks).read(one.key)
    [one] = book.sessions()
    in_full(one, datetime.now(UTC), longest=None)
    await client.aclose()
    assert len(one.last_words) == limits.WHOLE


async def read_pages(address: str) -> None:
    async with reading(address) as (_, _, client):
        asked = 0
        page_of_server = client.page

        async def page(page_id: str | None = None, *, limit: int = 100) -> ConversationPage:
            nonlocal asked
            asked += 1
            return await page_of_server(page_id, limit=limit)

        client.page = page  # type: ignore[method-assign]
        await until(lambda: asked >= pages.PAGES or asked >= 400)


async def know_all_there_is(_address: str) -> None:
    """The same rows as with each page and each answer, but without the wire, which would take minutes."""
    book, page, events = SessionBook(), TypeAdapter(ConversationInfoResultSet), TypeAdapter(EventPage)
    said = text_of({"events": told(WIDE * 3000)})
    for begin in range(0, 11_000, 100):
        rows = text_of({"results": [row(number, length=300) for number in range(begin, begin + 100)]})
        await asyncio.sleep(0)
        book.apply_page(mapping.page_of(page.validate_json(rows)).conversations)
        for number in range(begin, begin + 100):
            await asyncio.sleep(0)
            book.apply_updates(
                id_of(number),
                filter(None, map(mapping.update_of, filter(None, events.validate_json(said).events))),
            )
    assert all(one.agent_word for one in book.sessions())


async def read_one_page(address: str) -> None:
    client, is_refused = api.OpenHandsClient(Server(ServerAddress(address))), False
    try:
        await client.page()
    except MoreThanAskedFor:
        is_refused = True
    await client.aclose()
    assert is_refused


async def be_refused(address: str) -> None:
    """A launch, up to the sentences at the fields of the form; to build that takes longer, and is not counted."""
    form = a_form()
    client = api.OpenHandsClient(Server(ServerAddress(address)), ServerIdentity("0.53.0"))
    await asyncio.sleep(0.01)
    try:
        await client.create(InitSessionRequest(initial_user_msg="Fix it"))
    except Invalid as error:
        began = time.process_time()
        form.form.add_problems(LaunchDraft().own(error.problems))
        QApplication.processEvents()
        if (took := time.process_time() - began) > FRAMES_S:
            raise TimeoutError(took) from None
    finally:
        await client.aclose()


def a_form() -> LaunchPane:
    """The real one; its application must live as long as it."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication([])
    install(application)
    pane = LaunchPane(Tasks(lambda _: None))
    pane.setProperty("application", application)
    pane.begin()
    pane.show()
    return pane


async def read_the_number(address: str) -> None:
    client = api.OpenHandsClient(Server(ServerAddress(address)))
    page = await client.events(id_of(1))
    await client.aclose()
    assert [one.id for one in page.events if one] == [None]


async def be_asked_for_quiet(address: str) -> None:
    client = api.OpenHandsClient(Server(ServerAddress(address)), ServerIdentity("0.53.0"))
    wanted_s = None
    try:
        await client.page()
    except TooManyRequests as error:
        wanted_s = error.retry_after_s
    await client.aclose()
    assert wanted_s == 300


# Their limits.


def keep_texts_whole() -> None:
    limits.part = limits.cut = lambda text, _limit: text.decode()  # type: ignore[assignment]


def know_any_number_of_rows() -> None:
    limits.ROWS = pages.PAGES = 1 << 40


def keep_all_last_words() -> None:
    know_any_number_of_rows()
    limits.ROWS_WITH_WORDS = 1 << 40


class AnyPage(ConversationInfoResultSet):
    results: list[Annotated[ConversationInfo | None, Else()]]


def take_any_page() -> None:
    api._PAGE = TypeAdapter(AnyPage)
    reader = api._reader
    api._reader = lambda kind, _is_as_asked=None: reader(kind)  # type: ignore[assignment]


def place_all_problems() -> None:
    """And compare each with all before it."""
    limits.PROBLEMS = 1 << 40

    def own(self: LaunchDraft, problems: Iterable[Problem]) -> list[Problem]:
        found = list(problems)
        return [problem for place, problem in enumerate(found) if problem not in found[:place]]

    LaunchDraft.own = own  # type: ignore[method-assign]


class AnyId(Event):
    id: int | None = None


class AnyIds(EventPage):
    events: list[AnyId]  # type: ignore[assignment]


def take_any_number() -> None:
    api._EVENTS = TypeAdapter(AnyIds)


def rest_as_long_as_wanted() -> None:
    from app.client import refusals

    refusals.__dict__["rest_after"] = lambda wanted_s: wanted_s or 1.0


# The servers.


def some_rows(request: web.Request) -> bytes:
    """Sixty, in pages as long as they are asked for."""
    begin, limit = int(request.query.get("page_id", 0)), int(request.query["limit"])
    end = min(begin + limit, 60)
    more = str(end) if end < 60 else None
    return text_of({"results": [row(one) for one in range(begin, end)], "next_page_id": more})


def endless_rows(request: web.Request) -> bytes:
    begin, limit = int(request.query.get("page_id", 0)), int(request.query["limit"])
    results = [row(one, length=300) for one in range(begin, begin + limit)]
    return text_of({"results": results, "next_page_id": str(begin + limit)})


def far_too_many_rows() -> bytes:
    return text_of({"results": [{"conversation_id": id_of(one)} for one in range(20_000)]})


def long_last_words() -> Callable[[web.Request], bytes]:
    """30 MiB of them; one wide character makes of them 120 MiB in Python."""
    state, _ = told("error")
    newest = json.dumps({"events": [state], "has_more": True}).encode()
    before = json.dumps(told("TEXT")[1]).encode().replace(b"TEXT", WIDE.encode() + b"x" * 30 * MIB)
    before = b'{"events": [' + before + b'], "has_more": true}'
    return lambda request: before if "end_id" in request.query else newest


def many_details() -> bytes:
    """As many as fit into what is read of a refusal."""
    details = [f'{{"type":"{one}"}}' for one in range(4000)]
    return f'{{"detail":[{",".join(details)}]}}'.encode()


ATTACKS = (
    Attack(
        "rows with 30 MiB of last words each",
        read_all_last_words,
        Bounds(growth_mib=160, requests=200, seconds=60),
        keep_texts_whole,
        lambda: listing(some_rows, long_last_words()),
    ),
    Attack(
        "last words of 30 MiB, read whole",
        read_one_whole,
        Bounds(growth_mib=160, requests=5, seconds=20),
        keep_texts_whole,
        lambda: listing(events=long_last_words()),
    ),
    Attack(
        "a list without end, with the longest texts",
        read_pages,
        Bounds(growth_mib=64, gap_ms=50, requests=420, seconds=60),
        know_any_number_of_rows,
        lambda: listing(endless_rows),
    ),
    Attack(
        "11,000 rows that all run, with the longest texts, last words and reasons",
        know_all_there_is,
        Bounds(growth_mib=64, seconds=60),
        keep_all_last_words,
    ),
    Attack(
        "a page of 20,000 rows where a hundred were asked for",
        read_one_page,
        Bounds(growth_mib=64, gap_ms=50, requests=1, seconds=10),
        take_any_page,
        lambda: listing(lambda _: far_too_many_rows()),
    ),
    Attack(
        "a refusal with thousands of details",
        be_refused,
        Bounds(growth_mib=64, requests=1, seconds=10),
        place_all_problems,
        lambda: hostile(answer(many_details(), "422 Unprocessable Entity")),
    ),
    Attack(
        "an event whose number has 4,300 digits",
        read_the_number,
        Bounds(requests=1, seconds=5),
        take_any_number,
        lambda: listing(events=lambda _: b'{"events": [{"id": ' + DIGITS + b"}]}"),
    ),
    Attack(
        "a wish for quiet for 31 years",
        be_asked_for_quiet,
        Bounds(requests=1, seconds=5),
        rest_as_long_as_wanted,
        lambda: hostile(answer(b"{}", "429 Too Many Requests", retry_after="999999999")),
    ),
)
