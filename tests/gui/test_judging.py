"""A field is judged when it was edited and left, or after a press: who only looks around sees no red."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from app import words
from app.core.kinds import Kind
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
    return [words.problem(problem) for problem in form.shown()]


def choose(desk: OpenDesk, kind: Kind) -> None:
    kinds: Segments[Kind] = desk.find(Segments, "kind")
    QTest.mouseClick(kinds.segment(kind), Qt.MouseButton.LeftButton)


@pytest.mark.parametrize("kind", [Kind.SUGGESTED_TASK, Kind.MICROAGENT, Kind.REPLAY])
async def test_opening_a_kind_and_walking_through_it_judges_nothing(
    demo: Running, open_desk: Open, kind: Kind
) -> None:
    async with open_desk(demo.address) as desk:
        choose(desk, kind)
        walk(Qt.Key.Key_Tab, 16)
        assert judged(desk.window.launch) == []
        choose(desk, Kind.MESSAGE)
        choose(desk, kind)
        assert judged(desk.window.launch) == []


async def test_walking_through_what_a_launch_has_emptied_judges_nothing(
    demo: Running, open_desk: Open
) -> None:
    async with open_desk(demo.address) as desk:
        choose(desk, Kind.MICROAGENT)
        desk.type("create_microagent.repo", "acme/web")
        desk.type("create_microagent.title", "Tests")
        desk.press()
        await until(lambda: "Started" in desk.window.launch.foot.sentence(), "the answer has come")
        walk(Qt.Key.Key_Tab, 12)
        walk(Qt.Key.Key_Backtab, 12)
        assert judged(desk.window.launch) == []


async def test_a_field_that_was_edited_and_left_is_judged_also_when_it_is_empty_again(
    demo: Running, open_desk: Open
) -> None:
    async with open_desk(demo.address) as desk:
        choose(desk, Kind.SUGGESTED_TASK)
        desk.type("suggested_task.title", "x")
        QTest.keyClick(focused(), Qt.Key.Key_Backspace)
        assert judged(desk.window.launch) == []
        walk(Qt.Key.Key_Tab, 1)
        assert judged(desk.window.launch) == ["This is needed."]


async def test_what_was_typed_before_there_was_a_draft_is_judged_when_it_is_left(
    demo: Running, open_desk: Open
) -> None:
    async with open_desk(demo.address) as desk:
        desk.type("selected_branch", "a b")
        desk.find(QWidget, "repository").setFocus()
        assert judged(desk.window.launch) == ["The name of a branch cannot contain spaces."]


@pytest.mark.parametrize("typed", ["", "exa"])
async def test_going_up_to_the_kind_of_an_mcp_server_judges_nothing(
    demo: Running, open_desk: Open, typed: str
) -> None:
    async with open_desk(demo.address) as desk:
        desk.find(QWidget, "add_mcp_server").setFocus()
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
    async with open_desk(demo.address) as desk:
        desk.desk.ask()
        address = desk.find(QLineEdit, "address")
        walk(Qt.Key.Key_Tab, 1)
        assert judged(desk.window.servers) == []
        address.setFocus()
        address.selectAll()
        QTest.keyClick(address, Qt.Key.Key_Delete)
        assert judged(desk.window.servers) == []
        walk(Qt.Key.Key_Tab, 1)
        assert judged(desk.window.servers) == ["Enter the server's address."]
