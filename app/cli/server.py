"""Which server, and the key that goes to it."""

import os
import re
import shlex
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import BinaryIO

from app.cli.exits import Exit
from app.cli.parser import KEY, SERVER, Options
from app.cli.refused import Refused
from app.core.servers import LOCAL, Server, notes_on_key, server_from
from app.core.text_files import decoded
from app.errors import Problem

_NAMES = (KEY, "SESSION_API_KEY")
"""The variable that we read, and the one that the server reads: what both stand in, the first tells."""
_BEGINNING = r"(?:export\s+|set\s+)?"
_LINE = re.compile(rf"{_BEGINNING}(?P<name>{'|'.join(_NAMES)})\s*=\s*(?P<value>.*)")
_ANY_VARIABLE = re.compile(rf"{_BEGINNING}[A-Za-z_][A-Za-z0-9_]*\s*=")
_OTHER_KEY = re.compile(r"(?:export|set)\s|[A-Z0-9_]*(?:KEY|TOKEN)\s*=\s*[^\s=]")
"""What certainly is a variable, also where it stands alone."""

KEY_LIMIT = 64 * 1024
"""In bytes: a file that is larger holds no key."""


def server_of(options: Options, key: str | None, warn: Callable[[Iterable[Problem]], None]) -> Server:
    """The server that the command line or the environment names, else this machine's own; raises `Refused`.

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
        raise Refused.by_problems(server, Exit.KEY if about_key else Exit.INVALID)
    warn(notes_on_key(given))
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
        key = key_in(decoded(content))
    except (OSError, ValueError):
        raise _without_key(Problem(loc=("key",), type="key_unreadable")) from None
    if key is None:
        raise _without_key(Problem(loc=("key",), type="key_unnamed", ctx={"names": "= or ".join(_NAMES)}))
    if not key:  # the environment's would go to a server that it may not be for
        raise _without_key(Problem(loc=("key",), type="key_empty"))
    return key


def key_in(text: str) -> str | None:
    """The key in a file that holds nothing else, or in a file of variables; None where none of these is one.

    A variable stands there as a shell or Docker reads it: `export SESSION_API_KEY="…"`.
    """
    lines = [line for line in map(str.strip, text.splitlines()) if line and not line.startswith("#")]
    found = [known for line in lines if (known := _LINE.fullmatch(line))]
    if not found:
        several = len(lines) > 1 and all(_ANY_VARIABLE.match(line) for line in lines)
        return None if several or any(map(_OTHER_KEY.match, lines)) else text.strip()
    value = min(reversed(found), key=lambda one: _NAMES.index(one["name"]))["value"]
    if value[:1] in ("'", '"'):
        return value[1:].partition(value[0])[0].strip()
    return re.split(r"\s+#", value)[0].strip()


def _without_key(problem: Problem) -> Refused:
    return Refused.by_problems([problem], Exit.KEY)


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
