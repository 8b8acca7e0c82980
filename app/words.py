"""The sentences that window and command line both say: problems, errors, states; and what makes foreign
text fit to be shown.

What people read is decided here and nowhere else (labels stay with their widgets). Sentences are looked up by
the type of a problem or an error, so a test can ask whether each type has its words.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from gettext import gettext as _

from app import errors
from app.errors import LauncherError, Problem

# Foreign text.

_KEPT = "\n\t"
_FORBIDDEN = {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
_BIDI = {*map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C))}


def safe_text(text: str, *, limit: int = 300, single_line: bool = False) -> str:
    """Text that somebody else wrote, fit for a screen or a log.

    Control characters and those that turn the direction of reading are escaped: they could make a title or an
    error look like another one. `limit` in characters; the end of what is longer is an ellipsis.
    """
    if single_line:
        text = " ".join(text.split())
    shown = "".join(_escaped(one) for one in text[:limit])
    return shown[: limit - 1] + "…" if len(text) > limit or len(shown) > limit else shown


def _escaped(one: str) -> str:
    if one in _KEPT or (one not in _BIDI and unicodedata.category(one) not in _FORBIDDEN):
        return one
    return f"\\u{ord(one):04x}"


# Problems and warnings, by their type.

_PROBLEMS: dict[str, str] = {
    # pydantic's own, ours or the server's
    "missing": "This is needed.",
    "string_too_short": "This is needed.",
    "int_parsing": "A whole number, please.",
    "int_from_float": "A whole number, please.",
    "greater_than_equal": "At least {ge}.",
    "enum": "Choose one of the list.",
    "model_type": "A JSON object, please.",
    "dict_type": "A JSON object, please.",
    "extra_forbidden": "This server does not take this field.",
    "string_unicode": "This text holds characters that cannot be sent. Type it again.",
    "conversation_exists": "The server has this conversation already. Choose another id.",
    # single values
    "repository_name": "Write it as owner/name, or paste its web address.",
    "branch_spaces": "A branch has no spaces.",
    "branch_shell": "The server would take a part of this name as a command.",
    "branch_name": "Git does not allow this as the name of a branch.",
    "conversation_id": "32 digits or letters from a to f.",
    "mcp_name": "Letters, digits, - and _ only.",
    "mcp_command": "One program without spaces; what follows it belongs into the arguments.",
    "mcp_url": "An address that begins with http://, https://, ws:// or wss://.",
    "environment_name": "A variable needs a name without spaces and =.",
    "environment_twice": "The variable {name} is there twice.",
    "arguments_quote": "A quotation mark is not closed.",
    "image_url": "An image's address begins with http:// or https://.",
    "image_type": "Images are PNG, JPEG, WebP or GIF.",
    "image_type_of": "“{name}” is no PNG, JPEG, WebP or GIF image.",
    "image_size": "An image may have {mib} MiB at most.",
    "image_size_of": "“{name}” is larger than 5 MiB.",
    "image_broken_of": "“{name}” cannot be read as an image.",
    "image_pixels_of": "“{name}” has more than 40 million pixels.",
    "images_size": "All images together may have {mib} MiB at most.",
    "file_unreadable": "“{name}” cannot be read.",
    "file_size": "“{name}” is larger than {mib} MiB.",
    "file_no_text": "“{name}” is no text file.",
    "replay_not_json": "This file is not JSON.",
    "replay_trajectory": "This is the server's export as it comes. Take the list inside “trajectory”, "
    "and remove its “system” and “recall” events.",
    "replay_no_list": "A replay is a JSON list of events.",
    "replay_no_events": "Something in the list is not an event.",
    "replay_empty": "There is no event in it to replay.",
    "replay_first": "The first event must be a message of the user.",
    # between fields, or with the server's facts
    "repository_differs": "This task belongs to {own}. Choose that one, or leave this empty.",
    "no_git_token": "The server has no git token, so it can open no repository. Add one in its settings.",
    "git_refused": "The server could not open this repository with its git token.",
    "git_token_missing": "The server has no token for this repository's provider. Add one in its settings.",
    "without_repository": "Has no effect without a repository.",
    "provider_sso": "The server looks for the repository with its other providers too.",
    "task_provider": "The server cannot start a task of this provider.",
    "task_crashes": "OpenHands 0.53.0 cannot start this type of task.",
    "mcp_equal": "“{name}” is there twice; of two equal tool names the server takes the first.",
    "mcp_replaces": "Used instead of the MCP servers in the server's settings ({count}).",
    "replay_runs": "The server runs the commands of a replay for real.",
    "many_running": "The server runs {running} conversations already; one more may close the oldest of them.",
    # a command line
    "json_invalid": "This is not JSON.",
    "one_of": "One of {expected}.",
    "unknown_field": "There is no such field.",
    "no_id": "Letters, digits, - and _ only, 64 at most.",
    "option_empty": "There is nothing in it.",
    "input_twice": "Standard input is read once, and for something else already.",
    "not_with_suggested_task": "Does not go with a suggested task: the server writes its message.",
    "not_with_replay": "Does not go with a replay: its message is in it.",
    "here_no_git": "There is no git on this machine to ask.",
    "here_no_checkout": "This folder is no git checkout.",
    "here_no_remote": "This checkout has no remote “{name}”.",
    "here_unknown_host": "Its remote is at no known git host. Name the repository with --repository.",
    "here_no_branch": "No branch is checked out: the agent gets the default branch.",
    "here_not_pushed": "“{branch}” is not on “{name}”: the agent gets the default branch.",
    # a server's address and key
    "address_missing": "Where does the server run?",
    "address_form": "This is no address. It looks like https://openhands.example.com.",
    "address_scheme": "The address begins with http:// or https://.",
    "address_userinfo": "Leave name and password out of the address; the key is given apart.",
    "address_query": "The address ends before “?” and “#”.",
    "address_in_clear": "Without https, everybody on the way can read your key and your text.",
    "key_characters": "A key has no spaces, umlauts or line breaks.",
    "key_unreadable": "The file or descriptor that should hold it cannot be read.",
    "key_empty": "There is nothing in the file or descriptor that should hold it.",
    "key_in_clear": "Without https, everybody on the way could read it. Add --key-in-clear to send it all the same.",
}


def problem(one: Problem) -> str:
    """The sentence for one problem or warning; for a type we do not know, the server's own words."""
    text = _PROBLEMS.get(one.type)
    if text is None:
        return safe_text(one.msg.removeprefix("Value error, "), single_line=True) or _(
            "This is not accepted."
        )
    facts = {name: safe_text(str(fact), limit=120, single_line=True) for name, fact in one.ctx.items()}
    try:
        return _(text).format_map(facts)
    except (KeyError, IndexError, ValueError):
        return _("This is not accepted.")


