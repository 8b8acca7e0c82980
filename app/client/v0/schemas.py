"""What OpenHands 0.53.0 says: one pydantic class per schema of its OpenAPI document, under its name there.

It is read openly: unknown words, missing dates and unreadable rows are taken as they come, and a secret that the
server sends along (`session_api_key` of a row, the keys of stored MCP servers) has no field to land in.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    model_validator,
)
from pydantic_core import CoreSchema, core_schema

from app.wire import limits, rules
from app.wire.schemas import ConversationId


@dataclass(frozen=True)
class Else:
    """One unreadable value costs that value, never the whole answer: this stands in its place.

    Decided before anything is made for Python, so that of what is not read nothing is: an event may hold megabytes.
    """

    value: object = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_default_schema(handler(source), default=self.value, on_error="default")


@dataclass(frozen=True)
class Kept:
    """How much is kept of a text. It is cut in UTF-8: one emoji makes a text of Python four times as large."""

    limit: int
    both_ends: bool = False
    """Whether the end is kept as well as the beginning."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.json_or_python_schema(
            core_schema.no_info_after_validator_function(self._of_bytes, core_schema.bytes_schema()),
            core_schema.no_info_after_validator_function(self._of_text, core_schema.str_schema()),
            serialization=core_schema.simple_ser_schema("any"),
        )

    def _of_bytes(self, text: bytes) -> str:
        return (limits.part if self.both_ends else limits.cut)(text, self.limit)

    def _of_text(self, text: str) -> str:
        """On a socket it was made already; there it may hold half of a surrogate pair, which has no UTF-8."""
        return self._of_bytes(text.encode(errors="replace"))


def _in_utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


Word = Annotated[str | None, Kept(limits.WORD), Else()]
Name = Annotated[str | None, Kept(limits.NAME), Else()]
Sentence = Annotated[str | None, Kept(limits.SENTENCE), Else()]
Whole = Annotated[str | None, Kept(limits.WHOLE), Else()]
YesOrNo = Annotated[bool | None, Else()]
Moment = Annotated[datetime | None, AfterValidator(_in_utc), Else()]


class ResponseModel(BaseModel):
    """Part of an answer."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, defer_build=True)


class ConversationResponse(ResponseModel):
    status: Literal["ok"]
    conversation_id: ConversationId
    message: Sentence = None
    conversation_status: Word = None


class ConversationInfo(ResponseModel):
    """A row of the server's list. No agent state, error or cost: those are events."""

    conversation_id: ConversationId
    title: Annotated[str | None, Kept(limits.TITLE), Else()] = None
    status: Word = None
    runtime_status: Word = None
    selected_repository: Annotated[str | None, Kept(limits.REPOSITORY), Else()] = None
    selected_branch: Annotated[str | None, Kept(limits.BRANCH), Else()] = None
    created_at: Moment = None
    last_updated_at: Moment = None


class ConversationInfoResultSet(ResponseModel):
    results: Annotated[list[Annotated[ConversationInfo | None, Else()]], Field(max_length=limits.PAGE)]
    next_page_id: Annotated[Annotated[str, Field(max_length=limits.PAGE_ID)] | None, Else()] = None


LastWords = Annotated[str | None, Kept(limits.LAST_WORDS, both_ends=True), Else()]


class EventArgs(ResponseModel):
    content: LastWords = None
    final_thought: LastWords = None


class EventExtras(ResponseModel):
    agent_state: Word = None
    reason: Annotated[str | None, Kept(limits.REASON, both_ends=True), Else()] = None


class Event(ResponseModel):
    """One event of a conversation, stored (with an `id`) or fleeting (`status_update`, `error`)."""

    id: Annotated[
        Annotated[int, Field(strict=True, ge=0, le=limits.EVENT_ID)]
        | Annotated[str, Kept(limits.WORD)]
        | None,
        Else(),
    ] = None
    """Counts from 0 in a stored event; a word like `STATUS$ERROR` in a `status_update`."""
    source: Word = None
    action: Word = None
    observation: Word = None
    message: Sentence = None
    args: Annotated[EventArgs, Else(EventArgs.model_construct())] = EventArgs.model_construct()
    extras: Annotated[EventExtras, Else(EventExtras.model_construct())] = EventExtras.model_construct()
    status_update: YesOrNo = None
    type: Word = None
    error: YesOrNo = None


