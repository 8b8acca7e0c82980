"""What the words of OpenHands 0.53.0 mean, in the core's terms."""

from app.client.v0.schemas import (
    ConversationInfo,
    ConversationInfoResultSet,
    ConversationResponse,
    Event,
    Settings,
)
from app.core.conversations import (
    NO_REASON,
    Accepted,
    AgentChanged,
    AgentSaid,
    AgentState,
    Conversation,
    ConversationPage,
    Evicted,
    Fault,
    Phase,
    Reason,
    ServerSettings,
    StartupFailed,
    StartupProgressed,
    StartupStep,
    StoredUpdate,
    TextRef,
    Update,
)
from app.wire import limits

PHASES = {
    "STARTING": Phase.STARTING,
    "RUNNING": Phase.RUNNING,
    "STOPPED": Phase.STOPPED,
    "ERROR": Phase.FAILED,
    "ARCHIVED": Phase.ARCHIVED,
}

AGENT_STATES = {
    "loading": AgentState.LOADING,
    "running": AgentState.WORKING,
    "user_confirmed": AgentState.WORKING,
    "user_rejected": AgentState.WORKING,
    "awaiting_user_input": AgentState.ASKS,
    "awaiting_user_confirmation": AgentState.WANTS_CONFIRMATION,
    "paused": AgentState.PAUSED,
    "rate_limited": AgentState.RATE_LIMITED,
    "finished": AgentState.FINISHED,
    "error": AgentState.FAILED,
    "rejected": AgentState.REJECTED,
    "stopped": AgentState.STOPPED,
}

STEPS = {
    "STATUS$BUILDING_RUNTIME": StartupStep.BUILDING_RUNTIME,
    "STATUS$STARTING_RUNTIME": StartupStep.STARTING_RUNTIME,
    "STATUS$RUNTIME_STARTED": StartupStep.RUNTIME_STARTED,
    "STATUS$SETTING_UP_WORKSPACE": StartupStep.PREPARING_WORKSPACE,
    "STATUS$SETTING_UP_GIT_HOOKS": StartupStep.PREPARING_GIT_HOOKS,
    "STATUS$READY": StartupStep.READY,
    "STATUS$STOPPED": StartupStep.STOPPED,
    "STATUS$LLM_RETRY": StartupStep.RETRYING_MODEL,
}

FAULTS = {
    "STATUS$ERROR": Fault.NOT_SAID,
    "STATUS$ERROR_RUNTIME_DISCONNECTED": Fault.RUNTIME_DISCONNECTED,
    "STATUS$ERROR_LLM_AUTHENTICATION": Fault.MODEL_KEY_REFUSED,
    "STATUS$ERROR_LLM_SERVICE_UNAVAILABLE": Fault.MODEL_UNAVAILABLE,
    "STATUS$ERROR_LLM_INTERNAL_SERVER_ERROR": Fault.MODEL_FAILED,
    "STATUS$ERROR_LLM_OUT_OF_CREDITS": Fault.MODEL_OUT_OF_CREDITS,
    "STATUS$ERROR_LLM_CONTENT_POLICY_VIOLATION": Fault.MODEL_REFUSED_CONTENT,
    "STATUS$GIT_PROVIDER_AUTHENTICATION_ERROR": Fault.GIT_TOKEN_REFUSED,
    "STATUS$ERROR_MEMORY": Fault.OUT_OF_MEMORY,
    "CHAT_INTERFACE$AGENT_RATE_LIMITED_STOPPED_MESSAGE": Fault.MODEL_RATE_LIMITED,
}

TOO_MANY = "AGENT_ERROR$TOO_MANY_CONVERSATIONS"


# What the list says.


def phase_of(word: str) -> Phase:
    return PHASES.get(word, Phase.OTHER) if word else Phase.UNKNOWN


def agent_state_of(word: str) -> AgentState:
    return AGENT_STATES.get(word, AgentState.OTHER) if word else AgentState.UNKNOWN


def step_of(word: str) -> StartupStep | str:
    return STEPS.get(word, word)


