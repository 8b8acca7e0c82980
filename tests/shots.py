"""A picture of every screen and state, in light and in dark: `python -m tests.shots FOLDER [SCENE …]`.

A scene is a function that brings a real window, on a real demo server, into a state; the picture bears its name.
The main window is taken again at 200 %, in a process of its own: Qt reads the scale once, when it starts.
"""

import asyncio
import base64
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

from pydantic import SecretStr
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QMenu, QWidget

from app.core import budget
from app.core.draft import Kind
from app.core.mcp import config_of
from app.core.polling import Contact
from app.core.redaction import Redactor
from app.core.servers import Server, ServerAddress
from app.core.tasks import Tasks
from app.demo import faults
from app.demo.pace import Pace
from app.demo.server import DemoServer
from app.errors import Loc
from app.ui import theme
from app.ui.desk import Desk
from app.ui.header import Side
from app.ui.launch.replay import ReplayField
from app.ui.loop import Loop
from app.ui.mcp.field import McpServersField
from app.ui.servers import found, page
from app.ui.sessions.view import SessionsView
from app.ui.theme import ChoiceField, Fold
from app.ui.window import MainWindow
from app.wire.schemas import (
    MCPSHTTPServerConfig,
    MCPSSEServerConfig,
    MCPStdioServerConfig,
    ProviderType,
    TaskType,
)
from tests.conftest import until

W = TypeVar("W", bound=QWidget)

FONTS = "Inter", "SF Pro Text", "Segoe UI", "Noto Sans", "DejaVu Sans"
PORTS = 3000, 3001
"""Wished for, so that the same address stands in each picture."""
NOWHERE = "http://127.0.0.1:9"
SCREEN = {"name": "screen", "width": 1920, "height": 1080, "x": 0, "y": 0}
SCHEMES = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}

MESSAGE = (
    "Fix the login redirect: after signing in, users land on / and lose the page they came from.\n\n"
    "- keep the query string\n- add a test for the OAuth path"
)
ASKS = (
    "The redirect now keeps the query string, and both tests pass. Shall I also change the cookie flags? "
    "They are set without SameSite today."
)
DOCS_SEARCH = MCPSHTTPServerConfig(url="https://docs.example.com/mcp")
TICKETS = MCPSSEServerConfig(url="https://linear.example.com/sse", api_key=SecretStr("not-a-real-key-1"))
FETCH = MCPStdioServerConfig(
    name="fetch",
    command="uvx",
    args=["mcp-server-fetch", "--user-agent", "acme bot"],
    env={"API_TOKEN": SecretStr("not-a-real-key-2"), "REGION": SecretStr("eu")},
)
EVENTS = [{"action": "message", "source": "user", "args": {"content": "Fix the login"}}] * 214


# The stage.


