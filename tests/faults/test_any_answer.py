"""Whatever a server says: an answer, or one of our own errors, and nothing else."""

import copy
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from app.client import identity
from app.client.transport import Answer
from app.client.v0 import schemas
from app.client.v0.api import OpenHandsClient
from app.core.conversations import TextRef
from app.core.servers import Server, ServerAddress, ServerIdentity
from app.errors import LauncherError
from app.wire.schemas import InitSessionRequest

EXAMPLES = 200
ID = "f" * 32

CALLS: dict[str, Callable[[OpenHandsClient], Awaitable[object]]] = {
    "create": lambda client: client.create(InitSessionRequest()),
    "page": lambda client: client.page(),
    "conversation": lambda client: client.conversation(ID),
    "events": lambda client: client.events(ID),
    "updates": lambda client: client.updates(ID),
    "text": lambda client: client.text(ID, TextRef("1")),
    "first_message": lambda client: client.first_message(ID),
    "stop": lambda client: client.stop(ID),
    "delete": lambda client: client.delete(ID),
    "settings": lambda client: client.settings(),
    "identify": lambda client: client.identify(),
    "check_key": lambda client: client.check_key(),
}

NAMES = sorted(
    {
        name
        for model in vars(schemas).values()
        if isinstance(model, type) and issubclass(model, BaseModel)
        for name in (*model.model_fields, "detail", "loc", "msg", "msg_id", "input")
    }
)
WORDS = ["ok", "RUNNING", ID, "../x", "2026-11-24T04:14:23.354781Z", "-0001-99-99", "\ud800", "\0", "NaN", ""]

leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(WORDS)
    | st.just(10**4000)
)
anything = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=6)
    ),
    max_leaves=25,
)
TRUE_ANSWERS: list[dict[str, Any]] = [
    {"status": "ok", "conversation_id": ID},
    {"results": [{"conversation_id": ID}, None], "next_page_id": None},
    {"conversation_id": ID, "title": "Fix it", "created_at": "2026-11-24T04:14:23Z"},
    {"events": [{"id": 1, "args": {"content": "x"}, "extras": {"agent_state": "running"}}], "has_more": True},
    {"llm_model": "m", "provider_tokens_set": {"github": None}, "mcp_config": {"sse_servers": ["u"]}},
    {"info": {"version": "1"}, "components": {"schemas": {"InitSessionRequest": {"properties": {}}}}},
    {"detail": [{"type": "missing", "loc": ["body", "x", 0], "msg": "m", "ctx": {"n": 1}}]},
    {"status": "error", "message": "m", "msg_id": "STATUS$ERROR_LLM_AUTHENTICATION"},
]


@st.composite
def almost(draw: st.DrawFn) -> Any:
    """A true answer with one place in it replaced by anything."""
    answer = copy.deepcopy(draw(st.sampled_from(TRUE_ANSWERS)))
    inner = answer
    while isinstance(inner, dict | list) and inner:
        key = draw(st.sampled_from(sorted(inner) if isinstance(inner, dict) else range(len(inner))))
        if draw(st.booleans()) or not isinstance(inner[key], dict | list):
            inner[key] = draw(anything)
            break
        inner = inner[key]
    return answer


def in_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=True).encode()


values = almost() | anything
bodies = values.map(in_json) | st.binary(max_size=60) | st.text(max_size=60).map(str.encode)
bodies = st.one_of(bodies, bodies.map(lambda body: body[: len(body) // 2]))
statuses = st.just(200) | st.sampled_from([204, 301, 400, 401, 403, 404, 422, 429, 500, 999])
HEADERS = ["content-type", "location", "retry-after", "date"]
FIELDS = ["application/json", "text/html", "http://[", "//h:x/", "1", "Tue, 99 Nov 2026 00:00:00 GMT"]
latin = st.text(st.characters(max_codepoint=255), max_size=30)
headers = st.dictionaries(st.sampled_from(HEADERS), latin | st.sampled_from(FIELDS))


@pytest.mark.parametrize("call", CALLS)
@settings(max_examples=EXAMPLES, deadline=None, database=None)
@given(status=statuses, said=headers, body=bodies)
def test_any_answer_is_understood_or_is_an_error_of_ours(
    call: str, status: int, said: dict[str, str], body: bytes
) -> None:
    known = None if call == "identify" else ServerIdentity()
    client = OpenHandsClient(Server(ServerAddress("http://127.0.0.1:1")), known)

    async def answered(*_: object, **__: object) -> Answer:
        return Answer("http://127.0.0.1:1/api", status, httpx.Headers(said, encoding="latin-1"), body)

    client._transport.ask = answered  # type: ignore[method-assign]
    with suppress(LauncherError), pytest.MonkeyPatch.context() as patch:
        patch.setattr(identity, "RETRY_S", 0)
        _drive(CALLS[call](client))


def _drive(work: Awaitable[object]) -> None:
    """Runs a coroutine that waits for nothing to its end; thousands of event loops would be slow."""
    for step in work.__await__():
        assert step is None
