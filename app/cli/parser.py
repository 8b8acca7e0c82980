"""The command line, with argparse alone: `--help` and completion cost nothing else."""

import argparse
import math
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

from app.cli.exit_codes import ExitCode
from app.cli.stdout import CannotWrite, give_up, write
from app.translation import N_
from app.translation import gettext as _

KEY = "OPENHANDS_API_KEY"
SERVER = "OPENHANDS_SERVER"
OFF_SCREEN = "OPENHANDS_LAUNCHER_OFF_SCREEN"
"""Where it is set, `--demo` does its job off-screen and tells it: for who has no display, and for tests of packages."""
PROVIDERS = ("github", "gitlab", "bitbucket", "enterprise_sso")
SHELLS = ("bash", "zsh", "fish")
MOST = 1000
"""How many conversations `sessions` lists at most."""


class Options(argparse.Namespace):
    """What was asked for. What is not given keeps the default that stands here."""

    command: str | None = None
    version: bool = False
    debug: bool = False
    json: bool = False

    server: str | None = None
    demo: bool = False
    key_file: Path | None = None
    key_fd: int | None = None
    key_in_clear: bool = False

    repository: str | None = None
    provider: str | None = None
    branch: str | None = None
    here: bool = False
    message: str | None = None
    message_file: str | None = None
    instructions: str | None = None
    image: list[str] = []  # noqa: RUF012 - argparse copies it
    keep_metadata: bool = False
    scale_images: bool = False
    mcp_config: Path | None = None
    suggested_task: str | None = None
    create_microagent: str | None = None
    replay: Path | None = None
    conversation_id: str | None = None
    dry_run: bool = False
    wait: float | None = None
    """In seconds; None: does not wait."""

    id: str = ""
    limit: int = 20
    yes: bool = False
    shell: str = ""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, and where to read more."""

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does it, but what is unknown is named without its value: `--api-key SECRET` may be logged."""
        known, unknown = self.parse_known_args(args, namespace)
        if unknown:
            names = [
                one.partition("=")[0] if one.startswith("--") else one[:2]
                for one in unknown
                if one.startswith("-")
            ]
            command = f"{self.prog} {known.command}" if known.command else self.prog
            self.refuse(
                _("unknown: {names}").format(names=", ".join(names))
                if names
                else _("too many arguments: put text that contains spaces in quotation marks"),
                command,
            )
        if known.demo and known.server is not None:  # one stood before the command, and one behind it
            self.refuse(_("--demo and --server do not go together"), self.prog)
        return known

    def error(self, message: str) -> NoReturn:
        self.refuse(message, self.prog)

    def _print_message(self, message: str, file: Any = None) -> None:
        """Its help, which is a result like others. What it has to say else is said by `refuse`."""
        del file
        write(message.rstrip("\n"), ExitCode.DONE)

    def refuse(self, message: str, command: str) -> NoReturn:
        """Ends the program. `command`: whose help says more."""
        said = _("{message}. See {command} --help.")
        message = said.format(message=f"{message[:1].upper()}{message[1:]}", command=command)
        print_usage_error("usage", message, ExitCode.INVALID)
        self.exit(ExitCode.INVALID)


def print_usage_error(type_: str, message: str, exit_: ExitCode) -> None:
    """What ends a command before it has begun, as it would say it itself."""
    from app.redaction import redacted

    message = redacted(message)
    if "--json" in sys.argv:
        import json

        try:
            write(json.dumps({"error": {"type": type_, "message": message}}, indent=2), exit_)
        except CannotWrite:
            give_up()
    print(message, file=sys.stderr)


def parser() -> Parser:
    """The parser of the whole command line."""
    program = Parser(
        prog="openhands-launcher",
        description=_(
            "Starts coding-agent conversations on an OpenHands server.\nWithout a command it opens its window."
        ),
        epilog=_(_PROGRAM_EPILOG).format(variable=KEY),
        **_MANNERS,
    )
    _add_server(program, demo=True, window=True)
    program.add_argument("--version", action="store_true", help=_("print the version and exit"))
    commands = program.add_subparsers(
        dest="command", metavar="COMMAND", title=_("commands"), parser_class=Parser
    )
    _add_launch(
        _command(commands, "launch", _("start a conversation"), _("Start a conversation."), _(_LAUNCH_EPILOG))
    )
    _add_sessions(
        _command(
            commands,
            "sessions",
            _("list the conversations of a server"),
            _(
                "List the conversations of a server. The agent's state is read only for those that run;\n"
                "`session ID` shows how another one ended."
            ),
            _with_exit_codes(_SESSIONS_EPILOG),
        )
    )
    _add_session(
        _command(
            commands,
            "session",
            _("show one conversation"),
            _("Show one conversation."),
            _with_exit_codes(_SESSION_EPILOG),
        )
    )
    _add_act(
        _command(
            commands,
            "stop",
            _("stop a conversation"),
            _("Stop a conversation."),
            _with_exit_codes(_STOP_EPILOG),
        )
    )
    _add_delete(
        _command(
            commands,
            "delete",
            _("delete a conversation, for good"),
            _("Delete a conversation, for good."),
            _with_exit_codes(_DELETE_EPILOG),
        )
    )
    _add_act(
        _command(
            commands,
            "open",
            _("open a conversation in the browser"),
            _("Open a conversation in the browser."),
            _with_exit_codes(_OPEN_EPILOG),
        )
    )
    does = _("print the script that completes commands in a shell")
    is_ = _("Print the script that completes commands in a shell.")
    shells = _command(commands, "completion", does, is_, _(_COMPLETION_EPILOG))
    shells.add_argument("shell", choices=SHELLS, help="%(choices)s")
    return program


