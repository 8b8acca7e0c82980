"""The form, its button, and what came of a press: real widgets, the demo server."""

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QMimeData, Qt, QUrl
from PySide6.QtGui import QImage, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QRadioButton, QWidget

from app.core.conversations import AgentState
from app.core.kinds import LaunchKind
from app.core.session import Operation
from app.core.tasks import Tasks
from app.ui.launch import images
from app.ui.launch.images import ImagesField
from app.ui.launch.message import MessageField
from app.ui.launch.pane import LaunchPane
from app.ui.sessions.view import SessionsView
from app.ui.theme import Bar, ChoiceField, Segments
from app.wire.choices import ProviderType, TaskType
from tests.conftest import until
from tests.demo import Running, faults, running
from tests.demo.pace import Pace
from tests.demo.server import DemoServer
from tests.gui.conftest import Open, OpenDesk
from tests.gui.finding import note_of as field_note

REPLAY = json.dumps([{"action": "message", "source": "user", "args": {"content": "Hello"}}])


def sent(demo: Running) -> list[dict[str, Any]]:
    return [request.body for request in demo.server.seen("create") if request.body is not None]


def note_of(controller: OpenDesk, name: str) -> str:
    return field_note(controller.window.launch, name).text()


def choose_kind(controller: OpenDesk, kind: LaunchKind) -> None:
    segments: Segments[LaunchKind] = controller.find(Segments, "kind")
    QTest.mouseClick(segments.segment(kind), Qt.MouseButton.LeftButton)


async def test_a_message_that_is_typed_and_launched_becomes_a_conversation(
    demo: Running, open_desk: Open
) -> None:
    async with open_desk(demo.address) as controller:
        controller.type("repository", "acme/web")
        controller.type("selected_branch", "feature/dark")
        controller.type("initial_user_msg", "Fix the login")
        controller.press()
        await until(
            lambda: controller.rows() and controller.rows()[0].conversation_id, "the row has its conversation"
        )
        await until(
            lambda: controller.find(SessionsView, "sessions").current() == controller.rows()[0],
            "its row is chosen",
        )
        assert sent(demo) == [
            {"repository": "acme/web", "selected_branch": "feature/dark", "initial_user_msg": "Fix the login"}
        ]
        await until(lambda: controller.rows()[0].agent is AgentState.FINISHED, "the agent has finished")
        assert controller.rows()[0].title != "Fix the login" or controller.rows()[0].last_words


async def test_the_row_is_there_before_the_answer_and_its_key_stays(open_desk: Open) -> None:
    with running(DemoServer(pace=Pace.quick(answer=float("inf")))) as demo:
        async with open_desk(demo.address) as controller:
            controller.type("initial_user_msg", "Fix it")
            controller.press()
            (row,) = controller.rows()
            assert (row.operation, row.title, row.conversation_id) == (Operation.SENDING, "Fix it", "")
            sessions = controller.find(SessionsView, "sessions")
            assert sessions.current() == row  # before anything else happens: the next frame paints it
            assert sessions.visualRect(sessions.currentIndex()).height() > 0
            assert controller.find(QWidget, "cancel_launch").isVisible()
            await until(lambda: demo.server.waiting("answer"), "the request is at the server")
            demo.do(demo.server.release, "answer")
            await until(lambda: controller.rows()[0].conversation_id, "the answer has come")
            assert [one.key for one in controller.rows()] == [row.key]


