"""Under a window manager, with pointer and keys: what is typed right after a click arrives in the message."""

import pytest

from tests.demo import Running
from tests.outside.conftest import Open
from tests.outside.screen import Window


def types(window: Window, text: str) -> None:
    """Types without waiting for anything, then waits for the text to be the message."""
    window.type(text)
    window.field("initial_user_msg", lambda field: field.text.endswith(text))


@pytest.mark.parametrize("name", ["address", "initial_user_msg"])
def test_the_first_window_says_what_has_the_focus_before_any_key(
    open_window: Open, demo: Running, name: str
) -> None:
    arguments = [] if name == "address" else ["--server", demo.address]
    with open_window(*arguments) as window:
        assert window.focus().id == name
        spoken = "text: Address" if name == "address" else "text: Message"
        window.until(lambda: spoken in window.passed(), f"to hear {spoken}")
        if arguments:  # what is ended before it has begun ends by the signal
            window.field("server", lambda server: "connected" in server.name)


def test_the_way_from_the_first_page_to_the_demo(open_window: Open) -> None:
    with open_window() as window:
        window.field("demo").click()
        types(window, "fix it")


def test_the_way_from_the_first_page_to_a_server(open_window: Open, demo: Running) -> None:
    with open_window() as window:
        window.field("address").write(demo.address)
        window.field("connect").click()
        window.sees_no("connect")
        types(window, "fix it")


def test_a_launch_from_a_kind_and_what_it_leaves_behind(window: Window) -> None:
    types(window, "fix it")
    window.field("repository").click()
    window.type("acme/web")
    window.field("launch").click()
    window.hears("Started: fix it")
    types(window, "and again")
    assert window.field("repository").text == "acme/web"
    window.field("undo").click()
    types(window, "!")
    assert window.field("initial_user_msg").text == "fix it!"
    window.field("again").click()
    types(window, ", please")
    assert window.field("initial_user_msg").text == "fix it, please"


def test_a_section_that_is_folded_and_a_dialog_that_is_closed(window: Window) -> None:
    window.field("instructions").click()
    window.field("conversation_instructions").click()
    window.type("short")
    window.field("instructions").click()
    types(window, "one")
    window.field("add_mcp_server").click()
    window.field("url")
    window.key("Escape")
    window.sees_no("mcp_server")
    types(window, "two")
    assert window.field("initial_user_msg").text == "onetwo"
