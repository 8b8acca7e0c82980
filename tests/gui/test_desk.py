"""The desk: from one server to another and back, what concerns the whole window, the demo, and the tour."""

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
from app.ui import tour as tour_module
from app.ui.header import Side
from app.ui.theme import Bar
from app.ui.tour import tour
from tests.conftest import until
from tests.demo import Running, faults, running
from tests.demo.pace import Pace
from tests.demo.server import DemoServer
from tests.gui.conftest import Open, OpenDesk

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="it stands a shell in for the demo")


def use(desk: OpenDesk, demo: Running) -> None:
    desk.desk.use(Server(ServerAddress(demo.address)))


async def used(desk: OpenDesk, demo: Running) -> None:
    use(desk, demo)
    await desk.settle()
    assert desk.desk.connection
    assert desk.desk.connection.server.address.url == demo.address


# From one server to another.


async def test_the_same_server_once_more_keeps_what_only_we_know(demo: Running, open_desk: Open) -> None:
    demo.server.answer_next("create", faults.status(500))
    async with open_desk(demo.address) as desk:
        desk.type("initial_user_msg", "Fix it")
        desk.press()
        await until(lambda: desk.rows() and desk.rows()[0].not_known, "its answer was lost")
        before = desk.desk.connection
        desk.desk.ask()
        desk.click("connect")
        await desk.settle()
        assert desk.desk.connection is before
        assert desk.rows()[0].not_known


async def test_back_at_a_server_its_list_is_as_it_was_and_goes_on(open_desk: Open, demo: Running) -> None:
    with running(DemoServer(pace=Pace.quick())) as other:
        async with open_desk(demo.address) as desk:
            first = desk.desk.connection
            assert first
            await used(desk, other)
            assert desk.desk.connection is not first
            demo.do(demo.server.add, title="New here")
            await used(desk, demo)
            assert desk.desk.connection is first
            await until(lambda: [row.title for row in desk.rows()] == ["New here"], "it is read again")
            assert desk.window.header.server.standing().startswith("connected")


async def test_long_last_words_are_read_whole_when_somebody_looks_at_them(
    demo: Running, open_desk: Open
) -> None:
    words = "Begins.\n\n" + "So it goes on.\n\n" * 300 + "Ends?"
    add = demo.server.add
    known = demo.do(add, title="Fix it", agent_state="awaiting_user_input", last_words=words)
    async with open_desk(demo.address) as desk:
        await until(lambda: desk.rows() and desk.rows()[0].last_words, "its words are read")
        assert desk.rows()[0].last_words != words
        assert desk.desk.connection
        desk.window.sessions.select(desk.rows()[0].key)
        await until(lambda: desk.rows()[0].last_words == words, "they are read whole")
        text = words.replace("\n\n", "\n")
        await until(lambda: desk.find(QTextEdit, "last_words").toPlainText() == text, "and shown")
        asked = [one for one in demo.server.seen("events") if known.conversation_id in one.path]
        alone = [one for one in asked if one.query.get("start_id") == one.query.get("end_id", "")]
        assert len(alone) == 1


async def test_two_paths_of_one_host_are_read_within_the_same_budget(demo: Running, open_desk: Open) -> None:
    async with open_desk(demo.address) as desk:
        first = desk.desk.connection
        desk.desk.use(Server(ServerAddress(f"{demo.address}/openhands")))
        await desk.settle()
        assert first
        assert desk.desk.connection
        assert desk.desk.connection is not first
        assert desk.desk.connection.budget is first.budget


async def test_a_key_that_is_corrected_keeps_rows_and_the_launch_that_is_out(open_desk: Open) -> None:
    with running(DemoServer(key="right", pace=Pace.quick(answer=float("inf")))) as demo:
        async with open_desk(demo.address, key="right") as desk:
            desk.type("initial_user_msg", "Fix it")
            desk.press()
            await until(lambda: demo.server.waiting("answer"), "the request is at the server")
            (row,) = desk.rows()
            desk.desk.use(Server(ServerAddress(demo.address), SecretStr("wrong")))
            assert [one.key for one in desk.rows()] == [row.key]
            demo.do(demo.server.release, "answer")
            await until(lambda: desk.window.header.server.standing() == "key refused", "the key is refused")
            desk.desk.use(Server(ServerAddress(demo.address), SecretStr("right")))
            await until(lambda: desk.window.header.server.standing().startswith("connected"), "it is taken")
            (now,) = desk.rows()
            assert (now.key, bool(now.conversation_id), now.sent) == (row.key, True, row.sent)
            assert len(demo.server.seen("create")) == 1


