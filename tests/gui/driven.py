"""The program as a process, driven from inside: ``python -m tests.gui.driven ACT [arguments of the program]``.

The act takes the place of the person who drives the window; all else is the program.
"""

import asyncio
import faulthandler
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import TypeVar

from pydantic import SecretStr
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QAccessibleEvent,
    QAccessibleInterface,
    QGuiApplication,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QLabel,
    QLineEdit,
    QListView,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from app.__main__ import main
from app.core.connection_status import ConnectionState
from app.ui import main as life
from app.ui.controller import Controller
from app.ui.theme import Bar
from app.wire.schemas import MCPConfig, MCPSHTTPServerConfig, MCPStdioServerConfig
from tests import quoting
from tests.conftest import until

W = TypeVar("W", bound=QWidget)

MCP_KEY = 'mcp-c4n4ry "quoted" ü'
VARIABLE = "env-c4n4ry\\with/all"


async def crash(_controller: Controller, _closed: asyncio.Event) -> None:
    """Ends as a bug in a library of Qt's would end it."""
    await until(faulthandler.is_enabled, "a crash would be written down")
    os.kill(os.getpid(), signal.SIGSEGV)


async def show_bar(controller: Controller, _closed: asyncio.Event) -> None:
    """Tells what the bar of the window says once all has been begun."""
    await until(faulthandler.is_enabled, "a crash would be written down")
    await controller._tasks.drain()
    print(controller.window.bar.text(), flush=True)


async def show_icon(controller: Controller, _closed: asyncio.Event) -> None:
    """Tells the sizes of the window's icon."""
    print(json.dumps([size.width() for size in controller.window.windowIcon().availableSizes()]), flush=True)


async def launch(controller: Controller, closed: asyncio.Event) -> None:
    """Presses Launch, and stays."""
    await until(lambda: controller.connection, "connected")
    _press(controller)
    await closed.wait()