def completion(shell: str) -> str:
    """The script that teaches this shell our commands and options."""
    import shtab

    program = parser()
    for action in _actions(program):
        if action.metavar and "FILE" in action.metavar:
            action.complete = shtab.FILE  # type: ignore[attr-defined] # shtab looks for it there
    script: str = shtab.complete(program, shell=shell)
    return script


# The options.

Group = argparse._ArgumentGroup  # noqa: SLF001 - argparse has no public name for it

_MANNERS: dict[str, Any] = {
    "formatter_class": argparse.RawDescriptionHelpFormatter,
    "argument_default": argparse.SUPPRESS,  # what is not given keeps the default of `Options`
    "allow_abbrev": False,
}


def _command(
    commands: "argparse._SubParsersAction[Parser]", name: str, does: str, description: str, epilog: str
) -> Parser:
    return commands.add_parser(name, help=does, description=description, epilog=epilog, **_MANNERS)


def _with_exit_codes(epilog: str) -> str:
    return "\n".join((_(_EXIT_CODES), _(epilog)))


def _add_server(command: Parser, *, demo: bool = False, window: bool = False) -> None:
    """Which server, and with which key."""
    otherwise = N_(
        "where OpenHands listens (else {variable} of the environment, else port 3000 of this machine)"
    )
    if window:
        otherwise = N_("where OpenHands listens (else {variable} of the environment, else the one last used)")
    server = command.add_argument_group(_("server"))
    which = server.add_mutually_exclusive_group()
    which.add_argument(
        "--server",
        metavar="URL",
        help=_(otherwise).format(variable=SERVER),
    )
    if demo:
        which.add_argument("--demo", action="store_true", help=_("a demo server, where nothing is real"))
    keys = server.add_mutually_exclusive_group()
    keys.add_argument(
        "--key-file", metavar="FILE", type=Path, help=_("a file that holds the server's session key")
    )
    keys.add_argument(
        "--key-fd", metavar="N", type=_descriptor, help=_("an open file descriptor to read the key from")
    )
    if not window:  # that one asks
        server.add_argument(
            "--key-in-clear",
            action="store_true",
            help=_("send the key over http to another machine; anyone on the network can read it"),
        )
    command.add_argument("--debug", action="store_true", help=_("log to stderr, without secrets"))


def _add_json(command: Parser) -> None:
    command.add_argument(
        "--json", action="store_true", help=_("print JSON on stdout; sentences go to stderr")
    )


def _add_launch(launch: Parser) -> None:
    _add_server(launch, demo=True)
    _add_json(launch)
    _add_place(launch.add_argument_group(_("where the agent works")))
    _add_message(launch.add_argument_group(_("what the agent is told")))
    _add_kinds(launch.add_argument_group(_("instead of a message")))
    _add_manner(launch.add_argument_group(_("how")))


def _add_place(where: Group) -> None:
    either = where.add_mutually_exclusive_group()
    either.add_argument("--repository", metavar="R", help=_("owner/name, or its web address"))
    either.add_argument(
        "--here", action="store_true", help=_("repository, provider and branch of this git checkout")
    )
    where.add_argument(
        "--provider", metavar="P", choices=PROVIDERS, help=_("where to look first: %(choices)s")
    )
    where.add_argument("--branch", metavar="B", help=_("the branch to check out"))


def _add_message(what: Group) -> None:
    message = what.add_mutually_exclusive_group()
    message.add_argument("--message", "-m", metavar="TEXT", help=_("the first message"))
    message.add_argument(
        "--message-file", metavar="FILE", help=_("a file that holds it; - is standard input")
    )
    what.add_argument(
        "--instructions", metavar="TEXT|@FILE", help=_("given to the agent with the first message")
    )
    what.add_argument(
        "--image",
        metavar="FILE|URL",
        nargs="+",
        action="extend",
        help=_("PNG, JPEG, WebP or GIF; 5 MiB each"),
    )
    what.add_argument(
        "--keep-metadata",
        action="store_true",
        help=_("keep the location stored in photographs; it is removed otherwise"),
    )
    what.add_argument(
        "--scale-images",
        action="store_true",
        help=_("scale images down to 8,000 pixels a side, which some models want"),
    )
    what.add_argument(
        "--mcp-config",
        metavar="FILE",
        type=Path,
        help=_("JSON with sse_servers, shttp_servers, stdio_servers; {} uses none of the server's own"),
    )


