"""A press starts what one means to start: nothing empty by accident, and all that is being composed."""

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPointF, Qt
from PySide6.QtGui import QImage, QInputMethodEvent, QKeyEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QPlainTextEdit, QWidget

from app.core.kinds import LaunchKind
from app.ui.launch.images import ImagesField
from app.ui.theme import LineField, Segments, TextField
from tests.conftest import until
from tests.demo import Running, faults, running
from tests.demo.pace import Pace
from tests.demo.server import DemoServer
from tests.gui.conftest import Open, OpenDesk

QUESTION = "There is no message yet. Press again to start without one."


def sent(demo: Running) -> list[dict[str, Any]]:
    return [request.body for request in demo.server.seen("create") if request.body is not None]


def sentence(controller: OpenDesk) -> str:
    return controller.window.launch.foot.sentence()


def by_click(controller: OpenDesk) -> None:
    controller.press()


def by_shortcut(controller: OpenDesk) -> None:
    controller.window.activateWindow()
    message = controller.find(QWidget, "initial_user_msg")
    QTest.keyClick(message, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)


def by_enter_on_the_button(controller: OpenDesk) -> None:
    button = controller.find(QWidget, "launch")
    button.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(button, Qt.Key.Key_Return)


Press = Callable[[OpenDesk], None]
each_press = pytest.mark.parametrize("press", [by_click, by_shortcut, by_enter_on_the_button])


@each_press
@pytest.mark.parametrize("instructions", ["", "Be brief"])
async def test_an_empty_start_is_asked_about_and_the_second_press_is_the_answer(
    demo: Running, open_desk: Open, press: Press, instructions: str
) -> None:
    async with open_desk(demo.address) as controller:
        controller.window.launch.draft.put(("conversation_instructions",), instructions)
        press(controller)
        assert (sentence(controller), controller.rows()) == (QUESTION, [])
        assert controller.window.focusWidget() is controller.find(QWidget, "initial_user_msg")
        press(controller)
        await until(lambda: sent(demo), "it has started")
        assert sent(demo) == [{"conversation_instructions": instructions} if instructions else {}]


async def test_an_empty_start_after_a_launch_is_said_to_be_on_its_way(demo: Running, open_desk: Open) -> None:
    async with open_desk(demo.address) as controller:
        controller.type("initial_user_msg", "Fix it")
        controller.press()
        await until(lambda: sentence(controller) == "Started: Fix it", "the answer has come")
        demo.server.answer_next("create", faults.hang())
        controller.press()
        assert sentence(controller) == QUESTION
        controller.press()
        await until(lambda: sentence(controller).startswith("On its way to "), "it is out")


async def test_spaces_are_no_message(demo: Running, open_desk: Open) -> None:
    async with open_desk(demo.address) as controller:
        controller.type("initial_user_msg", "  ")
        controller.press()
        assert (sentence(controller), controller.rows()) == (QUESTION, [])


async def test_an_image_alone_is_something_to_start_with(demo: Running, open_desk: Open) -> None:
    async with open_desk(demo.address) as controller:
        picture = QImage(2, 2, QImage.Format.Format_RGB32)
        picture.fill(Qt.GlobalColor.red)
        brought = QMimeData()
        brought.setImageData(picture)
        controller.find(ImagesField, "image_urls").add_from(brought)
        await until(lambda: controller.window.launch.draft.image_urls, "the image is there")
        controller.press()
        await until(lambda: sent(demo), "it has started")


async def test_typing_takes_the_question_back(demo: Running, open_desk: Open) -> None:
    async with open_desk(demo.address) as controller:
        controller.press()
        controller.type("initial_user_msg", "F")
        await until(lambda: sentence(controller).startswith("Starts on "), "the question is taken back")
        controller.find(QPlainTextEdit, "initial_user_msg").clear()
        controller.press()
        assert (sentence(controller), controller.rows()) == (QUESTION, [])


async def test_another_kind_takes_the_question_back(demo: Running, open_desk: Open) -> None:
    async with open_desk(demo.address) as controller:
        kinds: Segments[LaunchKind] = controller.find(Segments, "kind")
        controller.press()
        for kind in (LaunchKind.REPLAY, LaunchKind.MESSAGE):
            QTest.mouseClick(kinds.segment(kind), Qt.MouseButton.LeftButton)
        await until(lambda: sentence(controller).startswith("Starts on "), "the question is taken back")
        controller.press()
        assert (sentence(controller), controller.rows()) == (QUESTION, [])


async def test_news_of_the_server_leave_the_question(demo: Running, open_desk: Open) -> None:
    async with open_desk(demo.address) as controller:
        controller.press()
        demo.do(demo.server.add, title="An older one")
        assert controller.controller.connection
        controller.controller.connection.polling.retry_now()
        await until(lambda: controller.rows(), "the list is read")
        assert sentence(controller) == QUESTION


async def test_a_key_that_is_held_is_no_answer(demo: Running, open_desk: Open) -> None:
    async with open_desk(demo.address) as controller:
        controller.window.activateWindow()
        handle = controller.window.windowHandle()
        control = Qt.KeyboardModifier.ControlModifier
        controller.find(QWidget, "initial_user_msg").setFocus()
        for turn in range(5):
            event = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Return, control, autorep=turn > 0)
            QApplication.sendEvent(handle, event)
        assert (sentence(controller), controller.rows()) == (QUESTION, [])


