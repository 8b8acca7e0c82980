"""Some lives beside a server that lies in every field. `dev.py faults liar` has two hundred, and measures them."""

import asyncio
import traceback
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from app.core.sessions import SessionBook
from tests.faults.liar import lying
from tests.faults.lies import ROUTES, TRUTH, Conversation, Frame, Joining, Plan, plans
from tests.faults.living import Lived, hurry, live
from tests.faults.watching import a_loop, live_in_window

quick = settings(
    max_examples=12,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],  # `dev.py faults liar` names the life; to make it smaller, add Phase.shrink here
    suppress_health_check=list(HealthCheck),
)
HONEST = Plan(
    (
        Conversation(
            (("RUNNING", "running"), ("RUNNING", "finished")), 5, "Which file?", "Fix it", "acme/web"
        ),
    ),
    dict.fromkeys(ROUTES, (TRUTH,)),
    0,
    (Joining(frames=tuple(map(Frame, range(5))), ends=False),),
    ("launch", "settle", "look at", "branches", "stop", "settle"),
)

Living = Callable[[str, Iterable[str]], Coroutine[Any, Any, Lived]]


async def lived_by(plan: Plan, living: Living) -> Lived:
    async with lying([plan]) as liar:
        return await living(liar.address_of(0), plan.deeds)


def on_a_loop(plan: Plan) -> Lived:
    async def run() -> Lived:
        hurry()
        return await lived_by(plan, live)

    return asyncio.run(run())


def in_a_window(plan: Plan) -> Lived:
    loop = a_loop()
    try:
        lived: Lived = loop.run_until_complete(lived_by(plan, live_in_window))
        return lived
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


def assert_no_bug(lived: Lived) -> None:
    assert not lived.bugs, "".join(traceback.format_exception(lived.bugs[0]))


@pytest.mark.timeout(120)
@quick
@given(plans())
def test_whatever_a_server_says_for_a_whole_life_no_bug_is_met(plan: Plan) -> None:
    assert_no_bug(on_a_loop(plan))


@pytest.mark.timeout(120)
@settings(quick, max_examples=4)
@given(plans())
def test_a_window_stands_a_lying_server(qapp: object, plan: Plan) -> None:
    assert_no_bug(in_a_window(plan))


def test_an_honest_plan_is_a_whole_life(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    for name in ("mark_accepted", "apply_startup", "apply_updates", "apply_page", "mark_stopped"):
        monkeypatch.setattr(SessionBook, name, _telling(name, told))
    lived = on_a_loop(HONEST)
    assert_no_bug(lived)
    assert not lived.met
    assert {"mark_accepted", "apply_startup", "apply_updates", "apply_page", "mark_stopped"} == set(told)


@pytest.mark.parametrize("run", [on_a_loop, in_a_window])
def test_a_bug_would_be_met(
    qapp: object, monkeypatch: pytest.MonkeyPatch, run: Callable[[Plan], Lived]
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr(SessionBook, "apply_updates", broken)
    assert [str(one) for one in run(HONEST).bugs[:1]] == ["a bug"]


def _telling(name: str, told: list[str]) -> Callable[..., object]:
    does = getattr(SessionBook, name)

    def tell(*arguments: object) -> object:
        told.append(name)
        return does(*arguments)

    return tell