class EventPage(ResponseModel):
    events: Annotated[list[Annotated[Event | None, Else()]], Field(max_length=limits.PAGE)]
    has_more: YesOrNo = None


class WholeArgs(EventArgs):
    content: Whole = None
    final_thought: Whole = None


class WholeExtras(EventExtras):
    reason: Whole = None


class WholeEvent(Event):
    """The same, for who reads the texts of which a row keeps a part."""

    args: Annotated[WholeArgs, Else(WholeArgs.model_construct())] = WholeArgs.model_construct()
    extras: Annotated[WholeExtras, Else(WholeExtras.model_construct())] = WholeExtras.model_construct()


class WholeEventPage(ResponseModel):
    events: Annotated[list[Annotated[WholeEvent | None, Else()]], Field(max_length=1)]


class StoredMCPServer(ResponseModel):
    """An MCP server of the server's own settings: what names it, never its key."""

    name: Name = None
    url: Annotated[str | None, Kept(limits.ADDRESS), Else()] = None


StoredMCPServers = Annotated[
    list[Annotated[StoredMCPServer, BeforeValidator(rules.address_alone)]],
    Field(max_length=limits.MCP_SERVERS),
]


class StoredMCPConfig(ResponseModel):
    sse_servers: StoredMCPServers = []
    stdio_servers: StoredMCPServers = []
    shttp_servers: StoredMCPServers = []


class Settings(ResponseModel):
    """`GET /api/settings`, as far as a launch depends on it."""

    llm_model: Name = None
    llm_api_key_set: YesOrNo = None
    provider_tokens_set: Annotated[
        Annotated[dict[Annotated[str, Kept(limits.NAME)], Name], Field(max_length=limits.PROVIDERS)] | None,
        Else(),
    ] = None
    """Provider → host (None: its usual one), for each provider with a token; empty: there is none."""
    mcp_config: Annotated[StoredMCPConfig | None, Else()] = None


class Branch(ResponseModel):
    name: Annotated[Annotated[str, Field(max_length=limits.BRANCH)] | None, Else()] = None


class BranchPage(ResponseModel):
    """The branches of a repository: a list in 0.53.0, a page in later versions."""

    branches: Annotated[list[Annotated[Branch | None, Else()]], Field(max_length=limits.BRANCHES)]
    has_next_page: YesOrNo = None

    @model_validator(mode="before")
    @classmethod
    def _of_list(cls, value: Any) -> Any:
        return {"branches": value} if isinstance(value, list) else value


class OpenApiInfo(ResponseModel):
    title: Name = None
    version: Name = None


class OpenApiSchema(ResponseModel):
    properties: dict[str, YesOrNo] = {}
    """Only their names are of interest: of what they are nothing is made for Python."""


class OpenApiComponents(ResponseModel):
    schemas: dict[str, OpenApiSchema] = {}


class ServerInfo(ResponseModel):
    """`GET /server_info`: an agent server says its title and version, the others how long they have been up."""

    title: Name = None
    version: Name = None
    uptime: Annotated[float | None, Else()] = None
    resources: Annotated[dict[str, YesOrNo] | None, Else()] = None


class V0Config(ResponseModel):
    """`GET /api/options/config` of V0."""

    app_mode: Annotated[str, Field(alias="APP_MODE")]


class WebClientConfig(ResponseModel):
    """`GET /api/v1/web-client/config` of an app server."""

    app_mode: str


class OpenApiDocument(ResponseModel):
    info: OpenApiInfo
    components: OpenApiComponents = OpenApiComponents.model_construct()

    @property
    def takes_conversation_id(self) -> bool:
        request = self.components.schemas.get("InitSessionRequest")
        return request is not None and "conversation_id" in request.properties
