"""The demo server lists, shows, stops, starts, renames and deletes as OpenHands 0.53.0 does."""

import asyncio
import math
from functools import partial
from typing import Any

import httpx
import pytest

from app.demo.conversations import Conversation, made_title
from tests.conftest import until
from tests.demo import faults, served
from tests.demo.pace import Pace
from tests.demo.server import DemoServer

LIST = "/api/conversations"
MESSAGE = {"action": "message", "args": {"content": "Go on", "image_urls": []}}


async def page(client: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.get(LIST, params=query)).json()
    return answer


async def ids(client: httpx.AsyncClient, identifier: str, **query: Any) -> tuple[list[int], bool]:
    answer = (await client.get(f"{LIST}/{identifier}/events", params=query)).json()
    return [one["id"] for one in answer["events"]], answer["has_more"]


def finishes(conversation: Conversation, times: int) -> bool:
    return [one.get("action") for one in conversation.log].count("finish") == times


async def test_a_row_has_what_the_server_tells_and_nothing_of_the_agent() -> None:
    async with served() as (server, client):
        added = server.add(
            title="Fix it", repository="a/b", branch="dev", git_provider="gitlab", agent_state="error"
        )
        assert (await page(client))["results"] == [
            {
                "conversation_id": added.conversation_id,
                "title": "Fix it",
                "last_updated_at": (await page(client))["results"][0]["created_at"],
                "status": "RUNNING",
                "runtime_status": "STATUS$RUNTIME_STARTED",
                "selected_repository": "a/b",
                "selected_branch": "dev",
                "git_provider": "gitlab",
                "trigger": "gui",
                "num_connections": 0,
                "url": f"/api/conversations/{added.conversation_id}",
                "session_api_key": None,
                "created_at": added.created_at.isoformat().replace("+00:00", "Z"),
                "pr_number": [],
            }
        ]


async def test_null_entries_and_unknown_words_when_told() -> None:
    async with served() as (server, client):
        server.answer_always("list", faults.null_rows(2))
        server.add(status="DREAMING", trigger="carrier_pigeon")
        rows = (await page(client))["results"]
        assert rows[1:] == [None, None]
        assert (rows[0]["status"], rows[0]["trigger"]) == ("DREAMING", "carrier_pigeon")


async def test_a_rename_while_the_title_is_made_is_overwritten() -> None:
    async with served(DemoServer(pace=Pace.quick(title=math.inf), rate=None)) as (server, client):
        made = (await client.post(LIST, json={"initial_user_msg": "The first words"})).json()[
            "conversation_id"
        ]
        await until(lambda: server.waiting("title"))
        assert (await client.patch(f"{LIST}/{made}", json={"title": "Mine"})).json() is True
        server.release("title")
        await until(lambda: [one.title for one in server.conversations] == ["The first words"])


async def test_a_stop_while_starting_takes_its_time() -> None:
    async with served(
        DemoServer(pace=Pace.quick(building=math.inf, stop_while_starting=math.inf), rate=None)
    ) as (
        server,
        client,
    ):
        made = (await client.post(LIST, json={})).json()["conversation_id"]
        stop = asyncio.get_running_loop().create_task(client.post(f"{LIST}/{made}/stop"))
        await until(lambda: server.waiting("stop_while_starting"))
        assert not stop.done()
        server.release("stop_while_starting")
        assert (await stop).json()["conversation_status"] == "STARTING"
        found = server.conversations.get(made)
        assert found is not None
        assert (found.status, [one["extras"]["agent_state"] for one in found.log]) == (
            "STOPPED",
            ["loading", "stopped"],
        )


async def test_stopping_a_working_conversation_freezes_the_whole_server() -> None:
    async with served(DemoServer(pace=Pace.quick(freeze=math.inf), rate=None)) as (server, client):
        path = f"{LIST}/{server.add(agent_state='running').conversation_id}"
        stop = asyncio.get_running_loop().create_task(client.post(path + "/stop"))
        await until(lambda: server.waiting("freeze"))
        alive = asyncio.get_running_loop().create_task(client.get("/alive"))
        await until(lambda: len(server.seen("alive")) == 1)
        assert not alive.done()
        server.release("freeze")
        assert (await alive).json() == {"status": "ok"}
        assert (await stop).status_code == 200


async def test_a_working_agent_pauses_and_goes_on() -> None:
    async with served(DemoServer(pace=Pace.quick(words=math.inf), rate=None)) as (server, client):
        one = server.add(agent_state="awaiting_user_input")
        path = f"{LIST}/{one.conversation_id}/events"
        await client.post(path, json=MESSAGE)
        await until(lambda: server.waiting("words"))
        for state in ("paused", "running"):
            wish = {"action": "change_agent_state", "args": {"agent_state": state}}
            assert (await client.post(path, json=wish)).json() == {"success": True}
            assert one.state == state
        await until(lambda: server.waiting("words"))
        server.release("words")
        await until(lambda: one.state == "finished")


async def test_a_pause_before_the_first_words_loses_nothing() -> None:
    async with served(DemoServer(pace=Pace.quick(words=math.inf), rate=None)) as (server, client):
        made = (await client.post(LIST, json={"initial_user_msg": "Really?"})).json()["conversation_id"]
        one = server.conversations.running()[0]
        await until(lambda: server.waiting("words"))
        for state in ("paused", "running"):
            wish = {"action": "change_agent_state", "args": {"agent_state": state}}
            await client.post(f"{LIST}/{made}/events", json=wish)
        await until(lambda: server.waiting("words"))
        server.release("words")
        await until(lambda: one.state == "awaiting_user_input")


async def test_the_first_message_gives_the_title_also_when_it_comes_later() -> None:
    async with served() as (server, client):
        made = (await client.post(LIST, json={})).json()["conversation_id"]
        one = server.conversations.running()[0]
        await until(lambda: one.state == "awaiting_user_input")
        for times, content in enumerate(("First words", "Second words"), 1):
            message = {"action": "message", "args": {"content": content}}
            await client.post(f"{LIST}/{made}/events", json=message)
            await until(partial(finishes, one, times))
            assert one.title == "First words"


async def test_what_ran_is_stopped_after_the_server_was_down() -> None:
    async with served() as (server, client):
        one = server.add(agent_state="running")
        await server.stop()
        with pytest.raises(httpx.TransportError):
            await client.get("/alive")
        await server.start(client.base_url.port or 0)
        row = (await page(client))["results"][0]
        assert (row["conversation_id"], row["status"]) == (one.conversation_id, "STOPPED")
        assert one.state == "running"


async def test_the_pages_for_a_browser_say_that_this_is_a_demo() -> None:
    async with served() as (server, client):
        one = server.add(title="<b>Bold</b>")
        for path in ("/", "/settings", f"/conversations/{one.conversation_id}", "/conversations/none"):
            answer = await client.get(path)
            assert answer.headers["Content-Type"].startswith("text/html")
            assert "demo server of OpenHands Launcher" in answer.text
        assert "&lt;b&gt;Bold" in (await client.get(f"/conversations/{one.conversation_id}")).text


@pytest.mark.parametrize(
    ("message", "title"),
    [
        ("Fix it.", "Fix it"),
        ("\n\n  First line \nsecond", "First line"),
        ("word " * 20, ("word " * 10).strip()),
        ("x" * 60, "x" * 50),
        ("?!", "?!"),
        (" \n", ""),
    ],
)
def test_a_title_is_the_beginning_of_the_first_line(message: str, title: str) -> None:
    assert made_title(message) == title
