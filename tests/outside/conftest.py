"""One screen for all tests here; for each test a demo server, and a program of its own."""

import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest

from tests.demo import Running, running
from tests.demo.pace import Pace
from tests.demo.server import DemoServer
from tests.outside.screen import Screen, Window

Open = Callable[..., AbstractContextManager[Window]]


@pytest.fixture(scope="session")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    with Screen(tmp_path_factory.mktemp("screen")) as screen:
        yield screen


@pytest.fixture
def demo() -> Iterator[Running]:
    """Its agents get to work at once, and never say a word; a start that fails says so when it is let go on."""
    with running(DemoServer(pace=Pace.quick(words=math.inf, startup_error=math.inf))) as server:
        yield server


@pytest.fixture
def open_window(screen: Screen, tmp_path: Path) -> Open:
    """Starts the program with these arguments and settings of its own; it ends with the block."""
    return partial(screen.window, home=tmp_path)


@pytest.fixture
def window(open_window: Open, demo: Running) -> Iterator[Window]:
    """A program that is connected to the demo server."""
    with open_window("--server", demo.address) as window:
        window.field("server", lambda server: "connected" in server.name)
        yield window
