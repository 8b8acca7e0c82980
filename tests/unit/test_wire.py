"""What goes over the wire: the rules of each value, the bodies we send, and whatever a server may answer."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from app.client.v0 import schemas as read_schemas
from app.client.v0.schemas import (
    ConversationInfo,
    ConversationInfoResultSet,
    ConversationResponse,
    Event,
    EventPage,
    OpenApiDocument,
    Settings,
    StoredMCPConfig,
)
from app.errors import Problem
from app.wire import rules, schemas
from app.wire.choices import ProviderType, TaskType
from app.wire.schemas import (
    CreateMicroagent,
    InitSessionRequest,
    MCPConfig,
    MCPSHTTPServerConfig,
    MCPSSEServerConfig,
    MCPStdioServerConfig,
    SuggestedTask,
)

CANARY = "sk-canary-7f3a"


def fault_of(rule: Callable[[Any], Any], value: Any) -> str | None:
    """The type of the problem that a rule finds, or None when it gives the value back."""
    try:
        assert rule(value) == value
    except PydanticCustomError as error:
        return error.type
    return None


# Single values.


@pytest.mark.parametrize(
    "name",
    ["o/n", "All-Hands-AI/OpenHands", "group/sub/deeper/name", "a.b/c_d", "1/2", "o/.github", "größe/maß"],
)
def test_a_repository_is_owner_and_name_and_gitlab_nests_groups(name: str) -> None:
    assert fault_of(rules.repository_name, name) is None


@pytest.mark.parametrize(
    "name",
    [
        "name",
        "/name",
        "owner/",
        "o//n",
        "o/n/",
        "o n/x",
        "https://github.com/o/n",
        "o/n?x",
        "o/n\n",
        "o/n#1",
        "o\\n",
        "../n",
        "o/..",
        "o/n.git",
        "o/n\u200b",
    ],
)
def test_what_is_not_owner_and_name_is_no_repository(name: str) -> None:
    assert fault_of(rules.repository_name, name) == "repository_name"


@pytest.mark.parametrize(
    "name",
    [
        "main",
        "feature/login",
        "v1.0",
        "fix-#12",
        "user@work",
        "a",
        "release/2026.11",
        "ünïcode",
        "x.y/z",
        "fix/{id}",
        "fix#12",
        "@a",
        "HEAD",
    ],
)
def test_a_valid_ref_name_is_a_branch(name: str) -> None:
    assert fault_of(rules.branch_name, name) is None


@pytest.mark.parametrize(
    "name", ["a;reboot", "a&b", "a|b", "a>b", "$(id)", "$HOME", "`id`", "a'b", 'a"b', "(a)", "a{b,c}", "#12"]
)
def test_what_the_servers_shell_would_run_is_no_branch(name: str) -> None:
    assert fault_of(rules.branch_name, name) == "branch_shell"


@pytest.mark.parametrize("name", ["a b", "a\tb", "a\nb", "main\n", "a\u00a0b", " main"])
def test_a_branch_has_no_spaces(name: str) -> None:
    assert fault_of(rules.branch_name, name) == "branch_spaces"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "a..b",
            ".a",
            "a/.b",
            "a.lock",
            "a.lock/b",
            "a/b.lock",
            "a.",
            "a/",
            "/a",
            "a//b",
            "@",
            "a@{1}",
            "-a",
        ),
        *("a~1", "a^", "a:b", "a?", "a*", "a[b", "a\\b", "a\x00b", "a\x7fb", "a\x01b", ".", "..", "/", "-"),
    ],
)
def test_what_git_refuses_is_no_branch(name: str) -> None:
    assert fault_of(rules.branch_name, name) == "branch_name"


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("0123456789abcdef0123456789abcdef", None),
        ("0123456789ABCDEF0123456789abcdef", "conversation_id"),
        ("0123456789abcdef0123456789abcde", "conversation_id"),
        ("0123456789abcdef0123456789abcdef0", "conversation_id"),
        ("0123456789abcdef0123456789abcdef\n", "conversation_id"),
        ("12345678-1234-1234-1234-123456789012", "conversation_id"),
        ("../../x", "conversation_id"),
    ],
)
def test_a_conversation_id_is_32_hex_digits(value: str, fault: str | None) -> None:
    assert fault_of(rules.conversation_id, value) == fault


@pytest.mark.parametrize(
    ("rule", "value", "fault"),
    [
        (rules.mcp_name, "git-hub_2", None),
        (rules.mcp_name, "git hub", "mcp_name"),
        (rules.mcp_name, "größe", "mcp_name"),
        (rules.mcp_name, "a.b", "mcp_name"),
        (rules.mcp_command, "/usr/bin/npx", None),
        (rules.mcp_command, "npx -y", "mcp_command"),
        (rules.mcp_command, "a\tb", "mcp_command"),
        (rules.environment_name, "GITHUB_TOKEN", None),
        (rules.environment_name, "a.b-c", None),
        (rules.environment_name, "A=B", "environment_name"),
        (rules.environment_name, "A B", "environment_name"),
        (rules.environment_name, "A\x00", "environment_name"),
        (rules.environment_name, "", "environment_name"),
    ],
)
def test_the_names_of_an_mcp_server(rule: Callable[[str], str], value: str, fault: str | None) -> None:
    assert fault_of(rule, value) == fault


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://a",
            "https://mcp.example.com/sse?x=1#y",
            "ws://a:1/",
            "wss://[::1]:8080/x",
            "http://127.0.0.1:9/",
        ),
        *("http://user:word@a/", "HTTPS://A/"),
    ],
)
def test_an_mcp_server_is_reached_by_http_or_websocket(url: str) -> None:
    assert fault_of(rules.mcp_url, url) is None


@pytest.mark.parametrize(
    ("rule", "value", "taken"),
    [
        (rules.mcp_url, "https://mcp.exa\u200bmple.com/\ufeff", "https://mcp.example.com/"),
        (rules.mcp_command, "npx\u200b", "npx"),
        (rules.environment_name, "\ufeffA_TO\u200bKEN", "A_TOKEN"),
        (rules.branch_name, "main\u200b", "main"),
        (rules.branch_name, "fix/👩\u200d💻", "fix/👩\u200d💻"),
    ],
)
def test_invisible_characters_that_came_along_are_left_out(
    rule: Callable[[str], str], value: str, taken: str
) -> None:
    assert rule(value) == taken


NO_WEB_ADDRESS = [
    *(
        "a",
        "a.example/x",
        "//a",
        "http://",
        "http:///x",
        "http:a",
        "ftp://a",
        "file:///etc/passwd",
        "javascript:x",
    ),
    *(
        "http://a:0",
        "http://a:99999",
        "http://a:b",
        "http://[::1",
        "http://a b",
        "http://a/\n",
        "\thttp://a",
        "",
    ),
]


@pytest.mark.parametrize("url", NO_WEB_ADDRESS)
def test_anything_else_is_no_address_of_an_mcp_server(url: str) -> None:
    assert fault_of(rules.mcp_url, url) == "mcp_url"


# Images.


def data_url(size: int, type_: str = "png") -> str:
    """A data URL that holds `size` bytes, padded as base64 is."""
    wholes, rest = divmod(size, 3)
    return f"data:image/{type_};base64,{'AAAA' * wholes}{('', 'AA==', 'AAA=')[rest]}"


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 100, 5 * rules.MIB])
def test_the_bytes_of_a_data_url_are_counted_without_its_padding(size: int) -> None:
    assert rules.image_bytes(data_url(size)) == size


def test_a_web_address_holds_no_bytes() -> None:
    assert rules.image_bytes("https://a.example/x.png,y") == 0


@pytest.mark.parametrize("type_", rules.IMAGE_TYPES)
def test_an_image_may_have_five_mebibytes_and_not_a_byte_more(type_: str) -> None:
    assert fault_of(rules.image_url, data_url(rules.IMAGE_LIMIT, type_)) is None
    assert fault_of(rules.image_url, data_url(rules.IMAGE_LIMIT + 1, type_)) == "image_size"


@pytest.mark.parametrize(
    "url",
    [
        *(
            "data:image/svg+xml;base64,AAAA",
            "data:image/png,AAAA",
            "data:text/html;base64,AAAA",
            "data:,",
            "data:",
        ),
        *("data:image/PNG;base64,AAAA", "data:image/png;charset=x;base64,AAAA", "data:image/jpg;base64,AAAA"),
    ],
)
def test_a_data_url_of_another_type_is_no_image(url: str) -> None:
    assert fault_of(rules.image_url, url) == "image_type"


def test_an_image_may_stand_in_the_web() -> None:
    assert fault_of(rules.image_url, "https://a.example/x.png?y=1") is None


@pytest.mark.parametrize("url", [*NO_WEB_ADDRESS, "ws://a", "wss://a"])
def test_anything_else_is_no_address_of_an_image(url: str) -> None:
    assert fault_of(rules.image_url, url) == "image_url"


def test_all_images_together_have_twenty_mebibytes() -> None:
    four = [data_url(rules.IMAGE_LIMIT)] * 4
    assert fault_of(rules.images_together, [*four, "https://a.example/x.png"]) is None
    assert fault_of(rules.images_together, [*four, data_url(1)]) == "images_size"


# An MCP server as the server takes it.


def test_every_variable_of_an_mcp_server_becomes_text() -> None:
    given = {"P": 8080, "F": 1.5, "B": True, "T": " x "}
    assert rules.environment(given) == {"P": "8080", "F": "1.5", "B": "true", "T": " x "}
    assert rules.environment("A=1, B = x=y ,") == {"A": "1", "B": " x=y"}
    assert rules.environment(None) == rules.environment("") == {}
    assert rules.environment([1]) == [1]


def test_arguments_are_a_list_or_one_text_that_is_split_as_a_shell_does() -> None:
    assert rules.arguments("-y 'a b'") == ["-y", "a b"]
    assert rules.arguments(["-p", 1, None]) == ["-p", "1", None]
    assert rules.arguments(None) == rules.arguments(" ") == []
    assert rules.arguments({}) == {}


# What we send.

SAID = {"action": "message", "source": "user", "args": {"content": "Fix it"}}
WHOLE: dict[str, Any] = {
    "repository": "o/n",
    "git_provider": "gitlab",
    "selected_branch": "main",
    "initial_user_msg": " Fix “it” \n",
    "image_urls": ["https://a.example/x.png", data_url(3)],
    "replay_json": json.dumps([SAID]),
    "suggested_task": {
        "git_provider": "github",
        "task_type": "OPEN_ISSUE",
        "repo": "o/n",
        "issue_number": 7,
        "title": "It breaks",
    },
    "create_microagent": {"repo": "o/n", "git_provider": "github", "title": "Linting"},
    "conversation_instructions": "Be brief",
    "mcp_config": {
        "sse_servers": [{"url": "https://a.example/sse", "api_key": CANARY}],
        "stdio_servers": [{"name": "files", "command": "npx", "args": ["-y", ""], "env": {"TOKEN": CANARY}}],
        "shttp_servers": [{"url": "https://a.example/mcp", "api_key": CANARY}],
    },
    "conversation_id": "0123456789abcdef0123456789abcdef",
}


def test_a_request_without_anything_is_an_empty_object() -> None:
    assert InitSessionRequest().body() == b"{}"


def test_a_whole_request_arrives_as_it_was_given() -> None:
    request = InitSessionRequest.model_validate(WHOLE)
    assert json.loads(request.body()) == WHOLE


@pytest.mark.parametrize("field", WHOLE)
def test_a_field_goes_alone(field: str) -> None:
    request = InitSessionRequest.model_validate({field: WHOLE[field]})
    assert json.loads(request.body()) == {field: WHOLE[field]}


def test_an_empty_mcp_config_is_sent_and_its_lists_are_never_null() -> None:
    assert InitSessionRequest(mcp_config=MCPConfig()).body() == b'{"mcp_config":{}}'
    for name in MCPConfig.model_fields:
        with pytest.raises(ValidationError):
            MCPConfig.model_validate({name: None})


def shown(value: BaseModel) -> Iterator[str]:
    """Every way in which a model may get onto a screen or into a log."""
    yield from (
        repr(value),
        str(value),
        f"{value}",
        value.model_dump_json(),
        value.model_dump_json(context={}),
    )
    yield from (
        repr(value.model_dump()),
        repr(value.model_dump(mode="json")),
        repr(dict(value)),
        repr(vars(value)),
    )
    yield value.model_dump_json(context={"wire": False})


def test_secrets_are_masked_everywhere_but_in_the_body() -> None:
    request = InitSessionRequest.model_validate(WHOLE)
    assert request.body().count(CANARY.encode()) == 3
    assert request.mcp_config is not None
    masked = [request, request.mcp_config, *request.mcp_config.sse_servers, *request.mcp_config.stdio_servers]
    for part in [*masked, *request.mcp_config.shttp_servers]:
        assert not [text for text in shown(part) if CANARY in text]


@pytest.mark.parametrize("field", ["sse_servers", "shttp_servers", "stdio_servers"])
def test_an_error_about_an_mcp_server_does_not_show_its_secrets(field: str) -> None:
    broken = {"url": 1, "api_key": CANARY, "name": 2, "command": 3, "env": {"A B": CANARY}, "args": CANARY}
    with pytest.raises(ValidationError) as fault:
        MCPConfig.model_validate({field: [broken, CANARY]})
    assert CANARY not in f"{fault.value}{fault.value!r}{Problem.of(fault.value)}"


def test_the_names_and_words_are_those_of_the_servers_document() -> None:
    assert set(InitSessionRequest.model_fields) == set(WHOLE)
    assert set(SuggestedTask.model_fields) == set(WHOLE["suggested_task"])
    assert set(CreateMicroagent.model_fields) == set(WHOLE["create_microagent"])
    assert set(MCPConfig.model_fields) == set(WHOLE["mcp_config"])
    assert (
        set(MCPSSEServerConfig.model_fields) == set(MCPSHTTPServerConfig.model_fields) == {"url", "api_key"}
    )
    assert set(MCPStdioServerConfig.model_fields) == {"name", "command", "args", "env"}
    assert " ".join(ProviderType) == "github gitlab bitbucket enterprise_sso"
    assert " ".join(TaskType) == (
        "MERGE_CONFLICTS FAILING_CHECKS UNRESOLVED_COMMENTS OPEN_ISSUE OPEN_PR CREATE_MICROAGENT"
    )


def task(**other: Any) -> dict[str, Any]:
    return {"suggested_task": WHOLE["suggested_task"] | other}


def microagent(**fields: Any) -> dict[str, Any]:
    return {"create_microagent": fields}


def mcp(kind: str, **server: Any) -> dict[str, Any]:
    return {"mcp_config": {kind: [server]}}


SSE = "mcp_config", "sse_servers", 0
STDIO = "mcp_config", "stdio_servers", 0


@pytest.mark.parametrize(
    ("value", "loc", "type_"),
    [
        ({"nothing_we_know": 1}, ("nothing_we_know",), "extra_forbidden"),
        ({"git_provider": "svn"}, ("git_provider",), "enum"),
        ({"repository": " "}, ("repository",), "string_too_short"),
        ({"selected_branch": "a b"}, ("selected_branch",), "branch_spaces"),
        ({"image_urls": ["https://a", "data:x"]}, ("image_urls", 1), "image_type"),
        ({"image_urls": [data_url(rules.IMAGE_LIMIT)] * 5}, ("image_urls",), "images_size"),
        ({"image_urls": ["https://a/\ud800"]}, ("image_urls", 0), "string_unicode"),
        ({"replay_json": "{}"}, ("replay_json",), "replay_no_list"),
        ({"replay_json": "\ud800"}, ("replay_json",), "string_unicode"),
        ({"conversation_id": "../../x"}, ("conversation_id",), "conversation_id"),
        ({"initial_user_msg": "\ud800"}, ("initial_user_msg",), "string_unicode"),
        ({"conversation_instructions": "\ud800"}, ("conversation_instructions",), "string_unicode"),
        (task(issue_number=0), ("suggested_task", "issue_number"), "greater_than_equal"),
        (task(issue_number="1.5"), ("suggested_task", "issue_number"), "int_parsing"),
        (task(repo="x"), ("suggested_task", "repo"), "repository_name"),
        (task(task_type="TEA"), ("suggested_task", "task_type"), "enum"),
        (microagent(repo=""), ("create_microagent", "repo"), "string_too_short"),
        (microagent(), ("create_microagent", "repo"), "missing"),
        (microagent(repo="o/n", title="\ud800"), ("create_microagent", "title"), "string_unicode"),
        (mcp("sse_servers", url="x"), (*SSE, "url"), "mcp_url"),
        (mcp("sse_servers", url="http://a", headers={}), (*SSE, "headers"), "extra_forbidden"),
        (mcp("stdio_servers", name="a", command="b c"), (*STDIO, "command"), "mcp_command"),
        (mcp("stdio_servers", name="a b", command="b"), (*STDIO, "name"), "mcp_name"),
        (mcp("stdio_servers", name="a", command="b", args=["\ud800"]), (*STDIO, "args", 0), "string_unicode"),
        (
            mcp("stdio_servers", name="a", command="b", env={"A\ud800": "x"}),
            (*STDIO, "env", "A\ufffd\ufffd\ufffd", "[key]"),
            "string_unicode",
        ),
    ],
)
def test_what_the_server_would_refuse_is_a_problem_at_its_field(value: Any, loc: Any, type_: str) -> None:
    with pytest.raises(ValidationError) as fault:
        InitSessionRequest.model_validate(value)
    assert [(one.loc, one.type) for one in Problem.of(fault.value)] == [(loc, type_)]


def test_every_field_of_a_task_is_required() -> None:
    with pytest.raises(ValidationError) as fault:
        SuggestedTask.model_validate({})
    assert {(one.loc[0], one.type) for one in Problem.of(fault.value)} == {
        (name, "missing") for name in SuggestedTask.model_fields
    }


@pytest.mark.parametrize("field", ["api_key", "env"])
def test_a_secret_that_no_wire_can_carry_is_a_problem_and_no_crash(field: str) -> None:
    """A lone surrogate, pasted from a broken page, has no UTF-8."""
    server = {"url": "https://a.example", "api_key": SecretStr("\ud800")}
    files = {"name": "a", "command": "b", "env": {"TOKEN": SecretStr("\ud800")}}
    config = {"sse_servers": [server]} if field == "api_key" else {"stdio_servers": [files]}
    with pytest.raises(ValidationError) as fault:
        InitSessionRequest.model_validate({"mcp_config": config})
    assert [one.type for one in Problem.of(fault.value)] == ["string_unicode"]


# What the server says.

ROW: dict[str, Any] = {
    "conversation_id": "0123456789abcdef0123456789abcdef",
    "title": "Fix the login",
    "last_updated_at": "2026-11-24T04:14:23.354781Z",
    "status": "RUNNING",
    "runtime_status": "STATUS$READY",
    "selected_repository": "o/n",
    "selected_branch": None,
    "git_provider": "github",
    "trigger": "gui",
    "num_connections": 1,
    "url": "https://elsewhere.example/api/conversations/x",
    "session_api_key": CANARY,
    "created_at": "2026-11-24T04:14:20Z",
    "pr_number": [],
}
EVENT = {
    "id": 8,
    "timestamp": "2026-11-24T04:14:23.354781",
    "source": "agent",
    "message": "",
    "observation": "agent_state_changed",
    "content": "",
    "extras": {"agent_state": "awaiting_user_input", "reason": ""},
    "args": {"content": "Fix it", "final_thought": None},
    "action": "message",
    "status_update": True,
    "type": "error",
    "error": True,
}
STORED = {
    "llm_model": "openai/gpt",
    "llm_api_key": None,
    "llm_api_key_set": True,
    "provider_tokens_set": {"github": None, "gitlab": "gitlab.example"},
    "mcp_config": {
        "sse_servers": [{"url": "https://a.example", "api_key": CANARY}, "https://b.example"],
        "stdio_servers": [{"name": "files", "command": "npx", "args": [], "env": {"TOKEN": CANARY}}],
        "shttp_servers": [],
    },
}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "OpenHands", "version": "0.53.0"},
    "components": {
        "schemas": {"InitSessionRequest": {"properties": {"conversation_id": {}}, "type": "object"}}
    },
}
ANSWERS: list[tuple[type[BaseModel], dict[str, Any]]] = [
    (ConversationResponse, {"status": "ok", "conversation_id": "ab12", "conversation_status": "STARTING"}),
    (ConversationInfo, ROW),
    (ConversationInfoResultSet, {"results": [ROW, None, ROW], "next_page_id": "MjA="}),
    (Event, EVENT),
    (EventPage, {"events": [EVENT, None], "has_more": True}),
    (Settings, STORED),
    (OpenApiDocument, DOCUMENT),
]
KINDS = [kind for kind, _ in ANSWERS]

LATER = datetime(2026, 11, 25, tzinfo=UTC)

any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything in a JSON value, itself first."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, one in inner:
        yield from places(one, (*path, step))


def with_other(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    """The value with another one at this place."""
    if not path:
        return other
    copy = value.copy()
    copy[path[0]] = with_other(value[path[0]], path[1:], other)
    return copy


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[type[BaseModel], Any]:
    """An answer that is right but for one place."""
    kind, value = draw(st.sampled_from(ANSWERS))
    return kind, with_other(value, draw(st.sampled_from(list(places(value)))), draw(any_json))


def read(kind: type[BaseModel], raw: bytes | str) -> BaseModel | None:
    """The model, or None where pydantic refuses it. Anything else that is raised fails the test."""
    try:
        return TypeAdapter(kind).validate_json(raw)
    except ValidationError as error:
        quoted = f"{error}{Problem.of(error)}"
    assert CANARY not in quoted
    return None


@pytest.mark.parametrize(("kind", "value"), ANSWERS)
def test_what_the_server_says_is_read(kind: type[BaseModel], value: Any) -> None:
    known = read(kind, json.dumps(value))
    assert known is not None
    assert CANARY not in f"{known!r}{known.model_dump_json()}"


DETAIL = {"type": "missing", "loc": ["body", "repository"], "input": CANARY, "ctx": {"a": 1}}


@given(st.sampled_from(list(places(DETAIL))), any_json)
def test_a_detail_with_anything_in_it_is_a_problem_or_left_out(where: tuple[Any, ...], value: Any) -> None:
    for problem in Problem.read([with_other(DETAIL, where, value)]):
        assert isinstance(problem.type, str)
        assert isinstance(problem.msg, str)
        assert all(isinstance(step, str | int) for step in problem.loc)
        assert all(isinstance(fact, str | int | float) for fact in problem.ctx.values())
        assert where == () or CANARY not in repr(problem)


@given(st.sampled_from(KINDS), any_json)
def test_any_json_is_read_or_refused(kind: type[BaseModel], value: Any) -> None:
    read(kind, json.dumps(value))


@given(st.sampled_from(KINDS), st.binary())
@example(ConversationInfoResultSet, b"\xff\xfe")
@example(ConversationInfoResultSet, b"[" * 100_000)
@example(ConversationInfoResultSet, b'{"results":[],"results":[null]}')
@example(ConversationInfoResultSet, b'{"results":[NaN, Infinity]}')
def test_any_bytes_are_read_or_refused(kind: type[BaseModel], raw: bytes) -> None:
    read(kind, raw)


@given(spoilt())
def test_an_answer_that_is_spoilt_at_one_place_is_read_or_refused(
    answer: tuple[type[BaseModel], Any],
) -> None:
    kind, value = answer
    read(kind, json.dumps(value))


@given(st.sampled_from(sorted(set(ROW) - {"conversation_id"})), any_json)
def test_whatever_stands_in_a_row_beside_its_id_the_row_is_read(field: str, value: Any) -> None:
    row = read(ConversationInfo, json.dumps(ROW | {field: value}))
    assert isinstance(row, ConversationInfo)
    assert row.created_at is None or row.created_at.utcoffset() is not None
    assert row.last_updated_at is None or row.last_updated_at.utcoffset() is not None


@given(st.lists(any_json))
def test_an_unreadable_row_costs_that_row_and_never_the_list(rows: list[Any]) -> None:
    answer = read(ConversationInfoResultSet, json.dumps({"results": [*rows, ROW], "next_page_id": 7}))
    assert isinstance(answer, ConversationInfoResultSet)
    assert answer.results[-1] is not None
    assert answer.results[-1].title == "Fix the login"
    assert answer.next_page_id is None
    assert len(answer.results) == len(rows) + 1


@given(st.lists(any_json))
def test_an_unreadable_event_costs_that_event_and_never_the_page(events: list[Any]) -> None:
    answer = read(EventPage, json.dumps({"events": [*events, EVENT]}))
    assert isinstance(answer, EventPage)
    assert answer.events[-1] is not None
    assert answer.events[-1].extras.agent_state == "awaiting_user_input"


@given(st.sampled_from(sorted(STORED)), any_json)
def test_an_unreadable_setting_costs_that_setting(field: str, value: Any) -> None:
    assert isinstance(read(Settings, json.dumps(STORED | {field: value})), Settings)


NASTY_ROWS: list[tuple[str, dict[str, Any], str, Any]] = [
    ("a null title", {"title": None}, "title", None),
    ("a title that is no text", {"title": ["a"]}, "title", None),
    ("an unknown status", {"status": "HIBERNATING"}, "status", "HIBERNATING"),
    ("a status that is no word", {"status": 7}, "status", None),
    ("an unknown trigger", {"trigger": "carrier_pigeon"}, "title", "Fix the login"),
    ("no date of birth", {"created_at": None}, "created_at", None),
    ("a date that is none", {"created_at": "yesterday"}, "created_at", None),
    ("a date of the year 99999", {"created_at": "99999-01-01T00:00:00Z"}, "created_at", None),
    ("a date as a list", {"last_updated_at": []}, "last_updated_at", None),
    ("a date without a zone", {"created_at": "2026-11-25T00:00:00"}, "created_at", LATER),
    ("a date of another zone", {"created_at": "2026-11-25T02:00:00+02:00"}, "created_at", LATER),
    ("a newer server's version", {"conversation_version": "V1"}, "title", "Fix the login"),
]


@pytest.mark.parametrize(("what", "change", "field", "value"), NASTY_ROWS, ids=[row[0] for row in NASTY_ROWS])
def test_a_row_is_taken_as_it_comes(what: str, change: dict[str, Any], field: str, value: Any) -> None:
    assert getattr(ConversationInfo.model_validate(ROW | change), field) == value


@pytest.mark.parametrize("field", sorted(set(ROW) - {"conversation_id"}))
def test_a_row_needs_nothing_but_its_id(field: str) -> None:
    row = {name: value for name, value in ROW.items() if name != field}
    assert ConversationInfo.model_validate(row).conversation_id == ROW["conversation_id"]


@pytest.mark.parametrize(
    "id_",
    [
        "",
        "../../x",
        "a/b",
        "a b",
        "a\n",
        "a?b",
        "a#b",
        "a%2fb",
        "x" * 65,
        ".",
        "..",
        "größe",
        None,
        7,
        ["a"],
        "a\x00",
    ],
)
def test_an_id_that_could_leave_its_place_in_an_address_is_no_id(id_: Any) -> None:
    for kind, value in ((ConversationInfo, ROW), (ConversationResponse, {"status": "ok"})):
        with pytest.raises(ValidationError):
            kind.model_validate(value | {"conversation_id": id_})


@pytest.mark.parametrize("status", ["error", "", None, 1])
def test_an_answer_that_is_not_ok_starts_nothing(status: Any) -> None:
    with pytest.raises(ValidationError):
        ConversationResponse.model_validate({"status": status, "conversation_id": "ab12"})


@pytest.mark.parametrize(
    ("raw", "id_"),
    [
        ("8", 8),
        ('"STATUS$ERROR"', "STATUS$ERROR"),
        ("null", None),
        ("[8]", None),
        ("1.5", None),
        ("true", None),
        ("-1", None),
    ],
)
def test_the_id_of_an_event_counts_or_is_a_word(raw: str, id_: Any) -> None:
    event = Event.model_validate_json(f'{{"id":{raw}}}')
    assert event.id == id_
    assert type(event.id) is type(id_)


@pytest.mark.parametrize("part", ["args", "extras"])
@pytest.mark.parametrize("value", [None, [], "text", 7, {}, {"content": 7, "agent_state": []}])
def test_an_event_without_a_readable_part_says_nothing_there(part: str, value: Any) -> None:
    event = Event.model_validate({"id": 1, part: value})
    assert not any(vars(getattr(event, part)).values())


def test_stored_mcp_servers_are_counted_and_their_keys_are_not_read() -> None:
    stored = Settings.model_validate(STORED).mcp_config
    assert stored is not None
    assert [one.url for one in stored.sse_servers] == ["https://a.example", "https://b.example"]
    assert [one.name for one in stored.stdio_servers] == ["files"]
    assert CANARY not in repr(stored)


@pytest.mark.parametrize("listed", [True, False])
def test_a_conversation_id_is_taken_where_the_servers_document_lists_it(listed: bool) -> None:
    properties: dict[str, Any] = {"conversation_id": {}} if listed else {"repository": {}}
    document = DOCUMENT | {"components": {"schemas": {"InitSessionRequest": {"properties": properties}}}}
    assert OpenApiDocument.model_validate(document).takes_conversation_id is listed


@pytest.mark.parametrize("components", [None, {}, {"schemas": {}}, {"schemas": {"InitSessionRequest": {}}}])
def test_a_document_without_the_request_takes_no_conversation_id(components: Any) -> None:
    document = {"info": {"version": "9"}} | ({"components": components} if components is not None else {})
    assert not OpenApiDocument.model_validate(document).takes_conversation_id


def test_of_the_fields_in_a_document_only_the_names_are_read() -> None:
    """What they are may be millions of objects, and nobody looks at them."""
    schemas: dict[str, Any] = {"InitSessionRequest": {"properties": {"conversation_id": {"deep": [{}] * 9}}}}
    document = {"info": {"title": "OpenHands"}, "components": {"schemas": schemas}}
    (request,) = OpenApiDocument.model_validate(document).components.schemas.values()
    assert request.properties == {"conversation_id": None}


def models(module: ModuleType) -> list[type[BaseModel]]:
    """All classes of what is sent, or of what is read."""
    return [one for one in vars(module).values() if isinstance(one, type) and issubclass(one, BaseModel)]


def test_a_rows_session_key_and_a_stored_key_have_no_field_to_land_in() -> None:
    answers = [one for one in models(read_schemas) if issubclass(one, read_schemas.ResponseModel)]
    assert StoredMCPConfig in answers
    assert ConversationInfo in answers
    fields = {name for one in answers for name in one.model_fields}
    assert not fields & {"session_api_key", "api_key", "llm_api_key", "env", "url_key", "headers"}
    assert not [one for one in answers if one.model_config.get("extra") != "ignore"]
    assert not [one for one in answers if not one.model_config.get("hide_input_in_errors")]


def test_what_is_sent_is_frozen_and_knows_no_other_field() -> None:
    sent = [one for one in models(schemas) if issubclass(one, schemas.RequestModel)]
    assert InitSessionRequest in sent
    for one in sent:
        assert one.model_config.get("frozen")
        assert one.model_config.get("extra") == "forbid"
        assert one.model_config.get("hide_input_in_errors")
