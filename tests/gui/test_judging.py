"""A field is judged when it was edited and left, or after a press: who only looks around sees no red."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from app import messages
from app.core.kinds import LaunchKind
from app.ui.form import Form
from app.ui.theme import Segments
from tests.conftest import until
from tests.demo import Running
from tests.gui.conftest import Open, OpenDesk


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def walk(key: Qt.Key, steps: int) -> None:
    for _ in range(steps):
        QTest.keyClick(focused(), key)


def judged(root: QWidget) -> list[str]:
    """What is shown as wrong."""
    form = root.findChild(Form)
    assert form is not None
    form.recheck()  # which is put off, for many keys at once
    return [messages.problem(problem) for problem in form.shown_problems()]


def choose(controller: OpenDesk, kind: LaunchKind) -> None:
    kinds: Segments[LaunchKind] = controller.find(Segments, "kind")
    QTest.mouseClick(kinds.segment(kind), Qt.MouseButton.LeftButton)


@pytest.mark.parametrize("kind", [LaunchKind.SUGGESTED_TASK, LaunchKind.MICROAGENT, LaunchKind.REPLAY])
async def test_opening_a_kind_and_walking_through_it_judges_nothing(
    demo: Running, open_desk: Open, kind: LaunchKind
) -> None:
    async with open_desk(demo.address) as controller:
        choose(controller, kind)
        walk(Qt.Key.Key_Tab, 16)
        assert judged(controller.window.launch) == []
        choose(controller, LaunchKind.MESSAGE)
        choose(controller, kind)
        assert judged(controller.window.launch) == []


async def test_walking_through_what_a_launch_has_emptied_judges_nothing(
    demo: Running, open_desk: Open
) -> None:
    async with open_desk(demo.address) as controller:
        choose(controller, LaunchKind.MICROAGENT)
        controller.type("create_microagent.repo", "acme/web")
        controller.type("create_microagent.title", "Tests")
        controller.press()
        await until(lambda: "Started" in controller.window.launch.foot.sentence(), "the answer has come")
        walk(Qt.Key.Key_Tab, 12)
        walk(Qt.Key.Key_Backtab, 12)
        assert judged(controller.window.launch) == []


async def test_a_field_that_was_edited_and_left_is_judged_also_when_it_is_empty_again(
    demo: Running, open_desk: Open
) -> None:
    async with open_desk(demo.address) as controller:
        choose(controller, LaunchKind.SUGGESTED_TASK)
        controller.type("suggested_task.title", "x")
        QTest.keyClick(focused(), Qt.Key.Key_Backspace)
        assert judged(controller.window.launch) == []
        walk(Qt.Key.Key_Tab, 1)
        assert judged(controller.window.launch) == ["This is needed."]


async def test_what_was_typed_before_there_was_a_draft_is_judged_when_it_is_left(
    demo: Running, open_desk: Open
) -> None:
    async with open_desk(demo.address) as controller:
        controller.type("selected_branch", "a b")
        controller.find(QWidget, "repository").setFocus()
        assert judged(controller.window.launch) == ["The name of a branch cannot contain spaces."]


@pytest.mark.parametrize("typed", ["", "exa"])
async def test_going_up_to_the_kind_of_an_mcp_server_judges_nothing(
    demo: Running, open_desk: Open, typed: str
) -> None:
    async with open_desk(demo.address) as controller:
        controller.find(QWidget, "add_mcp_server").setFocus()
        QTest.keyClick(focused(), Qt.Key.Key_Return)
        await until(lambda: focused().objectName() == "url", "the dialog is there")
        QTest.keyClicks(focused(), typed)
        walk(Qt.Key.Key_Backtab, 1)
        assert focused().objectName() == "kind.shttp"
        dialog = focused().window()
        assert judged(dialog) == []
        walk(Qt.Key.Key_Right, 2)
        walk(Qt.Key.Key_Tab, 3)
        assert judged(dialog) == []


async def test_the_address_of_a_server_is_judged_when_it_was_edited_and_left(
    demo: Running, open_desk: Open
) -> None:
    async with open_desk(demo.address) as controller:
        controller.controller.ask_for_server()
        address = controller.find(QLineEdit, "address")
        walk(Qt.Key.Key_Tab, 1)
        assert judged(controller.window.servers) == []
        address.setFocus()
        address.selectAll()
        QTest.keyClick(address, Qt.Key.Key_Delete)
        assert judged(controller.window.servers) == []
        walk(Qt.Key.Key_Tab, 1)
        assert judged(controller.window.servers) == ["Enter the server's address."]
