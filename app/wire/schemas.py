"""A launch, as the OpenAPI document of OpenHands 0.53.0 has it: one pydantic class per schema, under its name there.

It is frozen and knows no other field: the server answers 422 to unknown ones.
"""

from typing import Annotated

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
)

from app.redaction import MASK
from app.wire import replay, rules
from app.wire.choices import ProviderType, TaskType


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
ConversationId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
"""What may stand in an address. Servers that take ids of clients accept `../../x`: no row of ours."""


class RequestModel(BaseModel):
    """Part of a request."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)


class SuggestedTask(RequestModel):
    """Replaces the first message by a prompt of the server's own; sets neither repository nor provider."""

    git_provider: ProviderType
    task_type: TaskType
    repo: Repository
    issue_number: Annotated[int, Field(ge=1)]
    title: Trimmed


class CreateMicroagent(RequestModel):
    """The server fills repository and provider from it, and writes no message: `title` is unused there."""

    repo: Repository
    git_provider: ProviderType | None = None
    title: Words | None = None


class MCPSSEServerConfig(RequestModel):
    url: McpUrl
    api_key: Secret | None = None


class MCPSHTTPServerConfig(MCPSSEServerConfig): ...


class MCPStdioServerConfig(RequestModel):
    name: Annotated[Trimmed, AfterValidator(rules.mcp_name)]
    command: Annotated[Trimmed, AfterValidator(rules.mcp_command)]
    args: Annotated[list[Words], BeforeValidator(rules.arguments)] = []
    env: Annotated[
        dict[Annotated[Words, AfterValidator(rules.environment_name)], Secret],
        BeforeValidator(rules.environment),
    ] = {}


class MCPConfig(RequestModel):
    """Replaces the MCP servers stored on the server, also when empty. A null list is a 500 there."""

    sse_servers: list[Annotated[MCPSSEServerConfig, BeforeValidator(rules.address_alone)]] = []
    stdio_servers: list[MCPStdioServerConfig] = []
    shttp_servers: list[Annotated[MCPSHTTPServerConfig, BeforeValidator(rules.address_alone)]] = []


class InitSessionRequest(RequestModel):
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
