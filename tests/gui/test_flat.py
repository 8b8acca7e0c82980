"""What a window that stands open for hours keeps of conversations that change all the time. Time is virtual."""

import asyncio
import gc
import tracemalloc
from datetime import timedelta
from typing import Any, cast

import pytest
import shiboken6
from PySide6.QtWidgets import QApplication

from app.compose import Connection
from app.core import session_words
from app.core.conversations import Phase
from app.redaction import of_this_run
from app.ui.sessions import SessionsPane
from tests.gui.connections import NotingConnection
from tests.unit.clock import in_virtual_time
from tests.unit.fake import BIRTH, Asked, Conversation, Core, FakeOpenHands, core, moment

AT_WORK = 20
WARM_UP_S, MEASURED_S = 150.0, 300.0
KEPT_EVENTS = 30
CHANGES_EVERY_S = 3.0
LOOKS_EVERY_S = 3.0

MOST_GROWTH = 96 * 1024
"""In bytes: what no longer is an object that is kept, but a list of free ones, comes and goes."""

MOST_OBJECTS = 400
STATES = ("running", "awaiting_user_input", "running", "finished")


class Nowhere(list[Asked]):
    """What a server was asked need not be known here, and would be the most that grows."""

    def append(self, asked: Asked) -> None: ...


def happens(one: Conversation, number: int) -> None:
    """One more event: a state, a message, or a step."""
    kinds: list[dict[str, Any]] = [
        {
            "observation": "agent_state_changed",
            "extras": {"agent_state": STATES[number // 7 % 4], "reason": ""},
        },
        {"action": "message", "source": "agent", "args": {"content": f"Step {number} is done. " * 20}},
        {"action": "run", "source": "agent"},
    ]
    one.events.append({"id": number, **kinds[number // 5 % 3]})
    del one.events[:-KEPT_EVENTS]
    one.updated_at = moment()


async def live(server: FakeOpenHands) -> None:
    number = 0
    while True:
        await asyncio.sleep(CHANGES_EVERY_S)
        for one in server.conversations.values():
            number += 1
            happens(one, number)


async def show(it: Core) -> None:
    """The window: it follows the book, and is painted."""
    pane = SessionsPane(now=moment)
    pane.resize(620, 712)
    pane.set_connection(cast(Connection, NotingConnection(it.book)))
    pane.show()
    try:
        await asyncio.sleep(20)
        pane.select(it.book.sessions()[3].key)
        while True:
            QApplication.processEvents()
            await asyncio.sleep(LOOKS_EVERY_S)
    finally:
        pane.close()
        shiboken6.delete(pane)  # its timers would ask for the time of a loop that has ended


async def measured() -> tuple[int, int]:
    """How many objects there are, and the bytes that have been taken; of texts a bounded number is remembered."""
    of_this_run._known.cleaned_short.cache_clear()
    session_words._without_marks.cache_clear()
    gc.collect()
    return len(gc.get_objects()), tracemalloc.get_traced_memory()[0]


@pytest.mark.parametrize("with_window", [False, True], ids=["core", "window"])
@pytest.mark.usefixtures("qapp")
@in_virtual_time
async def test_hours_of_twenty_changing_conversations_leave_objects_and_memory_as_they_were(
    with_window: bool,
) -> None:
    born = BIRTH - timedelta(minutes=1)
    server = FakeOpenHands(*(Conversation(f"c{number:04}", created_at=born) for number in range(AT_WORK)))
    server.asked = Nowhere()
    async with core(server) as it:
        it.tasks.start("life", lambda: live(server))
        it.polling.set_in_view([f"c{number:04}" for number in range(12)])
        if with_window:
            it.tasks.start("window", lambda: show(it))
        await asyncio.sleep(WARM_UP_S)
        tracemalloc.start()
        try:
            await asyncio.sleep(WARM_UP_S)
            objects, taken = await measured()
            await asyncio.sleep(MEASURED_S)
            objects_then, taken_then = await measured()
        finally:
            tracemalloc.stop()
        print(
            f"{objects_then - objects:+} objects, {(taken_then - taken) / 1024:+.0f} KiB in {MEASURED_S:.0f} s"
        )
        assert {row.phase for row in it.book.sessions()} == {Phase.RUNNING}
        assert objects_then - objects <= MOST_OBJECTS
        assert taken_then - taken <= MOST_GROWTH
