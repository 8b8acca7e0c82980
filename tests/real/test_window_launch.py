"""The window on a real server: every kind of launch, and how its row goes on."""

import asyncio
import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QListView

from app.ui.dialogs import Question
from app.ui.launch.replay import ReplayField
from app.ui.mcp.dialog import McpServerDialog
from tests.gui.conftest import Open, OpenDesk
from tests.real import hands
from tests.real.hands import until
from tests.real.server import RealServer
from tests.real.server import until as until_server
from tests.real.stub import Stub
from tests.real.stub_gitlab import PROJECT, StubGitLab
from tests.real.stub_model import TITLE, StubModel

WISH = "It is too bright, please mend that"
QUESTION = "Which page do you mean?"


@pytest.fixture
def mcp_server() -> Iterator[Stub]:
    """Remembers who knocks, and knows no MCP: OpenHands goes on without its tools."""
    with Stub() as stub:
        yield stub


@pytest.fixture
def server_that_takes_ids(
    openhands: Path, model: StubModel, gitlab: StubGitLab, tmp_path: Path
) -> Iterator[RealServer]:
    with RealServer(openhands, tmp_path, model, gitlab, ALLOW_SET_CONVERSATION_ID="1") as server:
        server.post_settings()
        yield server


@pytest.fixture
def screenshot(tmp_path: Path) -> Path:
    path = tmp_path / "login page.png"
    picture = QImage(16, 16, QImage.Format.Format_RGB32)
    picture.fill(QColor("navy"))
    assert picture.save(str(path))
    return path


def paste_file(controller: OpenDesk, path: Path) -> None:
    """As it comes from a file manager."""
    files = QMimeData()
    files.setUrls([QUrl.fromLocalFile(str(path))])
    QGuiApplication.clipboard().setMimeData(files)
    hands.paste(controller, "initial_user_msg")
    QGuiApplication.clipboard().clear()  # what outlives Python crashes it


async def on_server(server: RealServer, count: int) -> list[dict[str, Any]]:
    """So many conversations as the server lists them. While it writes, they may be missing from a read."""

    def listed() -> list[dict[str, Any]] | None:
        found = server.conversations()
        return found if len(found) == count else None

    return await asyncio.to_thread(until_server, listed, f"{count} conversations on the server")


def add_sse_server(controller: OpenDesk, url: str, key: str) -> None:
    hands.click(controller.window, "add_mcp_server")
    dialog = hands.seen(controller.window, McpServerDialog, "mcp_server")
    hands.choose_segment(dialog, "kind", "SSE")
    hands.fill_in(dialog, "url", url)
    hands.fill_in(dialog, "api_key", key)
    hands.click(dialog, "ok")


async def test_all_that_the_form_holds_arrives_and_the_row_comes_to_life(
    server: RealServer, model: StubModel, mcp_server: Stub, screenshot: Path, open_desk: Open
) -> None:
    model.hangs()
    async with hands.connected(open_desk, server) as controller:
        hands.fill(controller, "repository", PROJECT)
        hands.choose(controller, "git_provider", "GitLab")
        hands.fill(controller, "selected_branch", "feature/dark")
        hands.fill(controller, "initial_user_msg", WISH)
        paste_file(controller, screenshot)
        await until(lambda: controller.window.launch.draft.image_urls, "the image in the form")
        add_sse_server(controller, f"{mcp_server.url}/sse", "stub-mcp-key")
        hands.open_fold(controller, "Instructions for this conversation")
        hands.fill(controller, "conversation_instructions", "Keep the logo as it is")
        states = hands.follow(controller)
        controller.press()
        assert hands.says(controller, WISH, "Sending", PROJECT, "feature/dark")

        await until(lambda: hands.says(controller, "Working"), "a row that works")
        await until(lambda: model.requests, "a request to the model")
        assert f"data:image/png;base64,{encoded(screenshot)}" in model.images()
        assert any("Keep the logo as it is" in text for text in model.texts())
        asked = {(one.method, one.path, one.headers["authorization"]) for one in mcp_server.asked}
        assert asked == {("GET", "/sse", "Bearer stub-mcp-key")}
        [row] = await on_server(server, 1)
        assert (row["selected_repository"], row["git_provider"]) == (PROJECT, "gitlab")
        assert (row["selected_branch"], row["trigger"]) == ("feature/dark", "gui")
        await until(lambda: hands.says(controller, TITLE, "Working"), "the title that the model has made")

        model.answers(QUESTION)
        await until(
            lambda: hands.says(controller, TITLE, "Asks you", PROJECT, "feature/dark"), "a row that asks"
        )
        await until(lambda: hands.last_words(controller) == QUESTION, "what it asks")
        assert states == ["Sending", "Starting", "Working", "Asks you"]
        assert (hands.held(controller, "initial_user_msg"), hands.held(controller, "repository")) == (
            "",
            PROJECT,
        )


