"""What people read of a session: its state, second line and detail. Pure functions of what is known."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from app import foreign_text, formats, messages
from app.core.conversations import Fault, Reason, StartupStep
from app.core.session import Operation, Session
from app.core.session_state import Group, State, group_of, state_of
from app.errors import LauncherError
from app.messages import ErrorText
from app.redaction import redacted
from app.translation import N_, ngettext
from app.translation import gettext as _
from app.wire import limits

FULL_TEXT_LIMIT = 50_000
"""How many characters of the last words a detail shows."""

LONGEST_QUESTION = 1000
"""So many characters from the end a row looks for what is asked, and from the beginning for what was said."""


def shown_title(session: Session, *, limit: int = 300) -> str:
    """Its title, fit for a line or a sentence, or what a session without one is called."""
    return foreign_text.part(session.title, limit=limit) or messages.untitled("")


def state_word(session: Session, state: State) -> str:
    """The word for its state; for one we do not know, the server's own made readable."""
    servers_own = (
        foreign_text.readable(session.agent_word or session.phase_word) if state is State.OTHER else ""
    )
    return servers_own or _(STATE_WORDINGS[state].word)


def age_from(session: Session) -> datetime | None:
    """The moment its age counts from: its birth on the server, or the press."""
    return session.created_at or session.unchanged_since


def spoken(session: Session, now: datetime) -> str:
    """The row for people who do not see it: "Fix the login asks you, in acme/web on main, started 2 minutes ago"."""
    state = state_of(session, now)
    says = _(STATE_WORDINGS[state].says).format(
        title=session.title or messages.untitled(""), word=state_word(session, state)
    )
    row = formats.listing(_lines((says, _place(session), _begun(session, now))))
    return _("New: {row}").format(row=row) if session.has_news else row


def _place(session: Session) -> str:
    if session.repository and session.branch:
        return _("in {repository} on {branch}").format(repository=session.repository, branch=session.branch)
    if session.repository:
        return _("in {repository}").format(repository=session.repository)
    return _("on {branch}").format(branch=session.branch) if session.branch else ""


def _begun(session: Session, now: datetime) -> str:
    began = age_from(session)
    if began is None:
        return ""
    if now - began < timedelta(minutes=1):
        return _("started just now")
    return _("started {ago}").format(ago=formats.time_ago(began, now))


def not_done(session: Session, act: Operation, error: LauncherError) -> ErrorText:
    """That a stop or a delete has failed, or may have, and why."""
    texts = _NOT_DONE if not error.may_have_started else _MAYBE_NOT_DONE
    title = shown_title(session, limit=80)
    why = messages.error(error, of_launch=False)
    return ErrorText(_(texts[act]).format(title=title), " ".join(_lines((why.title, why.text))))


_NOT_DONE: dict[Operation, str] = {
    Operation.STOPPING: N_("“{title}” was not stopped."),
    Operation.DELETING: N_("“{title}” was not deleted."),
}
_MAYBE_NOT_DONE: dict[Operation, str] = {
    Operation.STOPPING: N_("“{title}” may not have been stopped."),
    Operation.DELETING: N_("“{title}” may not have been deleted."),
}


def only_the_newest() -> str:
    """That the server has more conversations than are kept."""
    return ngettext(
        "Only the newest conversation is listed.",
        "Only the newest {count} conversations are listed.",
        limits.ROWS,
    ).format(count=formats.number(limits.ROWS))


# The second line of a row.


def doing(session: Session, now: datetime, away_since: datetime | None = None) -> str:
    """What follows the state's word in a row, on one line."""
    return " · ".join(filter(None, place_and_doing(session, now, away_since)))


def place_and_doing(
    session: Session, now: datetime, away_since: datetime | None = None
) -> tuple[str, str, str]:
    """The parts of that line: repository, branch, and what it does or said last.

    While the server is away, what may have changed since says of when it is.
    """
    state = state_of(session, now)
    now_doing = STATE_WORDINGS[state].doing(session, now)
    if away_since and _grows_old(session, state):
        now_doing = _("as of {time}").format(time=formats.clock(away_since))
    choose = _question_in if state is State.ASKS_YOU else _beginning_of
    said = _quoted(choose(session.last_words)) if STATE_WORDINGS[state].quotes else ""
    return (
        foreign_text.part(session.repository),
        foreign_text.part(session.branch),
        " · ".join(_lines((now_doing, said))),
    )


def in_whole(session: Session, now: datetime) -> str:
    """What a row cuts where it is narrow: title, place, and what it does or said last, each on its line."""
    *place, now_doing = place_and_doing(session, now)
    return "\n".join(
        filter(None, (foreign_text.part(session.title), " · ".join(filter(None, place)), now_doing))
    )


