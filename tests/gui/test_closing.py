"""Closing while a launch is out waits for its answer, not for long, and says so."""

import asyncio

import pytest
from aiohttp import web
from PySide6.QtWidgets import QPlainTextEdit

from app.demo.door import Handler
from app.ui import controller as desk_room
from app.ui.theme import Bar
from tests.conftest import until
from tests.demo import faults, running
from tests.demo.pace import Pace
from tests.demo.server import DemoServer
from tests.gui.conftest import Open

SAID = "The launcher closes as soon as the server has answered your launch."


async def test_closing_waits_for_the_answer_and_says_so(open_desk: Open) -> None:
    with running(DemoServer(pace=Pace.quick(answer=float("inf")))) as demo:
        async with open_desk(demo.address) as controller:
            controller.type("initial_user_msg", "Fix it")
            controller.press()
            await until(lambda: demo.server.waiting("answer"), "the request is at the server")
            assert not controller.window.close()
            assert controller.window.bar.text().startswith(SAID)
            assert not controller.find(QPlainTextEdit, "initial_user_msg").isEnabled()
            demo.do(demo.server.release, "answer")
            await until(lambda: not controller.window.isVisible(), "it closes with the answer")
            assert controller.rows()[0].conversation_id


@pytest.mark.parametrize("fault", [faults.status(400), faults.then_drop()])
async def test_a_launch_that_fails_keeps_the_window_open_with_its_text(
    open_desk: Open, fault: Handler
) -> None:
    gate = asyncio.Event()

    async def later(request: web.Request) -> web.StreamResponse:
        await gate.wait()
        return await fault(request)

    with running(DemoServer(pace=Pace.quick())) as demo:
        demo.server.answer_next("create", later)
        async with open_desk(demo.address) as controller:
            controller.type("initial_user_msg", "Fix it")
            controller.press()
            await until(lambda: demo.server.seen("create"), "the request is at the server")
            assert not controller.window.close()
            demo.loop.call_soon_threadsafe(gate.set)
            message = controller.find(QPlainTextEdit, "initial_user_msg")
            await until(message.isEnabled, "it stays open")
            assert controller.window.isVisible()
            assert message.toPlainText() == "Fix it"
            assert message.hasFocus()
            assert controller.window.launch.isEnabled()
            assert controller.find(Bar, "bar").text()
            assert controller.window.close()


async def test_a_window_whose_connections_have_ended_waits_for_nothing(open_desk: Open) -> None:
    with running(DemoServer(pace=Pace.quick(answer=float("inf")))) as demo:
        async with open_desk(demo.address) as controller:
            controller.type("initial_user_msg", "Fix it")
            controller.press()
            await until(lambda: demo.server.waiting("answer"), "the request is at the server")
            await controller.controller.aclose()
            assert controller.window.close()
            demo.do(demo.server.release, "answer")


async def test_a_second_close_closes_at_once(open_desk: Open) -> None:
    with running(DemoServer(pace=Pace.quick(answer=float("inf")))) as demo:
        async with open_desk(demo.address) as controller:
            controller.type("initial_user_msg", "Fix it")
            controller.press()
            await until(lambda: demo.server.waiting("answer"), "the request is at the server")
            assert not controller.window.close()
            assert controller.window.close()
            assert not controller.window.isVisible()
            demo.do(demo.server.release, "answer")


async def test_closing_waits_no_longer_than_it_says(open_desk: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_room, "CLOSE_S", 0.05)
    with running(DemoServer(pace=Pace.quick(answer=float("inf")))) as demo:
        async with open_desk(demo.address) as controller:
            controller.type("initial_user_msg", "Fix it")
            controller.press()
            await until(lambda: demo.server.waiting("answer"), "the request is at the server")
            assert not controller.window.close()
            await until(lambda: not controller.window.isVisible(), "it has waited long enough")
            assert not controller.rows()[0].conversation_id
            demo.do(demo.server.release, "answer")


async def test_closing_with_nothing_out_closes_at_once(open_desk: Open) -> None:
    with running(DemoServer(pace=Pace.quick())) as demo:
        async with open_desk(demo.address) as controller:
            assert controller.window.close()
