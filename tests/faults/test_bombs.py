"""Answers made to fill the memory of whoever reads them, read by a process that has little."""

import asyncio
import gzip
import sys
from contextlib import AsyncExitStack

import pytest

from tests.faults.hostile import OK, Act, Line, answer, hostile

MIB = 1024 * 1024
GROWTH = 64 * MIB
"""Twice the largest answer that is read at all."""


def without_end(start: bytes, part: bytes) -> Act:
    async def act(line: Line) -> None:
        await line.say(start)
        await line.flood(part)

    return act


def packed(layers: int, coding: str) -> bytes:
    bomb = gzip.compress(bytes(MIB)) * 64
    for _ in range(layers - 1):
        bomb = gzip.compress(bomb)
    return answer(bomb, content_encoding=coding)


BOMBS: dict[str, tuple[Act | bytes, str]] = {
    "gzip": (packed(1, "gzip"), "AnswerCompressed"),
    "gzip in gzip": (packed(2, "gzip, gzip"), "AnswerCompressed"),
    "br": (packed(1, "br"), "AnswerCompressed"),
    "a body without end": (without_end(OK + b"\r\n", b" " * 65536), "AnswerTooLarge"),
    "chunks without end": (
        without_end(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"a" * 65536 + b"\r\n"),
        "AnswerTooLarge",
    ),
    "a terabyte announced": (
        without_end(OK + b"Content-Length: 1099511627776\r\n\r\n", b"[" * 65536),
        "AnswerTooLarge",
    ),
    "headers without end": (without_end(OK, b"X: " + b"a" * 65536 + b"\r\n"), "ConnectionLost"),
    "a header without end": (without_end(OK + b"X: ", b"a" * 65536), "ConnectionLost"),
}


@pytest.mark.skipif(sys.platform != "linux", reason="the limit on memory is Linux's")
async def test_no_answer_fills_the_memory() -> None:
    async with AsyncExitStack() as servers:
        there = [await servers.enter_async_context(hostile(act)) for act, _ in BOMBS.values()]
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.faults.bombed",
            *(server.address for server in there),
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await child.communicate()
    *faults, growth = said.decode().split()
    assert child.returncode == 0
    assert faults == ["NobodyListens"] * 3 + [kind for _, kind in BOMBS.values() for _ in range(3)]
    print(f"{len(faults) - 3} bombs, memory grew by {int(growth) // MIB} MiB")
    assert int(growth) < GROWTH
