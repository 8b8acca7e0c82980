"""Tab goes through the window as one reads it, and the focus is never lost on the way."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QRadioButton, QScrollArea, QWidget

from app.core.kinds import LaunchKind
from app.core.mcp import config_of
from app.ui.header import Side
from app.ui.theme import Segments
from app.wire.schemas import MCPSHTTPServerConfig
from tests.conftest import until
from tests.demo import Running
from tests.gui.conftest import Open, OpenDesk

REST = ["add_mcp_server", "no_mcp_servers", "instructions", "launch", "server"]
ORDER = {
    LaunchKind.MESSAGE: [
        "repository",
        "git_provider",
        "selected_branch",
        "initial_user_msg",
        "add_image",
        *REST,
    ],
    LaunchKind.SUGGESTED_TASK: [
        *(
            f"suggested_task.{name}"
            for name in ("task_type", "git_provider", "repo", "issue_number", "title")
        ),
        *("repository", "git_provider", "selected_branch", *REST),
    ],
    LaunchKind.MICROAGENT: [
        *("create_microagent.repo", "create_microagent.git_provider", "create_microagent.title"),
        *("microagent_msg", "add_image", "repository", "git_provider", "selected_branch", *REST),
    ],
    LaunchKind.REPLAY: ["choose_replay", "repository", "git_provider", "selected_branch", *REST],
}


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def walk(key: Qt.Key, steps: int) -> list[str]:
    names = []
    for _ in range(steps):
        QTest.keyClick(focused(), key)
        names.append(focused().objectName())
    return names


def laid_out(controller: OpenDesk, names: list[str]) -> bool:
    """Whether each field stands below those before it, or beside them."""
    fields = [controller.find(QWidget, name) for name in names if name != "server"]
    places = [field.mapTo(controller.window, field.rect().center()).y() for field in fields]
    return places == sorted(places)


def segment(controller: OpenDesk, kind: LaunchKind) -> QRadioButton:
    kinds: Segments[LaunchKind] = controller.find(Segments, "kind")
    return kinds.segment(kind)


@pytest.mark.parametrize("kind", list(LaunchKind))
async def test_tab_goes_from_the_kind_down_to_the_button_and_back(
    demo: Running, open_desk: Open, kind: LaunchKind
) -> None:
    async with open_desk(demo.address) as controller:
        controller.window.launch.draft.put(("kind",), kind)
        await until(lambda: laid_out(controller, ORDER[kind]), "the fields of the kind are laid out")
        segment(controller, kind).setFocus()
        assert walk(Qt.Key.Key_Tab, len(ORDER[kind])) == ORDER[kind]
        assert walk(Qt.Key.Key_Backtab, len(ORDER[kind]) - 1) == ORDER[kind][-2::-1]


async def test_tab_stops_at_each_chip_before_the_button_that_adds(demo: Running, open_desk: Open) -> None:
    async with open_desk(demo.address) as controller:
        servers = [MCPSHTTPServerConfig(url=f"https://{name}.example") for name in ("one", "two")]
        controller.window.launch.draft.put(("mcp_config",), config_of([*servers]))
        await until(lambda: controller.find(QWidget, "add_mcp_server").x() > 0, "the chips are laid out")
        controller.find(QWidget, "add_image").setFocus()
        names = []
        for _ in range(3):
            QTest.keyClick(focused(), Qt.Key.Key_Tab)
            names.append(focused().accessibleName())
        assert names == ["one.example", "two.example", "Add MCP server"]


async def test_a_click_on_a_kind_leads_to_its_first_field_that_takes_letters(
    demo: Running, open_desk: Open
) -> None:
    async with open_desk(demo.address) as controller:
        assert focused().objectName() == "initial_user_msg"
        QTest.mouseClick(segment(controller, LaunchKind.SUGGESTED_TASK), Qt.MouseButton.LeftButton)
        assert focused().objectName() == "suggested_task.repo"
        QTest.keyClicks(focused(), "acme/web")
        assert controller.window.launch.draft.suggested_task.repo == "acme/web"


async def test_arrow_keys_on_the_kinds_keep_the_focus_there(demo: Running, open_desk: Open) -> None:
    async with open_desk(demo.address) as controller:
        segment(controller, LaunchKind.MESSAGE).setFocus()
        QTest.keyClick(focused(), Qt.Key.Key_Right)
        assert focused() is segment(controller, LaunchKind.SUGGESTED_TASK)


async def test_in_a_narrow_window_the_focus_goes_with_the_side(demo: Running, open_desk: Open) -> None:
    demo.do(demo.server.add, title="Fix the login")
    async with open_desk(demo.address) as controller:
        await until(lambda: controller.rows(), "the list is read")
        controller.window.resize(420, 700)
        QTest.mouseClick(controller.window.header.sides.segment(Side.SESSIONS), Qt.MouseButton.LeftButton)
        assert focused().objectName() == "sessions"
        QTest.mouseClick(controller.window.header.sides.segment(Side.NEW), Qt.MouseButton.LeftButton)
        assert focused().objectName() == "initial_user_msg"


async def test_widening_the_window_leaves_the_focus_where_it_is(demo: Running, open_desk: Open) -> None:
    async with open_desk(demo.address) as controller:
        controller.window.resize(420, 700)
        controller.find(QPlainTextEdit, "initial_user_msg").setFocus()
        controller.window.resize(1160, 760)
        assert focused().objectName() == "initial_user_msg"


async def test_what_gets_the_focus_comes_into_view_with_its_label(demo: Running, open_desk: Open) -> None:
    async with open_desk(demo.address) as controller:
        controller.window.launch.draft.put(("kind",), LaunchKind.SUGGESTED_TASK)
        controller.window.resize(360, 480)
        area = controller.window.launch.findChild(QScrollArea)
        assert isinstance(area, QScrollArea)
        for name in ("selected_branch", "suggested_task.task_type"):
            await until(lambda: area.verticalScrollBar().maximum() > 0, "it scrolls")
            field = controller.find(QWidget, name)
            field.setFocus()
            top = field.mapTo(area.viewport(), field.rect().topLeft()).y()
            assert 20 <= top <= area.viewport().height() - field.height()


async def test_a_web_address_may_also_be_typed(demo: Running, open_desk: Open) -> None:
    async with open_desk(demo.address) as controller:
        controller.type("repository", "https://gitlab.com/acme/web/-/tree/feature/dark")
        controller.find(QPlainTextEdit, "initial_user_msg").setFocus()
        draft = controller.window.launch.draft
        found = (draft.repository, draft.git_provider, draft.selected_branch)
        assert found == ("acme/web", "gitlab", "feature/dark")


@pytest.mark.parametrize("kind", list(LaunchKind))
async def test_the_kinds_are_one_stop_the_chosen_one(
    demo: Running, open_desk: Open, kind: LaunchKind
) -> None:
    async with open_desk(demo.address) as controller:
        controller.window.launch.draft.put(("kind",), kind)
        await until(lambda: laid_out(controller, ORDER[kind]), "the fields of the kind are laid out")
        controller.find(QWidget, ORDER[kind][0]).setFocus()
        assert walk(Qt.Key.Key_Backtab, 2) == [f"kind.{kind}", "server"]
        assert walk(Qt.Key.Key_Tab, 2) == [f"kind.{kind}", ORDER[kind][0]]


async def test_arrows_choose_a_kind_and_tab_leaves_from_it(demo: Running, open_desk: Open) -> None:
    async with open_desk(demo.address) as controller:
        controller.find(QWidget, "repository").setFocus()
        assert walk(Qt.Key.Key_Backtab, 1) == ["kind.message"]
        assert walk(Qt.Key.Key_Right, 2) == ["kind.suggested_task", "kind.microagent"]
        assert controller.window.launch.draft.kind is LaunchKind.MICROAGENT
        assert walk(Qt.Key.Key_Left, 1) == ["kind.suggested_task"]
        await until(lambda: laid_out(controller, ORDER[LaunchKind.SUGGESTED_TASK]), "its fields are laid out")
        assert walk(Qt.Key.Key_Tab, 1) == ["suggested_task.task_type"]


async def test_the_kinds_of_an_mcp_server_are_one_stop(demo: Running, open_desk: Open) -> None:
    async with open_desk(demo.address) as controller:
        controller.find(QWidget, "add_mcp_server").setFocus()
        QTest.keyClick(focused(), Qt.Key.Key_Return)
        await until(lambda: focused().objectName() == "url", "the dialog is there")
        assert walk(Qt.Key.Key_Backtab, 1) == ["kind.shttp"]
        assert walk(Qt.Key.Key_Tab, 1) == ["url"]