async def look_up_a_name(_controller: Controller, closed: asyncio.Event) -> None:
    """Says when the name of the server is looked up, which takes half a minute here."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(*_: object, **__: object) -> list[object]:
        loop.call_soon_threadsafe(asked.set)
        time.sleep(30)
        return []

    socket.getaddrinfo = slow  # type: ignore[assignment]
    await asked.wait()
    print("looking", flush=True)
    await closed.wait()


async def fail(controller: Controller, _closed: asyncio.Event) -> None:
    """Launches as often as standard input says, then meets a bug; tells all that is shown after each."""
    await until(lambda: controller.connection, "connected")
    connection = controller.connection
    assert connection
    await until(lambda: connection.known.status.state is ConnectionState.CONNECTED, "the list was read")
    controller.window.launch.draft.put(("mcp_config",), _mcp_servers())
    bar = _child(controller, Bar, "bar")
    for _ in range(int(sys.stdin.readline())):
        _press(controller)
        await until(bar.text, "the bar says something", 15)
        _tell(controller)
    bar.button().pressed.connect(_bug)
    bar.button().pressed.emit()
    await until(lambda: "launcher" in controller.window.bar.text(), "the bug is said")
    controller.ask_for_server()
    _tell(controller)
    print(json.dumps({"environment": dict(os.environ)}), flush=True)


async def be_quoted(controller: Controller, _closed: asyncio.Event) -> None:
    """Launches as often as standard input says, looks at every row, meets a bug; tells all that is shown, and said."""
    heard = _listen()
    await until(lambda: controller.connection, "connected")
    connection = controller.connection
    assert connection
    await until(lambda: connection.known.status.state is ConnectionState.CONNECTED, "the list was read")
    controller.window.launch.draft.put(("mcp_config",), MCPConfig.model_validate(quoting.MCP_CONFIG))
    for _ in range(int(sys.stdin.readline())):
        _press(controller)
        await until(lambda: not connection.launching.has_unanswered(), "it is answered", 15)
        _tell(controller)
    rows, words = _child(controller, QListView, "sessions"), _child(controller, QTextEdit, "last_words")
    for number in range(rows.model().rowCount()):
        rows.setCurrentIndex(rows.model().index(number, 0))
        await asyncio.sleep(0)
        _tell(controller)
        words.selectAll()
        words.copy()
        print(json.dumps({"copied": QGuiApplication.clipboard().text()}), flush=True)
    QGuiApplication.clipboard().clear()  # where there is no screen it would outlive Python
    QTimer.singleShot(0, controller.window, _quoting_bug)
    await until(lambda: "launcher" in controller.window.bar.text(), "the bug is said")
    controller.ask_for_server()
    _child(controller, QLineEdit, "key").setText(quoting.KEY)
    _tell(controller)
    print(json.dumps({"heard": heard, "environment": dict(os.environ)}), flush=True)


def _quoting_bug() -> None:
    raise ValueError(quoting.MCP_CONFIG, quoting.KEY)


def _listen() -> list[str]:
    """What a screen reader would be told from now on."""
    heard: list[str] = []

    def hear(event: QAccessibleEvent) -> None:
        if isinstance(event, QAccessibleAnnouncementEvent):
            heard.append(event.message())

    QAccessible.isActive = lambda: True  # type: ignore[method-assign]
    QAccessible.updateAccessibility = hear  # type: ignore[method-assign]
    return heard


def _bug() -> None:
    raise ValueError(os.environ.get("LAUNCHER_TEST_KEY"), MCP_KEY, VARIABLE)


def _mcp_servers() -> MCPConfig:
    remote = MCPSHTTPServerConfig(url="https://mcp.example", api_key=SecretStr(MCP_KEY))
    local = MCPStdioServerConfig(name="fetch", command="uvx", env={"TOKEN": SecretStr(VARIABLE)})
    return MCPConfig(shttp_servers=[remote], stdio_servers=[local])


def _press(controller: Controller) -> None:
    _child(controller, QPlainTextEdit, "initial_user_msg").setPlainText("Fix it")
    QTest.mouseClick(_child(controller, QWidget, "launch"), Qt.MouseButton.LeftButton)


def _tell(controller: Controller) -> None:
    bar = _child(controller, Bar, "bar").text()
    print(json.dumps({"bar": bar, "shown": sorted(set(_shown(controller.window)))}), flush=True)


def _shown(window: QWidget) -> Iterator[str]:
    """Whatever a widget shows to eyes, or says to a screen reader."""
    for widget in (window, *window.findChildren(QWidget)):
        yield from (widget.accessibleName(), widget.accessibleDescription(), widget.toolTip())
        if isinstance(widget, QLabel | QAbstractButton):
            yield widget.text()
        elif isinstance(widget, QLineEdit):
            yield widget.displayText()
        elif isinstance(widget, QPlainTextEdit | QTextEdit):
            yield widget.toPlainText()
        elif isinstance(widget, QListView):
            yield from _in_rows(widget)
        if (reader := QAccessible.queryAccessibleInterface(widget)) is not None:
            yield from _read_aloud(reader)


def _in_rows(view: QListView) -> Iterator[str]:
    roles = Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole
    for number in range(view.model().rowCount()):
        index = view.model().index(number, 0)
        yield from (str(index.data(role) or "") for role in roles)


def _read_aloud(reader: QAccessibleInterface) -> Iterator[str]:
    """All that a screen reader may ask of a control, what can be read letter by letter included."""
    yield from (reader.text(kind) for kind in QAccessible.Text if kind is not QAccessible.Text.UserText)
    if (letters := reader.textInterface()) is not None:
        yield letters.text(0, letters.characterCount())


def _child(controller: Controller, kind: type[W], name: str) -> W:
    found = controller.window.findChild(kind, name)
    assert isinstance(found, kind)
    return found


Act = Callable[[Controller, asyncio.Event], Coroutine[None, None, None]]
ACTS: dict[str, Act] = {
    act.__name__: act for act in (crash, show_bar, show_icon, launch, look_up_a_name, fail, be_quoted)
}

if __name__ == "__main__":
    act = ACTS[sys.argv.pop(1)]

    async def instead(controller: Controller, closed: asyncio.Event, /) -> int:
        await act(controller, closed)
        return 0

    life.until_closed = instead
    sys.exit(main())
