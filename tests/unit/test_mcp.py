"""One MCP server as it is typed, and the list of a launch."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from app import messages
from app.core.draft import LaunchDraft
from app.core.mcp import McpKind, McpServerDraft, checked_config, command_line, config_of, name_of, servers_of
from app.errors import Loc, Problem
from app.wire.schemas import (
    InitSessionRequest,
    MCPConfig,
    MCPSHTTPServerConfig,
    MCPSSEServerConfig,
    MCPStdioServerConfig,
)

SSE = MCPSSEServerConfig(url="https://a.example/sse/", api_key=SecretStr("key"))
SHTTP = MCPSHTTPServerConfig(url="wss://b.example/mcp")
STDIO = MCPStdioServerConfig(
    name="files",
    command="npx",
    args=["-y", "a b", ""],
    env={"TOKEN": SecretStr("x=y, z"), "EMPTY": SecretStr("")},
)


def a_full_draft(kind: McpKind, **other: Any) -> McpServerDraft:
    return McpServerDraft(
        **{
            "kind": kind,
            "url": " https://a.example/mcp ",
            "api_key": SecretStr("key"),
            "name": " files ",
            "command": " npx ",
            "args": "-y 'a b' \"\"",
            "env": [("TOKEN", SecretStr("secret")), (" ", SecretStr("")), (" OTHER ", SecretStr(""))],
            **other,
        }
    )


def refused(draft: McpServerDraft) -> list[tuple[Loc, str]]:
    problems = draft.to_server()
    assert isinstance(problems, list)
    return [(one.loc, one.type) for one in problems]


def test_only_the_fields_of_the_chosen_kind_are_sent() -> None:
    url, key = "https://a.example/mcp", SecretStr("key")
    env = {"TOKEN": SecretStr("secret"), "OTHER": SecretStr("")}
    assert a_full_draft(McpKind.SSE).to_server() == MCPSSEServerConfig(url=url, api_key=key)
    assert a_full_draft(McpKind.SHTTP).to_server() == MCPSHTTPServerConfig(url=url, api_key=key)
    stdio = MCPStdioServerConfig(name="files", command="npx", args=["-y", "a b", ""], env=env)
    assert a_full_draft(McpKind.STDIO).to_server() == stdio


@pytest.mark.parametrize("kind", [McpKind.SSE, McpKind.SHTTP])
def test_a_remote_server_needs_its_address(kind: McpKind) -> None:
    assert refused(McpServerDraft(kind=kind)) == [(("url",), "missing")]
    assert refused(McpServerDraft(kind=kind, url="a.example")) == [(("url",), "mcp_url")]
    for sample in ("https://<host>/mcp", "https://a.example/${env:ID}/mcp", "https://a.example/{{id}}"):
        assert refused(McpServerDraft(kind=kind, url=sample)) == [(("url",), "mcp_url_placeholder")]
    server = McpServerDraft(kind=kind, url="ws://a").to_server()
    assert isinstance(server, MCPSSEServerConfig)
    assert server.api_key is None


def test_a_command_needs_its_name_and_program() -> None:
    assert refused(McpServerDraft(kind=McpKind.STDIO)) == [(("name",), "missing"), (("command",), "missing")]


@pytest.mark.parametrize(
    ("change", "loc", "type_"),
    [
        ({"name": "my files"}, ("name",), "mcp_name"),
        ({"command": "npx -y"}, ("command",), "mcp_command"),
        ({"args": "-y 'open"}, ("args",), "arguments_quote"),
        ({"args": "--key '<YOUR_KEY>'"}, ("args",), "argument_placeholder"),
        ({"args": "--key ${env:KEY}"}, ("args",), "argument_reference"),
        ({"env": [("A", SecretStr("1")), (" A", SecretStr("2"))]}, ("env",), "environment_twice"),
        ({"env": [("A B", SecretStr("1"))]}, ("env", "A B", "[key]"), "environment_name"),
        ({"env": [("", SecretStr("1"))]}, ("env", "", "[key]"), "environment_name"),
        ({"env": [(" ", SecretStr("1"))]}, ("env", "", "[key]"), "environment_name"),
        ({"env": [("A", SecretStr("\ud800"))]}, ("env", "A"), "string_unicode"),
        ({"env": [("A\ud800", SecretStr("1"))]}, ("env", "A\ufffd\ufffd\ufffd", "[key]"), "string_unicode"),
    ],
)
def test_what_the_server_would_refuse_is_a_problem_at_its_field(change: Any, loc: Loc, type_: str) -> None:
    assert refused(a_full_draft(McpKind.STDIO, **change)) == [(loc, type_)]


def test_a_variable_that_is_there_twice_is_named() -> None:
    problems = a_full_draft(McpKind.STDIO, env=[("A", SecretStr("1")), ("A", SecretStr("2"))]).to_server()
    assert isinstance(problems, list)
    assert problems[0].ctx == {"name": "A"}


def test_an_empty_key_is_none() -> None:
    server = McpServerDraft(url="https://a", api_key=SecretStr("")).to_server()
    assert server == MCPSHTTPServerConfig(url="https://a")


@pytest.mark.parametrize("server", [SSE, SHTTP, STDIO])
def test_a_server_is_edited_as_it_is(server: Any) -> None:
    assert McpServerDraft.of(server).to_server() == server


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), max_size=4))
def test_any_arguments_are_edited_as_they_are(args: list[str]) -> None:
    server = MCPStdioServerConfig(name="a", command="b", args=args)
    edited = McpServerDraft.of(server).to_server()
    assert isinstance(edited, MCPStdioServerConfig)
    assert edited.args == args


@given(
    st.builds(
        McpServerDraft,
        kind=st.sampled_from(McpKind),
        url=st.text(),
        name=st.text(),
        command=st.text(),
        args=st.text(),
    )
)
def test_whatever_is_typed_becomes_a_server_or_problems_in_words(draft: McpServerDraft) -> None:
    answer = draft.to_server()
    if isinstance(answer, list):
        assert answer
        for one in answer:
            draft.get(one.loc[:1])  # there is such a field
            assert messages.problem(one) != messages.problem(Problem(type="no such type"))
    else:
        body = InitSessionRequest(mcp_config=config_of([answer])).body()
        assert InitSessionRequest.model_validate_json(body).mcp_config == config_of([answer])


# Its secrets.


def test_a_key_is_sent_without_what_stands_around_it_and_that_is_said() -> None:
    draft = a_full_draft(McpKind.SHTTP, api_key=SecretStr(" Bearer key\n"))
    server = draft.to_server()
    assert isinstance(server, MCPSHTTPServerConfig)
    assert server.api_key == SecretStr("key")
    assert [(one.loc, one.type, one.blocks) for one in draft.warnings()] == [
        (("api_key",), "secret_bearer", False)
    ]
    assert a_full_draft(McpKind.SHTTP).warnings() == []


@pytest.mark.parametrize(
    ("url", "warned"),
    [
        ("http://mcp.example.com/mcp", True),
        ("ws://mcp.example.com", True),
        ("https://mcp.example.com/mcp", False),
        ("http://localhost:8080", False),
        ("http://127.0.0.1", False),
    ],
)
def test_a_key_that_would_cross_a_network_in_clear_is_warned_of(url: str, *, warned: bool) -> None:
    draft = McpServerDraft(kind=McpKind.SHTTP, url=url, api_key=SecretStr("abc"))
    assert [(one.loc, one.type) for one in draft.warnings()] == [(("url",), "mcp_in_clear")] * warned
    assert McpServerDraft(kind=McpKind.SHTTP, url=url).warnings() == []


def test_references_are_resolved_and_what_is_no_secret_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCS_TOKEN", "from-outside")
    monkeypatch.delenv("GONE", raising=False)
    server = a_full_draft(McpKind.SSE, api_key=SecretStr("${env:DOCS_TOKEN}")).to_server()
    assert isinstance(server, MCPSSEServerConfig)
    assert server.api_key == SecretStr("from-outside")
    assert refused(a_full_draft(McpKind.SSE, api_key=SecretStr("${GONE}"))) == [
        (("api_key",), "secret_not_set")
    ]
    env = [("A_TOKEN", SecretStr("$DOCS_TOKEN")), ("B_TOKEN", SecretStr("**********"))]
    draft = a_full_draft(McpKind.STDIO, env=env)
    assert refused(draft) == [(("env",), "secret_mask")]
    draft.put(("env",), [*env[:1], ("SEPARATOR", SecretStr(" "))])
    stdio = draft.to_server()
    assert isinstance(stdio, MCPStdioServerConfig)
    assert stdio.env == {"A_TOKEN": SecretStr("from-outside"), "SEPARATOR": SecretStr(" ")}


def test_the_secrets_of_all_servers_of_a_launch_are_checked_at_their_places() -> None:
    config = MCPConfig(
        shttp_servers=[SHTTP, MCPSHTTPServerConfig(url="https://a", api_key=SecretStr("<TOKEN>"))],
        stdio_servers=[STDIO.model_copy(update={"env": {"A_KEY": SecretStr(" k ")}})],
    )
    checked, found = checked_config(config)
    assert [(one.loc, one.type, one.blocks) for one in found] == [
        (("stdio_servers", 0, "env"), "secret_spaces", False),
        (("shttp_servers", 1, "api_key"), "secret_placeholder", True),
    ]
    assert checked.stdio_servers[0].env == {"A_KEY": SecretStr("k")}
    assert checked_config(config_of([SSE, SHTTP, STDIO])) == (config_of([SSE, SHTTP, STDIO]), [])


# The list of a launch.


def test_the_list_is_shown_in_one_row_in_the_order_in_which_equal_names_win() -> None:
    config = config_of([STDIO, SHTTP, SSE])
    assert config == MCPConfig(sse_servers=[SSE], shttp_servers=[SHTTP], stdio_servers=[STDIO])
    assert servers_of(config) == [SSE, SHTTP, STDIO]
    assert servers_of(MCPConfig()) == []


@given(st.lists(st.sampled_from([SSE, SHTTP, STDIO])))
def test_a_list_comes_back_whole_from_its_three_lists(servers: list[Any]) -> None:
    again = servers_of(config_of(servers))
    assert sorted(map(repr, again)) == sorted(map(repr, servers))


def test_an_empty_list_sends_no_mcp_config() -> None:
    request = LaunchDraft(mcp_config=config_of([])).to_request()
    assert isinstance(request, InitSessionRequest)
    assert request.body() == b"{}"


@pytest.mark.parametrize(
    ("server", "name"), [(SSE, "a.example/sse"), (SHTTP, "b.example/mcp"), (STDIO, "files")]
)
def test_a_server_is_called_by_its_name_or_address(server: Any, name: str) -> None:
    assert name_of(server) == name


def test_a_command_line_is_shown_as_one_would_type_it_and_without_secrets() -> None:
    assert command_line(STDIO) == "npx -y 'a b' ''"