def _lines(parts: Iterable[str]) -> Iterator[str]:
    """Each part on one line, without those that are empty."""
    return filter(None, map(foreign_text.part, parts))


_STEPS: dict[StartupStep, str] = {
    StartupStep.BUILDING_RUNTIME: N_("building the runtime"),
    StartupStep.STARTING_RUNTIME: N_("preparing the runtime"),
    StartupStep.RUNTIME_STARTED: N_("the runtime is up"),
    StartupStep.PREPARING_WORKSPACE: N_("preparing the workspace"),
    StartupStep.PREPARING_GIT_HOOKS: N_("preparing the git hooks"),
    StartupStep.READY: N_("ready"),
    StartupStep.STOPPED: N_("stopped"),
    StartupStep.RETRYING_MODEL: N_("asking the model again"),
}

_SAYS_NOTHING = (StartupStep.READY, StartupStep.RUNTIME_STARTED, StartupStep.STOPPED)
"""Of a conversation that is up."""


def said_step(step: StartupStep | str) -> str:
    """What the start-up or the runtime is doing; it words the second line and never decides a state."""
    return _(_STEPS[step]) if isinstance(step, StartupStep) else foreign_text.readable(step).lower()


_FAULTS: dict[Fault, str] = {
    Fault.NOT_SAID: N_("The server could not start it. Its log says more."),
    Fault.RUNTIME_DISCONNECTED: N_("The runtime was disconnected. Launch again."),
    Fault.MODEL_KEY_REFUSED: N_("The model refused the key. Check it on the server's settings page."),
    Fault.MODEL_UNAVAILABLE: N_("The model's service is not available. Try again later."),
    Fault.MODEL_FAILED: N_("The model's service failed. Try again later."),
    Fault.MODEL_OUT_OF_CREDITS: N_("The account for the model has no credit left."),
    Fault.MODEL_REFUSED_CONTENT: N_("The model refused the content."),
    Fault.MODEL_RATE_LIMITED: N_("The model accepts no more requests for now."),
    Fault.GIT_TOKEN_REFUSED: N_("The git provider refused the server's token."),
    Fault.OUT_OF_MEMORY: N_("The server ran out of memory."),
}


def said_reason(reason: Reason) -> str:
    """Why a conversation failed: the sentence for a known fault, else the server's own text, whole."""
    return _(_FAULTS[reason.fault]) if reason.fault else foreign_text.safe_text(reason.text, limit=None)


def _grows_old(session: Session, state: State) -> bool:
    """Whether only contact with the server keeps its state true: our own acts and losses we know."""
    return group_of(state) is not Group.ENDED and session.operation is None and not session.is_unconfirmed


def _quoted(said: str) -> str:
    return f"“{foreign_text.safe_text(said, limit=240, single_line=True)}”" if said.strip() else ""


def _beginning_of(said: str) -> str:
    return _without_marks(redacted(said, LONGEST_QUESTION))


def _question_in(said: str) -> str:
    """The last sentence that asks, so that a row has room for it; the beginning if none does."""
    end = _without_marks(redacted(said, start=max(0, len(said) - LONGEST_QUESTION)))
    sentences = re.split(r"(?<=[.!?])\s+|\n\s*\n", end.strip())
    return next((one for one in reversed(sentences) if one.endswith("?")), _beginning_of(said))


_without_marks = lru_cache(maxsize=256)(foreign_text.without_marks)
"""A row is painted more often than it changes."""


def _nothing(session: Session, now: datetime) -> str:
    return ""


def _runtime_starts(session: Session, now: datetime) -> str:
    return said_step(session.step)


def _runtime(session: Session, now: datetime) -> str:
    return "" if session.step in _SAYS_NOTHING else said_step(session.step)


def _takes_minutes(session: Session, now: datetime) -> str:
    return _("this can take minutes")


def _may_have_started(session: Session, now: datetime) -> str:
    why = messages.error(session.unconfirmed_by, of_launch=False).title if session.unconfirmed_by else ""
    return " ".join(_lines((why, _("It may have started."))))


def _fault(session: Session, now: datetime) -> str:
    told = session.startup_error or session.reason
    return said_reason(told) if told else _("the server did not say why")


def _no_change(session: Session, now: datetime) -> str:
    return _("no change for {minutes} min; stop it, or launch again").format(minutes=_minutes(session, now))


def _made_room(session: Session, now: datetime) -> str:
    return _("closed to make room for another conversation") if session.evicted else ""


