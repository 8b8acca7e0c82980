"""The key of an OpenHands server as somebody gave it: alone, or in variables, as a file or a clipboard holds them.

Window, command line and environment all come here.
"""

import re

from app.core import secret_values
from app.core.secret_values import OWN_KEY, Checked
from app.errors import Problem
from app.wire import json_text

_NAMES = (OWN_KEY, "SESSION_API_KEY")
"""The variable of the launcher and the one of the server itself: where both stand, the first wins."""
_BEGINNING = r"(?:-\s+)?(?:export\s+|set\s+|\$env:)?"
_LINE = re.compile(
    rf"{_BEGINNING}(?P<name>{OWN_KEY}|SESSION_API_KEY|X-Session-API-Key)\s*[=:]\s*(?P<value>.*)",
    re.IGNORECASE,
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


def session_key(text: str) -> Checked:
    """The key to send, "" for none, and what there is to say of it. Another variable's value is never taken for it."""
    found = key_in(text) if text.strip() else ""
    if found is None:
        return "", [Problem(type="key_unnamed", ctx={"first": _NAMES[0], "second": _NAMES[1]})]
    if not found:
        return "", [Problem(type="secret_missing")] if text.strip() else []
    return secret_values.server_key(found)


def key_in(text: str) -> str | None:
    """The key in a text that holds nothing else, or in variables; None where none of these is one.

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
