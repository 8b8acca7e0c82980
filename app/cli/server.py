"""Which server, and the key that goes to it."""

import os
from pathlib import Path

from pydantic import SecretStr

from app.cli.exits import Exit
from app.cli.parser import SERVER, Options
from app.cli.refused import Refused
from app.core.servers import LOCAL, Server, ServerDraft
from app.errors import Problem

KEY_LIMIT = 64 * 1024
"""In bytes: a file that is larger holds no key."""


def server_of(options: Options, key: str | None) -> Server:
    """The server that the command line or the environment names, else this machine's own; raises `Refused`.

    `key`: from the environment. A key that somebody hands over for this call goes before it.
    """
    address = os.environ.get(SERVER) or LOCAL if options.server is None else options.server
    draft = ServerDraft(address=address, key=SecretStr(_handed_over(options) or key or ""))
    server = draft.to_server()
    if isinstance(server, list):
        about_key = all(one.loc == ("key",) for one in server)
        raise Refused.by_problems(server, Exit.KEY if about_key else Exit.INVALID)
    return server


def careful(server: Server, options: Options) -> Server:
    """The same server; raises `Refused` before a key crosses a network in clear that nobody agreed to."""
    if server.key and server.address.in_clear and not options.key_in_clear:
        raise Refused.by_problems([Problem(loc=("key",), type="key_in_clear")])
    return server


def is_named(options: Options) -> bool:
    """Whether somebody said which server; else we only try the usual place."""
    return options.demo or options.server is not None or SERVER in os.environ


def _handed_over(options: Options) -> str | None:
    try:
        if options.key_fd is not None:
            with os.fdopen(options.key_fd, "rb") as opened:
                return _read(opened.read(KEY_LIMIT))
        return _read(_start_of(options.key_file)) if options.key_file else None
    except (OSError, OverflowError, UnicodeDecodeError):
        raise Refused.by_problems([Problem(loc=("key",), type="key_unreadable")], Exit.KEY) from None


def _start_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(KEY_LIMIT)


def _read(content: bytes) -> str:
    return content.decode().strip()
