"""Every way to fail, as a person meets it: one sentence, nothing lost, one POST, and no secret on the screen."""

import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QTextEdit, QWidget

from app.core.connection_status import ConnectionState
from app.core.session_words import doing
from app.demo.door import Handler
from app.ui.theme import Bar, Button
from tests.conftest import until
from tests.demo import Running, faults, running
from tests.demo.pace import Pace
from tests.demo.server import DemoServer
from tests.gui.conftest import Open, OpenDesk

KEY = "s3cr3t-k3y-canary"
Fault = Callable[[], Handler]

NOT_STARTED: list[tuple[str, Fault, str, str]] = [
    (
        "no settings",
        lambda: faults.refused("CONFIGURATION$SETTINGS_NOT_FOUND"),
        "no settings yet",
        "Open settings",
    ),
    (
        "no model key",
        lambda: faults.refused("STATUS$ERROR_LLM_AUTHENTICATION"),
        "no key for its model",
        "Open settings",
    ),
    (
        "git",
        lambda: faults.refused("STATUS$GIT_PROVIDER_AUTHENTICATION_ERROR"),
        "could not open the repository",
        "Open settings",
    ),
    ("message", lambda: faults.refused("CONFIGURATION$MISSING_USER_MESSAGE"), "requires a first message", ""),
    ("other 400", lambda: faults.refused("X$Y", "No <b>luck</b>"), "No <b>luck</b>", ""),
    ("401 key", lambda: faults.as_json({"detail": "Unauthorized"}, 401), "refused the key", "Enter the key…"),
    (
        "401 git",
        lambda: faults.as_json("Git provider token required. (such as GitHub).", 401),
        "no token for the git provider",
        "Open settings",
    ),
    ("403", lambda: faults.as_json({"detail": "no"}, 403), "does not allow this", "Enter the key…"),
    (
        "404",
        lambda: faults.as_json({"detail": "Not Found"}, 404),
        "does not exist (404)",
        "Server…",
    ),
    (
        "405",
        lambda: faults.as_json({"detail": "Method Not Allowed"}, 405),
        "does not accept this launch",
        "Server…",
    ),
    ("413", lambda: faults.web_page(413), "refused this launch as too large", ""),
    ("422", lambda: faults.as_json({"detail": []}, 422), "refused this launch", ""),
    ("429 with", lambda: faults.too_many_requests("7"), "Wait 7 s, then launch again.", ""),
    ("429 without", lambda: faults.too_many_requests(None), "The server is busy", ""),
    (
        "307",
        lambda: faults.redirect(307, "https://elsewhere.example/x"),
        "redirects to https://elsewhere.example",
        "Server…",
    ),
]
MAY_HAVE_STARTED: list[tuple[str, Fault, str]] = [
    ("500 text", lambda: faults.status(500, "Internal Server Error"), "The server failed (500)."),
    ("502 html", lambda: faults.web_page(502), "The server failed (502)."),
    ("503 json", lambda: faults.as_json({"detail": "x"}, 503), "The server failed (503)."),
    ("web page", faults.web_page, "A web page answered, not OpenHands."),
    ("no JSON", lambda: faults.status(200, "ok", "application/json"), "was not JSON"),
    ("wrong shape", lambda: faults.as_json({"status": "ok"}), "does not look like one from OpenHands"),
    (
        "no id",
        lambda: faults.as_json({"status": "ok", "conversation_id": "../../x"}),
        "does not look like one from OpenHands",
    ),
    ("too large", lambda: faults.big_body(3 * 2**20), "too large to read"),
    ("packed", faults.gzip_bomb, "was compressed"),
    ("never ends", faults.never_ending_body, "too large to read"),
    ("reset", faults.reset_before_answer, "The connection broke"),
    ("cut", faults.cut_body, "The connection broke"),
    (
        "303",
        lambda: faults.redirect(303, "https://elsewhere.example/x"),
        "redirects to https://elsewhere.example",
    ),
]


@pytest.fixture
def locked() -> Iterator[Running]:
    with running(DemoServer(key=KEY, pace=Pace.quick(), rate=None)) as demo:
        yield demo


async def launch_into(controller: OpenDesk, demo: Running, fault: Handler) -> str:
    """Types a message, presses Launch while the server fails so, and gives what the bar says."""
    demo.server.answer_next("create", fault)
    controller.type("initial_user_msg", "Fix it")
    controller.press()
    bar = controller.find(Bar, "bar")
    await until(bar.text, "the bar says something")
    return bar.text()


def everything_shown(window: QWidget) -> str:
    return "\n".join(label.text() for label in window.findChildren(QLabel))


