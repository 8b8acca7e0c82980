"""A deadline that comes late looks once more; one that comes in time does not."""

import asyncio
import signal
import sys
import time

import pytest

from app.client.transport import Transport
from app.core import deadline as module
from app.core.deadline import deadline
from app.errors import AnswerTimedOut
from tests.conftest import until
from tests.faults.hostile import Line, answer, hostile


def sleep_with_the_machine(seconds: float) -> None:
    """Nothing runs meanwhile, no timer either."""
    time.sleep(seconds)


@pytest.fixture
def soon_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMER_LATE_S", 0.1)


async def test_what_takes_no_longer_is_not_cut() -> None:
    async with deadline(60):
        await asyncio.sleep(0)


async def test_what_takes_longer_is() -> None:
    with pytest.raises(TimeoutError):
        async with deadline(0.01):
            await asyncio.Event().wait()


async def test_a_cancelled_one_stays_cancelled() -> None:
    async def wait() -> None:
        async with deadline(60):
            await asyncio.Event().wait()

    task = asyncio.get_running_loop().create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.usefixtures("soon_late")
async def test_a_late_one_waits_for_what_has_arrived_and_not_for_what_never_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def sleep_and_wait() -> None:
        sleep_with_the_machine(0.2)
        await asyncio.Event().wait()

    async with deadline(0.01):
        sleep_with_the_machine(0.2)
        for _ in range(20):
            await asyncio.sleep(0)
    monkeypatch.setattr(module, "GRACE_S", 0.05)
    with pytest.raises(TimeoutError):
        async with deadline(0.01):
            await sleep_and_wait()


@pytest.mark.usefixtures("soon_late")
@pytest.mark.parametrize("is_there", [True, False])
async def test_an_answer_that_came_while_the_machine_slept_is_read(
    is_there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GRACE_S", 1.0 if is_there else 0.05)

    async def act(line: Line) -> None:
        if is_there:
            await line.say(answer(b"{}"))
        else:
            await line.silence()

    async with hostile(act) as there:
        http = Transport(there.server())
        asking = asyncio.get_running_loop().create_task(
            http.ask("POST", "/api/conversations", body=b"{}", deadline_s=0.5)
        )
        await until(lambda: there.requests, "the request is there")
        sleep_with_the_machine(0.8)
        if is_there:
            assert (await asking).status == 200
        else:
            with pytest.raises(AnswerTimedOut):
                await asking
        await http.aclose()
        assert len(there.requests) == 1


CHILD = """
import asyncio, sys
from app.client.transport import Transport
from app.core.servers import Server, ServerAddress
async def main():
    http = Transport(Server(ServerAddress(sys.argv[1])))
    print((await http.ask("POST", "/api/conversations", body=b"{}", deadline_s=1.0)).status)
    await http.aclose()
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no process is stopped there")
async def test_a_stopped_process_reads_its_answer_when_it_goes_on() -> None:
    asked, goes_on = asyncio.Event(), asyncio.Event()

    async def act(line: Line) -> None:
        asked.set()
        await goes_on.wait()
        await line.say(answer(b"{}"))

    async with hostile(act) as there:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", CHILD, there.address, stdout=asyncio.subprocess.PIPE
        )
        await asked.wait()
        child.send_signal(signal.SIGSTOP)
        goes_on.set()
        await asyncio.sleep(
            1.0 + module.TIMER_LATE_S + 0.2
        )  # its deadline passes, and by more than a busy loop's delay
        child.send_signal(signal.SIGCONT)
        said, _ = await child.communicate()
        assert said.split() == [b"200"]
        assert len(there.requests) == 1
