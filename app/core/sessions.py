"""The one truth about sessions: the server's list, live events and local launches, merged.

A session is a row: a conversation, or a launch on its way to be one. Its key is given at the press, or when
the server first names it, and never changes; the server's id is an attribute that comes later.
"""

import heapq
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from app import messages
from app.core.conversations import (
    NO_REASON,
    OVER,
    UNDER_WAY,
    Accepted,
    AgentChanged,
    AgentSaid,
    AgentState,
    Conversation,
    Evicted,
    Pending,
    Phase,
    Reason,
    StartupFailed,
    StartupProgressed,
    StoredUpdate,
    TextRef,
    Update,
)
from app.core.draft import LaunchDraft
from app.core.kinds import LaunchKind
from app.core.session import (
    Operation,
    Session,
    SessionChange,
    SessionKey,
    key_of_conversation,
    new_launch_key,
)
from app.core.session_state import State, is_starting, state_of
from app.core.watchers import Watchers
from app.errors import LauncherError
from app.wire import limits

DELETED = 1000
"""So many of the conversations that were deleted last are kept from coming back: a page brings a hundred at once."""


Place = tuple[bool, float, int]
"""Where a session stands in the list, from its end: after all that are dated, then by its birth, then as we met it."""

Changes = tuple[SessionChange, ...]
"""What one event changed: each session once, those that came or went in the order in which they did."""


@dataclass(slots=True)
class _MergeState:
    """How far the updates of one row have been merged. They may come in any order: the greater number is newer."""

    state: int = -1
    before_stop: int = -1
    words: int = -1
    words_part_of: TextRef | None = None
    reason_part_of: TextRef | None = None

    def let_go_of_words(self) -> None:
        self.before_stop = self.words = -1
        self.words_part_of = self.reason_part_of = None