def reason_of(text: str) -> Reason:
    """Why, as the server says it: text, or one of its codes."""
    return Reason(text, FAULTS.get(text.strip()))


def conversation_of(info: ConversationInfo) -> Conversation:
    """A row of the list. No agent state, error or cost: those are events."""
    status = info.status or ""
    return Conversation(
        info.conversation_id,
        phase=phase_of(status),
        phase_word=status,
        title=info.title or "",
        has_placeholder=info.title == f"Conversation {info.conversation_id[:5]}",
        step=step_of(info.runtime_status or ""),
        repository=info.selected_repository or "",
        branch=info.selected_branch or "",
        created_at=info.created_at,
        updated_at=info.last_updated_at,
    )


def page_of(page: ConversationInfoResultSet) -> ConversationPage:
    """Without the rows that cannot be read."""
    return ConversationPage(tuple(map(conversation_of, filter(None, page.results))), page.next_page_id)


def accepted_of(answer: ConversationResponse) -> Accepted:
    status = answer.conversation_status or ""
    conversation = Conversation(answer.conversation_id, phase=phase_of(status), phase_word=status)
    return Accepted(conversation, answer.message)


def settings_of(settings: Settings) -> ServerSettings:
    stored = settings.mcp_config
    servers = (*stored.sse_servers, *stored.shttp_servers, *stored.stdio_servers) if stored else ()
    return ServerSettings(
        model=settings.llm_model,
        has_model_key=settings.llm_api_key_set,
        git_hosts=settings.provider_tokens_set,
        mcp_servers=tuple(one.name or one.url or "" for one in servers),
    )


# What events say.


def number_of(event: Event) -> int | None:
    """Where a stored event stands among those of its conversation; None for one that nobody stores."""
    return event.id if isinstance(event.id, int) else None


def said_in(event: Event) -> str:
    """What somebody says with this event; its `message` may be a stock phrase, so that is not read."""
    if event.action == "message":
        return event.args.content or ""
    return (event.args.final_thought or event.args.content or "") if event.action == "finish" else ""


def said_by_agent(event: Event) -> str:
    return "" if event.source == "user" else said_in(event)


def state_in(event: Event) -> str:
    """The state that the agent came into with this event."""
    return (event.extras.agent_state or "") if event.observation == "agent_state_changed" else ""


def text_of(event: Event) -> str:
    """What is told of this event and may be long."""
    return (event.extras.reason or "") if state_in(event) else said_in(event)


def update_of(event: Event) -> StoredUpdate | None:
    """What a stored event says of its conversation, if it says anything."""
    number = number_of(event)
    if number is None:
        return None
    ref = TextRef(str(number))
    if word := state_in(event):
        reason = event.extras.reason or ""
        part_of = ref if limits.is_part(reason, limits.REASON) else None
        return AgentChanged(number, agent_state_of(word), word, reason_of(reason), part_of)
    if text := said_by_agent(event):
        return AgentSaid(number, text, ref if limits.is_part(text, limits.LAST_WORDS) else None)
    return None


class Startup:
    """What the frames of one start-up say, one after the other."""

    def __init__(self) -> None:
        self._has_begun = False
        """Whether the agent has come beyond loading: then an `error` is one of its work, and fails nothing."""

    def update_of(self, event: Event) -> Update | None:
        if number_of(event) is not None:
            update = update_of(event)
            if isinstance(update, AgentChanged) and update.state is not AgentState.LOADING:
                self._has_begun = True
            return update
        if TOO_MANY in (event.id, event.message):
            return Evicted()
        if reason := self._failed_by(event):
            return StartupFailed(reason)
        if event.status_update and isinstance(event.id, str):
            return StartupProgressed(step_of(event.id))
        return None

    def _failed_by(self, event: Event) -> Reason:
        word = event.id if isinstance(event.id, str) else ""
        text = event.message or word
        if event.status_update and event.type == "error":
            says_more = FAULTS.get(word, Fault.NOT_SAID) is not Fault.NOT_SAID
            return reason_of(word if says_more else text)
        return reason_of(text) if event.error and not self._has_begun else NO_REASON
