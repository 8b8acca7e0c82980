"""The scenes: each brings the window into a state, and a picture has its name."""

import asyncio
import json
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QMenu, QWidget

from app.core.attachments import ImageAttachment
from app.core.connection_status import ConnectionState
from app.core.kinds import LaunchKind
from app.core.mcp import config_of
from app.ui import theme
from app.ui.header import Side
from app.ui.launch.image_tile import Tile
from app.ui.launch.images import ImagesField
from app.ui.launch.replay import ReplayField
from app.ui.mcp.field import McpServersField
from app.ui.theme import ChoiceField, Fold
from app.wire.choices import ProviderType, TaskType
from tests.conftest import until
from tests.demo import faults
from tests.demo.pace import Pace
from tests.demo.server import DemoServer
from tests.demo.switches import really
from tests.pictures import picture
from tests.shots.stage import PORTS, Stage, start
from tests.shots.things import (
    ASKS,
    DOCS_SEARCH,
    EVENTS,
    FETCH,
    LONG_BRANCH,
    LONG_TITLE,
    MARKDOWN,
    MESSAGE,
    TICKETS,
    a_photograph,
    add_busy_conversations,
    add_conversations,
    two_images,
)


async def main(stage: Stage) -> None:
    add_conversations(stage.server)
    await stage.connect()
    fill_in_message(stage)
    stage.select("Fix the login redirect")
    await stage.settle()


def fill_in_message(stage: Stage) -> None:
    stage.put(repository="acme/web", git_provider=ProviderType.GITLAB, selected_branch="main")
    stage.put(initial_user_msg=MESSAGE, image_urls=two_images(), mcp_config=config_of([DOCS_SEARCH, FETCH]))


async def problems(stage: Stage) -> None:
    """A launch whose fate is not known, then one that is refused, then a slip of the hand."""
    stage.server.add(title="Fix the login redirect", agent_state="awaiting_user_input", last_words=ASKS)
    await stage.connect()
    await until(lambda: all(row.last_words for row in stage.rows()), "its words are read")
    await _press(stage, faults.reset_before_answer(), "Bump dependencies to the newest minor versions")
    stage.put(repository="acme/wbe", git_provider=ProviderType.GITLAB)
    await _press(
        stage, faults.refused("STATUS$GIT_PROVIDER_AUTHENTICATION_ERROR"), "Add dark mode to the settings"
    )
    stage.put(selected_branch="feature dark", conversation_instructions="Write tests first.\nKeep it small.")
    stage.find(QWidget, "selected_branch").setFocus()
    stage.find(QWidget, "initial_user_msg").setFocus()
    stage.select("Bump dependencies to the newest minor versions")


async def _press(stage: Stage, answer: Any, message: str) -> None:
    stage.server.answer_next("create", answer)
    stage.put(initial_user_msg=message)
    stage.click("launch")
    await until(lambda: stage.find(QWidget, "cancel_launch").isHidden(), "answered")


async def warnings(stage: Stage) -> None:
    add_busy_conversations(stage.server)
    await stage.connect()
    stage.put(git_provider=ProviderType.ENTERPRISE_SSO, selected_branch="main", no_mcp_servers=True)
    stage.put(initial_user_msg="Look around, and say what this project is.")
    for name in ("git_provider", "selected_branch", "initial_user_msg"):
        stage.find(QWidget, name).setFocus()


async def states(stage: Stage) -> None:
    add_busy_conversations(stage.server)
    await main(stage)
    stage.select("Compare the benchmarks")


async def words(stage: Stage) -> None:
    """What an agent says in Markdown, and a branch that leaves the question its room."""
    asks: dict[str, Any] = {"agent_state": "awaiting_user_input"}
    born = datetime.now(UTC) - timedelta(minutes=5, seconds=1)
    stage.server.add(title="Fix the login redirect", last_words=MARKDOWN, created_at=born, **asks)
    stage.server.add(
        title="\u200fתיקון ההפניה אחרי הכניסה (login)\u200f!",
        repository="acme/web",
        branch="main",
        last_words="בוצע. main?",
        **asks,
    )
    stage.server.add(
        title=LONG_TITLE,
        repository="acme-platform/customer-web-portal",
        branch=LONG_BRANCH,
        last_words=ASKS,
        **asks,
    )
    await stage.connect()
    await until(lambda: all(row.last_words for row in stage.rows()), "its words are read")
    stage.select("Fix the login redirect")


async def long_names(stage: Stage) -> None:
    await words(stage)
    stage.select(LONG_TITLE)


async def smallest_long_names(stage: Stage) -> None:
    stage.window.resize(360, 480)
    await long_names(stage)
    stage.window.show_side(Side.SESSIONS)


