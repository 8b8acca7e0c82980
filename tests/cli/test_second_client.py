"""The same commands on a server of another kind: start tasks, UUIDs, other words."""

from uuid import UUID

import pytest

from app import compose
from app.cli import launch
from app.cli.exit_codes import ExitCode
from app.core import pending
from app.core.servers import Server
from tests.cli.conftest import Program
from tests.second_client import SecondClient, SecondServer

PLACE = ("--server", "http://second.example", "--json", "-m", "Fix it")


@pytest.fixture
def another_kind(monkeypatch: pytest.MonkeyPatch) -> SecondServer:
    server = SecondServer("PREPARING_REPOSITORY", "READY")

    async def create_client(_server: Server) -> SecondClient:
        return SecondClient(server)

    monkeypatch.setattr(compose, "create_client", create_client)
    monkeypatch.setattr(pending, "LOOK_S", 0.05)
    return server


def test_a_launch_ends_with_the_conversation_that_came_of_its_start_task(
    program: Program, another_kind: SecondServer
) -> None:
    ran = program("launch", *PLACE)
    assert ran.code == 0
    assert [ran.facts["conversation_id"]] == list(another_kind.conversations)
    assert str(UUID(ran.facts["conversation_id"])) == ran.facts["conversation_id"]
    assert ran.facts["conversation_status"] == "RUNNING"


def test_a_launch_is_waited_for_until_the_agent_has_finished(
    program: Program, another_kind: SecondServer
) -> None:
    ran = program("launch", *PLACE, "--wait=30")
    assert ran.code == 0
    assert (ran.facts["state"], ran.facts["last_words"]) == ("finished", "The login is fixed.")
    assert len(another_kind.launches) == 1


@pytest.mark.parametrize("arguments", [("--wait=0.3",), ()])
def test_a_start_task_that_takes_too_long_is_waited_for_no_longer(
    program: Program, another_kind: SecondServer, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setattr(launch, "MADE_S", 0.3)
    another_kind.steps = ["PREPARING_REPOSITORY"] * 10_000
    ran = program("launch", *PLACE, *arguments)
    assert ran.code == ExitCode.WAIT_RAN_OUT
    assert ran.error["type"] == "wait_ran_out"
    assert "not made a conversation of it yet" in ran.error["message"]


def test_a_start_task_that_fails_is_a_launch_that_failed(
    program: Program, another_kind: SecondServer
) -> None:
    another_kind.steps, another_kind.detail = ["ERROR"], "No such branch."
    ran = program("launch", *PLACE)
    assert ran.code != 0
    assert (ran.error["type"], ran.error["message"]) == ("failed", "No such branch.")
