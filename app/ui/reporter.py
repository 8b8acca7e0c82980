"""The last resort: whatever nobody expected is written down without secrets, said in a sentence, and survived."""

import logging
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, qInstallMessageHandler

from app.core import logs
from app.words import safe_text

if TYPE_CHECKING:
    import asyncio

log = logging.getLogger("launcher")


class Reporter(QObject):
    """Slots, timers and overrides end in `sys.excepthook`, tasks in the loop's handler, threads in their own."""

    reported = Signal(str)
    """The kind of the fault. From whichever thread: Qt brings it to the window's."""

    def install(self) -> None:
        """Hears of everything but the faults of tasks."""
        logs.hand_bugs_to(self.report)
        qInstallMessageHandler(self._from_qt)

    def listen_to(self, loop: "asyncio.AbstractEventLoop") -> None:
        """Hears of the faults of tasks, too."""
        loop.set_exception_handler(self._from_loop)

    def report(self, fault: BaseException) -> None:
        log.error("unexpected: %s", logs.report(fault))
        self.reported.emit(type(fault).__name__)

    def _from_loop(self, _loop: "asyncio.AbstractEventLoop", context: dict[str, Any]) -> None:
        fault = context.get("exception")
        if isinstance(fault, BaseException):
            self.report(fault)
        else:
            log.error("unexpected: %s", safe_text(str(context.get("message")), limit=None))

    def _from_qt(self, _type: QtMsgType, _context: QMessageLogContext, message: str) -> None:
        log.warning("Qt: %s", safe_text(message, limit=None))