async def test_a_press_right_after_another_key_goes_with_that_key(open_desk: Open) -> None:
    with running(DemoServer(key="right", pace=Pace.quick())) as demo:
        async with open_desk(demo.address, key="wrong") as desk:
            await until(lambda: desk.window.header.server.standing() == "key refused", "the key is refused")
            desk.type("initial_user_msg", "Fix it")
            desk.desk.use(Server(ServerAddress(demo.address), SecretStr("right")))
            desk.press()
            await until(lambda: desk.rows() and desk.rows()[0].conversation_id, "it has started")


async def test_a_launch_that_fails_at_a_server_one_has_left_is_said(open_desk: Open, demo: Running) -> None:
    gate = asyncio.Event()

    async def refused(request: web.Request) -> web.StreamResponse:
        await gate.wait()
        return await faults.status(429)(request)

    demo.server.answer_next("create", refused)
    with running(DemoServer(pace=Pace.quick())) as other:
        async with open_desk(demo.address) as desk:
            desk.type("initial_user_msg", "Fix it")
            desk.press()
            await until(lambda: demo.server.seen("create"), "the launch is out")
            await used(desk, other)
            demo.loop.call_soon_threadsafe(gate.set)
            await until(desk.window.bar.text, "it is said")
            place = demo.address.removeprefix("http://")
            assert desk.window.bar.text().startswith(f"About your launch on {place}: The server is busy")
            assert not other.server.seen("create")


