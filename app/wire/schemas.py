"""One pydantic class per schema of the OpenAPI document of OpenHands 0.53.0, under its name there.

What we send is frozen and knows no other field (the server answers 422 to unknown ones). What we read is
open: unknown words, missing dates and unreadable rows are taken as they come, and a secret that the server
sends along (`session_api_key` of a row, the keys of stored MCP servers) has no field to land in.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SecretStr,
    SerializationInfo,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from app.wire import replay, rules
from app.wire.choices import MASK, ProviderType, TaskType


def _reveal(value: SecretStr, info: SerializationInfo) -> str:
    wire = isinstance(info.context, dict) and info.context.get("wire")
    return value.get_secret_value() if wire else MASK


def _sendable(secret: SecretStr) -> SecretStr:
    rules.sendable(secret.get_secret_value())
    return secret


Secret = Annotated[
    SecretStr, AfterValidator(_sendable), PlainSerializer(_reveal, return_type=str, when_used="json")
]
Words = Annotated[str, AfterValidator(rules.sendable)]
Trimmed = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Repository = Annotated[Trimmed, AfterValidator(rules.repository_name)]
McpUrl = Annotated[Trimmed, AfterValidator(rules.mcp_url)]


class Sent(BaseModel):
    """Part of a request."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)


class SuggestedTask(Sent):
    """Replaces the first message by a prompt of the server's own; sets neither repository nor provider."""

    git_provider: ProviderType
    task_type: TaskType
    repo: Repository
    issue_number: Annotated[int, Field(ge=1)]
    title: Trimmed


class CreateMicroagent(Sent):
    """The server fills repository and provider from it, and writes no message: `title` is unused there."""

    repo: Repository
    git_provider: ProviderType | None = None
    title: Words | None = None


class MCPSSEServerConfig(Sent):
    url: McpUrl
    api_key: Secret | None = None


class MCPSHTTPServerConfig(MCPSSEServerConfig): ...


class MCPStdioServerConfig(Sent):
    name: Annotated[Trimmed, AfterValidator(rules.mcp_name)]
    command: Annotated[Trimmed, AfterValidator(rules.mcp_command)]
    args: Annotated[list[Words], BeforeValidator(rules.arguments)] = []
    env: Annotated[
        dict[Annotated[Words, AfterValidator(rules.environment_name)], Secret],
        BeforeValidator(rules.environment),
    ] = {}


class MCPConfig(Sent):
    """Replaces the MCP servers stored on the server, also when empty. A null list is a 500 there."""

    sse_servers: list[Annotated[MCPSSEServerConfig, BeforeValidator(rules.address_alone)]] = []
    stdio_servers: list[MCPStdioServerConfig] = []
    shttp_servers: list[Annotated[MCPSHTTPServerConfig, BeforeValidator(rules.address_alone)]] = []


class InitSessionRequest(Sent):
    """The body of `POST /api/conversations`. What is not set is not sent."""

    repository: Repository | None = None
    git_provider: ProviderType | None = None
    selected_branch: Annotated[Trimmed, AfterValidator(rules.branch_name)] | None = None
    initial_user_msg: Words | None = None
    image_urls: (
        Annotated[
            list[Annotated[Words, AfterValidator(rules.image_url)]], AfterValidator(rules.images_together)
        ]
        | None
    ) = None
    replay_json: Annotated[str, AfterValidator(replay.sent)] | None = None
    suggested_task: SuggestedTask | None = None
    create_microagent: CreateMicroagent | None = None
    conversation_instructions: Words | None = None
    mcp_config: MCPConfig | None = None
    conversation_id: Annotated[Trimmed, AfterValidator(rules.conversation_id)] | None = None

    def body(self) -> bytes:
        """The JSON that goes out. The one place where secrets are in clear."""
        return self.model_dump_json(exclude_unset=True, context={"wire": True}).encode()


# What the server says.


PARTS = 10_000
"""The most rows or events that a page may have: 8 MiB of `{}` would keep the window waiting for 6 s."""


