"""The application: Qt, and the form as soon as it can be painted. Its life is in `main`."""

import gc
import importlib
import os
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEventLoop, QMetaObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from app.core.servers import Server
from app.core.tasks import Tasks
from app.ui import theme
from app.ui.first_window import FirstWindow
from app.ui.platform_settings import PlatformSettings
from app.ui.reporter import Reporter
from app.ui.window import MainWindow

if TYPE_CHECKING:
    from pydantic import SecretStr

UNSEEN_MS = 500
"""A window that nobody sees, a minimized one, is never painted."""
LISTEN_MS = 50
"""While Qt waits no handler of Python's runs: so often it gets a turn, until `main` is there, which wakes it."""


@dataclass(frozen=True, slots=True)
class StartOptions:
    """What the command line asked for."""

    server: Server | None = None
    key: "SecretStr | None" = None
    """For the server last used, when none is named."""
    demo: bool = False
    off_screen: bool = False
    """The demo is driven by the tour, which tells what it does; nobody sees a window."""


def run(options: StartOptions) -> int:
    """Opens the window and gives the process's exit code when it is closed."""
    if options.off_screen:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    qt = QApplication(sys.argv[:1])
    QCoreApplication.setOrganizationName("OpenHands Launcher")
    QCoreApplication.setApplicationName("OpenHands Launcher")
    QGuiApplication.setDesktopFileName("openhands-launcher")
    qt.setQuitOnLastWindowClosed(False)
    theme.install(qt)
    first_window = _open(options)
    if first_window.begins_with_form and not show_form(first_window.window):
        return 0
    from app.ui.main import main

    gc.freeze()  # what is there now stays: the collector need not look at it again and again
    gc.enable()
    return main(qt, first_window)


def _open(options: StartOptions) -> FirstWindow:
    reporter = Reporter()
    reporter.install()
    tasks = Tasks(reporter.report)
    window = MainWindow(tasks)
    reporter.reported.connect(window.show_bug)
    settings = PlatformSettings()
    window.restore(settings.geometry())
    server = options.server
    if server is None and (last := settings.last_server()):
        server = Server(last, options.key)
    if server:
        window.header.show_server(server)
    return FirstWindow(window, tasks, reporter, settings, server, options.demo, options.off_screen)


def show_form(window: MainWindow) -> bool:
    """Shows the form until a thread has loaded the rest; all the while it takes text. False if it was closed."""
    waiting = QEventLoop()

    def load() -> None:
        try:
            importlib.import_module("app.ui.main").load()
        finally:
            QMetaObject.invokeMethod(waiting, "quit", Qt.ConnectionType.QueuedConnection)

    loading = threading.Thread(target=load)
    begin = QTimer(singleShot=True, interval=UNSEEN_MS)
    begin.timeout.connect(loading.start, Qt.ConnectionType.SingleShotConnection)
    window.painted.connect(lambda: begin.start(0))
    window.closed.connect(waiting.quit)
    begin.start()
    window.launch.focus_message()
    window.show()
    listening = QTimer(interval=LISTEN_MS)
    listening.timeout.connect(lambda: None)
    listening.start()
    waiting.exec()
    listening.stop()
    begin.stop()
    if loading.ident is not None:  # a system that ends may end us before it began
        loading.join()
    return window.isVisible()
