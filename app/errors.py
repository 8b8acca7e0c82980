"""Where something is wrong, and everything that can go wrong, as one small family.

An error carries facts, not sentences: `messages` says them, `ui` shows them. Three kinds reach a person: a
`Problem` at a field, a `LauncherError` in the message bar, and anything else, which is a bug and is reported.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Self

if TYPE_CHECKING:
    from pydantic import ValidationError

Loc = tuple[str | int, ...]
"""The path of a field: in the draft, pydantic's errors, the server's 422 (less "body") and objectNames."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong at one field. Made from pydantic's errors and from the server's 422 alike.

    `input` is never read: the server echoes secrets there, and what is not read cannot leak.
    """

    loc: Loc = ()
    type: str
    msg: str = ""
    ctx: Mapping[str, str | int | float] = field(default_factory=dict, hash=False)
    blocks: bool = True
    """False for a warning: it says what will happen, and does not hold the launch back."""
    is_severe: bool = False
    """A warning that is shown like a problem, and before its field has been left."""

    def at(self, loc: Loc) -> Self:
        return replace(self, loc=loc)

    @classmethod
    def warning(cls, loc: Loc, type_: str, /, **facts: str | int | float) -> "Problem":
        """One that says what will happen, or what was done, and does not hold the launch back."""
        return cls(loc=loc, type=type_, ctx=facts, blocks=False)

    @classmethod
    def of(cls, error: "ValidationError") -> list["Problem"]:
        return cls.read(error.errors(include_input=False, include_url=False))

    @classmethod
    def read(cls, details: Iterable[object]) -> list["Problem"]:
        """The problems in a list of pydantic's or the server's details; anything else is left out."""
        return [found for detail in details if (found := _read(detail))]


def _read(detail: object) -> Problem | None:
    if not isinstance(detail, Mapping):
        return None
    loc, type_, msg = _path(detail.get("loc", ())), detail.get("type"), detail.get("msg", "")
    if loc is None or not isinstance(type_, str) or not isinstance(msg, str):
        return None
    return Problem(loc=loc, type=type_, msg=msg, ctx=_scalars(detail.get("ctx")))


def _path(loc: object) -> Loc | None:
    """Less the "body" with which the server begins it."""
    if not isinstance(loc, list | tuple) or not all(isinstance(step, str | int) for step in loc):
        return None
    return tuple(loc[1:] if loc and loc[0] == "body" else loc)


def _scalars(ctx: object) -> dict[str, str | int | float]:
    """Only plain facts: pydantic puts exceptions in here, and their text may quote the input."""
    if not isinstance(ctx, Mapping):
        return {}
    return {str(name): fact for name, fact in ctx.items() if isinstance(fact, str | int | float)}


class Remedy(StrEnum):
    """What the button beside an error does."""

    NONE = "none"
    EDIT_SERVER = "edit_server"
    ENTER_KEY = "enter_key"
    OPEN_SETTINGS = "open_settings"
    TRY_NOW = "try_now"
    OPEN_REPORTS = "open_reports"


class LauncherError(Exception):
    """Something that can go wrong without a bug. Its type says what; `messages` has the sentences.

    `may_have_started` answers the question that matters after a launch: may a conversation exist now?
    Only facts without secrets go into the arguments.
    """

    may_have_started: bool = False
    was_sent: bool = True
    """False when what was asked for provably did not leave this machine."""
    remedy: ClassVar[Remedy] = Remedy.NONE


# What was asked for was provably not sent.


class NotSent(LauncherError):
    was_sent = False


class Unreachable(NotSent):
    """Nothing left this machine."""

    remedy = Remedy.TRY_NOW


class NameNotFound(Unreachable):
    remedy = Remedy.EDIT_SERVER


class NobodyListens(Unreachable): ...


class ConnectTimedOut(Unreachable): ...


class TlsFailed(Unreachable):
    remedy = Remedy.EDIT_SERVER


class TlsUntrusted(TlsFailed): ...


class TlsExpired(TlsFailed): ...


class TlsWrongHost(TlsFailed): ...


class TlsNotYetValid(TlsFailed): ...


class TrustUnreadable(TlsFailed):
    """`place` should lead to the certificates that are trusted: a variable, or the system's file."""

    remedy = Remedy.TRY_NOW

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.place = place


class TooManyOpenFiles(Unreachable):
    """This process, or the system, has no file descriptor left for a connection."""


class BadAddress(Unreachable):
    remedy = Remedy.EDIT_SERVER