def _or_none(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    """One unreadable value costs that value, never the whole answer."""
    try:
        return handler(value)
    except ValidationError:
        return None


def _in_utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


ConversationId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
"""What may stand in an address. Servers that take ids of clients accept `../../x`: no row of ours."""

Text = Annotated[str | None, WrapValidator(_or_none)]
YesOrNo = Annotated[bool | None, WrapValidator(_or_none)]
Moment = Annotated[datetime | None, WrapValidator(_or_none), AfterValidator(_in_utc)]


class Read(BaseModel):
    """Part of an answer."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, defer_build=True)


class ConversationResponse(Read):
    status: Literal["ok"]
    conversation_id: ConversationId
    message: Text = None
    conversation_status: Text = None


class ConversationInfo(Read):
    """A row of the server's list. No agent state, error or cost: those are events."""

    conversation_id: ConversationId
    title: Text = None
    status: Text = None
    runtime_status: Text = None
    selected_repository: Text = None
    selected_branch: Text = None
    created_at: Moment = None
    last_updated_at: Moment = None


class ConversationInfoResultSet(Read):
    results: Annotated[
        list[Annotated[ConversationInfo | None, WrapValidator(_or_none)]], Field(max_length=PARTS)
    ]
    next_page_id: Text = None


class EventArgs(Read):
    content: Text = None
    final_thought: Text = None


class EventExtras(Read):
    agent_state: Text = None
    reason: Text = None


def _part(value: Any) -> Any:
    return value if isinstance(value, dict) else {}


class Event(Read):
    """One event of a conversation, stored (with an `id`) or fleeting (`status_update`, `error`)."""

    id: Annotated[Annotated[int, Field(strict=True, ge=0)] | str | None, WrapValidator(_or_none)] = None
    """Counts from 0 in a stored event; a word like `STATUS$ERROR` in a `status_update`."""
    source: Text = None
    action: Text = None
    observation: Text = None
    message: Text = None
    args: Annotated[EventArgs, BeforeValidator(_part)] = EventArgs.model_construct()
    extras: Annotated[EventExtras, BeforeValidator(_part)] = EventExtras.model_construct()
    status_update: YesOrNo = None
    type: Text = None
    error: YesOrNo = None


class EventPage(Read):
    events: Annotated[list[Annotated[Event | None, WrapValidator(_or_none)]], Field(max_length=PARTS)]
    has_more: YesOrNo = None


class StoredMCPServer(Read):
    """An MCP server of the server's own settings: what names it, never its key."""

    name: Text = None
    url: Text = None


StoredMCPServers = list[Annotated[StoredMCPServer, BeforeValidator(rules.address_alone)]]


class StoredMCPConfig(Read):
    sse_servers: StoredMCPServers = []
    stdio_servers: StoredMCPServers = []
    shttp_servers: StoredMCPServers = []


class Settings(Read):
    """`GET /api/settings`, as far as a launch depends on it."""

    llm_model: Text = None
    llm_api_key_set: YesOrNo = None
    provider_tokens_set: Annotated[dict[str, Text] | None, WrapValidator(_or_none)] = None
    """Provider → host (None: its usual one), for each provider with a token; empty: there is none."""
    mcp_config: Annotated[StoredMCPConfig | None, WrapValidator(_or_none)] = None


class Branch(Read):
    name: Text = None


class BranchPage(Read):
    """The branches of a repository: a list in 0.53.0, a page in later versions."""

    branches: Annotated[list[Annotated[Branch | None, WrapValidator(_or_none)]], Field(max_length=PARTS)]
    has_next_page: YesOrNo = None

    @model_validator(mode="before")
    @classmethod
    def _of_list(cls, value: Any) -> Any:
        return {"branches": value} if isinstance(value, list) else value


class OpenApiInfo(Read):
    title: Text = None
    version: Text = None


class OpenApiSchema(Read):
    properties: dict[str, Any] = {}


class OpenApiComponents(Read):
    schemas: dict[str, OpenApiSchema] = {}


class ServerInfo(Read):
    """`GET /server_info`: an agent server says its title and version, the others how long they have been up."""

    title: Text = None
    version: Text = None
    uptime: Annotated[float | None, WrapValidator(_or_none)] = None
    resources: Annotated[dict[str, Any] | None, WrapValidator(_or_none)] = None


class V0Config(Read):
    """`GET /api/options/config` of V0."""

    app_mode: Annotated[str, Field(alias="APP_MODE")]


class WebClientConfig(Read):
    """`GET /api/v1/web-client/config` of an app server."""

    app_mode: str


class OpenApiDocument(Read):
    info: OpenApiInfo
    components: OpenApiComponents = OpenApiComponents.model_construct()

    @property
    def takes_conversation_id(self) -> bool:
        request = self.components.schemas.get("InitSessionRequest")
        return request is not None and "conversation_id" in request.properties
