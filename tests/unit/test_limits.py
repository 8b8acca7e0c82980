"""What is kept of what a server says: so many characters, rows and pages, whatever it sends."""

import json
import sys
import tracemalloc
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from app.client.refusals import refusal
from app.client.transport import Answer
from app.client.v0.api import OpenHandsClient
from app.client.v0.schemas import (
    BranchPage,
    ConversationInfo,
    ConversationResponse,
    Event,
    EventPage,
    Settings,
)
from app.core.conversations import AgentState, Conversation, StoredUpdate, TextRef
from app.core.draft import LaunchDraft
from app.core.session import Session
from app.core.sessions import SessionBook
from app.errors import Invalid, LauncherError, MoreThanAskedFor, Problem
from app.wire import limits
from tests.faults.hostile import answer, hostile
from tests.unit import v0

MIB = 1024 * 1024
ID = "f" * 32
WIDE = "\U0001f600"
LONG = WIDE * 200_000

wide_text = st.text(max_size=30) | st.text(st.characters(min_codepoint=0x10000), max_size=30)


@given(wide_text, st.integers(2, 12))
@example(WIDE * 12, 12)
@example("é" * 13, 12)
def test_a_text_is_cut_where_it_is_longer_and_its_ellipsis_counts(text: str, limit: int) -> None:
    kept = limits.cut(text.encode(), limit)
    assert kept == (text if len(text) <= limit else text[: limit - 1] + "…")


