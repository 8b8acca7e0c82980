"""Who answers is found out before anything of a person's is sent: OpenHands servers by their marks, and the rest."""

import json
from typing import Any

import pytest
from pydantic import SecretStr

from app.client import identity
from app.client.v0.api import OpenHandsClient
from app.client.v0.capabilities import V0
from app.core.servers import ServerIdentity
from app.errors import (
    LauncherError,
    NothingThere,
    NotOpenHands,
    OnlyAWebPage,
    Redirected,
    ServerFault,
    UnsupportedServer,
)
from app.wire.schemas import InitSessionRequest, MCPConfig, MCPSSEServerConfig
from tests.faults.hostile import Hostile, Line, answer, hostile

KEY, MESSAGE, MCP_KEY = "s3cr3t-k3y", "Fix the login", "mcp-s3cr3t"
LAUNCH = InitSessionRequest(
    initial_user_msg=MESSAGE,
    mcp_config=MCPConfig(
        sse_servers=[MCPSSEServerConfig(url="https://x.example", api_key=SecretStr(MCP_KEY))]
    ),
)
NOT_FOUND = answer(b'{"detail":"Not Found"}', "404 Not Found")
PAGE = answer(b"<!doctype html><title>Welcome</title>", content_type="text/html")
UPTIME = {"uptime": 3.5, "idle_time": 1.0, "resources": {"cpu_percent": 0.0}}

DOCUMENT, INFO, OPTIONS, CONFIG, LIST = (
    "/openapi.json",
    "/server_info",
    "/api/options/config",
    "/api/v1/web-client/config",
    "/api/conversations",
)


def says(facts: object) -> bytes:
    return answer(json.dumps(facts).encode())


def document(version: str, title: str = "OpenHands", **schemas: Any) -> bytes:
    info = {"title": title, "version": version}
    return says({"openapi": "3.1.0", "info": info, "paths": {}, "components": {"schemas": schemas}})


class Place:
    """A server that answers each path so, and 404 to the rest; an answer in a list is given once, in its turn."""

    def __init__(self, answers: dict[str, bytes | list[bytes]], otherwise: bytes = NOT_FOUND) -> None:
        self._answers = answers
        self._otherwise = otherwise
        self.there: Hostile

    async def __call__(self, line: Line) -> None:
        path = self.there.requests[-1].split(b" ", 2)[1].decode().partition("?")[0]
        found = self._answers.get(path, self._otherwise)
        await line.say(found.pop(0) if isinstance(found, list) else found)


async def launch_on(place: Place) -> tuple[object, Hostile]:
    """What a launch came to there, and what the place has seen of it."""
    async with hostile(place) as there:
        place.there = there
        client = OpenHandsClient(there.server(KEY))
        try:
            return await client.create(LAUNCH), there
        except LauncherError as error:
            return error, there
        finally:
            await client.aclose()


@pytest.fixture(autouse=True)
def looks_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "RETRY_S", 0.0)


CREATED = says({"status": "ok", "conversation_id": "f" * 32})

SPOKEN: dict[str, dict[str, bytes | list[bytes]]] = {
    "0.53.0": {DOCUMENT: document("0.53.0")},
    "0.53.0 behind a proxy that is late": {DOCUMENT: [NOT_FOUND, document("0.53.0")]},
    "0.62.1, which has a page of the app server too": {
        DOCUMENT: document("0.62.1"),
        CONFIG: says({"app_mode": "oss"}),
    },
    "one whose document is kept from us": {INFO: says(UPTIME)},
    "one that shows its routes below /api only": {OPTIONS: says({"APP_MODE": "oss", "FEATURE_FLAGS": {}})},
}


@pytest.mark.parametrize("kind", SPOKEN)
async def test_a_server_that_is_spoken_gets_the_launch(kind: str) -> None:
    answers: dict[str, bytes | list[bytes]] = {LIST: CREATED}
    result, there = await launch_on(Place(answers | SPOKEN[kind]))
    assert not isinstance(result, LauncherError)
    *looks, press = there.requests
    assert press.startswith(b"POST /api/conversations ")
    assert MESSAGE.encode() in press
    assert not [look for look in looks if KEY.encode() in look]


UNSUPPORTED: dict[str, tuple[dict[str, bytes | list[bytes]], str]] = {
    "agent server": (
        {DOCUMENT: document("1.58.2", "OpenHands Agent Server"), LIST: CREATED},
        "OpenHands Agent Server 1.58.2",
    ),
    "agent server without its document": (
        {INFO: says(UPTIME | {"title": "OpenHands Agent Server", "version": "1.49.1"})},
        "OpenHands Agent Server 1.49.1",
    ),
    "app server": (
        {DOCUMENT: document("1.11.0"), CONFIG: says({"app_mode": "oss"}), LIST: CREATED},
        "OpenHands App Server 1.11.0",
    ),
    "app server without its document": (
        {INFO: says(UPTIME), CONFIG: says({"app_mode": "oss"})},
        "OpenHands App Server",
    ),
    "hosted": ({DOCUMENT: document("0.0.1"), CONFIG: says({"app_mode": "saas"})}, "OpenHands Cloud"),
    "older than we know": ({DOCUMENT: document("0.52.1"), LIST: CREATED}, "OpenHands 0.52.1"),
    "newer than we know": ({DOCUMENT: document("0.63.0"), LIST: CREATED}, "OpenHands 0.63.0"),
    "no release": ({DOCUMENT: document("0.530.0"), LIST: CREATED}, "OpenHands 0.530.0"),
    "no version of ours": ({DOCUMENT: document("0.053.0"), LIST: CREATED}, "OpenHands 0.053.0"),
    "no version": ({DOCUMENT: document(""), LIST: CREATED}, "OpenHands"),
    "hosted, without a version": (
        {DOCUMENT: document(""), CONFIG: says({"app_mode": "saas"}), LIST: CREATED},
        "OpenHands Cloud",
    ),
    "app server that says little": (
        {INFO: says(UPTIME), CONFIG: says({"app_mode": None}), LIST: CREATED},
        "OpenHands",
    ),
}


