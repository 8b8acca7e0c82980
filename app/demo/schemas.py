"""What the server accepts: its request models, under their OpenAPI names and with exactly its rules.

These are deliberately not the launcher's own wire models: a real server accepts what the launcher refuses to
send (any branch name, any image), drops some unknown keys, and crashes where a validator meets a wrong type.
An exception other than a pydantic error that escapes from here is such a crash: the server answers 500.
"""

import re
import shlex
import uuid
from enum import StrEnum
from typing import Any
from urllib.parse import urlparse

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_VARIABLE_RULE = "Must start with letter or underscore, contain only alphanumeric characters and underscores"
_ARGUMENTS_EXAMPLE = """Use shell-like format, e.g., "arg1 arg2" or '--config "value with spaces"'"""


class ProviderType(StrEnum):
    """A git host."""

    GITHUB = "github"
    GITLAB = "gitlab"
    BITBUCKET = "bitbucket"
    ENTERPRISE_SSO = "enterprise_sso"


class TaskType(StrEnum):
    """What a suggested task is about."""

    MERGE_CONFLICTS = "MERGE_CONFLICTS"
    FAILING_CHECKS = "FAILING_CHECKS"
    UNRESOLVED_COMMENTS = "UNRESOLVED_COMMENTS"
    OPEN_ISSUE = "OPEN_ISSUE"
    OPEN_PR = "OPEN_PR"
    CREATE_MICROAGENT = "CREATE_MICROAGENT"


class ConversationTrigger(StrEnum):
    """Who asked for a conversation."""

    RESOLVER = "resolver"
    GUI = "gui"
    SUGGESTED_TASK = "suggested_task"
    REMOTE_API_KEY = "openhands_api"
    SLACK = "slack"
    MICROAGENT_MANAGEMENT = "microagent_management"
    JIRA = "jira"
    JIRA_DC = "jira_dc"
    LINEAR = "linear"


class SuggestedTask(BaseModel):
    """A task the server itself suggested; becomes the prompt."""

    git_provider: ProviderType
    task_type: TaskType
    repo: str
    issue_number: int
    title: str

    @property
    def has_prompt(self) -> bool:
        """Whether the server has a template for it; it crashes where it has none."""
        return self.git_provider is not ProviderType.ENTERPRISE_SSO and self.task_type not in (
            TaskType.OPEN_PR,
            TaskType.CREATE_MICROAGENT,
        )

    def prompt(self) -> str:
        """What the agent is told in place of the first message."""
        what = self.task_type.value.replace("_", " ").lower()
        return f"Work on {self.repo}#{self.issue_number} ({what}): {self.title}"


class CreateMicroagent(BaseModel):
    """Where a microagent is to be made; its title is read and never used."""

    repo: str
    git_provider: ProviderType | None = None
    title: str | None = None


class MCPSSEServerConfig(BaseModel):
    """An MCP server spoken to over server-sent events."""

    url: str
    api_key: str | None = None

    @field_validator("url")
    @classmethod
    def _checked(cls, url: str) -> str:
        return _mcp_url(url)


class MCPSHTTPServerConfig(BaseModel):
    """An MCP server spoken to over streamable HTTP."""

    url: str
    api_key: str | None = None

    @field_validator("url", mode="before")  # before the type is known: a number crashes the server
    @classmethod
    def _checked(cls, url: Any) -> str:
        return _mcp_url(url)


class MCPStdioServerConfig(BaseModel):
    """An MCP server that is a command."""

    name: str
    command: str
    args: list[str] = Field(default_factory=list)
    env: dict[str, str] = Field(default_factory=dict)

    @field_validator("name", mode="before")
    @classmethod
    def _named(cls, name: Any) -> str:
        name = name.strip()
        if not name:
            raise ValueError("Server name cannot be empty")
        if not _NAME.fullmatch(name):
            raise ValueError("Server name can only contain letters, numbers, hyphens, and underscores")
        return str(name)

    @field_validator("command", mode="before")
    @classmethod
    def _one_word(cls, command: Any) -> str:
        command = command.strip()
        if not command:
            raise ValueError("Command cannot be empty")
        if " " in command:
            raise ValueError(
                "Command should be a single executable without spaces (use arguments field for parameters)"
            )
        return str(command)

    @field_validator("args", mode="before")
    @classmethod
    def _split(cls, args: Any) -> Any:
        if not isinstance(args, str):
            return args or []
        try:
            return shlex.split(args)
        except ValueError as fault:
            raise ValueError(f"Invalid argument format: {fault}. {_ARGUMENTS_EXAMPLE}") from None

    @field_validator("env", mode="before")
    @classmethod
    def _parsed(cls, env: Any) -> Any:
        if not isinstance(env, str):
            return env or {}
        return dict(_variable(pair.strip()) for pair in env.split(",") if pair.strip())


