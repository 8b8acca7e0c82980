"""Whatever nobody expected reaches one handler once: logged without secrets, said in a sentence, survived."""

import asyncio
import gc
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QTimer, Signal, qInstallMessageHandler, qWarning
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget

from app.core import bug_reports
from app.core.tasks import Tasks
from app.redaction import MASK, learn
from app.ui import theme
from app.ui.reporter import Reporter
from app.ui.theme import Bar
from app.ui.window import MainWindow
from tests.conftest import until

SECRET = "s3cr3t-c4n4ry"


class Oops(Exception):
    """A bug, whose text holds a secret."""

    def __init__(self) -> None:
        super().__init__(f"it was {SECRET}")


class Bugs(QObject):
    """All places where a bug can be met, each in a method."""

    happened = Signal()

    def __init__(self, tasks: Tasks, window: QWidget) -> None:
        super().__init__()
        self._tasks = tasks
        self._window = window

    def slot(self) -> None:
        self.happened.connect(_fail)
        self.happened.emit()

    def timer(self) -> None:
        QTimer.singleShot(0, self, _fail)

    def paint_event(self) -> None:
        Unpaintable(self._window).show()

    def callback_of_the_loop(self) -> None:
        asyncio.get_running_loop().call_soon(_fail)

    def task_with_an_owner(self) -> None:
        self._tasks.start("bug", _fail_later)

    def task_of_nobody(self) -> None:
        task = asyncio.get_running_loop().create_task(_fail_later())
        del task

    def other_thread(self) -> None:
        threading.Thread(target=_fail).start()

    def finalizer(self) -> None:
        Undying()


class Unpaintable(QWidget):
    """Fails once, then paints nothing."""

    failed = False

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        if not self.failed:
            self.failed = True
            _fail()


class Undying:
    def __del__(self) -> None:
        _fail()


def _fail() -> None:
    raise Oops


async def _fail_later() -> None:
    await asyncio.sleep(0)
    _fail()


PLACES: list[Callable[[Bugs], None]] = [
    Bugs.slot,
    Bugs.timer,
    Bugs.paint_event,
    Bugs.callback_of_the_loop,
    Bugs.task_with_an_owner,
    Bugs.task_of_nobody,
    Bugs.other_thread,
    Bugs.finalizer,
]


@contextmanager
def installed(reporter: Reporter) -> Iterator[None]:
    """The handlers are the process's own: the next test finds its own again."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, asyncio.BaseEventLoop)
    before = sys.excepthook, threading.excepthook, sys.unraisablehook
    reporter.install()
    reporter.listen_to(loop)
    try:
        yield
    finally:
        sys.excepthook, threading.excepthook, sys.unraisablehook = before
        qInstallMessageHandler(None)
        loop.set_exception_handler(None)


class Desk:
    """A window whose bar says what was reported, as in the program."""

    def __init__(self) -> None:
        learn(SECRET)
        self.reporter = Reporter()
        self.tasks = Tasks(self.reporter.report)
        self.window = MainWindow(self.tasks)
        self.said: list[str] = []
        self.reporter.reported.connect(lambda kind, _is_kept: self.said.append(kind))
        self.reporter.reported.connect(self.window.show_bug)
        self.window.show()

    def bar(self) -> Bar:
        return self.window.bar


@pytest.fixture
def controller(loop: asyncio.AbstractEventLoop, qapp: object) -> Iterator[Desk]:
    from PySide6.QtWidgets import QApplication

    assert isinstance(qapp, QApplication)
    theme.install(qapp)
    controller = Desk()
    yield controller
    loop.run_until_complete(controller.tasks.aclose())
    controller.window.close()
    controller.window.deleteLater()


@pytest.mark.parametrize("place", PLACES, ids=[place.__name__ for place in PLACES])
async def test_a_bug_reaches_the_one_handler_once_and_the_program_goes_on(
    controller: Desk, caplog: pytest.LogCaptureFixture, place: Callable[[Bugs], None]
) -> None:
    with installed(controller.reporter):
        bugs = Bugs(controller.tasks, controller.window)
        place(bugs)
        gc.collect()
        await until(lambda: controller.said, "it is reported")
        for _ in range(2):  # whatever would report it twice has its turn
            gc.collect()
            for _turn in range(10):
                await asyncio.sleep(0)
        went_on = asyncio.Event()
        QTimer.singleShot(0, went_on.set)
        await went_on.wait()
    assert controller.said == ["Oops"]
    assert controller.bar().isVisible()
    assert controller.bar().text() == (
        "Something went wrong in the launcher. It keeps running. A report of the fault (Oops) was saved."
    )
    assert controller.bar().button().text() == "Show the report"
    (record,) = [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert record.name == "launcher"
    assert SECRET not in record.getMessage()
    assert MASK in record.getMessage()
    assert "in _fail" in record.getMessage()
    (report,) = bug_reports.folder().iterdir()
    assert "in _fail" in report.read_text("utf-8")
    assert SECRET not in report.read_text("utf-8")


async def test_a_bug_whose_report_cannot_be_kept_is_in_the_terminal(
    controller: Desk, own_settings: Path
) -> None:
    (own_settings / "openhands-launcher").write_text("no folder", "utf-8")
    with installed(controller.reporter):
        bugs = Bugs(controller.tasks, controller.window)
        bugs.timer()
        await until(lambda: controller.said, "it is reported")
    assert controller.bar().text() == (
        "Something went wrong in the launcher. "
        "It keeps running. The terminal that it was started from has the details (Oops)."
    )
    assert controller.bar().button().text() == "Close"


async def test_what_the_loop_says_without_an_exception_is_logged_clean(
    controller: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    with installed(controller.reporter):
        asyncio.get_running_loop().call_exception_handler({"message": f"odd {SECRET}"})
    assert [one.getMessage() for one in caplog.records] == [f"unexpected: odd {MASK}"]
    assert controller.said == []


@pytest.mark.qt_log_level_fail("CRITICAL")
async def test_what_qt_says_is_logged_clean(controller: Desk, caplog: pytest.LogCaptureFixture) -> None:
    with installed(controller.reporter):
        reporter = controller.reporter
        qInstallMessageHandler(reporter._from_qt)
        qWarning(f"QWidget: {SECRET}")
    assert [one.getMessage() for one in caplog.records] == [f"Qt: QWidget: {MASK}"]


async def test_a_bug_in_who_is_told_of_one_is_not_told_again_and_again(
    controller: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    with installed(controller.reporter):
        controller.reporter.reported.connect(_fail)
        controller.reporter.report(ValueError())
    assert controller.said == ["ValueError"]
    assert len(caplog.records) == 2


async def test_ctrl_c_is_no_bug(controller: Desk, caplog: pytest.LogCaptureFixture) -> None:
    with installed(controller.reporter):
        sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
        sys.excepthook(SystemExit, SystemExit(), None)
    assert not caplog.records
    assert controller.said == []
