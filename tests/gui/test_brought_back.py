"""What was taken away comes back, what replaced it says so, and what is said of a launch stays true."""

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QWidget

from app.core.conversations import Phase
from app.core.kinds import LaunchKind
from app.ui.theme import Segments
from tests.conftest import until
from tests.demo import Running, running
from tests.demo.pace import Pace
from tests.demo.server import DemoServer
from tests.gui.conftest import Open, OpenDesk


def undo_by_key(field: QWidget) -> None:
    QTest.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)


async def launched(controller: OpenDesk, text: str) -> None:
    controller.type("initial_user_msg", text)
    controller.press()
    await until(lambda: controller.window.launch.foot.sentence() == f"Started: {text}", "the answer has come")


async def test_ctrl_z_brings_back_what_a_launch_has_emptied(demo: Running, open_desk: Open) -> None:
    async with open_desk(demo.address) as controller:
        message = controller.find(QPlainTextEdit, "initial_user_msg")
        await launched(controller, "Fix it")
        undo_by_key(message)
        QTest.keyClicks(message, ", please")
        assert message.toPlainText() == "Fix it, please"


async def test_ctrl_z_brings_back_what_ctrl_n_and_launch_again_took_away(
    demo: Running, open_desk: Open
) -> None:
    async with open_desk(demo.address) as controller:
        message = controller.find(QPlainTextEdit, "initial_user_msg")
        await launched(controller, "Fix it")
        controller.type("initial_user_msg", "Something long")
        controller.window.launch.clear()
        undo_by_key(message)
        assert message.toPlainText() == "Something long"
        controller.click("again")
        assert message.toPlainText() == "Fix it"
        undo_by_key(message)
        assert message.toPlainText() == "Something long"


async def test_ctrl_z_takes_back_what_was_typed_before_it_brings_back_what_was_emptied(
    demo: Running, open_desk: Open
) -> None:
    async with open_desk(demo.address) as controller:
        message = controller.find(QPlainTextEdit, "initial_user_msg")
        await launched(controller, "Fix it")
        controller.type("initial_user_msg", "Next")
        undo_by_key(message)
        assert message.toPlainText() == ""
        undo_by_key(message)
        assert message.toPlainText() == "Fix it"


@pytest.mark.parametrize(
    "field", ["create_microagent.repo", "microagent_msg", "create_microagent.git_provider"]
)
async def test_ctrl_z_does_so_in_any_field_that_has_nothing_of_its_own_to_take_back(
    demo: Running, open_desk: Open, field: str
) -> None:
    async with open_desk(demo.address) as controller:
        kinds: Segments[LaunchKind] = controller.find(Segments, "kind")
        QTest.mouseClick(kinds.segment(LaunchKind.MICROAGENT), Qt.MouseButton.LeftButton)
        controller.type("create_microagent.repo", "acme/web")
        controller.window.launch.clear()
        assert controller.find(QLineEdit, "create_microagent.repo").text() == ""
        undo_by_key(controller.find(QWidget, field))
        assert controller.find(QLineEdit, "create_microagent.repo").text() == "acme/web"


@pytest.mark.parametrize("field", ["repository", "selected_branch", "git_provider"])
async def test_ctrl_z_takes_nothing_away_that_was_typed_since(
    demo: Running, open_desk: Open, field: str
) -> None:
    async with open_desk(demo.address) as controller:
        message = controller.find(QPlainTextEdit, "initial_user_msg")
        await launched(controller, "Fix it")
        controller.type("initial_user_msg", "Next")
        undo_by_key(controller.find(QWidget, field))
        assert message.toPlainText() == "Next"
        controller.click("undo")
        assert message.toPlainText() == "Fix it"


@pytest.mark.parametrize(
    ("fold", "field"), [("instructions", "conversation_instructions"), ("advanced", "conversation_id")]
)
async def test_ctrl_z_does_so_in_a_section_that_unfolds(
    demo: Running, open_desk: Open, fold: str, field: str
) -> None:
    demo.server.allow_conversation_id = True
    async with open_desk(demo.address) as controller:
        await until(controller.find(QWidget, fold).isVisible, "this server takes it")
        controller.type("initial_user_msg", "Something long")
        controller.window.launch.clear()
        controller.click(fold)
        undo_by_key(controller.find(QWidget, field))
        assert controller.find(QPlainTextEdit, "initial_user_msg").toPlainText() == "Something long"


async def test_launch_again_says_what_it_replaced_until_somebody_types(
    demo: Running, open_desk: Open
) -> None:
    async with open_desk(demo.address) as controller:
        await launched(controller, "Fix it")
        controller.click("again")
        assert "replaced" not in controller.window.launch.foot.sentence()
        controller.window.launch.clear()
        controller.type("initial_user_msg", "Something long")
        controller.click("again")
        said = "This replaced “Something long”. Restore text brings it back."
        await until(lambda: controller.window.launch.foot.sentence() == said, "it is said")
        controller.type("initial_user_msg", "!")
        await until(lambda: controller.window.launch.foot.sentence().startswith("Starts on "), "it is over")


async def test_launch_again_does_not_slide_under_a_pointer_that_was_over_stop(
    demo: Running, open_desk: Open
) -> None:
    async with open_desk(demo.address) as controller:
        await launched(controller, "Fix it")
        stop, again, detail = (controller.find(QWidget, name) for name in ("stop", "again", "detail"))
        await until(stop.isVisible, "it can be stopped")
        place = again.x()
        middle = QPointF(stop.geometry().center())
        QApplication.sendEvent(detail, QEnterEvent(middle, middle, detail.mapToGlobal(middle)))
        controller.click("stop")
        await until(lambda: not stop.isVisible(), "it has stopped")
        await until(lambda: controller.rows()[0].phase is Phase.STOPPED, "the row says so")
        QApplication.sendPostedEvents()
        assert again.x() == place
        QApplication.sendEvent(detail, QEvent(QEvent.Type.Leave))
        await until(lambda: again.x() < place, "the gap is closed when the pointer has gone")


@pytest.mark.parametrize("deed", ["stop", "delete"])
async def test_started_is_said_no_more_of_what_was_ended(demo: Running, open_desk: Open, deed: str) -> None:
    async with open_desk(demo.address) as controller:
        await launched(controller, "Fix it")
        connection = controller.controller.connection
        assert connection
        key = controller.rows()[0].key
        (connection.actions.stop if deed == "stop" else connection.actions.delete)(key)
        await until(lambda: controller.window.launch.foot.sentence().startswith("Starts on "), "it is over")


async def test_started_is_said_no_more_of_what_has_failed(open_desk: Open) -> None:
    with running(DemoServer(pace=Pace.quick(startup_error=float("inf")))) as demo:
        demo.do(demo.server.startup_error, "No space left on device")
        async with open_desk(demo.address) as controller:
            await launched(controller, "Fix it")
            await until(lambda: any(one.sockets for one in demo.server.conversations), "somebody listens")
            demo.do(demo.server.release, "startup_error")
            await until(
                lambda: controller.window.launch.foot.sentence().startswith("Starts on "), "it is over"
            )
