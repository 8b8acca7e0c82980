"""What the other tests here stand on: the real server does what we know of it, and the stubs see it."""

import json
from typing import Any

import httpx
import pytest

from tests.real.server import RealServer, until
from tests.real.stub_gitlab import PROJECT
from tests.real.stub_model import TITLE, StubModel

PIXEL = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def launch(server: RealServer, **request: Any) -> str:
    conversation_id: str = (
        server.http.post("/api/conversations", json=request).raise_for_status().json()["conversation_id"]
    )
    return conversation_id


def wait_for_state(server: RealServer, conversation_id: str, wanted: str) -> dict[str, str]:
    def reached() -> dict[str, str] | None:
        state = server.agent_state(conversation_id)
        return state if state.get("agent_state") == wanted else None

    return until(reached, f"the agent in state {wanted}")


def test_a_conversation_is_listed_at_once_then_runs_and_gets_its_title(server: RealServer) -> None:
    started = launch(server, initial_user_msg="Make the login page dark, please", repository=PROJECT)
    row = until(lambda: server.conversation(started), "its row")
    assert row["selected_repository"] == PROJECT
    until(lambda: server.conversation(started).get("status") == "RUNNING", "RUNNING")
    until(lambda: server.conversation(started).get("title") == TITLE, "its title")
    wait_for_state(server, started, "awaiting_user_input")


def test_an_unknown_repository_is_refused(server: RealServer) -> None:
    answer = server.http.post("/api/conversations", json={"repository": "acme/none"})
    assert (answer.status_code, answer.json()["msg_id"]) == (400, "STATUS$GIT_PROVIDER_AUTHENTICATION_ERROR")


def test_without_settings_a_launch_is_refused(bare_server: RealServer) -> None:
    answer = bare_server.http.post("/api/conversations", json={"initial_user_msg": "Hello"})
    assert (answer.status_code, answer.json()["msg_id"]) == (400, "CONFIGURATION$SETTINGS_NOT_FOUND")


def test_a_wrong_key_is_refused(server: RealServer) -> None:
    answer = httpx.get(f"{server.url}/api/settings", headers={"X-Session-API-Key": "wrong"}, trust_env=False)
    assert (answer.status_code, answer.json()) == (401, {"detail": "Unauthorized"})


def test_image_and_instructions_reach_a_model_that_sees(server: RealServer, model: StubModel) -> None:
    launch(
        server,
        initial_user_msg="Like this",
        image_urls=[PIXEL],
        conversation_instructions="Keep the logo as it is",
    )
    until(lambda: PIXEL in model.images(), "the image in a request to the model")
    assert any("Keep the logo as it is" in text for text in model.texts())


@pytest.mark.parametrize("name", ["openai/gpt-4o", "openai/fake"])  # one with tools, one without
def test_an_agent_finishes_when_its_model_says_so(server: RealServer, model: StubModel, name: str) -> None:
    server.post_settings(model=name)
    model.finishes()
    wait_for_state(server, launch(server, initial_user_msg="Hello"), "finished")


def test_a_refusing_model_leads_to_the_state_error_with_a_reason(
    server: RealServer, model: StubModel
) -> None:
    model.refuses(400, "this is a bad key")
    state = wait_for_state(server, launch(server, initial_user_msg="Hello"), "error")
    assert "bad key" in state["reason"]


def test_a_suggested_task_becomes_a_prompt(server: RealServer, model: StubModel) -> None:
    task = {
        "git_provider": "gitlab",
        "task_type": "OPEN_ISSUE",
        "repo": PROJECT,
        "issue_number": 7,
        "title": "Dark",
    }
    started = launch(server, suggested_task=task, repository=PROJECT, git_provider="gitlab")
    until(lambda: any("#7" in text for text in model.texts()), "the issue in a request to the model")
    assert until(lambda: server.conversation(started), "its row")["trigger"] == "suggested_task"


def test_a_killed_server_starts_again_with_its_conversations(server: RealServer, model: StubModel) -> None:
    model.hangs()
    started = launch(server, initial_user_msg="Hello")
    until(lambda: model.requests, "a request to the model")
    until(lambda: server.conversation(started).get("title") == TITLE, "its title, the last that is written")
    server.kill()
    with pytest.raises(httpx.ConnectError):
        server.http.get("/alive")
    server.start_again()
    assert until(lambda: server.conversation(started), "its row")["status"] == "STOPPED"


def test_what_an_agent_has_started_ends_with_the_server(server: RealServer) -> None:
    hello = {"action": "message", "source": "user", "args": {"content": "Hello"}}
    sleep = {"action": "run", "source": "agent", "args": {"command": "sleep 300"}}
    launch(server, replay_json=json.dumps([hello, sleep]))
    until(lambda: [one for one in server.processes() if "sleep" in one.name()], "the command of the replay")
    server.kill()
    assert not server.processes()
    server.start_again()
