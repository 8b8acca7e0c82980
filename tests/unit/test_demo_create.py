"""The demo server takes and refuses launches as OpenHands 0.53.0 does."""

import math
from functools import partial
from typing import Any

import httpx
import pytest

from tests.conftest import until
from tests.demo import served
from tests.demo.pace import Pace
from tests.demo.server import DemoServer

CREATE = "/api/conversations"
TASK = {
    "git_provider": "github",
    "task_type": "OPEN_ISSUE",
    "repo": "a/b",
    "issue_number": 7,
    "title": "Crash",
}


async def launched(client: httpx.AsyncClient, **body: Any) -> str:
    answer = await client.post(CREATE, json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["conversation_id"])


async def info(client: httpx.AsyncClient, identifier: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.get(f"{CREATE}/{identifier}")).json()
    return answer


async def stored(client: httpx.AsyncClient, identifier: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = (await client.get(f"{CREATE}/{identifier}/events?limit=100")).json()[
        "events"
    ]
    return events


async def heard(client: httpx.AsyncClient, identifier: str) -> list[str]:
    events = [one for one in await stored(client, identifier) if one.get("action") == "message"]
    return [one["args"]["content"] for one in events if one["source"] == "user"]


def states(server: DemoServer, identifier: str) -> list[str]:
    known = server.conversations.get(identifier)
    assert known is not None
    return [
        one["extras"]["agent_state"] for one in known.log if one.get("observation") == "agent_state_changed"
    ]


def held_at(server: DemoServer, step: str) -> bool:
    return server.waiting(step) == 1


async def ended(server: DemoServer, identifier: str, state: str) -> None:
    await until(lambda: states(server, identifier)[-1:] == [state])


async def test_a_launch_starts_loads_gets_its_title_works_and_finishes() -> None:
    held = dict.fromkeys(("building", "starting", "loading", "title", "words"), math.inf)
    async with served(DemoServer(pace=Pace.quick(**held), rate=None)) as (server, client):
        answer = (await client.post(CREATE, json={"initial_user_msg": "Fix the login. Now"})).json()
        identifier = answer["conversation_id"]
        assert answer == {
            "status": "ok",
            "conversation_id": identifier,
            "message": None,
            "conversation_status": "STARTING",
        }
        seen = []
        for step in ("building", "starting", "loading", "title", "words", "words"):
            await until(partial(held_at, server, step))
            row = await info(client, identifier)
            seen.append((row["status"], row["runtime_status"], row["title"]))
            server.release(step)
        await ended(server, identifier, "finished")
        default = f"Conversation {identifier[:5]}"
        assert seen == [
            ("STARTING", None, default),
            ("STARTING", "STATUS$STARTING_RUNTIME", default),
            ("RUNNING", "STATUS$RUNTIME_STARTED", default),
            ("RUNNING", "STATUS$RUNTIME_STARTED", default),
            ("RUNNING", "STATUS$RUNTIME_STARTED", "Fix the login. Now"),
            ("RUNNING", "STATUS$RUNTIME_STARTED", "Fix the login. Now"),
        ]
        assert states(server, identifier) == ["loading", "running", "finished"]


async def test_its_words_say_that_it_is_a_demo_and_what_came() -> None:
    async with served() as (server, client):
        identifier = await launched(
            client,
            initial_user_msg="Look",
            repository="octo/cat",
            selected_branch="dev",
            image_urls=["data:image/png;base64,AAAA"],
            conversation_instructions="Be brief",
            mcp_config={
                "sse_servers": ["http://mcp.example/sse"],
                "stdio_servers": [{"name": "n", "command": "c"}],
            },
        )
        await ended(server, identifier, "finished")
        events = await stored(client, identifier)
        said = [
            one["args"]["content"]
            for one in events
            if one["source"] == "agent" and one.get("action") == "message"
        ]
        for part in (
            "This is the demo",
            "octo/cat",
            "branch dev",
            "1 image",
            "instructions",
            "mcp.example/sse",
            "n)",
        ):
            assert part in said[0]
        assert events[-2]["action"] == "finish"
        assert "no code was touched" in events[-2]["args"]["final_thought"]
        recalled = next(one for one in events if one.get("observation") == "recall")
        assert recalled["extras"]["conversation_instructions"] == "Be brief"
        assert events[2]["args"]["image_urls"] == ["data:image/png;base64,AAAA"]
        assert [one["id"] for one in events] == list(range(len(events)))
        assert all("+" not in one["timestamp"] and "Z" not in one["timestamp"] for one in events)


@pytest.mark.parametrize(
    ("body", "state"),
    [
        ({}, "awaiting_user_input"),
        ({"initial_user_msg": ""}, "awaiting_user_input"),
        ({"initial_user_msg": " "}, "finished"),
        ({"image_urls": ["http://pictures.example/a.png"]}, "finished"),
        ({"initial_user_msg": "Which one? "}, "awaiting_user_input"),
        ({"initial_user_msg": "Please FAIL now"}, "error"),
        ({"initial_user_msg": "Fix the failing test"}, "finished"),
    ],
)
async def test_the_message_decides_how_it_ends(body: dict[str, Any], state: str) -> None:
    async with served() as (server, client):
        await ended(server, await launched(client, **body), state)


REPLAY = """[{"action": "null", "source": "environment", "args": {}},
 {"action": "message", "source": "user", "args": {"content": "Do it again"}},
 {"id": 77, "action": "run", "source": "agent", "args": {"command": "ls"}},
 {"observation": "run", "source": "agent", "content": "", "extras": {}}]"""


async def test_a_replay_is_read_to_its_end_and_nothing_of_it_is_run() -> None:
    async with served() as (server, client):
        identifier = await launched(client, replay_json=REPLAY)
        await ended(server, identifier, "finished")
        events = await stored(client, identifier)
        assert [one["id"] for one in events] == list(range(len(events)))
        assert [one["action"] for one in events if "action" in one and one["source"] == "agent"] == [
            "system",
            "run",
            "finish",
        ]
        assert (await info(client, identifier))["title"] == "Do it again"


async def test_one_more_than_may_run_closes_the_least_recently_updated() -> None:
    async with served() as (server, client):
        first, second, third = [await launched(client) for _ in range(3)]
        for one in (first, second, third):
            await ended(server, one, "awaiting_user_input")
        await client.post(f"{CREATE}/{first}/events", json={"action": "message", "args": {"content": "On"}})
        await ended(server, first, "finished")
        fourth = await launched(client)
        await ended(server, fourth, "awaiting_user_input")
        rows = {one: (await info(client, one))["status"] for one in (first, second, third, fourth)}
        assert rows == {first: "RUNNING", second: "STOPPED", third: "RUNNING", fourth: "RUNNING"}
        assert states(server, second)[-2:] == ["awaiting_user_input", "stopped"]
