"""The program as a process of its own: how it starts, what it says, what it leaves behind, and how it ends."""

import base64
import json
import math
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest
from PySide6.QtCore import QSettings

from app import __main__ as entry
from app.cli.parser import Options, parser
from app.demo import events
from app.demo.door import Handler
from app.ui.app import StartOptions
from tests import quoting
from tests.cli.test_process import tells_no_core
from tests.demo import Running, faults, running
from tests.demo.pace import Pace
from tests.demo.server import DemoServer
from tests.gui.driven import MCP_KEY, VARIABLE
from tests.gui.test_failures import MAY_HAVE_STARTED, NOT_STARTED

CHECKOUT = Path(__file__).parents[2]
KEY = "k3y-c4n4ry+/=%&"
END_S = 10.0
"""How long the program may take to end."""

Program = subprocess.Popen[str]
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")


class Home:
    """Where the program lives: its home, its temporary files, its environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.temporary = folder / "tmp"
        self.temporary.mkdir()

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
        homes = ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "APPDATA")
        own = dict.fromkeys(homes, str(self.folder)) | {"TMPDIR": str(self.temporary)}
        return kept | own | {"PYTHONPATH": str(CHECKOUT), "QT_QPA_PLATFORM": "offscreen"} | more

    @contextmanager
    def started(self, *arguments: str, module: str = "app", **environment: str) -> Iterator[Program]:
        """The program, killed at the latest at the end."""
        pipe = subprocess.PIPE
        with subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            text=True,
            cwd=self.folder,
            env=self.environment(**environment),
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def ran(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
        """The exit code, and what was said on both outputs."""
        with self.started(*arguments, **environment) as process:
            out, err = process.communicate(timeout=50)
            return process.returncode, out, err

    def bar(self, demo: Running) -> str:
        """What the bar of a new window says."""
        with self.started("show_bar", "--server", demo.address, module="tests.gui.driven") as process:
            return process.communicate(timeout=50)[0].strip()

    def settings(self) -> dict[str, object]:
        (path,) = self.folder.rglob("*.conf")
        settings = QSettings(str(path), QSettings.Format.IniFormat)
        return {name: settings.value(name) for name in settings.allKeys()}

    def files(self) -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}


WITHOUT_LIBEGL = """
import sys

class Lacks:
    def find_spec(self, name, path=None, target=None):
        if name == "PySide6.QtGui":
            raise ImportError("libEGL.so.1: cannot open shared object file")

sys.meta_path.insert(0, Lacks())
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def demo() -> Iterator[Running]:
    with running(DemoServer(pace=Pace.quick(), rate=None)) as server:
        yield server


def ends(process: Program, number: signal.Signals) -> tuple[int, str]:
    """Tells it to end; gives its exit code and what it said on standard error."""
    began = time.monotonic()
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    took = time.monotonic() - began
    assert took < END_S, f"it took {took:.1f} s"
    return process.returncode, err


def quiet(err: str) -> bool:
    """At most one line, and none of Python's own."""
    return len(err.splitlines()) <= 1 and not re.search(r"Traceback|was destroyed|never retrieved", err)


# The command line.


def test_its_version_and_help_load_neither_qt_nor_http_nor_models(home: Home) -> None:
    for word in ("--version", "--help"):
        with subprocess.Popen(
            [sys.executable, "-X", "importtime", "-m", "app", word],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=CHECKOUT,
            env=home.environment(),
        ) as process:
            out, err = process.communicate(timeout=20)
        assert process.returncode == 0
        assert "OpenHands" in out
        loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in err.splitlines()}
        assert "app" in loaded
        assert not loaded & {"PySide6", "httpx", "pydantic", "qasync", "aiohttp", "asyncio"}


def test_the_help_names_where_the_key_comes_from(home: Home) -> None:
    code, out, _ = home.ran("--help")
    assert code == 0
    assert "OPENHANDS_API_KEY" in out
    for option in ("--demo", "--server", "--key-file", "--version", "--debug"):
        assert option in out


KEY_UNREADABLE = "The file or descriptor given for it cannot be read."
BAD_ADDRESSES = {
    "": "Enter the server's address.",
    "ftp://host": "The address must begin with http:// or https://.",
    "https://me:pw@host": "Remove the name and password from the address; the key is entered separately.",
    "https://host/?q=1": "Remove everything from “?” or “#” on.",
    "a b": "This is not a server address. Enter one such as https://openhands.example.com.",
}


