"""Wherever a way through the window ends, the next word that is typed arrives in the message."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QPlainTextEdit, QWidget

from app.core.kinds import LaunchKind
from app.ui.launch.image_tile import Tile
from app.ui.theme import Bar, Fold, Segments
from tests.conftest import until
from tests.demo import Running, running
from tests.demo.pace import Pace
from tests.demo.server import DemoServer
from tests.gui.conftest import Open, OpenDesk


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None, "the cursor is nowhere"
    return widget


def type_on(text: str) -> None:
    """Types into whatever has the focus, as hands do."""
    for letter in text:
        QTest.keyClicks(focused(), letter)


def press_key(key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(focused(), key, modifiers)


def focus_by_key(controller: OpenDesk, name: str) -> None:
    controller.find(QWidget, name).setFocus(Qt.FocusReason.TabFocusReason)
    assert focused() is controller.find(QWidget, name)


def segment(controller: OpenDesk, kind: LaunchKind) -> QWidget:
    kinds: Segments[LaunchKind] = controller.find(Segments, "kind")
    return kinds.segment(kind)


def message(controller: OpenDesk) -> str:
    return str(controller.window.launch.draft.initial_user_msg)


def go_by_click(controller: OpenDesk) -> None:
    controller.click("connect")


def go_by_enter_in_the_address(controller: OpenDesk) -> None:
    QTest.keyClick(controller.find(QWidget, "address"), Qt.Key.Key_Return)


def go_by_enter_on_the_button(controller: OpenDesk) -> None:
    focus_by_key(controller, "connect")
    press_key(Qt.Key.Key_Return)


def go_back(controller: OpenDesk) -> None:
    controller.click("back")


def go_to_the_demo(controller: OpenDesk) -> None:
    controller.click("demo")


@pytest.mark.parametrize(
    "go", [go_by_click, go_by_enter_in_the_address, go_by_enter_on_the_button, go_back, go_to_the_demo]
)
@pytest.mark.parametrize("before", ["repository", "kind.message", "initial_user_msg", "server"])
async def test_after_the_page_of_servers_what_is_typed_is_the_message(
    demo: Running, open_desk: Open, go: Callable[[OpenDesk], None], before: str
) -> None:
    async with open_desk(demo.address) as controller:
        focus_by_key(controller, before)
        controller.controller.ask_for_server()
        assert focused().objectName() == "address"
        go(controller)
        await until(controller.window.launch.isVisible, "the form is shown")
        type_on("Fix it")
        assert message(controller) == "Fix it"


@pytest.mark.parametrize(
    "field", ["repository", "selected_branch", "git_provider", "kind.message", "sessions", "server", "launch"]
)
@pytest.mark.parametrize("by_click", [True, False])
async def test_after_a_launch_from_anywhere_what_is_typed_is_the_next_message(
    demo: Running, open_desk: Open, field: str, by_click: bool
) -> None:
    demo.do(demo.server.add, title="An older one")
    async with open_desk(demo.address) as controller:
        controller.window.activateWindow()
        await until(lambda: controller.rows(), "the list is read")
        controller.type("initial_user_msg", "Fix it")
        focus_by_key(controller, field)
        if by_click:
            controller.press()
        else:
            press_key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        await until(lambda: "Started" in controller.window.launch.foot.sentence(), "the answer has come")
        type_on("Next")
        assert message(controller) == "Next"


async def test_after_a_launch_from_the_instructions_what_is_typed_is_the_next_message(
    demo: Running, open_desk: Open
) -> None:
    async with open_desk(demo.address) as controller:
        controller.window.activateWindow()
        controller.type("initial_user_msg", "Fix it")
        controller.click("instructions")
        controller.type("conversation_instructions", "Be brief")
        press_key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        await until(lambda: controller.rows()[0].conversation_id, "the answer has come")
        type_on("Next")
        draft = controller.window.launch.draft
        assert (draft.initial_user_msg, draft.conversation_instructions) == ("Next", "Be brief")


async def test_after_a_launch_of_another_kind_the_cursor_is_in_its_first_field(
    demo: Running, open_desk: Open
) -> None:
    async with open_desk(demo.address) as controller:
        QTest.mouseClick(segment(controller, LaunchKind.MICROAGENT), Qt.MouseButton.LeftButton)
        type_on("acme/web")
        controller.type("create_microagent.title", "Tests")
        controller.press()
        await until(lambda: controller.rows()[0].conversation_id, "the answer has come")
        type_on("acme/api")
        assert controller.find(QLineEdit, "create_microagent.repo").text() == "acme/api"


@pytest.mark.parametrize("by_click", [True, False])
async def test_what_is_typed_goes_on_behind_the_restored_text(
    demo: Running, open_desk: Open, by_click: bool
) -> None:
    async with open_desk(demo.address) as controller:
        controller.type("initial_user_msg", "Fix it")
        controller.window.launch.clear()
        assert focused().objectName() == "initial_user_msg"
        controller.find(QWidget, "repository").setFocus()
        if by_click:
            controller.click("undo")
        else:
            focus_by_key(controller, "undo")
            press_key(Qt.Key.Key_Return)
        type_on(", please")
        assert message(controller) == "Fix it, please"


@pytest.mark.parametrize("by_click", [True, False])
async def test_what_is_typed_goes_on_behind_what_is_launched_again(
    demo: Running, open_desk: Open, by_click: bool
) -> None:
    async with open_desk(demo.address) as controller:
        controller.type("initial_user_msg", "Fix it")
        controller.press()
        again = controller.find(QWidget, "again")
        await until(again.isVisible, "it can be launched again")
        if by_click:
            controller.click("again")
        else:
            focus_by_key(controller, "again")
            press_key(Qt.Key.Key_Return)
        type_on(", please")
        assert message(controller) == "Fix it, please"


async def test_folding_a_section_in_which_somebody_typed_leads_to_the_message(
    demo: Running, open_desk: Open
) -> None:
    async with open_desk(demo.address) as controller:
        controller.click("instructions")
        controller.type("conversation_instructions", "Be brief")
        controller.click("instructions")
        assert not controller.find(QWidget, "conversation_instructions").isVisible()
        type_on("Fix it")
        assert message(controller) == "Fix it"


async def test_opening_a_section_with_the_mouse_leads_into_it(demo: Running, open_desk: Open) -> None:
    async with open_desk(demo.address) as controller:
        controller.click("instructions")
        type_on("Be brief")
        assert controller.window.launch.draft.conversation_instructions == "Be brief"
        assert message(controller) == ""


async def test_letters_typed_at_an_image_take_the_cursor_along_and_no_other_key_reaches_the_text(
    demo: Running, open_desk: Open
) -> None:
    async with open_desk(demo.address) as controller:
        controller.window.launch.draft.put(("initial_user_msg",), "Look: ")
        controller.window.launch.draft.put(("image_urls",), ["https://a.example/x.png"])
        await until(lambda: controller.window.launch.findChildren(Tile), "its tile is there")
        (tile,) = controller.window.launch.findChildren(Tile)
        for name in ("add_image", ""):
            widget = controller.find(QWidget, name) if name else tile
            widget.setFocus(Qt.FocusReason.TabFocusReason)
            before = message(controller)
            if name:
                press_key(Qt.Key.Key_Backspace)
            press_key(Qt.Key.Key_Home)
            assert message(controller) == before
            assert focused() is widget
            type_on("a b")
            assert message(controller) == f"{before}a b"


async def test_what_is_typed_behind_a_message_that_is_out_is_the_next_message(
    open_desk: Open,
) -> None:
    with running(DemoServer(pace=Pace.quick(answer=float("inf")))) as demo:
        async with open_desk(demo.address) as controller:
            controller.type("initial_user_msg", "Fix it")
            press_key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
            await until(lambda: demo.server.waiting("answer"), "the request is at the server")
            type_on(" and that")
            demo.do(demo.server.release, "answer")
            await until(lambda: message(controller) == "and that", "what was sent is used up")
            (launch,) = demo.server.seen("create")
            assert launch.body["initial_user_msg"] == "Fix it"


async def test_folding_by_key_keeps_the_cursor_on_the_fold(demo: Running, open_desk: Open) -> None:
    async with open_desk(demo.address) as controller:
        focus_by_key(controller, "instructions")
        for is_open in (True, False):
            press_key(Qt.Key.Key_Return)
            assert next(fold.is_open() for fold in controller.window.launch.findChildren(Fold)) is is_open
            assert focused().objectName() == "instructions"


@pytest.mark.parametrize("bar", ["bar", "window_bar"])
async def test_a_bar_that_is_closed_by_key_leads_to_the_message(
    demo: Running, open_desk: Open, bar: str
) -> None:
    async with open_desk(demo.address) as controller:
        controller.find(Bar, bar).show_message("warn", "Something.", "More.", "Close")
        controller.window._over.show()
        button = controller.find(Bar, bar).button()
        button.setFocus(Qt.FocusReason.TabFocusReason)
        press_key(Qt.Key.Key_Escape)
        assert not controller.find(Bar, bar).isVisible()
        type_on("Fix it")
        assert message(controller) == "Fix it"


@pytest.mark.parametrize("by_click", [True, False])
async def test_after_a_dialog_what_is_typed_is_the_message(
    demo: Running, open_desk: Open, by_click: bool
) -> None:
    async with open_desk(demo.address) as controller:
        controller.window.activateWindow()
        add = controller.find(QWidget, "add_mcp_server")
        if by_click:
            QTest.mouseClick(add, Qt.MouseButton.LeftButton, pos=QPoint(10, 10))
        else:
            focus_by_key(controller, "add_mcp_server")
            press_key(Qt.Key.Key_Return)
        dialog = controller.find(QDialog, "mcp_server")
        await until(dialog.isActiveWindow, "the dialog is there")
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
        await until(lambda: not controller.window.findChild(QDialog), "it has gone")
        controller.window.activateWindow()  # which a window manager does
        await until(QApplication.focusWidget, "the window is back")
        type_on("Fix it")
        assert message(controller) == "Fix it"


@pytest.mark.parametrize("name", ["kind.message", "add_image", "instructions", "launch", "server"])
async def test_letters_that_no_control_takes_arrive_in_the_message(
    demo: Running, open_desk: Open, name: str
) -> None:
    async with open_desk(demo.address) as controller:
        controller.type("initial_user_msg", "Fix ")
        focus_by_key(controller, name)
        type_on("it")
        assert message(controller) == "Fix it"


async def test_letters_that_no_control_takes_are_no_text_where_no_form_is(
    demo: Running, open_desk: Open
) -> None:
    async with open_desk(demo.address) as controller:
        controller.controller.ask_for_server()
        focus_by_key(controller, "test")
        type_on("it")
        assert message(controller) == ""
        assert focused().objectName() == "test"


async def test_the_button_of_a_session_that_goes_leads_to_the_list(demo: Running, open_desk: Open) -> None:
    async with open_desk(demo.address) as controller:
        controller.type("initial_user_msg", "Fix it")
        controller.press()
        await until(controller.find(QWidget, "stop").isVisible, "it can be stopped")
        focus_by_key(controller, "stop")
        press_key(Qt.Key.Key_Return)
        await until(lambda: not controller.find(QWidget, "stop").isVisible(), "it has stopped")
        assert focused().objectName() == "sessions"


async def test_in_a_narrow_window_the_form_comes_with_the_cursor_in_the_message(
    demo: Running, open_desk: Open
) -> None:
    async with open_desk(demo.address) as controller:
        demo.do(demo.server.add, title="Fix the login")
        await until(lambda: controller.rows(), "the list is read")
        focus_by_key(controller, "sessions")
        controller.window.resize(420, 700)
        from app.ui.header import Side

        controller.window.show_side(Side.SESSIONS)
        controller.window.show_side(Side.NEW)
        assert isinstance(focused(), QPlainTextEdit)
        type_on("Fix it")
        assert message(controller) == "Fix it"
