"""The demo server as a process of its own: it says where it listens, and ends with whoever started it."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import psutil
import pytest

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "app.demo", *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    said: dict[str, Any] = json.loads(process.stdout.readline())
    assert set(said) == {"address"}
    return str(said["address"])


def test_it_listens_on_loopback_only_and_ends_with_its_standard_input() -> None:
    with started() as process:
        where = address(process)
        assert httpx.get(where + "/alive", trust_env=False).json() == {"status": "ok"}
        listening = [
            one.laddr.ip for one in psutil.Process(process.pid).net_connections() if one.status == "LISTEN"
        ]
        assert listening == ["127.0.0.1"]
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(5) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


@posix_only
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_when_it_is_told_to(number: signal.Signals) -> None:
    with started() as process:
        address(process)
        process.send_signal(number)
        assert process.wait(5) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_a_port_that_is_taken_is_said_in_one_sentence() -> None:
    with started() as first:
        port = address(first).rpartition(":")[2]
        with started("--port", port) as second:
            assert second.wait(10) == 1
            assert second.stderr is not None
            lines = second.stderr.read().splitlines()
    assert len(lines) == 1
    assert f"cannot listen on port {port}" in lines[0]
