"""The life of the window: asyncio in Qt, Ctrl+C, and what is ended at the end."""

import asyncio
import importlib
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QSocketNotifier
from PySide6.QtWidgets import QApplication

from app.core.draft import LaunchDraft
from app.ui.desk import CLOSE_S, Desk
from app.ui.loop import Loop
from app.ui.opened import Opened
from app.ui.remembered import keep_geometry
from app.ui.theme import program_icon


def load() -> None:
    """Loads what is needed next and takes longer than a frame, for a thread: it touches no widget."""
    LaunchDraft().to_request()  # builds what validates
    for module in ("app.core.attachments", "app.ui.servers.page", "app.ui.sessions.pane"):
        importlib.import_module(module)


def main(qt: QApplication, opened: Opened) -> int:
    """Lives until the window is closed, and gives the process's exit code. Raises `KeyboardInterrupt`."""
    qt.setWindowIcon(program_icon())
    with asyncio.Runner(loop_factory=lambda: Loop(qt)) as runner, _waking_for_signals():
        return runner.run(_main(opened))


async def _main(opened: Opened) -> int:
    loop = asyncio.get_running_loop()
    opened.reporter.listen_to(loop)
    window, tasks = opened.window, opened.tasks
    window.complete()
    desk = Desk(window, tasks, opened.redactor, opened.reporter.report)
    closed = asyncio.Event()
    window.closed.connect(closed.set)
    if opened.begins_with_form and not window.isVisible():
        closed.set()  # in the moment of the hand-over

    def end() -> None:
        """Whatever a launch comes to that is out: whoever ends the process does not read it."""
        window.close()
        loop.call_later(CLOSE_S, window.close)

    signal.signal(signal.SIGTERM, lambda *_: loop.call_soon_threadsafe(end))

    def begin() -> None:
        desk.begin(opened.server, demo=opened.demo)
        if not opened.begins_with_form:
            window.show()
        tasks.begin()

    try:
        if opened.off_screen:
            from app.ui.tour import tour

            return await tour(desk, closed, begin, demo=opened.demo)
        begin()
        await closed.wait()
        return 0
    finally:
        keep_geometry(window)
        await tasks.aclose()
        await desk.aclose()


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
