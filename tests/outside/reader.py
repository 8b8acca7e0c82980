"""What a screen reader gets of the launcher: a process of its own, which knows it through AT-SPI alone.

It runs on the system's Python, which has the bindings, inside a session with a screen and a bus. It starts the program
it is told to, and speaks with the test in lines of JSON, through the socket named on its command line:
{"do": "act", "ref": 7, "action": "Press"} is answered with {"value": true}, or with an error.
"""

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from typing import Any

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402 - the version comes first

PATIENCE_S = 20
KEYS = {"Down": 0xFF54, "Return": 0xFF0D, "Escape": 0xFF1B}
"""X11's numbers; those of letters are their own."""
TITLE = "OpenHands Launcher"
MUTE = ("filler", "label", "layered pane", "split pane")
"""What only holds other controls, or says no more than its name."""

heard: list[str] = []
"""All that was announced since the program was started."""
passed: list[str] = []
"""The menus that opened and what got the focus: menus are not in the tree, they tell of themselves."""
programs: list["subprocess.Popen[bytes]"] = []
seen: list[Any] = []
"""What the last tree named, by its `ref`."""


def start(command: list[str], folder: str, environment: dict[str, str]) -> None:
    """Starts a program as the one to read."""
    heard.clear()
    passed.clear()
    own = {"QT_QPA_PLATFORM": "xcb", "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1"}
    programs.append(subprocess.Popen(command, cwd=folder, env={**os.environ, **own, **environment}))


def end() -> int:
    """Asks the program to close; its exit code."""
    program = programs.pop()
    program.terminate()
    try:
        return program.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()
        raise


def tree() -> list[dict[str, Any]]:
    """Every window of the program, with all that shows in it; nothing while it has none."""
    seen.clear()
    code = programs[-1].poll()
    if code is not None:
        raise RuntimeError(f"the program has ended with {code}")
    for program in _children(Atspi.get_desktop(0)):
        if program.get_process_id() == programs[-1].pid:
            program.set_cache_mask(Atspi.Cache.NONE)
            return _tell_each(program)
    return []


def _tell_each(parent: Any) -> list[dict[str, Any]]:
    """The controls within one that show, and have not gone while one asked."""
    told = []
    for control in _children(parent):
        with suppress(GLib.Error):
            if control.get_state_set().contains(Atspi.StateType.SHOWING):
                told.append(_tell(control))
    return told


def _tell(control: Any) -> dict[str, Any]:
    ref = len(seen)
    seen.append(control)
    told = {
        "ref": ref,
        "id": control.get_accessible_id(),
        "name": control.get_name(),
        "role": control.get_role_name(),
        "states": sorted(state.value_nick for state in control.get_state_set().get_states()),
        "children": _tell_each(control),
    }
    is_mute = told["role"] in MUTE and "focusable" not in told["states"]
    return told if is_mute else told | _tell_more(control)


def _tell_more(control: Any) -> dict[str, Any]:
    """What costs more questions, each of a millisecond."""
    interfaces = control.get_interfaces()
    return {
        "description": control.get_description(),
        "labels": _labels(control),
        "actions": _actions(control) if "Action" in interfaces else [],
        "text": Atspi.Text.get_text(control, 0, -1) if "Text" in interfaces else "",
    }


def _children(control: Any) -> list[Any]:
    found = [control.get_child_at_index(number) for number in range(control.get_child_count())]
    return [one for one in found if one is not None]  # one that went meanwhile


def _labels(control: Any) -> list[str]:
    return [
        relation.get_target(number).get_name()
        for relation in control.get_relation_set()
        if relation.get_relation_type() is Atspi.RelationType.LABELLED_BY
        for number in range(relation.get_n_targets())
    ]


def _actions(control: Any) -> list[str]:
    return [Atspi.Action.get_action_name(control, n) for n in range(Atspi.Action.get_n_actions(control))]


def act(ref: int, action: str) -> bool:
    """Does one of the actions that a control offers."""
    return bool(Atspi.Action.do_action(seen[ref], _actions(seen[ref]).index(action)))


