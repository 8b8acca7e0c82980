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


def press(desk: OpenDesk, modifiers: Qt.KeyboardModifier) -> None:
    """Return is let go, as its window hears, and pressed again."""
    handle, focused = desk.window.windowHandle(), desk.window.focusWidget()
    assert handle is not None
    assert focused is not None
    release = QKeyEvent(QEvent.Type.KeyRelease, Qt.Key.Key_Return, modifiers)
    QCoreApplication.sendEvent(handle, release)
    QTest.keyClick(focused, Qt.Key.Key_Return, modifiers)


def asks(desk: OpenDesk) -> bool:
    return "Press again" in desk.window.launch.foot.sentence()


@pytest.mark.parametrize("at_once_ms", [HELD, AGAIN])
async def test_a_held_shortcut_launches_once(
    demo: Running, open_desk: Open, monkeypatch: pytest.MonkeyPatch, at_once_ms: int
) -> None:
    monkeypatch.setattr(key_repeat, "AT_ONCE_MS", AGAIN)
    async with open_desk(demo.address) as desk:
        await until(desk.window.isActiveWindow, "the window has the focus")
        desk.type("initial_user_msg", "Fix it")
        press(desk, CTRL)
        message = desk.find(QPlainTextEdit, "initial_user_msg")
        await until(lambda: message.toPlainText() == "", "the launch has its answer")
        monkeypatch.setattr(key_repeat, "AT_ONCE_MS", at_once_ms)
        press(desk, CTRL)
        assert asks(desk) is (at_once_ms == AGAIN)
        press(desk, CTRL)
        await until(
            lambda: len(demo.server.seen("create")) == (2 if at_once_ms == AGAIN else 1), "that is all"
        )


@pytest.mark.parametrize("at_once_ms", [HELD, AGAIN])
async def test_a_button_that_is_held_is_pressed_once_and_fills_no_message_with_lines(
    demo: Running, open_desk: Open, monkeypatch: pytest.MonkeyPatch, at_once_ms: int
) -> None:
    monkeypatch.setattr(key_repeat, "AT_ONCE_MS", AGAIN)
    async with open_desk(demo.address) as desk:
        await until(desk.window.isActiveWindow, "the window has the focus")
        desk.type("initial_user_msg", "Fix it")
        desk.find(QWidget, "launch").setFocus(Qt.FocusReason.TabFocusReason)
        press(desk, NONE)
        message = desk.find(QPlainTextEdit, "initial_user_msg")
        await until(lambda: message.toPlainText() == "", "the launch has its answer")
        assert message.hasFocus()
        monkeypatch.setattr(key_repeat, "AT_ONCE_MS", at_once_ms)
        press(desk, NONE)
        assert message.toPlainText() == ("\n" if at_once_ms == AGAIN else "")
