"""Which server, and the key that goes to it."""

import os
import shlex
from dataclasses import replace
from typing import BinaryIO

from app.cli.exits import Exit
from app.cli.parser import SERVER, Options
from app.cli.refused import Refused
from app.core.servers import LOCAL, Server, server_from
from app.errors import Problem

KEY_LIMIT = 64 * 1024
"""In bytes: a file that is larger holds no key."""


def server_of(options: Options, key: str | None) -> Server:
    """The server that the command line or the environment names, else this machine's own; raises `Refused`.

    `key`: from the environment. A key that somebody hands over for this call goes before it.
    """
    address = options.server
    if address is None:
        address = os.environ.get(SERVER) or LOCAL
    given = _handed_over(options)
    server = server_from(address, key or "" if given is None else given)
    if isinstance(server, list):
        if options.server is None:  # so it stands in the environment
            server = [
                replace(one, loc=("environment",)) if one.loc == ("address",) else one for one in server
            ]
        about_key = all(one.loc == ("key",) for one in server)
        raise Refused.by_problems(server, Exit.KEY if about_key else Exit.INVALID)
    return server


def careful(server: Server, options: Options) -> Server:
    """The same server; raises `Refused` before a key crosses a network in clear that nobody agreed to."""
    if server.risks_key and not options.key_in_clear:
        raise Refused.by_problems([Problem(loc=("key",), type="key_in_clear")])
    return server


def is_named(options: Options) -> bool:
    """Whether somebody said which server; else we only try the usual place."""
    return options.demo or options.server is not None or bool(os.environ.get(SERVER))


def command_line(options: Options, *arguments: str) -> str:
    """The command that asks the same server something else, to be copied into a shell."""
    same_server = ("--server", options.server) if options.server else ()
    return shlex.join(("openhands-launcher", *arguments, *same_server))


def _handed_over(options: Options) -> str | None:
    try:
        content = _content(options)
        if content is None:
            return None
        key = content.decode().strip()
    except (OSError, ValueError):
        raise Refused.by_problems([Problem(loc=("key",), type="key_unreadable")], Exit.KEY) from None
    if not key:  # the environment's would go to a server that it may not be for
        raise Refused.by_problems([Problem(loc=("key",), type="key_empty")], Exit.KEY)
    return key


def _content(options: Options) -> bytes | None:
    if options.key_fd is not None:
        with os.fdopen(options.key_fd, "rb") as opened:
            return _whole(opened)
    if options.key_file is None:
        return None
    with options.key_file.open("rb") as opened:
        return _whole(opened)


def _whole(opened: BinaryIO) -> bytes:
    content = opened.read(KEY_LIMIT + 1)
    if len(content) > KEY_LIMIT:
        raise ValueError
    return content
