"""The entry: reads the command line, then opens the window or runs a command."""

import os
import sys
from typing import TYPE_CHECKING

from app.core import standard_streams
from app.core.interrupts import interrupts

if TYPE_CHECKING:  # nothing else is loaded before Ctrl+C has its handler
    from collections.abc import Iterable

    from app.cli.parser import Options
    from app.errors import Problem

FILES_OF_A_COMMAND, FILES_OF_THE_WINDOW = 16, 48
"""How many files, sockets among them, may be open at once: with fewer, something would fail in the middle."""


def main() -> int:
    """The program; gives its exit code."""
    interrupts.install(_say_interrupted, listen=True)
    standard_streams.prepare()
    from app.cli.stdout import CannotWrite, give_up

    try:
        return _main()
    except CannotWrite as fault:
        give_up()
        if not fault.unread:
            from app.translation import gettext as _

            print(_("The result cannot be written."), file=sys.stderr)
        return 1
    finally:
        interrupts.ignore()


def _main() -> int:
    import gc

    from app.cli.exit_codes import ExitCode
    from app.cli.parser import Options, parser, print_usage_error
    from app.core import core_dumps

    os.umask(0o077)
    core_dumps.disable()
    gc.disable()  # while it starts: nothing of what is loaded is garbage
    key = _key_out_of_environment()
    options = parser().parse_args(namespace=Options())
    if (printed := _only_printed(options)) is not None:
        from app.cli.stdout import write

        write(printed, ExitCode.DONE)
        return ExitCode.DONE
    if not standard_streams.room_for(FILES_OF_A_COMMAND if options.command else FILES_OF_THE_WINDOW):
        print_usage_error("too_few_files", _TOO_FEW_FILES, ExitCode.OTHER)
        return ExitCode.OTHER
    if options.command:
        from app.cli import command

        core_dumps.hide_memory()
        gc.freeze()
        gc.enable()
        return command.run(options, key)
    return _open_window(options, key)


def _key_out_of_environment() -> str | None:
    """The key that stands there, removed before anything else is started: a child would inherit it."""
    from app.cli.parser import KEY

    key = os.environ.pop(KEY, None)
    if key:
        from app.redaction import learn

        learn(key)
    return key


def _only_printed(options: "Options") -> str | None:
    """What is asked for, where it is a text that needs no server."""
    if options.version:
        from importlib.metadata import version

        return f"OpenHands Launcher {version('openhands-launcher')}"
    if options.command == "completion":
        from app.cli.parser import completion

        return completion(options.shell)
    return None


_TOO_FEW_FILES = (
    "The system lets the launcher open too few files at once. Allow more, for example with `ulimit -n 256`."
)


def _say_interrupted() -> None:
    """In the middle of anything, so nothing is loaded here, and nothing goes through a buffer."""
    said = "Interrupted. Nothing was sent."
    if "--json" in sys.argv:
        error = f'{{\n  "error": {{\n    "type": "interrupted",\n    "message": "{said}"\n  }}\n}}\n'
        standard_streams.write_immediately(standard_streams.STDOUT, error)
    standard_streams.write_immediately(standard_streams.STDERR, f"{said}\n")


def _warn(problems: "Iterable[Problem]") -> None:
    from app.cli.command_error import sentence

    for one in problems:
        print(sentence(one), file=sys.stderr)


def _has_no_display() -> bool:
    """Only where a missing display would abort the program; a platform that somebody chose is left alone."""
    names = ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY")
    return sys.platform == "linux" and not any(map(os.environ.get, names))


def _open_window(options: "Options", key: str | None) -> int:
    from app.cli.command_error import CommandError
    from app.cli.exit_codes import ExitCode
    from app.cli.parser import OFF_SCREEN
    from app.cli.server import is_named, server_of
    from app.core.logs import log_to_stderr
    from app.translation import gettext as _

    log_to_stderr(debug=options.debug)
    off_screen = options.demo and bool(os.environ.get(OFF_SCREEN))
    try:
        server = None if options.demo else server_of(options, key, _warn)
    except CommandError as refused:
        print(refused.message, file=sys.stderr)
        return refused.exit
    if not off_screen and _has_no_display():
        said = _(
            "There is no display: set DISPLAY or WAYLAND_DISPLAY. The commands need none; --help names them."
        )
        print(said, file=sys.stderr)
        return ExitCode.OTHER
    try:
        from app.ui.app import StartOptions, run  # takes longest: a refusal comes at once
    except ModuleNotFoundError:
        raise
    except ImportError as fault:  # a system without a library that Qt needs
        said = _("The window cannot be shown: {fault}. The README names what it needs.")
        print(said.format(fault=fault), file=sys.stderr)
        return ExitCode.OTHER
    if server is None:
        return run(StartOptions(demo=True, off_screen=off_screen))
    return run(StartOptions(server if is_named(options) else None, server.key))


if __name__ == "__main__":
    sys.exit(main())
