"""The form is there before what it works with."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from app.core.draft import LaunchDraft
from app.core.tasks import Tasks
from app.ui import app as program
from app.ui import main as life
from app.ui import theme
from app.ui.launch.images import ImagesField
from app.ui.window import MainWindow
from tests.conftest import until

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def window(qapp: QApplication) -> Iterator[MainWindow]:
    theme.install(qapp)
    window = MainWindow(Tasks(lambda fault: None))
    yield window
    window.close()
    window.deleteLater()


def test_what_paints_the_form_loads_neither_models_nor_coroutines_nor_http() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import sys, app.ui.app; print(*sys.modules)"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert "app.ui.launch.pane" in told
    heavy = {"pydantic", "pydantic_core", "asyncio", "qasync", "httpx", "PIL", "app.compose"}
    later = {"attachments", "files", "imaging", "repositories", "session_key", "text_files"}
    assert not (heavy | {f"app.core.{name}" for name in later} | {"app.wire.rules"}) & set(told)


def type_into(window: MainWindow, kind: type[QWidget], name: str, text: str) -> None:
    field = window.findChild(kind, name)
    assert isinstance(field, kind)
    QTest.keyClicks(field, text)


def test_what_is_typed_before_there_is_a_draft_gets_into_it(window: MainWindow) -> None:
    window.show()
    type_into(window, QPlainTextEdit, "initial_user_msg", "Fix it")
    type_into(window, QLineEdit, "repository", "acme/web")
    window.complete()
    type_into(window, QPlainTextEdit, "initial_user_msg", " now")
    assert window.launch.draft == LaunchDraft(initial_user_msg="Fix it now", repository="acme/web")


def test_what_is_pressed_before_there_is_a_draft_loses_nothing(window: MainWindow) -> None:
    window.show()
    type_into(window, QPlainTextEdit, "initial_user_msg", "Fix it")
    for key in (Qt.Key.Key_N, Qt.Key.Key_Return):
        QTest.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)
    window.complete()
    assert window.launch.draft == LaunchDraft(initial_user_msg="Fix it")


def test_what_leads_to_the_page_of_servers_cannot_be_pressed_before_there_is_one(window: MainWindow) -> None:
    assert not window.header.server.isEnabled()
    window.complete()
    assert window.header.server.isEnabled()


async def test_an_image_that_is_dropped_before_there_is_a_loop_gets_into_the_draft(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_loop() -> None:
        raise RuntimeError

    path = tmp_path / "shot.png"
    assert QImage(2, 2, QImage.Format.Format_RGB32).save(str(path))
    images = window.findChild(ImagesField)
    assert isinstance(images, ImagesField)
    window.show()
    with monkeypatch.context() as before:
        before.setattr(asyncio, "get_running_loop", no_loop)
        images.add_files([path])
    window.complete()
    assert window.launch.draft.image_urls == []
    window._tasks.begin()
    await until(lambda: window.launch.draft.image_urls, "the image is read")


def test_the_cursor_is_in_the_message_from_the_start(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted(monkeypatch)
    assert program.show_form(window)
    assert focused(window) == "initial_user_msg"


def test_who_types_in_another_field_already_keeps_the_cursor_there(window: MainWindow) -> None:
    window.show()
    repository = window.findChild(QLineEdit, "repository")
    assert repository is not None
    repository.setFocus()
    window.complete()
    window.launch.take_focus()
    assert focused(window) == "repository"
    window.header.server.setFocus()
    window.launch.take_focus()
    assert focused(window) == "initial_user_msg"


def focused(window: MainWindow) -> str:
    widget = window.focusWidget()
    assert widget is not None
    return widget.objectName()


def test_ones_own_message_for_a_microagent_outlives_the_arrival_of_the_draft(window: MainWindow) -> None:
    window.show()
    type_into(window, QLineEdit, "create_microagent.repo", "acme/web")
    type_into(window, QPlainTextEdit, "microagent_msg", "In my own words")
    window.complete()
    assert window.launch.draft.microagent_msg == "In my own words"
    assert window.launch.draft.create_microagent.repo == "acme/web"


def test_an_address_that_was_pasted_early_is_taken_apart(window: MainWindow) -> None:
    window.show()
    type_into(window, QLineEdit, "repository", "https://github.com/acme/web/tree/main")
    window.complete()
    draft = window.launch.draft
    assert (draft.repository, draft.git_provider, draft.selected_branch) == ("acme/web", "github", "main")


def test_a_window_that_is_closed_before_it_is_painted_ends(window: MainWindow) -> None:
    QTimer.singleShot(0, window.close)
    assert not program.show_form(window)


def test_it_tells_once_that_it_is_painted(window: MainWindow, qtbot: QtBot) -> None:
    told: list[bool] = []
    window.painted.connect(lambda: told.append(True))
    with qtbot.waitSignal(window.painted):
        window.show()
    window.repaint()
    qtbot.wait_until(lambda: not window.visibleRegion().isEmpty())
    assert told == [True]


def test_the_form_is_shown_until_the_rest_is_loaded(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = noted(monkeypatch)
    assert program.show_form(window)
    assert loaded == [True]


def test_a_window_that_is_closed_at_once_begins_nothing(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted(monkeypatch)
    window.painted.connect(window.close)
    assert not program.show_form(window)


def test_a_window_that_nobody_sees_begins_all_the_same(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = noted(monkeypatch)
    monkeypatch.setattr(program, "UNSEEN_MS", 1)
    window._was_painted = True  # it will not tell
    assert program.show_form(window)
    assert loaded == [True]


def noted(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether the rest was loaded, in another thread than this."""
    asked: list[bool] = []
    here = threading.current_thread()
    monkeypatch.setattr(life, "load", lambda: asked.append(threading.current_thread() is not here))
    return asked