def saw_a_secret(there: Hostile) -> bool:
    seen = b"".join(there.requests)
    return any(secret.encode() in seen for secret in (KEY, MESSAGE, MCP_KEY)) or b"POST" in seen


@pytest.mark.parametrize("kind", UNSUPPORTED)
async def test_another_kind_of_openhands_is_named_and_gets_nothing(kind: str) -> None:
    answers, product = UNSUPPORTED[kind]
    error, there = await launch_on(Place(answers))
    assert isinstance(error, UnsupportedServer)
    assert error.product == product
    assert not saw_a_secret(there)


ELSE: dict[str, tuple[Place, type[LauncherError]]] = {
    "a web page": (Place({}, PAGE), OnlyAWebPage),
    "a web page beside a 404": (Place({OPTIONS: PAGE}), OnlyAWebPage),
    "nothing but 404": (Place({}), NothingThere),
    "another program's JSON": (Place({}, says({"hello": "world"})), NotOpenHands),
    "another program's document": (Place({DOCUMENT: document("1.0", "Shop"), LIST: CREATED}), NotOpenHands),
    "the runtime of a conversation, which has the same sign of life": (
        Place({DOCUMENT: document("0.1.0", "FastAPI"), INFO: says(UPTIME), LIST: CREATED}),
        NotOpenHands,
    ),
    "a document that is too large to be one of ours": (
        Place({DOCUMENT: says("x" * 5 * 2**20), INFO: says(UPTIME), LIST: CREATED}),
        NotOpenHands,
    ),
    "a list that is not the one of conversations": (
        Place({LIST: says({"results": [{"id": 7}], "next_page_id": None})}),
        NothingThere,
    ),
    "a gateway that wants a login": (Place({}, answer(b"{}", "401 Unauthorized")), NotOpenHands),
    "a file that never ends": (Place({}, says("x" * 5 * 2**20)), NotOpenHands),
    "a redirect": (
        Place({}, answer(b"", "302 Found", location="https://login.example/")),
        Redirected,
    ),
    "a proxy without its server": (
        Place({}, answer(b"<html>502", "502 Bad Gateway", content_type="text/html")),
        ServerFault,
    ),
}


@pytest.mark.parametrize("kind", ELSE)
async def test_what_is_not_an_openhands_gets_nothing(kind: str) -> None:
    place, expected = ELSE[kind]
    error, there = await launch_on(place)
    assert type(error) is expected
    assert isinstance(error, LauncherError)
    assert not error.may_have_started
    assert not error.was_sent
    assert not saw_a_secret(there)


async def test_what_is_not_found_is_looked_for_twice() -> None:
    _, there = await launch_on(Place({}))
    assert len(there.requests) == 6


NOT_GOOD = ["400 Bad Request", "401 Unauthorized", "403 Forbidden", "404 Not Found", "405 Method Not Allowed"]
NOT_GOOD += ["418 Teapot", "422 Unprocessable", "429 Too Many", "500 Fault", "502 Bad Gateway", "503 Away"]


@pytest.mark.parametrize("said", [says({}), PAGE, *(answer(b"{}", status) for status in NOT_GOOD)])
async def test_a_program_that_takes_the_place_of_a_server_gets_no_second_request(said: bytes) -> None:
    place = Place({DOCUMENT: [document("0.53.0"), PAGE, PAGE], LIST: [said, PAGE, PAGE]}, PAGE)
    async with hostile(place) as there:
        place.there = there
        client = OpenHandsClient(there.server(KEY))
        with pytest.raises(LauncherError):
            await client.page()
        before = len(there.requests)
        with pytest.raises(OnlyAWebPage):
            await client.create(LAUNCH)
        await client.aclose()
    assert not [seen for seen in there.requests[before:] if KEY.encode() in seen or b"POST" in seen]


async def test_a_server_is_asked_who_it_is_only_once() -> None:
    place = Place({DOCUMENT: document("0.53.0"), LIST: says({"results": []})})
    async with hostile(place) as there:
        place.there = there
        client = OpenHandsClient(there.server(KEY))
        await client.page()
        await client.page()
        assert await client.identify() == ServerIdentity("0.53.0", V0)
        await client.aclose()
    assert len(there.requests) == 3