async def test_ctrl_return_launches_from_inside_the_message_and_adds_no_line(
    demo: Running, open_desk: Open
) -> None:
    async with open_desk(demo.address) as controller:
        controller.window.activateWindow()
        text = controller.find(QPlainTextEdit, "initial_user_msg")
        controller.type("initial_user_msg", "Fix it")
        QTest.keyClick(text, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        await until(lambda: sent(demo), "a launch was sent")
        assert sent(demo) == [{"initial_user_msg": "Fix it"}]


async def test_a_second_press_while_one_is_out_sends_nothing(open_desk: Open) -> None:
    with running(DemoServer(pace=Pace.quick(answer=float("inf")))) as demo:
        async with open_desk(demo.address) as controller:
            controller.type("initial_user_msg", "Fix it")
            for _ in range(3):
                controller.press()
                controller.window.launch.launch()
            await until(lambda: demo.server.waiting("answer"), "the request is at the server")
            demo.do(demo.server.release, "answer")
            await until(lambda: controller.rows()[0].conversation_id, "the answer has come")
            assert len(sent(demo)) == 1


async def test_cancel_gives_the_form_back_and_the_answer_still_names_the_row(open_desk: Open) -> None:
    with running(DemoServer(pace=Pace.quick(answer=float("inf")))) as demo:
        async with open_desk(demo.address) as controller:
            controller.type("initial_user_msg", "Fix it")
            controller.press()
            await until(lambda: demo.server.waiting("answer"), "the request is at the server")
            controller.click("cancel_launch")
            assert controller.find(QPlainTextEdit, "initial_user_msg").toPlainText() == "Fix it"
            assert controller.find(QWidget, "cancel_launch").isHidden()
            assert "may still start" in controller.window.launch.foot.sentence()
            demo.do(demo.server.release, "answer")
            await until(lambda: controller.rows()[0].conversation_id, "the answer has come")


async def test_after_success_what_was_used_up_is_cleared_and_undo_brings_it_back(
    demo: Running, open_desk: Open
) -> None:
    async with open_desk(demo.address) as controller:
        controller.type("repository", "acme/web")
        controller.type("initial_user_msg", "Fix it")
        controller.press()
        await until(lambda: controller.rows()[0].conversation_id, "the answer has come")
        message = controller.find(QPlainTextEdit, "initial_user_msg")
        assert (message.toPlainText(), controller.find(QLineEdit, "repository").text()) == ("", "acme/web")
        assert controller.window.launch.foot.sentence() == "Started: Fix it"
        controller.click("undo")
        assert message.toPlainText() == "Fix it"
        controller.click("undo")
        assert message.toPlainText() == ""


async def test_what_is_missing_is_named_in_the_foot(demo: Running, open_desk: Open) -> None:
    async with open_desk(demo.address) as controller:
        choose_kind(controller, LaunchKind.REPLAY)
        controller.press()
        assert controller.window.launch.foot.sentence() == "Fill in “Events”."


@pytest.mark.parametrize(
    ("typed", "left"), [("Fix it and more", "and more"), ("Fix all of it", "Fix all of it"), ("Fix it", "")]
)
async def test_who_has_typed_on_keeps_what_was_not_sent(open_desk: Open, typed: str, left: str) -> None:
    with running(DemoServer(pace=Pace.quick(answer=float("inf")))) as demo:
        async with open_desk(demo.address) as controller:
            controller.type("initial_user_msg", "Fix it")
            controller.press()
            controller.window.launch.draft.put(("initial_user_msg",), typed)
            await until(lambda: demo.server.waiting("answer"), "the request is at the server")
            demo.do(demo.server.release, "answer")
            await until(lambda: controller.rows()[0].conversation_id, "the answer has come")
            message = controller.find(QPlainTextEdit, "initial_user_msg")
            await until(lambda: message.toPlainText() == left, "what was sent is used up")


async def test_with_problems_a_press_sends_nothing_shows_all_and_goes_to_the_first(
    demo: Running, open_desk: Open
) -> None:
    async with open_desk(demo.address) as controller:
        controller.type("repository", "no repository")
        controller.type("selected_branch", "a b")
        controller.press()
        assert note_of(controller, "repository") == "Write it as owner/name, or paste its web address."
        assert note_of(controller, "selected_branch") == "The name of a branch cannot contain spaces."
        assert controller.window.launch.foot.sentence().startswith("2 problems. Write it as owner/name")
        assert controller.window.focusWidget().objectName() == "repository"
        assert sent(demo) == []
        assert controller.rows() == []


async def test_a_problem_shows_when_the_field_is_left_and_goes_when_it_is_right(
    demo: Running, open_desk: Open
) -> None:
    async with open_desk(demo.address) as controller:
        controller.window.activateWindow()
        controller.type("selected_branch", "a b")
        await asyncio.sleep(0)
        assert note_of(controller, "selected_branch") == ""
        controller.find(QWidget, "initial_user_msg").setFocus(Qt.FocusReason.TabFocusReason)
        await until(
            lambda: note_of(controller, "selected_branch") == "The name of a branch cannot contain spaces."
        )
        controller.find(QLineEdit, "selected_branch").setText("a-b")
        controller.type("repository", "acme/web")
        await until(lambda: note_of(controller, "selected_branch") == "")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://github.com/acme/web/tree/feature/dark", ("acme/web", ProviderType.GITHUB, "feature/dark")),
        ("https://gitlab.com/acme/sub/web/-/tree/main", ("acme/sub/web", ProviderType.GITLAB, "main")),
        ("git@bitbucket.org:acme/web.git", ("acme/web", ProviderType.BITBUCKET, "")),
    ],
)
async def test_a_pasted_address_becomes_repository_provider_and_branch(
    demo: Running, open_desk: Open, address: str, expected: tuple[str, ProviderType, str]
) -> None:
    async with open_desk(demo.address) as controller:
        controller.find(QLineEdit, "repository").setText(address)
        draft = controller.window.launch.draft
        assert (draft.repository, draft.git_provider, draft.selected_branch) == expected
        assert controller.find(QLineEdit, "repository").text() == expected[0]


