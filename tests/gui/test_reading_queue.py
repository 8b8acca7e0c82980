"""The order of images, some of them still being read."""

import asyncio
import threading
from functools import partial

from app.ui.launch.reading_queue import ReadingQueue
from tests.conftest import until


def queue_of(*given: str) -> ReadingQueue:
    """Small letters are images, capitals the keys of what is still read."""
    queue = ReadingQueue()
    for one in given:
        queue.begin(one.upper())
        if one.islower():
            queue.put(one.upper(), one)
    return queue


def test_what_is_read_comes_into_the_place_that_was_kept_for_it() -> None:
    queue = queue_of("a", "B", "C", "d")
    assert (queue.urls(), queue.is_reading()) == (["a", "d"], True)
    queue.put("C", "c")
    queue.put("B", "b")
    assert (queue.urls(), queue.is_reading()) == (["a", "b", "c", "d"], False)


def test_what_is_read_stays_behind_what_it_was_given_after_when_others_move() -> None:
    queue = queue_of("a", "B", "c", "d")
    queue.set_urls(["d", "c", "a"])
    queue.put("B", "b")
    assert queue.urls() == ["d", "c", "a", "b"]


def test_what_did_not_come_leaves_no_place() -> None:
    queue = queue_of("a", "B", "c")
    queue.end("B")
    assert (queue.urls(), queue.is_reading(), queue.awaits("B")) == (["a", "c"], False, False)


def test_an_image_that_becomes_like_another_is_not_there_twice() -> None:
    queue = queue_of("a", "b", "c")
    queue.begin_instead("choice")
    assert (queue.urls(), queue.is_reading()) == (["a", "b", "c"], True)
    queue.put_instead("choice", "a", "c")
    assert (queue.urls(), queue.is_reading()) == (["b", "a"], False)


def test_what_is_forgotten_is_awaited_no_more_and_may_be_given_again() -> None:
    queue = queue_of("a", "B")
    queue.forget()
    assert (queue.urls(), queue.awaits("B")) == (["a"], False)
    queue.begin("B")
    queue.put("B", "b")
    assert queue.urls() == ["a", "b"]


async def test_two_are_looked_at_at_once_and_no_more(loop: asyncio.AbstractEventLoop) -> None:
    queue, gate, looking = ReadingQueue(), threading.Event(), list[int]()

    def look(number: int) -> None:
        looking.append(number)
        gate.wait(10)

    looks = asyncio.gather(*(queue.in_turn(partial(look, number)) for number in range(4)))
    await until(lambda: len(looking) == 2, "two are looked at")
    await asyncio.to_thread(lambda: None)  # behind all that was given to the threads
    assert sorted(looking) == [0, 1]
    gate.set()
    await looks
    assert sorted(looking) == [0, 1, 2, 3]