class SessionBook:
    """All sessions of one server. Whoever learns a fact tells it here; whoever shows one watches."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._sessions: dict[SessionKey, Session] = {}
        self._places: dict[SessionKey, Place] = {}
        self._births = itertools.count()
        self._born: dict[SessionKey, int] = {}
        """In which order they came: what tells apart who is of the same age."""
        self._newest_first: list[SessionKey] | None = None
        """The keys in order; None when a place has changed since. To sort ten thousand takes longer than a frame."""
        self._keys: dict[str, SessionKey] = {}
        self._deleted: dict[str, None] = {}
        self._stopped: set[str] = set()
        """What we stopped, until the server is first heard of it: those words may be older than the stop."""
        self._merged: dict[SessionKey, _MergeState] = {}
        """By key, of the rows of which there were updates."""
        self._with_operation: set[SessionKey] = set()
        """The keys of the rows with an operation: few, and asked for with each change."""
        self._with_words: dict[SessionKey, None] = {}
        """The rows whose events were read, those read last at the end."""
        self._read_whole: SessionKey | None = None
        """The one row that holds its texts whole."""
        self._left_some_out = False
        self._before: dict[SessionKey, Session | None] = {}
        """What has changed since the watchers were told last, as it was then."""
        self._is_telling = False
        self._watchers = Watchers[Changes]()

    def count(self) -> int:
        """How many there are."""
        return len(self._sessions)

    def watch(self, watcher: Callable[[Changes], None]) -> Callable[[], None]:
        """Calls `watcher` with what has changed, until the function that is given back is called."""
        return self._watchers.add(watcher)

    def place_of(self, key: SessionKey) -> Place:
        return self._places[key]

    def sessions(self) -> list[Session]:
        """All, newest first; a launch on its way stands before what the server has dated."""
        if self._newest_first is None:
            self._newest_first = sorted(self._places, key=self._places.__getitem__, reverse=True)
        return [self._sessions[key] for key in self._newest_first]

    def get(self, key: SessionKey) -> Session | None:
        return self._sessions.get(key)

    def by_id(self, conversation_id: str) -> Session | None:
        key = self._keys.get(conversation_id)
        return None if key is None else self._sessions.get(key)

    def ids(self) -> set[str]:
        return set(self._keys)

    def has_operation(self, *operations: Operation) -> bool:
        """Whether one of these has no answer yet."""
        return any(self._sessions[key].operation in operations for key in self._with_operation)

    @property
    def is_full(self) -> bool:
        """Whether the server has older conversations that are not kept."""
        return self._left_some_out and len(self._sessions) >= limits.ROWS

    def running(self) -> list[Session]:
        """What the server runs now, as far as it has told; first what it would close to make room."""
        under_way = (one for one in self._sessions.values() if one.phase in UNDER_WAY)
        return sorted(under_way, key=lambda one: one.updated_at or one.created_at or _OLD)

    # A launch.

    def add_launch(self, sent: LaunchDraft) -> SessionKey:
        """The row of a launch, before its first byte leaves. Gives the key back."""
        key = new_launch_key()
        self._deleted.pop(sent.conversation_id.strip(), None)  # an id of one's own may be launched again
        self._put(
            Session(
                key,
                title=title_of(sent),
                repository=(sent.repository.strip() or sent.own_repository)[: limits.REPOSITORY],
                branch=sent.selected_branch.strip()[: limits.BRANCH],
                operation=Operation.SENDING,
                unchanged_since=self._now(),
                draft=sent,
            )
        )
        return key

    def mark_accepted(self, key: SessionKey, answer: Accepted) -> None:
        """The answer named the conversation: the row becomes it, and so does one that a poll brought."""
        made = answer.conversation
        if made.id in self._deleted:
            self.forget(key)
            return
        before, row = self._sessions[key].phase, self._as(key, made.id)
        if row.phase is before:
            phase = Phase.STARTING if made.phase is Phase.UNKNOWN else made.phase
            row = replace(row, phase=phase, phase_word=made.phase_word)
        self._put(row)

    def mark_pending(self, key: SessionKey, answer: Pending) -> None:
        """The server has taken the launch, and makes a conversation of it."""
        if row := self._sessions.get(key):
            self._put(self._noted(replace(row, operation=None, phase=Phase.STARTING, step=answer.step)))

    def mark_not_started(self, key: SessionKey, reason: Reason) -> None:
        """No conversation came of a launch that the server had taken."""
        if row := self._sessions.get(key):
            self._put(
                self._noted(replace(row, operation=None, phase=Phase.FAILED, step="", startup_error=reason))
            )

    def assign_conversation(self, key: SessionKey, conversation_id: str) -> None:
        """The row of a launch is this conversation. What is being done to that goes on."""
        self._put(self._as(key, conversation_id))

    def mark_unconfirmed(self, key: SessionKey, error: LauncherError) -> None:
        """The launch may have started; `error` came in place of its answer."""
        self._put(replace(self._sessions[key], operation=None, unconfirmed_by=error))

    def forget(self, key: SessionKey) -> None:
        """Takes the row away: the launch provably did not start, or nobody wants to know."""
        if row := self._sessions.get(key):
            self._drop(row)
            self._keys.pop(row.conversation_id, None)
            self._stopped.discard(row.conversation_id)
            self._tell()

    # What the server says.

    def apply_page(self, conversations: Iterable[Conversation]) -> None:
        """Rows of a page of the list, in any order, merged by id."""
        conversations = tuple(conversations)
        known, was_full = len(self._sessions), self.is_full
        for one in conversations:
            if not self._may_be_late(one):
                self._merge(one)
        self._stopped -= {one.id for one in conversations}
        if len(self._sessions) > known:
            self._leave_out_the_oldest()
        self._tell()
        if self.is_full is not was_full:
            self._watchers.notify(())

    def mark_gone(self, conversation_id: str) -> None:
        """Asked by id, the server said that there is no such conversation."""
        if (key := self._keys.get(conversation_id)) is not None:
            self.forget(key)

    def apply_updates(self, conversation_id: str, updates: Iterable[StoredUpdate]) -> None:
        """What the server keeps of a conversation, in any order; what we know already changes nothing."""
        row = self.by_id(conversation_id)
        if row is None:
            return
        merged = self._merged.setdefault(row.key, _MergeState())
        for update in sorted(updates, key=lambda one: one.order):
            row = _after(row, update, merged)
        self._put(self._noted(replace(row, lacks_words=False)))
        self._let_go_of_words(row.key)

    def set_whole_text(self, key: SessionKey, ref: TextRef, text: str) -> None:
        """A text whole, in place of the part of it. One row at a time holds its texts so."""
        if self._read_whole != key and self._read_whole in self._sessions:
            self._put(_in_parts(self._sessions[self._read_whole], self._merged[self._read_whole]))
        if row := self._sessions.get(key):
            self._read_whole = key
            self._put(_with_whole(row, self._merged.setdefault(key, _MergeState()), ref, text))

    def apply_startup(self, conversation_id: str, update: Update) -> None:
        """What a start-up tells while it is followed: some of it is stored nowhere."""
        row = self.by_id(conversation_id)
        if row is None:
            return
        match update:
            case AgentChanged() | AgentSaid():
                self.apply_updates(conversation_id, [update])
                return
            case Evicted():
                row = replace(row, evicted=True)
            case StartupFailed(reason):
                row = replace(row, startup_error=reason)
            case StartupProgressed(step):
                row = replace(row, step=step)
        self._put(self._noted(row))

    # What we do to it.

    def set_operation(self, key: SessionKey, operation: Operation | None) -> None:
        if row := self._sessions.get(key):
            self._put(replace(row, operation=operation))

    def mark_stopped(self, key: SessionKey) -> None:
        if row := self._sessions.get(key):
            self._stopped.add(row.conversation_id)
            self._put(self._noted(replace(row, operation=None, phase=Phase.STOPPED, phase_word="")))

    def mark_deleted(self, key: SessionKey) -> None:
        """A page that was on its way may still bring the row: it stays away."""
        if row := self._sessions.get(key):
            self._deleted[row.conversation_id] = None
            if len(self._deleted) > DELETED:
                del self._deleted[next(iter(self._deleted))]
            self.forget(key)

    def mark_seen(self, key: SessionKey) -> None:
        row = self._sessions.get(key)
        if row and row.has_news:
            self._put(replace(row, has_news=False))

    # Inside.

    def _as(self, key: SessionKey, conversation_id: str) -> Session:
        """The row of a launch as this conversation, in place of the row that a page brought."""
        row, polled = self._sessions[key], self.by_id(conversation_id)
        self._keys[conversation_id] = key
        if polled is None or polled.key == key:
            return replace(row, conversation_id=conversation_id, operation=None, unconfirmed_by=None)
        if polled.key in self._with_words:
            self._with_words[key] = None
        if merged := self._merged.get(polled.key):
            self._merged[key] = merged
        self._drop(polled)
        keeps_title = polled.has_placeholder or not polled.title
        return replace(
            polled,
            key=key,
            title=row.title if keeps_title else polled.title,
            has_placeholder=False,
            draft=row.draft,
        )

    def _may_be_late(self, listed: Conversation) -> bool:
        """Whether it may have left the server before we ended this conversation: only one read is ever out."""
        was_stopped = listed.id in self._stopped and listed.phase in UNDER_WAY
        return was_stopped or listed.id in self._deleted

    def _put(self, row: Session) -> None:
        if self._sessions.get(row.key) != row:
            self._keep(row)
            self._tell()

    def _tell(self) -> None:
        """One change after the other: what a watcher changes meanwhile is told to all when this is."""
        if self._is_telling:
            return
        self._is_telling = True
        try:
            while changes := self._changes():
                self._watchers.notify(changes)
        finally:
            self._is_telling = False

    def _changes(self) -> Changes:
        before, self._before = self._before, {}
        changes = (SessionChange(key, old, self._sessions.get(key)) for key, old in before.items())
        return tuple(one for one in changes if one.before is not one.after)

    def _keep(self, row: Session) -> None:
        self._before.setdefault(row.key, self._sessions.get(row.key))
        self._sessions[row.key] = row
        born = self._born.setdefault(row.key, next(self._births))
        if self._places.get(row.key) != (place := _place_of(row, born)):
            self._places[row.key] = place
            self._newest_first = None
        if row.operation:
            self._with_operation.add(row.key)
        else:
            self._with_operation.discard(row.key)

    def _drop(self, row: Session) -> None:
        self._before.setdefault(row.key, row)
        del self._sessions[row.key], self._places[row.key], self._born[row.key]
        self._newest_first = None
        self._with_operation.discard(row.key)
        self._with_words.pop(row.key, None)
        self._merged.pop(row.key, None)

    def _merge(self, listed: Conversation) -> None:
        known = self.by_id(listed.id)
        if known is None:
            known = Session(key_of_conversation(listed.id), conversation_id=listed.id)
            self._keys[listed.id] = known.key
        row = self._noted(_with(known, listed))
        if self._sessions.get(row.key) != row:
            self._keep(row)

    def _leave_out_the_oldest(self) -> None:
        """Keeps no more rows than are to be kept, our own launches among them."""
        beyond = len(self._sessions) - limits.ROWS
        if beyond <= 0:
            return
        self._left_some_out = True
        foreign = (key for key, row in self._sessions.items() if row.draft is None and row.operation is None)
        oldest = set(
            heapq.nsmallest(beyond, foreign, key=lambda key: (self._places[key][1], -self._born[key]))
        )
        for row in map(self._sessions.__getitem__, oldest):
            self._drop(row)
            del self._keys[row.conversation_id]

    def _let_go_of_words(self, key: SessionKey) -> None:
        """Of the row whose events were read longest ago, when as many rows have words as are to have them."""
        self._with_words.pop(key, None)
        self._with_words[key] = None
        if len(self._with_words) > limits.ROWS_WITH_WORDS:
            oldest = next(iter(self._with_words))
            del self._with_words[oldest]
            if row := self._sessions.get(oldest):
                self._merged[oldest].let_go_of_words()
                self._put(replace(row, last_words="", reason=NO_REASON, cut=frozenset(), lacks_words=True))

    def _noted(self, row: Session) -> Session:
        """With the moment of its last change, and whether it has failed since it was looked at.

        A moment that is still to come shows that our clock was set back: the patience with a start begins anew.
        """
        old, now = self._sessions.get(row.key), self._now()
        if old is None or _stage(old) != _stage(row) or (row.unchanged_since and row.unchanged_since > now):
            row = replace(row, unchanged_since=now)
        if old and _was_followed(old) and self._fails(row) and not self._fails(old):
            row = replace(row, has_news=True)
        return row

    def _fails(self, row: Session) -> bool:
        return state_of(row, self._now()) is State.FAILED


def _stage(row: Session) -> tuple[object, ...]:
    return row.phase, row.phase_word, row.agent, row.agent_word, row.step


def _was_followed(row: Session) -> bool:
    """Whether its state was known: `stopped` hides one. An old failure that we only now hear of is no news."""
    return row.before_stop is not AgentState.UNKNOWN or row.draft is not None or is_starting(row)


_OLD = datetime.min.replace(tzinfo=UTC)


def _place_of(row: Session, born: int) -> Place:
    on_its_way = row.created_at is None and row.draft is not None
    return on_its_way, (row.created_at or _OLD).timestamp(), born


def _with(row: Session, listed: Conversation) -> Session:
    """The row with what the server's list says of it."""
    restarted = listed.phase in UNDER_WAY and row.phase in OVER
    says_phase = listed.phase is not Phase.UNKNOWN
    # Ours stays while the server has only the placeholder that each new conversation gets.
    takes_title = bool(listed.title) and not (row.title and listed.has_placeholder)
    return replace(
        row,
        title=listed.title if takes_title else row.title,
        has_placeholder=listed.has_placeholder if takes_title else row.has_placeholder,
        repository=listed.repository or row.repository,
        branch=listed.branch or row.branch,
        created_at=listed.created_at or row.created_at,
        updated_at=listed.updated_at or row.updated_at,
        phase=listed.phase if says_phase else row.phase,
        phase_word=listed.phase_word if says_phase else row.phase_word,
        step=listed.step,
        agent=AgentState.UNKNOWN if restarted else row.agent,
        agent_word="" if restarted else row.agent_word,
        evicted=row.evicted and not restarted,
    )