async def test_a_suggested_task_sends_its_five_fields_and_its_own_repository(
    demo: Running, open_desk: Open
) -> None:
    async with open_desk(demo.address) as controller:
        controller.type("initial_user_msg", "kept, not sent")
        choose_kind(controller, LaunchKind.SUGGESTED_TASK)
        types: ChoiceField[TaskType] = controller.find(ChoiceField, "suggested_task.task_type")
        types.set_value(TaskType.OPEN_ISSUE)
        providers: ChoiceField[ProviderType] = controller.find(ChoiceField, "suggested_task.git_provider")
        providers.set_value(ProviderType.GITLAB)
        controller.type("suggested_task.repo", "acme/web")
        controller.type("suggested_task.issue_number", "981")
        controller.type("suggested_task.title", "Upload fails")
        controller.press()
        await until(lambda: sent(demo), "a launch was sent")
        (body,) = sent(demo)
        assert body == {
            "repository": "acme/web",
            "git_provider": "gitlab",
            "suggested_task": {
                "git_provider": "gitlab",
                "task_type": "OPEN_ISSUE",
                "repo": "acme/web",
                "issue_number": 981,
                "title": "Upload fails",
            },
        }


async def test_a_microagent_sends_the_message_that_the_server_does_not_write(
    demo: Running, open_desk: Open
) -> None:
    async with open_desk(demo.address) as controller:
        choose_kind(controller, LaunchKind.MICROAGENT)
        controller.type("create_microagent.repo", "acme/web")
        controller.type("create_microagent.title", "the release notes")
        assert "the release notes" in controller.find(QPlainTextEdit, "microagent_msg").toPlainText()
        controller.press()
        await until(lambda: sent(demo), "a launch was sent")
        (body,) = sent(demo)
        assert body["create_microagent"] == {"repo": "acme/web", "title": "the release notes"}
        assert body["initial_user_msg"].startswith(
            "Create a microagent in acme/web about “the release notes”."
        )


async def test_a_replay_is_read_from_its_file(demo: Running, open_desk: Open, tmp_path: Any) -> None:
    path = tmp_path / "replay.json"
    path.write_text(REPLAY)
    async with open_desk(demo.address) as controller:
        choose_kind(controller, LaunchKind.REPLAY)
        from app.ui.launch.replay import ReplayField

        controller.find(ReplayField, "replay_json").add_file(path)
        await until(lambda: controller.window.launch.draft.replay_json, "the file is read")
        controller.press()
        await until(lambda: sent(demo), "a launch was sent")
        assert sent(demo) == [{"replay_json": REPLAY}]