class KeyUnusable(Unreachable):
    """The key holds characters that no header can carry."""

    remedy = Remedy.ENTER_KEY


# Something answers that is not an OpenHands server of a version we speak. A look without a key found it out, so
# no key, message or launch was sent.


class NotOpenHands(NotSent):
    """Another program answers at this address."""

    remedy = Remedy.EDIT_SERVER


class OnlyAWebPage(NotOpenHands):
    """HTML wherever OpenHands answers JSON: a login page, a captive portal, another program's page."""


class NothingThere(NotOpenHands):
    """404 wherever OpenHands answers: a wrong path, or another program."""


class UnsupportedServer(NotSent):
    """An OpenHands server of a kind or version that this program does not speak. `version` may be empty.

    `supported`: the versions that it speaks, as "0.1 to 0.9".
    """

    remedy = Remedy.EDIT_SERVER

    def __init__(self, name: str, version: str, supported: str) -> None:
        super().__init__(name, version)
        self.product = f"{name} {version}".strip()
        self.supported = supported


# The request left, and the answer does not say what became of it.


class NoAnswer(LauncherError):
    may_have_started = True


class AnswerTimedOut(NoAnswer): ...


class ConnectionLost(NoAnswer): ...


class ServerFault(NoAnswer):
    """A 5xx."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class AnswerTooLarge(NoAnswer): ...


class AnswerCompressed(NoAnswer):
    """We ask for `identity`; a compressed answer may be a bomb (3.5 kB grew to 4.1 GB) and is not opened."""


class WebPage(NoAnswer):
    """HTML where JSON was due: a login page, a captive portal, another program on this port."""

    remedy = Remedy.EDIT_SERVER


class NotJson(NoAnswer): ...


class WrongShape(NoAnswer):
    """JSON, but not what OpenHands answers here (an id that is no id counts)."""


class MoreThanAskedFor(WrongShape):
    """A page of more rows, events or branches than were asked for. The rest of such a list need not end either."""


class StrangeStatus(NoAnswer):
    """A status that is neither success nor any refusal we know."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


# The server answered, and the answer says that nothing was started.


class RefusedByServer(LauncherError): ...


class Redirected(RefusedByServer):
    """A 3xx, never followed: httpx would hand the key to the other host (5 of 5 codes).

    After 302 and 303 the server may have done what we asked. `place` is scheme, host and port of where it
    points to, empty if that is nothing of the web.
    """

    remedy = Remedy.EDIT_SERVER

    def __init__(self, status: int, place: str) -> None:
        super().__init__(status, place)
        self.place = place
        self.may_have_started = status in (302, 303)


class RedirectedToHttps(Redirected):
    """From http to https of the same host."""


class KeyRefused(RefusedByServer):
    remedy = Remedy.ENTER_KEY


class KeyNeeded(KeyRefused):
    """A 401 to a request that carried no key."""


class GitTokenMissing(RefusedByServer):
    """The other meaning of 401: the server has no token for the git provider."""

    remedy = Remedy.OPEN_SETTINGS


class GitRefused(RefusedByServer):
    """400 `STATUS$GIT_PROVIDER_AUTHENTICATION_ERROR`: not found with the tokens of the server."""

    remedy = Remedy.OPEN_SETTINGS


class SettingsMissing(RefusedByServer):
    remedy = Remedy.OPEN_SETTINGS


class ModelKeyMissing(RefusedByServer):
    remedy = Remedy.OPEN_SETTINGS


class MessageRequired(RefusedByServer): ...


class BadRequest(RefusedByServer):
    """A 400 of a kind we do not know; `message` is the server's own sentence, if it had one."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Forbidden(RefusedByServer):
    remedy = Remedy.ENTER_KEY


class NoSuchPlace(RefusedByServer):
    """404: not this version of OpenHands, or a wrong path in the address."""

    remedy = Remedy.EDIT_SERVER


class MethodRefused(RefusedByServer):
    remedy = Remedy.EDIT_SERVER


class RequestTooLarge(RefusedByServer): ...


class TooManyRequests(RefusedByServer):
    """429. `retry_after_s` is None when the server did not say."""

    remedy = Remedy.NONE

    def __init__(self, retry_after_s: float | None) -> None:
        super().__init__(retry_after_s)
        self.retry_after_s = retry_after_s


class Invalid(RefusedByServer):
    """422: the server's own validation. The problems find their fields by `loc`."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(len(problems))
        self.problems = problems