def _after(row: Session, update: StoredUpdate, merged: _MergeState) -> Session:
    """The row after one update."""
    if isinstance(update, AgentChanged):
        return _in_state(_explained(row, update, merged), update, merged)
    if update.order <= merged.words:
        return row
    cut = _without(row.cut, merged.words_part_of) | _only(update.part_of)
    merged.words, merged.words_part_of = update.order, update.part_of
    return replace(row, last_words=update.text, cut=cut)


def _explained(row: Session, update: AgentChanged, merged: _MergeState) -> Session:
    """The row with this state and its reason, if it is the newest but for the stop, of which one may hear before it."""
    if update.state is AgentState.STOPPED or update.order <= merged.before_stop:
        return row
    cut = _without(row.cut, merged.reason_part_of) | _only(update.part_of)
    merged.before_stop, merged.reason_part_of = update.order, update.part_of
    told = row.startup_error if update.state is AgentState.FAILED else NO_REASON
    return replace(row, before_stop=update.state, reason=update.reason or told, cut=cut)


_BEFORE_WORK = (AgentState.LOADING, AgentState.STOPPED)


def _in_state(row: Session, update: AgentChanged, merged: _MergeState) -> Session:
    """The row with this state of its agent, if it is the newest."""
    if update.order <= merged.state:
        return row
    merged.state = update.order
    has_begun = update.state not in _BEFORE_WORK
    if has_begun and row.phase is Phase.STARTING:  # the list says so with its next page
        row = replace(row, phase=Phase.RUNNING, phase_word="")
    return replace(
        row,
        step=row.step if update.state is AgentState.LOADING else "",  # what the start-up said last is over
        agent=update.state,
        agent_word=update.word,
        startup_error=NO_REASON if has_begun else row.startup_error,
    )


