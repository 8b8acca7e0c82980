"""The one truth about sessions: the server's list, live events and local launches, merged.

A session is a row: a conversation, or a launch on its way to be one. Its key is given at the press, or when
the server first names it, and never changes; the server's id is an attribute that comes later.
"""

import heapq
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from app import words
from app.core.draft import LaunchDraft
from app.core.kinds import Kind
from app.core.watchers import Watchers
from app.errors import LauncherError
from app.wire import limits
from app.wire.schemas import ConversationInfo, ConversationResponse, Event, WholeEvent
from app.words import State

PATIENCE = timedelta(minutes=3)
"""How long a conversation may start before we say so. Some never leave STARTING, and say nothing."""

DELETED = 1000
"""So many of the conversations that were deleted last are kept from coming back: a page brings a hundred at once."""

TOO_MANY = "AGENT_ERROR$TOO_MANY_CONVERSATIONS"


class Act(StrEnum):
    """What we are doing to a session, and have no answer to yet."""

    SENDING = "sending"
    STOPPING = "stopping"
    DELETING = "deleting"


class Group(StrEnum):
    NEEDS_YOU = "needs_you"
    ACTIVE = "active"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Session:
    """All that is known of one session. Empty strings are what nobody has said."""

    key: int
    conversation_id: str = ""
    title: str = ""
    repository: str = ""
    branch: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    status: str = ""
    runtime_status: str = ""
    agent_state: str = ""
    state_before_stop: str = ""
    """The newest agent state that was not `stopped`."""
    before_stop_id: int = -1
    reason: str = ""
    """Why the agent came into `state_before_stop`, as the server says: text or one of its words."""
    last_words: str = ""
    cut: frozenset[int] = frozenset()
    """The ids of the events of which `last_words` or `reason` hold only a part."""
    lacks_words: bool = False
    """Its last words and its reason were let go of, to be read again when it is in view."""
    state_id: int = -1
    words_id: int = -1
    last_event_id: int = -1
    startup_error: str = ""
    """What the socket told once; stored nowhere on the server."""
    evicted: bool = False
    """Closed by the server to make room for another conversation."""
    act: Act | None = None
    lost_by: LauncherError | None = None
    """Why it is not known whether the launch has started."""
    unchanged_since: datetime | None = None
    sent: LaunchDraft | None = None
    """What was launched here, to launch it again."""
    news: bool = False
    """It failed since somebody last looked at it."""

    @property
    def not_known(self) -> bool:
        """The launch may have started: its answer was lost."""
        return self.lost_by is not None