class MCPConfig(BaseModel):
    """The MCP servers of one conversation. A bare string in a list of addresses is one."""

    model_config = ConfigDict(extra="forbid")

    sse_servers: list[MCPSSEServerConfig] = Field(default_factory=list)
    stdio_servers: list[MCPStdioServerConfig] = Field(default_factory=list)
    shttp_servers: list[MCPSHTTPServerConfig] = Field(default_factory=list)

    @model_validator(mode="before")
    @classmethod
    def _from_strings(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        lists = {key: data[key] for key in ("sse_servers", "shttp_servers") if key in data}
        return data | {
            key: [{"url": one} if isinstance(one, str) else one for one in servers]
            for key, servers in lists.items()
        }

    def names(self) -> list[str]:
        """Each server, by its name or address."""
        return [
            *(one.url for one in self.sse_servers),
            *(one.url for one in self.shttp_servers),
            *(one.name for one in self.stdio_servers),
        ]


class InitSessionRequest(BaseModel):
    """The body of ``POST /api/conversations``."""

    model_config = ConfigDict(extra="forbid")

    repository: str | None = None
    git_provider: ProviderType | None = None
    selected_branch: str | None = None
    initial_user_msg: str | None = None
    image_urls: list[str] | None = None
    replay_json: str | None = None
    suggested_task: SuggestedTask | None = None
    create_microagent: CreateMicroagent | None = None
    conversation_instructions: str | None = None
    mcp_config: MCPConfig | None = None


class InitSessionRequestWithId(InitSessionRequest):
    """The same on a server with ``ALLOW_SET_CONVERSATION_ID=1``."""

    model_config = ConfigDict(extra="forbid", title="InitSessionRequest")

    conversation_id: str = Field(default_factory=lambda: uuid.uuid4().hex)


class ProvidersSetModel(BaseModel):
    """The body of ``POST …/start``."""

    providers_set: list[ProviderType] | None = None


class UpdateConversationRequest(BaseModel):
    """The body of ``PATCH /api/conversations/{id}``."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1, max_length=200)


class SettingsUpdate(BaseModel):
    """The body of ``POST /api/settings``: the server keeps what it knows and ignores the rest."""

    model_config = ConfigDict(extra="allow")

    mcp_config: MCPConfig | None = None


class ListQuery(BaseModel):
    """The query of ``GET /api/conversations``; ``limit`` is unchecked there too."""

    page_id: str | None = None
    limit: int = 20
    selected_repository: str | None = None
    conversation_trigger: ConversationTrigger | None = None


class BranchesQuery(BaseModel):
    """The query of ``GET /api/user/repository/branches``; what else stands in it is ignored."""

    repository: str


class EventsQuery(BaseModel):
    """The query of ``GET …/events``; ``end_id`` is inclusive."""

    start_id: int = 0
    end_id: int | None = None
    reverse: bool = False
    limit: int = 20


def _mcp_url(url: Any) -> str:
    url = url.strip()
    if not url:
        raise ValueError("URL cannot be empty")
    parsed = urlparse(url)
    if not parsed.scheme:
        raise ValueError("URL must include a scheme (http:// or https://)")
    if not parsed.netloc:
        raise ValueError("URL must include a valid domain/host")
    if parsed.scheme not in ("http", "https", "ws", "wss"):
        raise ValueError("URL scheme must be http, https, ws, or wss")
    return str(url)


def _variable(pair: str) -> tuple[str, str]:
    key, equals, value = pair.partition("=")
    if not equals:
        raise ValueError(f"Environment variable '{pair}' must be in KEY=VALUE format")
    if not _VARIABLE.fullmatch(key.strip()):
        raise ValueError(f"Invalid environment variable name '{key.strip()}'. {_VARIABLE_RULE}")
    return key.strip(), value