def _with_whole(row: Session, merged: _MergeState, ref: TextRef, text: str) -> Session:
    """The row with this text, where it still holds the part of it."""
    if text and ref == merged.words_part_of:
        row = replace(row, last_words=text, cut=row.cut - {ref})
    if text and ref == merged.reason_part_of:
        row = replace(row, reason=replace(row.reason, text=text), cut=row.cut - {ref})
    return row


def _in_parts(row: Session, merged: _MergeState) -> Session:
    """The row with no more of its texts than rows keep."""
    return replace(
        row,
        last_words=limits.part(row.last_words.encode(), limits.LAST_WORDS),
        reason=replace(row.reason, text=limits.part(row.reason.text.encode(), limits.REASON)),
        cut=_only(merged.words_part_of) | _only(merged.reason_part_of),
    )


def _only(ref: TextRef | None) -> frozenset[TextRef]:
    return frozenset() if ref is None else frozenset((ref,))


def _without(refs: frozenset[TextRef], ref: TextRef | None) -> frozenset[TextRef]:
    return refs - _only(ref)


def title_of(sent: LaunchDraft) -> str:
    """What a launch is called until the server has made a title: its first line."""
    texts = {
        LaunchKind.MESSAGE: sent.initial_user_msg,
        LaunchKind.SUGGESTED_TASK: sent.suggested_task.title,
        LaunchKind.MICROAGENT: sent.create_microagent.title or sent.microagent_msg,
        LaunchKind.REPLAY: messages.untitled(LaunchKind.REPLAY),
    }
    first = next((line.strip() for line in texts[sent.kind].splitlines() if line.strip()), "")
    if len(first) > limits.TITLE:
        return first[: limits.TITLE - 1] + "…"
    return first or messages.untitled(sent.kind)