# Errors, by their type.


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence that says what happened, one that says what it means and what to do now."""

    title: str
    text: str = ""


_ERRORS: dict[type[LauncherError], tuple[str, str]] = {
    errors.Unreachable: ("The server cannot be reached.", ""),
    errors.NameNotFound: ("Nobody knows a server of this name.", "Check the address."),
    errors.NobodyListens: (
        "No server answers at this address.",
        "Start OpenHands there, or check the address.",
    ),
    errors.ConnectTimedOut: ("The server did not pick up in time.", "Is it behind a VPN?"),
    errors.TlsFailed: (
        "No safe connection to the server could be made.",
        "If it speaks no https, write http:// before its address.",
    ),
    errors.TlsUntrusted: (
        "This computer does not trust the server's certificate.",
        "Add its authority to the system's certificates.",
    ),
    errors.TlsExpired: ("The server's certificate has expired.", "Its owner must renew it."),
    errors.TlsWrongHost: ("The server's certificate is for another name.", "Check the address."),
    errors.BadAddress: ("This address cannot be used.", "Check the address."),
    errors.KeyUnusable: ("This key cannot be sent.", "Enter it again."),
    errors.NoAnswer: ("The server gave no clear answer.", ""),
    errors.AnswerTimedOut: ("The server did not answer in time.", ""),
    errors.ConnectionLost: ("The connection broke before the answer came.", ""),
    errors.ServerFault: ("The server failed ({status}).", "Its log says more."),
    errors.AnswerTooLarge: ("The server's answer was too large to read.", ""),
    errors.AnswerCompressed: ("The server's answer came packed, which we did not ask for.", ""),
    errors.WebPage: (
        "A web page answered, not OpenHands.",
        "Is there a login page or another program at this address?",
    ),
    errors.NotJson: ("The server's answer was not JSON.", "Is this an OpenHands server?"),
    errors.WrongShape: ("The server's answer was not one of OpenHands.", "Is this an OpenHands server?"),
    errors.StrangeStatus: ("The server answered with the unknown status {status}.", ""),
    errors.RefusedByServer: ("The server refused this launch.", ""),
    errors.Redirected: (
        "The server sent us on to {host}.",
        "We do not follow, because your key would go there too. Check the address.",
    ),
    errors.KeyRefused: ("The server refused the key.", "Enter the right one."),
    errors.GitTokenMissing: (
        "The server has no token for the git provider.",
        "Add one on its settings page, then launch again.",
    ),
    errors.GitRefused: (
        "The server could not open the repository.",
        "Check its name, and the git token on the server's settings page.",
    ),
    errors.SettingsMissing: (
        "The server has no settings yet.",
        "Choose a model on its settings page, then launch again.",
    ),
    errors.ModelKeyMissing: (
        "The server has no key for its model.",
        "Enter one on its settings page, then launch again.",
    ),
    errors.MessageRequired: ("This server wants a first message.", "Write one, then launch again."),
    errors.BadRequest: ("The server refused this launch: {message}", ""),
    errors.Forbidden: ("The server does not allow this with this key.", "Enter another one."),
    errors.NoSuchPlace: (
        "There is no OpenHands of a version we know at this address.",
        "Check the path; versions from 1.0 on speak otherwise.",
    ),
    errors.MethodRefused: ("The server takes no launches at this address.", "Check the path."),
    errors.RequestTooLarge: ("This launch is too large for the server.", "Remove some images."),
    errors.TooManyRequests: ("The server is busy and took nothing.", "Launch again in {retry_after_s} s."),
    errors.Invalid: ("The server refused this launch.", "The fields say what it wants."),
}
"""What happened, and what to do now. Whether a conversation may exist is said between the two."""

_BESIDE_LAUNCHES: dict[type[LauncherError], tuple[str, str]] = {
    errors.RefusedByServer: ("The server refused this.", ""),
    errors.GitTokenMissing: (
        "The server has no token for the git provider.",
        "Add one on its settings page.",
    ),
    errors.SettingsMissing: ("The server has no settings yet.", "Choose a model on its settings page."),
    errors.ModelKeyMissing: ("The server has no key for its model.", "Enter one on its settings page."),
    errors.MessageRequired: ("This server wants a first message.", ""),
    errors.BadRequest: ("The server refused this: {message}", ""),
    errors.MethodRefused: ("What answers at this address is not OpenHands.", "Check the path."),
    errors.RequestTooLarge: ("The server refused this as too large.", ""),
    errors.TooManyRequests: ("The server is busy and took nothing.", "Try again in {retry_after_s} s."),
    errors.Invalid: ("The server refused this.", ""),
}
"""The same where nothing was to be launched: for a look at a server, a stop, a delete."""


def error(one: LauncherError, *, of_launch: bool = True) -> Said:
    """What happened, whether a conversation may exist, and what to do now.

    Without `of_launch` nothing was to be started, so nothing is said of what may exist.
    """
    silent = isinstance(one, errors.BadRequest) and not one.message
    kinds = errors.RefusedByServer.__mro__ if silent else type(one).__mro__
    known = _ERRORS if of_launch else _ERRORS | _BESIDE_LAUNCHES
    title, advice = next(known[kind] for kind in kinds if kind in known)
    facts = {name: _fact(fact) for name, fact in vars(one).items()}
    fate = _fate(one) if of_launch else ""
    text = " ".join(part for part in (fate, _(advice) if advice else "") if part)
    return Said(_(title).format_map(facts), text.format_map(facts))


def _fate(one: LauncherError) -> str:
    if one.may_have_started:
        return _("A conversation may have started: the list shows what is known.")
    if isinstance(one, errors.Unreachable):
        return _("Nothing was sent; your text is kept.")
    return _("Nothing was started; your text is kept.")


def _fact(fact: object) -> str:
    if isinstance(fact, float):
        return str(round(fact))
    return "1" if fact is None else safe_text(str(fact), limit=200, single_line=True)


REMEDIES: dict[errors.Remedy, str] = {
    errors.Remedy.EDIT_SERVER: "Server…",
    errors.Remedy.OPEN_SETTINGS: "Open settings",
    errors.Remedy.TRY_NOW: "Try now",
}


# States of a session.


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


_STATES: dict[State, str] = {
    State.SENDING: "Sending",
    State.STOPPING: "Stopping",
    State.DELETING: "Deleting",
    State.NOT_KNOWN: "Not known",
    State.FAILED: "Failed",
    State.STILL_STARTING: "Still starting",
    State.STARTING: "Starting",
    State.FINISHED: "Finished",
    State.STOPPED: "Stopped",
    State.ASKS_YOU: "Asks you",
    State.WANTS_GO_AHEAD: "Wants your go-ahead",
    State.WORKING: "Working",
    State.PAUSED: "Paused",
    State.WAITS_FOR_MODEL: "Waits for the model",
    State.RUNNING: "Running",
}


def state(one: State, servers_own: str = "") -> str:
    """The word for a state; for one we do not know, the server's own word made readable."""
    return _(_STATES[one]) if one in _STATES else readable(servers_own) or _("Unknown")


