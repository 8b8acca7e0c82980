"""One conversation, waited for: also by a machine that sleeps. Time is virtual."""

import asyncio

import pytest

from app.cli.command_error import CommandError
from app.cli.console import Console
from app.cli.exit_codes import ExitCode
from app.cli.started_launch import StartedLaunch
from app.compose import Connection
from app.core.following import AWAY_S, Following
from app.core.patience import ONE_TRY_S, Patience
from app.core.servers import Server, ServerAddress
from app.core.whole_texts import WholeTexts
from app.errors import LauncherError, NobodyListens
from tests.unit import v0
from tests.unit.clock import in_virtual_time, seconds, sleep_through
from tests.unit.fake import Conversation, Core, FakeOpenHands, core

NIGHT_S = 8 * 3600.0


def working() -> FakeOpenHands:
    server = FakeOpenHands(one := Conversation("c0000"))
    one.comes_to("running")
    return server


class Waits:
    """Somebody who waits for the conversation."""

    def __init__(self, it: Core) -> None:
        it.book.apply_page([it.server.conversations["c0000"].info()])
        self.key = it.row("c0000").key
        self.following = Following(it.server, it.book, it.budget)
        self.task = asyncio.create_task(self.following.until_it_rests(self.key, lambda _: None))


@in_virtual_time
async def test_who_wakes_to_a_server_that_is_not_back_yet_looks_once_more() -> None:
    server = working()
    async with core(server) as it:
        waits = Waits(it)
        await asyncio.sleep(10)
        server.fails_once["conversation"] = [NobodyListens()]
        server.conversations["c0000"].comes_to("finished")
        sleep_through(NIGHT_S)
        at_rest = await waits.task
        assert at_rest
        assert at_rest.agent_word == "finished"


@in_virtual_time
async def test_a_server_that_stays_away_after_a_sleep_is_given_up() -> None:
    server = working()
    async with core(server) as it:
        waits = Waits(it)
        await asyncio.sleep(10)
        server.fails["conversation"] = NobodyListens()
        sleep_through(NIGHT_S)
        woke, asked = seconds(), server.count("conversation")
        with pytest.raises(NobodyListens):
            await waits.task
        assert server.count("conversation") == asked + 2
        assert seconds() - woke < ONE_TRY_S


@in_virtual_time
async def test_who_does_not_sleep_gives_up_after_three_minutes() -> None:
    server = working()
    async with core(server) as it:
        waits = Waits(it)
        await asyncio.sleep(10)
        server.fails["conversation"] = NobodyListens()
        began = seconds()
        with pytest.raises(LauncherError):
            await waits.task
        assert AWAY_S - 2 < seconds() - began < AWAY_S + 5


@in_virtual_time
async def test_one_more_try_is_made_and_not_one_after_each_sleep() -> None:
    patience = Patience(100)
    sleep_through(NIGHT_S)
    assert not patience.is_over()
    sleep_through(NIGHT_S)
    assert patience.is_over()


def started(it: Core) -> StartedLaunch:
    server = it.server
    it.book.apply_page([server.conversations["c0000"].info()])
    connection = Connection(
        Server(ServerAddress("http://a.example")),
        server,
        it.book,
        it.known,
        it.budget,
        it.polling,
        it.launching,
        it.acts,
        WholeTexts(server, it.book, it.budget, it.tasks),
        it.tasks,
    )
    answer = v0.accepted("c0000")
    return StartedLaunch(answer, it.row("c0000").key, connection, Console(as_json=True))


@in_virtual_time
async def test_a_wait_that_ran_out_in_a_sleep_looks_once_more(capsys: pytest.CaptureFixture[str]) -> None:
    server = working()
    async with core(server) as it:
        waiting = asyncio.create_task(started(it).wait(600))
        await asyncio.sleep(10)
        server.conversations["c0000"].comes_to("finished")
        sleep_through(NIGHT_S)
        await waiting
        assert '"state": "finished"' in capsys.readouterr().out


@pytest.mark.parametrize("sleeps", [0.0, NIGHT_S])
@in_virtual_time
async def test_a_wait_that_runs_out_while_the_agent_works_says_so(sleeps: float) -> None:
    server = working()
    async with core(server) as it:
        waiting = asyncio.create_task(started(it).wait(20))
        await asyncio.sleep(10)
        sleep_through(sleeps)
        with pytest.raises(CommandError) as caught:
            await waiting
        assert caught.value.exit is ExitCode.WAIT_RAN_OUT


@in_virtual_time
async def test_the_last_look_of_a_wait_does_not_last_for_ever() -> None:
    server = working()
    async with core(server) as it:
        waiting = asyncio.create_task(started(it).wait(20))
        await asyncio.sleep(10)
        server.slow["conversation"] = 1e9
        sleep_through(NIGHT_S)
        woke = seconds()
        with pytest.raises(CommandError):
            await waiting
        assert seconds() - woke <= ONE_TRY_S + 1
