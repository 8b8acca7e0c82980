"""What is logged and reported holds no secret, and forges nothing."""

import gc
import logging
import sys
import threading
from collections.abc import Callable

import pytest

from app.core.logs import OneLineFormatter, log_to_stderr, report
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


class Undying:
    def __del__(self) -> None:
        raise ValueError(KEY)


def fails() -> None:
    raise ValueError(KEY)


BUGS: dict[str, Callable[[], object]] = {
    "anywhere": lambda: sys.excepthook(ValueError, ValueError(KEY), None),
    "in a thread": lambda: run_in_thread(fails),
    "in a finalizer": Undying,
}


def run_in_thread(act: Callable[[], None]) -> None:
    thread = threading.Thread(target=act)
    thread.start()
    thread.join()


@pytest.fixture
def own_hooks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test puts in their place goes with it."""
    for module, hook in ((sys, "excepthook"), (threading, "excepthook"), (sys, "unraisablehook")):
        monkeypatch.setattr(module, hook, getattr(module, hook))


@pytest.mark.usefixtures("own_hooks")
@pytest.mark.parametrize("where", BUGS)
def test_what_nobody_handles_is_logged_without_secrets_in_place_of_pythons_own_words(
    where: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    learn(KEY)
    log_to_stderr(debug=False)
    BUGS[where]()
    gc.collect()
    [record] = caplog.records
    assert record.getMessage().startswith("unexpected: Traceback") or where == "anywhere"
    assert MASK in record.getMessage()
    assert KEY not in record.getMessage() + capfd.readouterr().err


@pytest.mark.usefixtures("own_hooks")
def test_ctrl_c_is_no_bug(caplog: pytest.LogCaptureFixture) -> None:
    log_to_stderr(debug=False)
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert not caplog.records
