"""Ctrl+C, SIGTERM, streams that are closed, full or stuck: a command has one result and one exit code all the same."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from app.compose import Connection
from tests.cli.conftest import Asked
from tests.cli.test_process import environment, in_shell, started, until
from tests.demo import Running, faults, running
from tests.demo.pace import Pace
from tests.demo.server import DemoServer
from tests.interrupting import BOTH, interrupted_at

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")

NOTHING = "Interrupted. Nothing was sent.\n"


@pytest.fixture
def server() -> Iterator[Running]:
    with running(DemoServer(pace=Pace.quick(words=float("inf")), rate=None)) as demo:
        yield demo


# Any moment.

MODULES = [
    "argparse",
    "app.cli.parser",
    "app.cli.command",
    "pydantic",
    "asyncio.base_events",
    "app.cli.filling",
]
MODULES_OF_THE_LOOP = ["app.client.v0.api", "httpx"]


@pytest.mark.parametrize("number", BOTH)
@pytest.mark.parametrize("module", MODULES + MODULES_OF_THE_LOOP)
def test_an_interrupt_while_a_module_is_loaded_ends_with_130_and_one_object(
    tmp_path: Path, server: Running, module: str, number: int
) -> None:
    asks = "launch", "-m", "x", "--json", "--server", server.address
    code, out, err = interrupted_at(tmp_path, module, [number], *asks)
    assert (code, err) == (130, NOTHING)
    assert json.loads(out) == {"error": {"type": "interrupted", "message": NOTHING.strip()}}
    assert server.server.seen("create") == []


def test_several_interrupts_at_once_are_one(tmp_path: Path, server: Running) -> None:
    asks = "launch", "-m", "x", "--json", "--server", server.address
    code, out, err = interrupted_at(tmp_path, "httpx", BOTH * 2, *asks)
    assert (code, err) == (130, NOTHING)
    assert json.loads(out)["error"]["type"] == "interrupted"


def test_an_interrupt_ends_a_git_that_hangs_and_what_it_has_started(tmp_path: Path) -> None:
    git = tmp_path / "git"
    git.write_text(f"#!/bin/sh\nsleep 60 & echo $! > {tmp_path}/pid\nwait\n")
    git.chmod(0o700)
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    with started(tmp_path, "launch", "--here", "-m", "x", "--dry-run", more=path) as process:
        until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip())
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=20) == ("", NOTHING)
        assert process.returncode == 130
    until(lambda: is_gone(int((tmp_path / "pid").read_text())))


def is_gone(pid: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    return True


# After the result.


@pytest.mark.parametrize("number", BOTH)
def test_an_interrupt_while_the_demo_closes_changes_nothing_of_the_result(
    tmp_path: Path, number: int
) -> None:
    """The demo is stopped, so that it takes long to close."""
    with started(tmp_path, "launch", "--demo", "-m", "x", "--json") as process:
        assert process.stdout is not None
        [child] = demo_of(process)
        lines = [process.stdout.readline()]
        child.suspend()
        while lines[-1] != "}\n":
            lines.append(process.stdout.readline())
        for _ in range(2):
            process.send_signal(number)
        rest, _err = process.communicate(timeout=20)
        assert (process.returncode, rest) == (0, "")
        assert json.loads("".join(lines))["status"] == "ok"
        assert is_gone(child.pid)


def demo_of(process: "subprocess.Popen[str]") -> list[psutil.Process]:
    program = psutil.Process(process.pid)
    until(lambda: [one for one in program.children() if one.cmdline()[-1:] == ["app.demo"]])
    return program.children()


def test_a_bug_in_closing_changes_nothing_of_the_result(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: Connection) -> None:
        raise RuntimeError

    monkeypatch.setattr(Connection, "aclose", broken)
    ran = asked("launch", "-m", "x", "--json")
    assert (ran.code, ran.facts["status"]) == (0, "ok")
    assert "This is a bug in the launcher." in ran.err


def test_a_bug_in_closing_changes_nothing_of_a_refusal(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_: Connection) -> None:
        raise RuntimeError

    monkeypatch.setattr(Connection, "aclose", broken)
    ran = asked("session", "0" * 32, "--json")
    assert (ran.code, ran.error["type"]) == (4, "no_such_conversation")


def test_an_interrupt_while_a_slow_reader_takes_the_result_tears_nothing(
    tmp_path: Path, server: Running
) -> None:
    """The result is larger than what a pipe holds, and is read after the interrupt."""
    for number in range(300):
        server.do(server.server.add, conversation_id=f"{number:032x}", title="x" * 300, status="STOPPED")
    asks = "sessions", "--json", "--limit", "300", "--server", server.address
    with started(tmp_path, *asks) as process:
        assert process.stdout is not None
        until(lambda: is_full(process.stdout))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")
    assert len(json.loads(out)) == 300


def is_full(pipe: object) -> bool:
    waiting = fcntl.ioctl(pipe.fileno(), 0x541B, b"\0" * 4)  # type: ignore[attr-defined]  # FIONREAD
    return int.from_bytes(waiting, sys.byteorder) >= 65536


# Streams.


def test_a_full_or_closed_standard_error_changes_neither_result_nor_code(
    tmp_path: Path, server: Running
) -> None:
    asks = f"--json --debug --server {server.address}"
    for aside in ("2>/dev/full", "2>&-", "<&- 2>&-"):
        code, out, _ = in_shell(tmp_path, f"program launch -m x {asks} {aside}")
        assert (code, json.loads(out)["status"]) == (0, "ok")
        code, out, _ = in_shell(tmp_path, f"program launch --repository web -m x {asks} {aside}")
        assert (code, json.loads(out)["error"]["type"]) == (2, "invalid")
        code, out, _ = in_shell(tmp_path, f"program launch --no-such-option --json {aside}")
        assert (code, json.loads(out)["error"]["type"]) == (2, "usage")
    assert len(server.server.seen("create")) == 3


def test_a_standard_error_that_nobody_reads_holds_nothing_up(tmp_path: Path, server: Running) -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writing, b"x" * 4096)
    os.set_blocking(writing, True)
    done = subprocess.run(
        [sys.executable, "-m", "app", "launch", "-m", "x", "--json", "--debug", "--server", server.address],
        stdout=subprocess.PIPE,
        stderr=writing,
        cwd=tmp_path,
        env=environment(),
        timeout=50,
        check=False,
    )
    os.close(reading)
    os.close(writing)
    assert (done.returncode, json.loads(done.stdout)["status"]) == (0, "ok")


OPEN_TO_VIEW = """
import sys
from app.core import core_dumps
core_dumps.hide_memory = lambda: None  # else only root may see in /proc which files it has open
from app.__main__ import main
sys.exit(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc shows where a stream leads")
def test_what_is_opened_later_takes_the_place_of_no_stream(tmp_path: Path, server: Running) -> None:
    server.server.answer_always("create", faults.hang())
    line = f"exec \"{sys.executable}\" -c '{OPEN_TO_VIEW}' launch -m x --server {server.address} <&- >&- 2>&-"
    with subprocess.Popen(["bash", "-c", line], cwd=tmp_path, env=environment()) as process:
        try:
            until(lambda: server.server.seen("create"))
            leads = [str(Path(f"/proc/{process.pid}/fd/{number}").readlink()) for number in range(3)]
            process.terminate()
            code = process.wait(20)
        finally:
            process.kill()
    assert (code, leads) == (130, ["/dev/null"] * 3)


@pytest.mark.parametrize("asks", ["--help", "launch --help", "--version", "completion bash"])
def test_what_is_only_printed_says_that_nobody_takes_it(tmp_path: Path, asks: str) -> None:
    said = "The result cannot be written.\n"
    assert in_shell(tmp_path, f"program {asks} > /dev/full") == (1, "", said)
    assert in_shell(tmp_path, f"program {asks} | true")[1:] == ("", "")


# Few files.


@pytest.mark.parametrize("files", [6, 12])
def test_with_few_files_nothing_is_sent_and_it_is_said(tmp_path: Path, server: Running, files: int) -> None:
    line = f"ulimit -n {files}; program launch -m x --json --server {server.address}"
    code, out, err = in_shell(tmp_path, line)
    assert (code, json.loads(out)["error"]["type"]) == (1, "too_few_files")
    assert err.startswith("The system lets the launcher open too few files at once. Allow more")
    assert server.server.seen() == []


def test_what_the_system_allows_is_made_use_of(tmp_path: Path, server: Running) -> None:
    line = f"ulimit -S -n 12; program launch -m x --json --server {server.address}"
    assert in_shell(tmp_path, line)[0] == 0


# A browser.


@pytest.mark.parametrize("then", ["", "exec sleep 20 >/dev/null 2>&1"], ids=["comes back", "stays open"])
def test_a_browser_that_stays_open_holds_nothing_up(tmp_path: Path, server: Running, then: str) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f"#!/bin/sh\n{then}\n")
    browser.chmod(0o700)
    server.do(server.server.add, conversation_id="0" * 32)
    began = time.monotonic()
    line = f"program open {'0' * 32} --server {server.address}"
    code, out, err = in_shell(tmp_path, line, BROWSER=f"{browser} %s")
    assert (code, out, err) == (0, f"{server.address}/conversations/{'0' * 32}\n", "")
    assert time.monotonic() - began < 30
