"""The controller: from one server to another and back, what concerns the whole window, and the demo."""

import asyncio
import shutil
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from pydantic import SecretStr
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from app import compose
from app.compose import DemoProcess
from app.core.servers import Server, ServerAddress
from app.ui import off_screen_demo as tour_module
from app.ui.header import Side
from app.ui.off_screen_demo import run_off_screen_demo
from app.ui.theme import Bar
from tests.conftest import until
from tests.demo import Running, faults, running
from tests.demo.pace import Pace
from tests.demo.server import DemoServer
from tests.gui.conftest import Open, OpenDesk

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="it stands a shell in for the demo")


def use(controller: OpenDesk, demo: Running) -> None:
    controller.controller.use_server(Server(ServerAddress(demo.address)))


async def used(controller: OpenDesk, demo: Running) -> None:
    use(controller, demo)
    await controller.settle()
    assert controller.controller.connection
    assert controller.controller.connection.server.address.url == demo.address


# From one server to another.


async def test_the_same_server_once_more_keeps_what_only_we_know(demo: Running, open_desk: Open) -> None:
    demo.server.answer_next("create", faults.status(500))
    async with open_desk(demo.address) as controller:
        controller.type("initial_user_msg", "Fix it")
        controller.press()
        await until(lambda: controller.rows() and controller.rows()[0].is_unconfirmed, "its answer was lost")
        before = controller.controller.connection
        controller.controller.ask_for_server()
        controller.click("connect")
        await controller.settle()
        assert controller.controller.connection is before
        assert controller.rows()[0].is_unconfirmed


async def test_back_at_a_server_its_list_is_as_it_was_and_goes_on(open_desk: Open, demo: Running) -> None:
    with running(DemoServer(pace=Pace.quick())) as other:
        async with open_desk(demo.address) as controller:
            first = controller.controller.connection
            assert first
            await used(controller, other)
            assert controller.controller.connection is not first
            demo.do(demo.server.add, title="New here")
            await used(controller, demo)
            assert controller.controller.connection is first
            await until(lambda: [row.title for row in controller.rows()] == ["New here"], "it is read again")
            assert controller.window.header.server.standing().startswith("connected")


async def test_long_last_words_are_read_whole_when_somebody_looks_at_them(
    demo: Running, open_desk: Open
) -> None:
    words = "Begins.\n\n" + "So it goes on.\n\n" * 300 + "Ends?"
    add = demo.server.add
    known = demo.do(add, title="Fix it", agent_state="awaiting_user_input", last_words=words)
    async with open_desk(demo.address) as controller:
        await until(lambda: controller.rows() and controller.rows()[0].last_words, "its words are read")
        assert controller.rows()[0].last_words != words
        assert controller.controller.connection
        controller.window.sessions.select(controller.rows()[0].key)
        await until(lambda: controller.rows()[0].last_words == words, "they are read whole")
        text = words.replace("\n\n", "\n")
        await until(lambda: controller.find(QTextEdit, "last_words").toPlainText() == text, "and shown")
        asked = [one for one in demo.server.seen("events") if known.conversation_id in one.path]
        alone = [one for one in asked if one.query.get("start_id") == one.query.get("end_id", "")]
        assert len(alone) == 1


async def test_two_paths_of_one_host_are_read_within_the_same_budget(demo: Running, open_desk: Open) -> None:
    async with open_desk(demo.address) as controller:
        first = controller.controller.connection
        controller.controller.use_server(Server(ServerAddress(f"{demo.address}/openhands")))
        await controller.settle()
        assert first
        assert controller.controller.connection
        assert controller.controller.connection is not first
        assert controller.controller.connection.budget is first.budget


async def test_a_key_that_is_corrected_keeps_rows_and_the_launch_that_is_out(open_desk: Open) -> None:
    with running(DemoServer(key="right", pace=Pace.quick(answer=float("inf")))) as demo:
        async with open_desk(demo.address, key="right") as controller:
            controller.type("initial_user_msg", "Fix it")
            controller.press()
            await until(lambda: demo.server.waiting("answer"), "the request is at the server")
            (row,) = controller.rows()
            controller.controller.use_server(Server(ServerAddress(demo.address), SecretStr("wrong")))
            assert [one.key for one in controller.rows()] == [row.key]
            demo.do(demo.server.release, "answer")
            await until(
                lambda: controller.window.header.server.standing() == "key refused", "the key is refused"
            )
            controller.controller.use_server(Server(ServerAddress(demo.address), SecretStr("right")))
            await until(
                lambda: controller.window.header.server.standing().startswith("connected"), "it is taken"
            )
            (now,) = controller.rows()
            assert (now.key, bool(now.conversation_id), now.draft) == (row.key, True, row.draft)
            assert len(demo.server.seen("create")) == 1


