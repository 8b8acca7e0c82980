"""Secrets kept out of logs and reports, by their value: whatever prints them, they do not get through."""

import base64
import logging
import traceback
from urllib.parse import quote, quote_plus

from pydantic import SecretStr

from app.words import safe_text

MASK = "**********"


class Redactor:
    """Knows the secrets of this run, and takes them out of text, also in the forms they travel in."""

    def __init__(self) -> None:
        self._forms: set[str] = set()

    def learn(self, secret: SecretStr | None) -> None:
        value = secret.get_secret_value() if secret else ""
        if len(value) >= 4:  # a shorter one would tear ordinary words apart
            encoded = base64.b64encode(value.encode()).decode()
            self._forms.update((value, quote(value, safe=""), quote_plus(value), encoded.rstrip("=")))

    def clean(self, text: str) -> str:
        for form in sorted(self._forms, key=len, reverse=True):
            text = text.replace(form, MASK)
        return text

    def report(self, fault: BaseException) -> str:
        """Where a bug happened: types and places, no values of variables."""
        lines = traceback.format_exception(fault, chain=True)
        return self.clean(safe_text("".join(lines), limit=20_000))


class RedactingFormatter(logging.Formatter):
    """One line a record, without secrets and without characters that forge other lines."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record).replace("\n", "\\n")
        return safe_text(self._redactor.clean(text), limit=20_000)
