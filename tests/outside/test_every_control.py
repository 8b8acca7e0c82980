"""A walk over all that shows, in each state that is a press away: what every control is called, is, and edits."""

from collections import Counter
from collections.abc import Iterable, Iterator

import pytest

from tests.outside.conftest import Open
from tests.outside.screen import Control, Window

ROLES = {
    "check box",
    "combo box",
    "list",
    "list item",
    "password text",
    "push button",
    "radio button",
    "text",
}
"""What can be used is one of these, or a screen reader would not say what can be done with it."""
PANES = {"header", "launch_pane", "servers", "sessions_pane"}
WHERE = {"repository", "git_provider", "selected_branch", "no_mcp_servers"}
TASK = {f"suggested_task.{name}" for name in ("task_type", "git_provider", "repo", "issue_number", "title")}
MICROAGENT = {f"create_microagent.{name}" for name in ("repo", "git_provider", "title")} | {"microagent_msg"}
FIELDS = {
    "Message": WHERE | {"initial_user_msg"},
    "Suggested task": WHERE | TASK,
    "Microagent": WHERE | MICROAGENT,
    "Replay": WHERE,
}


def faults(tops: Iterable[Control]) -> list[str]:
    """What is wrong with the windows and their controls, a sentence each."""
    return [fault for top in tops for fault in _faults_in_window(top)]


def _faults_in_window(top: Control) -> Iterator[str]:
    if top.role not in ("frame", "dialog") or not top.name:
        yield f"A window is a {top.role} named {top.name!r}."
    for pane in [one for one in top.all() if one.id in PANES] or [top]:
        usable = [one for one in pane.all() if _is_usable(one)]
        for one in usable:
            yield from (f"{one.role} {one.spoken!r}, {one.id}: {fault}." for fault in _faults_of(one))
        called = Counter((one.role, one.spoken, one.description) for one in usable)
        yield from (f"{pane.id} has {count} called {name}." for name, count in called.items() if count > 1)


def _faults_of(control: Control) -> Iterator[str]:
    if control.role not in ROLES:
        yield "the role says nothing of what it does"
    if not control.spoken.strip():
        yield "it has no name"
    if control.role == "combo box" and not any(control.labels):
        yield "it has no label, and its name is what is chosen"
    if "<" in control.name + control.description:
        yield f"it says markup, {control.description}"


def _is_usable(control: Control) -> bool:
    """A scroll bar is what its role says; it needs no name."""
    return control.role != "scroll bar" and bool("focusable" in control.states or control.actions)


def fields_of(top: Control) -> set[str]:
    """The identifiers of what can be filled in."""
    choices = ("combo box", "check box")
    return {one.id for one in top.all() if "editable" in one.states or one.role in choices}


def look(window: Window) -> set[str]:
    """The fields of what opened last, when nothing is wrong with all that shows."""
    tops = window.tops()
    assert faults(tops) == []
    return fields_of(tops[-1])


# ---- the walk ----


def test_the_first_page(open_window: Open) -> None:
    with open_window() as window:
        window.field("key").write("s3cret")
        key = window.field("key", lambda key: key.text)
        assert (key.role, key.text) == ("password text", "●" * 6)
        assert look(window) == {"address", "key"}
        assert window.heard() == []  # what stands there from the start is read, not announced


def test_each_kind_of_launch(window: Window) -> None:
    for kind, fields in FIELDS.items():
        window.named(kind, "radio button").press()
        window.named(kind, "radio button", lambda segment: "checked" in segment.states)
        assert look(window) == fields
    window.named("Instructions", "push button", lambda fold: fold.description == "closed, none").press()
    window.named("Instructions", "push button", lambda fold: fold.description == "open, none")
    assert look(window) == FIELDS["Replay"] | {"conversation_instructions"}


def test_the_form_of_an_mcp_server(window: Window) -> None:
    window.field("add_mcp_server").press()
    window.field("url")
    assert look(window) == {"url", "api_key"}
    window.named("Command", "radio button").press()
    for number in (0, 1):
        window.field("add_variable").press()
        window.field(f"env.{number}.value").write("s3cret")
    variables = {f"env.{number}.{part}" for number in (0, 1) for part in ("name", "value")}
    assert look(window) == {"name", "command", "args"} | variables
    assert "s3cret" not in [one.text for one in window.controls()]
    window.field("ok").press()
    assert window.hears("Program: ") == "Program: This is needed."
    window.field("cancel").press()
    window.sees_no("mcp_server")


def test_the_address_of_an_image(window: Window) -> None:
    window.field("add_image").press()
    assert window.choose_in_menu("Add image", "From an address…") == ["From a file…", "From an address…"]
    window.field("image_url").write("ftp://example.com/a.png")
    assert look(window) == {"image_url"}
    window.field("add").press()
    said = "An image's address begins with http://, https://, data: or file://, not with ftp:."
    window.hears(said)
    window.field("image_url", lambda line: line.description == said)


def test_the_list_with_a_detail_its_menu_and_its_question(window: Window) -> None:
    window.field("initial_user_msg").write("Fix the login")
    window.field("launch").press()
    window.named("Fix the login is working", "list item")
    window.field("delete")
    assert look(window) == FIELDS["Message"]
    window.field("more").press()
    passed = window.choose_in_menu("Fix the login", "Delete")
    assert [entry.partition("\t")[0] for entry in passed[:3]] == ["Open in browser", "Copy link", "Copy id"]
    question = window.field("question")
    assert question.name == "Delete this conversation?"
    assert "“Fix the login”" in question.description
    assert look(window) == set()
    window.field("yes").press()
    window.named("No conversations yet", "label")


# ---- the walker ----

GOOD = Control("launch", "push button", "Launch", actions=("Press",))


@pytest.mark.parametrize(
    ("bad", "fault"),
    [
        (Control("x", "push button", actions=("Press",)), "it has no name"),
        (Control("x", "filler", "Card", states=frozenset({"focusable"})), "the role says nothing"),
        (Control("x", "combo box", "Any", actions=("Press",)), "it has no label"),
        (Control("x", "push button", "More", "<qt>More</qt>", actions=("Press",)), "it says markup"),
        (Control("y", "push button", "Launch", actions=("Press",)), "has 2 called"),
    ],
)
def test_the_walker_finds_what_is_wrong(bad: Control, fault: str) -> None:
    assert faults([Control("window", "frame", "Launcher", children=(GOOD,))]) == []
    [found] = faults([Control("window", "frame", "Launcher", children=(GOOD, bad))])
    assert fault in found


def test_the_walker_finds_a_window_that_is_none() -> None:
    assert faults([Control("window", "filler", "Launcher")]) == ["A window is a filler named 'Launcher'."]