@given(wide_text, st.integers(1, 6).map(lambda half: 2 * half))
@example(WIDE * 12, 12)
@example("a" + WIDE * 12, 12)
def test_of_a_longer_text_a_part_has_its_beginning_and_its_end(text: str, limit: int) -> None:
    kept = limits.part(text.encode(), limit)
    assert limits.is_part(kept, limit) is (len(text) > limit)
    if len(text) <= limit:
        assert kept == text
    else:
        assert kept.startswith(text[: limit // 2])
        assert kept.endswith(text[-limit // 2 :])
        assert "…" in kept


def texts_of(value: object) -> Iterator[str]:
    """Every text that is kept of a model."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, BaseModel):
        for one in vars(value).values():
            yield from texts_of(one)
    elif isinstance(value, dict):
        yield from texts_of([*value, *value.values()])
    elif isinstance(value, list):
        for one in value:
            yield from texts_of(one)


FULL: list[tuple[type[BaseModel], dict[str, Any], int]] = [
    (
        ConversationInfo,
        {
            "conversation_id": ID,
            **dict.fromkeys(
                ("title", "status", "runtime_status", "selected_repository", "selected_branch"), LONG
            ),
        },
        5,
    ),
    (
        Event,
        {
            **dict.fromkeys(("id", "source", "action", "observation", "message", "type"), LONG),
            "args": {"content": LONG, "final_thought": LONG, "image_urls": [LONG]},
            "extras": {"agent_state": LONG, "reason": LONG},
        },
        10,
    ),
    (
        ConversationResponse,
        {"status": "ok", "conversation_id": ID, "message": LONG, "conversation_status": LONG},
        2,
    ),
    (
        Settings,
        {
            "llm_model": LONG,
            "provider_tokens_set": {LONG: LONG},
            "mcp_config": {"sse_servers": [LONG], "stdio_servers": [{"name": LONG}], "shttp_servers": []},
        },
        5,
    ),
]


@pytest.mark.parametrize(("kind", "value", "texts"), FULL)
def test_no_text_of_an_answer_is_kept_longer_than_its_limit(
    kind: type[BaseModel], value: dict[str, Any], texts: int
) -> None:
    longest = max(limits.SENTENCE, limits.LAST_WORDS + 20)
    for read in (kind.model_validate(value), kind.model_validate_json(json.dumps(value))):
        kept = [one for one in texts_of(read) if WIDE in one]
        assert len(kept) == texts
        assert max(map(len, kept)) <= longest


@pytest.mark.parametrize(
    ("field", "length"), [("title", 200), ("selected_repository", 200), ("selected_branch", 255)]
)
def test_what_an_honest_server_says_of_a_row_is_kept_whole(field: str, length: int) -> None:
    text = "é" * length
    assert getattr(ConversationInfo.model_validate({"conversation_id": ID, field: text}), field) == text


def test_half_of_a_surrogate_pair_costs_a_frame_one_character() -> None:
    assert Event.model_validate({"error": True, "message": "No \ud83d model"}).message == "No ? model"


def test_of_what_is_not_read_of_an_event_nothing_is_made() -> None:
    """A person's own images: 27 MiB that nobody needs."""
    image = "data:image/png;base64," + "A" * 27 * MIB
    event = {
        "id": 3,
        "source": "user",
        "action": "message",
        "args": {"content": "See", "image_urls": [image]},
    }
    body = json.dumps({"events": [event], "has_more": False}).encode()
    reader = TypeAdapter(EventPage)
    reader.validate_json(b'{"events": []}')
    tracemalloc.start()
    try:
        [read] = reader.validate_json(body).events
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert read
    assert read.args.content == "See"
    assert peak < MIB


@pytest.mark.parametrize(
    ("digits", "id_"),
    [("8", 8), (str(2**53), 2**53), (str(2**53 + 1), None), ("9" * 4300, None), ("1e300", None)],
)
def test_the_id_of_an_event_is_no_larger_than_any_that_there_can_be(digits: str, id_: int | None) -> None:
    page = EventPage.model_validate_json(f'{{"events": [{{"id": {digits}}}, {{"id": 1}}]}}')
    assert [one.id for one in page.events if one] == [id_, 1]


def test_settings_with_more_servers_and_providers_than_anybody_has_say_nothing_of_them() -> None:
    many = {"provider_tokens_set": {str(one): None for one in range(limits.PROVIDERS + 1)}}
    assert Settings.model_validate(many).provider_tokens_set is None
    servers = {"mcp_config": {"sse_servers": ["https://a.example"] * (limits.MCP_SERVERS + 1)}}
    assert Settings.model_validate(servers).mcp_config is None


# Pages.


def a_page(rows: int) -> bytes:
    return json.dumps({"results": [{"conversation_id": f"{one:032x}"} for one in range(rows)]}).encode()


def some_events(count: int) -> bytes:
    return json.dumps({"events": [{"id": one} for one in range(count)]}).encode()


async def read(client: OpenHandsClient, what: str, limit: int) -> object:
    if what == "page":
        return await client.page(limit=limit)
    if what == "events":
        return await client.events(ID, limit=limit)
    return await client.event(ID, 0)


@pytest.mark.parametrize(
    ("what", "limit", "body"),
    [
        ("page", 20, a_page(21)),
        ("page", 100, a_page(101)),
        ("page", 100, a_page(20_000)),
        ("events", 1, some_events(2)),
        ("events", 100, some_events(101)),
        ("event", 1, some_events(2)),
    ],
)
async def test_a_page_of_more_than_was_asked_for_is_refused(what: str, limit: int, body: bytes) -> None:
    async with hostile(answer(body)) as there:
        client = there.client()
        with pytest.raises(MoreThanAskedFor):
            await read(client, what, limit)
        await client.aclose()
    assert there.connections == 1


async def test_a_full_page_is_read() -> None:
    async with hostile(answer(a_page(100))) as there:
        client = there.client()
        assert len((await client.page(limit=100)).conversations) == 100
        await client.aclose()


def test_a_branch_that_no_git_can_have_is_left_out_and_a_list_of_too_many_refused() -> None:
    named = BranchPage.model_validate([{"name": "main"}, {"name": "x" * 256}])
    assert [one.name for one in named.branches if one] == ["main", None]
    with pytest.raises(ValidationError):
        BranchPage.model_validate([{"name": "main"}] * (limits.BRANCHES + 1))


# Refusals.


def invalid(*details: object) -> list[Problem]:
    body = json.dumps({"detail": details}).encode()
    error: LauncherError = refusal(Answer("", 422, {}, body))
    assert isinstance(error, Invalid)
    return error.problems


def test_of_a_refusal_with_thousands_of_details_the_first_are_read() -> None:
    problems = invalid(*({"type": f"t{one}", "loc": ["body", "repository"]} for one in range(4_500)))
    assert [one.type for one in problems] == [f"t{one}" for one in range(limits.PROBLEMS)]


def test_what_is_longer_than_any_place_or_fact_of_ours_is_not_kept() -> None:
    facts = {"ge": 1, "long": "x" * 10_000, "huge": 2**60, "n" * 100: 1} | {
        f"f{one}": one for one in range(50)
    }
    deep = invalid({"type": "t" * 500, "msg": "m" * 10_000, "loc": ["body", *"abcdefghijkl"], "ctx": facts})
    long = invalid({"type": "missing", "loc": ["x" * 10_000]}, {"type": "missing", "loc": ["a", 2**60]})
    assert [one.loc for one in deep + long] == [(), (), ()]
    assert (len(deep[0].type), len(deep[0].msg)) == (limits.WORD, limits.FACT)
    assert list(deep[0].ctx) == ["ge", *(f"f{one}" for one in range(limits.FACTS - 1))]


def test_each_problem_is_compared_with_few_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands were compared each with all before it."""
    compared = 0
    equal = Problem.__eq__

    def counts(one: Problem, other: object) -> bool:
        nonlocal compared
        compared += 1
        return bool(equal(one, other))

    monkeypatch.setattr(Problem, "__eq__", counts)
    problems = [Problem(loc=("image_urls", one % 500), type="image_url") for one in range(1000)]
    assert len(LaunchDraft().own(problems)) == 500
    assert compared <= 2000


# Rows.


def size_of(row: Session) -> int:
    """In bytes, with all that only this row holds."""
    values = [getattr(row, one.name) for one in fields(row)]
    texts = [row.reason.text, row.startup_error.text]
    return sys.getsizeof(row) + sum(map(sys.getsizeof, [*values, *texts]))


def an_info(number: int, **known: Any) -> Conversation:
    return v0.listed(**{"conversation_id": f"{number:032x}", "status": "RUNNING", **known})


def told(text: str) -> list[StoredUpdate]:
    return [v0.in_state(9, "error", text), v0.said(8, text)]


def test_a_row_with_the_longest_texts_takes_little_and_so_do_all_rows_together() -> None:
    book = SessionBook()
    names = ("title", "runtime_status", "selected_repository", "selected_branch")
    book.apply_page([an_info(1, **dict.fromkeys(names, LONG))])
    [listed] = book.sessions()
    book.apply_updates(f"{1:032x}", told(LONG))
    [read] = book.sessions()
    of_words = size_of(read) - size_of(listed)
    assert size_of(listed) * limits.ROWS + of_words * limits.ROWS_WITH_WORDS < 64 * MIB
    assert len(read.last_words) <= limits.LAST_WORDS + 20


def test_no_more_rows_are_known_than_the_newest_and_our_own_are_never_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "ROWS", 10)
    book = SessionBook()
    ours = [book.add_launch(LaunchDraft()) for _ in range(3)]
    book.assign_conversation(ours[0], f"{99:032x}")
    book.apply_page([an_info(number, created_at=f"2026-11-{number:02}T00:00:00Z") for number in range(1, 8)])
    heard: list[int] = []
    book.watch(lambda _changes: heard.append(1))
    for _look in range(2):  # they are older than all that are known
        book.apply_page([an_info(20, created_at="2026-10-01T00:00:00Z"), an_info(21)])
        assert book.is_full
        assert len(heard) == 1
    book.apply_page([an_info(22, created_at="2026-11-20T00:00:00Z")])
    assert len(heard) == 2
    assert book.count() == len(book.sessions()) == 10
    assert all(book.get(key) for key in ours)
    theirs = [row.conversation_id for row in book.sessions() if row.draft is None]
    assert theirs == [f"{one:032x}" for one in (22, 7, 6, 5, 4, 3, 2)]
    assert book.ids() == {*theirs, f"{99:032x}"}
    book.mark_gone(theirs[0])
    assert not book.is_full


def test_a_list_without_end_and_without_dates_does_not_change_all_the_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "ROWS", 5)
    book = SessionBook()
    for number in range(100):
        book.apply_page([an_info(number)])
    assert {row.conversation_id for row in book.sessions()} == {f"{one:032x}" for one in range(5)}


def test_last_words_stay_of_the_rows_that_were_read_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ROWS_WITH_WORDS", 2)
    book = SessionBook()
    book.apply_page(map(an_info, range(4)))
    for number in (0, 1, 2, 1, 3):
        book.apply_updates(f"{number:032x}", told("No credit"))
    rows = [book.by_id(f"{number:032x}") for number in range(4)]
    assert [bool(row and row.last_words and row.reason) for row in rows] == [False, True, False, True]
    assert [bool(row and row.lacks_words) for row in rows] == [True, False, True, False]
    assert {row.agent for row in rows if row} == {AgentState.FAILED}  # what it is stays known
    book.apply_updates(f"{0:032x}", told("No credit"))
    row = book.by_id(f"{0:032x}")
    assert row
    assert (row.last_words, row.reason.text, row.lacks_words) == ("No credit", "No credit", False)


def test_one_row_at_a_time_holds_its_texts_whole() -> None:
    book, text = SessionBook(), "Begins. " + "x" * 5000 + " Ends?"
    book.apply_page(map(an_info, range(2)))
    words, reason = TextRef("8"), TextRef("9")
    for number in range(2):
        book.apply_updates(f"{number:032x}", told(text))
    first, second = (book.by_id(f"{number:032x}") for number in range(2))
    assert first
    assert second
    part = first.last_words
    assert first.cut == {words, reason}
    assert (part[:7], part[-5:], len(part) < 2100) == ("Begins.", "Ends?", True)
    for ref in (reason, words):
        book.set_whole_text(first.key, ref, text)
    row = book.get(first.key)
    assert row
    assert (row.last_words, row.reason.text, row.cut) == (text, text, frozenset())
    book.set_whole_text(second.key, words, text)
    row, other = book.get(first.key), book.get(second.key)
    assert row
    assert other
    assert (row.last_words, row.reason.text, row.cut) == (part, part, frozenset((words, reason)))
    assert (other.last_words, other.cut) == (text, frozenset((reason,)))
