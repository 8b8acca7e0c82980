"""The entry: reads the command line, then opens the window or runs a command."""

import gc
import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from app.cli.exits import Exit
from app.cli.parser import KEY, Options, completion, parser, say_refusal
from app.cli.stdout import CannotWrite, give_up, write

if TYPE_CHECKING:
    from app.errors import Problem


def main() -> int:
    """The program; gives its exit code."""
    try:
        return _main()
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except CannotWrite as fault:
        give_up()
        if not fault.unread:
            print("The result cannot be written.", file=sys.stderr)
        return Exit.OTHER


def _main() -> int:
    os.umask(0o077)
    gc.disable()  # while it starts: nothing of what is loaded is garbage
    # Out of the environment before anything else is started: a child would inherit it.
    key = os.environ.pop(KEY, None)
    options = parser().parse_args(namespace=Options())
    if options.version:
        from importlib.metadata import version

        write(f"OpenHands Launcher {version('openhands-launcher')}")
        return Exit.DONE
    if options.command == "completion":
        write(completion(options.shell))
        return Exit.DONE
    if options.command:
        try:
            from app.cli import command
        except KeyboardInterrupt:
            say_refusal("interrupted", "Interrupted. Nothing was sent.")
            return Exit.INTERRUPTED
        gc.freeze()
        gc.enable()
        return command.run(options, key)
    return _open_window(options, key)


def _warn(problems: "Iterable[Problem]") -> None:
    from app.cli.refused import sentence

    for one in problems:
        print(sentence(one), file=sys.stderr)


def _open_window(options: Options, key: str | None) -> int:
    from app.cli.refused import Refused
    from app.cli.server import is_named, server_of
    from app.core.redaction import Redactor, log_to_stderr

    redactor = Redactor()
    log_to_stderr(redactor, debug=options.debug)
    try:
        server = None if options.demo else server_of(options, key, _warn)
    except Refused as refused:
        print(refused.message, file=sys.stderr)
        return refused.exit
    try:
        from app.ui.app import Wishes, run  # takes longest: a refusal comes at once
    except ModuleNotFoundError:
        raise
    except ImportError as fault:  # a system without a library that Qt needs
        print(f"The window cannot be shown: {fault}. The README names what it needs.", file=sys.stderr)
        return Exit.OTHER
    if server is None:
        return run(Wishes(demo=True), redactor)
    redactor.learn(server.key)
    return run(Wishes(server if is_named(options) else None, server.key), redactor)


if __name__ == "__main__":
    sys.exit(main())
