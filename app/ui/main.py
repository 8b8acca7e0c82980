"""The life of the window: asyncio in Qt, Ctrl+C, and what is ended at the end."""

import asyncio
import importlib
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from PySide6.QtCore import QSocketNotifier
from PySide6.QtWidgets import QApplication

from app.core import bug_reports
from app.core.draft import LaunchDraft
from app.core.interrupts import GRACE_S, INTERRUPTED, interrupts
from app.core.tasks import in_thread
from app.ui.controller import CLOSE_S, Controller
from app.ui.first_window import FirstWindow
from app.ui.loop import Loop
from app.ui.theme import program_icon
from app.ui.window import MainWindow


def load() -> None:
    """Loads what is needed next and takes longer than a frame, for a thread: it touches no widget."""
    LaunchDraft().to_request()  # builds what validates
    for module in (
        "app.core.address_fields",
        "app.core.attachments",
        "app.ui.servers.page",
        "app.ui.sessions.pane",
    ):
        importlib.import_module(module)


def main(qt: QApplication, first_window: FirstWindow) -> int:
    """Lives until the window is closed, and gives the process's exit code."""
    qt.setWindowIcon(program_icon())
    with asyncio.Runner(loop_factory=lambda: Loop(qt)) as runner, _waking_for_signals():
        return runner.run(_main(first_window))


async def _main(first_window: FirstWindow) -> int:
    first_window.reporter.listen_to(asyncio.get_running_loop())
    window, tasks = first_window.window, first_window.tasks
    window.complete()
    controller = Controller(window, tasks, first_window.settings, first_window.reporter.report)
    closed = asyncio.Event()
    window.closed.connect(closed.set)
    if first_window.begins_with_form and not window.isVisible():
        closed.set()  # in the moment of the hand-over
    _close_when_interrupted(window)
    code = 0
    try:
        code = await _lived(first_window, controller, closed)
    finally:
        first_window.settings.keep_geometry(bytes(window.saveGeometry().data()))
        await tasks.aclose()
        await controller.aclose()
        code = INTERRUPTED if interrupts.came else code
        interrupts.keep_exit_code(code)
    return code


async def _lived(first_window: FirstWindow, controller: Controller, closed: asyncio.Event) -> int:
    controller.begin(first_window.server, demo=first_window.demo)
    if not first_window.begins_with_form:
        first_window.window.show()
    first_window.tasks.begin()
    first_window.tasks.start("bug reports", partial(_tell_earlier_bug, first_window.window))
    if first_window.off_screen:
        from app.ui.off_screen_demo import run_off_screen_demo

        return await run_off_screen_demo(controller, closed)
    return await until_closed(controller, closed)


async def until_closed(_controller: Controller, closed: asyncio.Event, /) -> int:
    """A person drives the window, until it is closed."""
    await closed.wait()
    return 0


async def _tell_earlier_bug(window: MainWindow) -> None:
    if await in_thread(bug_reports.begin) is not None:
        window.show_earlier_bug()


def _close_when_interrupted(window: MainWindow) -> None:
    """Ctrl+C and SIGTERM close it, and do not wait for ever for what a launch comes to."""
    loop = asyncio.get_running_loop()

    def close() -> None:
        window.close()
        loop.call_later(CLOSE_S, window.close)
        loop.call_later(CLOSE_S + GRACE_S, interrupts.end_now)

    interrupts.on_interrupt(partial(loop.call_soon_threadsafe, close), last_words=lambda: None)


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
