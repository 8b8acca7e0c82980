"""What people read of a session: its state, second line and detail. Pure functions of what is known."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from gettext import gettext as _

from app import words
from app.core.sessions import Act, Group, Session, group_of, state_of
from app.errors import LauncherError
from app.words import Said, State

LONGEST = 50_000
"""How many characters of the last words a detail shows."""


def state_word(session: Session, state: State) -> str:
    """The word for its state; for one we do not know, the server's own."""
    return words.state(state, session.agent_state or session.status)


def age_from(session: Session) -> datetime | None:
    """The moment its age counts from: its birth on the server, or the press."""
    return session.created_at or session.unchanged_since


def spoken(session: Session, now: datetime) -> str:
    """The row for who does not see it: "Fix the login asks you in acme/web on main, begun 2 minutes ago"."""
    state = state_of(session, now)
    place = _("in {repository}") if session.repository else ""
    branch = _("on {branch}") if session.branch else ""
    facts = {"repository": session.repository, "branch": session.branch, "word": state_word(session, state)}
    says = " ".join(filter(None, (_(_SAYS[state]), place, branch))).format_map(facts)
    title = session.title or words.untitled("")
    row = ", ".join(_lines((f"{title} {says}", _begun(session, now))))
    return _("New: {row}").format(row=row) if session.news else row


_SAYS: dict[State, str] = {
    State.SENDING: "is being sent",
    State.STOPPING: "is being stopped",
    State.DELETING: "is being deleted",
    State.NOT_KNOWN: "may have started",
    State.FAILED: "has failed",
    State.STILL_STARTING: "is still starting",
    State.STARTING: "is starting",
    State.FINISHED: "has finished",
    State.STOPPED: "has stopped",
    State.ASKS_YOU: "asks you",
    State.WANTS_GO_AHEAD: "wants your go-ahead",
    State.WORKING: "is working",
    State.PAUSED: "is paused",
    State.WAITS_FOR_MODEL: "waits for the model",
    State.RUNNING: "is running",
    State.OTHER: "says “{word}”",
}


def _begun(session: Session, now: datetime) -> str:
    began = age_from(session)
    if began is None:
        return ""
    if now - began < timedelta(minutes=1):
        return _("just begun")
    from babel.dates import format_timedelta  # as in `words.age`

    ago = format_timedelta(began - now, add_direction=True, threshold=1, locale="en")
    return _("begun {ago}").format(ago=ago)


def not_done(session: Session, act: Act, error: LauncherError) -> Said:
    """That a stop or a delete has failed, or may have, and why."""
    texts = _NOT_DONE if not error.may_have_started else _MAYBE_NOT_DONE
    title = words.safe_text(session.title, limit=80, single_line=True) or words.untitled("")
    why = words.error(error, of_launch=False)
    return Said(_(texts[act]).format(title=title), " ".join(_lines((why.title, why.text))))


_NOT_DONE: dict[Act, str] = {
    Act.STOPPING: "“{title}” was not stopped.",
    Act.DELETING: "“{title}” was not deleted.",
}
_MAYBE_NOT_DONE: dict[Act, str] = {
    Act.STOPPING: "“{title}” may not have been stopped.",
    Act.DELETING: "“{title}” may not have been deleted.",
}


# The second line of a row.


def doing(session: Session, now: datetime, away_since: datetime | None = None) -> str:
    """What follows the state's word in a row: repository, branch, and what it does or said last, on one line.

    While the server is away, what may have changed since says of when it is.
    """
    state = state_of(session, now)
    now_doing = _NOW_DOING.get(state, _nothing)(session, now)
    if away_since and _grows_old(session, state):
        now_doing = _("as of {time}").format(time=away_since.astimezone().strftime("%H:%M"))
    said = _quoted(session.last_words) if state in _QUOTES else ""
    parts = (session.repository, session.branch, now_doing, said)
    return " · ".join(_lines(parts))


def _lines(parts: Iterable[str]) -> Iterator[str]:
    """Each part on one line, without those that are empty."""
    return filter(None, (words.safe_text(part, single_line=True) for part in parts))