async def test_an_image_that_is_pasted_is_sent_as_a_data_url_and_shown(
    demo: Running, open_desk: Open
) -> None:
    async with open_desk(demo.address) as controller:
        picture = QImage(40, 30, QImage.Format.Format_RGB32)
        picture.fill(Qt.GlobalColor.red)
        brought = QMimeData()
        brought.setImageData(picture)
        controller.find(MessageField, "initial_user_msg").insertFromMimeData(brought)
        images = controller.find(ImagesField, "image_urls")
        await until(lambda: images.urls(), "the image is there")
        assert images.urls()[0].startswith("data:image/png;base64,")
        controller.press()
        await until(lambda: sent(demo), "a launch was sent")
        assert sent(demo) == [{"image_urls": images.urls() or sent(demo)[0]["image_urls"]}]


async def test_a_file_that_is_no_image_is_refused_in_words_and_holds_nothing_back(
    demo: Running, open_desk: Open, tmp_path: Any
) -> None:
    path = tmp_path / "drawing.svg"
    path.write_text("<svg/>")
    async with open_desk(demo.address) as controller:
        controller.find(ImagesField, "image_urls").add_files([path])
        await until(lambda: note_of(controller, "image_urls"), "it is said")
        assert note_of(controller, "image_urls") == "“drawing.svg” is not a PNG, JPEG, WebP or GIF image."
        controller.type("initial_user_msg", "Fix it")
        controller.press()
        await until(lambda: sent(demo), "a launch was sent")


async def test_what_the_server_finds_wrong_stands_at_the_same_field(demo: Running, open_desk: Open) -> None:
    detail = [
        {"type": "value_error", "loc": ["body", "selected_branch"], "msg": "Value error, no such branch"}
    ]
    demo.server.answer_next("create", faults.as_json({"detail": detail}, 422))
    async with open_desk(demo.address) as controller:
        controller.type("repository", "acme/web")
        controller.type("selected_branch", "main")
        controller.type("initial_user_msg", "Fix it")
        controller.press()
        await until(lambda: note_of(controller, "selected_branch"), "the note is there")
        assert note_of(controller, "selected_branch") == "no such branch"
        assert controller.find(Bar, "bar").text().startswith("The server refused this launch.")
        assert controller.rows() == []
        controller.find(QLineEdit, "selected_branch").setText("main2")
        await until(lambda: note_of(controller, "selected_branch") == "", "a change takes it away")


async def test_a_refused_git_provider_stands_at_the_repository(demo: Running, open_desk: Open) -> None:
    demo.server.answer_next("create", faults.refused("STATUS$GIT_PROVIDER_AUTHENTICATION_ERROR"))
    async with open_desk(demo.address) as controller:
        controller.type("repository", "acme/wbe")
        controller.type("initial_user_msg", "Fix it")
        controller.press()
        await until(lambda: note_of(controller, "repository"), "the note is there")
        assert (
            note_of(controller, "repository")
            == "The server could not open this repository with its git token."
        )


async def test_the_conversation_id_is_offered_only_where_the_server_takes_it(open_desk: Open) -> None:
    with running(DemoServer(pace=Pace.quick())) as demo:
        demo.server.allow_conversation_id = True
        async with open_desk(demo.address) as controller:
            await until(lambda: controller.find(QWidget, "advanced").isVisible(), "the fold is there")
            controller.find(QLineEdit, "conversation_id").setText("0123456789abcdef" * 2)
            controller.press()
            controller.press()
            await until(lambda: sent(demo), "a launch was sent")
            assert sent(demo) == [{"conversation_id": "0123456789abcdef" * 2}]
    with running(DemoServer(pace=Pace.quick())) as demo:
        async with open_desk(demo.address) as controller:
            await until(
                lambda: (
                    controller.controller.connection and controller.controller.connection.known.facts.version
                )
            )
            assert not controller.find(QWidget, "advanced").isVisible()