async def test_what_is_pressed_while_the_demo_starts_goes_to_no_other_server(
    open_desk: Open, demo: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = asyncio.Event()

    async def start() -> Server:
        await gate.wait()
        return Server(ServerAddress(other.address), is_demo=True)

    with running(DemoServer(pace=Pace.quick())) as other:
        async with open_desk(demo.address) as desk:
            monkeypatch.setattr(desk.desk._demo, "start", start)
            desk.type("initial_user_msg", "Just a try")
            desk.desk.ask()
            desk.click("demo")
            desk.press()
            assert desk.find(Bar, "bar").text().startswith("There is no connection yet.")
            gate.set()
            await until(lambda: desk.desk.connection, "the demo is connected")
            desk.press()
            await until(lambda: other.server.seen("create"), "the launch is there")
            assert not demo.server.seen("create")


async def test_between_two_servers_a_press_goes_to_none(open_desk: Open, demo: Running) -> None:
    with running(DemoServer(pace=Pace.quick())) as other:
        async with open_desk(demo.address) as desk:
            use(desk, other)
            desk.type("initial_user_msg", "Fix it")
            desk.press()
            await used(desk, other)
            assert not demo.server.seen("create")
            assert not other.server.seen("create")
            assert desk.find(Bar, "bar").text() == ""


async def test_the_same_server_once_more_keeps_the_launch_that_is_out(open_desk: Open) -> None:
    with running(DemoServer(pace=Pace.quick(answer=float("inf")))) as demo:
        async with open_desk(demo.address) as desk:
            desk.type("initial_user_msg", "Fix it")
            desk.press()
            await until(lambda: demo.server.waiting("answer"), "the request is at the server")
            desk.desk.ask()
            desk.click("connect")
            await desk.settle()
            desk.press()
            demo.do(demo.server.release, "answer")
            await until(lambda: desk.rows()[0].conversation_id, "the answer has come")
            assert len(demo.server.seen("create")) == 1


async def test_what_was_started_on_one_server_is_not_said_at_another(open_desk: Open, demo: Running) -> None:
    with running(DemoServer(pace=Pace.quick())) as other:
        async with open_desk(demo.address) as desk:
            desk.type("initial_user_msg", "Fix it")
            desk.press()
            await until(lambda: desk.rows()[0].conversation_id, "the answer has come")
            await used(desk, other)
            assert desk.window.launch.foot.sentence().startswith("Starts on ")


async def test_a_demo_that_does_not_start_leads_back_to_the_server_before(
    open_desk: Open, monkeypatch: pytest.MonkeyPatch, demo: Running
) -> None:
    gate = asyncio.Event()

    async def start() -> Server:
        await gate.wait()
        raise compose.DemoDidNotStart

    with running(DemoServer(pace=Pace.quick())) as other:
        async with open_desk(demo.address) as desk:
            monkeypatch.setattr(desk.desk._demo, "start", start)
            use(desk, other)  # and is not connected yet
            for _ in range(2):
                desk.desk.use_demo()
            await until(lambda: desk.window.launch.isVisible(), "the form")
            desk.desk.ask()
            assert desk.find(QWidget, "back").isVisible()
            gate.set()
            await until(desk.window.bar.text, "it is said")
            await until(lambda: desk.desk.connection, "the server before is connected")
            assert desk.desk.connection
            assert desk.desk.connection.server.address.url == other.address
            assert desk.window.servers.isVisible()  # somebody is there


async def test_what_was_refused_is_over_when_the_same_server_is_chosen_again(
    open_desk: Open, demo: Running
) -> None:
    demo.server.answer_next("create", faults.status(401))
    async with open_desk(demo.address) as desk:
        desk.type("initial_user_msg", "Fix it")
        desk.press()
        bar = desk.find(Bar, "bar")
        await until(bar.text, "it is said")
        desk.desk.ask()
        desk.click("connect")
        await until(lambda: bar.text() == "", "it is connected anew")


async def test_escape_closes_what_is_said_of_a_launch(open_desk: Open, demo: Running) -> None:
    demo.server.answer_next("create", faults.status(403))
    async with open_desk(demo.address) as desk:
        desk.window.activateWindow()
        desk.type("initial_user_msg", "Fix it")
        desk.press()
        bar = desk.find(Bar, "bar")
        await until(bar.text, "it is said")
        QTest.keyClick(desk.find(QPlainTextEdit, "initial_user_msg"), Qt.Key.Key_Escape)
        assert bar.text() == ""


# What concerns the whole window.


async def test_a_stop_that_fails_is_seen_in_a_narrow_window_and_goes_with_a_press(
    open_desk: Open, demo: Running
) -> None:
    demo.do(demo.server.add, title="Old", status="RUNNING")
    demo.server.answer_next("stop", faults.status(403))
    async with open_desk(demo.address) as desk:
        await until(desk.rows, "the list has come")
        desk.window.resize(480, 700)
        desk.window.show_side(Side.SESSIONS)
        assert not desk.window.launch.isVisible()
        desk.window.sessions.stop_requested.emit(desk.rows()[0].key)
        await until(desk.window.bar.text, "it is said")
        assert desk.window.bar.isVisible()
        assert desk.window.bar.text().startswith("“Old” was not stopped. The server does not allow this")
        assert "launch" not in desk.window.bar.text()
        assert desk.window.bar.button().text() == "Enter the key…"
        QTest.mouseClick(desk.window.bar.button(), Qt.MouseButton.LeftButton)
        assert not desk.window.bar.isVisible()
        assert desk.window.servers.isVisible()


async def test_a_bug_is_said_over_the_page_of_servers_and_escape_closes_one_after_the_other(
    open_desk: Open, demo: Running
) -> None:
    async with open_desk(demo.address) as desk:
        desk.desk.ask()
        desk.window.show_bug("ValueError", is_kept=False)
        assert desk.window.bar.isVisible()
        assert desk.window.bar.button().text() == "Close"
        focused = desk.window.focusWidget()
        assert focused is not None
        QTest.keyClick(focused, Qt.Key.Key_Escape)
        assert not desk.window.servers.isVisible()
        QTest.keyClick(desk.find(QPlainTextEdit, "initial_user_msg"), Qt.Key.Key_Escape)
        assert not desk.window.bar.isVisible()
        assert desk.window.isVisible()


async def test_escape_does_not_leave_the_page_of_servers_without_a_server(
    open_desk: Open, demo: Running
) -> None:
    async with open_desk(demo.address) as desk:
        desk.window.servers.ask(None, can_leave=False)
        desk.window.show_servers(True)
        QTest.keyClick(desk.find(QWidget, "address"), Qt.Key.Key_Escape)
        assert desk.window.servers.isVisible()


async def test_a_new_form_is_made_only_of_one_that_is_seen(open_desk: Open, demo: Running) -> None:
    async with open_desk(demo.address) as desk:
        desk.type("initial_user_msg", "Fix it")
        message = desk.find(QPlainTextEdit, "initial_user_msg")
        desk.desk.ask()
        QTest.keyClick(desk.window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
        assert message.toPlainText() == "Fix it"
        desk.click("back")
        desk.window.resize(480, 700)
        desk.window.show_side(Side.SESSIONS)
        QTest.keyClick(desk.window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
        assert (message.isVisible(), message.toPlainText()) == (True, "Fix it")
        QTest.keyClick(desk.window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
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
    async with open_desk(demo.address) as desk:
        before = desk.desk.connection
        desk.desk.use_demo()
        await until(desk.window.bar.text, "it is said")
        assert desk.window.bar.text() == "The demo did not start. Try it again, or choose a server."
        assert desk.desk.connection is before
        assert desk.desk._demo._process is None


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
        async with open_desk(demo.address) as desk:
            desk.desk.use_demo()
            await until(lambda: desk.desk._demo._process, "it starts")
            await used(desk, other)
            await until(lambda: other.server.seen("list"), "it is read")
            assert desk.window.bar.text() == ""


# The tour.


async def ended(desk: OpenDesk, demo: Running) -> int:
    use(desk, demo)
    return await tour(desk.desk, asyncio.Event())


async def test_the_tour_ends_well_when_the_agent_rests(
    open_desk: Open, demo: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    async with open_desk(demo.address) as desk:
        assert await ended(desk, demo) == 0
    assert "A picture of the window: " in capsys.readouterr().out


async def test_the_tour_ends_badly_when_its_conversation_fails(
    open_desk: Open, demo: Running, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tour_module, "MESSAGE", "fail")
    async with open_desk(demo.address) as desk:
        assert await ended(desk, demo) == 1
    assert "Failed" in capsys.readouterr().out


# A row belongs to its server.


@asynccontextmanager
async def at_two_servers(open_desk: Open, demo: Running) -> AsyncGenerator[tuple[OpenDesk, Running], None]:
    """Each with three conversations; both lists have been read, and the window is back at the first."""
    with running(DemoServer(pace=Pace.quick())) as other:
        for server in (demo, other):
            for number in range(3):
                server.do(server.server.add, title=f"Conversation {number}")
        async with open_desk(demo.address) as desk:
            for server in (demo, other, demo):
                await used(desk, server)
                await until(lambda: len(desk.rows()) == 3, "the list has come")
            yield desk, other


async def test_a_row_that_was_chosen_at_one_server_chooses_none_at_another(
    open_desk: Open, demo: Running
) -> None:
    async with at_two_servers(open_desk, demo) as (desk, other):
        for server in (other, demo):
            desk.window.sessions.select(desk.rows()[1].key)
            assert desk.find(QWidget, "delete").isVisible()
            await used(desk, server)
            await until(lambda: not desk.find(QWidget, "delete").isVisible(), "no detail is shown")


async def test_a_question_about_a_row_of_one_server_deletes_nothing_at_another(
    open_desk: Open, demo: Running
) -> None:
    async with at_two_servers(open_desk, demo) as (desk, other):
        desk.window.sessions.select(desk.rows()[1].key)
        desk.click("delete")
        await used(desk, other)
        desk.click("yes")
        assert [row.act for row in desk.rows()] == [None] * 3


async def test_f5_reads_list_and_settings_anew_wherever_the_focus_is(open_desk: Open) -> None:
    with running(DemoServer(pace=Pace.quick())) as demo:
        async with open_desk(demo.address) as desk:
            connection = desk.desk.connection
            assert connection
            await until(lambda: connection.known.facts.settings_known, "the settings were read")
            for name in ("initial_user_msg", "repository", "sessions"):
                desk.find(QWidget, name).setFocus()
                demo.server.requests.clear()
                QTest.keySequence(desk.window.focusWidget(), "F5")
                await until(lambda: demo.server.seen("list"), "the list was read anew")
                await until(lambda: demo.server.seen("settings"), "the settings were read anew")
