"""The last resort: whatever nobody expected is written down without secrets, said in a sentence, and survived."""

import logging
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, qInstallMessageHandler

from app.core import bug_reports, logs
from app.foreign_text import safe_text

if TYPE_CHECKING:
    import asyncio

log = logging.getLogger("launcher")


class Reporter(QObject):
    """Slots, timers and overrides end in `sys.excepthook`, tasks in the loop's handler, threads in their own."""

    reported = Signal(str, bool)
    """The kind of the fault, and whether its report is kept. From whichever thread: Qt brings it to the window's."""

    _is_telling = False

    def install(self) -> None:
        """Hears of everything but the faults of tasks."""
        logs.hand_bugs_to(self.report)
        qInstallMessageHandler(self._from_qt)

    def listen_to(self, loop: "asyncio.AbstractEventLoop") -> None:
        """Hears of the faults of tasks, too."""
        loop.set_exception_handler(self._from_loop)

    def report(self, fault: BaseException) -> None:
        is_kept = logs.report_bug(fault) is not None
        if self._is_telling:  # a bug in who is told of one
            return
        self._is_telling = True
        try:
            self.reported.emit(type(fault).__name__, is_kept)
        finally:
            self._is_telling = False

    def _from_loop(self, _loop: "asyncio.AbstractEventLoop", context: dict[str, Any]) -> None:
        fault = context.get("exception")
        if isinstance(fault, BaseException):
            self.report(fault)
        else:
            log.error("unexpected: %s", safe_text(str(context.get("message")), limit=None))

    def _from_qt(self, type_: QtMsgType, _context: QMessageLogContext, message: str) -> None:
        said = f"Qt: {safe_text(message, limit=None)}"
        log.warning("%s", said)
        if type_ is QtMsgType.QtFatalMsg:  # the process ends with it
            bug_reports.keep(said)
