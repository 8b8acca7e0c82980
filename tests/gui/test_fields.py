"""What the form says at its fields, and when; what its fields make of what is pasted into them."""

import asyncio
import json
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from pydantic import SecretStr
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QWidget

from app.core.attachments import ImageAttachment
from app.core.draft import LaunchDraft
from app.core.kinds import LaunchKind
from app.core.mcp import McpKind, McpServer
from app.core.tasks import Tasks
from app.errors import Loc
from app.redaction import MASK, redacted
from app.ui.dialogs import ask
from app.ui.launch.address import AddressDialog
from app.ui.launch.images import ImagesField
from app.ui.launch.pane import LaunchPane
from app.ui.launch.replay import ReplayField
from app.ui.mcp.dialog import McpServerDialog
from app.ui.mcp.field import McpServersField
from app.ui.theme import Label, LineField, Segments
from app.ui.theme.frame import Level
from app.wire import json_text
from app.wire.choices import ProviderType
from app.wire.schemas import InitSessionRequest, MCPStdioServerConfig
from tests.conftest import until
from tests.gui.finding import find, note_of

REPLAY = json.dumps([{"action": "message", "source": "user", "args": {"content": "Hello"}}])
RUNS = "The server runs the commands of a replay for real."
FETCH = MCPStdioServerConfig(name="fetch", command="uvx")


class OpenPane:
    """The form on its own: no server is needed for what it says itself."""

    def __init__(self, pane: LaunchPane, tasks: Tasks) -> None:
        self.pane = pane
        self.tasks = tasks
        self.draft = pane.draft

    def note(self, *loc: str) -> str:
        return note_of(self.pane, ".".join(loc)).text()

    def widget(self, *loc: str) -> QWidget:
        return find(self.pane, QWidget, ".".join(loc))

    def choose(self, kind: LaunchKind) -> None:
        self.draft.put(("kind",), kind)

    async def choose_replay(self, path: Path) -> None:
        replay = self.widget("replay_json")
        assert isinstance(replay, ReplayField)
        replay.add_file(path)
        await self.settle()

    async def settle(self) -> None:
        await self.tasks.drain()
        QApplication.processEvents()


@pytest.fixture
def form(loop: asyncio.AbstractEventLoop) -> Iterator[OpenPane]:
    faults: list[BaseException] = []
    tasks = Tasks(faults.append)
    pane = LaunchPane(tasks)
    pane.begin()
    pane.resize(600, 800)
    pane.show()
    pane.activateWindow()
    yield OpenPane(pane, tasks)
    pane.close()
    pane.deleteLater()
    assert not faults


def a_file(tmp_path: Path, name: str, text: str) -> Path:
    file = tmp_path / name
    file.write_text(text)
    return file


def a_dialog(form: OpenPane, server: McpServer | None = None) -> McpServerDialog:
    dialog = McpServerDialog(form.pane, server)
    dialog.show()
    return dialog


# When a warning is shown.


async def test_a_replay_warns_the_moment_its_file_is_chosen(form: OpenPane, tmp_path: Path) -> None:
    form.choose(LaunchKind.REPLAY)
    await form.choose_replay(a_file(tmp_path, "replay.json", REPLAY))
    assert form.note("replay_json") == RUNS


async def test_the_servers_own_export_is_unwrapped_and_what_is_left_out_is_said(
    form: OpenPane, tmp_path: Path
) -> None:
    system = {"action": "system", "source": "agent", "args": {}}
    export = json.dumps({"trajectory": [system, *json.loads(REPLAY)]})
    form.choose(LaunchKind.REPLAY)
    await form.choose_replay(a_file(tmp_path, "export.json", export))
    left_out = "Left out: 1 of 2 events. The server replays only what the user and the agent did."
    assert form.note("replay_json") == f"{RUNS}\n{left_out}"
    request = form.draft.to_request()
    assert isinstance(request, InitSessionRequest)
    assert json.loads(request.replay_json or "") == json.loads(REPLAY)


