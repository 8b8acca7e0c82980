"""Which server, and the key that goes to it."""

import os
import re
import shlex
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace

from app.cli.exits import Exit
from app.cli.parser import KEY, SERVER, Options
from app.cli.refused import Refused
from app.core.files import Unreadable, read_descriptor, read_named
from app.core.servers import LOCAL, Server, notes_on_key, server_from
from app.core.text_files import decoded
from app.errors import Problem
from app.redaction import learn
from app.wire import json_text

_NAMES = (KEY, "SESSION_API_KEY")
"""The variable of the launcher and the one of the server itself: in a file that has both, the first wins."""
_BEGINNING = r"(?:-\s+)?(?:export\s+|set\s+|\$env:)?"
_LINE = re.compile(
    rf"{_BEGINNING}(?P<name>{KEY}|SESSION_API_KEY|X-Session-API-Key)\s*[=:]\s*(?P<value>.*)", re.IGNORECASE
)
_OTHER_VARIABLE = re.compile(
    r"""
      (?:export|setx?)\s | \$env:
    | (?:-\s+)? [\w.-]*(?:key|token|secret|password) \s*[=:]\s*[^=\s]  # a key in base64 may end in =
    | (?:-\s+)? (?!authorization:)[a-z_]\w*          (?:\s*=\s*[^=\s]|:\s+\S)
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""What certainly is a variable, also where it stands alone."""
_ONLY_NAMES = ("KEY", "API_KEY", "APIKEY")
"""What a JSON object may call the key if it holds nothing else."""

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
    learn(given)
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
    except (Unreadable, UnicodeDecodeError):
        raise _without_key(Problem(loc=("key",), type="key_unreadable")) from None
    if key is None:
        raise _without_key(Problem(loc=("key",), type="key_unnamed", ctx={"names": "= or ".join(_NAMES)}))
    if not key:  # the environment's would go to a server that it may not be for
        raise _without_key(Problem(loc=("key",), type="key_empty"))
    return key


def key_in(text: str) -> str | None:
    """The key in a file that holds nothing else, or in a file of variables; None where none of these is one.

    A variable stands there as a shell, Docker, PowerShell, YAML or JSON has it: `export SESSION_API_KEY="…"`.
    """
    if text.lstrip().startswith(("{", "[")):
        return _key_in_json(text)
    lines = [line for line in map(str.strip, text.splitlines()) if line and not line.startswith("#")]
    found = [known for line in lines if (known := _LINE.fullmatch(line))]
    if not found:
        return None if any(map(_OTHER_VARIABLE.match, lines)) else text.strip()
    value = min(reversed(found), key=lambda one: _NAMES.index(_variable(one["name"])))["value"]
    if value[:1] in ("'", '"'):
        return value[1:].partition(value[0])[0].strip()
    return re.split(r"\s+#", value)[0].strip()


def _key_in_json(text: str) -> str | None:
    try:
        value = json_text.read(text)
    except json_text.JsonFault:
        return None
    named = {_variable(name): one for name, one in value.items()} if isinstance(value, dict) else {}
    names = (*_NAMES, *_ONLY_NAMES) if len(named) == 1 else _NAMES
    key = next((named[name] for name in names if name in named), None)
    return key.strip() if isinstance(key, str) else None


def _variable(name: str) -> str:
    """The variable that is meant by a name in small letters, or by that of the header."""
    return name.upper().replace("-", "_").removeprefix("X_")


def _without_key(problem: Problem) -> Refused:
    return Refused.by_problems([problem], Exit.KEY)


def _content(options: Options) -> bytes | None:
    """Raises `Unreadable`, also where it is too large to be a key."""
    if options.key_fd is not None:
        try:
            content = read_descriptor(options.key_fd, KEY_LIMIT)
        finally:
            with suppress(OSError):
                os.close(options.key_fd)
    elif options.key_file is not None:
        content = read_named(options.key_file, KEY_LIMIT)
    else:
        return None
    if len(content) > KEY_LIMIT:
        raise Unreadable
    return content
