"""The same window on a server of another kind: start tasks, UUIDs, other words."""

from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from app import compose
from app.core import pending, polling
from app.core.servers import Server
from app.ui.sessions.actions import Action, actions_for
from app.ui.sessions.view import SessionsView
from app.wire.schemas import MCPConfig, MCPStdioServerConfig
from tests.conftest import until
from tests.gui.conftest import Open, OpenDesk
from tests.second_client import SecondClient, SecondServer

ADDRESS = "http://second.example"


@pytest.fixture
def another_kind(monkeypatch: pytest.MonkeyPatch) -> SecondServer:
    """Stands at every address, and is looked at often."""
    server = SecondServer("WAITING_FOR_SANDBOX", "PREPARING_REPOSITORY", "PREPARING_REPOSITORY", "READY")

    async def create_client(_server: Server) -> SecondClient:
        return SecondClient(server)

    monkeypatch.setattr(compose, "create_client", create_client)
    monkeypatch.setattr(pending, "LOOK_S", 0.1)
    monkeypatch.setattr(polling, "FIRST_PAGE_STARTING_S", 0.6)
    return server


def spoken(controller: OpenDesk) -> str:
    """The list as a screen reader says it."""
    model = controller.find(SessionsView, "sessions").model()
    rows = range(model.rowCount())
    texts = (model.index(row, 0).data(Qt.ItemDataRole.AccessibleTextRole) for row in rows)
    return "\n".join(filter(None, texts))


def shown_texts(controller: OpenDesk) -> str:
    labels = controller.window.findChildren(QLabel)
    return "\n".join(label.text() for label in labels if label.isVisible())


async def test_a_launch_goes_by_its_start_task_to_finished(
    another_kind: SecondServer, open_desk: Open
) -> None:
    async with open_desk(ADDRESS) as controller:
        controller.type("initial_user_msg", "Fix the login")
        controller.press()
        await until(lambda: "Fix the login is starting" in spoken(controller), "it starts")
        key = controller.rows()[0].key
        assert controller.rows()[0].conversation_id == ""
        await until(lambda: "Fix the login has finished" in spoken(controller), "the agent has finished")
        [row] = controller.rows()
        assert (row.key, row.last_words) == (key, "The login is fixed.")
        assert str(UUID(row.conversation_id)) == row.conversation_id
    assert another_kind.launches == [{"initial_user_msg": "Fix the login"}]


async def test_a_start_task_that_fails_says_why_and_can_be_launched_again(
    another_kind: SecondServer, open_desk: Open
) -> None:
    another_kind.steps, another_kind.detail = ["PREPARING_REPOSITORY", "ERROR"], "No such branch."
    async with open_desk(ADDRESS) as controller:
        controller.type("initial_user_msg", "Fix the login")
        controller.press()
        await until(lambda: "Fix the login has failed" in spoken(controller), "it has failed")
        [row] = controller.rows()
        assert row.startup_error.text == "No such branch."
        assert actions_for(row) == (Action.AGAIN, Action.FORGET)


async def test_what_such_a_server_cannot_take_is_said_at_its_field_before_the_press(
    another_kind: SecondServer, open_desk: Open
) -> None:
    async with open_desk(ADDRESS) as controller:
        await until(
            lambda: controller.controller.connection and controller.controller.connection.known.facts.version,
            "it is known",
        )
        servers = MCPConfig(stdio_servers=[MCPStdioServerConfig(name="files", command="uvx")])
        controller.window.launch.draft.put(("mcp_config",), servers)
        controller.type("initial_user_msg", "Fix the login")
        controller.press()
        await until(
            lambda: "This server does not accept this field." in shown_texts(controller), "it is said"
        )
        assert controller.rows() == []
    assert another_kind.launches == []