@dataclass(slots=True)
class Stage:
    """A window, and the demo server it may be connected to."""

    server: DemoServer
    address: str
    desk: Desk
    tasks: Tasks

    @property
    def window(self) -> MainWindow:
        return self.desk.window

    def find(self, kind: type[W], name: str = "") -> W:
        found = self.window.findChild(kind, name) if name else self.window.findChild(kind)
        assert isinstance(found, kind), f"no {kind.__name__} named {name}"
        return found

    def click(self, name: str) -> None:
        self.find(QAbstractButton, name).click()

    def put(self, **fields: Any) -> None:
        """Fills in fields; `suggested_task__repo` is a field in a part."""
        for name, value in fields.items():
            loc: Loc = tuple(name.split("__"))
            self.window.launch.draft.put(loc, value)

    async def connect(self, key: str | None = None) -> None:
        """Opens the window on the server, and waits until it has read all that there is."""
        server = Server(ServerAddress(self.address), SecretStr(key) if key else None)
        self.desk.begin(server, demo=False)
        await until(lambda: self.contact not in (None, Contact.LOOKING), "connected")
        await until(self._all_read, "all is read")

    @property
    def contact(self) -> Contact | None:
        return self.desk.connection.polling.connected.contact if self.desk.connection else None

    def _all_read(self) -> bool:
        """All that is listed, and the events of what runs or is in view."""
        assert self.desk.connection
        rows, there = self.desk.connection.book.sessions(), self.server.conversations
        if self.contact is not Contact.CONNECTED:
            return True
        facts = self.desk.connection.polling.facts
        if not facts.version or not facts.settings_known or len(rows) < len(there):
            return False
        ids = {row.conversation_id for row in self.find(SessionsView).in_view() if row.status == "STOPPED"}
        ids |= {row.conversation_id for row in rows if row.status == "RUNNING"}
        logs = {one.conversation_id: len(one.log) for one in there if one.conversation_id in ids}
        told = {row.conversation_id: row.last_event_id + 1 for row in rows if row.conversation_id in ids}
        return told == logs

    def select(self, title: str) -> None:
        assert self.desk.connection
        rows = self.desk.connection.book.sessions()
        self.window.sessions.select(next(row.key for row in rows if row.title == title))

    async def settle(self) -> None:
        """Until what the window does by itself is done: thumbnails, looks at servers, files that are read."""
        await self.tasks.drain()
        await self.tasks.drain()
        await asyncio.sleep(0)


def picture_of(window: QWidget) -> QPixmap:
    """The window with its menus and dialogs where they stand on the screen."""
    picture = window.grab()
    painter = QPainter(picture)
    for other in QApplication.topLevelWidgets():
        if other is not window and other.isVisible():
            painter.drawPixmap(other.pos() - window.pos(), other.grab())
            if isinstance(other, QDialog):  # its frame is the window manager's
                painter.setPen(theme.colours().line_strong)
                painter.drawRect(other.geometry().translated(-window.pos()).adjusted(-1, -1, 0, 0))
    painter.end()
    return picture


def add_conversations(server: DemoServer) -> None:
    """The list of the pictures: each state once, with ages that do not change while one looks."""

    def add(title: str, repository: str, branch: str | None, age: timedelta, **more: Any) -> None:
        born = datetime.now(UTC) - age - timedelta(seconds=1)
        server.add(title=title, repository=repository, branch=branch, created_at=born, **more)

    asks: dict[str, Any] = {"agent_state": "awaiting_user_input", "last_words": ASKS}
    add("Fix the login redirect", "acme/web", "main", timedelta(minutes=2), **asks)
    works = "I run the tests now."
    add(
        "Add dark mode to the settings page", "acme/web", "feature/dark", timedelta(hours=1), last_words=works
    )
    ended: dict[str, Any] = {"status": "STOPPED", "agent_state": "finished"}
    parsed, pulled = "All 214 fixtures pass.", "The pull request is open."
    add(
        "Try the new parser on the old fixtures",
        "tools/parse",
        "main",
        timedelta(hours=3),
        last_words=parsed,
        **ended,
    )
    add("Translate the release notes", "docs/site", "main", timedelta(hours=5), last_words=pulled, **ended)
    failed: dict[str, Any] = {"agent_state": "error", "reason": "STATUS$ERROR_LLM_AUTHENTICATION"}
    add("Upgrade Postgres to 17", "acme/infra", None, timedelta(days=1), status="STOPPED", **failed)
    add("Investigate the flaky upload test", "acme/web", "main", timedelta(days=3), status="STOPPED")