def test_a_system_without_a_library_of_qt_is_said_in_one_sentence(home: Home, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(WITHOUT_LIBEGL, "utf-8")
    code, out, err = home.ran("--demo", PYTHONPATH=str(tmp_path))
    assert (code, out) == (1, "")
    assert err == (
        "The window cannot be shown: libEGL.so.1: cannot open shared object file. The README names what it needs.\n"
    )


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_a_bad_address_is_refused_in_one_sentence(home: Home, address: str) -> None:
    assert home.ran("--server", address) == (2, "", f"--server: {BAD_ADDRESSES[address]}\n")


@pytest.mark.parametrize("content", [None, b"\xff\xfa"], ids=["missing", "no text"])
def test_a_key_file_that_cannot_be_read_is_said_in_one_sentence(home: Home, content: bytes | None) -> None:
    path = home.folder / "key"
    if content is not None:
        path.write_bytes(content)
    assert home.ran("--key-file", str(path)) == (3, "", f"The key: {KEY_UNREADABLE}\n")


@pytest.mark.parametrize("arguments", [(), ("--server", "https://host")], ids=["last server", "named"])
def test_a_key_that_no_header_carries_is_refused_and_not_shown(
    home: Home, arguments: tuple[str, ...]
) -> None:
    code, out, err = home.ran(*arguments, OPENHANDS_API_KEY="kéy with c4n4ry")
    assert (code, out, err) == (
        3,
        "",
        "The key: A key has only plain letters, digits and signs, no spaces or line breaks.\n",
    )


@pytest.mark.parametrize(
    ("arguments", "named", "server", "has_key"),
    [
        ([], "", None, True),
        ([], "https://a.example", "https://a.example", True),
        (["--server", "https://b.example"], "https://a.example", "https://b.example", True),
        (["--demo"], "no address", None, False),
    ],
)
def test_a_key_goes_only_to_the_server_it_comes_with(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], named: str, server: str | None, has_key: bool
) -> None:
    monkeypatch.setenv("OPENHANDS_SERVER", named)
    asked: list[StartOptions] = []
    monkeypatch.setattr("app.ui.app.run", asked.append)
    entry._open_window(parser().parse_args(arguments, Options()), KEY)
    [wishes] = asked
    assert (wishes.server.address.url if wishes.server else None) == server
    assert (wishes.key is not None) == has_key


