"""The shapes of the server's answers: which fields there are, and of what kind each is."""

import json
from typing import Annotated, Any, Literal

import httpx
from pydantic import ConfigDict, StringConstraints, TypeAdapter, ValidationError, create_model

Shape = TypeAdapter[Any]

HEX = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
UTC = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$")]
NO_ZONE = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?$")]
ADDRESS = Annotated[str, StringConstraints(pattern=r"^/api/conversations/[0-9a-f]{32}$")]
STATUS = Literal["STARTING", "RUNNING", "STOPPED"]
TRIGGER = Literal["gui", "suggested_task", "microagent_management"]
PROVIDER = Literal["github", "gitlab", "bitbucket", "enterprise_sso"]


def _fields(extra: Literal["forbid", "ignore"], fields: dict[str, Any]) -> Any:
    wanted: dict[str, Any] = {name: (kind, ...) for name, kind in fields.items()}
    return create_model("Shape", __config__=ConfigDict(extra=extra, strict=True), **wanted)


def exactly(**fields: Any) -> Any:
    """An object with these fields and no other."""
    return _fields("forbid", fields)


def at_least(**fields: Any) -> Any:
    """An object with these fields; others are never read."""
    return _fields("ignore", fields)


def _some(kind: Any) -> Any:
    return list[kind]


_ROW = exactly(
    conversation_id=HEX,
    title=str,
    last_updated_at=UTC,
    status=STATUS,
    runtime_status=str | None,
    selected_repository=str | None,
    selected_branch=str | None,
    git_provider=PROVIDER | None,
    trigger=TRIGGER | None,
    num_connections=int,
    url=ADDRESS | None,
    session_api_key=None,
    created_at=UTC,
    pr_number=list[int],
)
_SOURCE = Literal["agent", "user", "environment"]
_EVENT = at_least(id=int, timestamp=NO_ZONE, source=_SOURCE, message=str)
_WRONG = at_least(type=str, loc=list[str | int], msg=str, input=Any)
_STDIO = exactly(name=str, command=str, args=list[str], env=dict[str, str])
_REMOTE = exactly(url=str, api_key=str | None)
_MCP = exactly(sse_servers=_some(_REMOTE), stdio_servers=_some(_STDIO), shttp_servers=_some(_REMOTE))

RESPONSE = TypeAdapter(
    exactly(status=Literal["ok"], conversation_id=HEX, message=str | None, conversation_status=STATUS)
)
ROW: Shape = TypeAdapter(_ROW)
PAGE = TypeAdapter(exactly(results=_some(_ROW), next_page_id=str | None))
EVENTS = TypeAdapter(exactly(events=_some(_EVENT), has_more=bool))
DETAIL = TypeAdapter(exactly(detail=str))
INVALID = TypeAdapter(exactly(detail=_some(_WRONG)))
REFUSAL = TypeAdapter(exactly(status=Literal["error"], message=str, msg_id=str))
SETTINGS = TypeAdapter(
    exactly(
        language=str | None,
        agent=str | None,
        max_iterations=int | None,
        security_analyzer=str | None,
        confirmation_mode=bool | None,
        llm_model=str | None,
        llm_api_key=None,
        llm_base_url=str | None,
        remote_runtime_resource_factor=int | None,
        secrets_store=exactly(provider_tokens=dict[str, Any]),
        enable_default_condenser=bool,
        enable_sound_notifications=bool,
        enable_proactive_conversation_starters=bool,
        enable_solvability_analysis=bool,
        user_consents_to_analytics=bool | None,
        sandbox_base_container_image=str | None,
        sandbox_runtime_container_image=str | None,
        mcp_config=_MCP | None,
        search_api_key=None,
        sandbox_api_key=None,
        max_budget_per_task=float | None,
        email=str | None,
        email_verified=bool | None,
        git_user_name=str | None,
        git_user_email=str | None,
        provider_tokens_set=dict[PROVIDER, str | None],
        llm_api_key_set=bool,
        search_api_key_set=bool,
    )
)
BRANCHES = TypeAdapter(_some(exactly(name=str, commit_sha=str, protected=bool, last_push_date=str | None)))
GIT_TOKEN = TypeAdapter(str)
FLAGS = exactly(ENABLE_BILLING=bool, HIDE_LLM_SETTINGS=bool, HIDE_MICROAGENT_MANAGEMENT=bool)
CONFIG = TypeAdapter(
    exactly(APP_MODE=Literal["oss"], GITHUB_CLIENT_ID=str, POSTHOG_CLIENT_KEY=str, FEATURE_FLAGS=FLAGS)
)
INFO = exactly(title=Literal["OpenHands"], description=str, version=Literal["0.53.0"])
DOCUMENT = TypeAdapter(at_least(openapi=str, info=INFO, paths=dict[str, Any], components=dict[str, Any]))


def shaped(shape: Shape, answer: httpx.Response, status: int = 200) -> Any:
    """The JSON of an answer with this status; AssertionError if it has another shape."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.text[:300]}"
    assert answer.headers["content-type"] == "application/json"
    try:
        shape.validate_json(answer.content)
    except ValidationError as fault:
        raise AssertionError(f"another shape: {fault}") from None
    return json.loads(answer.content)