async def test_a_replay_is_taken_apart_once_and_outside_the_windows_own_thread(
    form: OpenPane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads, really_read = list[threading.Thread](), json_text.read

    def read(text: str) -> object:
        threads.append(threading.current_thread())
        return really_read(text)

    monkeypatch.setattr(json_text, "read", read)
    form.choose(LaunchKind.REPLAY)
    text = REPLAY.replace("Hello", "Only once")
    await form.choose_replay(a_file(tmp_path, "replay.json", text))
    assert form.note("replay_json") == RUNS
    assert isinstance(form.draft.to_request(), InitSessionRequest)
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()


async def test_a_file_that_is_no_json_says_where_at_the_replay(form: OpenPane, tmp_path: Path) -> None:
    form.choose(LaunchKind.REPLAY)
    await form.choose_replay(a_file(tmp_path, "x.json", "[\n  // mine\n]"))
    assert form.note("replay_json").startswith("Line 2, column 3: JSON does not allow comments.")


async def test_mcp_servers_of_one_name_warn_the_moment_the_second_is_added(form: OpenPane) -> None:
    field = form.widget("mcp_config")
    assert isinstance(field, McpServersField)
    said = []
    for _ in range(2):
        field.edit(None)
        dialog = form.pane.findChildren(McpServerDialog)[-1]
        dialog.done_with.emit(FETCH)
        dialog.reject()
        await form.settle()
        said.append(form.note("mcp_config"))
    assert said[0] == ""
    assert "fetch" in said[1]


async def test_a_warning_stays_while_it_is_true(form: OpenPane, tmp_path: Path) -> None:
    form.choose(LaunchKind.REPLAY)
    await form.choose_replay(a_file(tmp_path, "replay.json", REPLAY))
    form.pane.form.reset()
    assert form.note("replay_json") == RUNS
    form.draft.put(("replay_json",), "")
    await form.settle()
    assert form.note("replay_json") == ""


async def test_a_field_of_parts_that_is_empty_blames_nobody_before_it_is_left(form: OpenPane) -> None:
    form.choose(LaunchKind.REPLAY)
    await form.settle()
    assert form.note("replay_json") == ""
    form.pane.form.show_all_problems()
    assert form.note("replay_json") != ""


async def test_a_field_of_parts_is_left_when_the_focus_leaves_its_last_part(form: OpenPane) -> None:
    dialog = a_dialog(form, FETCH)
    await until(dialog.isActiveWindow)
    QTest.mouseClick(find(dialog, QWidget, "add_variable"), Qt.MouseButton.LeftButton)
    name = find(dialog, QLineEdit, "env.0.name")
    await until(name.hasFocus)
    QTest.keyClicks(name, "A B")
    find(dialog, QLineEdit, "env.0.value").setFocus()
    await form.settle()
    note = note_of(dialog, "env")
    assert note.text() == ""
    find(dialog, QWidget, "name").setFocus()
    await form.settle()
    assert note.text() == "A variable's name must not be empty or contain spaces or “=”."
    dialog.reject()


# A file that was refused.


async def test_a_refused_file_is_named_beside_the_good_one(form: OpenPane, tmp_path: Path) -> None:
    images = form.widget("image_urls")
    assert isinstance(images, ImagesField)
    good = tmp_path / "g.png"
    QImage(4, 4, QImage.Format.Format_RGB32).save(str(good))
    images.add_files([a_file(tmp_path, "b.svg", "<svg/>"), good])
    await form.settle()
    assert len(form.draft.image_urls) == 1
    assert "b.svg" in form.note("image_urls")


async def test_a_launch_waits_for_an_image_that_is_still_being_read(form: OpenPane, tmp_path: Path) -> None:
    images = form.widget("image_urls")
    assert isinstance(images, ImagesField)
    good = tmp_path / "g.png"
    QImage(4, 4, QImage.Format.Format_RGB32).save(str(good))
    form.draft.put(("initial_user_msg",), "See the picture")
    images.add_files([good])
    assert [one.type for one in form.pane.form.show_all_problems()] == ["image_reading"]
    assert form.note("image_urls") == "An image is still being read."
    await form.settle()
    assert form.pane.form.show_all_problems() == []
    assert form.note("image_urls") == ""
    assert len(form.draft.image_urls) == 1


async def test_an_image_that_is_still_being_read_is_not_for_a_form_that_was_cleared(
    form: OpenPane, tmp_path: Path
) -> None:
    images = form.widget("image_urls")
    assert isinstance(images, ImagesField)
    good = tmp_path / "g.png"
    QImage(4, 4, QImage.Format.Format_RGB32).save(str(good))
    images.add_files([good])
    assert form.note("image_urls") == ""  # what takes a moment is no problem before a press
    form.pane.clear()
    await form.settle()
    assert form.draft.image_urls == []


@pytest.mark.parametrize("brings", ["take", "undo"])
async def test_an_image_that_is_still_being_read_is_not_for_a_draft_that_is_brought_back(
    form: OpenPane, tmp_path: Path, brings: str
) -> None:
    form.draft.put(("initial_user_msg",), "First")
    form.pane.clear()
    images = form.widget("image_urls")
    assert isinstance(images, ImagesField)
    images.add_files([a_picture(tmp_path)])
    if brings == "take":
        form.pane.fill_from(LaunchDraft(initial_user_msg="First"))
    else:
        form.pane.undo()
    await form.settle()
    assert (form.draft.initial_user_msg, form.draft.image_urls) == ("First", [])


def a_picture(tmp_path: Path) -> Path:
    file = tmp_path / "g.png"
    QImage(4, 4, QImage.Format.Format_RGB32).save(str(file))
    return file


# A replay that is still being read.

OTHER = REPLAY.replace("Hello", "Bye")
READING = "The file is still being read."


async def test_a_launch_waits_for_the_replay_that_is_still_being_read(form: OpenPane, tmp_path: Path) -> None:
    form.choose(LaunchKind.REPLAY)
    await form.choose_replay(a_file(tmp_path, "first.json", REPLAY))
    replay_of(form).add_file(a_file(tmp_path, "second.json", OTHER))
    assert [one.type for one in form.pane.form.show_all_problems()] == ["replay_reading"]
    assert form.note("replay_json") == READING
    await form.settle()
    assert form.pane.form.show_all_problems() == []
    assert (form.draft.replay_json, form.note("replay_json")) == (OTHER, RUNS)


async def test_what_is_wrong_with_a_replay_is_no_matter_while_another_is_read(
    form: OpenPane, tmp_path: Path
) -> None:
    form.choose(LaunchKind.REPLAY)
    for _ in range(2):
        replay_of(form).add_file(a_file(tmp_path, "bad.json", "no JSON"))
        form.pane.form.show_all_problems()
        assert form.note("replay_json") == READING
        await form.settle()
        assert form.note("replay_json").startswith("Line 1")


async def test_a_replay_that_cannot_be_read_holds_nothing_back(form: OpenPane, tmp_path: Path) -> None:
    form.choose(LaunchKind.REPLAY)
    await form.choose_replay(a_file(tmp_path, "first.json", REPLAY))
    await form.choose_replay(tmp_path / "missing.json")
    assert form.pane.form.show_all_problems() == []
    assert form.draft.replay_json == REPLAY


async def test_a_replay_that_is_still_being_read_holds_back_no_other_kind(
    form: OpenPane, tmp_path: Path
) -> None:
    replay_of(form).add_file(a_file(tmp_path, "first.json", REPLAY))
    form.draft.put(("initial_user_msg",), "Fix it")
    assert form.pane.form.show_all_problems() == []


@pytest.mark.parametrize("ends", ["clear", "take", "undo", "remove"])
async def test_a_replay_that_is_still_being_read_is_not_for_a_form_that_was_changed(
    form: OpenPane, tmp_path: Path, ends: str
) -> None:
    form.choose(LaunchKind.REPLAY)
    if ends in ("undo", "remove"):
        await form.choose_replay(a_file(tmp_path, "first.json", REPLAY))
    if ends == "undo":
        form.pane.clear()
    replay_of(form).add_file(a_file(tmp_path, "second.json", OTHER))
    if ends == "clear":
        form.pane.clear()
    elif ends == "take":
        form.pane.fill_from(LaunchDraft(kind=LaunchKind.REPLAY, replay_json=REPLAY))
    elif ends == "undo":
        form.pane.undo()
    else:
        QTest.mouseClick(the(form, "remove_replay"), Qt.MouseButton.LeftButton)
    assert not replay_of(form).is_reading()
    await form.settle()
    assert form.draft.replay_json == ("" if ends in ("clear", "remove") else REPLAY)


async def test_of_two_replays_the_one_that_was_chosen_last_is_taken(form: OpenPane, tmp_path: Path) -> None:
    form.choose(LaunchKind.REPLAY)
    replay_of(form).add_file(a_file(tmp_path, "first.json", REPLAY))
    await form.choose_replay(a_file(tmp_path, "second.json", OTHER))
    assert (form.draft.replay_json, replay_of(form).is_reading()) == (OTHER, False)


@pytest.mark.parametrize("brings", ["take", "undo"])
async def test_a_long_replay_that_is_brought_back_is_taken_apart_outside_the_windows_own_thread(
    form: OpenPane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, brings: str
) -> None:
    form.choose(LaunchKind.REPLAY)
    await form.choose_replay(a_file(tmp_path, "long.json", REPLAY.replace("Hello", "Hello" * 200_000)))
    long = form.draft.copy_of()
    form.pane.clear()
    for said in ("Bye", "Ciao"):
        await form.choose_replay(a_file(tmp_path, "other.json", REPLAY.replace("Hello", said)))
    threads, really_read = list[threading.Thread](), json_text.read

    def read(text: str) -> object:
        threads.append(threading.current_thread())
        return really_read(text)

    monkeypatch.setattr(json_text, "read", read)
    form.pane.fill_from(long) if brings == "take" else form.pane.undo()
    await form.settle()
    assert form.draft == long
    assert form.note("replay_json") == RUNS
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()


async def test_what_a_long_replay_has_replaced_comes_back_by_key_once_it_was_read(
    form: OpenPane, tmp_path: Path
) -> None:
    form.choose(LaunchKind.REPLAY)
    await form.choose_replay(a_file(tmp_path, "long.json", REPLAY.replace("Hello", "Hello" * 200_000)))
    long = form.draft.copy_of()
    form.pane.clear()
    form.draft.put(("repository",), "acme/web")
    replaced = form.draft.copy_of()
    form.pane.fill_from(long)
    await form.settle()
    assert form.draft == long
    assert form.pane.foot.sentence().startswith("This replaced")
    QTest.keyClick(form.widget("repository"), Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    await form.settle()
    assert form.draft == replaced


def replay_of(form: OpenPane) -> ReplayField:
    replay = form.widget("replay_json")
    assert isinstance(replay, ReplayField)
    return replay


def the(form: OpenPane, name: str) -> QWidget:
    found = form.pane.findChild(QWidget, name)
    assert found
    return found


async def test_a_refused_file_is_forgotten_when_the_next_is_added(form: OpenPane, tmp_path: Path) -> None:
    form.choose(LaunchKind.REPLAY)
    bad = tmp_path / "bad.json"
    bad.write_bytes(b"\xff")
    await form.choose_replay(bad)
    assert "bad.json" in form.note("replay_json")
    await form.choose_replay(a_file(tmp_path, "good.json", REPLAY))
    assert form.note("replay_json") == RUNS


async def test_the_replay_lights_up_while_a_file_is_dragged_over_it(form: OpenPane, tmp_path: Path) -> None:
    form.choose(LaunchKind.REPLAY)
    replay = form.widget("replay_json")
    assert isinstance(replay, ReplayField)
    source = QMimeData()
    source.setUrls([QUrl.fromLocalFile(str(a_file(tmp_path, "replay.json", REPLAY)))])
    left, none, copy = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction
    for end in (QDragLeaveEvent(), QDropEvent(QPointF(2, 2), copy, source, left, none)):
        QApplication.sendEvent(replay, QDragEnterEvent(QPoint(2, 2), copy, source, left, none))
        assert replay.tone() == "accent"
        QApplication.sendEvent(replay, end)
        assert replay.tone() == "plain"
    await form.settle()
    assert form.draft.replay_json


async def test_a_second_wrong_replay_says_so_above_what_is_wrong_with_the_first(
    form: OpenPane, tmp_path: Path
) -> None:
    form.choose(LaunchKind.REPLAY)
    await form.choose_replay(a_file(tmp_path, "first.json", "no JSON"))
    assert (first := form.note("replay_json"))
    await form.choose_replay(tmp_path / "missing.json")
    assert form.note("replay_json") == f"“missing.json” cannot be read.\n{first}"


async def test_a_wrong_image_says_so_beside_images_that_are_too_large_together(
    form: OpenPane, tmp_path: Path
) -> None:
    images = form.widget("image_urls")
    assert isinstance(images, ImagesField)
    form.draft.put(("image_urls",), [f"data:image/png;base64,{'A' * 6_000_000}{n}000" for n in range(5)])
    await form.settle()
    images.add_files([a_file(tmp_path, "b.svg", "<svg/>")])
    await form.settle()
    lines = form.note("image_urls").splitlines()
    assert lines[0] == "“b.svg” is not a PNG, JPEG, WebP or GIF image."
    assert lines[-1] == "All images together can have at most 20 MiB."


async def test_what_a_launch_would_do_is_not_said_while_it_is_held_back(
    form: OpenPane, tmp_path: Path
) -> None:
    form.choose(LaunchKind.REPLAY)
    await form.choose_replay(a_file(tmp_path, "replay.json", "no JSON"))
    assert RUNS not in form.note("replay_json")


async def test_a_refused_file_is_forgotten_when_the_form_is_cleared(form: OpenPane, tmp_path: Path) -> None:
    images = form.widget("image_urls")
    assert isinstance(images, ImagesField)
    images.add_files([a_file(tmp_path, "b.svg", "<svg/>")])
    await form.settle()
    assert "b.svg" in form.note("image_urls")
    form.pane.clear()
    await form.settle()
    assert form.note("image_urls") == ""


async def test_a_replay_that_comes_from_an_earlier_launch_has_no_files_name(
    form: OpenPane, tmp_path: Path
) -> None:
    form.choose(LaunchKind.REPLAY)
    await form.choose_replay(a_file(tmp_path, "replay.json", REPLAY))
    title = find(form.pane, Label, "replay_title")
    assert title.text() == "replay.json"
    form.pane.fill_from(LaunchDraft(kind=LaunchKind.REPLAY, replay_json=REPLAY.replace("Hello", "Bye")))
    assert title.text() == "A replay"


# Images from the clipboard.


@pytest.fixture
def clipboard() -> Iterator[QMimeData]:
    """An image on the clipboard; nothing is left there."""
    source = QMimeData()
    picture = QImage(4, 4, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.red)
    source.setImageData(picture)
    QApplication.clipboard().setMimeData(source)
    yield source
    QApplication.clipboard().clear()


@pytest.mark.parametrize("name", ["repository", "git_provider", "add_image", "add_mcp_server"])
async def test_an_image_is_pasted_from_anywhere_in_the_form(
    form: OpenPane, clipboard: QMimeData, name: str
) -> None:
    widget = form.pane.findChild(QWidget, name)
    assert widget
    QTest.keyClick(widget, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    await form.settle()
    assert len(form.draft.image_urls) == 1


async def test_text_that_is_pasted_into_a_line_stays_text(form: OpenPane) -> None:
    QApplication.clipboard().setText("acme/web")
    line = form.widget("repository")
    assert isinstance(line, QLineEdit)
    QTest.keyClick(line, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    QApplication.clipboard().clear()
    assert (line.text(), form.draft.image_urls) == ("acme/web", [])


async def test_a_kind_without_images_takes_none(form: OpenPane, clipboard: QMimeData) -> None:
    form.choose(LaunchKind.SUGGESTED_TASK)
    line = form.widget("repository")
    QTest.keyClick(line, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    await form.settle()
    assert form.draft.image_urls == []


# A repository that is pasted.


@pytest.mark.parametrize(
    ("kind", "part"),
    [(LaunchKind.SUGGESTED_TASK, "suggested_task"), (LaunchKind.MICROAGENT, "create_microagent")],
)
async def test_an_address_that_is_pasted_into_a_part_is_taken_apart_there(
    form: OpenPane, kind: LaunchKind, part: str
) -> None:
    form.choose(kind)
    line = form.widget(part, "repo")
    assert isinstance(line, QLineEdit)
    line.setText("https://gitlab.com/acme/web/-/tree/feature/dark")
    locs: list[Loc] = [(part, "repo"), (part, "git_provider"), ("selected_branch",), ("repository",)]
    assert [form.draft.get(loc) for loc in locs] == ["acme/web", ProviderType.GITLAB, "feature/dark", ""]


async def test_an_address_that_is_typed_into_a_part_is_taken_apart_when_it_is_left(form: OpenPane) -> None:
    form.choose(LaunchKind.MICROAGENT)
    line = form.widget("create_microagent", "repo")
    line.setFocus()
    QTest.keyClicks(line, "https://github.com/acme/web")
    assert form.draft.create_microagent.repo == "https://github.com/acme/web"
    QTest.keyClick(line, Qt.Key.Key_Tab)
    assert form.draft.create_microagent.repo == "acme/web"
    assert form.draft.create_microagent.git_provider is ProviderType.GITHUB


# The dialogs.


async def test_an_address_with_a_broken_image_is_a_problem_in_the_dialog(form: OpenPane) -> None:
    dialog, given = AddressDialog(form.pane, form.tasks), list[object]()
    dialog.given.connect(given.append)
    find(dialog, LineField, "image_url").setText("data:image/png;base64,abc")
    dialog.accept()
    await form.settle()
    assert given == []
    assert note_of(dialog, "image_url").text() == "“Pasted image” cannot be read as an image."
    dialog.reject()


async def test_an_address_loses_its_mark_when_somebody_types_on(form: OpenPane) -> None:
    dialog = AddressDialog(form.pane, form.tasks)
    hint = "The model loads it from there; nothing is loaded here."
    wrong = "An image's address must begin with http:// or https://."

    def seen() -> tuple[str, str, Level | None]:
        return (
            note_of(dialog, "image_url").text(),
            find(dialog, LineField, "image_url").accessibleDescription(),
            find(dialog, LineField, "image_url")._frame._level,
        )

    find(dialog, LineField, "image_url").setText("nope")
    assert seen() == (hint, hint, None)
    dialog.accept()
    await form.settle()
    assert seen() == (wrong, wrong, "problem")
    find(dialog, LineField, "image_url").setText("https://example.com/a.png")
    assert seen() == (hint, hint, None)
    dialog.reject()


async def test_a_key_of_an_mcp_server_is_cleaned_and_that_is_said_where_the_server_then_stands(
    form: OpenPane,
) -> None:
    field = form.widget("mcp_config")
    assert isinstance(field, McpServersField)
    field.edit(None)
    dialog = form.pane.findChild(McpServerDialog)
    assert isinstance(dialog, McpServerDialog)
    QTest.keyClicks(find(dialog, QWidget, "url"), "https://a.example")
    find(dialog, QWidget, "api_key").setFocus()
    QTest.keyClicks(find(dialog, QWidget, "api_key"), "Bearer abcd")
    await form.settle()
    find(dialog, QWidget, "url").setFocus()
    await form.settle()
    note = note_of(dialog, "api_key")
    assert note.text() == "“Bearer” was removed from the start of this value."
    dialog.accept()
    await form.settle()
    assert form.note("mcp_config") == "“Bearer” was removed from the start of this value."
    [server] = form.draft.mcp_config.shttp_servers
    assert server.api_key == SecretStr("abcd")
    assert redacted("it was Bearer abcd, then abcd") == f"it was {MASK}, then {MASK}"
    field.edit(0)
    await form.settle()
    assert form.note("mcp_config") == ""


@pytest.mark.parametrize("key", ["<YOUR_TOKEN>", "**********", "${NOT_THERE_AT_ALL}"])
async def test_what_is_no_key_of_an_mcp_server_keeps_its_dialog_open(form: OpenPane, key: str) -> None:
    dialog, done = a_dialog(form), list[object]()
    dialog.done_with.connect(done.append)
    QTest.keyClicks(find(dialog, QWidget, "url"), "https://a.example")
    QTest.keyClicks(find(dialog, QWidget, "api_key"), key)
    dialog.accept()
    assert done == []
    assert note_of(dialog, "api_key").text() != ""
    dialog.reject()


async def test_a_dialog_is_as_high_as_what_it_says(form: OpenPane) -> None:
    address, mcp = AddressDialog(form.pane, form.tasks), a_dialog(form)
    question = ask(form.pane, "Delete it?", "It is gone for good. " * 20, "Delete", form.pane.clear)
    for dialog in (address, mcp, question):
        dialog.open()
        await until(partial(fits, dialog), "it fits")
    low = mcp.height()
    mcp.accept()
    await until(lambda: mcp.height() > low and fits(mcp), "there is room for what is wrong")
    for dialog in (address, mcp, question):
        dialog.reject()


def fits(dialog: QDialog) -> bool:
    """Whether each label has the height that its words need, and no more."""
    labels = [one for one in dialog.findChildren(Label) if one.isVisible()]
    return bool(labels) and all(
        one.height() == (one.heightForWidth(one.width()) if one.wordWrap() else one.sizeHint().height())
        for one in labels
    )


def test_a_web_address_is_given_as_it_is(form: OpenPane) -> None:
    dialog, given = AddressDialog(form.pane, form.tasks), list[object]()
    dialog.given.connect(given.append)
    find(dialog, LineField, "image_url").setText(" https://example.com/a.png ")
    dialog.accept()
    assert given == [ImageAttachment("https://example.com/a.png")]


def test_a_variable_with_a_value_and_no_name_is_not_dropped(form: OpenPane) -> None:
    dialog, done = a_dialog(form, FETCH), list[object]()
    dialog.done_with.connect(done.append)
    QTest.mouseClick(find(dialog, QWidget, "add_variable"), Qt.MouseButton.LeftButton)
    QTest.keyClicks(find(dialog, QLineEdit, "env.0.value"), "secret")
    dialog.accept()
    assert done == []
    assert note_of(dialog, "env").text() == "A variable's name must not be empty or contain spaces or “=”."
    dialog.reject()


def test_a_value_that_is_refused_has_the_cursor_and_is_selected(form: OpenPane) -> None:
    dialog = a_dialog(form, FETCH)
    for row, (name, value) in enumerate((("HOME", "x"), ("TOKEN", "$NOT_THERE_AT_ALL"))):
        QTest.mouseClick(find(dialog, QWidget, "add_variable"), Qt.MouseButton.LeftButton)
        QTest.keyClicks(find(dialog, QLineEdit, f"env.{row}.name"), name)
        QTest.keyClicks(find(dialog, QLineEdit, f"env.{row}.value"), value)
    dialog.accept()
    wrong = find(dialog, QLineEdit, "env.1.value")
    assert dialog.focusWidget() is wrong
    assert wrong.selectedText() == "$NOT_THERE_AT_ALL"
    dialog.reject()


def test_another_kind_of_server_has_the_cursor_in_its_first_field(form: OpenPane) -> None:
    dialog = a_dialog(form, None)
    kinds = dialog.findChild(Segments)
    assert isinstance(kinds, Segments)
    for kind, line in ((McpKind.STDIO, "name"), (McpKind.SSE, "url")):
        QTest.mouseClick(kinds.segment(kind), Qt.MouseButton.LeftButton)
        focused = dialog.focusWidget()
        assert focused is not None
        assert focused.objectName() == line


def test_enter_in_any_line_saves(form: OpenPane) -> None:
    server = FETCH.model_copy(update={"env": {"REGION": SecretStr("eu")}})
    for line in ("name", "env.0.name", "env.1.value"):
        dialog, done = a_dialog(form, server), list[object]()
        dialog.done_with.connect(done.append)
        QTest.mouseClick(find(dialog, QWidget, "add_variable"), Qt.MouseButton.LeftButton)
        (found,) = [one for one in dialog.findChildren(QLineEdit) if one.accessibleIdentifier() == line]
        QTest.keyClick(found, Qt.Key.Key_Return)
        assert done == [server], line


def test_enter_on_a_button_of_a_dialog_does_what_the_button_says(form: OpenPane) -> None:
    dialog, done = a_dialog(form, FETCH), list[object]()
    dialog.done_with.connect(done.append)
    cancel = dialog.findChild(QWidget, "cancel")
    assert cancel
    QTest.keyClick(cancel, Qt.Key.Key_Return)
    assert (done, dialog.isVisible()) == ([], False)


def test_a_variable_with_neither_is_nothing(form: OpenPane) -> None:
    dialog, done = a_dialog(form, FETCH), list[object]()
    dialog.done_with.connect(done.append)
    QTest.mouseClick(find(dialog, QWidget, "add_variable"), Qt.MouseButton.LeftButton)
    dialog.accept()
    assert done == [FETCH]


# Chips of MCP servers.


async def test_the_focus_stays_among_the_chips_when_one_is_removed_or_changed(form: OpenPane) -> None:
    field = form.widget("mcp_config")
    assert isinstance(field, McpServersField)
    await until(form.pane.isActiveWindow, "the form is in front")
    for name in ("one", "two", "three"):
        field._put(None, FETCH.model_copy(update={"name": name}))
    chips = field._row.widgets()
    chips[1].setFocus()
    QTest.keyClick(chips[1], Qt.Key.Key_Delete)
    assert QApplication.focusWidget() is chips[2]
    QTest.keyClick(chips[2], Qt.Key.Key_Return)
    dialog = form.pane.findChild(McpServerDialog)
    assert dialog
    await until(dialog.isActiveWindow, "the dialog is in front")
    dialog.done_with.emit(FETCH.model_copy(update={"name": "four"}))
    dialog.reject()
    assert [chip.accessibleName() for chip in field._row.widgets()] == ["one", "four"]
    assert form.pane.focusWidget() is field._row.widgets()[1]


# Names for tests and assistive technology.


def test_what_can_be_pressed_has_an_identifier(form: OpenPane) -> None:
    dialog = a_dialog(form, FETCH)
    names = {
        form.pane: ("add_image", "choose_replay", "remove_replay", "add_mcp_server", "kind.replay"),
        dialog: ("remove", "duplicate", "cancel", "ok", "add_variable", "kind.sse"),
    }
    for place, expected in names.items():
        for name in expected:
            widget = place.findChild(QWidget, name)
            assert widget, name
            assert widget.accessibleIdentifier() == name
    dialog.reject()