async def test_ctrl_n_clears_the_form_and_undo_brings_it_back(demo: Running, open_desk: Open) -> None:
    async with open_desk(demo.address) as controller:
        controller.window.activateWindow()
        controller.type("repository", "acme/web")
        controller.type("initial_user_msg", "Fix it")
        QTest.keyClick(
            controller.find(QWidget, "initial_user_msg"), Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier
        )
        assert controller.find(QLineEdit, "repository").text() == ""
        controller.click("undo")
        assert controller.find(QLineEdit, "repository").text() == "acme/web"


def test_kinds_are_radio_buttons_that_arrow_keys_reach(loop: asyncio.AbstractEventLoop) -> None:
    segments: Segments[LaunchKind] = Segments(
        "Kind", [(LaunchKind.MESSAGE, "Message"), (LaunchKind.REPLAY, "Replay")]
    )
    assert isinstance(segments.segment(LaunchKind.REPLAY), QRadioButton)


async def test_undo_after_typing_on_can_be_undone_itself(demo: Running, open_desk: Open) -> None:
    async with open_desk(demo.address) as controller:
        message = controller.find(QPlainTextEdit, "initial_user_msg")
        controller.type("initial_user_msg", "One")
        controller.press()
        await until(lambda: controller.rows()[0].conversation_id, "the answer has come")
        controller.type("initial_user_msg", "Two")
        controller.click("undo")
        assert message.toPlainText() == "One"
        controller.click("undo")
        assert message.toPlainText() == "Two"


async def test_undo_is_not_offered_when_nothing_was_cleared(demo: Running, open_desk: Open) -> None:
    async with open_desk(demo.address) as controller:
        controller.press()
        controller.press()
        await until(lambda: controller.rows()[0].conversation_id, "the answer has come")
        assert controller.find(QWidget, "undo").isHidden()


async def test_a_cancelled_launch_that_fails_leaves_the_next_draft_alone(open_desk: Open) -> None:
    with running(DemoServer(pace=Pace.quick())) as demo:
        detail = [{"type": "value_error", "loc": ["body", "selected_branch"], "msg": "no"}]
        gate = asyncio.Event()

        async def refuse(request: Any) -> Any:
            await gate.wait()
            return await faults.as_json({"detail": detail}, 422)(request)

        demo.server.answer_next("create", refuse)
        async with open_desk(demo.address) as controller:
            controller.type("initial_user_msg", "Fix it")
            controller.press()
            await until(lambda: demo.server.seen("create"), "the request is at the server")
            controller.click("cancel_launch")
            demo.do(gate.set)
            await until(controller.find(Bar, "bar").text, "the bar says so")
            assert note_of(controller, "selected_branch") == ""


async def test_the_bar_about_missing_settings_goes_when_there_are_some(open_desk: Open) -> None:
    with running(DemoServer(pace=Pace.quick(), settings=None)) as demo:
        async with open_desk(demo.address) as controller:
            connection = controller.controller.connection
            assert connection
            await until(lambda: connection.known.facts.version, "the server is known")
            controller.type("initial_user_msg", "Fix it")
            controller.press()
            await until(controller.find(Bar, "bar").text, "the bar says so")
            from app.demo.setup import DEMO_SETTINGS

            demo.server.settings = DEMO_SETTINGS
            connection.polling.retry_now()
            await until(lambda: not controller.find(Bar, "bar").text(), "the bar has gone")


def test_a_launch_without_a_server_says_so_and_keeps_the_text(loop: asyncio.AbstractEventLoop) -> None:
    pane = LaunchPane(Tasks(lambda fault: None))
    pane.begin()
    pane.draft.put(("initial_user_msg",), "Fix it")
    pane.launch()
    bar = pane.findChild(Bar, "bar")
    assert isinstance(bar, Bar)
    assert bar.text().startswith("There is no connection yet.")
    assert pane.draft.initial_user_msg == "Fix it"
    pane.deleteLater()


async def test_a_press_on_one_kind_leaves_the_fields_of_the_others_alone(
    demo: Running, open_desk: Open
) -> None:
    async with open_desk(demo.address) as controller:
        choose_kind(controller, LaunchKind.SUGGESTED_TASK)
        controller.press()
        choose_kind(controller, LaunchKind.MICROAGENT)
        await asyncio.sleep(0)
        assert note_of(controller, "create_microagent.repo") == ""


