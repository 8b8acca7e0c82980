"""One async method per endpoint, against the demo server over real sockets."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import product
from typing import Any

import pytest
from pydantic import SecretStr

from app.client.v0 import api
from app.client.v0.api import OpenHandsClient
from app.core.conversations import Phase
from app.core.server_port import read_facts
from app.core.servers import Server, ServerAddress
from app.demo.door import Handler
from app.errors import (
    AnswerTooLarge,
    ConnectionLost,
    GitTokenMissing,
    Invalid,
    KeyRefused,
    LauncherError,
    NoSuchPlace,
    NotJson,
    ServerFault,
    SettingsMissing,
    TooManyRequests,
    WebPage,
    WrongShape,
)
from app.wire import limits
from app.wire.choices import ProviderType
from app.wire.schemas import InitSessionRequest, MCPConfig, MCPSSEServerConfig
from tests.demo import faults
from tests.demo.pace import Pace
from tests.demo.server import DemoServer
from tests.faults.hostile import answer, hostile

ID = "f" * 32


@asynccontextmanager
async def at(server: DemoServer, key: str | None = None) -> AsyncIterator[OpenHandsClient]:
    address = await server.start()
    client = OpenHandsClient(Server(ServerAddress(address), SecretStr(key) if key else None))
    try:
        yield client
    finally:
        await client.aclose()
        await server.stop()


def quick(**options: Any) -> DemoServer:
    return DemoServer(pace=Pace.quick(), rate=None, **options)


async def test_a_launch_sends_exactly_what_the_request_says() -> None:
    request = InitSessionRequest(
        repository="owner/name",
        git_provider=ProviderType.GITHUB,
        initial_user_msg="Füg es\nhinzu ✓",
        mcp_config=MCPConfig(
            sse_servers=[MCPSSEServerConfig(url="https://x.example", api_key=SecretStr("k"))]
        ),
    )
    server = quick()
    async with at(server) as client:
        response = await client.create(request)
        (seen,) = server.seen("create")
    assert seen.body == json.loads(request.body())
    assert seen.body["mcp_config"]["sse_servers"] == [{"url": "https://x.example", "api_key": "k"}]
    assert (response.conversation.phase, response.conversation.phase_word) == (Phase.STARTING, "STARTING")


async def test_a_launch_goes_out_once_whatever_the_answer() -> None:
    server = quick()
    async with at(server) as client:
        server.answer_next("create", faults.then_drop())
        with pytest.raises(ConnectionLost):
            await client.create(InitSessionRequest())
        assert len(server.seen("create")) == 1


async def test_the_list_comes_page_by_page() -> None:
    server = quick()
    async with at(server) as client:
        ids = {server.add(title=f"No {number}").conversation_id for number in range(5)}
        first = await client.page(limit=3)
        assert first.next_page
        second = await client.page(first.next_page, limit=3)
    assert {row.id for row in (*first.conversations, *second.conversations)} == ids
    assert (len(first.conversations), second.next_page) == (3, None)


async def test_a_page_id_is_sent_as_it_came() -> None:
    async with hostile(answer(b'{"results":[]}')) as there:
        client = there.client()
        await client.page("a+b/c=&limit=0#?", limit=7)
        await client.aclose()
    assert there.requests[0].startswith(
        b"GET /api/conversations?limit=7&page_id=a%2Bb%2Fc%3D%26limit%3D0%23%3F HTTP"
    )


async def test_one_conversation_is_read_and_an_unknown_one_is_none() -> None:
    server = quick()
    async with at(server) as client:
        known = server.add(title="Fix it").conversation_id
        found = await client.conversation(known)
        assert found
        assert found.title == "Fix it"
        assert await client.conversation(ID) is None


async def test_events_are_read_from_both_ends() -> None:
    server = quick()
    async with at(server) as client:
        known = server.add(agent_state="finished", last_words="Done").conversation_id
        newest = await client.events(known, newest_first=True, limit=1)
        (last,) = [event for event in newest.events if event]
        assert last.extras.agent_state == "finished"
        assert isinstance(last.id, int)
        earlier = await client.events(known, start_id=0, end_id=last.id - 1)
        assert [event.id for event in earlier.events if event][-1] == last.id - 1
        with pytest.raises(NoSuchPlace):
            await client.events(ID)


async def test_stop_and_delete_may_take_three_minutes_and_say_nothing() -> None:
    server = quick()
    async with at(server) as client:
        known = server.add().conversation_id
        await client.stop(known)
        await client.stop(ID)
        await client.delete(known)
        await client.delete(known)
        assert await client.conversation(known) is None
    assert api.STOP_S == 180


async def test_a_server_without_settings_has_none() -> None:
    async with at(quick(settings=None)) as client:
        assert await client.settings() is None
        with pytest.raises(SettingsMissing):
            await client.create(InitSessionRequest())


async def test_another_404_is_not_a_server_without_settings() -> None:
    server = quick()
    async with at(server) as client:
        server.answer_next("settings", faults.as_json({"detail": "Not Found"}, 404))
        with pytest.raises(NoSuchPlace):
            await client.settings()


async def test_a_look_at_a_server_finds_version_and_settings() -> None:
    async with at(quick(key="key"), "key") as client:
        facts = await read_facts(client)
    assert facts.version == "0.53.0"
    assert facts.settings_known


async def test_the_branches_of_a_repository_come_from_one_answer_or_from_pages() -> None:
    server = quick()
    async with at(server) as client:
        assert await client.branches("acme/web") == ["main", "feature/dark"]
        assert await client.branches("acme/missing") == []
        for number, more in enumerate((True, False)):
            page = {"branches": [{"name": f"b{number}"}, {"name": 7}, None], "has_next_page": more}
            server.answer_next("branches", faults.as_json(page))
        assert await client.branches("acme/web") == ["b0", "b1"]
        pages = [one.query["page"] for one in server.seen("branches")]
    assert pages == ["1", "1", "1", "2"]


async def test_branches_without_end_end_at_a_thousand() -> None:
    server = quick()
    async with at(server) as client:
        for _ in range(12):
            page = {"branches": [{"name": "b"}] * 100, "has_next_page": True}
            server.answer_next("branches", faults.as_json(page))
        assert len(await client.branches("acme/web")) == 1000


async def test_a_server_without_a_git_token_knows_no_branches() -> None:
    server = quick()
    server.provider_tokens = {}
    async with at(server) as client:
        assert await client.branches("acme/web") == []
        server.answer_next("branches", faults.as_json({"detail": "Unauthorized"}, 401))
        with pytest.raises(KeyRefused):
            await client.branches("acme/web")


async def test_who_answers_is_asked_first_and_without_the_key() -> None:
    server = quick(key="key")
    async with at(server, "wrong") as client:
        with pytest.raises(KeyRefused):
            await client.check_key()
        with pytest.raises(KeyRefused):
            await client.page()
        shown = [seen.headers.get("x-session-api-key") for seen in server.requests]
    assert shown == [None, "wrong", None, "wrong"]  # a refusal leaves it open who answers next


CALLS: dict[str, tuple[str, Callable[[OpenHandsClient], Awaitable[object]]]] = {
    "create": ("create", lambda client: client.create(InitSessionRequest())),
    "page": ("list", lambda client: client.page()),
    "conversation": ("conversation", lambda client: client.conversation(ID)),
    "events": ("events", lambda client: client.events(ID)),
    "stop": ("stop", lambda client: client.stop(ID)),
    "delete": ("delete", lambda client: client.delete(ID)),
    "settings": ("settings", lambda client: client.settings()),
    "check_key": ("config", lambda client: client.check_key()),
}

WRONG_200: dict[str, tuple[Handler, type[LauncherError]]] = {
    "a web page": (faults.web_page(), WebPage),
    "a web page that says it is JSON": (faults.status(200, " <html>", "application/json"), WebPage),
    "JSON that says it is a web page": (faults.status(200, "{}", "text/html"), WebPage),
    "nothing": (faults.status(200, ""), NotJson),
    "no JSON": (faults.status(200, "OK"), NotJson),
    "half of it": (faults.status(200, '{"results":['), NotJson),
    "no UTF-8": (faults.status(200, b'"\xff"'), NotJson),
    "deep nesting": (faults.status(200, "[" * 70_000), NotJson),
    "a number of 5000 digits": (faults.status(200, "9" * 5000), NotJson),
    "a number": (faults.status(200, "7"), WrongShape),
    "a list": (faults.status(200, "[{}]"), WrongShape),
    "too many parts": (faults.status(200, '{"results":[' + "{}," * 200_000 + "{}]}"), AnswerTooLarge),
    "too much": (faults.never_ending_body(), AnswerTooLarge),
}


@pytest.mark.parametrize("wrong", WRONG_200)
@pytest.mark.parametrize("call", CALLS)
async def test_a_200_that_is_no_answer(call: str, wrong: str) -> None:
    name, ask = CALLS[call]
    handler, kind = WRONG_200[wrong]
    server = quick()
    async with at(server) as client:
        server.answer_next(name, handler)
        with pytest.raises(LauncherError) as raised:
            await ask(client)
    assert type(raised.value) is kind
    assert raised.value.may_have_started


REFUSALS: dict[str, tuple[Handler, type[LauncherError]]] = {
    "our key": (faults.as_json({"detail": "Unauthorized"}, 401), KeyRefused),
    "our key, in the words of a gateway": (faults.as_json({"error": "Unauthorized"}, 401), KeyRefused),
    "more problems than anybody reads": (faults.as_json({"detail": [{}] * 400_000}, 422), Invalid),
    "too many": (faults.too_many_requests(), TooManyRequests),
    "a fault": (faults.status(500, "Internal Server Error"), ServerFault),
    "a gateway's page": (faults.web_page(502), ServerFault),
    "a compressed fault": (
        faults.status(503, b"\x1f\x8b", headers={"Content-Encoding": "gzip"}),
        ServerFault,
    ),
}


REFUSED = [one for one in product(CALLS, REFUSALS) if one != ("create", "our key, in the words of a gateway")]


@pytest.mark.parametrize(("call", "refused"), REFUSED)
async def test_each_call_passes_on_what_a_refusal_means(call: str, refused: str) -> None:
    name, ask = CALLS[call]
    handler, kind = REFUSALS[refused]
    server = quick()
    async with at(server) as client:
        server.answer_next(name, handler)
        with pytest.raises(kind):
            await ask(client)


async def test_a_launch_may_be_refused_for_want_of_a_git_token() -> None:
    server = quick()
    async with at(server) as client:
        server.answer_next("create", faults.as_json("Git provider token required.", 401))
        with pytest.raises(GitTokenMissing):
            await client.create(InitSessionRequest())


@pytest.mark.parametrize("conversation_id", ["../x", "a" * 65, "", "..", "a b", "a/b"])
async def test_an_answer_whose_id_is_no_id_has_the_wrong_shape(conversation_id: str) -> None:
    server = quick()
    async with at(server) as client:
        server.answer_next("create", faults.as_json({"status": "ok", "conversation_id": conversation_id}))
        with pytest.raises(WrongShape):
            await client.create(InitSessionRequest())


@pytest.mark.parametrize("conversation_id", ["..", "../settings", "a/b", "", "a?b", "a\n", "ä", "a" * 65])
async def test_what_is_no_id_makes_no_address(conversation_id: str) -> None:
    async with hostile(answer(b"null")) as there:
        client = there.client()
        for ask in (client.conversation, client.events, client.stop, client.delete):
            with pytest.raises(NoSuchPlace):
                await ask(conversation_id)
        with pytest.raises(NoSuchPlace):
            await anext(client.startup(conversation_id))
        assert there.connections == 0


async def test_the_servers_own_422_finds_its_fields_and_echoes_no_secret() -> None:
    detail = [{"type": "missing", "loc": ["body", "mcp_config"], "msg": "Field required", "input": "canary"}]
    server = quick()
    async with at(server) as client:
        server.answer_next("create", faults.as_json({"detail": detail}, 422))
        with pytest.raises(Invalid) as raised:
            await client.create(InitSessionRequest())
    assert [(problem.loc, problem.type) for problem in raised.value.problems] == [
        (("mcp_config",), "missing")
    ]
    assert "canary" not in repr(raised.value.problems)


async def test_a_row_carries_no_key_of_its_conversation() -> None:
    row = {"conversation_id": ID, "session_api_key": "canary", "url": "https://evil.example"}
    async with hostile(answer(json.dumps({"results": [row, None, {}]}).encode())) as there:
        client = there.client()
        page = await client.page()
        await client.aclose()
    assert [one.id for one in page.conversations] == [ID]
    assert "canary" not in repr(page)
    assert "evil" not in repr(page)


async def test_the_list_may_be_long_and_events_longer() -> None:
    assert (api.LIST_LIMIT, api.EVENTS_LIMIT) == (8 * 2**20, 32 * 2**20)
    images = answer(b'{"events":[{"id":1,"args":{"image_urls":["' + b"a" * (9 * 2**20) + b'"]}}]}')
    async with hostile(images) as there:
        client, others = there.client(), [there.client(), there.client()]
        assert (await client.events(ID)).events[0]
        with pytest.raises(AnswerTooLarge):
            await others[0].page()
        with pytest.raises(AnswerTooLarge):
            await others[1].conversation(ID)
        for one in (client, *others):
            await one.aclose()


@pytest.mark.parametrize("braces", ["{y}", '{"y\\\\":[', '\\" {'])
async def test_braces_in_words_are_no_parts_of_an_answer(braces: str) -> None:
    """Agents print files."""
    outputs = [{"id": number, "args": {"content": braces * 6_000}} for number in range(50)]
    async with hostile(answer(json.dumps({"events": outputs}).encode())) as there:
        client = there.client()
        page = await client.events(ID, limit=100)
        await client.aclose()
    kept = limits.part((braces * 6_000).encode(), limits.LAST_WORDS)
    assert [event.args.content for event in page.events if event] == [kept] * 50


@pytest.mark.parametrize("words", ["", '"",', r'"\\",', r'"\"",'])
async def test_too_many_parts_are_found_among_words(words: str) -> None:
    parts = f"{words}{{}}," * 200_001
    async with hostile(answer(f'{{"events":[],"x":[{parts}0]}}'.encode())) as there:
        client = there.client()
        with pytest.raises(AnswerTooLarge):
            await client.events(ID)
        await client.aclose()


async def test_a_client_that_was_never_used_closes() -> None:
    await OpenHandsClient(Server(ServerAddress("http://127.0.0.1:1"))).aclose()


async def test_a_cancelled_call_leaves_nothing_behind() -> None:
    tasks = asyncio.all_tasks()
    async with hostile(lambda line: line.silence()) as there:
        client = there.client()
        call = asyncio.get_running_loop().create_task(client.page())
        while not there.requests:
            await asyncio.sleep(0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await client.aclose()
    assert asyncio.all_tasks() == tasks