_QUOTES = (
    State.ASKS_YOU,
    State.WANTS_GO_AHEAD,
    State.WORKING,
    State.PAUSED,
    State.FINISHED,
    State.STOPPED,
)
_SAYS_NOTHING = ("", "STATUS$READY", "STATUS$RUNTIME_STARTED", "STATUS$STOPPED")


def _grows_old(session: Session, state: State) -> bool:
    """Whether only contact with the server keeps its state true: our own acts and losses we know."""
    return group_of(state) is not Group.ENDED and session.act is None and not session.not_known


def _quoted(said: str) -> str:
    return f"“{words.safe_text(said, limit=240, single_line=True)}”" if said.strip() else ""


def _nothing(session: Session, now: datetime) -> str:
    return ""


def _runtime_starts(session: Session, now: datetime) -> str:
    return words.runtime(session.runtime_status)


def _runtime(session: Session, now: datetime) -> str:
    return "" if session.runtime_status in _SAYS_NOTHING else words.runtime(session.runtime_status)


def _takes_minutes(session: Session, now: datetime) -> str:
    return _("this can take minutes")


def _may_have_started(session: Session, now: datetime) -> str:
    return _("the answer was cut off; it may have started")


def _fault(session: Session, now: datetime) -> str:
    told = session.startup_error or session.reason
    return words.server_fault(told) if told else _("the server did not say why")


def _no_change(session: Session, now: datetime) -> str:
    return _("no change for {minutes} min; stop it, or launch again").format(minutes=_minutes(session, now))


def _made_room(session: Session, now: datetime) -> str:
    return _("closed to make room for another conversation") if session.evicted else ""


def _minutes(session: Session, now: datetime) -> int:
    return int((now - (session.unchanged_since or now)).total_seconds() // 60)


Wording = Callable[[Session, datetime], str]

_NOW_DOING: dict[State, Wording] = {
    State.STOPPING: _takes_minutes,
    State.DELETING: _takes_minutes,
    State.NOT_KNOWN: _may_have_started,
    State.FAILED: _fault,
    State.STILL_STARTING: _no_change,
    State.STARTING: _runtime_starts,
    State.STOPPED: _made_room,
    State.WORKING: _runtime,
    State.WAITS_FOR_MODEL: _runtime,
    State.RUNNING: _runtime,
    State.OTHER: _runtime,
}


# The detail.


def in_full(session: Session, now: datetime) -> str:
    """What its detail says: what happened and what to do, then the last words in full. May be empty."""
    state = state_of(session, now)
    told = _TOLD.get(state, _nothing)(session, now)
    said = "" if state in _WITHOUT_WORDS else words.safe_text(session.last_words.strip(), limit=LONGEST)
    return "\n\n".join(part for part in (told, said) if part)


_WITHOUT_WORDS = (State.SENDING, State.NOT_KNOWN, State.STILL_STARTING, State.STARTING)


def _lost(session: Session, now: datetime) -> str:
    return _(
        "The connection broke after the request was sent. We are looking on the server for a conversation "
        "with this repository, branch and first message. Nothing is sent again unless you say so."
    )


def _failed(session: Session, now: datetime) -> str:
    told = session.startup_error or session.reason
    fault = words.server_fault(told) if told else _("The server did not say why.")
    again = _("When that is mended, launch again: the form is filled for you.") if session.sent else ""
    return "\n".join(part for part in (fault, again) if part)


def _stuck(session: Session, now: datetime) -> str:
    return _(
        "Nothing has changed for {minutes} minutes. Some conversations never leave this state, and the "
        "server does not say why; its log may. Look at it in the browser, or stop it and launch again."
    ).format(minutes=_minutes(session, now))


def _silent(session: Session, now: datetime) -> str:
    return _("The server may be silent for minutes, until a call to the model ends.")


def _evicted(session: Session, now: datetime) -> str:
    return _("The server closed it to make room for another conversation.") if session.evicted else ""


_TOLD: dict[State, Wording] = {
    State.STOPPING: _silent,
    State.DELETING: _silent,
    State.NOT_KNOWN: _lost,
    State.FAILED: _failed,
    State.STILL_STARTING: _stuck,
    State.STOPPED: _evicted,
}