def readable(word: str) -> str:
    """`STATUS$WAITING_FOR_APPROVAL` → "Waiting for approval"."""
    return safe_text(
        word.rpartition("$")[2].replace("_", " ").strip().capitalize(), limit=40, single_line=True
    )


_RUNTIME: dict[str, str] = {
    "STATUS$BUILDING_RUNTIME": "building the runtime",
    "STATUS$STARTING_RUNTIME": "preparing the runtime",
    "STATUS$RUNTIME_STARTED": "the runtime is up",
    "STATUS$SETTING_UP_WORKSPACE": "preparing the workspace",
    "STATUS$SETTING_UP_GIT_HOOKS": "preparing the git hooks",
    "STATUS$READY": "ready",
    "STATUS$LLM_RETRY": "asking the model again",
}

_SERVER_FAULTS: dict[str, str] = {
    "STATUS$ERROR": "The server could not start it. Its log says more.",
    "STATUS$ERROR_RUNTIME_DISCONNECTED": "The runtime went away. Launch again.",
    "STATUS$ERROR_LLM_AUTHENTICATION": "The model refused the key. Check it on the server's settings page.",
    "STATUS$ERROR_LLM_SERVICE_UNAVAILABLE": "The model's service is not available. Try again later.",
    "STATUS$ERROR_LLM_INTERNAL_SERVER_ERROR": "The model's service failed. Try again later.",
    "STATUS$ERROR_LLM_OUT_OF_CREDITS": "The account of the model has no credit left.",
    "STATUS$ERROR_LLM_CONTENT_POLICY_VIOLATION": "The model refused the content.",
    "STATUS$GIT_PROVIDER_AUTHENTICATION_ERROR": "The git provider refused the server's token.",
    "STATUS$ERROR_MEMORY": "The server ran out of memory.",
    "CHAT_INTERFACE$AGENT_RATE_LIMITED_STOPPED_MESSAGE": "The model takes no more requests for now.",
}


