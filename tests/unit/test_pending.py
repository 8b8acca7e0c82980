"""A launch that a server has taken before it has made a conversation of it. Time is virtual."""

import asyncio

from app.core.budget import Budget
from app.core.conversations import Accepted, LaunchState, Pending, Phase, StartupStep, TaskRef
from app.core.draft import LaunchDraft
from app.core.pending import KEY_REFUSED_S, until_made
from app.core.session_state import State, state_of
from app.core.session_words import doing
from app.core.sessions import SessionBook
from app.errors import KeyRefused, LauncherError, ServerFault
from tests.second_client import SecondClient, SecondServer
from tests.unit.clock import in_virtual_time, seconds
from tests.unit.fake import moment

TASK = TaskRef("a5df")


class Asked(SecondClient):
    """Notes when it is asked, and may fail."""

    def __init__(self, *steps: str, fails: LauncherError | None = None, detail: str = "") -> None:
        super().__init__(SecondServer(*steps, detail=detail))
        self.fails = fails
        self.asked = list[float]()

    async def launch_state(self, task: TaskRef) -> LaunchState:
        assert task == TASK
        self.asked.append(seconds())
        if self.fails:
            raise self.fails
        return await super().launch_state(task)


class Waits:
    """Somebody who has launched, and whose launch the server has taken."""

    def __init__(self, client: Asked) -> None:
        self.book = SessionBook(moment)
        self.key = self.book.add_launch(LaunchDraft(initial_user_msg="Fix it"))
        self.book.mark_pending(self.key, Pending(TASK))
        self.task = asyncio.create_task(until_made(self.key, TASK, client, self.book, Budget()))

    @property
    def state(self) -> State:
        row = self.book.get(self.key)
        assert row
        return state_of(row, moment())

    @property
    def line(self) -> str:
        row = self.book.get(self.key)
        assert row
        return doing(row, moment())


@in_virtual_time
async def test_the_row_says_what_its_start_task_does_until_there_is_a_conversation() -> None:
    waits = Waits(Asked("PREPARING_REPOSITORY", "SETTING_UP_SKILLS", "READY"))
    assert waits.state is State.STARTING
    await asyncio.sleep(1.5)
    row = waits.book.get(waits.key)
    assert row
    assert (row.step, waits.line) == (StartupStep.PREPARING_WORKSPACE, "preparing the workspace")
    await asyncio.sleep(1)
    assert waits.line == "setting up skills"
    made = await waits.task
    assert isinstance(made, Accepted)
    waits.book.mark_accepted(waits.key, made)
    row = waits.book.by_id(made.conversation.id)
    assert row
    assert (row.key, row.phase, row.operation) == (waits.key, Phase.RUNNING, None)


@in_virtual_time
async def test_a_start_task_that_fails_leaves_a_row_that_says_why_or_that_nobody_said() -> None:
    for detail, line in (("No such branch.", "No such branch."), ("", "the server did not say why")):
        waits = Waits(Asked("ERROR", detail=detail))
        assert await waits.task is None
        assert (waits.state, waits.line) == (State.FAILED, line)


@in_virtual_time
async def test_a_question_that_fails_is_asked_again_later_and_later() -> None:
    client = Asked("READY", fails=ServerFault(500))
    waits = Waits(client)
    await asyncio.sleep(100)
    assert [round(at) for at in client.asked] == [1, 3, 7, 15, 31, 61, 91]
    assert waits.state is State.STARTING
    client.fails = None
    assert await waits.task


@in_virtual_time
async def test_a_refused_key_is_not_shown_again_and_again() -> None:
    client = Asked(fails=KeyRefused())
    waits = Waits(client)
    await asyncio.sleep(KEY_REFUSED_S)
    assert len(client.asked) == 1
    waits.task.cancel()


@in_virtual_time
async def test_of_a_launch_that_is_forgotten_nothing_more_is_asked() -> None:
    client = Asked(*["PREPARING_REPOSITORY"] * 100)
    waits = Waits(client)
    await asyncio.sleep(3.5)
    waits.book.forget(waits.key)
    asked = len(client.asked)
    assert await waits.task is None
    assert len(client.asked) == asked
