"""The application: Qt with asyncio in it, Ctrl+C, and the handlers of last resort."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pydantic import SecretStr
from PySide6.QtCore import QCoreApplication, QSettings, QSocketNotifier
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from app.core.redaction import Redactor
from app.core.servers import Server
from app.core.tasks import Tasks
from app.ui import theme
from app.ui.desk import GEOMETRY, Desk, last_server
from app.ui.loop import Loop
from app.ui.reporter import Reporter
from app.ui.window import MainWindow


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for."""

    server: Server | None = None
    key: SecretStr | None = None
    """For the server last used, when none is named."""
    demo: bool = False


def run(options: Options, redactor: Redactor) -> int:
    """Opens the window and gives the process's exit code when it is closed. Raises `KeyboardInterrupt`."""
    off_screen = _has_no_screen()
    if off_screen:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    qt = QApplication(sys.argv[:1])
    QCoreApplication.setOrganizationName("OpenHands Launcher")
    QCoreApplication.setApplicationName("OpenHands Launcher")
    QGuiApplication.setDesktopFileName("openhands-launcher")
    qt.setQuitOnLastWindowClosed(False)
    theme.install(qt)
    with asyncio.Runner(loop_factory=lambda: Loop(qt)) as runner, _waking_for_signals():
        return runner.run(_main(options, redactor, off_screen=off_screen))


async def _main(options: Options, redactor: Redactor, *, off_screen: bool) -> int:
    loop = asyncio.get_running_loop()
    reporter = Reporter(redactor)
    reporter.install(loop)
    tasks = Tasks(reporter.report)
    window = MainWindow(tasks)
    desk = Desk(window, tasks, redactor, reporter.report)
    reporter.reported.connect(window.show_bug)
    closed = asyncio.Event()
    window.closed.connect(closed.set)
    signal.signal(signal.SIGTERM, lambda *_: loop.call_soon_threadsafe(window.close))
    _restore(window)
    window.show()

    def begin() -> None:
        desk.begin(options.server or last_server(options.key), demo=options.demo)

    try:
        if off_screen:
            from app.ui.tour import tour

            return await tour(desk, closed, begin, demo=options.demo)
        begin()
        await closed.wait()
        return 0
    finally:
        QSettings().setValue(GEOMETRY, window.saveGeometry())
        await tasks.aclose()
        await desk.aclose()


def _restore(window: MainWindow) -> None:
    geometry = QSettings().value(GEOMETRY)
    if geometry is not None:
        window.restoreGeometry(geometry)


def _has_no_screen() -> bool:
    """Only where a missing display would abort the program; a platform somebody chose is left alone."""
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM"):
        return os.environ.get("QT_QPA_PLATFORM") == "offscreen"
    return not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


@contextmanager
def _waking_for_signals() -> Iterator[None]:
    """While Qt waits Python runs no signal handler: a byte in this socket wakes it, so that Ctrl+C gets through."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    wake = QSocketNotifier(ours.fileno(), QSocketNotifier.Type.Read)
    wake.activated.connect(lambda: ours.recv(4096))
    try:
        yield
    finally:
        wake.setEnabled(False)
        signal.set_wakeup_fd(-1)
        ours.close()
        theirs.close()