_BY_AGENT: dict[str, State] = {
    "awaiting_user_input": State.ASKS_YOU,
    "awaiting_user_confirmation": State.WANTS_GO_AHEAD,
    "running": State.WORKING,
    "user_confirmed": State.WORKING,
    "user_rejected": State.WORKING,
    "paused": State.PAUSED,
    "rate_limited": State.WAITS_FOR_MODEL,
    "finished": State.FINISHED,
    "error": State.FAILED,
    "rejected": State.FAILED,
    "stopped": State.STOPPED,
}
_BY_ACT: dict[Act, State] = {
    Act.SENDING: State.SENDING,
    Act.STOPPING: State.STOPPING,
    Act.DELETING: State.DELETING,
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
    if session.act:
        return _BY_ACT[session.act]
    if session.not_known:
        return State.NOT_KNOWN
    if session.startup_error:
        return State.FAILED
    if is_starting(session):
        since = session.unchanged_since
        return State.STILL_STARTING if since and now - since >= PATIENCE else State.STARTING
    return _by_status(session)


def _by_status(session: Session) -> State:
    if session.status == "STOPPED":
        return _stopped_as(session.state_before_stop)
    if session.status in _OVER:
        return State.FAILED if session.status == "ERROR" else State.STOPPED
    if session.agent_state:
        return _BY_AGENT.get(session.agent_state, State.OTHER)
    return State.RUNNING if session.status == "RUNNING" else State.OTHER


_OVER = ("STOPPED", "ERROR", "ARCHIVED")
UNDER_WAY = ("STARTING", "RUNNING")


def is_starting(session: Session) -> bool:
    return session.status == "STARTING" or (session.agent_state == "loading" and session.status not in _OVER)


def _stopped_as(before: str) -> State:
    if before == "finished":
        return State.FINISHED
    return State.FAILED if before in ("error", "rejected") else State.STOPPED


ENDED_EARLY = (State.STOPPING, State.DELETING, State.STOPPED, State.FAILED)
"""Somebody ends it, or it has ended without having done its work."""


def group_of(state: State) -> Group:
    return _GROUPS.get(state, Group.ACTIVE)


Place = tuple[bool, float, int]


class SessionBook:
    """All sessions of one server. Whoever learns a fact tells it here; whoever shows one watches."""

    _all_keys = itertools.count(1)
    """One for all servers: a key that is kept while the window turns to another server finds nothing there."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._sessions: dict[int, Session] = {}
        self._places: dict[int, Place] = {}
        self._newest_first: list[int] | None = None
        """The keys in order; None when a place has changed since. To sort ten thousand takes longer than a frame."""
        self._keys: dict[str, int] = {}
        self._deleted: dict[str, None] = {}
        self._stopped: set[str] = set()
        """What we stopped, until the server is first heard of it: those words may be older than the stop."""
        self._acting: set[int] = set()
        """The keys of the rows with an act: few, and asked for with each change."""
        self._with_words: dict[int, None] = {}
        """The rows whose events were read, those read last at the end."""
        self._read_whole: int | None = None
        """The one row that holds its texts whole."""
        self._left_some_out = False
        self._watchers = Watchers[()]()

    def count(self) -> int:
        """How many there are."""
        return len(self._sessions)

    def watch(self, watcher: Callable[[], None]) -> Callable[[], None]:
        return self._watchers.add(watcher)

    def sessions(self) -> list[Session]:
        """All, newest first; a launch on its way stands before what the server has dated."""
        if self._newest_first is None:
            self._newest_first = sorted(self._places, key=self._places.__getitem__, reverse=True)
        return [self._sessions[key] for key in self._newest_first]

    def get(self, key: int) -> Session | None:
        return self._sessions.get(key)

    def by_id(self, conversation_id: str) -> Session | None:
        key = self._keys.get(conversation_id)
        return None if key is None else self._sessions.get(key)

    def ids(self) -> set[str]:
        return set(self._keys)

    def is_out(self, *acts: Act) -> bool:
        """Whether one of these has no answer yet."""
        return any(self._sessions[key].act in acts for key in self._acting)

    @property
    def is_full(self) -> bool:
        """Whether the server has older conversations that are not kept."""
        return self._left_some_out and len(self._sessions) >= limits.ROWS

    def running(self) -> list[Session]:
        """What the server runs now, as far as it has told; first what it would close to make room."""
        under_way = (one for one in self._sessions.values() if one.status in UNDER_WAY)
        return sorted(under_way, key=lambda one: one.updated_at or one.created_at or _OLD)

    # A launch.

    def pressed(self, sent: LaunchDraft) -> int:
        """The row of a launch, before its first byte leaves. Gives the key back."""
        key = next(self._all_keys)
        self._deleted.pop(sent.conversation_id.strip(), None)  # an id of one's own may be launched again
        self._put(
            Session(
                key,
                title=title_of(sent),
                repository=(sent.repository.strip() or sent.own_repository)[: limits.REPOSITORY],
                branch=sent.selected_branch.strip()[: limits.BRANCH],
                act=Act.SENDING,
                unchanged_since=self._now(),
                sent=sent,
            )
        )
        return key

    def accepted(self, key: int, answer: ConversationResponse) -> None:
        """The answer named the conversation: the row becomes it, and so does one that a poll brought."""
        if answer.conversation_id in self._deleted:
            self.forget(key)
            return
        row = self._as(key, answer.conversation_id)
        self._put(replace(row, status=row.status or answer.conversation_status or "STARTING"))

    def becomes(self, key: int, conversation_id: str) -> None:
        """The row of a launch is this conversation. What is being done to that goes on."""
        self._put(self._as(key, conversation_id))

    def lost(self, key: int, error: LauncherError) -> None:
        """The launch may have started; `error` came in place of its answer."""
        self._put(replace(self._sessions[key], act=None, lost_by=error))

    def forget(self, key: int) -> None:
        """Takes the row away: the launch provably did not start, or nobody wants to know."""
        if row := self._sessions.get(key):
            self._drop(row)
            self._keys.pop(row.conversation_id, None)
            self._stopped.discard(row.conversation_id)
            self._watchers.tell()

    # What the server says.

    def listed(self, infos: Iterable[ConversationInfo]) -> None:
        """Rows of a page of the list, in any order, merged by id."""
        infos = tuple(infos)
        known, was_full = len(self._sessions), self.is_full
        changed = {key for info in infos if not self._may_be_late(info) and (key := self._merge(info))}
        self._stopped -= {info.conversation_id for info in infos}
        if len(self._sessions) > known:
            changed -= self._leave_out_the_oldest()
        if changed or self.is_full is not was_full:
            self._watchers.tell()

    def gone(self, conversation_id: str) -> None:
        """Asked by id, the server said that there is no such conversation."""
        if (key := self._keys.get(conversation_id)) is not None:
            self.forget(key)

    def happened(self, conversation_id: str, events: Iterable[Event]) -> None:
        """Stored events, in any order; those we know already change nothing."""
        row = self.by_id(conversation_id)
        if row is None:
            return
        for event in sorted((one for one in events if isinstance(one.id, int)), key=_number):
            row = _after(row, event)
        self._put(self._noted(replace(row, lacks_words=False)))
        self._let_go_of_words(row.key)

    def read_whole(self, key: int, event: WholeEvent) -> None:
        """The texts of one event whole, in place of the parts of them. One row at a time holds its texts so."""
        if self._read_whole != key and self._read_whole in self._sessions:
            self._put(_in_parts(self._sessions[self._read_whole]))
        if row := self._sessions.get(key):
            self._read_whole = key
            self._put(_with_whole(row, event))

    def starts_up(self, conversation_id: str, event: Event) -> None:
        """A frame of the socket that follows a launch: what it says is stored nowhere."""
        row = self.by_id(conversation_id)
        if row is None:
            return
        if isinstance(event.id, int):
            self.happened(conversation_id, [event])
            return
        if told := _told_error(row, event):
            row = replace(row, evicted=True) if told == TOO_MANY else replace(row, startup_error=told)
        elif event.status_update and isinstance(event.id, str):
            row = replace(row, runtime_status=event.id)
        self._put(self._noted(row))

    # What we do to it.

    def acts(self, key: int, act: Act | None) -> None:
        if row := self._sessions.get(key):
            self._put(replace(row, act=act))

    def stopped(self, key: int) -> None:
        if row := self._sessions.get(key):
            self._stopped.add(row.conversation_id)
            self._put(self._noted(replace(row, act=None, status="STOPPED")))

    def deleted(self, key: int) -> None:
        """A page that was on its way may still bring the row: it stays away."""
        if row := self._sessions.get(key):
            self._deleted[row.conversation_id] = None
            if len(self._deleted) > DELETED:
                del self._deleted[next(iter(self._deleted))]
            self.forget(key)

    def looked_at(self, key: int) -> None:
        row = self._sessions.get(key)
        if row and row.news:
            self._put(replace(row, news=False))

    # Inside.

    def _as(self, key: int, conversation_id: str) -> Session:
        """The row of a launch as this conversation, in place of the row that a page brought."""
        row, polled = self._sessions[key], self.by_id(conversation_id)
        self._keys[conversation_id] = key
        if polled is None or polled.key == key:
            return replace(row, conversation_id=conversation_id, act=None, lost_by=None)
        if polled.key in self._with_words:
            self._with_words[key] = None
        self._drop(polled)
        title = row.title if _is_stand_in(polled.title, conversation_id) else polled.title
        return replace(polled, key=key, title=title, sent=row.sent)

    def _may_be_late(self, info: ConversationInfo) -> bool:
        """Whether it may have left the server before we ended this conversation: only one read is ever out."""
        was_stopped = info.conversation_id in self._stopped and info.status in UNDER_WAY
        return was_stopped or info.conversation_id in self._deleted

    def _put(self, row: Session) -> None:
        if self._sessions.get(row.key) != row:
            self._keep(row)
            self._watchers.tell()

    def _keep(self, row: Session) -> None:
        self._sessions[row.key] = row
        if self._places.get(row.key) != (place := _place_of(row)):
            self._places[row.key] = place
            self._newest_first = None
        if row.act:
            self._acting.add(row.key)
        else:
            self._acting.discard(row.key)

    def _drop(self, row: Session) -> None:
        del self._sessions[row.key], self._places[row.key]
        self._newest_first = None
        self._acting.discard(row.key)
        self._with_words.pop(row.key, None)

    def _merge(self, info: ConversationInfo) -> int | None:
        """The key of the row, None where nothing about it has changed."""
        known = self.by_id(info.conversation_id)
        if known is None:
            known = Session(next(self._all_keys), conversation_id=info.conversation_id)
            self._keys[info.conversation_id] = known.key
        row = self._noted(_with(known, info))
        if self._sessions.get(row.key) == row:
            return None
        self._keep(row)
        return row.key

    def _leave_out_the_oldest(self) -> set[int]:
        """Keeps no more rows than are to be kept, our own launches among them; gives the keys of the others."""
        beyond = len(self._sessions) - limits.ROWS
        if beyond <= 0:
            return set()
        self._left_some_out = True
        foreign = (key for key, row in self._sessions.items() if row.sent is None and row.act is None)
        oldest = set(heapq.nsmallest(beyond, foreign, key=lambda key: (self._places[key][1], -key)))
        for row in map(self._sessions.__getitem__, oldest):
            self._drop(row)
            del self._keys[row.conversation_id]
        return oldest

    def _let_go_of_words(self, key: int) -> None:
        """Of the row whose events were read longest ago, when as many rows have words as are to have them."""
        self._with_words.pop(key, None)
        self._with_words[key] = None
        if len(self._with_words) > limits.ROWS_WITH_WORDS:
            oldest = next(iter(self._with_words))
            del self._with_words[oldest]
            if row := self._sessions.get(oldest):
                self._put(_without_words(row))

    def _noted(self, row: Session) -> Session:
        """With the moment of its last change, and whether it has failed since it was looked at.

        A moment that is still to come shows that our clock was set back: the patience with a start begins anew.
        """
        old, now = self._sessions.get(row.key), self._now()
        if old is None or _phase(old) != _phase(row) or (row.unchanged_since and row.unchanged_since > now):
            row = replace(row, unchanged_since=now)
        if old and _was_followed(old) and self._fails(row) and not self._fails(old):
            row = replace(row, news=True)
        return row

    def _fails(self, row: Session) -> bool:
        return state_of(row, self._now()) is State.FAILED


def _phase(row: Session) -> tuple[str, str, str]:
    return row.status, row.agent_state, row.runtime_status


def _was_followed(row: Session) -> bool:
    """Whether its state was known: `stopped` hides one. An old failure that we only now hear of is no news."""
    return bool(row.state_before_stop) or row.sent is not None or is_starting(row)


def _number(event: Event) -> int:
    return event.id if isinstance(event.id, int) else -1


_OLD = datetime.min.replace(tzinfo=UTC)


def _place_of(row: Session) -> Place:
    """Where it stands in the list, from its end: after what the server has dated, then by its birth."""
    on_its_way = row.created_at is None and row.sent is not None
    return on_its_way, (row.created_at or _OLD).timestamp(), row.key


def _with(row: Session, info: ConversationInfo) -> Session:
    """The row with what one line of the server's list says."""
    restarted = info.status in UNDER_WAY and row.status in _OVER
    return replace(
        row,
        title=_title(row, info),
        repository=info.selected_repository or row.repository,
        branch=info.selected_branch or row.branch,
        created_at=info.created_at or row.created_at,
        updated_at=info.last_updated_at or row.updated_at,
        status=info.status or row.status,
        runtime_status=info.runtime_status or "",
        agent_state="" if restarted else row.agent_state,
        evicted=row.evicted and not restarted,
    )


def _title(row: Session, info: ConversationInfo) -> str:
    """The server's title, but ours while it is only the stand-in that it gives to each new conversation."""
    if info.title and not (row.title and _is_stand_in(info.title, info.conversation_id)):
        return info.title
    return row.title


def _is_stand_in(title: str, conversation_id: str) -> bool:
    return title in ("", f"Conversation {conversation_id[:5]}")


def _after(row: Session, event: Event) -> Session:
    """The row after one stored event. They come newest first, or live with swapped neighbours: ids decide."""
    number = _number(event)
    row = replace(row, last_event_id=max(number, row.last_event_id))
    if event.observation == "agent_state_changed" and (state := event.extras.agent_state):
        return _in_state(row, state, number, event.extras.reason or "")
    said = last_words_of(event)
    if not said or number <= row.words_id:
        return row
    cut = row.cut - {row.words_id} | ({number} if limits.is_part(said, limits.LAST_WORDS) else set())
    return replace(row, last_words=said, words_id=number, cut=cut)


def _with_whole(row: Session, event: WholeEvent) -> Session:
    """The row with the texts of this event, where they are still those that it tells."""
    number = _number(event)
    if number == row.words_id and (said := last_words_of(event)):
        row = replace(row, last_words=said, cut=row.cut - {number})
    if number == row.before_stop_id and event.extras.reason:
        row = replace(row, reason=event.extras.reason, cut=row.cut - {number})
    return row


def _in_parts(row: Session) -> Session:
    """The row with no more of its texts than rows keep."""
    cut = set(row.cut)
    if limits.is_part(row.last_words, limits.LAST_WORDS):
        cut.add(row.words_id)
    if limits.is_part(row.reason, limits.REASON):
        cut.add(row.before_stop_id)
    return replace(
        row,
        last_words=limits.part(row.last_words.encode(), limits.LAST_WORDS),
        reason=limits.part(row.reason.encode(), limits.REASON),
        cut=frozenset(cut),
    )


def _without_words(row: Session) -> Session:
    """The row as if neither its last words nor its reason had been read; the state of its agent stays."""
    return replace(
        row, last_words="", words_id=-1, reason="", before_stop_id=-1, cut=frozenset(), lacks_words=True
    )


def _in_state(row: Session, state: str, number: int, reason: str) -> Session:
    """The row after the agent came into a state; reading back may tell the one before `stopped` after it."""
    told = row.startup_error
    if state != "stopped" and number > row.before_stop_id:
        cut = row.cut - {row.before_stop_id} | ({number} if limits.is_part(reason, limits.REASON) else set())
        reason = reason or (told if state == "error" else "")
        row = replace(row, state_before_stop=state, before_stop_id=number, reason=reason, cut=cut)
    if number <= row.state_id:
        return row
    has_started = row.status == "STARTING" and state not in ("loading", "stopped")
    return replace(
        row,
        status="RUNNING" if has_started else row.status,  # the list says so with its next page
        runtime_status=row.runtime_status if state == "loading" else "",  # what the socket said last is over
        agent_state=state,
        state_id=number,
        startup_error=told if state in ("loading", "stopped") else "",
    )


def last_words_of(event: Event) -> str:
    """What the agent says with this event; its `message` may be a stock phrase, so that is not read."""
    if event.source == "user":
        return ""
    if event.action == "message":
        return event.args.content or ""
    return (event.args.final_thought or event.args.content or "") if event.action == "finish" else ""


def _told_error(row: Session, event: Event) -> str:
    """The error in a fleeting frame. `error` fails a row only before its first state beyond `loading`."""
    text = event.message or (event.id if isinstance(event.id, str) else "") or ""
    if TOO_MANY in (event.id, event.message):
        return TOO_MANY
    if event.status_update and event.type == "error":
        return event.id if isinstance(event.id, str) and _says_more(event.id) else text
    return text if event.error and row.agent_state in ("", "loading") else ""


def _says_more(word: str) -> bool:
    """Whether our sentence for the server's word says more than the message that comes with it."""
    return word != "STATUS$ERROR" and words.server_fault(word) != word


def title_of(sent: LaunchDraft) -> str:
    """What a launch is called until the server has made a title: its first line."""
    texts = {
        Kind.MESSAGE: sent.initial_user_msg,
        Kind.SUGGESTED_TASK: sent.suggested_task.title,
        Kind.MICROAGENT: sent.create_microagent.title or sent.microagent_msg,
        Kind.REPLAY: words.untitled(Kind.REPLAY),
    }
    first = next((line.strip() for line in texts[sent.kind].splitlines() if line.strip()), "")
    if len(first) > limits.TITLE:
        return first[: limits.TITLE - 1] + "…"
    return first or words.untitled(sent.kind)
