"""What makes too much work is refused before it is parsed, and what only looks so is not."""

import json
import random
import string
import threading

import pytest

from app.client import parsing_cost
from app.client.parsing_cost import ESCAPES_LIMIT, LONG_NUMBERS_LIMIT, PARTS_LIMIT, check_parsing_cost
from app.errors import AnswerTooLarge


async def is_refused(text: bytes) -> bool:
    try:
        await check_parsing_cost(text)
    except AnswerTooLarge:
        return True
    return False


@pytest.mark.parametrize("part", [b"{}", b"[]", b"1", b'""', b'"a":1', b"[1,2]", b'{"a":"b"}'])
async def test_so_many_parts_and_no_more(part: bytes) -> None:
    each = 1 + part.count(b"[") + part.count(b"{") + part.count(b",")
    many = PARTS_LIMIT // each
    assert not await is_refused(b"[" + b",".join([part] * (many - 1)) + b"]")
    assert await is_refused(b"[" + b",".join([part] * (many + 2)) + b"]")


@pytest.mark.parametrize(
    "words", [b"{[,", rb"\"{[,", rb"\\{,[", rb"\\\",,,", b"9" * 500, '{"a":[1,2]},é'.encode()[:5] + b" "]
)
async def test_what_stands_in_words_is_no_part(words: bytes) -> None:
    assert not await is_refused(b'{"message":"' + words * 150_000 + b'"}')
    assert await is_refused(b'{"message":"' + words * 150_000 + b'","x":[' + b"{}," * PARTS_LIMIT)


async def test_so_many_escapes_and_no_more() -> None:
    assert not await is_refused(b'["' + rb"\n" * ESCAPES_LIMIT + b'"]')
    assert await is_refused(b'["' + rb"\n" * (ESCAPES_LIMIT + 1) + b'"]')


async def test_so_many_long_numbers_and_no_more() -> None:
    number = b"1234567890" * 40 + b","
    assert not await is_refused(number * LONG_NUMBERS_LIMIT)
    assert await is_refused(number * (LONG_NUMBERS_LIMIT + 1))
    assert not await is_refused(b'["' + number * 1000 + b'"]')


async def test_a_large_text_is_looked_at_in_a_thread_and_a_small_one_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked = list[threading.Thread]()
    monkeypatch.setattr(parsing_cost, "_weigh", lambda _: looked.append(threading.current_thread()))
    await check_parsing_cost(b"a" * 10)
    await check_parsing_cost(b"a" * 2**20)
    assert looked[0] is threading.current_thread()
    assert looked[1] is not threading.current_thread()


def test_where_slices_are_cut_makes_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    def count(value: object) -> int:
        if isinstance(value, dict):
            return 1 + sum(map(count, value.values())) + max(len(value) - 1, 0)
        if isinstance(value, list):
            return 1 + sum(map(count, value)) + max(len(value) - 1, 0)
        return 0

    def value(deep: int) -> object:
        kind = draw.randrange(3) if deep else 2
        if kind == 0:
            return [value(deep - 1) for _ in range(draw.randrange(4))]
        if kind == 1:
            return {word(): value(deep - 1) for _ in range(draw.randrange(4))}
        return word()

    def word() -> str:
        return "".join(draw.choices('\\",[{' + string.ascii_letters, k=draw.randrange(9)))

    draw = random.Random(7)
    for _ in range(200):
        drawn = value(4)
        text = json.dumps(drawn).encode()
        monkeypatch.setattr(parsing_cost, "_SLICE", draw.randrange(1, 12))
        monkeypatch.setattr(parsing_cost, "PARTS_LIMIT", count(drawn))
        assert parsing_cost._fits(text, with_words=False)
        monkeypatch.setattr(parsing_cost, "PARTS_LIMIT", count(drawn) - 1)
        assert not parsing_cost._fits(text, with_words=False)


@pytest.mark.parametrize(
    "many",
    [
        ",".join(['{"info":{"title":"OpenHands"},"components":{"schemas":{"x":{}}}}'] * 20_000),
        '"' + r"\ud800" * 3_000_000 + '"',
    ],
    ids=["120,000 parts", "3,000,000 escapes"],
)
async def test_what_took_a_tenth_of_a_second_to_parse_is_not_parsed(many: str) -> None:
    assert await is_refused(f"[{many}]".encode())
