"""The page of servers: what it finds here, what it says of another one, and what it warns of before it sends."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from pydantic import SecretStr
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QWidget

from app.core.servers import Server, ServerAddress
from app.core.tasks import Tasks
from app.demo.door import Handler
from app.redaction import redacted
from app.ui import theme
from app.ui.controller import Controller
from app.ui.header import Side
from app.ui.mcp.dialog import McpServerDialog
from app.ui.mcp.field import McpServersField
from app.ui.servers.page import ServersPage
from app.ui.theme import Bar, Button, Icon, Note, colours
from app.ui.window import MainWindow
from tests.conftest import until
from tests.demo import Running, faults, running
from tests.demo.pace import Pace
from tests.demo.server import DemoServer
from tests.demo.switches import really
from tests.gui.conftest import Open, OpenDesk
from tests.memory_settings import MemorySettings

KEY = "s3cr3t-k3y"
IN_CLEAR = "Without https, anyone on the network can read your key and your text."


@pytest.fixture
def nowhere() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture
def locked() -> Iterator[Running]:
    with running(DemoServer(key=KEY, pace=Pace.quick(), rate=None)) as demo:
        yield demo


class Page(OpenDesk):
    """The window on its first page."""

    @property
    def page(self) -> ServersPage:
        return self.window.servers

    def line(self, name: str) -> QLineEdit:
        found = self.page.findChild(QLineEdit, name)
        assert isinstance(found, QLineEdit)
        return found

    def enter(self, name: str, text: str) -> None:
        line = self.line(name)
        line.setFocus()
        line.selectAll()
        QTest.keyClicks(line, text)

    def notes(self) -> list[str]:
        return [note.text() for note in self.page.findChildren(Note) if note.isVisible()]

    def note(self, text: str) -> Note:
        (found,) = [note for note in self.page.findChildren(Note) if note.text() == text]
        return found

    def result(self) -> str:
        return self.find(Note, "found").text()

    def reason(self) -> str:
        """What stands at the fields."""
        described = (self.line(name).accessibleDescription() for name in ("address", "key"))
        return " ".join(filter(None, described))

    async def tested(self) -> str:
        """What a test says: beside the button if all is well, else at the field."""
        self.click("test")
        return await self.outcome()

    async def outcome(self) -> str:
        await until(lambda: self.reason() or self.result() not in ("", "Testing…"), "there is an answer")
        return self.reason() or self.result()


@asynccontextmanager
async def first_start(local: str, server: Server | None = None) -> AsyncGenerator[Page, None]:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.install(app)
    faults_: list[BaseException] = []
    tasks = Tasks(faults_.append)
    window = MainWindow(tasks, local)
    window.complete()
    controller = Controller(window, tasks, MemorySettings(), faults_.append)
    controller.window.show()
    controller.begin(server, demo=False)
    try:
        await until(controller.window.isActiveWindow, "the window has the focus")
        yield Page(controller)
    finally:
        await tasks.aclose()
        await controller.aclose()
        controller.window.close()
        controller.window.deleteLater()
    assert not faults_


# What is found here.


async def test_the_first_start_finds_the_server_on_this_machine_and_uses_it(
    loop: asyncio.AbstractEventLoop, demo: Running
) -> None:
    demo.do(_says, demo, provider_tokens={})
    async with first_start(demo.address) as page:
        assert page.page.isVisible()
        await until(lambda: page.find(QWidget, "local").isVisible(), "it was found")
        said = [label.text() for label in page.find(QWidget, "local").findChildren(QLabel)]
        assert f"{demo.address} · OpenHands 0.53.0 · needs no key · model set" in said
        page.click("use_local")
        await until(lambda: page.controller.connection, "connected")
        assert not page.page.isVisible()
        await until(
            lambda: page.controller.settings.last_server() == ServerAddress(demo.address), "it has answered"
        )


async def test_a_found_server_that_wants_a_key_gets_its_address_entered(
    loop: asyncio.AbstractEventLoop, locked: Running
) -> None:
    async with first_start(locked.address) as page:
        await until(lambda: page.find(QWidget, "local").isVisible(), "it was found")
        said = [label.text() for label in page.find(QWidget, "local").findChildren(QLabel)]
        assert f"{locked.address} · needs a key" in said
        page.click("use_local")
        assert page.controller.connection is None
        assert page.line("address").text() == locked.address
        assert page.line("key").hasFocus()
        QTest.keyClicks(page.line("key"), KEY)
        QTest.keyClick(page.line("key"), Qt.Key.Key_Return)
        await until(lambda: page.controller.connection, "connected")
        await until(lambda: locked.server.seen("list"), "the key is taken")
        assert KEY not in repr(vars(page.controller.settings))


@pytest.mark.parametrize("answer", [faults.web_page(), faults.as_json({}), faults.status(500)])
async def test_another_program_on_that_port_is_not_offered(
    loop: asyncio.AbstractEventLoop, demo: Running, answer: Handler
) -> None:
    demo.server.answer_always("*", answer)
    async with first_start(demo.address) as page:
        await until(lambda: demo.server.seen(), "it was asked")
        await page.settle()
        assert not page.find(QWidget, "local").isVisible()
        assert page.notes() == [
            "Kept in memory only: you will be asked for it again next time. Leave empty if the server needs none."
        ]


async def test_looking_here_never_shows_a_key(loop: asyncio.AbstractEventLoop, demo: Running) -> None:
    async with first_start(demo.address) as page:
        await until(lambda: page.find(QWidget, "local").isVisible(), "it was found")
    assert not [one for one in demo.server.seen() if "x-session-api-key" in one.headers]


# Test.


def _says(demo: Running, **changes: object) -> None:
    for name, value in changes.items():
        setattr(demo.server, name, value)


@pytest.mark.parametrize(
    ("changes", "key", "said"),
    [
        ({}, KEY, "OpenHands 0.53.0 · key accepted · model set"),
        ({"settings": None}, KEY, "OpenHands 0.53.0 · key accepted · no settings yet"),
        (
            {"provider_tokens": {"gitlab": "gitlab.example"}},
            KEY,
            "OpenHands 0.53.0 · key accepted · model set · GitLab connected",
        ),
        (
            {"provider_tokens": {"github": None, "gitlab": None}},
            KEY,
            "OpenHands 0.53.0 · key accepted · model set · GitHub, GitLab connected",
        ),
        ({}, "", "The server needs its key. Enter the session key that it was started with."),
        ({}, "wrong", "The server refused the key. Enter the right one."),
    ],
)
async def test_the_test_says_what_it_found(
    loop: asyncio.AbstractEventLoop,
    locked: Running,
    nowhere: str,
    changes: dict[str, object],
    key: str,
    said: str,
) -> None:
    locked.do(_says, locked, **({"provider_tokens": {}} | changes))
    async with first_start(nowhere) as page:
        page.enter("address", locked.address)
        page.enter("key", key)
        assert await page.tested() == said
        assert page.page.isVisible()
        assert page.find(Icon, "tick").isVisible() is said.endswith(("model set", "connected"))
        page.enter("address", "x")
        await until(lambda: said not in page.notes(), "it is about another address")


@pytest.mark.parametrize(
    ("settings", "said"),
    [({"llm_model": ""}, "no model yet"), ({"llm_api_key": None}, "no key for its model")],
)
async def test_a_server_whose_model_cannot_work_is_a_warning(
    loop: asyncio.AbstractEventLoop,
    demo: Running,
    nowhere: str,
    settings: dict[str, object],
    said: str,
) -> None:
    settings = dict(demo.server.settings or {}) | settings
    demo.do(_says, demo, settings=settings, provider_tokens={})
    async with first_start(nowhere) as page:
        page.enter("address", demo.address)
        assert await page.tested() == f"OpenHands 0.53.0 · needs no key · {said}"
        assert page.note(page.result()).palette().windowText().color() == colours().needs
        assert not page.find(Icon, "tick").isVisible()


async def test_a_key_that_the_server_never_asks_for_is_not_called_accepted(
    loop: asyncio.AbstractEventLoop, demo: Running, nowhere: str
) -> None:
    async with first_start(nowhere) as page:
        page.enter("address", demo.address)
        page.enter("key", KEY)
        assert (await page.tested()).startswith("OpenHands 0.53.0 · needs no key · ")


async def test_a_key_is_known_to_whoever_cleans_the_log_before_it_is_sent(
    loop: asyncio.AbstractEventLoop, locked: Running, nowhere: str
) -> None:
    async with first_start(nowhere) as page:
        page.enter("address", locked.address)
        page.enter("key", "wr0ng-k3y")
        await page.tested()
        assert redacted("it was wr0ng-k3y") == "it was **********"


async def test_what_is_typed_during_a_test_is_not_answered_by_it(
    loop: asyncio.AbstractEventLoop, demo: Running, nowhere: str
) -> None:
    gate = asyncio.Event()

    async def later(request: web.Request) -> web.StreamResponse:
        await gate.wait()
        return await really(request)

    async with first_start(nowhere) as page:
        demo.server.answer_always("openapi", later)
        page.enter("address", demo.address)
        page.click("test")
        await until(lambda: demo.server.seen("openapi"), "it is asked")
        page.enter("address", nowhere)
        demo.loop.call_soon_threadsafe(gate.set)
        await page.settle()
        assert page.result() == ""
        assert (await page.tested()).startswith("No server answers at this address.")


# To whom a key goes.


async def test_a_key_goes_to_no_other_host_than_it_was_entered_for(
    demo: Running, locked: Running, open_desk: Open
) -> None:
    async with open_desk(locked.address, KEY) as controller:
        controller.controller.ask_for_server()
        page = Page(controller.controller)
        assert page.line("key").text() == KEY
        page.line("address").setText(locked.address + "/openhands")
        assert page.line("key").text() == KEY
        page.line("address").setText(demo.address)
        assert page.line("key").text() == ""
        place = locked.address.removeprefix("http://")
        assert page.result() == f"The key was for {place}: enter the key for this server, if it needs one."
        assert (await page.tested()).startswith("OpenHands")
        page.click("connect")
        await until(lambda: demo.server.seen("list"), "it is read")
    assert not [one for one in demo.server.seen() if "x-session-api-key" in one.headers]


async def test_a_key_is_entered_before_or_after_its_address(
    loop: asyncio.AbstractEventLoop, locked: Running, demo: Running, nowhere: str
) -> None:
    async with first_start(nowhere) as page:
        page.enter("key", KEY)
        page.enter("address", locked.address)
        assert "key accepted" in await page.tested()
        page.line("address").setText(demo.address)
        assert page.line("key").text() == ""


async def test_a_key_comes_back_with_the_address_that_it_was_entered_for(
    loop: asyncio.AbstractEventLoop, locked: Running, nowhere: str
) -> None:
    async with first_start(nowhere) as page:
        page.enter("address", locked.address)
        page.enter("key", KEY)
        line = page.line("address")
        line.setFocus()
        line.end(False)
        QTest.keyClick(line, Qt.Key.Key_Backspace)
        assert page.line("key").text() == ""
        QTest.keyClicks(line, locked.address[-1])
        assert page.line("key").text() == KEY
        assert page.result() == ""
        assert "key accepted" in await page.tested()


@pytest.mark.parametrize("refused", ["https://user:pw@a.example", "https://a.example/?token=1"])
async def test_a_key_that_was_entered_beside_no_address_of_a_server_goes_to_no_other(
    loop: asyncio.AbstractEventLoop, demo: Running, nowhere: str, refused: str
) -> None:
    async with first_start(nowhere) as page:
        page.line("address").setText(refused)
        page.enter("key", KEY)
        page.line("address").setText(demo.address)
        assert page.line("key").text() == ""
        assert page.result().startswith("The key was for a.example")
        page.click("connect")
        await until(lambda: page.controller.connection, "connected")
    assert not [one for one in demo.server.seen() if "x-session-api-key" in one.headers]


async def test_the_server_on_this_machine_gets_no_key_of_another_one(
    loop: asyncio.AbstractEventLoop, locked: Running
) -> None:
    async with first_start(locked.address) as page:
        await until(lambda: page.find(QWidget, "local").isVisible(), "it was found")
        page.enter("address", "https://elsewhere.example")
        page.enter("key", "of elsewhere")
        page.click("use_local")
        assert page.line("address").text() == locked.address
        assert page.line("key").text() == ""


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            faults.web_page(),
            (
                "A web page answers at this address, not OpenHands. "
                "Check the address; a login page or another program may be there."
            ),
        ),
        (
            faults.status(200, "ok", "application/json"),
            "What answers at this address is not OpenHands. Check the address; another program may use this port.",
        ),
        (
            faults.as_json([]),
            "What answers at this address is not OpenHands. Check the address; another program may use this port.",
        ),
        (
            faults.as_json({}, 404),
            "There is no OpenHands at this address. Check the host, the port and the path.",
        ),
        (
            faults.as_json({}, 405),
            "What answers at this address is not OpenHands. Check the address; another program may use this port.",
        ),
        (faults.status(500), "The server failed (500). The server's log says more."),
        (
            faults.redirect(302, "https://elsewhere.example/login"),
            (
                "The server redirects to https://elsewhere.example. "
                "Redirects are not followed, so that the key reaches no other server. Check the address."
            ),
        ),
        (
            faults.reset_before_answer(),
            "The connection broke before the answer came. Check the network, and that the server still runs.",
        ),
    ],
)
async def test_the_test_says_what_went_wrong(
    loop: asyncio.AbstractEventLoop, demo: Running, nowhere: str, answer: Handler, said: str
) -> None:
    demo.server.answer_always("*", answer)
    async with first_start(nowhere) as page:
        page.enter("address", demo.address)
        assert await page.tested() == said


async def test_the_test_of_an_address_where_nobody_is(loop: asyncio.AbstractEventLoop, nowhere: str) -> None:
    async with first_start(nowhere) as page:
        page.enter("address", nowhere)
        said = "No server answers at this address. Start OpenHands there, or check the address."
        assert await page.tested() == said


# Connect stays until it knows.


async def test_connect_leaves_the_page_when_the_server_has_answered(
    loop: asyncio.AbstractEventLoop, locked: Running, nowhere: str
) -> None:
    async with first_start(nowhere) as page:
        page.enter("address", locked.address)
        page.enter("key", KEY)
        QTest.keyClick(page.line("key"), Qt.Key.Key_Return)
        assert page.page.isVisible()
        await until(lambda: page.controller.connection, "connected")
        assert not page.page.isVisible()
        await until(
            lambda: page.controller.settings.last_server() == ServerAddress(locked.address), "it has answered"
        )


NOT_TO_LAUNCH_ON: dict[str, tuple[Handler | None, str, str, str]] = {
    "no key": (None, "", "key", "The server needs its key. Enter the session key that it was started with."),
    "a wrong key": (None, "wrong", "key", "The server refused the key. Enter the right one."),
    "a web page": (
        faults.web_page(),
        KEY,
        "address",
        (
            "A web page answers at this address, not OpenHands. "
            "Check the address; a login page or another program may be there."
        ),
    ),
    "an agent server": (
        faults.as_json({"info": {"title": "OpenHands Agent Server", "version": "1.58.2"}}),
        KEY,
        "address",
        (
            "OpenHands Agent Server 1.58.2 runs at this address and is not supported yet. "
            "OpenHands 0.53 to 0.62 is supported. Choose another server."
        ),
    ),
}


@pytest.mark.parametrize("kind", NOT_TO_LAUNCH_ON)
async def test_connect_stays_with_the_reason_at_the_field_that_mends_it(
    loop: asyncio.AbstractEventLoop, locked: Running, nowhere: str, kind: str
) -> None:
    answer, key, field, reason = NOT_TO_LAUNCH_ON[kind]
    if answer:
        locked.server.answer_always("*", answer)
    async with first_start(nowhere) as page:
        page.enter("address", locked.address)
        page.enter("key", key)
        page.click("connect")
        assert await page.outcome() == reason
        assert page.page.isVisible()
        assert page.controller.connection is None
        assert page.line(field).hasFocus()
        assert page.line(field).accessibleDescription() == reason
        assert page.line(field).selectedText() == page.line(field).text()
        assert not page.find(QWidget, "connect_anyway").isVisible()
        assert page.controller.settings.last_server() != ServerAddress(locked.address)
        QTest.keyClicks(page.line(field), "x")
        await until(lambda: page.reason() != reason, "it goes when somebody types on")


async def test_a_server_that_is_away_can_be_connected_to_anyway(
    loop: asyncio.AbstractEventLoop, nowhere: str
) -> None:
    async with first_start(nowhere) as page:
        page.enter("address", nowhere)
        page.click("connect")
        assert (await page.outcome()).startswith("No server answers at this address.")
        assert page.controller.connection is None
        page.click("connect_anyway")
        await until(lambda: page.controller.connection, "somebody knows better")
        assert not page.page.isVisible()
        header = page.window.header
        await until(lambda: header.server.standing().startswith("away since"), "it is away")
        assert page.controller.settings.last_server() != ServerAddress(nowhere)


async def test_what_was_found_out_of_one_address_is_over_with_the_next(
    loop: asyncio.AbstractEventLoop, nowhere: str, demo: Running
) -> None:
    async with first_start(nowhere) as page:
        page.enter("address", nowhere)
        page.click("connect")
        await page.outcome()
        page.enter("address", demo.address)
        await until(lambda: page.reason() == "", "another address")
        assert not page.find(QWidget, "connect_anyway").isVisible()
        page.click("connect")
        await until(lambda: page.controller.connection, "connected")


@pytest.mark.parametrize("way", ["back", "demo", "local"])
async def test_a_look_that_is_left_leads_nowhere(
    demo: Running, locked: Running, open_desk: Open, way: str
) -> None:
    gate = asyncio.Event()

    async def later(request: web.Request) -> web.StreamResponse:
        await gate.wait()
        return await really(request)

    async with open_desk(demo.address) as controller:
        first = controller.controller.connection
        controller.click("server")
        page = Page(controller.controller)
        locked.server.answer_always("openapi", later)
        page.enter("address", locked.address)
        page.enter("key", KEY)
        page.click("connect")
        await until(lambda: locked.server.seen("openapi"), "it is looked at")
        if way == "back":
            page.click("back")
        elif way == "demo":
            page.click("demo")
        else:
            controller.window.servers.chosen.emit(Server(ServerAddress(demo.address)))
        locked.loop.call_soon_threadsafe(gate.set)
        await until(lambda: locked.server.seen("settings"), "the look goes on to its end")
        await until(lambda: controller.controller.connection, "connected")
        await asyncio.sleep(0)
        connection = controller.controller.connection
        assert connection
        assert connection.server.address.url != locked.address
        assert connection is first or way == "demo"
        assert not page.page.isVisible()


async def test_a_key_that_the_server_takes_is_enough_whatever_is_said_without_one(
    loop: asyncio.AbstractEventLoop, locked: Running, nowhere: str
) -> None:
    async def guarded(request: web.Request) -> web.StreamResponse:
        has_key = "X-Session-API-Key" in request.headers
        return await (really if has_key else faults.status(403))(request)

    locked.server.answer_always("config", guarded)
    async with first_start(nowhere) as page:
        page.enter("address", locked.address)
        page.enter("key", KEY)
        assert "key accepted" in await page.tested()
        page.click("connect")
        await until(lambda: page.controller.connection, "connected")


# The key's field is where the key goes.


async def test_a_keyed_server_after_a_restart_says_that_it_needs_its_key_and_leads_to_it(
    locked: Running, open_desk: Open
) -> None:
    async with open_desk(locked.address) as controller:
        header = controller.window.header
        await until(lambda: header.server.standing() == "needs its key", "it is said")
        assert controller.find(Button, "edit_server").text() == "Enter the key…"
        assert not controller.window.header.try_now.isVisible()
        controller.click("enter_key")
        page = Page(controller.controller)
        key = page.line("key")
        assert key.hasFocus()
        await until(
            lambda: (
                key.accessibleDescription()
                == "The server needs its key. Enter the session key that it was started with."
            ),
            "why",
        )
        QTest.keyClicks(key, KEY)
        QTest.keyClick(key, Qt.Key.Key_Return)
        await until(lambda: header.server.standing().startswith("connected"), "the key is taken")


async def test_a_refused_key_is_selected_where_it_can_be_typed_again(
    locked: Running, open_desk: Open
) -> None:
    async with open_desk(locked.address, "wrong") as controller:
        header = controller.window.header
        await until(lambda: header.server.standing() == "key refused", "it is said")
        controller.click("edit_server")
        key = Page(controller.controller).line("key")
        assert key.hasFocus()
        assert key.selectedText() == key.text()
        QTest.keyClicks(key, KEY)
        QTest.keyClick(key, Qt.Key.Key_Enter)
        await until(lambda: header.server.standing().startswith("connected"), "the key is taken")


async def test_use_it_keeps_a_key_that_was_typed_before(
    loop: asyncio.AbstractEventLoop, locked: Running
) -> None:
    async with first_start(locked.address) as page:
        await until(lambda: page.find(QWidget, "local").isVisible(), "it was found")
        page.enter("key", KEY)
        page.click("use_local")
        assert page.line("address").text() == locked.address
        assert page.line("key").text() == KEY
        assert page.line("key").hasFocus()


# What is no server to launch on gets no launch.


STANDINGS: dict[str, tuple[Handler, str, str]] = {
    "a web page": (
        faults.web_page(),
        "not OpenHands",
        "A web page answers at this address, not OpenHands. Nothing was sent; your text is kept.",
    ),
    "another program": (
        faults.as_json({"hello": "world"}),
        "not OpenHands",
        "What answers at this address is not OpenHands. Nothing was sent; your text is kept.",
    ),
    "nothing": (
        faults.as_json({"detail": "Not Found"}, 404),
        "not OpenHands",
        "There is no OpenHands at this address. Nothing was sent; your text is kept.",
    ),
    "an agent server": (
        faults.as_json({"info": {"title": "OpenHands Agent Server", "version": "1.58.2"}}),
        "OpenHands Agent Server 1.58.2 is not supported",
        (
            "OpenHands Agent Server 1.58.2 runs at this address and is not supported yet. "
            "Nothing was sent; your text is kept."
        ),
    ),
}


@pytest.mark.parametrize("kind", STANDINGS)
async def test_a_launch_on_what_is_no_server_of_ours_is_refused_and_nothing_leaves(
    locked: Running, open_desk: Open, kind: str
) -> None:
    answer, standing, said = STANDINGS[kind]
    locked.server.answer_always("*", answer)
    async with open_desk(locked.address, KEY) as controller:
        header = controller.window.header
        await until(lambda: header.server.standing().startswith(standing), "it is said in the header")
        assert "nothing is sent to it" in controller.window.launch.foot.sentence()
        controller.type("initial_user_msg", "a secret plan")
        controller.press()
        bar = controller.find(Bar, "bar")
        await until(bar.text, "the launch is refused")
        assert bar.text().startswith(said)
        assert controller.rows() == []
        QTest.mouseClick(bar.button(), Qt.MouseButton.LeftButton)
        assert Page(controller.controller).line("address").hasFocus()
        assert controller.controller.settings.last_server() != ServerAddress(locked.address)
    assert not [one for one in locked.server.seen() if "x-session-api-key" in one.headers]
    assert {one.method for one in locked.server.seen()} == {"GET"}


# Problems at their fields.


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("", "Enter the server's address."),
        ("ftp://host", "The address must begin with http:// or https://."),
        ("https://me@host", "Remove the name and password from the address; the key is entered separately."),
        ("https://host#x", "Remove everything from “?” or “#” on."),
        ("ho st", "This is not a server address. Enter one such as https://openhands.example.com."),
    ],
)
@pytest.mark.parametrize("button", ["connect", "test"])
async def test_a_wrong_address_is_said_at_its_field(
    loop: asyncio.AbstractEventLoop, nowhere: str, address: str, said: str, button: str
) -> None:
    async with first_start(nowhere) as page:
        page.enter("key", "x")
        page.enter("address", address)
        assert said not in page.notes()
        page.click(button)
        assert said in page.notes()
        assert page.line("address").hasFocus()
        assert page.line("address").accessibleDescription() == said
        assert page.controller.connection is None
        page.line("address").setText("https://host.invalid")
        await until(lambda: said not in page.notes(), "it is right again")


async def test_a_wrong_key_is_said_at_its_field(loop: asyncio.AbstractEventLoop, nowhere: str) -> None:
    async with first_start(nowhere) as page:
        page.enter("address", nowhere)
        page.enter("key", "a b")
        page.click("connect")
        assert "A key has only plain letters, digits and signs, no spaces or line breaks." in page.notes()
        assert page.line("key").hasFocus()


async def test_what_is_certainly_no_key_is_said_at_its_field_and_sent_to_nobody(
    loop: asyncio.AbstractEventLoop, demo: Running, nowhere: str
) -> None:
    async with first_start(nowhere) as page:
        page.enter("address", demo.address)
        for typed, said in (
            ("**********", "This is a masked value. Enter the secret itself."),
            ("<YOUR_KEY>", "This is a placeholder. Enter the secret itself."),
        ):
            page.enter("key", typed)
            page.click("connect")
            assert said in page.notes()
        assert demo.server.seen() == []


async def test_a_key_is_sent_without_the_word_before_it_and_that_is_said(
    loop: asyncio.AbstractEventLoop, locked: Running, nowhere: str
) -> None:
    async with first_start(nowhere) as page:
        page.enter("address", locked.address)
        page.enter("key", f"Bearer {KEY}")
        page.line("address").setFocus()
        said = "“Bearer” was removed from the start of this value."
        await until(lambda: said in page.notes(), said)
        page.click("connect")
        await until(lambda: locked.server.seen("list"), "it is connected")
        assert {one.headers["x-session-api-key"] for one in locked.server.seen("list")} == {KEY}


async def test_a_secret_of_an_mcp_server_is_known_to_whoever_cleans_the_log(
    loop: asyncio.AbstractEventLoop, nowhere: str
) -> None:
    async with first_start(nowhere) as page:
        field = page.find(McpServersField, "mcp_config")
        field.edit(None)
        dialog = field.findChild(McpServerDialog)
        assert isinstance(dialog, McpServerDialog)
        for name, text in (("url", "https://a.example"), ("api_key", "Bearer mcp-k3y")):
            line = dialog.findChild(QLineEdit, name)
            assert isinstance(line, QLineEdit)
            line.setText(text)
        dialog.accept()
        assert redacted("it was mcp-k3y") == "it was **********"


def _is_red(note: Note) -> bool:
    return note.palette().windowText().color() == colours().bad


async def test_a_key_over_plain_http_is_a_red_line_before_anything_is_sent(
    loop: asyncio.AbstractEventLoop, nowhere: str
) -> None:
    """Also in the order in which no field is left: first the key, then the address."""
    async with first_start(nowhere) as page:
        page.enter("key", KEY)
        page.enter("address", "http://openhands.invalid")
        await until(lambda: IN_CLEAR in page.notes(), "the line is there")
        assert _is_red(page.note(IN_CLEAR))
        assert page.line("address").hasFocus()
        assert page.line("address").accessibleDescription() == IN_CLEAR
        assert page.controller.connection is None
        page.line("key").clear()
        await until(lambda: IN_CLEAR not in page.notes(), "no key, no danger for it, and no field was left")
        page.line("key").setText(KEY)
        page.line("address").setText("https://openhands.invalid")
        await until(lambda: IN_CLEAR not in page.notes(), "https is safe")
        page.line("address").setText("http://localhost:3000")
        page.line("key").setFocus()
        await asyncio.sleep(0)
        assert IN_CLEAR not in page.notes()


async def test_a_server_over_plain_http_without_a_key_is_a_mild_warning(
    loop: asyncio.AbstractEventLoop, nowhere: str
) -> None:
    async with first_start(nowhere) as page:
        page.enter("address", "http://openhands.invalid")
        page.line("key").setFocus()
        await until(lambda: IN_CLEAR in page.notes(), "the field was left")
        assert not _is_red(page.note(IN_CLEAR))


async def test_a_key_of_the_command_line_is_not_sent_in_clear_without_a_question(
    loop: asyncio.AbstractEventLoop, nowhere: str
) -> None:
    server = Server(ServerAddress("http://openhands.invalid"), SecretStr(KEY))
    async with first_start(nowhere, server) as page:
        assert page.page.isVisible()
        assert page.line("address").text() == "http://openhands.invalid"
        assert page.line("key").text() == KEY
        assert IN_CLEAR in page.notes()
        assert page.controller.connection is None
        assert not page.find(QWidget, "back").isVisible()
        page.click("connect")
        await until(page.find(QWidget, "connect_anyway").isVisible, "somebody agreed, but nobody is there")
        page.click("connect_anyway")
        await until(lambda: page.controller.connection, "somebody agreed again")


# From one server to another.


async def test_a_launch_that_is_out_ends_in_the_book_of_its_own_server(
    demo: Running, locked: Running, open_desk: Open
) -> None:
    gate = asyncio.Event()

    async def later(request: web.Request) -> web.StreamResponse:
        await gate.wait()
        return await really(request)

    demo.server.answer_next("create", later)
    async with open_desk(demo.address) as controller:
        controller.type("initial_user_msg", "Fix it")
        controller.press()
        await until(lambda: demo.server.seen("create"), "the launch is out")
        first = controller.controller.connection
        assert first
        controller.controller.ask_for_server()
        assert controller.find(QWidget, "back").isVisible()
        page = Page(controller.controller)
        page.enter("address", locked.address)
        page.enter("key", KEY)
        controller.click("connect")
        await until(lambda: controller.controller.connection not in (first, None), "the other server")
        assert controller.rows() == []
        assert controller.window.launch.foot.isEnabled()
        demo.loop.call_soon_threadsafe(gate.set)
        await until(lambda: first.book.sessions()[0].conversation_id, "it has become a conversation")
        assert controller.rows() == []
        assert len(demo.server.seen("create")) == 1
        assert not locked.server.seen("create")
        assert not [one for one in demo.server.seen() if "x-session-api-key" in one.headers]
        await until(
            lambda: controller.controller.settings.last_server() == ServerAddress(locked.address),
            "it has answered",
        )


async def test_the_page_asks_with_the_cursor_in_its_address(demo: Running, open_desk: Open) -> None:
    async with open_desk(demo.address) as controller:
        await until(controller.window.isActiveWindow, "the window has the focus")
        server = controller.find(QWidget, "server")
        server.setFocus()
        QTest.keyClick(server, Qt.Key.Key_Return)
        assert Page(controller.controller).line("address").hasFocus()
        controller.find(QWidget, "demo").setFocus()
        controller.controller.ask_for_server()
        assert Page(controller.controller).line("address").hasFocus()


async def test_a_page_that_comes_back_into_view_keeps_its_cursor(demo: Running, open_desk: Open) -> None:
    demo.do(demo.server.add, title="In the list")
    async with open_desk(demo.address) as controller:
        await until(controller.window.isActiveWindow, "the window has the focus")
        await until(controller.rows, "the list is there")
        controller.click("server")
        controller.window.resize(700, 700)
        key = Page(controller.controller).line("key")
        key.setFocus()
        controller.window.show_side(Side.SESSIONS)
        controller.window.show_side(Side.NEW)
        assert key.hasFocus()


async def test_back_leaves_everything_as_it_is(demo: Running, open_desk: Open) -> None:
    async with open_desk(demo.address) as controller:
        before = controller.controller.connection
        controller.click("server")
        page = Page(controller.controller)
        assert page.page.isVisible()
        assert page.line("address").text() == demo.address
        controller.click("back")
        assert not page.page.isVisible()
        assert controller.controller.connection is before
