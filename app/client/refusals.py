"""What it means when the server does not answer 200."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

from app.client.transport import Answer
from app.core.budget import rest_after
from app.errors import (
    BadRequest,
    Forbidden,
    GitRefused,
    GitTokenMissing,
    Invalid,
    KeyNeeded,
    KeyRefused,
    LauncherError,
    MessageRequired,
    MethodRefused,
    ModelKeyMissing,
    NoSuchPlace,
    Problem,
    Redirected,
    RedirectedToHttps,
    RequestTooLarge,
    ServerFault,
    SettingsMissing,
    StrangeStatus,
    TooManyRequests,
)
from app.wire import limits


def refusal(answer: Answer, *, of_launch: bool = False) -> LauncherError:
    """The error that an answer other than 200 stands for."""
    status = answer.status
    if status == 401 and of_launch and _is_about_git(answer.json()):
        return GitTokenMissing()
    if read := _BY_STATUS.get(status):
        return read(answer)
    if 300 <= status < 400:
        return _redirected(answer)
    return ServerFault(status) if 500 <= status < 600 else StrangeStatus(status)


def _bad_request(answer: Answer) -> LauncherError:
    said = answer.json()
    facts = said if isinstance(said, dict) else {"message": said}
    if known := _BY_MSG_ID.get(str(facts.get("msg_id"))):
        return known()
    sentences = (facts.get(name) for name in ("message", "detail", "error"))
    return BadRequest(next((one[: limits.SENTENCE] for one in sentences if isinstance(one, str)), ""))


def _is_about_git(said: object) -> bool:
    """A bare string or an `error` is about the server's git token, anything else about our key."""
    return isinstance(said, str) or (isinstance(said, dict) and "error" in said)


def _invalid(answer: Answer) -> LauncherError:
    said = answer.json()
    details = said.get("detail") if isinstance(said, dict) else None
    first = details[: limits.PROBLEMS] if isinstance(details, list) else []
    return Invalid([_bounded(problem) for problem in Problem.read(first)])


def _bounded(problem: Problem) -> Problem:
    """The same within limits. A place that is deeper or longer than any field of ours is none."""
    is_place = len(problem.loc) <= limits.STEPS and not any(map(_is_beyond, problem.loc))
    facts = [one for one in problem.ctx.items() if len(one[0]) <= limits.WORD and not _is_beyond(one[1])]
    return replace(
        problem,
        loc=problem.loc if is_place else (),
        type=problem.type[: limits.WORD],
        msg=problem.msg[: limits.FACT],
        ctx=dict(facts[: limits.FACTS]),
    )


def _is_beyond(fact: str | float) -> bool:
    """Whether a text is longer than any that is shown, or a number larger than any that is meant."""
    return len(fact) > limits.FACT if isinstance(fact, str) else not abs(fact) <= limits.NUMBER


def _too_many(answer: Answer) -> LauncherError:
    wanted_s = _retry_after_s(answer)
    return TooManyRequests(None if wanted_s is None else rest_after(wanted_s))


def _retry_after_s(answer: Answer) -> float | None:
    """`Retry-After` as seconds from now; a date is taken by the server's own clock, if it shows one."""
    wanted = answer.headers.get("retry-after", "").strip()
    if wanted.isascii() and wanted.isdigit():
        return float(wanted)  # of too many digits: infinite
    until, now = _moment(wanted), _moment(answer.headers.get("date", "")) or datetime.now(UTC)
    return (until - now).total_seconds() if until else None


def _moment(http_date: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(http_date)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _redirected(answer: Answer) -> LauncherError:
    """Where to; a relative place is one of the server's own."""
    try:
        old = urlsplit(answer.url)
        new = urlsplit(urljoin(answer.url, answer.headers.get("location", "")))
    except ValueError:
        return Redirected(answer.status, "")
    if new.scheme not in ("http", "https") or not new.hostname:
        return Redirected(answer.status, "")
    to_https = (old.scheme, new.scheme) == ("http", "https") and old.hostname == new.hostname
    kind = RedirectedToHttps if to_https else Redirected
    return kind(answer.status, f"{new.scheme}://{new.netloc.rpartition('@')[2]}")


_BY_MSG_ID: dict[str, type[LauncherError]] = {
    "CONFIGURATION$SETTINGS_NOT_FOUND": SettingsMissing,
    "STATUS$ERROR_LLM_AUTHENTICATION": ModelKeyMissing,
    "STATUS$GIT_PROVIDER_AUTHENTICATION_ERROR": GitRefused,
    "CONFIGURATION$MISSING_USER_MESSAGE": MessageRequired,
}

_BY_STATUS: dict[int, Callable[[Answer], LauncherError]] = {
    400: _bad_request,
    401: lambda answer: KeyRefused() if answer.had_key else KeyNeeded(),
    403: lambda _: Forbidden(),
    404: lambda _: NoSuchPlace(),
    405: lambda _: MethodRefused(),
    413: lambda _: RequestTooLarge(),
    422: _invalid,
    429: _too_many,
}