async def test_a_press_right_after_another_key_goes_with_that_key(open_desk: Open) -> None:
    with running(DemoServer(key="right", pace=Pace.quick())) as demo:
        async with open_desk(demo.address, key="wrong") as controller:
            await until(
                lambda: controller.window.header.server.standing() == "key refused", "the key is refused"
            )
            controller.type("initial_user_msg", "Fix it")
            controller.controller.use_server(Server(ServerAddress(demo.address), SecretStr("right")))
            controller.press()
            await until(lambda: controller.rows() and controller.rows()[0].conversation_id, "it has started")


async def test_a_launch_that_fails_at_a_server_one_has_left_is_said(open_desk: Open, demo: Running) -> None:
    gate = asyncio.Event()

    async def refused(request: web.Request) -> web.StreamResponse:
        await gate.wait()
        return await faults.status(429)(request)

    demo.server.answer_next("create", refused)
    with running(DemoServer(pace=Pace.quick())) as other:
        async with open_desk(demo.address) as controller:
            controller.type("initial_user_msg", "Fix it")
            controller.press()
            await until(lambda: demo.server.seen("create"), "the launch is out")
            await used(controller, other)
            demo.loop.call_soon_threadsafe(gate.set)
            await until(controller.window.bar.text, "it is said")
            place = demo.address.removeprefix("http://")
            assert controller.window.bar.text().startswith(
                f"About your launch on {place}: The server is busy"
            )
            assert not other.server.seen("create")


