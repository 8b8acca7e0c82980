"""The key of a server: alone, or in variables, however they were saved or copied."""

import pytest
from pydantic import SecretStr

from app import messages
from app.core.server_draft import ServerDraft
from app.core.servers import Server
from app.core.session_key import key_in, session_key
from app.core.text_files import decoded

KEY = "k3y-c4n4ry+/=%&"


@pytest.mark.parametrize(
    "content",
    [
        f"{KEY}\r\n",
        f"export SESSION_API_KEY='{KEY}'\n",
        f'# mine\r\n\r\nPORT=3000\r\nSESSION_API_KEY="{KEY}" # the server\'s\r\n',
        f"SESSION_API_KEY=another\nset OPENHANDS_API_KEY = {KEY} # this one\n",
        f"OPENHANDS_API_KEY=old\nOPENHANDS_API_KEY={KEY}\n",
        f"session_api_key={KEY}\n",
        f"Openhands_Api_Key = {KEY}\nfoo_token=x\n",
        f'$env:SESSION_API_KEY="{KEY}"\n',
        f"$Env:SESSION_API_KEY = '{KEY}';\n",
        f"SESSION_API_KEY: {KEY}\n",
        f"---\nenvironment:\n  - PORT=3000\n  - SESSION_API_KEY={KEY}\n",
        f'server:\n  session_api_key: "{KEY}" # mine\n',
        f"X-Session-API-Key: {KEY}\n",
        f'{{"SESSION_API_KEY": "{KEY}", "PORT": "3000"}}',
        f'{{\n  "session_api_key": "{KEY}"\n}}\n',
        f'{{"key": "{KEY}"}}',
        f'{{"apiKey": "{KEY}"}}',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_key_file_is_read_as_it_was_saved(content: str, encoding: str) -> None:
    assert key_in(decoded(content.encode(encoding))) == KEY
    assert session_key(decoded(content.encode(encoding))) == (KEY, [])


@pytest.mark.parametrize(
    "content",
    [
        "QUJDRA==",
        "MYKEY==",
        "bXlrZXk=",
        "sk-or-v1=x",
        "key_0",
        "a:b",
        "Bearer abc",
        "Authorization: Bearer abc",
    ],
)
def test_one_line_that_is_no_variable_is_a_key(content: str) -> None:
    """A key may well end in =, as base64 does."""
    assert key_in(f"{content}\n") == content


@pytest.mark.parametrize("content", ["", "\n", "SESSION_API_KEY=", "session_api_key:", '{"key": ""}'])
def test_what_names_a_key_and_holds_none_is_empty(content: str) -> None:
    assert key_in(content) == ""
    assert [one.type for one in session_key(content)[1]] == (["secret_missing"] if content.strip() else [])


@pytest.mark.parametrize(
    "content",
    [
        *("PORT=3000\nHOST=x", "MY_API_KEY=x", "export KEY=x", "set -x SESSION_API_KEY x", "setx FOO x"),
        'set "SESSION_API_KEY=x"',
        *("api_key=abc", "foo_token=bar", "FOO=bar", "foo = bar", "my-key=abc", "key:abc", "api-key: abc"),
        *("$env:FOO = 'x'", "$Env:MY_KEY=x", "[server]\nkey = abc", "- FOO=bar", "FOO: bar"),
        *('{"port": "3000"}', '{"key": 1}', '{"key": "a", "token": "b"}', '{"key": "a"', '["a"]', "{}"),
        '{"SESSION_API_KEY": 1}',
    ],
)
def test_a_variable_that_is_none_of_ours_is_never_taken_for_a_key(content: str) -> None:
    assert key_in(content) is None
    (found,) = session_key(content)[1]
    assert messages.problem(found) == (
        "It is not a session key. Give the key alone, or as OPENHANDS_API_KEY=… or SESSION_API_KEY=…."
    )


def test_a_line_of_variables_that_is_pasted_into_the_window_holds_the_key_too() -> None:
    server = ServerDraft(address="localhost", key=SecretStr(f"export SESSION_API_KEY='{KEY}'")).to_server()
    assert isinstance(server, Server)
    assert server.key == SecretStr(KEY)


def test_another_variable_that_is_pasted_into_the_window_goes_nowhere() -> None:
    found = ServerDraft(address="localhost", key=SecretStr("GITHUB_TOKEN=ghp_c4n4ry")).to_server()
    assert isinstance(found, list)
    assert [(one.loc, one.type, one.blocks) for one in found] == [(("key",), "key_unnamed", True)]
    assert "c4n4ry" not in repr(found)
