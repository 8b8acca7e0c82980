"""The demo server lists, shows, stops, starts, renames and deletes as OpenHands 0.53.0 does."""

import asyncio
import math
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
import pytest

from app.demo.conversations import Conversation, made_title
from app.demo.pace import Pace
from app.demo.server import DemoServer
from tests.conftest import until
from tests.demo import served

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
                "runtime_status": "STATUS$READY",
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


async def test_pages_come_newest_first_and_filters_act_after_paging() -> None:
    async with served() as (server, client):
        now = datetime.now(UTC)
        for age in range(5):
            where = "a/b" if age == 4 else "c/d"
            server.add(title=str(age), created_at=now - timedelta(minutes=age), repository=where)
        first = await page(client, limit=2)
        second = await page(client, limit=2, page_id=first["next_page_id"])
        third = await page(client, limit=2, page_id=second["next_page_id"])
        pages = [[row["title"] for row in one["results"]] for one in (first, second, third)]
        assert pages == [["0", "1"], ["2", "3"], ["4"]]
        assert third["next_page_id"] is None
        filtered = await page(client, limit=2, selected_repository="a/b")
        assert filtered["results"] == []
        assert filtered["next_page_id"]
        assert (await page(client, conversation_trigger="slack"))["results"] == []


async def test_a_limit_of_nothing_never_ends_and_a_page_id_that_is_none_crashes() -> None:
    async with served() as (server, client):
        server.add()
        nothing = await page(client, limit=0)
        assert nothing["results"] == []
        assert nothing["next_page_id"]
        garbage = await client.get(LIST, params={"page_id": "garbage"})
        assert (garbage.status_code, garbage.text) == (500, "Internal Server Error")


@pytest.mark.parametrize(
    ("query", "name"), [({"limit": "x"}, "limit"), ({"conversation_trigger": "x"}, "conversation_trigger")]
)
async def test_a_query_that_is_wrong_is_a_422_about_the_query(query: dict[str, str], name: str) -> None:
    async with served() as (_, client):
        answer = await client.get(LIST, params=query)
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["query", name]


async def test_what_is_older_than_ten_days_is_only_found_by_its_id() -> None:
    async with served() as (server, client):
        old = server.add(title="Old", created_at=datetime.now(UTC) - timedelta(days=11))
        assert (await page(client))["results"] == []
        assert (await client.get(f"{LIST}/{old.conversation_id}")).json()["title"] == "Old"


async def test_null_entries_and_unknown_words_when_told() -> None:
    async with served() as (server, client):
        server.null_rows = 2
        server.add(status="DREAMING", trigger="carrier_pigeon")
        rows = (await page(client))["results"]
        assert rows[1:] == [None, None]
        assert (rows[0]["status"], rows[0]["trigger"]) == ("DREAMING", "carrier_pigeon")


async def test_an_unknown_id_is_null_false_or_not_found() -> None:
    async with served() as (_, client):
        nobody = f"{LIST}/{'0' * 32}"
        got = await client.get(nobody)
        assert (got.status_code, got.json()) == (200, None)
        gone = await client.delete(nobody)
        assert (gone.status_code, gone.json()) == (200, False)
        stopped = await client.post(nobody + "/stop")
        assert (stopped.status_code, stopped.json()["message"]) == (200, "Conversation was not running")
        started = await client.post(nobody + "/start", json={"providers_set": []})
        assert (started.status_code, started.json()) == (
            404,
            {"status": "error", "conversation_id": "0" * 32},
        )
        events = await client.get(nobody + "/events")
        assert (events.status_code, events.json()) == (404, {"detail": f"Conversation {'0' * 32} not found"})
        assert (await client.post(nobody + "/events", json=MESSAGE)).status_code == 404
        renamed = await client.patch(nobody, json={"title": "T"})
        assert (renamed.status_code, renamed.json()["msg_id"]) == (404, "CONVERSATION$NOT_FOUND")


async def test_a_rename_keeps_to_its_limits_and_spaces_are_the_default_title() -> None:
    async with served() as (server, client):
        one = server.add(title="Old")
        path = f"{LIST}/{one.conversation_id}"
        for title in ("", "x" * 201):
            assert (await client.patch(path, json={"title": title})).status_code == 422
        assert (await client.patch(path, json={"title": " New "})).json() is True
        assert one.title == "New"
        await client.patch(path, json={"title": "  "})
        assert one.title == f"Conversation {one.conversation_id[:5]}"


async def test_a_rename_while_the_title_is_made_is_overwritten() -> None:
    async with served(DemoServer(pace=Pace.quick(title=math.inf), rate=None)) as (server, client):
        made = (await client.post(LIST, json={"initial_user_msg": "The first words"})).json()[
            "conversation_id"
        ]
        await until(lambda: server.waiting("title"))
        assert (await client.patch(f"{LIST}/{made}", json={"title": "Mine"})).json() is True
        server.release("title")
        await until(lambda: [one.title for one in server.conversations] == ["The first words"])


