"""The command line within the process of the tests: quick, and its outputs at hand."""

import gc
import json
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.__main__ import main
from app.cli.parser import KEY, SERVER
from app.core import core_dumps
from tests.demo import Running, running
from tests.demo.pace import Pace
from tests.demo.server import DemoServer


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def facts(self) -> Any:
        """The one JSON value on stdout."""
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, Any]:
        """The error object, the only thing on stdout."""
        facts = self.facts
        assert list(facts) == ["error"]
        error: dict[str, Any] = facts["error"]
        assert list(error)[:2] == ["type", "message"]
        return error


class Program:
    """`program("launch", "-m", "Fix it")` is what a shell would do."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def __call__(self, *arguments: str | Path, key: str | None = None, stdin: bytes = b"") -> Ran:
        self._monkeypatch.setattr(sys, "argv", ["openhands-launcher", *map(str, arguments)])
        if key is not None:
            self._monkeypatch.setenv(KEY, key)
        self._capsys.readouterr()
        umask = os.umask(0o077)
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            with self._standard_input(stdin):
                code = int(main())
        except SystemExit as end:
            code = int(end.code or 0)
        finally:
            os.umask(umask)
            for number, handler in handlers.items():
                signal.signal(number, handler)
            gc.enable()
            gc.unfreeze()  # the garbage of other tests is named where it is collected
        return Ran(code, *self._capsys.readouterr())

    @contextmanager
    def _standard_input(self, content: bytes) -> Iterator[None]:
        """A real one: what it says is read from its descriptor."""
        with tempfile.TemporaryFile() as file:
            file.write(content)
            file.seek(0)
            self._monkeypatch.setattr(sys, "stdin", file)
            yield


@pytest.fixture
def program(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Program:
    """In an empty folder, without a server in the environment. The process of the tests itself may be looked at."""
    for module, hook in ((sys, "excepthook"), (threading, "excepthook"), (sys, "unraisablehook")):
        monkeypatch.setattr(module, hook, getattr(module, hook))  # the program's own goes with the test
    monkeypatch.setattr(core_dumps, "disable", lambda: None)
    monkeypatch.setattr(core_dumps, "hide_memory", lambda: None)
    monkeypatch.delenv(SERVER, raising=False)
    monkeypatch.chdir(tmp_path)
    return Program(capsys, monkeypatch)


@pytest.fixture
def demo() -> Iterator[Running]:
    """A server that takes no time and knows no limit."""
    with running(DemoServer(pace=Pace.quick(), rate=None)) as server:
        yield server


@pytest.fixture
def asked(program: Program, demo: Running) -> "Asked":
    return Asked(program, demo)


@dataclass(frozen=True)
class Asked:
    """The program, pointed at the demo: `asked("launch", "-m", "Fix it")`."""

    program: Program
    demo: Running

    def __call__(
        self, command: str, *arguments: str | Path, key: str | None = None, stdin: bytes = b""
    ) -> Ran:
        return self.program(command, "--server", self.demo.address, *arguments, key=key, stdin=stdin)

    @property
    def launches(self) -> list[Any]:
        """The bodies of all POSTs that came."""
        return [one.body for one in self.demo.server.seen("create")]
