"""The window on a real server that refuses, or is away: what it says, and that nothing is lost."""

import asyncio
import re
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QWidget

from app.core import polling
from app.core.servers import Capabilities
from app.ui.theme import Note
from tests.gui.conftest import Open
from tests.real import hands
from tests.real.hands import until
from tests.real.server import RealServer
from tests.real.server import until as until_server
from tests.real.stub_model import TITLE, StubModel

WISH = "Make the login page dark"
"""What is typed before each refusal, and is there after it."""


async def test_without_settings_the_bar_says_so_and_leads_to_them(
    bare_server: RealServer, browser: hands.Browser, open_desk: Open
) -> None:
    async with hands.connected(open_desk, bare_server) as controller:
        hands.fill(controller, "initial_user_msg", WISH)
        controller.press()
        bar = hands.bar(controller)
        await until(lambda: bar.text().startswith("The server has no settings yet."), "it in the bar")
        assert "your text is kept" in bar.text()
        assert hands.held(controller, "initial_user_msg") == WISH
        assert hands.listed(controller) == []
        assert bar.button().text() == "Open settings"
        bar.button().click()
        assert browser.opened == [f"{bare_server.url}/settings"]

        await asyncio.to_thread(bare_server.post_settings)
        controller.press()
        assert not bar.isVisible()
        await until(lambda: hands.says(controller, WISH, "Working"), "a row that works")


async def test_a_wrong_key_is_told_and_nothing_is_asked_until_there_is_another(
    server: RealServer, monkeypatch: pytest.MonkeyPatch, open_desk: Open
) -> None:
    monkeypatch.setattr(polling, "FIRST_PAGE_S", 0.5)  # whoever polls on is seen in the time of this test
    async with open_desk(server.url, "wrong") as controller:
        await until(lambda: hands.standing(controller) == "key refused", "the refusal in the header")
        assert hands.seen(controller.window.sessions, QWidget, "edit_server").isEnabled()
        before = refused_reads(server)
        assert before
        hands.fill(controller, "initial_user_msg", WISH)
        controller.press()
        bar = hands.bar(controller)
        await until(lambda: bar.text().startswith("The server refused the key."), "it in the bar")
        assert hands.held(controller, "initial_user_msg") == WISH
        assert bar.button().text() == "Enter the key…"
        bar.button().click()
        hands.fill_in(controller.window.servers, "key", server.key)
        hands.click(controller.window.servers, "test")
        found = controller.window.servers.findChild(QWidget, "found")
        assert isinstance(found, Note)
        await until(lambda: "key accepted" in found.text(), "what the test has found")
        assert found.text() == "OpenHands 0.53.0 · key accepted · model set · GitLab connected"
        hands.click(controller.window.servers, "connect")
        await until(lambda: hands.standing(controller) == hands.VERSION, "the version in the header")
        assert refused_reads(server) == before
        assert hands.held(controller, "initial_user_msg") == WISH


def refused_reads(server: RealServer) -> int:
    """How often this server has refused to show its list to a window."""
    log = server.log.read_text(encoding="utf-8", errors="replace")
    return len(re.findall(r'127\.0\.0\.1:\d+ - "GET /api/conversations.* 401', log))


async def test_a_422_is_told_at_its_field(server: RealServer, open_desk: Open) -> None:
    async with hands.connected(open_desk, server) as controller:
        assert controller.controller.connection
        known = controller.controller.connection.known
        known.set_facts(replace(known.facts, capabilities=Capabilities()))  # as if it had been started anew
        hands.fill(controller, "initial_user_msg", WISH)
        hands.open_fold(controller, "Advanced")
        hands.fill(controller, "conversation_id", "0123456789abcdef0123456789abcdef")
        controller.press()
        refused = "This server does not accept this field."
        await until(lambda: hands.note(controller, "conversation_id") == refused, "the refusal at the field")
        assert hands.bar(controller).text().startswith("The server refused this launch.")
        assert hands.held(controller, "initial_user_msg") == WISH
        assert hands.listed(controller) == []
        assert await asyncio.to_thread(server.conversations) == []


async def test_an_unknown_repository_is_told_at_its_field(server: RealServer, open_desk: Open) -> None:
    async with hands.connected(open_desk, server) as controller:
        hands.fill(controller, "repository", "acme/none")
        hands.fill(controller, "initial_user_msg", WISH)
        controller.press()
        refused = "The server could not open this repository with its git token."
        await until(lambda: hands.note(controller, "repository") == refused, "the refusal at the field")
        assert hands.held(controller, "initial_user_msg") == WISH
        assert hands.listed(controller) == []


def is_written(server: RealServer) -> bool:
    """Whether the only conversation has its title: then nothing is written until its model answers."""
    return [one["title"] for one in server.conversations()] == [TITLE]


AWAY = re.compile(r"away since \d\d:\d\d · (next try in \d+ s|trying…)")


async def test_a_server_that_dies_and_comes_back_loses_nothing(
    server: RealServer, model: StubModel, open_desk: Open
) -> None:
    model.hangs()
    async with hands.connected(open_desk, server) as controller:
        hands.fill(controller, "initial_user_msg", "Say hello")
        controller.press()
        await until(lambda: hands.says(controller, "Working"), "a row that works")
        await asyncio.to_thread(until_server, lambda: is_written(server), "all written that is to be written")
        await asyncio.to_thread(server.kill)
        model.answers("Hello")
        hands.fill(controller, "initial_user_msg", WISH)
        controller.press()
        bar = hands.bar(controller)
        await until(lambda: bar.text().startswith("No server answers at this address."), "it in the bar")
        assert "Nothing was sent; your text is kept." in bar.text()
        assert bar.button().text() == "Try now"
        await until(
            lambda: AWAY.fullmatch(hands.standing(controller)), "since when it is away, in the header"
        )
        assert hands.held(controller, "initial_user_msg") == WISH
        assert len(hands.listed(controller)) == 1

        hands.click(controller.window.header, "try_now")
        await asyncio.to_thread(server.start_again)
        await until(lambda: hands.standing(controller) == hands.VERSION, "connected again")
        assert not bar.isVisible()
        await until(lambda: hands.says(controller, "Stopped"), "the row, as the server has it now")
        controller.press()
        await until(lambda: hands.says(controller, WISH, "Working"), "a second row, that works")
        await until(lambda: any(WISH in text for text in model.texts()), "its message at the model")
        assert len(hands.listed(controller)) == 2
