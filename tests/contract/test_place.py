"""What a case waits for is never cancelled: a socket that is cancelled as it connects is lost, and warned of."""

import asyncio

import pytest

from tests.contract import place


class Question:
    """Takes a few turns to answer, and notes whether it came to its end."""

    def __init__(self) -> None:
        self.answered = 0

    async def ask(self) -> bool:
        for _ in range(5):
            await asyncio.sleep(0.002)
        self.answered += 1
        return False


async def test_a_wait_that_runs_out_hears_its_last_question_to_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(place, "PATIENCE_S", 0)
    question = Question()
    with pytest.raises(AssertionError, match="never came true: a miracle"):
        await place.until(question.ask, "a miracle")
    assert question.answered == 1


async def test_a_failure_waits_for_what_was_asked_at_once() -> None:
    async def fails() -> bool:
        raise AssertionError("red")

    question = Question()
    with pytest.raises(AssertionError, match="red"):
        await place.at_once(fails(), question.ask())
    assert question.answered == 1


async def test_what_is_asked_at_once_is_answered_in_order() -> None:
    async def late(answer: str, turns: int) -> str:
        for _ in range(turns):
            await asyncio.sleep(0)
        return answer

    assert await place.at_once(late("first", 3), late("second", 0)) == ["first", "second"]