async def test_a_stop_tells_the_status_before_and_stores_stopped() -> None:
    async with served() as (server, client):
        one = server.add(agent_state="finished", last_words="Done.")
        path = f"{LIST}/{one.conversation_id}"
        assert (await client.post(path + "/stop")).json() == {
            "status": "ok",
            "conversation_id": one.conversation_id,
            "message": "Conversation stopped successfully",
            "conversation_status": "RUNNING",
        }
        assert (one.status, one.runtime_status, one.state) == ("STOPPED", None, "stopped")
        again = (await client.post(path + "/stop")).json()
        assert (again["message"], again["conversation_status"]) == ("Conversation was not running", "STOPPED")
        assert (await ids(client, one.conversation_id, reverse=True, limit=2)) == (
            [len(one.log) - 1, len(one.log) - 2],
            True,
        )


async def test_a_stop_while_starting_takes_its_time_and_leaves_no_event() -> None:
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
        assert await ids(client, made) == ([], False)


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


async def test_a_start_wakes_a_stopped_one_which_then_waits() -> None:
    async with served() as (server, client):
        one = server.add(status="STOPPED", agent_state="finished")
        path = f"{LIST}/{one.conversation_id}/start"
        assert (await client.post(path)).status_code == 422
        started = (await client.post(path, json={"providers_set": []})).json()
        assert started == {
            "status": "ok",
            "conversation_id": one.conversation_id,
            "message": None,
            "conversation_status": "STARTING",
        }
        await until(lambda: one.state == "awaiting_user_input")
        again = await client.post(path, json={"providers_set": []})
        assert (again.status_code, again.json()["conversation_status"]) == (200, "RUNNING")
        server.settings = None
        assert (await client.post(path, json={"providers_set": []})).json()[
            "msg_id"
        ] == "CONFIGURATION$SETTINGS_NOT_FOUND"


async def test_a_delete_takes_the_events_too() -> None:
    async with served() as (server, client):
        path = f"{LIST}/{server.add().conversation_id}"
        assert (await client.delete(path)).json() is True
        assert (await client.get(path)).json() is None
        assert (await client.get(path + "/events")).status_code == 404


async def test_events_are_paged_from_either_end_within_both_bounds() -> None:
    async with served() as (server, client):
        one = server.add(message="Hi", last_words="Hello", agent_state="awaiting_user_input")
        count = len(one.log)
        assert count == 7
        identifier = one.conversation_id
        assert await ids(client, identifier) == (list(range(count)), False)
        assert await ids(client, identifier, limit=3) == ([0, 1, 2], True)
        assert await ids(client, identifier, start_id=5) == ([5, 6], False)
        assert await ids(client, identifier, end_id=2) == ([0, 1, 2], False)
        assert await ids(client, identifier, reverse=True, limit=1) == ([6], True)
        assert await ids(client, identifier, reverse=True, end_id=5, limit=2) == ([5, 4], True)
        assert await ids(client, identifier, limit=0) == ([], True)
        for limit in (-1, 101):
            refused = await client.get(f"{LIST}/{identifier}/events", params={"limit": limit})
            assert (refused.status_code, refused.json()) == (400, {"detail": "Invalid limit"})


async def test_a_message_is_heard_and_an_unknown_action_or_a_stopped_agent_crashes() -> None:
    async with served() as (server, client):
        one = server.add(agent_state="awaiting_user_input")
        path = f"{LIST}/{one.conversation_id}/events"
        assert (await client.post(path, json=MESSAGE)).json() == {"success": True}
        await until(lambda: one.state == "finished")
        assert (await client.post(path, json={"action": "dance"})).status_code == 500
        assert (await client.post(path, content=b"{")).status_code == 500
        await client.post(f"{LIST}/{one.conversation_id}/stop")
        assert (await client.post(path, json=MESSAGE)).status_code == 500


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


async def test_settings_hide_their_secrets_and_a_post_resets_what_it_leaves_out() -> None:
    async with served() as (server, client):
        server.settings = None
        missing = await client.get("/api/settings")
        assert (missing.status_code, missing.json()) == (404, {"error": "Settings not found"})
        servers = {"sse_servers": [{"url": "http://h", "api_key": "k"}]}
        body = {"llm_model": "m", "llm_api_key": "secret", "agent": "A", "mcp_config": servers, "unknown": 1}
        assert (await client.post("/api/settings", json=body)).json() == {"message": "Settings stored"}
        shown = (await client.get("/api/settings")).json()
        assert (shown["llm_api_key"], shown["llm_api_key_set"]) == (None, True)
        assert shown["mcp_config"] == servers
        assert set(shown["provider_tokens_set"]) == {"github", "gitlab", "bitbucket"}
        assert "unknown" not in shown
        await client.post("/api/settings", json={"agent": "B"})
        shown = (await client.get("/api/settings")).json()
        assert (shown["llm_model"], shown["llm_api_key_set"], shown["mcp_config"]) == ("m", True, None)


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