@pytest.mark.parametrize(
    ("fault", "said", "action"), [one[1:] for one in NOT_STARTED], ids=[one[0] for one in NOT_STARTED]
)
async def test_what_did_not_start_loses_its_row_and_keeps_the_text(
    locked: Running, open_desk: Open, fault: Fault, said: str, action: str
) -> None:
    async with open_desk(locked.address, KEY) as controller:
        text = await launch_into(controller, locked, fault())
        assert said in text
        button: Button = controller.find(Bar, "bar").button()
        assert (button.text() if button.isVisible() else "") == action
        assert controller.rows() == []
        assert controller.find(QPlainTextEdit, "initial_user_msg").toPlainText() == "Fix it"
        assert len(locked.server.seen("create")) == 1
        assert KEY not in everything_shown(controller.window)


@pytest.mark.parametrize(
    ("fault", "said"), [one[1:] for one in MAY_HAVE_STARTED], ids=[one[0] for one in MAY_HAVE_STARTED]
)
async def test_what_may_have_started_keeps_its_row_as_not_known(
    locked: Running, open_desk: Open, fault: Fault, said: str
) -> None:
    async with open_desk(locked.address, KEY) as controller:
        text = await launch_into(controller, locked, fault())
        assert said in text
        assert "may have started" in text
        assert "<" not in text
        (row,) = controller.rows()
        assert row.is_unconfirmed
        told = controller.find(QTextEdit, "last_words").toPlainText()
        assert said in told
        assert said in doing(row, datetime.now(UTC))
        assert told.partition(". ")[0] == text.partition(". ")[0]
        assert controller.find(QPlainTextEdit, "initial_user_msg").toPlainText() == "Fix it"
        assert len(locked.server.seen("create")) == 1


async def test_a_launch_whose_answer_was_lost_finds_its_conversation(open_desk: Open) -> None:
    with running(DemoServer(pace=Pace.quick())) as demo:
        async with open_desk(demo.address) as controller:
            connection = controller.controller.connection
            assert connection
            await until(
                lambda: connection.known.status.state is ConnectionState.CONNECTED, "the list was read"
            )
            await launch_into(controller, demo, faults.then_drop())
            await until(lambda: controller.rows()[0].conversation_id, "the row has its conversation")
            assert len(controller.rows()) == 1
            assert not controller.rows()[0].is_unconfirmed
            assert len(demo.server.seen("create")) == 1


async def test_a_launch_to_nobody_says_that_nothing_was_sent(open_desk: Open) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with open_desk(f"http://127.0.0.1:{port}") as controller:
        controller.type("initial_user_msg", "Fix it")
        controller.press()
        await until(controller.find(Bar, "bar").text, "the bar says something")
        text = controller.find(Bar, "bar").text()
        assert text.startswith("No server answers at this address. Nothing was sent; your text is kept.")
        assert controller.rows() == []


async def test_a_server_that_is_away_says_so_and_try_now_brings_it_back(open_desk: Open) -> None:
    with running(DemoServer(pace=Pace.quick())) as demo:
        demo.do(demo.server.add, title="Old", status="STOPPED")
        async with open_desk(demo.address) as controller:
            connection = controller.controller.connection
            assert connection
            await until(lambda: controller.rows(), "the list has come")
            demo.call(demo.server.stop())
            connection.polling.refresh()
            await until(lambda: connection.known.status.state is ConnectionState.AWAY, "it is away")
            assert controller.window.header.server.standing().startswith("away since ")
            assert controller.window.header.try_now.isVisible()
            demo.restart()
            controller.click("try_now")
            await until(lambda: connection.known.status.state is ConnectionState.CONNECTED, "it is back")
            assert not controller.window.header.try_now.isVisible()
            assert [row.title for row in controller.rows()] == ["Old"]


async def test_a_wrong_key_is_said_and_nothing_is_asked_any_more(locked: Running, open_desk: Open) -> None:
    async with open_desk(locked.address, "wrong") as controller:
        connection = controller.controller.connection
        assert connection
        await until(
            lambda: connection.known.status.state is ConnectionState.KEY_REFUSED, "the key is refused"
        )
        assert controller.window.header.server.standing() == "key refused"
        asked = len(locked.server.requests)
        connection.polling.refresh()
        controller.type("initial_user_msg", "Fix it")
        controller.press()
        await until(lambda: controller.find(Bar, "bar").text(), "the bar says something")
        assert "refused the key" in controller.find(Bar, "bar").text()
        assert [one.name for one in locked.server.seen()[asked:]] == ["openapi", "create"]


async def test_foreign_text_is_shown_as_it_is_and_opens_nothing(
    locked: Running, open_desk: Open, tmp_path: object
) -> None:
    bait = f'<img src="{tmp_path}/canary.png"><b>bold</b>\u202etxt'
    locked.do(
        locked.server.add, title=bait, status="RUNNING", agent_state="awaiting_user_input", last_words=bait
    )
    async with open_desk(locked.address, KEY) as controller:
        await until(lambda: controller.rows() and controller.rows()[0].last_words, "the words have come")
        controller.window.sessions.select(controller.rows()[0].key)
        from PySide6.QtCore import Qt

        labels = controller.window.findChildren(QLabel)
        assert all(label.textFormat() is Qt.TextFormat.PlainText for label in labels)
        assert "\u202e" not in everything_shown(controller.window)
