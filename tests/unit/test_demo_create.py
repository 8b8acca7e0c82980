"""The demo server takes and refuses launches as OpenHands 0.53.0 does."""

import asyncio
import math
from functools import partial
from typing import Any

import httpx
import pytest

from app.demo.pace import Pace
from app.demo.server import DemoServer
from tests.conftest import until
from tests.demo import served

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
            ("RUNNING", "STATUS$READY", default),
            ("RUNNING", "STATUS$READY", "Fix the login. Now"),
            ("RUNNING", "STATUS$READY", "Fix the login. Now"),
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


async def test_a_failed_agent_says_why_and_the_conversation_stays_running() -> None:
    async with served() as (server, client):
        identifier = await launched(client, initial_user_msg="fail")
        await ended(server, identifier, "error")
        assert (await stored(client, identifier))[-1]["extras"]["reason"].startswith("This is the demo")
        assert (await info(client, identifier))["status"] == "RUNNING"


REFUSED: list[tuple[dict[str, Any], list[Any], str]] = [
    ({"nope": 1}, ["body", "nope"], "extra_forbidden"),
    ({"conversation_id": "a" * 32}, ["body", "conversation_id"], "extra_forbidden"),
    ({"git_provider": "svn"}, ["body", "git_provider"], "enum"),
    ({"image_urls": "x"}, ["body", "image_urls"], "list_type"),
    ({"image_urls": [1]}, ["body", "image_urls", 0], "string_type"),
    (
        {"suggested_task": TASK | {"issue_number": "x"}},
        ["body", "suggested_task", "issue_number"],
        "int_parsing",
    ),
    ({"suggested_task": {}}, ["body", "suggested_task", "git_provider"], "missing"),
    ({"create_microagent": {}}, ["body", "create_microagent", "repo"], "missing"),
    ({"mcp_config": {"x": []}}, ["body", "mcp_config", "x"], "extra_forbidden"),
    ({"mcp_config": {"stdio_servers": None}}, ["body", "mcp_config", "stdio_servers"], "list_type"),
    (
        {"mcp_config": {"sse_servers": [{"url": "ftp://h"}]}},
        ["body", "mcp_config", "sse_servers", 0, "url"],
        "value_error",
    ),
    (
        {"mcp_config": {"sse_servers": [{"url": 1}]}},
        ["body", "mcp_config", "sse_servers", 0, "url"],
        "string_type",
    ),
    (
        {"mcp_config": {"shttp_servers": ["http://"]}},
        ["body", "mcp_config", "shttp_servers", 0, "url"],
        "value_error",
    ),
    (
        {"mcp_config": {"stdio_servers": [{"name": "a b", "command": "x"}]}},
        ["body", "mcp_config", "stdio_servers", 0, "name"],
        "value_error",
    ),
    (
        {"mcp_config": {"stdio_servers": [{"name": "a", "command": "x y"}]}},
        ["body", "mcp_config", "stdio_servers", 0, "command"],
        "value_error",
    ),
    (
        {"mcp_config": {"stdio_servers": [{"name": "a", "command": "x", "env": "1A=b"}]}},
        ["body", "mcp_config", "stdio_servers", 0, "env"],
        "value_error",
    ),
    (
        {"mcp_config": {"stdio_servers": [{"name": "a", "command": "x", "args": "'"}]}},
        ["body", "mcp_config", "stdio_servers", 0, "args"],
        "value_error",
    ),
]


@pytest.mark.parametrize(("body", "loc", "kind"), REFUSED)
async def test_a_422_names_the_field_and_echoes_what_was_sent(body: Any, loc: list[Any], kind: str) -> None:
    async with served() as (server, client):
        answer = await client.post(CREATE, json=body)
        details = answer.json()["detail"]
        assert answer.status_code == 422
        first = details[0]
        assert (first["loc"], first["type"]) == (loc, kind)
        assert {"type", "loc", "msg", "input"} <= set(first)
        assert kind != "value_error" or first["msg"].startswith("Value error, ")
        assert not len(server.conversations)