def write(ref: int, text: str) -> bool:
    """Puts a text in the place of the one that is there."""
    return bool(Atspi.EditableText.set_text_contents(seen[ref], text))


def key(name: str) -> bool:
    """Presses a key and lets it go: it reaches whatever has the focus, a menu or a list that is open."""
    symbol = KEYS.get(name) or ord(name)
    return bool(Atspi.generate_keyboard_event(symbol, None, Atspi.KeySynthType.SYM))


def click(ref: int) -> bool:
    """Clicks on the middle of a control, as a pointer does."""
    box = Atspi.Component.get_extents(seen[ref], Atspi.CoordType.SCREEN)
    x, y = box.x + box.width // 2, box.y + box.height // 2
    return bool(Atspi.generate_mouse_event(x, y, "b1c"))


def icon() -> list[int]:
    """The sizes of the icon that the window gives the window manager, by the program that reads what a window says."""
    ask = ("xprop", "-name", TITLE, "-notype", "-len", "9999999", "-f", "_NET_WM_ICON", "32c", "_NET_WM_ICON")
    told = subprocess.run(ask, capture_output=True, text=True, check=True).stdout.partition(" = ")[2]
    numbers = [int(number) for number in told.split(",") if number.strip()]
    sizes = []
    while numbers:  # width, height and that many pixels, again and again
        width, height = numbers[:2]
        sizes.append(width)
        del numbers[: 2 + width * height]
    return sizes


def listen() -> list[str]:
    """All that was announced so far."""
    return heard


def follow() -> list[str]:
    """The menus that opened and what had the focus so far."""
    return passed


_ALL = (start, end, tree, act, write, key, click, icon, listen, follow)
COMMANDS = {command.__name__: command for command in _ALL}


def answer(line: str) -> dict[str, Any]:
    """What a line asks for, or why it cannot be given."""
    asked = json.loads(line)
    try:
        return {"value": COMMANDS[asked.pop("do")](**asked)}
    except Exception as fault:  # noqa: BLE001 - the test says it
        return {"error": f"{type(fault).__name__}: {fault}"}


def window_manager() -> "subprocess.Popen[bytes]":
    """One that is at work: it gives the focus to no window that was there before it."""
    manager = subprocess.Popen(["openbox", "--sm-disable"])
    ask = ("xprop", "-root", "_NET_SUPPORTING_WM_CHECK")
    while b"window id" not in subprocess.run(ask, capture_output=True, check=True).stdout:
        if manager.poll() is not None:
            raise RuntimeError(f"openbox has ended with {manager.returncode}")
        time.sleep(0.05)
    return manager


def main() -> None:
    """Answers until the test hangs up; what was started is ended."""
    manager = window_manager()
    loop = GLib.MainLoop()
    test = socket.socket(socket.AF_UNIX)
    test.connect(sys.argv[1])
    lines = test.makefile("rw")

    def asked(*_: object) -> bool:
        line = lines.readline()
        if line:
            lines.write(json.dumps(answer(line)) + "\n")
            lines.flush()
        else:
            loop.quit()
        return bool(line)

    def opened(event: Any) -> None:
        with suppress(GLib.Error):  # it has gone again
            if event.source.get_role() is Atspi.Role.POPUP_MENU:
                came_past(event)

    def came_past(event: Any) -> None:
        with suppress(GLib.Error):
            if event.detail1:  # and not the end of it
                passed.append(f"{event.source.get_role_name()}: {event.source.get_name()}")

    listeners = {
        "object:announcement": Atspi.EventListener.new(lambda event: heard.append(event.any_data)),
        "object:state-changed:showing": Atspi.EventListener.new(opened),
        "object:state-changed:focused": Atspi.EventListener.new(came_past),
    }
    for kind, listener in listeners.items():
        listener.register(kind)
    condition = GLib.IOCondition.IN | GLib.IOCondition.HUP
    GLib.unix_fd_add_full(GLib.PRIORITY_DEFAULT_IDLE, test.fileno(), condition, asked)
    loop.run()
    while programs:
        end()
    manager.terminate()
    manager.wait()


if __name__ == "__main__":
    main()