def runtime(word: str) -> str:
    """What the runtime is doing; it words the second line and never decides a state."""
    known = _RUNTIME.get(word)
    return _(known) if known else readable(word).lower()


def server_fault(word: str) -> str:
    """Why a conversation failed: the sentence for a known word, else the server's own text."""
    known = _SERVER_FAULTS.get(word.strip())
    return _(known) if known else safe_text(word, limit=2000)


def microagent_message(repository: str, title: str) -> str:
    """The first message of a microagent launch: the server makes none of its title."""
    where = _("in {repository}").format(repository=repository) if repository else _("in this repository")
    about = _("about “{title}”").format(title=title) if title else _("about what I describe below")
    return _(
        "Create a microagent {where} {about}.\n\n"
        "Write it as a Markdown file in .openhands/microagents/, with a front matter that names its "
        "triggers. "
        "Look at the repository first, keep it short and concrete, and open a pull request with it."
    ).format(where=where, about=about)


# Names of the field.

PROVIDERS: Mapping[str, str] = {
    "github": "GitHub",
    "gitlab": "GitLab",
    "bitbucket": "Bitbucket",
    "enterprise_sso": "Enterprise SSO",
}


def provider(word: str) -> str:
    return PROVIDERS.get(word) or readable(word)


def age(moment: datetime | None, now: datetime) -> str:
    """How long ago: "now", "2 min", "3 hr", "5 days"; "" when not known. Clocks may disagree."""
    if moment is None:
        return ""
    passed = now - moment
    if passed < timedelta(minutes=1):
        return _("now")
    from babel.dates import format_timedelta  # 30 ms to import, and no row is old at the first paint

    return format_timedelta(passed, format="short", threshold=1, locale="en")


def untitled(kind: str) -> str:
    """What a session is called that has no title and no first line."""
    return {"replay": _("Replay")}.get(kind, _("New conversation"))