@pytest.mark.skipif(sys.platform != "linux", reason="There is always a display")
@pytest.mark.parametrize("arguments", [(), ("--demo",), ("--server", "http://127.0.0.1:1")])
def test_without_a_display_it_says_so_and_ends(home: Home, arguments: tuple[str, ...]) -> None:
    environment = home.environment()
    del environment["QT_QPA_PLATFORM"]
    done = subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=home.folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    sentence = (
        "There is no display: set DISPLAY or WAYLAND_DISPLAY. The commands need none; --help names them."
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{sentence}\n")


def test_a_platform_of_qt_that_somebody_chose_is_a_display(home: Home, demo: Running) -> None:
    with home.started("--server", demo.address, QT_QPA_PLATFORM="offscreen") as process:
        _wait(lambda: demo.server.seen("list"))
        assert process.poll() is None


# The demo.


def test_the_demo_does_the_whole_job_off_screen(home: Home) -> None:
    """From a folder that holds another `app`, which must not be taken for ours."""
    (home.folder / "app").mkdir()
    (home.folder / "app" / "__init__.py").write_text("raise SystemExit('the wrong app')")
    program = "import sys; from app.__main__ import main; sys.exit(main())"
    with subprocess.Popen(
        [sys.executable, "-P", "-c", program, "--demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=home.folder,
        env=home.environment(OPENHANDS_API_KEY=KEY, OPENHANDS_LAUNCHER_OFF_SCREEN="1"),
    ) as process:
        (server,) = _children(process)
        environment = server.environ()
        assert "c4n4ry" not in repr(environment)
        assert not [name for name in environment if "OPENHANDS" in name]
        assert "c4n4ry" not in " ".join(server.cmdline())
        out, err = process.communicate(timeout=50)
        assert (process.returncode, err) == (0, "")
        assert not server.is_running()
    lines = out.splitlines()
    assert lines[0] == "The demo runs off-screen."
    assert [line.split()[0] for line in lines[1:-1]][:2] == ["Sending", "Starting"]
    assert any(line.startswith("Working ") and len(line.split()) > 1 for line in lines)
    picture = Path(lines[-1].removeprefix("A picture of the window: "))
    assert picture.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert picture.is_relative_to(home.temporary)
    assert set(home.settings()) == {"geometry"}  # the demo is no server to come back to


@posix_only
def test_the_demo_ends_also_when_the_launcher_is_killed(home: Home) -> None:
    with home.started("--demo", OPENHANDS_LAUNCHER_OFF_SCREEN="1") as process:
        (server,) = _children(process)
        assert process.stdout is not None
        while not process.stdout.readline().startswith("Starting"):
            pass
        process.kill()
        server.wait(5)
        assert not server.is_running()


@posix_only
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("after", ["The demo runs off-screen", "Sending", "Starting"])
def test_the_demo_is_ended_in_the_middle(home: Home, number: signal.Signals, after: str) -> None:
    with home.started("--demo", PYTHONUNBUFFERED="1", OPENHANDS_LAUNCHER_OFF_SCREEN="1") as process:
        (server,) = _children(process)
        assert process.stdout is not None
        while not process.stdout.readline().startswith(after):
            pass
        assert ends(process, number) == (130, "")
        assert not server.is_running()


def _wait(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def _children(process: Program) -> list[psutil.Process]:
    """Its children, as soon as there are some."""
    launcher = psutil.Process(process.pid)
    _wait(lambda: any(child.cmdline()[-1:] == ["app.demo"] for child in launcher.children()))
    return launcher.children()


# Ends.


@posix_only
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("platform", ["minimal", "offscreen"])
def test_it_ends_when_it_is_told_to(home: Home, demo: Running, number: signal.Signals, platform: str) -> None:
    with home.started("--server", demo.address, QT_QPA_PLATFORM=platform) as process:
        _wait(lambda: demo.server.seen("list"))
        exit_code, err = ends(process, number)
    assert exit_code == 130
    assert quiet(err), err


@posix_only
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "hangs",
    [lambda: faults.hang(), lambda: faults.then_hang(), lambda: faults.drip()],
    ids=["hang", "then", "drip"],
)
def test_it_ends_while_a_launch_is_out(
    home: Home, demo: Running, number: signal.Signals, hangs: Callable[[], Handler]
) -> None:
    demo.server.answer_always("create", hangs())
    with home.started("launch", "--server", demo.address, module="tests.gui.driven") as process:
        _wait(lambda: demo.server.seen("create"))
        exit_code, err = ends(process, number)
    assert exit_code == 130
    assert quiet(err), err


@posix_only
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_while_a_conversation_starts_up(home: Home, number: signal.Signals) -> None:
    slow = DemoServer(pace=Pace.quick(loading=math.inf), rate=None)
    with (
        running(slow) as demo,
        home.started("launch", "--server", demo.address, module="tests.gui.driven") as process,
    ):
        _wait(lambda: slow.seen("socket"))
        exit_code, err = ends(process, number)
    assert exit_code == 130
    assert quiet(err), err


@posix_only
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_while_the_server_does_not_pick_up(home: Home, number: signal.Signals) -> None:
    """The connection is made, and nobody says a word: TLS is waited for."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(20)
        address = f"https://127.0.0.1:{silent.getsockname()[1]}"
        with home.started("--server", address) as process:
            line, _ = silent.accept()
            with line:
                assert line.recv(1)
                exit_code, err = ends(process, number)
    assert exit_code == 130
    assert quiet(err), err


@posix_only
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_while_a_name_is_looked_up(home: Home, number: signal.Signals) -> None:
    """Nothing cancels `getaddrinfo`: its thread is left behind."""
    arguments = "look_up_a_name", "--server", "https://nobody.invalid"
    with home.started(*arguments, module="tests.gui.driven") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "looking\n"
        exit_code, err = ends(process, number)
    assert exit_code == 130
    assert quiet(err), err


# Secrets.

ECHO = {
    "detail": [
        {
            "type": "value_error",
            "loc": ["body", "mcp_config", "shttp_servers", 0, "url"],
            "msg": "Value error, no",
            "input": {"api_key": MCP_KEY, "env": {"TOKEN": VARIABLE}, "key": KEY},
            "ctx": {"error": {"key": MCP_KEY}},
        },
        {"type": "extra_forbidden", "loc": ["body", "x"], "msg": "no", "input": VARIABLE},
    ]
}


@pytest.mark.timeout(90)
def test_no_secret_gets_out_of_a_run_that_fails_in_every_way(home: Home) -> None:
    """/proc/PID/environ is not looked at: it shows how the process was started, and nothing changes it."""
    with running(DemoServer(key=KEY, pace=Pace.quick(), rate=None)) as demo:
        ways = [fault() for _, fault, *_ in NOT_STARTED] + [fault() for _, fault, _ in MAY_HAVE_STARTED]
        ways.append(faults.as_json(ECHO, 422))
        for way in ways:
            demo.server.answer_next("create", way)
        arguments = "fail", "--debug", "--server", demo.address
        with home.started(
            *arguments, module="tests.gui.driven", OPENHANDS_API_KEY=KEY, LAUNCHER_TEST_KEY=KEY
        ) as process:
            assert "c4n4ry" not in " ".join(psutil.Process(process.pid).cmdline())
            out, err = process.communicate(f"{len(ways)}\n", timeout=80)
        sent = demo.server.seen("create")
    assert process.returncode == 0, err
    said = [json.loads(line) for line in out.splitlines()]
    environment = said.pop()["environment"]
    assert environment.pop("LAUNCHER_TEST_KEY") == KEY
    assert len(said) == len(ways) + 1
    assert len(sent) == len(ways)
    assert all(one.headers["x-session-api-key"] == KEY for one in sent)
    assert sent[-1].body["mcp_config"]["shttp_servers"][0]["api_key"] == MCP_KEY
    assert "ValueError" in err
    assert "**********" in err
    assert "OPENHANDS_API_KEY" not in environment
    everywhere = {"shown": json.dumps(said), "stderr": err, "environment": json.dumps(environment)}
    everywhere |= {str(path): content.decode("latin-1") for path, content in home.files().items()}
    assert not {where for where, text in everywhere.items() for one in _forms() if one in text}
    settings = home.settings()
    assert set(settings) == {"server", "geometry"}
    assert settings["server"] == demo.address


@pytest.mark.timeout(120)
def test_nothing_that_a_server_quotes_shows_a_secret_in_the_window(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every secret in every form, wherever a server says anything: looked for in all that is seen, heard or kept."""
    search, quoter = quoting.Search(), quoting.Quoter()
    refusals = quoter.refusals()
    with running(DemoServer(key=quoting.KEY, pace=Pace.quick(), rate=None)) as demo:
        demo.do(quoting.fill, demo.server, quoter)
        quoter.quote_always(demo.server)
        frame = events.status_update("error", quoter.quote(), id=quoter.quote(), reason=quoter.quote())
        demo.do(demo.server.startup_error, quoter.quote(), frame=frame)
        for refusal in refusals:
            demo.server.answer_next("create", refusal)
        arguments = "be_quoted", "--debug", "--server", demo.address
        with home.started(*arguments, module="tests.gui.driven", OPENHANDS_API_KEY=quoting.KEY) as process:
            search.look({"command line": " ".join(psutil.Process(process.pid).cmdline())})
            out, err = process.communicate(f"{len(refusals) + 2}\n", timeout=110)
        sent = demo.server.seen("create")
    assert process.returncode == 0, err
    assert "DEBUG" in err
    assert "ValueError" in err
    assert sent[-1].body["mcp_config"]["stdio_servers"][0]["env"] == quoting.VARIABLES
    said = [json.loads(line) for line in out.splitlines()]
    assert any(one.get("copied") for one in said)
    assert said[-1]["heard"]
    for number, one in enumerate(said):
        texts = one.get("shown", []) + one.get("heard", []) + [json.dumps(one)]
        search.look({f"{number}: {place}": text for place, text in enumerate(texts)})
    search.look({f"log {number}": line for number, line in enumerate(err.splitlines())})
    search.look({str(path): content.decode("latin-1") for path, content in home.files().items()})
    with capsys.disabled():
        search.tell(print)
    assert search.found == {}


def _forms() -> set[str]:
    """What betrays a secret: a part that no way of writing it changes, and base64 of it."""
    encoded = [base64.b64encode(one.encode()).decode().rstrip("=") for one in (KEY, MCP_KEY, VARIABLE)]
    return {"c4n4ry", quote(KEY, safe=""), *encoded}


def test_its_window_has_its_icon(home: Home, demo: Running) -> None:
    with home.started("show_icon", "--server", demo.address, module="tests.gui.driven") as process:
        out, err = process.communicate(timeout=50)
    assert quiet(err), err
    assert {16, 24, 32, 48, 128, 256} <= set(json.loads(out))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells it of a process")
def test_a_window_leaves_no_core_when_it_crashes(home: Home, demo: Running) -> None:
    with home.started("--server", demo.address) as process:
        _wait(lambda: demo.server.seen("list"))
        assert tells_no_core(process.pid)
        ends(process, signal.SIGTERM)


@posix_only
def test_the_window_after_a_crash_tells_of_it_once(home: Home, demo: Running) -> None:
    with home.started("crash", "--server", demo.address, module="tests.gui.driven") as process:
        process.communicate(timeout=50)
        assert process.returncode == -signal.SIGSEGV
    assert (
        home.bar(demo)
        == "Something went wrong in the launcher last time. A report of it was saved, without any key."
    )
    assert home.bar(demo) == ""


@posix_only
def test_nobody_else_may_read_what_it_keeps(home: Home, demo: Running) -> None:
    with home.started("--server", demo.address) as process:
        _wait(lambda: demo.server.seen("list"))
        ends(process, signal.SIGTERM)
    kept = home.files()
    assert kept
    assert not [path for path in kept if path.stat().st_mode & 0o077]
