"""The command line on a real server: what it sends arrives, and what becomes of it is told."""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Program, Ran, program
from tests.real.server import RealServer, until
from tests.real.stub import Stub
from tests.real.stub_gitlab import PROJECT
from tests.real.stub_model import TITLE, StubModel
from tests.real.test_server import PIXEL

__all__ = ["program"]  # a fixture here too

QUESTION = "Which page do you mean?"

Ask = Callable[..., Ran]


@pytest.fixture
def ask(program: Program, server: RealServer) -> Ask:
    """The program, pointed at the server with its key."""

    def asked(command: str, *arguments: str | Path, key: str = server.key) -> Ran:
        return program(command, "--server", server.url, *arguments, key=key)

    return asked


@pytest.fixture
def mcp_server() -> Iterator[Stub]:
    """Remembers who knocks, and knows no MCP: OpenHands goes on without its tools."""
    with Stub() as stub:
        yield stub


def test_everything_that_is_given_arrives_and_the_agent_asks(
    ask: Ask, server: RealServer, model: StubModel, mcp_server: Stub
) -> None:
    image, servers = Path("pixel.png"), Path("mcp.json")
    image.write_bytes(base64.b64decode(PIXEL.partition(",")[2]))
    servers.write_text(json.dumps({"shttp_servers": [{"url": f"{mcp_server.url}/mcp", "api_key": "c4n4ry"}]}))
    ran = ask(
        *("launch", "--wait=60", "--json", "--repository", PROJECT, "--branch", "feature/dark"),
        *("--message", "It is too bright", "--image", image, "--instructions", "Keep the logo as it is"),
        *("--mcp-config", servers),
    )
    assert ran.code == 0, ran.err
    facts = ran.facts
    assert (facts["status"], facts["state"], facts["last_words"]) == ("ok", "asks_you", QUESTION)
    assert PIXEL in model.images()
    assert any("It is too bright" in text for text in model.texts())
    assert any("Keep the logo as it is" in text for text in model.texts())
    assert any(one.path.startswith("/mcp") and "c4n4ry" in repr(one.headers) for one in mcp_server.asked)
    row = until(lambda: server.conversation(facts["conversation_id"]), "its row")
    assert (row["selected_repository"], row["selected_branch"]) == (PROJECT, "feature/dark")


def test_a_model_that_refuses_is_7_with_its_words(ask: Ask, model: StubModel) -> None:
    model.refuses(400, "this is a bad key")
    ran = ask("launch", "--wait=60", "--json", "-m", "Hello")
    assert (ran.code, ran.error["state"]) == (7, "failed")
    assert "this is a bad key" in ran.err
    assert "Traceback" not in ran.err


def test_a_wait_for_a_model_that_is_silent_runs_out(ask: Ask, model: StubModel) -> None:
    model.hangs()
    ran = ask("launch", "--wait=2", "--json", "-m", "Hello")
    assert (ran.code, ran.error["type"]) == (8, "wait_ran_out")
    assert ran.error["conversation_status"] in ("STARTING", "RUNNING")


def test_what_the_server_refuses_has_its_exit_code(ask: Ask, server: RealServer) -> None:
    ran = ask("launch", "--json", "-m", "Hello", key="wrong")
    assert (ran.code, ran.error["type"]) == (3, "key_refused")
    ran = ask("launch", "--json", "--repository", "acme/none", "-m", "Hello")
    assert (ran.code, ran.error["type"]) == (4, "git_refused")
    ran = ask("launch", "--json", "--conversation-id", "0" * 32)
    assert (ran.code, ran.err) == (2, "--conversation-id: This server does not accept this field.\n")
    assert not server.conversations()


def test_a_422_of_the_server_is_said_at_its_option(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """As from a server of another version, which wants something else."""
    from app.wire.schemas import InitSessionRequest

    body = json.dumps({"git_provider": "svn", "initial_user_msg": "Hello"}).encode()
    monkeypatch.setattr(InitSessionRequest, "body", lambda _: body)
    ran = ask("launch", "--json", "-m", "Hello")
    assert (ran.code, ran.error["type"]) == (4, "invalid")
    assert ran.err.startswith("The server refused this. Nothing was started.\n--provider: ")


def test_a_conversation_is_listed_shown_stopped_and_deleted(ask: Ask, server: RealServer) -> None:
    id_ = ask("launch", "--wait=60", "--json", "-m", "Hello").facts["conversation_id"]
    until(lambda: server.conversation(id_).get("title") == TITLE, "its title")
    # While the server writes a row it is missing from its list.
    until(lambda: ask("sessions").out.startswith(f"{id_}  Asks you  "), "its line")
    [row] = until(lambda: ask("sessions", "--json").facts, "its row")
    assert (row["conversation_id"], row["title"], row["state"]) == (id_, TITLE, "asks_you")
    shown = ask("session", id_).out.splitlines()
    assert (shown[0], shown[-1]) == (TITLE, QUESTION)
    assert ask("stop", id_).err == "Stopped.\n"
    until(lambda: ask("session", id_, "--json").facts["state"] == "stopped", "its end")
    assert ask("stop", id_).err == "It was not running.\n"
    assert ask("delete", id_, "--yes").err == "Deleted.\n"
    assert ask("session", id_).code == 4
    assert ask("sessions", "--json").facts == []