def add_busy_conversations(server: DemoServer) -> None:
    """More than a server as it comes would run at once, so that each state is seen."""
    states = {
        "Bump dependencies to the newest minor versions": ("STARTING", None),
        "Write the migration guide": ("RUNNING", "loading"),
        "Rename the modules": ("RUNNING", "awaiting_user_confirmation"),
        "Count the words": ("RUNNING", "paused"),
        "Compare the benchmarks": ("RUNNING", "rate_limited"),
        "Tidy the changelog": ("RUNNING", "finished"),
        "Check the licences": ("ARCHIVED", "running"),
        "Ask the oracle": ("RUNNING", "waiting_for_the_oracle"),
    }
    for minutes, (title, (status, state)) in enumerate(states.items()):
        runtime = "STATUS$STARTING_RUNTIME" if state in (None, "loading") else "STATUS$READY"
        born = datetime.now(UTC) - timedelta(minutes=4 * minutes, seconds=1)
        place: dict[str, Any] = {"repository": "acme/web", "branch": "main", "created_at": born}
        server.add(title=title, status=status, agent_state=state, runtime_status=runtime, **place)


def two_images() -> list[str]:
    """Two screenshots, as far as 44 pixels can tell."""
    return [_image(*colours) for colours in (("#8A99AC", "#B6C9DD"), ("#DDCBBB", "#A99988"))]


def _image(upper: str, lower: str) -> str:
    from PySide6.QtCore import QBuffer, QPoint
    from PySide6.QtGui import QImage, QPolygon

    image = QImage(640, 640, QImage.Format.Format_RGB32)
    image.fill(QColor(upper))
    painter = QPainter(image)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(lower))
    painter.drawPolygon(QPolygon([QPoint(640, 0), QPoint(640, 640), QPoint(0, 640)]))
    painter.end()
    buffer = QBuffer()
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return f"data:image/png;base64,{base64.b64encode(buffer.data().data()).decode()}"


# The scenes.


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
    await until(lambda: not stage.find(QAbstractButton, "cancel_launch").isVisible(), "answered")


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


async def suggested_task(stage: Stage) -> None:
    add_conversations(stage.server)
    await stage.connect()
    _fill_in_task(stage)


def _fill_in_task(stage: Stage) -> None:
    stage.put(kind=Kind.SUGGESTED_TASK, suggested_task__task_type=TaskType.MERGE_CONFLICTS)
    stage.put(suggested_task__git_provider=ProviderType.GITLAB, suggested_task__repo="acme/web")
    stage.put(suggested_task__issue_number="214", suggested_task__title="Bump urllib3 from 1.26 to 2.5")
    stage.put(mcp_config=config_of([DOCS_SEARCH, FETCH]))


async def away(stage: Stage) -> None:
    await suggested_task(stage)
    stage.select("Add dark mode to the settings page")
    await stage.server.stop()
    assert stage.desk.connection
    while stage.contact is not Contact.AWAY:
        stage.desk.connection.polling.try_now()
        await asyncio.sleep(0.02)


async def away_from_the_start(stage: Stage) -> None:
    await stage.server.stop()
    await stage.connect()


async def key_refused(stage: Stage) -> None:
    stage.server.answer_always("*", faults.as_json({"detail": "Unauthorized"}, 401))
    stage.server.answer_always("openapi", faults.as_json({"openapi": "3.1.0", "info": {"version": "0.53.0"}}))
    await stage.connect("not-the-right-key")


async def microagent(stage: Stage) -> None:
    await stage.connect()
    stage.put(kind=Kind.MICROAGENT, create_microagent__repo="acme/web")
    stage.put(create_microagent__title="How we write database migrations")


async def replay_empty(stage: Stage) -> None:
    await stage.connect()
    stage.put(kind=Kind.REPLAY)


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


@contextmanager
def local_server(address: str) -> Iterator[None]:
    """What the first page finds on this computer."""
    with patch.object(page, "LOCAL", address), patch.object(found, "LOCAL", address):
        yield


async def first(stage: Stage) -> None:
    """A server on this computer, and another one that was tested."""
    other = DemoServer(key="not-a-real-key-3", pace=Pace.quick(), rate=None)
    other.provider_tokens = {"gitlab": None}
    address = await start(other, PORTS[1])
    with local_server(stage.address):
        stage.desk.begin(None, demo=False)
        stage.find(theme.LineField, "address").setText(address.removeprefix("http://"))
        stage.find(theme.LineField, "key").setText("not-a-real-key-3")
        stage.click("test")
        await stage.settle()
    await other.stop()


