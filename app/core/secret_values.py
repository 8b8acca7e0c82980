"""A secret as somebody gave it: resolved, cleaned, or refused because it is certainly not the secret itself.

The window and the command line both come here. What is said never quotes the secret; the name of a variable may be
said. Nothing heavy is imported: a server's key is checked before the first paint.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import replace

from app.errors import Problem
from app.wire.invisible import without_invisible

OWN_KEY = "OPENHANDS_API_KEY"
"""The variable that holds the key of the OpenHands server. No MCP server gets it, whoever asks for it."""

Checked = tuple[str, list[Problem]]
"""The value to send, and what there is to say of it: problems hold it back, warnings do not."""

_NAME, _CAPITALS = r"[A-Za-z_][A-Za-z0-9_]*", r"[A-Z_][A-Z0-9_]*"
_DEFAULT = r"(?::-(?P<default>[^{}]*))?"
_WITHIN = re.compile(rf"\$?\{{env:(?P<a>{_NAME})\}}|\$\{{(?P<b>{_CAPITALS}){_DEFAULT}\}}")
_ALONE = re.compile(rf"\$\{{(?P<a>{_NAME}){_DEFAULT}\}}|\$(?:env:)?(?P<b>{_CAPITALS})|%(?P<c>{_CAPITALS})%")
_FOREIGN = re.compile(r"\$\{[A-Za-z]+:[^{}]*\}|^\s*\$?\{\{.*\}\}\s*$", re.DOTALL)
"""What another program would fill in: `${input:docs}`, `{{ docs }}`, `${{ secrets.DOCS }}`."""

_CLIENTS = re.compile(r"\$?\{(?:env|input):[^{}]*\}")
"""What only a client fills in. `${NAME}` may be meant for the program that is started."""

_BEARER = re.compile(r"\s*(?:authorization\s*:\s*)?bearer(?:\s+|$)", re.IGNORECASE)
_QUOTED = re.compile(r"\s*(?:([\"'`])(?P<a>.*)\1|[“„](?P<b>.*)[”“])\s*", re.DOTALL)
_MASK = re.compile(r"[*•●∙·]{3,}|.*[*•●]{4,}.*")
_WHAT = r"(?:key|token|secret|password|pat|credentials?)"
_NAMED_PLACEHOLDER = re.compile(
    rf"""
      <[\w\ .:/-]+>                                             # <YOUR_TOKEN>
    | (?:[a-z]+[_-])*(?:(?:insert|enter|put|paste|add)[\ _-])?  # sk-…, INSERT_…
      your(?:[\ _-][a-z0-9]+)*?[\ _-]?{_WHAT}(?:[\ _-](?:goes[\ _-])?here)?
    """,
    re.IGNORECASE | re.VERBOSE,
)
_FILLER = re.compile(
    r"""
      x{3,}(?:[\ _-]x+)*                # xxxxxxxx-xxxx
    | [a-z_]{2,12}[_-]x{4,}             # ghp_xxxxxxxx
    | (?:[a-z_]{2,12}[_-])?(?:\.{3}|…)  # sk-…
    """,
    re.IGNORECASE | re.VERBOSE,
)
_LIKELY = re.compile(
    rf"change[ _-]?(?:me|it)|replace[ _-]?me|todo|tbd|placeholder|dummy|api[ _-]?key|my[ _-](?:api[ _-]?)?{_WHAT}",
    re.IGNORECASE,
)
"""Somebody may really have chosen one of these, so they are only warned of."""
_PLACEHOLDER_LIMIT = 100
"""Of a placeholder, in characters."""
_SECRET_NAME = re.compile(r"key|token|secret|pass|auth|credential", re.IGNORECASE)

_PLAIN = re.compile(
    r"""
      [a-z]{1,12} | [A-Z]{1,12} | [A-Z][a-z]{1,11}                          # production, DEBUG, True
    | \d{1,6} | \d{1,3}(?:\.\d{1,3}){1,3}                                   # 8080, 1.2, 127.0.0.1
    | (?:https?|wss?)://[a-z0-9.-]{1,60}(?::\d{1,5})?(?:/[a-z]{1,12}){0,3}/? # http://localhost:3000/mcp
    | (?:localhost|(?:[a-z0-9-]{1,30}\.){1,3}[a-z0-9]{1,12}):\d{1,5}         # localhost:8080
    | [~.]?(?:/[A-Za-z_.-]{1,16}){1,12}/?                                   # /workspace/project
    | [a-z]{2}[_-][A-Z]{2}(?:\.UTF-8)?                                      # en_US.UTF-8
    """,
    re.VERBOSE,
)
"""What a variable holds that is no secret: masked, it would tear sentences apart that are about something else."""


def is_secret(name: str, value: str) -> bool:
    """Whether the value of a variable must not be shown: unless it is a plain word, number, address or path.

    Where the name says that it is a secret, it is one whatever it looks like.
    """
    return _SECRET_NAME.search(name) is not None or not _PLAIN.fullmatch(value)


def server_key(text: str) -> Checked:
    """The key of an OpenHands server, alone. Nothing is resolved for it here."""
    return _of_header(text, None)


def api_key(text: str, environment: Mapping[str, str] = os.environ) -> Checked:
    """The key of an MCP server: the OpenHands server puts it behind `Authorization: Bearer`."""
    return _of_header(text, environment)


def variable(name: str, text: str, environment: Mapping[str, str] = os.environ) -> Checked:
    """An environment variable of an MCP server. White space belongs to it, unless its name is that of a secret."""
    secret = _SECRET_NAME.search(name) is not None
    value, told = _resolved(text, environment)
    cleaned = value.strip() if secret else value
    if not told:
        told = [*_spaces(value, cleaned), *_not_itself(cleaned, secret=secret)]
    if "\0" in cleaned:
        told = [Problem(type="secret_nul")]
    return cleaned, [replace(one, ctx={**one.ctx, "whose": name}) for one in told]


def argument(text: str) -> list[Problem]:
    """What is wrong with an argument of an MCP server. It is shown on the screen, so no secret is put into it."""
    if _CLIENTS.search(text):
        return [Problem(type="argument_reference")]
    bare, _removed = _bare(text)
    is_placeholder = len(bare) <= _PLACEHOLDER_LIMIT and _NAMED_PLACEHOLDER.fullmatch(bare)
    return [Problem(type="argument_placeholder")] if is_placeholder else []


def _of_header(text: str, environment: Mapping[str, str] | None) -> Checked:
    bare, around = _bare(text)
    value, wrong = _resolved(bare, environment)
    inner, around_value = _bare(value)
    cleaned, around = inner.strip(), around | around_value
    if wrong:
        return cleaned, wrong
    if not cleaned and around:
        return "", [Problem(type="secret_missing")]
    notes = [Problem(type=one, blocks=False) for one in sorted(around)]
    told = _not_itself(cleaned, secret=True)
    if not fits_header(cleaned) and not any(one.blocks for one in told):
        told = [Problem(type="key_characters")]
    return cleaned, [*(notes or _spaces(inner, cleaned)), *told]


def _bare(text: str) -> tuple[str, set[str]]:
    """Without what comes along when a key is copied, and the types of the notes that say so."""
    visible = without_invisible(text)
    removed = {"secret_invisible"} if visible != text and visible.strip() else set()
    text = visible
    while True:
        if _BEARER.match(text):
            removed.add("secret_bearer")
            text = _BEARER.sub("", text, count=1)
        elif quoted := _QUOTED.fullmatch(text):
            removed.add("secret_quotes")
            text = quoted["a"] or quoted["b"] or ""
        else:
            return text, removed


def fits_header(value: str) -> bool:
    """Visible ASCII: anything else cannot be sent, and what would send it quotes it in its error."""
    return re.fullmatch(r"[\x21-\x7e]*", value) is not None


def _spaces(given: str, cleaned: str) -> list[Problem]:
    return [Problem(type="secret_spaces", blocks=False)] if cleaned and given != cleaned else []


def _not_itself(value: str, *, secret: bool) -> list[Problem]:
    if _MASK.fullmatch(value):
        return [Problem(type="secret_mask")]
    if len(value) > _PLACEHOLDER_LIMIT:
        return []
    if _NAMED_PLACEHOLDER.fullmatch(value) or _FILLER.fullmatch(value):
        return [Problem(type="secret_placeholder")]
    likely = secret and _LIKELY.fullmatch(value)
    return [Problem(type="secret_likely_placeholder", blocks=False)] if likely else []


def _resolved(text: str, environment: Mapping[str, str] | None) -> Checked:
    """The text with what its references stand for."""
    whole = _ALONE.fullmatch(text.strip())
    found = [whole] if whole else list(_WITHIN.finditer(text))
    is_foreign = not whole and _FOREIGN.search(_WITHIN.sub("", text)) is not None
    if is_foreign or (found and environment is None):
        return text, [Problem(type="secret_reference")]
    wrong = [problem for one in found if (problem := _fault_of(one, environment or {}))]
    if wrong:
        return text, wrong
    pattern = _ALONE if whole else _WITHIN
    return pattern.sub(lambda one: _stands_for(one, environment or {}), text) if found else text, []


def _fault_of(reference: re.Match[str], environment: Mapping[str, str]) -> Problem | None:
    name = _name_in(reference)
    if name == OWN_KEY:
        return Problem(type="secret_own", ctx={"name": name})
    is_set = reference["default"] is not None or environment.get(name)
    return None if is_set else Problem(type="secret_not_set", ctx={"name": name})


def _stands_for(reference: re.Match[str], environment: Mapping[str, str]) -> str:
    """As in a shell: the default also takes the place of what is set and empty."""
    return environment.get(_name_in(reference)) or reference["default"] or ""


def _name_in(reference: re.Match[str]) -> str:
    return next(one for key, one in reference.groupdict().items() if key != "default" and one)
