"""What ends a command: an exit code, a type for scripts, a sentence for people."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from app import messages
from app.cli.exit_codes import ExitCode
from app.cli.parser import KEY, SERVER
from app.errors import (
    Forbidden,
    KeyNeeded,
    KeyRefused,
    KeyUnusable,
    LauncherError,
    Loc,
    NothingThere,
    NotOpenHands,
    OnlyAWebPage,
    Problem,
)
from app.translation import N_
from app.translation import gettext as _


@dataclass(eq=False)
class CommandError(Exception):
    """A command that did not come to its end. `facts` go into the JSON beside type and message."""

    exit: ExitCode
    type: str
    message: str
    facts: dict[str, object] = field(default_factory=dict)

    @classmethod
    def by_problems(cls, problems: Iterable[Problem], exit_: ExitCode = ExitCode.INVALID) -> "CommandError":
        """What is wrong with what was asked for, each at its option."""
        wrong = [one for one in problems if one.blocks]
        return cls(exit_, "invalid", _lines("", wrong), _facts(wrong))

    @classmethod
    def by_server(
        cls, error: LauncherError, happened: str = "", problems: Sequence[Problem] = ()
    ) -> "CommandError":
        """What a server, or the way to it, came to. `happened`: what may have happened anyway.

        `problems`, those of a 422, say themselves what to do.
        """
        said = messages.error(error, of_launch=False)
        advice = "" if problems else _advice(error) or said.text
        text = " ".join(filter(None, (said.title, happened, advice)))
        return cls(_exit_of(error), type_of(error), _lines(text, problems), _facts(problems))


def _advice(error: LauncherError) -> str:
    """What to do here, empty if that is the same as in the window."""
    known = _ADVICE.get(type(error))
    return _(known).format(variable=KEY) if known else ""


_ADVICE: dict[type[LauncherError], str] = {
    KeyNeeded: N_("Give it in {variable}, with --key-file or with --key-fd."),
    KeyRefused: N_("Give the right one in {variable}, with --key-file or with --key-fd."),
    NotOpenHands: N_("Check --server."),
    OnlyAWebPage: N_("Check --server; a login page or another program may be there."),
    NothingThere: N_("Check host, port and path of --server."),
    KeyUnusable: N_("It contains characters that cannot be sent."),
    Forbidden: N_("Give another one."),
}
"""Where the window would say what to do in it."""


def sentence(problem: Problem) -> str:
    """A problem or a warning with the place it is about."""
    place, text = option_of(problem.loc), _text_of(problem)
    return f"{place}: {text}" if place else text


def option_of(loc: Loc) -> str:
    """`("suggested_task", "repo")` → `--suggested-task repo`: where a person can mend it."""
    if not loc:
        return ""
    first, *rest = map(str, loc)
    option = _(_OPTIONS[first]) if first in _OPTIONS else f"--{first.replace('_', '-')}"
    return " ".join([option, ".".join(rest)]).strip()


_OPTIONS = {
    "git_provider": "--provider",
    "selected_branch": "--branch",
    "initial_user_msg": "--message",
    "microagent_msg": "--message",
    "image_urls": "--image",
    "conversation_instructions": "--instructions",
    "replay_json": "--replay",
    "address": "--server",
    "environment": SERVER,
    "key": N_("The key"),
    "id": N_("The id"),
}


def type_of(error: LauncherError) -> str:
    """`KeyRefused` → `key_refused`."""
    name = type(error).__name__.replace("OpenHands", "Openhands")  # one word
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _text_of(problem: Problem) -> str:
    """Here no list shows what may be chosen."""
    if problem.type == "enum" and (expected := str(problem.ctx.get("expected", ""))):
        problem = Problem(type="one_of", ctx={"expected": expected.replace("'", "")})
    text = messages.problem(problem)
    return f"{text} {_(_OTHERWISE[problem.type])}" if problem.type in _OTHERWISE else text


_OTHERWISE = {
    "image_position_removed": N_("--keep-metadata keeps it."),
    "image_long": N_("--scale-images makes it smaller."),
}
"""Which option does otherwise, where the window has a menu."""


def _lines(text: str, problems: Iterable[Problem]) -> str:
    return "\n".join(filter(None, (text, *map(sentence, problems))))


def _facts(problems: Iterable[Problem]) -> dict[str, object]:
    said = [{"loc": list(one.loc), "type": one.type, "message": _text_of(one)} for one in problems]
    return {"problems": said} if said else {}


def _exit_of(error: LauncherError) -> ExitCode:
    if isinstance(error, KeyRefused | KeyUnusable):
        return ExitCode.KEY
    if not error.was_sent:
        return ExitCode.NOT_REACHED
    return ExitCode.UNKNOWN if error.may_have_started else ExitCode.REFUSED
