"""A key that is held down is one press, also where X11 sends it as releases and presses in turn."""

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from app.ui.theme import key_repeat
from tests.conftest import until
from tests.demo import Running
from tests.gui.conftest import Open, OpenDesk

CTRL, NONE = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.NoModifier
HELD, AGAIN = 10**9, -1
"""So long after a release a press comes of a held key: always, never."""


def press(controller: OpenDesk, modifiers: Qt.KeyboardModifier) -> None:
    """Return is let go, as its window hears, and pressed again."""
    handle, focused = controller.window.windowHandle(), controller.window.focusWidget()
    assert handle is not None
    assert focused is not None
    release = QKeyEvent(QEvent.Type.KeyRelease, Qt.Key.Key_Return, modifiers)
    QCoreApplication.sendEvent(handle, release)
    QTest.keyClick(focused, Qt.Key.Key_Return, modifiers)


def asks(controller: OpenDesk) -> bool:
    return "Press again" in controller.window.launch.foot.sentence()


@pytest.mark.parametrize("at_once_ms", [HELD, AGAIN])
async def test_a_held_shortcut_launches_once(
    demo: Running, open_desk: Open, monkeypatch: pytest.MonkeyPatch, at_once_ms: int
) -> None:
    monkeypatch.setattr(key_repeat, "AT_ONCE_MS", AGAIN)
    async with open_desk(demo.address) as controller:
        await until(controller.window.isActiveWindow, "the window has the focus")
        controller.type("initial_user_msg", "Fix it")
        press(controller, CTRL)
        message = controller.find(QPlainTextEdit, "initial_user_msg")
        await until(lambda: message.toPlainText() == "", "the launch has its answer")
        monkeypatch.setattr(key_repeat, "AT_ONCE_MS", at_once_ms)
        press(controller, CTRL)
        assert asks(controller) is (at_once_ms == AGAIN)
        press(controller, CTRL)
        await until(
            lambda: len(demo.server.seen("create")) == (2 if at_once_ms == AGAIN else 1), "that is all"
        )


@pytest.mark.parametrize("at_once_ms", [HELD, AGAIN])
async def test_a_button_that_is_held_is_pressed_once_and_fills_no_message_with_lines(
    demo: Running, open_desk: Open, monkeypatch: pytest.MonkeyPatch, at_once_ms: int
) -> None:
    monkeypatch.setattr(key_repeat, "AT_ONCE_MS", AGAIN)
    async with open_desk(demo.address) as controller:
        await until(controller.window.isActiveWindow, "the window has the focus")
        controller.type("initial_user_msg", "Fix it")
        controller.find(QWidget, "launch").setFocus(Qt.FocusReason.TabFocusReason)
        press(controller, NONE)
        message = controller.find(QPlainTextEdit, "initial_user_msg")
        await until(lambda: message.toPlainText() == "", "the launch has its answer")
        assert message.hasFocus()
        monkeypatch.setattr(key_repeat, "AT_ONCE_MS", at_once_ms)
        press(controller, NONE)
        assert message.toPlainText() == ("\n" if at_once_ms == AGAIN else "")