async def test_a_branch_that_stayed_says_so_when_its_repository_goes(demo: Running, open_desk: Open) -> None:
    async with open_desk(demo.address) as controller:
        controller.type("repository", "acme/web")
        controller.type("selected_branch", "main")
        controller.type("initial_user_msg", "Fix it")
        controller.press()
        await until(lambda: controller.rows()[0].conversation_id, "the answer has come")
        controller.find(QLineEdit, "repository").clear()
        await until(
            lambda: note_of(controller, "selected_branch") == "This has no effect without a repository."
        )


# Keys that are held, pastes, and presses that come early.


def held(field: QWidget, key: Qt.Key, times: int = 5) -> None:
    """Ctrl and a key, as a keyboard repeats them."""
    window = field.window().windowHandle()
    for turn in range(times):
        event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.ControlModifier, autorep=turn > 0)
        QApplication.sendEvent(window, event)


async def test_a_held_ctrl_return_launches_once(demo: Running, open_desk: Open) -> None:
    async with open_desk(demo.address) as controller:
        controller.window.activateWindow()
        controller.type("initial_user_msg", "Fix it")
        field = controller.find(QPlainTextEdit, "initial_user_msg")
        held(field, Qt.Key.Key_Return)
        await until(lambda: controller.rows()[0].conversation_id, "the answer has come")
        QApplication.sendEvent(
            field.window().windowHandle(),
            QKeyEvent(
                QEvent.Type.KeyPress, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier, autorep=True
            ),
        )
        assert len(controller.rows()) == 1
        await until(lambda: controller.rows()[0].agent is AgentState.FINISHED, "the agent has finished")
        assert sent(demo) == [{"initial_user_msg": "Fix it"}]


