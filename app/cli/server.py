"""Which server, and the key that goes to it."""

import os
import shlex
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace

from app.cli.command_error import CommandError
from app.cli.exit_codes import ExitCode
from app.cli.parser import SERVER, Options
from app.core.servers import LOCAL, Server, notes_on_key, server_from
from app.errors import Problem

KEY_LIMIT = 64 * 1024
"""In bytes: a file that is larger holds no key."""


def server_of(options: Options, key: str | None, warn: Callable[[Iterable[Problem]], None]) -> Server:
    """The server that the command line or the environment names, else this machine's own; raises `CommandError`.

    `key`: from the environment. A key that somebody hands over for this call goes before it. `warn` hears what
    was done to the key.
    """
    address = options.server
    if address is None:
        address = os.environ.get(SERVER) or LOCAL
    handed_over = _handed_over(options)
    given = key or "" if handed_over is None else handed_over
    server = server_from(address, given)
    if isinstance(server, list):
        if options.server is None:  # so it stands in the environment
            server = [
                replace(one, loc=("environment",)) if one.loc == ("address",) else one for one in server
            ]
        about_key = all(one.loc == ("key",) for one in server)
        raise CommandError.by_problems(server, ExitCode.KEY if about_key else ExitCode.INVALID)
    warn(notes_on_key(given))
    return server


def refuse_key_in_clear(server: Server, options: Options) -> Server:
    """The same server; raises `CommandError` before a key crosses a network in clear that nobody agreed to."""
    if server.risks_key and not options.key_in_clear:
        raise CommandError.by_problems([Problem(loc=("key",), type="key_in_clear")])
    return server


def is_named(options: Options) -> bool:
    """Whether somebody said which server; else we only try the usual place."""
    return options.demo or options.server is not None or bool(os.environ.get(SERVER))


def command_line(options: Options, *arguments: str) -> str:
    """The command that asks the same server something else, to be copied into a shell."""
    same_server = ("--server", options.server) if options.server else ()
    return shlex.join(("openhands-launcher", *arguments, *same_server))


def _handed_over(options: Options) -> str | None:
    """The text of the file or descriptor that was named; raises `CommandError`."""
    if options.key_file is None and options.key_fd is None:
        return None
    from app.core.files import UnreadableFile  # a window without either need not wait for it
    from app.core.text_files import decoded

    try:
        text = decoded(_content(options))
    except (UnreadableFile, UnicodeDecodeError):
        raise _without_key(Problem(loc=("key",), type="key_unreadable")) from None
    if not text.strip():  # the environment's would go to a server that it may not be for
        raise _without_key(Problem(loc=("key",), type="key_empty"))
    return text


def _without_key(problem: Problem) -> CommandError:
    return CommandError.by_problems([problem], ExitCode.KEY)


def _content(options: Options) -> bytes:
    """Raises `UnreadableFile`, also where it is too large to be a key."""
    from app.core.files import UnreadableFile, read_descriptor, read_named

    if options.key_fd is not None:
        try:
            content = read_descriptor(options.key_fd, KEY_LIMIT)
        finally:
            with suppress(OSError):
                os.close(options.key_fd)
    else:
        assert options.key_file is not None
        content = read_named(options.key_file, KEY_LIMIT)
    if len(content) > KEY_LIMIT:
        raise UnreadableFile
    return content
