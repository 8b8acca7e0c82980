"""What is logged and reported holds no secret, and forges nothing."""

import logging

import pytest

from app.core.logs import OneLineFormatter, report
from app.redaction import MASK, learn

KEY = 'sk-c/a+n=a&r y?"ü\\1'


def test_a_report_names_the_fault_and_its_place_but_no_secret() -> None:
    learn(KEY)
    try:
        raise ValueError(f"bad key {KEY}")
    except ValueError as fault:
        said = report(fault)
    assert "ValueError: bad key" in said
    assert "test_a_report_names_the_fault" in said
    assert KEY not in said
    assert MASK in said


@pytest.mark.parametrize("length", range(19_900, 20_001, 5))
def test_a_report_that_is_cut_does_not_cut_a_secret_in_two(length: int) -> None:
    learn("canary" * 10)
    assert "canary" not in report(ValueError("x" * length + "canary" * 10))


def test_a_report_escapes_what_forges_lines_and_directions() -> None:
    said = report(ValueError("\x1b[31m\u202egnp.exe"))
    assert "\x1b" not in said
    assert "\u202e" not in said


def formatted(message: str, *args: object, secret: str = KEY, fault: BaseException | None = None) -> str:
    info = (type(fault), fault, None) if fault else None
    record = logging.LogRecord("app.test", logging.INFO, __file__, 1, message, args, info)
    learn(secret)
    return OneLineFormatter().format(record)


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
