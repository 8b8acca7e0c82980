"""A launch, and what can go wrong with it, as another process meets the window: it reads, writes and listens."""

from tests.demo import Running, faults
from tests.outside.conftest import Open
from tests.outside.screen import Window


def test_a_launch_is_filled_in_pressed_and_read(window: Window, demo: Running) -> None:
    window.field("repository").write("acme/web")
    window.choose("git_provider", "GitHub")
    window.field("selected_branch").write("main")
    window.field("initial_user_msg").write("Fix the login")
    window.field("launch").press()
    window.hears("Started: Fix the login")
    row = window.named("Fix the login is working", "list item")
    assert row.name == "Fix the login is working, in acme/web on main, started just now"
    assert {"selectable", "selected"} <= row.states
    assert window.field("detail").name == "Fix the login, Working"
    assert window.field("initial_user_msg").text == ""
    [conversation] = demo.server.conversations
    assert (conversation.repository, conversation.branch) == ("acme/web", "main")


def test_the_window_manager_gets_the_icon_in_every_size(window: Window) -> None:
    assert {16, 24, 32, 48, 128, 256} <= set(window.until(window.icon, "an icon"))


def test_what_the_form_finds_wrong_is_said_with_the_name_of_its_field(window: Window) -> None:
    window.named("Suggested task", "radio button").press()
    window.field("suggested_task.title")
    window.field("launch").press()
    assert window.hears("Title: ") == "Title: This is needed."
    assert window.field("suggested_task.title").description == "This is needed."
    assert "Provider of the task: This is needed." in window.heard()


def test_a_422_stands_at_its_field_and_is_announced(window: Window, demo: Running) -> None:
    detail = [
        {"type": "value_error", "loc": ["body", "selected_branch"], "msg": "Value error, no such branch"}
    ]
    demo.server.answer_next("create", faults.as_json({"detail": detail}, 422))
    window.field("repository").write("acme/web")
    window.field("selected_branch").write("mian")
    window.field("initial_user_msg").write("Fix the login")
    window.field("launch").press()
    window.hears("The server refused this launch.")
    assert window.hears("no such branch") == "Branch: no such branch"
    branch = window.field("selected_branch", lambda field: field.description == "no such branch")
    assert branch.text == "mian"
    window.named("no such branch", "label")
    window.named("The server refused this launch.", "label")
    assert window.field("initial_user_msg").text == "Fix the login"
    branch.write("main")
    window.field("selected_branch", lambda field: field.description != "no such branch")


def test_a_server_that_is_away_is_said_and_so_is_its_return(open_window: Open, demo: Running) -> None:
    demo.call(demo.server.stop())
    with open_window("--server", demo.address) as window:
        window.hears("No server answers at this address.")
        place = demo.address.removeprefix("http://")
        server = window.field("server", lambda server: "away" in server.name)
        assert server.name.startswith(f"{place}, away since ")
        assert "next try" not in server.name  # a name that counts would be read out every second
        window.named("No server answers at this address.", "label")
        window.field("initial_user_msg").write("Fix the login")
        window.field("launch").press()
        window.hears("No server answers at this address. Nothing was sent; your text is kept.")
        assert window.field("initial_user_msg").text == "Fix the login"
        demo.restart()
        window.field("try_now").press()
        window.hears("The server answers again.")
        window.sees_no("try_now")
        window.field("server", lambda server: server.name == f"{place}, connected, OpenHands 0.53.0")


def test_a_conversation_that_fails_is_said(window: Window, demo: Running) -> None:
    demo.do(demo.server.startup_error, "No space left on device")
    window.field("initial_user_msg").write("Fix the login")
    window.field("launch").press()
    window.until(
        lambda: any(one.sockets for one in demo.server.conversations), "somebody to listen to the start"
    )
    demo.do(demo.server.release, "startup_error")
    assert window.hears(" has failed, ") == "New: Fix the login has failed, started just now"
    window.named("Fix the login has failed", "list item")
    window.field("last_words", lambda words: "No space left on device" in words.text)
