"""What the server refuses to start, or to be asked, and in which words."""

from collections.abc import Iterable
from typing import Any

from tests.contract.case import case
from tests.contract.place import CONVERSATIONS, NO_REPOSITORY, REPOSITORY, Place
from tests.contract.shapes import DETAIL, INVALID, REFUSAL, shaped

Wrong = tuple[str, str, str]
"""Place (`body.image_urls.0`), type and message of one thing that is wrong."""

TASK = {
    "git_provider": "gitlab",
    "task_type": "OPEN_ISSUE",
    "repo": REPOSITORY,
    "issue_number": 7,
    "title": "Dark",
}
NO_STRING = "Input should be a valid string"
NO_OBJECT = "Input should be a valid dictionary or object to extract fields from"
NO_INTEGER = "Input should be a valid integer, unable to parse string as an integer"
PROVIDERS = "'github', 'gitlab', 'bitbucket' or 'enterprise_sso'"
TASKS = "'MERGE_CONFLICTS', 'FAILING_CHECKS', 'UNRESOLVED_COMMENTS', 'OPEN_ISSUE', 'OPEN_PR' or 'CREATE_MICROAGENT'"

FIELDS: list[tuple[Any, list[Wrong]]] = [
    *(
        ({name: 1}, [(f"body.{name}", "string_type", NO_STRING)])
        for name in (
            "repository",
            "selected_branch",
            "initial_user_msg",
            "replay_json",
            "conversation_instructions",
        )
    ),
    ({"nope": 1}, [("body.nope", "extra_forbidden", "Extra inputs are not permitted")]),
    (
        {"conversation_id": "a" * 32},
        [("body.conversation_id", "extra_forbidden", "Extra inputs are not permitted")],
    ),
    ({"git_provider": "gitea"}, [("body.git_provider", "enum", f"Input should be {PROVIDERS}")]),
    ({"image_urls": "x"}, [("body.image_urls", "list_type", "Input should be a valid list")]),
    ({"image_urls": ["x", 1]}, [("body.image_urls.1", "string_type", NO_STRING)]),
    ({"create_microagent": {}}, [("body.create_microagent.repo", "missing", "Field required")]),
    ({"create_microagent": []}, [("body.create_microagent", "model_attributes_type", NO_OBJECT)]),
    ({"suggested_task": "x"}, [("body.suggested_task", "model_attributes_type", NO_OBJECT)]),
    (
        {"suggested_task": {}},
        [
            (f"body.suggested_task.{name}", "missing", "Field required")
            for name in ("git_provider", "task_type", "repo", "issue_number", "title")
        ],
    ),
    (
        {"suggested_task": TASK | {"task_type": "NO"}},
        [("body.suggested_task.task_type", "enum", f"Input should be {TASKS}")],
    ),
    (
        {"suggested_task": TASK | {"issue_number": "x"}},
        [("body.suggested_task.issue_number", "int_parsing", NO_INTEGER)],
    ),
    (
        {"suggested_task": TASK | {"issue_number": 1.5}},
        [
            (
                "body.suggested_task.issue_number",
                "int_from_float",
                "Input should be a valid integer, got a number with a fractional part",
            )
        ],
    ),
    (
        {"initial_user_msg": 1, "repository": 2},
        [("body.repository", "string_type", NO_STRING), ("body.initial_user_msg", "string_type", NO_STRING)],
    ),
]

SSE, HTTP, STDIO = "sse_servers", "shttp_servers", "stdio_servers"


def _stdio(**more: Any) -> dict[str, Any]:
    return {STDIO: [{"name": "a", "command": "x"} | more]}


def _value(where: str, message: str) -> list[Wrong]:
    return [(where, "value_error", f"Value error, {message}")]