async def suggested_task(stage: Stage) -> None:
    add_conversations(stage.server)
    await stage.connect()
    _fill_in_task(stage)


def _fill_in_task(stage: Stage) -> None:
    stage.put(kind=LaunchKind.SUGGESTED_TASK, suggested_task__task_type=TaskType.MERGE_CONFLICTS)
    stage.put(suggested_task__git_provider=ProviderType.GITLAB, suggested_task__repo="acme/web")
    stage.put(suggested_task__issue_number="214", suggested_task__title="Bump urllib3 from 1.26 to 2.5")
    stage.put(mcp_config=config_of([DOCS_SEARCH, FETCH]))


async def away(stage: Stage) -> None:
    await suggested_task(stage)
    stage.select("Add dark mode to the settings page")
    await stage.server.stop()
    assert stage.controller.connection
    while stage.contact is not ConnectionState.AWAY:
        stage.controller.connection.polling.retry_now()
        await asyncio.sleep(0.02)


async def away_from_the_start(stage: Stage) -> None:
    await stage.server.stop()
    await stage.connect()


async def key_refused(stage: Stage) -> None:
    stage.server.answer_always("*", faults.as_json({"detail": "Unauthorized"}, 401))
    stage.server.answer_always("openapi", really)
    await stage.connect("not-the-right-key")


async def microagent(stage: Stage) -> None:
    await stage.connect()
    stage.put(kind=LaunchKind.MICROAGENT, create_microagent__repo="acme/web")
    stage.put(create_microagent__title="How we write database migrations")


async def replay_empty(stage: Stage) -> None:
    await stage.connect()
    stage.put(kind=LaunchKind.REPLAY)


async def replay(stage: Stage) -> None:
    await replay_empty(stage)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "login-session.json"
        file.write_text(json.dumps(EVENTS, indent=1), "utf-8")
        stage.find(ReplayField).add_file(file)
        await stage.settle()


async def folds_open(stage: Stage) -> None:
    stage.server.allow_conversation_id = True
    await stage.connect()
    fill_in_message(stage)
    stage.put(conversation_instructions="Write the tests first.\nKeep each commit small.")
    for fold in stage.window.findChildren(Fold):
        fold.set_open(True)


async def sending(stage: Stage) -> None:
    stage.server.pace = Pace.quick(answer=float("inf"))
    add_conversations(stage.server)
    await stage.connect()
    fill_in_message(stage)
    stage.click("launch")
    await until(lambda: stage.server.waiting("answer"), "on its way")
    await until(stage.find(QWidget, "cancel_launch").isVisible, "the button says so")


async def launched(stage: Stage) -> None:
    stage.server.pace = Pace.quick(building=float("inf"))
    await stage.connect()
    fill_in_message(stage)
    stage.click("launch")
    await until(lambda: stage.window.launch.draft.initial_user_msg == "", "accepted")


async def undo(stage: Stage) -> None:
    await stage.connect()
    fill_in_message(stage)
    stage.window.launch.clear()


async def no_settings(stage: Stage) -> None:
    stage.server.settings = None
    await stage.connect()
    stage.put(initial_user_msg="Fix the login redirect.")
    stage.click("launch")
    await until(lambda: stage.find(theme.Bar, "bar").text(), "refused")


async def empty_list(stage: Stage) -> None:
    await stage.connect()


async def crashed(stage: Stage) -> None:
    """What the window says after a crash."""
    await main(stage)
    stage.window.show_earlier_bug()
    await stage.settle()


async def first(stage: Stage) -> None:
    """A server on this computer, and another one that was tested."""
    other = DemoServer(key="not-a-real-key-3", pace=Pace.quick(), rate=None)
    other.provider_tokens = {"gitlab": None}
    address = await start(other, PORTS[1])
    stage.controller.begin(None, demo=False)
    stage.find(theme.LineField, "address").setText(address.removeprefix("http://"))
    stage.find(theme.LineField, "key").setText("not-a-real-key-3")
    stage.click("test")
    await stage.settle()
    await other.stop()


async def first_nothing(stage: Stage) -> None:
    await stage.server.stop()
    stage.controller.begin(None, demo=False)
    await stage.settle()


async def first_wrong(stage: Stage) -> None:
    await first_nothing(stage)
    stage.find(theme.LineField, "address").setText("http://openhands.example.com/?a=b")
    stage.find(theme.LineField, "key").setText("käse")
    stage.click("connect")


async def mcp_http(stage: Stage) -> None:
    await stage.connect()
    stage.find(McpServersField).edit(None)


