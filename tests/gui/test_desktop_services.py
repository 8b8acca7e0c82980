"""The one gate to the browser: only web pages go through, and a row's is built from the server's own address."""

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QListView

from app.core import bug_reports
from app.core.draft import LaunchDraft
from app.ui.desktop_services import open_page
from tests.conftest import until
from tests.demo import Running, running
from tests.demo.pace import Pace
from tests.demo.server import DemoServer
from tests.gui.conftest import Open

ID = "0123456789abcdef0123456789abcdef"
GOOD = [
    f"http://127.0.0.1:3000/conversations/{ID}",
    f"http://localhost:3000/conversations/{ID}",
    f"http://[::1]:3000/conversations/{ID}",
    f"https://openhands.example.com/openhands/conversations/{ID}",
    "https://openhands.example.com/settings",
    "https://bücher.example/settings",
    "https://host:8443/a/b/settings",
]
BAD = [
    "",
    " ",
    "/",
    "settings",
    "openhands.example.com/settings",
    "//openhands.example.com/settings",
    "//evil/share",
    "\\\\evil\\share",
    "http:",
    "http://",
    "http:///settings",
    "https:settings",
    "https://:443/",
    "https://user@evil.example/",
    "https://user:pw@evil.example/",
    "https://@evil.example/",
    "https://good.example@evil.example/",
    "https://good.example%40evil.example@evil.example/",
    "https://good.example:pw@evil.example:80/",
    "https://good.example\\@evil.example/",
    "https://good.example\\evil",
    "http://host:99999/",
    "http://host:port/",
    "http://ho st/",
    "http://host/a b",
    "http://host/\n",
    "http://host/\r\nX: y",
    "http://host/\x00",
    "http://host/\x1b[2J",
    "http://host/\u202etxt",
    "http://ho\u202est/",
    "http://host/%zz",
    "http://[::1",
    "file:///etc/passwd",
    "FILE:///etc/passwd",
    "file://evil/share",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "ftp://host/",
    "smb://evil/share",
    "ms-msdt:/id",
    "mailto:someone@host.example",
    "view-source:https://host.example/",
    "about:blank",
    "qrc:/x",
    "ssh://host",
    "vscode://file/etc/passwd",
    "search-ms:query=x",
    "C:\\Windows\\System32\\calc.exe",
    "/bin/sh",
]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the browser was asked to open; none is there."""
    addresses: list[str] = []

    def browser(url: QUrl) -> bool:
        addresses.append(url.toString())
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", browser)
    return addresses


@pytest.mark.parametrize("address", GOOD)
def test_a_web_page_is_opened(opened: list[str], address: str) -> None:
    assert open_page(address)
    assert [QUrl(one) for one in opened] == [QUrl(address)]


@pytest.mark.parametrize("address", BAD, ids=ascii)
def test_anything_else_stays_shut(opened: list[str], address: str) -> None:
    assert not open_page(address)
    assert opened == []


async def test_a_row_opens_at_the_servers_own_address(open_desk: Open, opened: list[str]) -> None:
    """The server's own `url` of a conversation is no part of what is read."""
    with running(DemoServer(pace=Pace.quick(), base_path="/openhands")) as demo:
        demo.do(demo.server.add, title="Old", conversation_id=ID)
        async with open_desk(demo.address) as controller:
            await until(lambda: controller.rows(), "the list has come")
            controller.window.sessions.select(controller.rows()[0].key)
            controller.click("open")
        assert opened == [f"{demo.address}/conversations/{ID}"]


async def test_a_row_that_is_no_conversation_yet_opens_nothing(
    demo: Running, open_desk: Open, opened: list[str]
) -> None:
    async with open_desk(demo.address) as controller:
        connection = controller.controller.connection
        assert connection
        controller.window.sessions.select(connection.book.add_launch(LaunchDraft()))
        QTest.keyClick(controller.find(QListView, "sessions"), Qt.Key.Key_Return)
    assert opened == []


async def test_without_a_browser_the_address_is_on_the_clipboard(
    demo: Running, open_desk: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _url: False)
    demo.do(demo.server.add, title="Old", conversation_id=ID)
    async with open_desk(demo.address) as controller:
        await until(lambda: controller.rows(), "the list has come")
        controller.window.sessions.select(controller.rows()[0].key)
        controller.click("open")
        assert QGuiApplication.clipboard().text() == f"{demo.address}/conversations/{ID}"
        assert "on the clipboard" in controller.window.bar.text()


async def test_the_reports_of_bugs_are_shown_in_the_file_manager(
    demo: Running, open_desk: Open, opened: list[str]
) -> None:
    async with open_desk(demo.address) as controller:
        controller.window.show_earlier_bug()
        controller.window.bar.button().click()
        assert not controller.window.bar.isVisible()
    assert opened == [QUrl.fromLocalFile(str(bug_reports.folder())).toString()]


async def test_without_a_file_manager_the_path_of_the_reports_is_on_the_clipboard(
    demo: Running, open_desk: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _url: False)
    async with open_desk(demo.address) as controller:
        controller.window.show_bug("ValueError", is_kept=True)
        controller.window.bar.button().click()
        assert QGuiApplication.clipboard().text() == str(bug_reports.folder())
        assert "on the clipboard" in controller.window.bar.text()