MCP: list[tuple[Any, list[Wrong]]] = [
    ([], [("", "model_attributes_type", NO_OBJECT)]),
    ({"x": 1}, [(".x", "extra_forbidden", "Extra inputs are not permitted")]),
    ({STDIO: None}, [(f".{STDIO}", "list_type", "Input should be a valid list")]),
    ({SSE: [1]}, [(f".{SSE}.0", "model_attributes_type", NO_OBJECT)]),
    ({SSE: [{}]}, [(f".{SSE}.0.url", "missing", "Field required")]),
    ({HTTP: [{}]}, [(f".{HTTP}.0.url", "missing", "Field required")]),
    ({SSE: [{"url": 1}]}, [(f".{SSE}.0.url", "string_type", NO_STRING)]),
    ({SSE: [{"url": "http://h", "api_key": 1}]}, [(f".{SSE}.0.api_key", "string_type", NO_STRING)]),
    ({SSE: ["http://h", " "]}, _value(f".{SSE}.1.url", "URL cannot be empty")),
    ({HTTP: ["x"]}, _value(f".{HTTP}.0.url", "URL must include a scheme (http:// or https://)")),
    ({HTTP: ["http://"]}, _value(f".{HTTP}.0.url", "URL must include a valid domain/host")),
    ({SSE: ["ftp://h"]}, _value(f".{SSE}.0.url", "URL scheme must be http, https, ws, or wss")),
    (
        {STDIO: [{}]},
        [(f".{STDIO}.0.{name}", "missing", "Field required") for name in ("name", "command")],
    ),
    (_stdio(name=" "), _value(f".{STDIO}.0.name", "Server name cannot be empty")),
    (
        _stdio(name="a b"),
        _value(f".{STDIO}.0.name", "Server name can only contain letters, numbers, hyphens, and underscores"),
    ),
    (_stdio(command=""), _value(f".{STDIO}.0.command", "Command cannot be empty")),
    (
        _stdio(command="x y"),
        _value(
            f".{STDIO}.0.command",
            "Command should be a single executable without spaces (use arguments field for parameters)",
        ),
    ),
    (_stdio(args=[1]), [(f".{STDIO}.0.args.0", "string_type", NO_STRING)]),
    (
        _stdio(args="'"),
        _value(
            f".{STDIO}.0.args",
            "Invalid argument format: No closing quotation. Use shell-like format, e.g., "
            '"arg1 arg2" or \'--config "value with spaces"\'',
        ),
    ),
    (_stdio(env=[1]), [(f".{STDIO}.0.env", "dict_type", "Input should be a valid dictionary")]),
    (_stdio(env={"A": 1}), [(f".{STDIO}.0.env.A", "string_type", NO_STRING)]),
    (
        _stdio(env="A"),
        _value(f".{STDIO}.0.env", "Environment variable 'A' must be in KEY=VALUE format"),
    ),
    (
        _stdio(env="1A=x"),
        _value(
            f".{STDIO}.0.env",
            "Invalid environment variable name '1A'. Must start with letter or underscore, "
            "contain only alphanumeric characters and underscores",
        ),
    ),
]

CRASHES: list[Any] = [
    {"mcp_config": {SSE: None}},
    {"mcp_config": {HTTP: None}},
    {"mcp_config": {HTTP: [{"url": 1}]}},
    {"mcp_config": _stdio(name=1)},
    {"mcp_config": _stdio(command=None)},
    {"suggested_task": TASK | {"task_type": "OPEN_PR"}},
    {"suggested_task": TASK | {"task_type": "CREATE_MICROAGENT"}},
    {"suggested_task": TASK | {"git_provider": "enterprise_sso"}},
]