async def test_what_is_pressed_while_the_demo_starts_goes_to_no_other_server(
    open_desk: Open, demo: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = asyncio.Event()

    async def start() -> Server:
        await gate.wait()
        return Server(ServerAddress(other.address), is_demo=True)

    with running(DemoServer(pace=Pace.quick())) as other:
        async with open_desk(demo.address) as controller:
            monkeypatch.setattr(controller.controller._demo, "start", start)
            controller.type("initial_user_msg", "Just a try")
            controller.controller.ask_for_server()
            controller.click("demo")
            controller.press()
            assert controller.find(Bar, "bar").text().startswith("There is no connection yet.")
            gate.set()
            await until(lambda: controller.controller.connection, "the demo is connected")
            controller.press()
            await until(lambda: other.server.seen("create"), "the launch is there")
            assert not demo.server.seen("create")


async def test_between_two_servers_a_press_goes_to_none(open_desk: Open, demo: Running) -> None:
    with running(DemoServer(pace=Pace.quick())) as other:
        async with open_desk(demo.address) as controller:
            use(controller, other)
            controller.type("initial_user_msg", "Fix it")
            controller.press()
            await used(controller, other)
            assert not demo.server.seen("create")
            assert not other.server.seen("create")
            assert controller.find(Bar, "bar").text() == ""


async def test_the_same_server_once_more_keeps_the_launch_that_is_out(open_desk: Open) -> None:
    with running(DemoServer(pace=Pace.quick(answer=float("inf")))) as demo:
        async with open_desk(demo.address) as controller:
            controller.type("initial_user_msg", "Fix it")
            controller.press()
            await until(lambda: demo.server.waiting("answer"), "the request is at the server")
            controller.controller.ask_for_server()
            controller.click("connect")
            await controller.settle()
            controller.press()
            demo.do(demo.server.release, "answer")
            await until(lambda: controller.rows()[0].conversation_id, "the answer has come")
            assert len(demo.server.seen("create")) == 1


async def test_what_was_started_on_one_server_is_not_said_at_another(open_desk: Open, demo: Running) -> None:
    with running(DemoServer(pace=Pace.quick())) as other:
        async with open_desk(demo.address) as controller:
            controller.type("initial_user_msg", "Fix it")
            controller.press()
            await until(lambda: controller.rows()[0].conversation_id, "the answer has come")
            await used(controller, other)
            assert controller.window.launch.foot.sentence().startswith("Starts on ")


async def test_a_demo_that_does_not_start_leads_back_to_the_server_before(
    open_desk: Open, monkeypatch: pytest.MonkeyPatch, demo: Running
) -> None:
    gate = asyncio.Event()

    async def start() -> Server:
        await gate.wait()
        raise compose.DemoDidNotStart

    with running(DemoServer(pace=Pace.quick())) as other:
        async with open_desk(demo.address) as controller:
            monkeypatch.setattr(controller.controller._demo, "start", start)
            use(controller, other)  # and is not connected yet
            for _ in range(2):
                controller.controller.use_demo()
            await until(lambda: controller.window.launch.isVisible(), "the form")
            controller.controller.ask_for_server()
            assert controller.find(QWidget, "back").isVisible()
            gate.set()
            await until(controller.window.bar.text, "it is said")
            await until(lambda: controller.controller.connection, "the server before is connected")
            assert controller.controller.connection
            assert controller.controller.connection.server.address.url == other.address
            assert controller.window.servers.isVisible()  # somebody is there


async def test_what_was_refused_is_over_when_the_same_server_is_chosen_again(
    open_desk: Open, demo: Running
) -> None:
    demo.server.answer_next("create", faults.status(401))
    async with open_desk(demo.address) as controller:
        controller.type("initial_user_msg", "Fix it")
        controller.press()
        bar = controller.find(Bar, "bar")
        await until(bar.text, "it is said")
        controller.controller.ask_for_server()
        controller.click("connect")
        await until(lambda: bar.text() == "", "it is connected anew")


async def test_escape_closes_what_is_said_of_a_launch(open_desk: Open, demo: Running) -> None:
    demo.server.answer_next("create", faults.status(403))
    async with open_desk(demo.address) as controller:
        controller.window.activateWindow()
        controller.type("initial_user_msg", "Fix it")
        controller.press()
        bar = controller.find(Bar, "bar")
        await until(bar.text, "it is said")
        QTest.keyClick(controller.find(QPlainTextEdit, "initial_user_msg"), Qt.Key.Key_Escape)
        assert bar.text() == ""


# What concerns the whole window.


async def test_a_stop_that_fails_is_seen_in_a_narrow_window_and_goes_with_a_press(
    open_desk: Open, demo: Running
) -> None:
    demo.do(demo.server.add, title="Old", status="RUNNING")
    demo.server.answer_next("stop", faults.status(403))
    async with open_desk(demo.address) as controller:
        await until(controller.rows, "the list has come")
        controller.window.resize(480, 700)
        controller.window.show_side(Side.SESSIONS)
        assert not controller.window.launch.isVisible()
        controller.window.sessions.select(controller.rows()[0].key)
        controller.click("stop")
        await until(controller.window.bar.text, "it is said")
        assert controller.window.bar.isVisible()
        assert controller.window.bar.text().startswith(
            "“Old” was not stopped. The server does not allow this"
        )
        assert "launch" not in controller.window.bar.text()
        assert controller.window.bar.button().text() == "Enter the key…"
        QTest.mouseClick(controller.window.bar.button(), Qt.MouseButton.LeftButton)
        assert not controller.window.bar.isVisible()
        assert controller.window.servers.isVisible()


async def test_a_bug_is_said_over_the_page_of_servers_and_escape_closes_one_after_the_other(
    open_desk: Open, demo: Running
) -> None:
    async with open_desk(demo.address) as controller:
        controller.controller.ask_for_server()
        controller.window.show_bug("ValueError", is_kept=False)
        assert controller.window.bar.isVisible()
        assert controller.window.bar.button().text() == "Close"
        focused = controller.window.focusWidget()
        assert focused is not None
        QTest.keyClick(focused, Qt.Key.Key_Escape)
        assert not controller.window.servers.isVisible()
        QTest.keyClick(controller.find(QPlainTextEdit, "initial_user_msg"), Qt.Key.Key_Escape)
        assert not controller.window.bar.isVisible()
        assert controller.window.isVisible()


async def test_escape_does_not_leave_the_page_of_servers_without_a_server(
    open_desk: Open, demo: Running
) -> None:
    async with open_desk(demo.address) as controller:
        controller.window.servers.ask(None, can_leave=False)
        controller.window.show_servers(True)
        QTest.keyClick(controller.find(QWidget, "address"), Qt.Key.Key_Escape)
        assert controller.window.servers.isVisible()


async def test_a_new_form_is_made_only_of_one_that_is_seen(open_desk: Open, demo: Running) -> None:
    async with open_desk(demo.address) as controller:
        controller.type("initial_user_msg", "Fix it")
        message = controller.find(QPlainTextEdit, "initial_user_msg")
        controller.controller.ask_for_server()
        QTest.keyClick(controller.window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
        assert message.toPlainText() == "Fix it"
        controller.click("back")
        controller.window.resize(480, 700)
        controller.window.show_side(Side.SESSIONS)
        QTest.keyClick(controller.window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
        assert (message.isVisible(), message.toPlainText()) == (True, "Fix it")
        QTest.keyClick(controller.window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
        assert message.toPlainText() == ""


# The demo.


@pytest.fixture
def silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A demo that says nothing, and does not end when it is asked to."""
    program = tmp_path / "demo"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setattr(compose, "DEMO_END_S", 0.01)


@posix_only
@pytest.mark.usefixtures("silent")
async def test_a_demo_that_says_nothing_is_given_up_and_ended(
    open_desk: Open, demo: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compose, "DEMO_START_S", 0.05)
    async with open_desk(demo.address) as controller:
        before = controller.controller.connection
        controller.controller.use_demo()
        await until(controller.window.bar.text, "it is said")
        assert controller.window.bar.text() == "The demo did not start. Try it again, or choose a server."
        assert controller.controller.connection is before
        assert controller.controller._demo._process is None


@posix_only
async def test_a_demo_that_ends_at_once_did_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", shutil.which("true"))
    with pytest.raises(compose.DemoDidNotStart):
        await DemoProcess().start()


@posix_only
@pytest.mark.usefixtures("silent")
async def test_a_server_that_is_chosen_while_the_demo_starts_is_the_one(
    open_desk: Open, demo: Running
) -> None:
    with running(DemoServer(pace=Pace.quick())) as other:
        async with open_desk(demo.address) as controller:
            controller.controller.use_demo()
            await until(lambda: controller.controller._demo._process, "it starts")
            await used(controller, other)
            await until(lambda: other.server.seen("list"), "it is read")
            assert controller.window.bar.text() == ""


# The demo off-screen.


async def ended(controller: OpenDesk, demo: Running) -> int:
    use(controller, demo)
    return await run_off_screen_demo(controller.controller, asyncio.Event())


async def test_the_tour_ends_well_when_the_agent_rests(
    open_desk: Open, demo: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    async with open_desk(demo.address) as controller:
        assert await ended(controller, demo) == 0
    assert "A picture of the window: " in capsys.readouterr().out


async def test_the_tour_ends_badly_when_its_conversation_fails(
    open_desk: Open, demo: Running, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tour_module, "MESSAGE", "fail")
    async with open_desk(demo.address) as controller:
        assert await ended(controller, demo) == 1
    assert "Failed" in capsys.readouterr().out


# A row belongs to its server.


@asynccontextmanager
async def at_two_servers(open_desk: Open, demo: Running) -> AsyncGenerator[tuple[OpenDesk, Running], None]:
    """Each with three conversations; both lists have been read, and the window is back at the first."""
    with running(DemoServer(pace=Pace.quick())) as other:
        for server in (demo, other):
            for number in range(3):
                server.do(server.server.add, title=f"Conversation {number}")
        async with open_desk(demo.address) as controller:
            for server in (demo, other, demo):
                await used(controller, server)
                await until(lambda: len(controller.rows()) == 3, "the list has come")
            yield controller, other


async def test_a_row_that_was_chosen_at_one_server_chooses_none_at_another(
    open_desk: Open, demo: Running
) -> None:
    async with at_two_servers(open_desk, demo) as (controller, other):
        for server in (other, demo):
            controller.window.sessions.select(controller.rows()[1].key)
            assert controller.find(QWidget, "delete").isVisible()
            await used(controller, server)
            await until(lambda: not controller.find(QWidget, "delete").isVisible(), "no detail is shown")


async def test_a_question_about_a_row_of_one_server_deletes_nothing_at_another(
    open_desk: Open, demo: Running
) -> None:
    async with at_two_servers(open_desk, demo) as (controller, other):
        controller.window.sessions.select(controller.rows()[1].key)
        controller.click("delete")
        await used(controller, other)
        controller.click("yes")
        assert [row.operation for row in controller.rows()] == [None] * 3


async def test_f5_reads_list_and_settings_anew_wherever_the_focus_is(open_desk: Open) -> None:
    with running(DemoServer(pace=Pace.quick())) as demo:
        async with open_desk(demo.address) as controller:
            connection = controller.controller.connection
            assert connection
            await until(lambda: connection.known.facts.settings_known, "the settings were read")
            for name in ("initial_user_msg", "repository", "sessions"):
                controller.find(QWidget, name).setFocus()
                demo.server.requests.clear()
                QTest.keySequence(controller.window.focusWidget(), "F5")
                await until(lambda: demo.server.seen("list"), "the list was read anew")
                await until(lambda: demo.server.seen("settings"), "the settings were read anew")
