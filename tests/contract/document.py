"""The OpenAPI document: the version, and the request as it is described there."""

from typing import Any

from tests.contract.case import case
from tests.contract.place import CONVERSATIONS, Place
from tests.contract.shapes import DOCUMENT, shaped


def _maybe(kind: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [kind, {"type": "null"}]}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(kind: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": kind}


TEXT: dict[str, Any] = {"type": "string"}
REMOTE = {"properties": {"url": TEXT, "api_key": _maybe(TEXT)}, "type": "object", "required": ["url"]}

SCHEMAS: dict[str, dict[str, Any]] = {
    "InitSessionRequest": {
        "properties": {
            "repository": _maybe(TEXT),
            "git_provider": _maybe(_ref("ProviderType")),
            "selected_branch": _maybe(TEXT),
            "initial_user_msg": _maybe(TEXT),
            "image_urls": _maybe(_list(TEXT)),
            "replay_json": _maybe(TEXT),
            "suggested_task": _maybe(_ref("SuggestedTask")),
            "create_microagent": _maybe(_ref("CreateMicroagent")),
            "conversation_instructions": _maybe(TEXT),
            "mcp_config": _maybe(_ref("MCPConfig")),
        },
        "additionalProperties": False,
        "type": "object",
    },
    "SuggestedTask": {
        "properties": {
            "git_provider": _ref("ProviderType"),
            "task_type": _ref("TaskType"),
            "repo": TEXT,
            "issue_number": {"type": "integer"},
            "title": TEXT,
        },
        "type": "object",
        "required": ["git_provider", "task_type", "repo", "issue_number", "title"],
    },
    "CreateMicroagent": {
        "properties": {"repo": TEXT, "git_provider": _maybe(_ref("ProviderType")), "title": _maybe(TEXT)},
        "type": "object",
        "required": ["repo"],
    },
    "MCPConfig": {
        "properties": {
            "sse_servers": _list(_ref("MCPSSEServerConfig")),
            "stdio_servers": _list(_ref("MCPStdioServerConfig")),
            "shttp_servers": _list(_ref("MCPSHTTPServerConfig")),
        },
        "additionalProperties": False,
        "type": "object",
    },
    "MCPSSEServerConfig": REMOTE,
    "MCPSHTTPServerConfig": REMOTE,
    "MCPStdioServerConfig": {
        "properties": {
            "name": TEXT,
            "command": TEXT,
            "args": _list(TEXT),
            "env": {"type": "object", "additionalProperties": TEXT},
        },
        "type": "object",
        "required": ["name", "command"],
    },
    "ProviderType": {"type": "string", "enum": ["github", "gitlab", "bitbucket", "enterprise_sso"]},
    "TaskType": {
        "type": "string",
        "enum": [
            "MERGE_CONFLICTS",
            "FAILING_CHECKS",
            "UNRESOLVED_COMMENTS",
            "OPEN_ISSUE",
            "OPEN_PR",
            "CREATE_MICROAGENT",
        ],
    },
}


def _bare(schema: Any) -> Any:
    """Without what is only for reading: titles and descriptions that are texts, not fields of those names."""
    if isinstance(schema, list):
        return [_bare(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _bare(value)
        for key, value in schema.items()
        if key not in ("title", "description") or isinstance(value, dict)
    }


async def schemas(place: Place) -> Any:
    """All schemas of the document, bare."""
    document = shaped(DOCUMENT, await place.http.get("/openapi.json"))
    return _bare(document["components"]["schemas"])


@case
async def the_document_describes_the_request(place: Place) -> None:
    found = await schemas(place)
    for name, schema in SCHEMAS.items():
        assert found[name] == schema, name


@case
async def the_document_says_where_it_is_sent(place: Place) -> None:
    document = (await place.http.get("/openapi.json")).json()
    body = document["paths"][CONVERSATIONS]["post"]["requestBody"]
    assert body == {
        "required": True,
        "content": {"application/json": {"schema": _ref("InitSessionRequest")}},
    }