LAX: list[dict[str, Any]] = [
    {"repository": "", "initial_user_msg": "", "image_urls": [], "replay_json": "no JSON"},
    {"git_provider": "enterprise_sso", "selected_branch": "no such; branch", "image_urls": ["no image"]},
    dict.fromkeys(("repository", "git_provider", "image_urls", "suggested_task", "mcp_config")),
    {"suggested_task": TASK | {"more": 1}, "create_microagent": {"repo": "", "title": "", "more": 1}},
    {"suggested_task": TASK | {"issue_number": "7"}},
    {"mcp_config": {}},
    {"mcp_config": {SSE: [{"url": " ws://h ", "headers": {}}, "http://h", "http://h"]}},
    {"mcp_config": {HTTP: [{"url": "wss://h", "api_key": None}], SSE: {}}},
    {"mcp_config": _stdio(args="b 'c d'", env="K=V, L=W", more=1)},
    {"mcp_config": _stdio(name=" a ", args=None, env=None)},
    {"mcp_config": _stdio(env={"any key": "x"})},
]
"""What none of the server's own checks minds."""

BROKEN: list[tuple[bytes, Wrong]] = [
    (b"", ("body", "missing", "Field required")),
    (b"null", ("body", "missing", "Field required")),
    (b"[]", ("body", "model_attributes_type", NO_OBJECT)),
    (b'"x"', ("body", "model_attributes_type", NO_OBJECT)),
    (b"{", ("body.1", "json_invalid", "JSON decode error")),
    (b'{"initial_user_msg": "x",}', ("body.25", "json_invalid", "JSON decode error")),
]


def _wrongs(details: Iterable[Any]) -> list[Wrong]:
    return [(".".join(str(part) for part in one["loc"]), one["type"], one["msg"]) for one in details]


@case
async def a_wrong_field_is_named_and_echoed(place: Place) -> None:
    for body, wrongs in FIELDS:
        details = shaped(INVALID, await place.http.post(CONVERSATIONS, json=body), 422)["detail"]
        assert _wrongs(details) == wrongs, body
        if len(details[0]["loc"]) == 2 and details[0]["type"] != "missing":
            assert details[0]["input"] == body[details[0]["loc"][1]], body
    assert (await place.http.get(CONVERSATIONS)).json()["results"] == []


@case
async def what_was_expected_stands_beside_an_unknown_word(place: Place) -> None:
    answer = await place.http.post(CONVERSATIONS, json={"git_provider": "gitea"})
    [detail] = shaped(INVALID, answer, 422)["detail"]
    assert detail["ctx"] == {"expected": PROVIDERS}


@case
async def what_is_wrong_with_mcp_servers_is_named(place: Place) -> None:
    for config, wrongs in MCP:
        answer = await place.http.post(CONVERSATIONS, json={"mcp_config": config})
        details = shaped(INVALID, answer, 422)["detail"]
        assert _wrongs(details) == [(f"body.mcp_config{loc}", *more) for loc, *more in wrongs], config
        assert ("ctx" in details[0]) == (details[0]["type"] == "value_error"), config


@case
async def a_body_that_is_no_object_is_named(place: Place) -> None:
    for raw, wrong in BROKEN:
        as_json = {"Content-Type": "application/json"}
        answer = await place.http.post(CONVERSATIONS, content=raw, headers=as_json)
        assert _wrongs(shaped(INVALID, answer, 422)["detail"]) == [wrong], raw
    as_text = {"Content-Type": "text/plain"}
    answer = await place.http.post(CONVERSATIONS, content=b"{}", headers=as_text)
    details = shaped(INVALID, answer, 422)["detail"]
    assert _wrongs(details) == [("body", "model_attributes_type", NO_OBJECT)]
    assert details[0]["input"] == "{}"


@case
async def a_body_that_is_no_text_is_a_400(place: Place) -> None:
    as_json = {"Content-Type": "application/json"}
    for raw in (b'{"initial_user_msg": "\xff"}', b"[" * 100_000):
        answer = await place.http.post(CONVERSATIONS, content=raw, headers=as_json)
        assert shaped(DETAIL, answer, 400) == {"detail": "There was an error parsing the body"}


