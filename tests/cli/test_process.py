"""The commands as processes: what they load, what they tell their children, how they end."""

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.demo import Running, faults, running
from tests.demo.pace import Pace
from tests.demo.server import DemoServer

CHECKOUT = Path(__file__).parents[2]
KEY = "k3y-c4n4ry+/=%&"
WITH_KEY = {"OPENHANDS_API_KEY": KEY}
ID = "0123456789abcdef" * 2
END_S = 10.0
"""How long a command may take to end when it is told to."""

Process = subprocess.Popen[str]
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")


def environment(**more: str) -> dict[str, str]:
    """No home, no display, no language: only what finds the program."""
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(CHECKOUT)} | more


@contextmanager
def started(
    folder: Path, *arguments: str, fds: Sequence[int] = (), more: dict[str, str] | None = None
) -> Iterator[Process]:
    """The program, killed at the latest at the end."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-m", "app", *arguments],
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        encoding="utf-8",
        cwd=folder,
        env=environment(**(more or {})),
        pass_fds=fds,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def ran(folder: Path, *arguments: str, **more: str) -> tuple[int, str, str]:
    with started(folder, *arguments, more=more) as process:
        out, err = process.communicate(timeout=50)
        return process.returncode, out, err


def tells_no_core(pid: int) -> bool:
    """Whether this process leaves no core, and nothing of its memory in one that a program is handed all the same."""
    limits = Path(f"/proc/{pid}/limits").read_text(encoding="ascii")
    kept = Path(f"/proc/{pid}/coredump_filter").read_text(encoding="ascii")
    return re.search(r"Max core file size +0 +0 ", limits) is not None and int(kept, 16) == 0


def in_shell(folder: Path, line: str, **more: str) -> tuple[int, str, str]:
    """`program` is the program."""
    program = f'program() {{ "{sys.executable}" -m app "$@"; }}; '
    done = subprocess.run(
        ["bash", "-c", program + line],
        cwd=folder,
        env=environment(**more),
        capture_output=True,
        encoding="utf-8",
        timeout=50,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def demo() -> Iterator[Running]:
    with running(DemoServer(key=KEY, pace=Pace.quick(words=float("inf")), rate=None)) as demo:
        yield demo


# What it loads.

HEAVY = {"PySide6", "shiboken6", "qasync", "httpx", "pydantic", "asyncio", "aiohttp", "socketio"}
QT = {"PySide6", "shiboken6", "qasync"}


def loaded(folder: Path, *arguments: str, code: int = 0, more: dict[str, str] | None = None) -> set[str]:
    """The names of all top-level packages that this imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "app", *arguments],
        cwd=folder,
        env=environment(**(more or {})),
        capture_output=True,
        encoding="utf-8",
        timeout=50,
        check=False,
    )
    assert done.returncode == code, done.stderr
    names = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "import time:" in line}
    assert "app.cli.parser" in names
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["launch", "--help"], ["completion", "bash"]], ids=" ".join
)
def test_help_version_and_completion_load_the_parser_alone(tmp_path: Path, arguments: list[str]) -> None:
    assert not loaded(tmp_path, *arguments) & HEAVY


def test_a_mistake_on_the_command_line_loads_the_parser_alone(tmp_path: Path) -> None:
    assert not loaded(tmp_path, "launch", "--wait=x", "--json", code=2) & HEAVY


@pytest.mark.parametrize(
    "arguments",
    [["launch", "-m", "x"], ["sessions"], ["open", ID], ["stop", ID], ["delete", ID, "--yes"]],
    ids=" ".join,
)
def test_no_command_loads_qt_nor_what_only_waiting_needs(
    tmp_path: Path, demo: Running, arguments: list[str]
) -> None:
    demo.do(demo.server.add, conversation_id=ID)
    key = {"OPENHANDS_API_KEY": KEY, "BROWSER": "true"}
    names = loaded(tmp_path, *arguments, "--server", demo.address, more=key)
    assert "httpx" in names
    assert not names & (QT | {"socketio", "aiohttp"})


def test_waiting_loads_no_qt_either(tmp_path: Path, demo: Running) -> None:
    arguments = "launch", "-m", "x", "--wait=0.4", "--server", demo.address
    names = loaded(tmp_path, *arguments, code=8, more=WITH_KEY)
    assert "aiohttp" in names
    assert not names & (QT | {"socketio"})