async def mcp_sse(stage: Stage) -> None:
    await stage.connect()
    stage.put(mcp_config=config_of([TICKETS, DOCS_SEARCH, FETCH]))
    stage.find(McpServersField).edit(0)


async def mcp_command(stage: Stage) -> None:
    await stage.connect()
    stage.put(mcp_config=config_of([TICKETS, DOCS_SEARCH, FETCH]))
    stage.find(McpServersField).edit(2)


async def mcp_wrong(stage: Stage) -> None:
    await mcp_http(stage)
    stage.find(theme.LineField, "url").setText("mcp.example.com")
    stage.click("ok")


async def add_image(stage: Stage) -> None:
    await stage.connect()
    stage.click("add_image")


async def image_address(stage: Stage) -> None:
    await add_image(stage)
    menu = next(one for one in stage.window.findChildren(QMenu) if one.isVisible())
    menu.close()
    menu.actions()[-1].trigger()


async def images(stage: Stage) -> None:
    """A photograph that was turned, a plan that some models refuse, one at an address, and one that is none."""
    await stage.connect()
    stage.put(repository="acme/web", initial_user_msg=MESSAGE)
    field = stage.find(ImagesField)
    with tempfile.TemporaryDirectory() as folder:
        photograph, plan, broken = (Path(folder) / name for name in ("photo.jpg", "plan.png", "broken.png"))
        photograph.write_bytes(a_photograph())
        plan.write_bytes(picture(size=(9_000, 3_000), colours=("#B6C9DD", "#E9EDF2")))
        broken.write_bytes(plan.read_bytes()[:-500])
        field.add_files([photograph, plan, broken])
        field.add(ImageAttachment("https://example.com/screenshot.png"))
        await stage.settle()


async def image_moved(stage: Stage) -> None:
    await images(stage)
    tile = tiles(stage)[0]
    tile.setFocus()
    tile.moved.emit(1)


def tiles(stage: Stage) -> list[Tile]:
    """In their order on the screen."""
    return sorted(stage.window.findChildren(Tile), key=Tile.x)


async def image_menu(stage: Stage) -> None:
    await image_moved(stage)
    tile = tiles(stage)[0]
    tile.menu_wanted.emit(tile.mapToGlobal(tile.rect().center()))


async def image_large(stage: Stage) -> None:
    stage.window.resize(1300, 900)
    await images(stage)
    tiles(stage)[0].click()


async def image_of_an_address(stage: Stage) -> None:
    await images(stage)
    tiles(stage)[-1].click()


async def image_dragged_over(stage: Stage) -> None:
    await images(stage)
    stage.find(ImagesField).held_over.emit(True)


async def smallest_images(stage: Stage) -> None:
    stage.window.resize(360, 640)
    await images(stage)


async def delete(stage: Stage) -> None:
    await main(stage)
    stage.click("delete")


async def row_menu(stage: Stage) -> None:
    await main(stage)
    stage.click("more")


async def provider_list(stage: Stage) -> None:
    await main(stage)
    stage.find(ChoiceField, "git_provider").showPopup()


async def narrow(stage: Stage) -> None:
    stage.window.resize(420, 760)
    await main(stage)


async def narrow_sessions(stage: Stage) -> None:
    await narrow(stage)
    stage.window.show_side(Side.SESSIONS)


async def smallest(stage: Stage) -> None:
    stage.window.resize(360, 480)
    await main(stage)


async def smallest_sessions(stage: Stage) -> None:
    await smallest(stage)
    stage.window.show_side(Side.SESSIONS)


async def smallest_task(stage: Stage) -> None:
    stage.window.resize(360, 480)
    await suggested_task(stage)


async def smallest_problems(stage: Stage) -> None:
    stage.window.resize(360, 480)
    await problems(stage)


async def smallest_first(stage: Stage) -> None:
    stage.window.resize(360, 480)
    await first(stage)


Scene = Callable[[Stage], Awaitable[None]]
SCENES: tuple[Scene, ...] = (
    *(
        main,
        states,
        words,
        long_names,
        problems,
        warnings,
        suggested_task,
        away,
        away_from_the_start,
        key_refused,
        microagent,
    ),
    *(replay_empty, replay, folds_open, sending, launched, undo, no_settings, empty_list, crashed),
    *(first, first_nothing, first_wrong, mcp_http, mcp_sse, mcp_command, mcp_wrong),
    *(add_image, image_address, images, image_moved, image_menu, image_large, image_of_an_address),
    *(image_dragged_over, smallest_images),
    *(delete, row_menu, provider_list),
    *(
        narrow,
        narrow_sessions,
        smallest_long_names,
        smallest,
        smallest_sessions,
        smallest_task,
        smallest_problems,
        smallest_first,
    ),
)
