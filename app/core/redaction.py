"""Secrets kept out of logs and reports, by their value: whatever prints them, they do not get through."""

import base64
import json
import logging
import re
import traceback
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from app.wire.choices import MASK
from app.words import safe_text

if TYPE_CHECKING:
    from pydantic import SecretStr

LONGEST = 20_000
"""In characters. Cut only after the secrets are out: half of one is still one."""

_KEY_IN_AN_ADDRESS = re.compile(r"(session_api_key=)[^&\s'\"]+")
"""By its place: aiohttp quotes the key in a way of its own."""

_ESCAPED_BYTE = re.compile(r"%[0-9A-F]{2}")


class Redactor:
    """Knows the secrets of this run, and takes them out of text, also in the forms they travel in."""

    def __init__(self) -> None:
        self._forms: set[str] = set()

    def learn(self, secret: "SecretStr | None") -> None:
        value = secret.get_secret_value() if secret else ""
        if len(value) >= 4:  # a shorter one would tear ordinary words apart
            self._forms.update(_forms(value))

    def clean(self, text: str) -> str:
        for form in sorted(self._forms, key=len, reverse=True):
            text = text.replace(form, MASK)
        return _KEY_IN_AN_ADDRESS.sub(rf"\1{MASK}", text)

    def report(self, fault: BaseException) -> str:
        """Where a bug happened and what it says of itself, without the secrets that we know."""
        lines = traceback.format_exception(fault, chain=True)
        return safe_text(self.clean("".join(lines)), limit=LONGEST)


class RedactingFormatter(logging.Formatter):
    """One line a record, without secrets and without characters that forge other lines."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        text = self._redactor.clean(super().format(record))
        return safe_text(text.replace("\n", "\\n"), limit=LONGEST)


def log_to_stderr(redactor: Redactor, *, debug: bool) -> None:
    """All that is logged goes there, redacted; without `debug` only errors."""
    handler = logging.StreamHandler()
    handler.setFormatter(RedactingFormatter(redactor))
    logging.basicConfig(level=logging.DEBUG if debug else logging.ERROR, handlers=[handler])


def _forms(value: str) -> tuple[str, ...]:
    """As it is, as in an address, a header, JSON, HTML, and as Python shows it."""
    raw = value.encode(errors="replace")
    encoded = (base64.b64encode(raw), base64.urlsafe_b64encode(raw))
    quoted = {quote(raw, safe=""), quote_plus(raw)}
    in_json = {_in_json(value, ascii_only=ascii_only) for ascii_only in (True, False)}
    return (
        value,
        *quoted,
        *(_ESCAPED_BYTE.sub(lambda byte: byte[0].lower(), one) for one in quoted),
        *(one.decode().rstrip("=") for one in encoded),
        *in_json,
        *(_in_json(one, ascii_only=True) for one in in_json),  # in a text that is quoted once more
        escape(value),
        repr(value)[1:-1],
        repr(raw)[2:-1],
    )


def _in_json(text: str, *, ascii_only: bool) -> str:
    return json.dumps(text, ensure_ascii=ascii_only)[1:-1]