# The key.


def test_the_key_reaches_the_server_from_the_environment_a_file_or_a_descriptor(
    tmp_path: Path, demo: Running
) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n")
    asking = "sessions", "--server", demo.address
    assert ran(tmp_path, *asking, OPENHANDS_API_KEY=KEY)[0] == 0
    assert ran(tmp_path, *asking, "--key-file", "key", OPENHANDS_API_KEY="another")[0] == 0
    reading, writing = os.pipe()
    os.write(writing, KEY.encode())
    os.close(writing)
    with started(tmp_path, *asking, "--key-fd", str(reading), fds=[reading]) as process:
        assert process.wait(timeout=50) == 0
    os.close(reading)
    assert in_shell(tmp_path, f"program {' '.join(asking)} --key-fd 3 3<key")[0] == 0
    assert [one.headers["x-session-api-key"] for one in demo.server.seen("list")] == [KEY] * 4


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--key-file", "gone"], "The file or descriptor given for it cannot be read."),
        (["--key-file", "."], "The file or descriptor given for it cannot be read."),
        (["--key-file", "picture"], "The file or descriptor given for it cannot be read."),
        (["--key-fd", "77"], "The file or descriptor given for it cannot be read."),
        (["--key-file", "nothing"], "The file or descriptor given for it is empty."),
        (["--key-file", "/dev/zero"], "The file or descriptor given for it cannot be read."),
        (["--key-fd", "0"], "The file or descriptor given for it is empty."),
        (["--key-file", "two"], "A key has only plain letters, digits and signs, no spaces or line breaks."),
        (
            ["--key-file", "env"],
            "It is not a session key. Give the key alone, or as OPENHANDS_API_KEY=… or SESSION_API_KEY=….",
        ),
        (["--key-file", "mask"], "This is a masked value. Enter the secret itself."),
    ],
    ids=[
        "missing",
        "folder",
        "picture",
        "closed",
        "empty",
        "device",
        "ended",
        "two lines",
        "variables",
        "mask",
    ],
)
def test_a_key_that_cannot_be_had_is_3_and_not_replaced_by_another(
    tmp_path: Path, demo: Running, given: list[str], said: str
) -> None:
    (tmp_path / "picture").write_bytes(b"\x89PNG\xff")
    (tmp_path / "nothing").touch()
    (tmp_path / "two").write_text(f"{KEY}\n{KEY}\n")
    (tmp_path / "env").write_text("PORT=3000\nHOST=x\n")
    (tmp_path / "mask").write_text("**********\n")
    code, out, err = ran(tmp_path, "sessions", "--server", demo.address, *given, OPENHANDS_API_KEY=KEY)
    assert (code, out, err) == (3, "", f"The key: {said}\n")
    assert demo.server.seen() == []


def test_a_file_of_variables_reaches_the_server_as_its_key(tmp_path: Path, demo: Running) -> None:
    (tmp_path / ".env").write_bytes(f'export SESSION_API_KEY="{KEY}"\r\n'.encode("utf-16"))
    asking = "sessions", "--server", demo.address, "--key-file"
    code, _out, err = ran(tmp_path, *asking, ".env")
    assert code == 0
    assert "The key" not in err
    (tmp_path / "bearer").write_text(f"Bearer {KEY}\n")
    code, _out, err = ran(tmp_path, *asking, "bearer")
    assert code == 0
    assert err.startswith("The key: “Bearer” was removed from the start of this value.\n")
    assert [one.headers["x-session-api-key"] for one in demo.server.seen("list")] == [KEY] * 2


def test_no_child_and_no_output_gets_the_key(tmp_path: Path, demo: Running) -> None:
    """Git and the browser write down what they are given."""
    git = shutil.which("git")
    for name, then in (("git", f'exec "{git}" "$@"'), ("browser", "")):
        tool = tmp_path / name
        tool.write_text(f'#!/bin/sh\n{{ env; echo "$@"; }} >> "{tmp_path}/told-{name}"\n{then}\n')
        tool.chmod(0o700)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    subprocess.run(["git", "remote", "add", "origin", "git@github.com:acme/web"], cwd=tmp_path, check=True)
    demo.do(demo.server.add, conversation_id=ID)
    more = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "OPENHANDS_API_KEY": KEY,
        "OPENHANDS_SERVER": demo.address,
        "BROWSER": f"{tmp_path}/browser %s",
    }
    outputs = [
        ran(tmp_path, "launch", "--here", "-m", "x", "--debug", **more),
        ran(tmp_path, "open", ID, **more),
    ]
    assert [code for code, *_ in outputs] == [0, 0]
    told = {name: (tmp_path / f"told-{name}").read_text() for name in ("git", "browser")}
    assert f"/conversations/{ID}" in told["browser"]
    assert "rev-parse" in told["git"]
    for text in (*told.values(), *(out + err for _, out, err in outputs)):
        assert not [form for form in ("c4n4ry", "OPENHANDS_API_KEY") if form in text]