def _add_kinds(instead: Group) -> None:
    kinds = instead.add_mutually_exclusive_group()
    kinds.add_argument(
        "--suggested-task",
        metavar="JSON|@FILE",
        help=_("git_provider, task_type, repo, issue_number and title; the server writes the message"),
    )
    kinds.add_argument(
        "--create-microagent",
        metavar="JSON|@FILE",
        help=_("repo, git_provider, title; --message is optional"),
    )
    kinds.add_argument("--replay", metavar="FILE", type=Path, help=_("replay this list of events"))


def _add_manner(how: Group) -> None:
    how.add_argument("--conversation-id", metavar="ID", help=_("32 hex digits, where the server allows it"))
    how.add_argument(
        "--wait",
        metavar="SECONDS",
        type=_seconds,
        nargs="?",
        const=math.inf,
        help=_(
            "follow it until the agent asks, finishes or fails; without SECONDS, for as long as that takes"
        ),
    )
    how.add_argument(
        "--dry-run",
        action="store_true",
        help=_(
            "check everything and print the request with masked secrets; asks a server only if one is named"
        ),
    )


def _add_sessions(sessions: Parser) -> None:
    _add_server(sessions)
    _add_json(sessions)
    sessions.add_argument(
        "--limit",
        metavar="N",
        type=_count,
        help=_("how many, newest first ({limit})").format(limit=Options.limit),
    )


def _add_session(session: Parser) -> None:
    _add_act(session)
    _add_json(session)


def _add_act(act: Parser) -> None:
    act.add_argument("id", metavar="ID", help=_("its id, or the address of its page"))
    _add_server(act)


def _add_delete(delete: Parser) -> None:
    _add_act(delete)
    delete.add_argument(
        "--yes", action="store_true", help=_("required, because its events are gone for good")
    )


def _descriptor(text: str) -> int:
    if not (
        text.isascii() and text.isdecimal() and int(text) < 2**31
    ):  # not said again: it may be the key itself
        raise argparse.ArgumentTypeError(_("enter the number of a file descriptor"))
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not seconds > 0:
        raise argparse.ArgumentTypeError(_("enter a number of seconds, not “{text}”").format(text=text))
    return seconds


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text) <= MOST):
        raise argparse.ArgumentTypeError(
            _("enter a number from 1 to {most}, not “{text}”").format(most=MOST, text=text)
        )
    return int(text)


def _actions(program: argparse.ArgumentParser) -> Iterable[argparse.Action]:
    for action in program._actions:  # noqa: SLF001 - there is no public way to them
        yield action
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for one in action.choices.values():
                yield from _actions(one)


_PROGRAM_EPILOG = N_("""\
The server's session key is read from {variable}, from a file or from a
descriptor, never from the command line, which everyone on this machine can read.

examples:
  openhands-launcher                          open the window
  openhands-launcher --demo                   open it on a demo server
  openhands-launcher launch --here -m "Fix the failing test"
  openhands-launcher sessions
  openhands-launcher COMMAND --help           show the options of a command
""")

_LAUNCH_EPILOG = N_("""\
exit codes:
    0  it started; with --wait the agent asks or has finished
    1  something else went wrong: the message says what
    2  the request is not valid, nothing was sent
    3  the key is missing or refused
    4  the server refused
    5  no supported OpenHands server answers, nothing was sent
    6  unknown: it may have started
    7  it started, but failed, was stopped or deleted
    8  --wait ran out, the conversation goes on
  130  Ctrl+C or SIGTERM; the message says whether it may have started

examples:
  openhands-launcher launch --repository acme/web --branch main -m "Fix the login test"
  git diff | openhands-launcher launch --here --message-file - --instructions @review.md
  openhands-launcher launch -m "What is in this picture?" --image shot.png --wait=600 --json
""")

_EXIT_CODES = N_("""\
exit codes:
    0  done
    1  something else went wrong: the message says what
    2  the request is not valid, nothing was sent
    3  the key is missing or refused
    4  the server refused, or has no such conversation
    5  no supported OpenHands server answers, nothing was sent
    6  unknown: the server gave no clear answer
  130  Ctrl+C or SIGTERM
""")

_SESSIONS_EPILOG = N_("""\
examples:
  openhands-launcher sessions --limit 5
  openhands-launcher sessions --json | jq -r '.[] | select(.state == "asks_you").url'
""")

_SESSION_EPILOG = N_("""\
example:
  openhands-launcher session 5586b2e1dfd543fcbf949c670ef1fe58 --json
""")

_STOP_EPILOG = N_("""\
example:
  openhands-launcher stop 5586b2e1dfd543fcbf949c670ef1fe58
""")

_DELETE_EPILOG = N_("""\
example:
  openhands-launcher delete 5586b2e1dfd543fcbf949c670ef1fe58 --yes
""")

_OPEN_EPILOG = N_("""\
example:
  openhands-launcher open 5586b2e1dfd543fcbf949c670ef1fe58
""")

_COMPLETION_EPILOG = N_("""\
examples:
  eval "$(openhands-launcher completion bash)"                 in ~/.bashrc
  eval "$(openhands-launcher completion zsh)"                  in ~/.zshrc, after compinit
  openhands-launcher completion fish | source                  in config.fish
""")
