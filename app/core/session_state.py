"""The state of a session as people are told it, and the group of the list that it belongs to."""

from datetime import datetime, timedelta
from enum import StrEnum

from app.core.conversations import OVER, AgentState, Phase
from app.core.session import Operation, Session

PATIENCE = timedelta(minutes=3)
"""How long a conversation may start before we say so. Some never leave STARTING, and say nothing."""


class State(StrEnum):
    """What became of a session, for people. `core.sessions` decides which."""

    SENDING = "sending"
    STOPPING = "stopping"
    DELETING = "deleting"
    NOT_KNOWN = "not_known"
    FAILED = "failed"
    STILL_STARTING = "still_starting"
    STARTING = "starting"
    FINISHED = "finished"
    STOPPED = "stopped"
    ASKS_YOU = "asks_you"
    WANTS_GO_AHEAD = "wants_go_ahead"
    WORKING = "working"
    PAUSED = "paused"
    WAITS_FOR_MODEL = "waits_for_model"
    RUNNING = "running"
    OTHER = "other"


class Group(StrEnum):
    NEEDS_YOU = "needs_you"
    ACTIVE = "active"
    ENDED = "ended"


_BY_AGENT: dict[AgentState, State] = {
    AgentState.ASKS: State.ASKS_YOU,
    AgentState.WANTS_CONFIRMATION: State.WANTS_GO_AHEAD,
    AgentState.WORKING: State.WORKING,
    AgentState.PAUSED: State.PAUSED,
    AgentState.RATE_LIMITED: State.WAITS_FOR_MODEL,
    AgentState.FINISHED: State.FINISHED,
    AgentState.FAILED: State.FAILED,
    AgentState.REJECTED: State.FAILED,
    AgentState.STOPPED: State.STOPPED,
}
_BY_ACT: dict[Operation, State] = {
    Operation.SENDING: State.SENDING,
    Operation.STOPPING: State.STOPPING,
    Operation.DELETING: State.DELETING,
}
_GROUPS: dict[State, Group] = {
    State.NOT_KNOWN: Group.NEEDS_YOU,
    State.STILL_STARTING: Group.NEEDS_YOU,
    State.ASKS_YOU: Group.NEEDS_YOU,
    State.WANTS_GO_AHEAD: Group.NEEDS_YOU,
    State.FAILED: Group.ENDED,
    State.FINISHED: Group.ENDED,
    State.STOPPED: Group.ENDED,
}


def state_of(session: Session, now: datetime) -> State:
    """The state of a session, by the table of states: the first line that fits wins."""
    if session.operation:
        return _BY_ACT[session.operation]
    if session.is_unconfirmed:
        return State.NOT_KNOWN
    if session.startup_error:
        return State.FAILED
    if is_starting(session):
        since = session.unchanged_since
        return State.STILL_STARTING if since and now - since >= PATIENCE else State.STARTING
    return _by_phase(session)


def _by_phase(session: Session) -> State:
    if session.phase is Phase.STOPPED:
        return _stopped_as(session.before_stop)
    if session.phase in OVER:
        return State.FAILED if session.phase is Phase.FAILED else State.STOPPED
    if session.agent is not AgentState.UNKNOWN:
        return _BY_AGENT.get(session.agent, State.OTHER)
    return State.RUNNING if session.phase is Phase.RUNNING else State.OTHER


def is_starting(session: Session) -> bool:
    return session.phase is Phase.STARTING or (
        session.agent is AgentState.LOADING and session.phase not in OVER
    )


def _stopped_as(before: AgentState) -> State:
    if before is AgentState.FINISHED:
        return State.FINISHED
    return State.FAILED if before in (AgentState.FAILED, AgentState.REJECTED) else State.STOPPED


ENDED_EARLY = (State.STOPPING, State.DELETING, State.STOPPED, State.FAILED)
"""Somebody ends it, or it has ended without having done its work."""


def group_of(state: State) -> Group:
    return _GROUPS.get(state, Group.ACTIVE)
