"""Coroutines with an owner: each is started once, reported when it fails, and ended."""

import asyncio

import pytest

from app.core.tasks import Tasks


class Work:
    """Coroutines that note what becomes of them."""

    def __init__(self) -> None:
        self.started = 0
        self.ended = 0
        self.cancelled = 0
        self.go = asyncio.Event()

    async def waits(self) -> None:
        self.started += 1
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        self.ended += 1


async def fails() -> None:
    raise ValueError("a bug")


async def a_moment() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_what_is_started_before_a_loop_runs_waits_for_it() -> None:
    tasks, work = Tasks(lambda fault: None), Work()
    tasks.start("early", work.waits)
    assert work.started == 0

    async def life() -> None:
        tasks.begin()
        await a_moment()
        assert work.started == 1
        tasks.begin()
        await a_moment()
        await tasks.aclose()

    asyncio.run(life())
    assert (work.started, work.cancelled) == (1, 1)


async def test_a_second_start_under_one_key_changes_nothing_while_the_first_runs() -> None:
    tasks, work = Tasks(lambda fault: None), Work()
    tasks.start("launch 1", work.waits)
    tasks.start("launch 1", work.waits)
    tasks.start("launch 2", work.waits)
    await a_moment()
    assert work.started == 2
    work.go.set()
    await tasks.drain()
    tasks.start("launch 1", work.waits)
    await tasks.drain()
    assert (work.started, work.ended) == (3, 3)


async def test_a_restart_takes_the_place_of_the_one_that_runs() -> None:
    tasks, work = Tasks(lambda fault: None), Work()
    tasks.start("connect", work.waits)
    await a_moment()
    tasks.start("connect", work.waits, restart=True)
    await a_moment()
    assert (work.started, work.cancelled) == (2, 1)
    work.go.set()
    await tasks.drain()
    assert work.ended == 1


async def test_one_that_is_being_cancelled_stands_in_no_ones_way() -> None:
    tasks, work = Tasks(lambda fault: None), Work()
    tasks.start("connect", work.waits)
    await a_moment()
    tasks.start("connect", work.waits, restart=True)
    tasks.start("connect", work.waits)
    await a_moment()
    assert (work.started, work.cancelled) == (2, 1)
    await tasks.aclose()


async def test_a_failure_is_reported_once_and_stops_nobody_else() -> None:
    faults, work = list[BaseException](), Work()
    tasks = Tasks(faults.append)
    tasks.start("launch 1", fails)
    tasks.start("launch 2", work.waits)
    work.go.set()
    await tasks.drain()
    await a_moment()
    assert [str(fault) for fault in faults] == ["a bug"]
    assert work.ended == 1


async def test_a_cancelled_one_is_no_failure() -> None:
    faults, work = list[BaseException](), Work()
    tasks = Tasks(faults.append)
    tasks.start("polling", work.waits)
    await a_moment()
    await tasks.aclose()
    assert (faults, work.cancelled) == ([], 1)


async def test_closing_ends_also_what_the_ending_ones_start() -> None:
    tasks, work = Tasks(lambda fault: None), Work()

    async def starts_another() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            tasks.start("later", work.waits)

    before = asyncio.all_tasks()
    tasks.start("first", starts_another)
    await a_moment()
    await tasks.aclose()
    assert asyncio.all_tasks() == before
    assert work.ended == 0


def test_closing_with_nothing_to_end_is_done_at_once() -> None:
    closing = Tasks(lambda fault: None).aclose()
    with pytest.raises(StopIteration):  # it waits for nothing, not even for a turn of the loop
        closing.send(None)


async def test_an_owner_closes_in_the_moment_in_which_its_last_task_has_ended() -> None:
    async def work() -> None: ...

    tasks = Tasks(lambda fault: None)
    tasks.start("a", work)
    await asyncio.sleep(0)  # it is done, and its end has not been told
    await tasks.aclose()