async def test_a_form_that_is_cleared_twice_can_still_be_brought_back(demo: Running, open_desk: Open) -> None:
    async with open_desk(demo.address) as controller:
        controller.window.activateWindow()
        controller.type("initial_user_msg", "An hour of work")
        message = controller.find(QPlainTextEdit, "initial_user_msg")
        for _ in range(2):
            QTest.keyClick(message, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
        assert message.toPlainText() == ""
        controller.click("undo")
        assert message.toPlainText() == "An hour of work"
        assert controller.find(QWidget, "undo").isHidden()


async def test_a_cancel_by_key_gives_the_cursor_back_to_the_message(open_desk: Open) -> None:
    with running(DemoServer(pace=Pace.quick(answer=float("inf")))) as demo:
        async with open_desk(demo.address) as controller:
            controller.window.activateWindow()
            controller.type("initial_user_msg", "Fix it")
            controller.press()
            cancel = controller.find(QWidget, "cancel_launch")
            await until(cancel.isVisible, "it can be cancelled")
            await until(lambda: demo.server.waiting("answer"), "the request is at the server")
            cancel.setFocus(Qt.FocusReason.TabFocusReason)
            QTest.keyClick(cancel, Qt.Key.Key_Return)
            assert controller.window.focusWidget() is controller.find(QWidget, "initial_user_msg")
            demo.do(demo.server.release, "answer")
            await until(lambda: controller.rows()[0].conversation_id, "the answer has come")


async def test_a_cancel_by_mouse_leaves_the_cursor_where_somebody_types(open_desk: Open) -> None:
    with running(DemoServer(pace=Pace.quick(answer=float("inf")))) as demo:
        async with open_desk(demo.address) as controller:
            controller.window.activateWindow()
            controller.type("initial_user_msg", "Fix it")
            controller.press()
            await until(lambda: demo.server.waiting("answer"), "the request is at the server")
            await until(controller.find(QWidget, "cancel_launch").isVisible, "it can be cancelled")
            assert controller.window.launch.foot.sentence().startswith("On its way to ")
            controller.type("repository", "acme/")
            controller.click("cancel_launch")
            assert controller.window.focusWidget() is controller.find(QLineEdit, "repository")
            assert controller.window.launch.foot.sentence().startswith("No longer waiting.")
            demo.do(demo.server.release, "answer")
            await until(lambda: controller.rows()[0].conversation_id, "the answer has come")


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Images are read when this is set, and at the end."""
    gate, really = threading.Event(), images._looked_at

    def later(*what: Any) -> Any:
        gate.wait(20)
        return really(*what)

    monkeypatch.setattr(images, "_looked_at", later)
    yield gate
    gate.set()


def a_picture() -> QMimeData:
    picture = QImage(2, 2, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.red)
    brought = QMimeData()
    brought.setImageData(picture)
    return brought


async def test_an_image_that_is_read_while_a_launch_is_accepted_holds_back_the_next(
    demo: Running, open_desk: Open, read: threading.Event
) -> None:
    async with open_desk(demo.address) as controller:
        controller.type("initial_user_msg", "First")
        controller.press()
        controller.find(ImagesField, "image_urls").add_from(a_picture())
        await until(lambda: controller.rows()[0].conversation_id, "the answer has come")
        controller.type("initial_user_msg", "See the picture")
        controller.press()
        assert note_of(controller, "image_urls") == "An image is still being read."
        read.set()
        await until(lambda: controller.window.launch.draft.image_urls, "the image is there")
        controller.press()
        await until(lambda: len(sent(demo)) == 2, "both are sent")
        assert [list(one) for one in sent(demo)] == [["initial_user_msg"], ["initial_user_msg", "image_urls"]]


async def test_an_image_that_is_being_read_holds_back_no_kind_without_images(
    demo: Running, open_desk: Open, read: threading.Event
) -> None:
    async with open_desk(demo.address) as controller:
        controller.find(ImagesField, "image_urls").add_from(a_picture())
        choose_kind(controller, LaunchKind.REPLAY)
        controller.window.launch.draft.put(("replay_json",), REPLAY)
        controller.press()
        await until(lambda: sent(demo), "it is sent")


async def test_a_file_for_the_instructions_is_text_where_no_image_is_sent(
    demo: Running, open_desk: Open
) -> None:
    async with open_desk(demo.address) as controller:
        choose_kind(controller, LaunchKind.SUGGESTED_TASK)
        brought = QMimeData()
        brought.setUrls([QUrl.fromLocalFile("/there/notes.txt")])
        brought.setText("/there/notes.txt")
        controller.find(MessageField, "conversation_instructions").insertFromMimeData(brought)
        assert controller.window.launch.draft.conversation_instructions == "/there/notes.txt"


async def test_a_second_pasted_address_leaves_the_branch_of_the_first_behind(
    demo: Running, open_desk: Open
) -> None:
    async with open_desk(demo.address) as controller:
        line, draft = controller.find(QLineEdit, "repository"), controller.window.launch.draft
        line.insert("https://github.com/acme/web/tree/feature/dark")
        assert (draft.repository, draft.selected_branch) == ("acme/web", "feature/dark")
        line.selectAll()
        line.insert("https://github.com/other/api")
        assert (draft.repository, draft.selected_branch) == ("other/api", "")
        controller.type("selected_branch", "mine")
        line.selectAll()
        line.insert("https://github.com/acme/web")
        assert (draft.repository, draft.selected_branch) == ("acme/web", "mine")


async def test_an_image_that_is_pasted_into_the_instructions_is_for_the_message(
    demo: Running, open_desk: Open
) -> None:
    async with open_desk(demo.address) as controller:
        controller.find(MessageField, "conversation_instructions").insertFromMimeData(a_picture())
        await until(lambda: controller.window.launch.draft.image_urls, "the image is there")


def test_a_press_before_anything_is_loaded_offers_no_button_that_nobody_hears(
    loop: asyncio.AbstractEventLoop,
) -> None:
    pane = LaunchPane(Tasks(lambda fault: None))
    pane.launch()
    bar = pane.findChild(Bar, "bar")
    assert isinstance(bar, Bar)
    assert (
        bar.text() == "There is no connection yet. Your text is kept. Press Launch again once there is one."
    )
    assert bar.button().isHidden()
    pane.deleteLater()