@pytest.mark.parametrize(
    ("raw", "loc", "kind"),
    [
        (b"", ["body"], "missing"),
        (b'{"a"', ["body", 4], "json_invalid"),
        (b"[]", ["body"], "model_attributes_type"),
    ],
)
async def test_a_body_that_is_no_object_is_a_422(raw: bytes, loc: list[Any], kind: str) -> None:
    async with served() as (_, client):
        answer = await client.post(CREATE, content=raw, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422
        assert [(one["loc"], one["type"]) for one in answer.json()["detail"]] == [(loc, kind)]


@pytest.mark.parametrize(
    "body",
    [
        {"mcp_config": {"sse_servers": None}},
        {"mcp_config": {"shttp_servers": None}},
        {"mcp_config": {"shttp_servers": [{"url": 1}]}},
        {"mcp_config": {"stdio_servers": [{"name": 1, "command": "x"}]}},
        {"mcp_config": {"stdio_servers": [{"name": "x", "command": None}]}},
        {"suggested_task": TASK | {"task_type": "OPEN_PR"}},
        {"suggested_task": TASK | {"task_type": "CREATE_MICROAGENT"}},
        {"suggested_task": TASK | {"git_provider": "enterprise_sso"}},
    ],
)
async def test_what_crashes_the_server_is_500_text_and_creates_nothing(body: dict[str, Any]) -> None:
    async with served() as (server, client):
        answer = await client.post(CREATE, json=body)
        assert (answer.status_code, answer.text) == (500, "Internal Server Error")
        assert not len(server.conversations)


@pytest.mark.parametrize(
    "body",
    [
        {"selected_branch": "no such; branch"},
        {"git_provider": "enterprise_sso"},
        {"repository": "", "git_provider": None},
        {"create_microagent": {"repo": "", "more": 1}},
        {"suggested_task": TASK | {"more": 1}},
        {"image_urls": ["not an image"]},
        {"replay_json": "not JSON"},
        {"mcp_config": {}},
        {"mcp_config": {"sse_servers": [{"url": " ws://h ", "headers": {}}, "http://h", "http://h"]}},
        {
            "mcp_config": {
                "stdio_servers": [{"name": "n", "command": "c", "args": "a 'b c'", "env": "K=V, L=W"}]
            }
        },
        {"mcp_config": {"stdio_servers": [{"name": "n", "command": "c", "args": None, "env": None}]}},
    ],
)
async def test_the_server_is_laxer_than_the_launcher(body: dict[str, Any]) -> None:
    async with served() as (_, client):
        assert (await client.post(CREATE, json=body)).status_code == 200


async def test_refusals_come_in_the_servers_order() -> None:
    async with served() as (server, client):
        server.settings, server.provider_tokens = None, {}
        body: dict[str, Any] = {"repository": "a/missing", "suggested_task": TASK | {"task_type": "OPEN_PR"}}
        assert (await client.post(CREATE, json=body | {"x": 1})).status_code == 422
        assert (await client.post(CREATE, json=body)).status_code == 500
        body["suggested_task"] = TASK
        assert (await client.post(CREATE, json=body)).status_code == 500
        server.provider_tokens = {"github": None}
        answers = [(await client.post(CREATE, json=body)).json()["msg_id"]]
        body["repository"] = "a/b"
        answers.append((await client.post(CREATE, json=body)).json()["msg_id"])
        server.settings = {"llm_api_key": " "}
        answers.append((await client.post(CREATE, json=body)).json()["msg_id"])
        assert answers == [
            "STATUS$GIT_PROVIDER_AUTHENTICATION_ERROR",
            "CONFIGURATION$SETTINGS_NOT_FOUND",
            "STATUS$ERROR_LLM_AUTHENTICATION",
        ]
        assert not len(server.conversations)


async def test_a_task_and_a_microagent_show_in_the_list() -> None:
    async with served() as (server, client):
        task = await info(client, await launched(client, suggested_task=TASK, initial_user_msg="unread"))
        assert (task["trigger"], task["selected_repository"]) == ("suggested_task", None)
        await until(lambda: len(server.conversations.get(task["conversation_id"]).log) > 2)  # type: ignore[union-attr]
        assert "a/b#7" in (await stored(client, task["conversation_id"]))[2]["args"]["content"]
        made = await launched(
            client, create_microagent={"repo": "a/b", "git_provider": "gitlab", "title": "T"}
        )
        row = await info(client, made)
        assert row["trigger"] == "microagent_management"
        assert (row["selected_repository"], row["git_provider"]) == ("a/b", "gitlab")


async def test_with_leave_a_launch_names_its_id_and_the_same_again_is_one_conversation() -> None:
    async with served(DemoServer(pace=Pace.quick(words=math.inf), rate=None)) as (server, client):
        server.allow_conversation_id = True
        schemas = (await client.get("/openapi.json")).json()["components"]["schemas"]
        assert "conversation_id" in schemas["InitSessionRequest"]["properties"]
        body = {"conversation_id": "c" * 32, "initial_user_msg": "Once"}
        answers = await asyncio.gather(*(client.post(CREATE, json=body) for _ in range(3)))
        assert {one.json()["conversation_id"] for one in answers} == {"c" * 32}
        assert len(server.conversations) == 1
        await until(lambda: server.waiting("words") == 1)
        assert await heard(client, "c" * 32) == ["Once"]
        await client.post(f"{CREATE}/{'c' * 32}/stop")
        await launched(client, conversation_id="c" * 32, initial_user_msg="Twice")
        await until(lambda: server.waiting("words") == 1)
        assert await heard(client, "c" * 32) == ["Once", "Twice"]


async def test_the_openapi_document_says_the_version_and_the_schemas_and_no_id() -> None:
    async with served(DemoServer(key="k", rate=None)) as (_, client):
        document = (await client.get("/openapi.json")).json()
        assert document["info"]["version"] == "0.53.0"
        schemas = document["components"]["schemas"]
        assert "conversation_id" not in schemas["InitSessionRequest"]["properties"]
        assert {
            "SuggestedTask",
            "CreateMicroagent",
            "MCPConfig",
            "MCPStdioServerConfig",
            "ProviderType",
        } <= set(schemas)


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