@case
async def what_the_server_never_expected_is_500_in_plain_text(place: Place) -> None:
    for body in CRASHES:
        answer = await place.http.post(CONVERSATIONS, json=body)
        assert (answer.status_code, answer.text) == (500, "Internal Server Error"), body
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    echoing_nan = b'{"nope": NaN}'
    as_json = {"Content-Type": "application/json"}
    answer = await place.http.post(CONVERSATIONS, content=echoing_nan, headers=as_json)
    assert (answer.status_code, answer.text) == (500, "Internal Server Error")
    assert (await place.http.get(CONVERSATIONS)).json()["results"] == []


@case
async def much_that_looks_wrong_is_taken(place: Place) -> None:
    for body in LAX:
        answer = await place.http.post(CONVERSATIONS, json=body | {"nope": 1})
        wrongs = _wrongs(shaped(INVALID, answer, 422)["detail"])
        assert wrongs == [("body.nope", "extra_forbidden", "Extra inputs are not permitted")], body


@case
async def without_settings_nothing_is_started(place: Place) -> None:
    place.forget_settings()
    answer = await place.http.post(CONVERSATIONS, json={"initial_user_msg": "Hello"})
    assert shaped(REFUSAL, answer, 400) == {
        "status": "error",
        "message": "Settings not found",
        "msg_id": "CONFIGURATION$SETTINGS_NOT_FOUND",
    }
    assert (await place.http.get(CONVERSATIONS)).json()["results"] == []


@case
async def without_a_key_for_the_model_nothing_is_started(place: Place) -> None:
    for key in ("", " "):
        assert (await place.http.post("/api/settings", json={"llm_api_key": key})).status_code == 200
        answer = await place.http.post(CONVERSATIONS, json={"initial_user_msg": "Hello"})
        assert shaped(REFUSAL, answer, 400) == {
            "status": "error",
            "message": "Error authenticating with the LLM provider. Please check your API key",
            "msg_id": "STATUS$ERROR_LLM_AUTHENTICATION",
        }


@case
async def an_unknown_repository_is_refused(place: Place) -> None:
    for body in (
        {"repository": NO_REPOSITORY},
        {"create_microagent": {"repo": NO_REPOSITORY}},
    ):
        answer = await place.http.post(CONVERSATIONS, json=body)
        assert shaped(REFUSAL, answer, 400) == {
            "status": "error",
            "message": f"Unable to access repo {NO_REPOSITORY}",
            "msg_id": "STATUS$GIT_PROVIDER_AUTHENTICATION_ERROR",
        }


@case
async def without_a_git_token_a_repository_is_refused_or_crashes_the_server(place: Place) -> None:
    await place.disconnect_git()
    answer = await place.http.post(CONVERSATIONS, json={"repository": REPOSITORY})
    assert shaped(REFUSAL, answer, 400)["msg_id"] == "STATUS$GIT_PROVIDER_AUTHENTICATION_ERROR"
    place.forget_git_tokens()
    answer = await place.http.post(CONVERSATIONS, json={"repository": REPOSITORY})
    assert (answer.status_code, answer.text) == (500, "Internal Server Error")


@case
async def refusals_come_in_this_order(place: Place) -> None:
    place.forget_settings()
    body: dict[str, Any] = {
        "nope": 1,
        "suggested_task": TASK | {"task_type": "OPEN_PR"},
        "repository": NO_REPOSITORY,
    }
    assert (await place.http.post(CONVERSATIONS, json=body)).status_code == 422
    del body["nope"]
    assert (await place.http.post(CONVERSATIONS, json=body)).status_code == 500
    body["suggested_task"] = TASK
    answer = await place.http.post(CONVERSATIONS, json=body)
    assert answer.json()["msg_id"] == "STATUS$GIT_PROVIDER_AUTHENTICATION_ERROR"
    body["repository"] = REPOSITORY
    answer = await place.http.post(CONVERSATIONS, json=body)
    assert answer.json()["msg_id"] == "CONFIGURATION$SETTINGS_NOT_FOUND"