def _minutes(session: Session, now: datetime) -> int:
    return int((now - (session.unchanged_since or now)).total_seconds() // 60)


# The detail.


def in_full(session: Session, now: datetime, *, longest: int | None = FULL_TEXT_LIMIT) -> str:
    """What its detail says: what happened and what to do, then the last words. May be empty.

    `longest`: so many characters of each; None: all.
    """
    return "\n\n".join(filter(None, told_and_said(session, now, longest=longest)))


def told_and_said(
    session: Session, now: datetime, *, longest: int | None = FULL_TEXT_LIMIT
) -> tuple[str, str]:
    """The two parts of the detail: what happened and what to do; the last words, which are Markdown."""
    look = STATE_WORDINGS[state_of(session, now)]
    said = foreign_text.safe_text(session.last_words.strip(), limit=longest) if look.words_in_detail else ""
    return foreign_text.safe_text(look.told(session, now), limit=longest), said


def _lost(session: Session, now: datetime) -> str:
    """The cause is told as the message bar tells it."""
    why = messages.error(session.unconfirmed_by, of_launch=False) if session.unconfirmed_by else ErrorText("")
    looking = _(
        "A conversation may have started: the launcher looks on the server for one with this repository, "
        "branch and first message. Nothing is sent again unless you say so."
    )
    return " ".join(filter(None, (why.title, looking, why.text)))


def _failed(session: Session, now: datetime) -> str:
    told = session.startup_error or session.reason
    fault = said_reason(told) if told else _("The server did not say why.")
    again = (
        _("When that is fixed, launch again: the form will be filled in for you.") if session.draft else ""
    )
    return "\n".join(part for part in (fault, again) if part)


def _stuck(session: Session, now: datetime) -> str:
    minutes = _minutes(session, now)
    return ngettext(
        "Nothing has changed for {minutes} minute. Some conversations never leave this state, and the "
        "server does not say why; its log may. Look at it in the browser, or stop it and launch again.",
        "Nothing has changed for {minutes} minutes. Some conversations never leave this state, and the "
        "server does not say why; its log may. Look at it in the browser, or stop it and launch again.",
        minutes,
    ).format(minutes=minutes)


def _silent(session: Session, now: datetime) -> str:
    return _("The server may be silent for minutes, until a call to the model ends.")


def _evicted(session: Session, now: datetime) -> str:
    return _("The server closed it to make room for another conversation.") if session.evicted else ""


# How each state looks.

Wording = Callable[[Session, datetime], str]


@dataclass(frozen=True, slots=True)
class StateWording:
    """What people read of a state."""

    word: str
    says: str
    """The sentence of the spoken row."""
    quotes: bool = False
    """Whether the second line ends with the last words."""
    doing: Wording = _nothing
    """For the second line: what goes on."""
    told: Wording = _nothing
    """For the detail: what happened, and what to do."""
    words_in_detail: bool = True


STATE_WORDINGS: dict[State, StateWording] = {
    State.SENDING: StateWording(N_("Sending"), N_("{title} is being sent"), words_in_detail=False),
    State.STOPPING: StateWording(
        N_("Stopping"), N_("{title} is being stopped"), doing=_takes_minutes, told=_silent
    ),
    State.DELETING: StateWording(
        N_("Deleting"), N_("{title} is being deleted"), doing=_takes_minutes, told=_silent
    ),
    State.NOT_KNOWN: StateWording(
        N_("Not known"),
        N_("{title} may have started"),
        doing=_may_have_started,
        told=_lost,
        words_in_detail=False,
    ),
    State.FAILED: StateWording(N_("Failed"), N_("{title} has failed"), doing=_fault, told=_failed),
    State.STILL_STARTING: StateWording(
        N_("Still starting"),
        N_("{title} is still starting"),
        doing=_no_change,
        told=_stuck,
        words_in_detail=False,
    ),
    State.STARTING: StateWording(
        N_("Starting"), N_("{title} is starting"), doing=_runtime_starts, words_in_detail=False
    ),
    State.FINISHED: StateWording(N_("Finished"), N_("{title} has finished"), quotes=True),
    State.STOPPED: StateWording(
        N_("Stopped"), N_("{title} has stopped"), quotes=True, doing=_made_room, told=_evicted
    ),
    State.ASKS_YOU: StateWording(N_("Asks you"), N_("{title} asks you"), quotes=True),
    State.WANTS_GO_AHEAD: StateWording(
        N_("Wants your go-ahead"), N_("{title} wants your go-ahead"), quotes=True
    ),
    State.WORKING: StateWording(N_("Working"), N_("{title} is working"), quotes=True, doing=_runtime),
    State.PAUSED: StateWording(N_("Paused"), N_("{title} is paused"), quotes=True),
    State.WAITS_FOR_MODEL: StateWording(
        N_("Waits for the model"), N_("{title} waits for the model"), doing=_runtime
    ),
    State.RUNNING: StateWording(N_("Running"), N_("{title} is running"), doing=_runtime),
    State.OTHER: StateWording(N_("Unknown"), N_("{title} says “{word}”"), doing=_runtime),
}
"""Every state has one; which is the session's, and its group, `core.sessions` decides."""
