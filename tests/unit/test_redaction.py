"""Secrets stay out of logs and reports, whatever prints them and in whatever form."""

import base64
import html
import json
import logging
import re
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from yarl import URL

from app.core.redaction import RedactingFormatter, Redactor
from app.wire.choices import MASK

KEY = 'sk-c/a+n=a&r y?"ü\\1'


def redactor(*secrets: str) -> Redactor:
    one = Redactor()
    for secret in secrets:
        one.learn(SecretStr(secret))
    return one


FORMS = {
    "plain": KEY,
    "in a path": quote(KEY, safe=""),
    "in a query": quote_plus(KEY),
    "in an address": urlencode({"session_api_key": KEY}).partition("=")[2],
    "in base64": base64.b64encode(KEY.encode()).decode(),
    "in base64 for addresses": base64.urlsafe_b64encode(KEY.encode()).decode(),
    "in JSON": json.dumps(KEY)[1:-1],
    "in JSON as it is": json.dumps(KEY, ensure_ascii=False)[1:-1],
    "in JSON within JSON": json.dumps(json.dumps(KEY)[1:-1])[1:-1],
    "in an address of small letters": re.sub("%..", lambda byte: byte[0].lower(), quote(KEY, safe="")),
    "in HTML": html.escape(KEY),
    "in a repr": repr(KEY)[1:-1],
    "in a repr of bytes": repr(KEY.encode())[2:-1],
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_secret_is_masked_in_every_form_it_travels_in(form: str) -> None:
    assert redactor(KEY).clean(f"before {form} after {form}") == f"before {MASK} after {MASK}".replace(
        MASK, MASK + ("=" if form.endswith("=") else "")
    )


def test_the_key_in_an_address_is_masked_however_it_was_quoted() -> None:
    key = "s3cr!t$K(ey)=x@y:z;q"
    address = URL(f"ws://h/socket.io/?{urlencode({'session_api_key': key, 'EIO': 4})}")
    assert "t$K(ey)%3Dx" in str(address)
    assert redactor(key).clean(f"url='{address}'") == f"url='ws://h/socket.io/?session_api_key={MASK}&EIO=4'"


def test_the_longer_of_two_secrets_is_masked_whole() -> None:
    assert redactor("canary", "canary-two").clean("canary-two canary") == f"{MASK} {MASK}"


@pytest.mark.parametrize("secret", [None, SecretStr(""), SecretStr("abc")])
def test_what_is_too_short_to_be_a_secret_tears_no_words_apart(secret: SecretStr | None) -> None:
    one = Redactor()
    one.learn(secret)
    assert one.clean("abc of abc") == "abc of abc"


@given(st.text(min_size=4).filter(lambda text: text not in MASK), st.text(), st.text())
def test_no_secret_gets_through(secret: str, before: str, after: str) -> None:
    try:
        secret.encode()
    except UnicodeEncodeError:
        return
    told = redactor(secret).clean(before + secret + after)
    assert not [part for part in told.split(MASK) if secret in part]


def test_a_report_names_the_fault_and_its_place_but_no_secret() -> None:
    try:
        raise ValueError(f"bad key {KEY}")
    except ValueError as fault:
        report = redactor(KEY).report(fault)
    assert "ValueError: bad key" in report
    assert "test_a_report_names_the_fault" in report
    assert KEY not in report
    assert MASK in report


@pytest.mark.parametrize("length", range(19_900, 20_001, 5))
def test_a_report_that_is_cut_does_not_cut_a_secret_in_two(length: int) -> None:
    secret = "canary" * 10
    report = redactor(secret).report(ValueError("x" * length + secret))
    assert "canary" not in report


def test_a_report_escapes_what_forges_lines_and_directions() -> None:
    report = redactor().report(ValueError("\x1b[31m\u202egnp.exe"))
    assert "\x1b" not in report
    assert "\u202e" not in report


def formatted(message: str, *args: object, secret: str = KEY, fault: BaseException | None = None) -> str:
    info = (type(fault), fault, None) if fault else None
    record = logging.LogRecord("app.test", logging.INFO, __file__, 1, message, args, info)
    return RedactingFormatter(redactor(secret)).format(record)


def test_a_log_line_is_one_line_without_secrets() -> None:
    line = formatted("asked %s\r\nINFO app.forged: all is well \x1b[0m", f"http://a/?session_api_key={KEY}")
    assert KEY not in line
    assert len(line.splitlines()) == 1
    assert "\x1b" not in line
    assert line.count(MASK) == 1
    assert " INFO app.test: asked " in line


def test_a_secret_of_several_lines_is_masked_too() -> None:
    pem = "-----BEGIN KEY-----\nabcdef\nghijkl\n-----END KEY-----"
    line = formatted("env %s", pem, secret=pem)
    assert line.endswith(f"env {MASK}")


def test_a_fault_in_a_log_line_is_redacted_too() -> None:
    line = formatted("failed", fault=ValueError(KEY))
    assert KEY not in line
    assert MASK in line
    assert "\n" not in line
