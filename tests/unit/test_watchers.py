"""Who hears of a change, and what a bug in one of them does to the others."""

import asyncio
from typing import Any

import pytest

from app.core.watchers import Watchers
from tests.unit.clock import in_virtual_time


def test_all_are_told_the_same_in_their_order_until_they_leave() -> None:
    heard = list[tuple[str, int, str]]()
    watchers = Watchers[int, str]()
    leave = watchers.add(lambda number, text: heard.append(("first", number, text)))
    watchers.add(lambda number, text: heard.append(("second", number, text)))
    watchers.notify(1, "a")
    leave()
    leave()
    watchers.notify(2, "b")
    assert heard == [("first", 1, "a"), ("second", 1, "a"), ("second", 2, "b")]


def broken() -> None:
    raise ValueError("a bug")


def test_without_a_loop_a_bug_is_raised_after_all_have_been_told() -> None:
    heard = list[str]()
    watchers = Watchers[()]()
    watchers.add(broken)
    watchers.add(lambda: heard.append("second"))
    with pytest.raises(ValueError, match="a bug"):
        watchers.notify()
    assert heard == ["second"]


@in_virtual_time
async def test_in_a_loop_every_bug_reaches_its_handler_and_nobody_else() -> None:
    heard, faults = list[str](), list[dict[str, Any]]()
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: faults.append(context))
    watchers = Watchers[()]()
    watchers.add(broken)
    watchers.add(lambda: heard.append("second"))
    watchers.add(broken)
    watchers.notify()
    assert heard == ["second"]
    assert [str(one["exception"]) for one in faults] == ["a bug", "a bug"]
