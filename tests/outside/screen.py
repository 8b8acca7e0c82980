"""The program on a virtual screen, and the reader beside it: what a test asks and does goes through AT-SPI.

with Screen(folder) as screen, screen.window("--server", address, home=folder) as window:
    window.field("initial_user_msg").write("Fix it")    # by the identifier, which is the field's place in the draft
    window.named("Launch", "push button").press()       # by what is said of it
    window.hears("1 problem")                           # by what is announced
Whatever is looked for is waited for.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self, TypeVar

from app.cli.exit_codes import ExitCode

T = TypeVar("T")
CHECKOUT = Path(__file__).parents[2]
SYSTEM_PYTHON = "/usr/bin/python3"
"""The one that has the bindings of AT-SPI."""
PATIENCE_S = 25.0
_POLL_S = 0.05
_READER = Path(__file__).with_name("reader.py")
_SESSION = ("xvfb-run", "--auto-servernum", "--server-args=-screen 0 1280x1000x24", "dbus-run-session", "--")
_DESKTOP = ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "AT_SPI_BUS_ADDRESS", "QT_QPA_PLATFORM")
"""What a test must not have of the desktop on which it runs."""


class Gone(Exception):
    """The control is not there any more, and nothing was done to it."""


@dataclass(frozen=True)
class Control:
    """A control as a screen reader gets it, in the moment of the look, with those within it."""

    id: str
    role: str
    name: str = ""
    description: str = ""
    states: frozenset[str] = frozenset()
    labels: tuple[str, ...] = ()
    """The names of what labels it."""
    actions: tuple[str, ...] = ()
    text: str = ""
    children: tuple["Control", ...] = ()
    act: Callable[..., Any] = field(default=lambda *_, **__: None, compare=False, repr=False)
    """Asks the reader to do something with it."""

    @property
    def spoken(self) -> str:
        """What it is called: by its label, or by itself."""
        return ", ".join(self.labels) or self.name

    def all(self) -> Iterator["Control"]:
        """It and all that is within it, in the order of reading."""
        yield self
        for child in self.children:
            yield from child.all()

    def press(self) -> None:
        """Does what the control is there for."""
        action = next(one for one in ("Press", "Toggle") if one in self.actions)
        assert self.act("act", action=action), f"{self.spoken} took no press"

    def click(self) -> None:
        """Clicks on it with the pointer."""
        assert self.act("click"), f"{self.spoken} took no click"

    def write(self, text: str) -> None:
        """Puts a text in the place of the one that is there."""
        assert self.act("write", text=text), f"{self.spoken} took no text"


Condition = Callable[[Control], object]


class Window:
    """One run of the program, through the eyes of the reader."""

    def __init__(self, ask: Callable[..., Any]) -> None:
        self._ask = ask

    def tops(self) -> list[Control]:
        """The windows and dialogs of the program that show now."""
        return [self._control(told) for told in self._ask("tree")]

    def controls(self) -> list[Control]:
        """All that shows now, in each of them."""
        return [one for top in self.tops() for one in top.all()]

    def field(self, identifier: str, holds: Condition = bool) -> Control:
        """The control with this identifier, as soon as there is one for which this holds."""
        return self._first(lambda one: one.id == identifier and holds(one), identifier)

    def named(self, name: str, role: str, holds: Condition = bool) -> Control:
        """The first control that is called so, or begins so, as soon as there is one for which this holds."""
        return self._first(lambda one: one.role == role and one.spoken.startswith(name) and holds(one), name)

    def focus(self) -> Control:
        """What has the focus, as soon as something has."""
        return self._first(lambda one: "focused" in one.states and bool(one.id), "the focus")

    def type(self, text: str) -> None:
        """Types into whatever has the focus."""
        for letter in text:
            self.key(letter)

    def key(self, name: str) -> None:
        """Presses a key."""
        self._ask("key", name=name)

    def choose(self, identifier: str, name: str) -> None:
        """Opens a combo box, and takes the entry of this name with the keyboard."""
        self.field(identifier).press()
        box = self.field(identifier, lambda box: any(one.role == "list item" for one in box.all()))
        entries = [one.name for one in box.all() if one.role == "list item"]
        for _ in range(entries.index(name) - entries.index(box.name)):
            self.key("Down")
        self.key("Return")
        self.field(identifier, lambda box: box.name == name)

    def choose_in_menu(self, menu: str, name: str) -> list[str]:
        """Goes through the menu of this name as soon as it is open, and takes an entry; all that it came past."""
        self.until(lambda: f"popup menu: {menu}" in self.passed(), f"the menu {menu}")
        entries: list[str] = []
        while not entries or name not in entries[-1]:
            self.key("Down")
            entries = self.until(lambda: self._entries(len(entries)), f"an entry after {entries}")  # noqa: B023
        self.key("Return")
        return entries

    def _entries(self, more_than: int) -> list[str]:
        """The entries of menus that had the focus, if there are more than so many."""
        passed = [one.removeprefix("menu item: ") for one in self.passed() if "menu item: " in one]
        return passed if len(passed) > more_than else []

    def icon(self) -> list[int]:
        """The sizes of the icon that the window manager is given."""
        return list(self._ask("icon"))

    def heard(self) -> list[str]:
        """All that was announced so far."""
        return list(self._ask("listen"))

    def passed(self) -> list[str]:
        """The menus that opened and what got the focus so far, by role and name."""
        return list(self._ask("follow"))

    def hears(self, words: str) -> str:
        """The first announcement with these words in it, as soon as there is one."""
        return self.until(
            lambda: next((one for one in self.heard() if words in one), None), f"to hear {words!r}"
        )

    def sees_no(self, identifier: str) -> None:
        """Waits until no such control shows."""
        self.until(lambda: all(one.id != identifier for one in self.controls()), f"{identifier} to go")

    def until(self, look: Callable[[], T | None], what: str) -> T:
        """What the look gives, as soon as it gives something."""
        end = time.monotonic() + PATIENCE_S
        while not (found := look()):
            if time.monotonic() > end:
                shown = "\n".join(
                    f"{one.role} {one.spoken!r} {one.id}" for one in self.controls() if one.spoken
                )
                raise AssertionError(f"waited for {what}; there is\n{shown}\nand was heard {self.heard()}")
            time.sleep(_POLL_S)
        return found

    def _first(self, wanted: Condition, what: str) -> Control:
        found = self._found(wanted, what)

        def act(*does: Any, **more: Any) -> Any:
            """With what stands there by then: a list may have been read anew since the look."""
            control = found
            while True:
                try:
                    return control.act(*does, **more)
                except Gone:
                    control = self._found(wanted, what)

        return replace(found, act=act)

    def _found(self, wanted: Condition, what: str) -> Control:
        return self.until(lambda: next(filter(wanted, self.controls()), None), what)

    def _control(self, told: dict[str, Any]) -> Control:
        ref = told.pop("ref")
        told["states"] = frozenset(told["states"])
        told["children"] = tuple(map(self._control, told["children"]))
        for name in ("labels", "actions"):
            told[name] = tuple(told.get(name, ()))
        return Control(**told, act=lambda what, **more: self._ask(what, ref=ref, **more))


class Screen:
    """A virtual screen and a bus, with the reader in them; all of it ends with the block."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._said = folder / "said"
        """What bus, reader and program print."""

    def __enter__(self) -> Self:
        with socket.socket(socket.AF_UNIX) as door, self._said.open("wb") as said:
            door.bind(str(self._folder / "reader"))
            door.listen(1)
            door.settimeout(PATIENCE_S)
            self._session = subprocess.Popen(
                [*_SESSION, SYSTEM_PYTHON, "-Wignore", str(_READER), door.getsockname()],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
            try:
                self._reader = door.accept()[0]
            except TimeoutError:
                self._kill()
                raise AssertionError(f"no reader has come\n{self._last_words()}") from None
        self._reader.settimeout(2 * PATIENCE_S)
        self._lines = self._reader.makefile("rw")
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self._reader.close()
        try:
            self._session.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._kill()
            raise

    @contextmanager
    def window(self, *arguments: str, home: Path) -> Iterator[Window]:
        """Starts the program with settings of its own, and closes it."""
        own = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"), str(home))
        command = [sys.executable, "-m", "app", *arguments]
        self._ask("start", command=command, folder=str(CHECKOUT), environment=own)
        try:
            yield Window(self._ask)
        finally:
            code = self._ask("end")
        assert code == ExitCode.INTERRUPTED, self._last_words()  # it was asked to end by a signal

    def _ask(self, what: str, **more: Any) -> Any:
        self._lines.write(json.dumps({"do": what, **more}) + "\n")
        self._lines.flush()
        answer = json.loads(self._lines.readline() or '{"error": "the reader is gone"}')
        if "No such object path" in answer.get("error", ""):
            raise Gone
        if "error" in answer:
            raise AssertionError(f"{answer['error']}\n{self._last_words()}")
        return answer["value"]

    def _last_words(self) -> str:
        return self._said.read_text("utf-8", "replace")[-2000:]

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in _DESKTOP}
        return {**kept, "HOME": str(self._folder), "XDG_RUNTIME_DIR": str(self._folder), "LC_ALL": "C.UTF-8"}

    def _kill(self) -> None:
        os.killpg(self._session.pid, signal.SIGKILL)
        self._session.wait()