async def test_the_second_half_of_a_double_click_is_no_answer(demo: Running, open_desk: Open) -> None:
    async with open_desk(demo.address) as controller:
        button = controller.find(QWidget, "launch")
        controller.press()
        where = QPointF(button.rect().center())
        for kind in (QEvent.Type.MouseButtonDblClick, QEvent.Type.MouseButtonRelease):
            left = Qt.MouseButton.LeftButton
            event = QMouseEvent(
                kind, where, button.mapToGlobal(where), left, left, Qt.KeyboardModifier.NoModifier
            )
            QApplication.sendEvent(button, event)
        assert (sentence(controller), controller.rows()) == (QUESTION, [])


# What an input method composes.


def compose(field: QWidget, text: str) -> None:
    """Text that an input method shows in the field, and has not given to it."""
    field.setFocus()
    QApplication.sendEvent(field, QInputMethodEvent(text, []))


@each_press
async def test_what_is_still_composed_is_sent(demo: Running, open_desk: Open, press: Press) -> None:
    async with open_desk(demo.address) as controller:
        controller.type("initial_user_msg", "Fix ")
        compose(controller.find(QWidget, "initial_user_msg"), "ログイン")
        assert controller.window.launch.draft.initial_user_msg == "Fix "
        press(controller)
        await until(lambda: sent(demo), "it has started")
        assert sent(demo) == [{"initial_user_msg": "Fix ログイン"}]


async def test_what_is_composed_in_a_line_is_sent(demo: Running, open_desk: Open) -> None:
    async with open_desk(demo.address) as controller:
        controller.type("initial_user_msg", "Fix it")
        controller.type("repository", "acme/web")
        compose(controller.find(QWidget, "selected_branch"), "ветка")
        controller.press()
        await until(lambda: sent(demo), "it has started")
        assert sent(demo)[0]["selected_branch"] == "ветка"


async def test_what_is_composed_for_the_next_message_outlives_the_answer(open_desk: Open) -> None:
    with running(DemoServer(pace=Pace.quick(answer=float("inf")))) as demo:
        async with open_desk(demo.address) as controller:
            controller.type("initial_user_msg", "Fix it")
            controller.press()
            await until(lambda: demo.server.waiting("answer"), "the request is at the server")
            compose(controller.find(QWidget, "initial_user_msg"), "次")
            demo.do(demo.server.release, "answer")
            await until(lambda: controller.rows()[0].conversation_id, "the answer has come")
            await until(lambda: controller.window.launch.draft.initial_user_msg == "次", "nothing is lost")


async def test_an_answer_leaves_alone_what_is_composed_where_it_empties_nothing(open_desk: Open) -> None:
    with running(DemoServer(pace=Pace.quick(answer=float("inf")))) as demo:
        async with open_desk(demo.address) as controller:
            controller.type("initial_user_msg", "Fix it")
            controller.press()
            await until(lambda: demo.server.waiting("answer"), "the request is at the server")
            branch = controller.find(LineField, "selected_branch")
            compose(branch, "ве")
            demo.do(demo.server.release, "answer")
            await until(lambda: sentence(controller) == "Started: Fix it", "the answer has come")
            assert (branch.text(), branch.composition) == ("", "ве")
            assert controller.window.launch.draft.initial_user_msg == ""


async def test_an_answer_leaves_alone_what_is_composed_for_a_message_that_it_does_not_empty(
    open_desk: Open,
) -> None:
    with running(DemoServer(pace=Pace.quick(answer=float("inf")))) as demo:
        async with open_desk(demo.address) as controller:
            controller.type("initial_user_msg", "Fix it")
            controller.press()
            await until(lambda: demo.server.waiting("answer"), "the request is at the server")
            message = controller.find(TextField, "initial_user_msg")
            message.selectAll()
            controller.type("initial_user_msg", "Another one")
            compose(message, "次")
            demo.do(demo.server.release, "answer")
            await until(lambda: sentence(controller) == "Started: Fix it", "the answer has come")
            assert (message.toPlainText(), message.composition) == ("Another one", "次")


async def test_an_answer_leaves_alone_what_is_composed_in_a_dialog(open_desk: Open) -> None:
    with running(DemoServer(pace=Pace.quick(answer=float("inf")))) as demo:
        async with open_desk(demo.address) as controller:
            controller.window.activateWindow()
            controller.type("initial_user_msg", "Fix it")
            controller.press()
            await until(lambda: demo.server.waiting("answer"), "the request is at the server")
            controller.click("add_mcp_server")
            dialog = controller.find(QDialog, "mcp_server")
            await until(dialog.isActiveWindow, "the dialog is there")
            field = QApplication.focusWidget()
            assert isinstance(field, LineField)
            compose(field, "サー")
            demo.do(demo.server.release, "answer")
            await until(lambda: sentence(controller) == "Started: Fix it", "the answer has come")
            assert (field.text(), field.composition) == ("", "サー")
            dialog.reject()


async def test_what_was_composed_once_is_not_written_again(demo: Running, open_desk: Open) -> None:
    async with open_desk(demo.address) as controller:
        message = controller.find(QPlainTextEdit, "initial_user_msg")
        compose(message, "ログ")
        done = QInputMethodEvent()
        done.setCommitString("ログイン")
        QApplication.sendEvent(message, done)
        controller.press()
        await until(lambda: sent(demo), "it has started")
        assert sent(demo) == [{"initial_user_msg": "ログイン"}]