def encoded(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()


async def test_an_agent_that_finishes_says_its_last_words(
    server: RealServer, model: StubModel, open_desk: Open
) -> None:
    model.finishes("The login page is dark now.")
    async with hands.connected(open_desk, server) as controller:
        hands.fill(controller, "initial_user_msg", WISH)
        controller.press()
        await until(lambda: hands.says(controller, "Finished"), "a row that has finished")
        await until(lambda: hands.last_words(controller) == "The login page is dark now.", "its last words")


async def test_a_launch_without_a_message_waits_for_one(server: RealServer, open_desk: Open) -> None:
    async with hands.connected(open_desk, server) as controller:
        controller.press()
        controller.press()  # the answer to the question whether it is on purpose
        await until(lambda: hands.says(controller, "Asks you"), "a row that asks")


@pytest.mark.parametrize(
    ("status", "told", "reason"),
    [
        (400, "this is a bad key", "this is a bad key"),
        (401, "no such key", "The model refused the key. Check it on the server's settings page."),
    ],
)
async def test_a_model_that_refuses_fails_the_row_in_words(
    server: RealServer, model: StubModel, open_desk: Open, status: int, told: str, reason: str
) -> None:
    model.refuses(status, told)
    async with hands.connected(open_desk, server) as controller:
        hands.fill(controller, "initial_user_msg", WISH)
        controller.press()
        await until(lambda: hands.says(controller, "Failed"), "a row that has failed")
        assert reason in hands.last_words(controller)


def lives(controller: OpenDesk) -> bool:
    """Whether its agent has begun with it: the model answers at once, and the list hears of that later."""
    return hands.says(controller, PROJECT, "Working") or hands.says(controller, PROJECT, "Asks you")


async def test_a_suggested_task_is_launched_as_one(
    server: RealServer, model: StubModel, open_desk: Open
) -> None:
    async with hands.connected(open_desk, server) as controller:
        hands.choose_segment(controller.window, "kind", "Suggested task")
        hands.choose(controller, "suggested_task.task_type", "Open issue")
        hands.choose(controller, "suggested_task.git_provider", "GitLab")
        hands.fill(controller, "suggested_task.repo", PROJECT)
        hands.fill(controller, "suggested_task.issue_number", "7")
        hands.fill(controller, "suggested_task.title", "The login page is too bright")
        controller.press()
        await until(lambda: lives(controller), "a row with an agent at work")
        await until(lambda: any("#7" in text for text in model.texts()), "the issue at the model")
        [row] = await on_server(server, 1)
        assert (row["trigger"], row["selected_repository"]) == ("suggested_task", PROJECT)


async def test_a_microagent_is_launched_with_a_message_of_ours(
    server: RealServer, model: StubModel, open_desk: Open
) -> None:
    async with hands.connected(open_desk, server) as controller:
        hands.choose_segment(controller.window, "kind", "Microagent")
        hands.fill(controller, "create_microagent.repo", PROJECT)
        hands.choose(controller, "create_microagent.git_provider", "GitLab")
        hands.fill(controller, "create_microagent.title", "Colours of the brand")
        message = hands.held(controller, "microagent_msg")
        assert "Colours of the brand" in message
        controller.press()
        await until(lambda: lives(controller), "a row with an agent at work")
        await until(lambda: any(message in text for text in model.texts()), "the message at the model")
        [row] = await on_server(server, 1)
        assert (row["trigger"], row["git_provider"]) == ("microagent_management", "gitlab")


SAID = {"action": "message", "source": "user", "args": {"content": "Say where you are"}}
UNREADABLE = {"action": "run", "source": "agent", "args": {"sing": True}}


def replay_of(folder: Path, *events: object) -> Path:
    path = folder / "replay.json"
    path.write_text(json.dumps(events), encoding="utf-8")
    return path


async def bring_replay(controller: OpenDesk, path: Path) -> None:
    hands.choose_segment(controller.window, "kind", "Replay")
    hands.seen(controller.window, ReplayField, "replay_json").add_file(path)
    await until(lambda: hands.held(controller, "replay_json"), "the replay in the form")


async def test_a_replay_does_for_real_what_its_events_say(
    server: RealServer, tmp_path: Path, open_desk: Open
) -> None:
    left_behind = tmp_path / "left behind"
    run = {"action": "run", "source": "agent", "args": {"command": f"touch '{left_behind}'"}}
    finish = {"action": "finish", "source": "agent", "args": {"final_thought": "I have been here"}}
    async with hands.connected(open_desk, server) as controller:
        await bring_replay(controller, replay_of(tmp_path, SAID, run, finish))
        told = "The server runs the commands of a replay for real."
        await until(
            lambda: hands.note(controller, "replay_json") == told, "the warning, before anything is sent"
        )
        controller.press()
        await until(lambda: hands.says(controller, "Finished"), "a row that has finished")
        assert left_behind.exists()
        await until(lambda: hands.last_words(controller) == "I have been here", "its last words")


async def test_a_replay_that_the_server_cannot_read_fails_the_row_in_words(
    server: RealServer, tmp_path: Path, open_desk: Open
) -> None:
    async with hands.connected(open_desk, server) as controller:
        await bring_replay(controller, replay_of(tmp_path, SAID, UNREADABLE))
        controller.press()
        await until(lambda: hands.says(controller, "Failed"), "a row that has failed")
        assert "Failed to create agent session" in hands.last_words(controller)


async def test_an_id_of_ones_own_is_taken_once(server_that_takes_ids: RealServer, open_desk: Open) -> None:
    server, own = server_that_takes_ids, "0123456789abcdef0123456789abcdef"
    async with hands.connected(open_desk, server) as controller:
        hands.open_fold(controller, "Advanced")
        for _ in range(2):
            hands.fill(controller, "initial_user_msg", WISH)
            hands.fill(controller, "conversation_id", own)
            controller.press()
            await until(lambda: not hands.says(controller, "Sending"), "an answer")
        taken = "The server already has a conversation with this id. Choose another id."
        assert hands.note(controller, "conversation_id") == taken
        assert hands.held(controller, "initial_user_msg") == WISH
        [row] = await on_server(server, 1)
        assert row["conversation_id"] == own
        assert len(hands.listed(controller)) == 1


async def test_what_was_started_elsewhere_is_listed_with_its_last_words(
    server: RealServer, open_desk: Open
) -> None:
    answer = server.http.post("/api/conversations", json={"initial_user_msg": WISH})
    started: str = answer.raise_for_status().json()["conversation_id"]
    until_server(
        lambda: server.agent_state(started).get("agent_state") == "awaiting_user_input", "its question"
    )
    async with hands.connected(open_desk, server) as controller:
        await until(lambda: hands.says(controller, TITLE, "Asks you"), "a row that asks")
        QTest.keyClick(hands.seen(controller.window, QListView, "sessions"), Qt.Key.Key_Down)
        await until(lambda: hands.last_words(controller) == QUESTION, "its last words")


async def test_a_conversation_is_opened_stopped_launched_again_and_deleted(
    server: RealServer, browser: hands.Browser, open_desk: Open
) -> None:
    async with hands.connected(open_desk, server) as controller:
        hands.fill(controller, "repository", PROJECT)
        controller.press()
        controller.press()  # without a message, on purpose
        await until(lambda: hands.says(controller, PROJECT, "Asks you"), "a row that asks")
        [first] = await on_server(server, 1)
        hands.click(controller.window, "open")
        assert browser.opened == [f"{server.url}/conversations/{first['conversation_id']}"]
        hands.click(controller.window, "stop")
        assert hands.says(controller, PROJECT, "Stopping")
        await until(lambda: hands.says(controller, PROJECT, "Stopped"), "a row that has stopped")
        assert (await on_server(server, 1))[0]["status"] == "STOPPED"

        hands.fill(controller, "repository", "acme/other")
        hands.click(controller.window, "again")
        assert hands.held(controller, "repository") == PROJECT
        controller.press()
        controller.press()
        await until(lambda: hands.says(controller, PROJECT, "Asks you"), "a second row, that asks")
        assert hands.says(controller, PROJECT, "Stopped")

        hands.click(controller.window, "delete")
        question = hands.seen(controller.window, Question, "question")
        await on_server(server, 2)
        hands.click(question, "yes")
        assert hands.says(controller, PROJECT, "Deleting")
        await until(lambda: len(hands.listed(controller)) == 1, "the second row gone")
        [left] = await on_server(server, 1)
        assert left["conversation_id"] == first["conversation_id"]
        assert hands.says(controller, PROJECT, "Stopped")


async def test_a_stop_that_freezes_the_server_is_no_outage(
    server: RealServer, model: StubModel, open_desk: Open
) -> None:
    model.hangs()
    async with hands.connected(open_desk, server) as controller:
        hands.fill(controller, "initial_user_msg", WISH)
        controller.press()
        await until(lambda: model.requests and hands.says(controller, "Working"), "a row that works")
        contacts = hands.hear_contacts(controller)
        hands.click(controller.window, "stop")
        await asyncio.to_thread(until_server, lambda: is_frozen(server), "a server that does not answer")
        assert hands.says(controller, "Stopping")
        model.answers(QUESTION)
        await until(lambda: hands.says(controller, "Stopped"), "a row that has stopped")
        assert contacts == []
        assert hands.standing(controller) == hands.VERSION


def is_frozen(server: RealServer) -> bool:
    try:
        server.http.get("/alive", timeout=2)
    except httpx.ReadTimeout:
        return True
    return False