def test_a_key_crosses_no_network_in_clear_that_nobody_agreed_to(tmp_path: Path) -> None:
    """192.0.2.1 is nobody's: whatever left for it would wait for an answer."""
    asking = "sessions", "--server", "http://192.0.2.1", "--json"
    code, out, err = ran(tmp_path, *asking, OPENHANDS_API_KEY=KEY)
    assert (code, json.loads(out)["error"]["problems"][0]["type"]) == (2, "key_in_clear")
    assert "--key-in-clear" in err


# Ctrl+C.


def until(condition: Callable[[], object]) -> None:
    """Waits for a condition, never for time."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def interrupted(process: Process, times: int = 1, number: int = signal.SIGINT) -> tuple[str, str]:
    """Presses Ctrl+C, or ends it from elsewhere; gives what was said on both outputs."""
    began = time.monotonic()
    for _ in range(times):
        process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert time.monotonic() - began < END_S
    assert process.returncode == 130
    return out, err


@posix_only
def test_ctrl_c_while_a_text_is_waited_for_has_sent_nothing(tmp_path: Path, demo: Running) -> None:
    arguments = "launch", "--message-file", "-", "--json", "--server", demo.address
    with started(tmp_path, *arguments) as process:
        assert process.stdin is not None
        process.stdin.write("x" * 200_000)  # more than a pipe holds: when this is over, it reads
        out, err = interrupted(process)
    assert json.loads(out) == {"error": {"type": "interrupted", "message": "Interrupted. Nothing was sent."}}
    assert err == "Interrupted. Nothing was sent.\n"
    assert demo.server.seen() == []


@posix_only
def test_a_pipe_that_the_shell_opens_is_read_as_a_file_is(tmp_path: Path, demo: Running) -> None:
    (tmp_path / "replay").write_text('[{"action": "message", "source": "user", "args": {"content": "Hi"}}]')
    line = (
        "program launch --dry-run --json --message-file <(echo Hello) --instructions @<(echo Briefly) &&"
        " program launch --dry-run --json --replay <(cat replay) --mcp-config <(echo {}) &&"
        f" program sessions --server {demo.address} --key-file <(echo '{KEY}')"
    )
    code, out, err = in_shell(tmp_path, line)
    assert code == 0, err
    assert '"initial_user_msg": "Hello\\n"' in out
    assert '"conversation_instructions": "Briefly\\n"' in out
    assert '"replay_json"' in out


@posix_only
def test_a_pipe_with_a_name_ends_the_command_and_makes_it_not_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    wants = ("--message-file", "pipe", "--instructions", "@pipe", "--image", "pipe", "--mcp-config", "pipe")
    code, out, err = ran(tmp_path, "launch", "--dry-run", *wants)
    assert (code, out) == (2, "")
    assert err.count("“pipe” is not a regular file but a pipe or a device.") == 4


@posix_only
def test_ctrl_c_before_the_post_has_sent_nothing(tmp_path: Path, demo: Running) -> None:
    demo.server.answer_always("settings", faults.hang())
    arguments = "launch", "--repository", "acme/web", "--server", demo.address
    with started(tmp_path, *arguments, more=WITH_KEY) as process:
        until(lambda: demo.server.seen("settings"))
        assert interrupted(process) == ("", "Interrupted. Nothing was sent.\n")
    assert demo.server.seen("create") == []


@posix_only
@pytest.mark.parametrize("times", [1, 2, 3], ids=["once", "twice", "thrice"])
def test_ctrl_c_during_the_post_says_that_it_may_have_started(
    tmp_path: Path, demo: Running, times: int
) -> None:
    demo.server.answer_always("create", faults.then_hang())
    arguments = "launch", "-m", "x", "--server", demo.address
    with started(tmp_path, *arguments, more=WITH_KEY) as process:
        until(lambda: demo.server.seen("create"))
        out, err = interrupted(process, times)
    assert out == ""
    assert err == (
        "Interrupted. A conversation may have started: "
        f"`openhands-launcher sessions --server {demo.address}` shows what is there.\n"
    )
    assert len(demo.server.seen("create")) == 1


@posix_only
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_end_while_it_waits_says_that_it_goes_on_and_where(
    tmp_path: Path, demo: Running, number: int
) -> None:
    arguments = "launch", "-m", "x", "--wait", "--json", "--server", demo.address
    with started(tmp_path, *arguments, more=WITH_KEY) as process:
        until(lambda: demo.server.seen("events"))
        out, err = interrupted(process, number=number)
    [conversation] = demo.server.conversations
    page = f"{demo.address}/conversations/{conversation.conversation_id}"
    assert err == f"Interrupted. It has started, and goes on: {page}\n"
    error = json.loads(out)["error"]
    assert error["type"] == "interrupted"
    assert error["url"] == f"{demo.address}/conversations/{conversation.conversation_id}"
    assert error["state"] in ("starting", "running", "working")
    assert conversation.status == "RUNNING"


@posix_only
def test_ctrl_c_during_a_stop_says_that_it_may_have_happened(tmp_path: Path, demo: Running) -> None:
    demo.do(demo.server.add, conversation_id=ID)
    demo.server.answer_always("stop", faults.hang())
    with started(tmp_path, "stop", ID, "--server", demo.address, more=WITH_KEY) as process:
        until(lambda: demo.server.seen("stop"))
        _, err = interrupted(process)
    assert err.startswith("Interrupted. It may have happened anyway: `openhands-launcher session ")


@posix_only
def test_the_demo_gets_no_key_and_ctrl_c_leaves_none_behind(tmp_path: Path) -> None:
    with started(tmp_path, "launch", "--demo", "--wait", "-m", "x", more=WITH_KEY) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://127.0.0.1:")  # the page, before it waits
        program = psutil.Process(process.pid)
        [child] = program.children()
        for told in (child.environ(), child.cmdline(), program.cmdline()):
            assert "c4n4ry" not in repr(told)
        _, err = interrupted(process)
        assert err == "Interrupted. It has started, and ends with the demo.\n"
        assert not child.is_running()


# Where it writes to.

HOSTILE = "\x1b[2J\x1b]0;owned\x07 \u202eevil “ü” 修"


@pytest.fixture
def full(demo: Running) -> Running:
    """A list that fills more than a pipe."""
    for number in range(200):
        title = f"{HOSTILE} {number}"
        demo.do(demo.server.add, conversation_id=f"{number:032x}", title=title * 5, status="STOPPED")
    return demo


def test_whoever_reads_only_the_start_ends_it_quietly(tmp_path: Path, full: Running) -> None:
    line = f"program sessions --json --limit 200 --server {full.address} | head -c 1; exit ${{PIPESTATUS[0]}}"
    assert in_shell(tmp_path, line, OPENHANDS_API_KEY=KEY) == (1, "[", "")


@pytest.mark.parametrize(
    "language",
    [{"LANG": "C"}, {"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"PYTHONUTF8": "0", "LC_ALL": "POSIX"}],
)
def test_hostile_titles_move_no_terminal_in_any_language(
    tmp_path: Path, full: Running, language: dict[str, str]
) -> None:
    code, out, err = ran(tmp_path, "sessions", "--server", full.address, OPENHANDS_API_KEY=KEY, **language)
    assert (code, err) == (0, "")
    assert len(out.splitlines()) == 20
    assert "\\u001b[2J" in out
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", out)


@pytest.mark.parametrize("more", [[], ["--json"]], ids=["for people", "for scripts"])
def test_what_a_terminal_cannot_say_is_still_json(tmp_path: Path, more: list[str]) -> None:
    code, out, _ = ran(
        tmp_path, "launch", "--dry-run", "-m", "né \U0001fa77", *more, PYTHONIOENCODING="ascii"
    )
    assert code == 0
    assert '"n\\u00e9 \\ud83e\\ude77"' in out
    assert json.loads(out) == {"initial_user_msg": "né \U0001fa77"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full disk is played by Linux")
def test_a_result_that_cannot_be_written_is_no_success(tmp_path: Path, demo: Running) -> None:
    line = f"program launch -m x --server {demo.address}"
    for takes_nothing in ("> /dev/full", "| true"):
        code, _, err = in_shell(tmp_path, f"set -o pipefail; {line} {takes_nothing}", OPENHANDS_API_KEY=KEY)
        assert code == 1
        assert err.startswith(f"The result cannot be written. It has started, and goes on: {demo.address}/")


@posix_only
@pytest.mark.parametrize("asks", ["completion bash", "--version"])
def test_what_is_only_printed_ends_without_a_traceback_when_nobody_takes_it(
    tmp_path: Path, asks: str
) -> None:
    said = "The result cannot be written.\n"
    assert in_shell(tmp_path, f"program {asks} > /dev/full") == (1, "", said)
    assert in_shell(tmp_path, f"program {asks} >&-") == (1, "", said)
    assert in_shell(tmp_path, f"program {asks} | true")[1:] == ("", "")


def test_closed_outputs_change_nothing_of_what_is_done_but_its_code(tmp_path: Path, demo: Running) -> None:
    line = f"program launch -m x --server {demo.address} <&- >&- 2>&-"
    assert in_shell(tmp_path, line, OPENHANDS_API_KEY=KEY) == (1, "", "")
    line = f"{{ sleep 0; program launch -m x --json --server {demo.address}; echo $? >&2; }} 2>&1 >told | cat"
    assert in_shell(tmp_path, line, OPENHANDS_API_KEY=KEY)[1].splitlines()[-1] == "0"
    assert json.loads((tmp_path / "told").read_text())["status"] == "ok"
    assert len(demo.server.seen("create")) == 2


def test_half_an_answer_is_6_and_one_post(tmp_path: Path, demo: Running) -> None:
    demo.server.answer_next("create", faults.cut_body())
    code, out, err = ran(tmp_path, "launch", "-m", "x", "--server", demo.address, OPENHANDS_API_KEY=KEY)
    assert (code, out) == (6, "")
    assert err.startswith("The connection broke before the answer came. A conversation may have started")
    assert len(demo.server.seen("create")) == 1


@posix_only
def test_a_terminal_sees_progress_while_the_result_goes_into_a_pipe(tmp_path: Path) -> None:
    out, shown = on_a_terminal(tmp_path, "--json", stdout=subprocess.PIPE)
    assert json.loads(out)["state"] == "finished"
    assert shown.startswith("\r\x1b[KSending")
    assert shown.endswith("\r\x1b[K")
    assert "\n" not in shown


@posix_only
def test_on_a_terminal_the_result_stands_on_lines_of_its_own(tmp_path: Path) -> None:
    _, shown = on_a_terminal(tmp_path, stdout=None)
    lines = [line.rpartition("\r\x1b[K")[2] for line in shown.split("\r\n")]
    assert lines[0].startswith("http://127.0.0.1:")
    assert lines[1] == "Finished"


def on_a_terminal(folder: Path, *more: str, stdout: int | None) -> tuple[bytes, str]:
    """What came on stdout, and what a terminal shows of the rest, or of both."""
    with running(DemoServer(pace=Pace.quick(), rate=None)) as demo:
        terminal, line = pty.openpty()
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "app",
                "launch",
                "-m",
                "Fix it",
                "--wait",
                "--server",
                demo.address,
                *more,
            ],
            stdout=line if stdout is None else stdout,
            stderr=line,
            cwd=folder,
            env=environment(TERM="xterm"),
        )
        os.close(line)
        out, _ = process.communicate(timeout=50)
        shown = _all_of(terminal)
    assert process.returncode == 0
    return out, shown


def _all_of(terminal: int) -> str:
    parts = []
    try:
        while part := os.read(terminal, 65536):
            parts.append(part)
    except OSError:  # how a terminal says that nobody writes any more
        pass
    os.close(terminal)
    return b"".join(parts).decode()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells it of a process")
def test_a_command_leaves_no_core_when_it_crashes(tmp_path: Path) -> None:
    with running(DemoServer(pace=Pace.quick())) as demo:
        demo.server.answer_always("list", faults.hang())
        with started(tmp_path, "sessions", "--server", demo.address) as process:
            deadline = time.monotonic() + END_S
            while not demo.server.seen("list") and time.monotonic() < deadline:
                time.sleep(0.01)
            assert tells_no_core(process.pid)
