"""What is logged, and what is reported of a bug: without secrets, and without characters that forge other lines."""

import logging
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path

from app.core import bug_reports
from app.foreign_text import safe_text
from app.redaction import redacted

log = logging.getLogger("launcher")

LINE_LIMIT = 20_000
"""Of a line or a report, in characters."""


def report(fault: BaseException) -> str:
    """Where a bug happened and what it says of itself."""
    return safe_text("".join(traceback.format_exception(fault, chain=True)), limit=LINE_LIMIT)


class OneLineFormatter(logging.Formatter):
    """One line a record."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        text = redacted(super().format(record))  # before its lines become one: a secret may have several
        return safe_text(text.replace("\n", "\\n"), limit=LINE_LIMIT)


def log_to_stderr(*, debug: bool) -> None:
    """All that is logged goes there; without `debug` only errors, bugs among them."""
    handler = logging.StreamHandler()
    handler.setFormatter(OneLineFormatter())
    logging.basicConfig(level=logging.DEBUG if debug else logging.ERROR, handlers=[handler])
    hand_bugs_to(report_bug)


def report_bug(fault: BaseException) -> Path | None:
    """Logs it and keeps its report; gives the file, or None where it cannot be kept."""
    said = report(fault)
    log.error("unexpected: %s", said)
    return bug_reports.keep(said)


def hand_bugs_to(hear: Callable[[BaseException], object]) -> None:
    """Whatever nobody handles, in whichever thread, in place of what Python would write of it by itself."""

    def handle(fault: BaseException | None) -> None:
        if fault is not None and not isinstance(fault, KeyboardInterrupt | SystemExit):
            hear(fault)

    sys.excepthook = lambda _type, fault, _trace: handle(fault)
    threading.excepthook = lambda args: handle(args.exc_value)
    sys.unraisablehook = lambda args: handle(args.exc_value)