async def first_nothing(stage: Stage) -> None:
    with local_server(NOWHERE):
        stage.desk.begin(None, demo=False)
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
    *(main, states, problems, warnings, suggested_task, away, away_from_the_start, key_refused, microagent),
    *(replay_empty, replay, folds_open, sending, launched, undo, no_settings, empty_list),
    *(first, first_nothing, first_wrong, mcp_http, mcp_sse, mcp_command, mcp_wrong),
    *(add_image, image_address, delete, row_menu, provider_list),
    *(narrow, narrow_sessions, smallest, smallest_sessions, smallest_task, smallest_problems, smallest_first),
)


# Taking them.


async def start(server: DemoServer, port: int) -> str:
    try:
        return await server.start(port)
    except OSError:
        await server.stop()
        return await server.start()


@asynccontextmanager
async def staged() -> AsyncGenerator[Stage, None]:
    """A new window and a new server; all that they start is ended."""
    broken: list[BaseException] = []
    server = DemoServer(pace=Pace.quick(), rate=None)
    address = await start(server, PORTS[0])
    tasks = Tasks(broken.append)
    desk = Desk(MainWindow(tasks), tasks, Redactor(), broken.append)
    desk.window.show()
    try:
        yield Stage(server, address, desk, tasks)
    finally:
        await tasks.aclose()
        await desk.aclose()
        desk.window.close()
        desk.window.deleteLater()
        server.release("answer")
        await server.stop()
    assert not broken, broken


async def take(scene: Scene, folder: Path) -> None:
    """Saves the two pictures of a scene."""
    async with staged() as stage:
        await scene(stage)
        await stage.settle()
        for name, scheme in SCHEMES.items():
            theme.set_scheme(scheme)
            await asyncio.sleep(0)  # palettes land with the next turn of the loop
            ratio = stage.window.devicePixelRatioF()
            size = "" if ratio == 1 else f"-{ratio:.0%}".rstrip("%")
            title = scene.__name__.replace("_", "-")
            assert picture_of(stage.window).save(str(folder / f"{title}-{name}{size}.png"))


async def take_all(scenes: tuple[Scene, ...], folder: Path) -> None:
    for scene in scenes:
        await take(scene, folder)


def main_at_200_percent(folder: Path) -> int:
    command = [sys.executable, "-m", "tests.shots", str(folder), main.__name__]
    return subprocess.run(command, env=os.environ | {"QT_SCALE_FACTOR": "2"}, check=False).returncode


def open_application(settings: str) -> QApplication:
    """On a large screen, without anybody's settings, in the best of the fonts that are here."""
    screen = Path(settings) / "screen.json"
    screen.write_text(json.dumps({"screens": [SCREEN]}), "utf-8")
    os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={screen}"
    QSettings.setPath(QSettings.Format.NativeFormat, QSettings.Scope.UserScope, settings)
    app = QApplication([])
    app.setQuitOnLastWindowClosed(False)
    app.setCursorFlashTime(0)
    family = next((one for one in FONTS if one in QFontDatabase.families()), app.font().family())
    font = QFont(family)
    font.setPixelSize(13)
    app.setFont(font)
    theme.install(app)
    return app


def shoot(folder: Path, names: list[str]) -> int:
    """All scenes, or those named; the exit status."""
    folder.mkdir(parents=True, exist_ok=True)
    budget.BETWEEN_READS_S = 0.0  # the server in here counts nothing
    with tempfile.TemporaryDirectory() as settings:
        app = open_application(settings)
        scenes = tuple(one for one in SCENES if not names or one.__name__ in names)
        with asyncio.Runner(loop_factory=lambda: Loop(app)) as runner:
            runner.run(take_all(scenes, folder))
    return 0 if names else main_at_200_percent(folder)


if __name__ == "__main__":
    sys.exit(shoot(Path(sys.argv[1]), sys.argv[2:]))
