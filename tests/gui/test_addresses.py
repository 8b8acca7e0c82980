"""What is pasted for a repository: what it fills in, what is said of it, and what the server is asked."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QWidget

from app.core.kinds import LaunchKind
from app.demo.door import Handler
from app.ui.theme import ChoiceField
from app.wire.choices import ProviderType, TaskType
from tests.conftest import until
from tests.demo import Running, faults
from tests.gui.conftest import Open, OpenDesk

NESTED = "https://gitlab.com/group/sub/app/-/tree/main"
OPEN = "https://github.com/acme/web/blob/feature/dark/src/app.py"
GUESS = "“{branch}” is a guess: the address may also mean “{others}”."


class Form:
    """The fields of a window, as a person fills and reads them."""

    def __init__(self, controller: OpenDesk) -> None:
        self.controller = controller
        self.draft = controller.window.launch.draft

    def line(self, name: str) -> QLineEdit:
        return self.controller.find(QLineEdit, name)

    def paste(self, name: str, text: str) -> None:
        """Over what stands there."""
        line = self.line(name)
        line.setFocus()
        line.selectAll()
        _copy(text)
        QTest.keySequence(line, "Ctrl+V")

    def place(self) -> tuple[str, ProviderType | None, str]:
        return self.draft.repository, self.draft.git_provider, self.draft.selected_branch

    def note(self, name: str) -> str:
        return self.line(name).accessibleDescription()

    def focused(self) -> str:
        widget = self.controller.window.focusWidget()
        assert widget is not None
        return widget.objectName()


def _copy(text: str) -> None:
    brought = QMimeData()
    brought.setText(text)
    QApplication.clipboard().setMimeData(brought)


@pytest.fixture(autouse=True)
def clean_clipboard() -> Iterator[None]:
    yield
    QApplication.clipboard().clear()


@asynccontextmanager
async def on(open_desk: Open, demo: Running) -> AsyncIterator[Form]:
    async with open_desk(demo.address) as controller:
        connection = controller.controller.connection
        assert connection
        await until(lambda: connection.known.facts.settings, "the settings are known")
        controller.window.activateWindow()
        yield Form(controller)


def branches(demo: Running, *names: str) -> None:
    demo.server.branches = names


# What came with an address.


@asynccontextmanager
async def on_an_address(open_desk: Open, demo: Running) -> AsyncIterator[Form]:
    """A form with an address that has brought its provider and branch."""
    async with on(open_desk, demo) as form:
        form.paste("repository", NESTED)
        assert form.place() == ("group/sub/app", ProviderType.GITLAB, "main")
        yield form


async def test_a_plain_name_that_is_pasted_over_an_address_takes_its_provider_and_branch_away(
    demo: Running, open_desk: Open
) -> None:
    async with on_an_address(open_desk, demo) as form:
        form.paste("repository", "acme/web")
        assert form.place() == ("acme/web", None, "")


async def test_a_plain_name_that_is_typed_over_an_address_does_so_when_it_is_left(
    demo: Running, open_desk: Open
) -> None:
    async with on_an_address(open_desk, demo) as form:
        form.line("repository").selectAll()
        QTest.keyClicks(form.line("repository"), "acme/web")
        assert form.place() == ("acme/web", ProviderType.GITLAB, "main")
        form.controller.find(QPlainTextEdit, "initial_user_msg").setFocus()
        assert form.place() == ("acme/web", None, "")


async def test_what_was_edited_after_an_address_stays(demo: Running, open_desk: Open) -> None:
    async with on_an_address(open_desk, demo) as form:
        form.line("selected_branch").setText("mine")
        form.paste("repository", "acme/web")
        assert form.place() == ("acme/web", None, "mine")


async def test_another_address_of_the_same_repository_is_taken_apart_too(
    demo: Running, open_desk: Open
) -> None:
    async with on(open_desk, demo) as form:
        for page, branch in (("/tree/main", "main"), ("", ""), ("/tree/master", "master")):
            form.paste("repository", f"https://github.com/acme/web{page}")
            assert form.line("repository").text() == "acme/web"
            assert form.place() == ("acme/web", ProviderType.GITHUB, branch)


async def test_a_form_that_is_filled_again_keeps_all_it_is_filled_with(
    demo: Running, open_desk: Open
) -> None:
    async with on(open_desk, demo) as form:
        pane = form.controller.window.launch
        form.paste("repository", "https://gitlab.com/acme/web/-/tree/main")
        earlier = form.draft.copy_of()
        form.paste("repository", "https://gitlab.com/acme/other/-/tree/main")
        pane.fill_from(earlier)
        form.line("repository").setFocus()
        form.controller.find(QPlainTextEdit, "initial_user_msg").setFocus()
        assert form.place() == ("acme/web", ProviderType.GITLAB, "main")


@pytest.mark.parametrize("text", ["acme/web.git", "acme/web\u200b", "<https://github.com/acme/web>"])
async def test_what_comes_along_with_a_copy_is_taken_off(demo: Running, open_desk: Open, text: str) -> None:
    async with on(open_desk, demo) as form:
        form.paste("repository", text)
        assert form.line("repository").text() == form.draft.repository == "acme/web"


@pytest.mark.parametrize("page", ["pull/12", "commit/abc1234", "compare/main...feature/x"])
async def test_what_of_an_address_is_not_used_stands_at_the_field(
    demo: Running, open_desk: Open, page: str
) -> None:
    async with on(open_desk, demo) as form:
        form.paste("repository", f"https://github.com/acme/web/{page}")
        assert form.place() == ("acme/web", ProviderType.GITHUB, "")
        assert form.note("repository") == f"Only the repository is taken from this address, not “{page}”."
        form.paste("repository", "acme/api")
        await until(lambda: form.note("repository") == "", "the note goes with the address")


# Hosts.


@pytest.mark.parametrize("text", ["codeberg.org/acme/web", "dev.azure.com/acme/Shop/_git/web"])
async def test_an_unknown_host_is_refused_at_the_field_and_never_sent(
    demo: Running, open_desk: Open, text: str
) -> None:
    async with on(open_desk, demo) as form:
        form.paste("repository", text)
        form.controller.press()
        host = text.partition("/")[0]
        await until(lambda: form.note("repository").startswith(f"“{host}” is not a known git host"))
        assert "(github.com, gitlab.com, bitbucket.org)" in form.note("repository")
        assert form.draft.repository == text
        assert demo.server.seen("create") == []


async def test_the_servers_own_gitlab_is_taken_apart_as_soon_as_it_is_known(
    demo: Running, open_desk: Open
) -> None:
    demo.server.provider_tokens = {"gitlab": "git.acme.example"}
    async with open_desk(demo.address) as controller:
        form = Form(controller)
        form.paste("repository", "git.acme.example/platform/web")
        await until(lambda: form.place() == ("platform/web", ProviderType.GITLAB, ""), "taken apart")


async def test_an_address_that_was_typed_and_not_left_is_taken_apart_by_the_press(
    demo: Running, open_desk: Open
) -> None:
    async with on(open_desk, demo) as form:
        form.controller.type("initial_user_msg", "Fix it")
        form.controller.type("repository", "https://github.com/acme/web/tree/main")
        QTest.keyClick(form.line("repository"), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        await until(lambda: [one for one in demo.server.seen("create") if one.body], "a launch was sent")
        (sent,) = demo.server.seen("create")
        assert (sent.body["repository"], sent.body["selected_branch"]) == ("acme/web", "main")


async def test_an_alias_of_the_ssh_configuration_is_looked_up(
    demo: Running, open_desk: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said = tmp_path / "ssh"
    said.write_text("#!/bin/sh\n[ \"$*\" = '-G work' ] && echo 'hostname github.com'\n", "utf-8")
    said.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    async with on(open_desk, demo) as form:
        form.paste("repository", "git@work:acme/web.git")
        await until(lambda: form.place() == ("acme/web", ProviderType.GITHUB, ""), "the alias is known")


# The branches of the server.


async def test_the_longest_branch_that_exists_takes_the_place_of_the_guess(
    demo: Running, open_desk: Open
) -> None:
    branches(demo, "main", "feature/dark", "feature/dark/src")
    async with on(open_desk, demo) as form:
        form.paste("repository", OPEN)
        assert form.place() == ("acme/web", ProviderType.GITHUB, "feature/dark")
        others = "feature”, “feature/dark/src"
        assert form.note("selected_branch") == GUESS.format(branch="feature/dark", others=others)
        await until(lambda: form.draft.selected_branch == "feature/dark/src", "the server was asked")
        await until(lambda: form.note("selected_branch") == "", "nothing is guessed any more")
        assert [one.query["repository"] for one in demo.server.seen("branches")] == ["acme/web"]


@pytest.mark.parametrize("answer", [faults.as_json([]), faults.as_json("no", 500), faults.as_json("no", 401)])
async def test_a_guess_that_the_server_cannot_settle_stays_and_is_said(
    demo: Running, open_desk: Open, answer: Handler
) -> None:
    async with on(open_desk, demo) as form:
        demo.server.answer_next("branches", answer)
        form.paste("repository", OPEN)
        assert _is_asked()
        await until(lambda: not _is_asked(), "the server has answered")
        assert len(demo.server.seen("branches")) == 1
        assert form.draft.selected_branch == "feature/dark"
        assert form.note("selected_branch").startswith("“feature/dark” is a guess")


def _is_asked() -> bool:
    return any("Addresses._settle" in repr(task.get_coro()) for task in asyncio.all_tasks())


async def test_a_server_that_takes_its_time_over_branches_holds_up_no_other_read(
    demo: Running, open_desk: Open
) -> None:
    async with on(open_desk, demo) as form:
        connection = form.controller.controller.connection
        assert connection
        demo.server.answer_next("branches", faults.hang())
        form.paste("repository", OPEN)
        await until(lambda: demo.server.seen("branches"), "the server was asked")
        before = len(demo.server.seen("list"))
        connection.polling.refresh()
        await until(lambda: len(demo.server.seen("list")) > before, "the list is read", 5)


async def test_a_branch_that_is_edited_meanwhile_stays(demo: Running, open_desk: Open) -> None:
    asked = asyncio.Event()
    answered = asyncio.Event()

    async def late(_: web.Request) -> web.StreamResponse:
        asked_loop.call_soon_threadsafe(asked.set)
        while not answered.is_set():
            await asyncio.sleep(0.01)
        return web.json_response([{"name": "feature"}])

    asked_loop = asyncio.get_running_loop()
    async with on(open_desk, demo) as form:
        demo.server.answer_next("branches", late)
        form.paste("repository", OPEN)
        await asked.wait()
        form.line("selected_branch").setText("mine")
        assert form.note("selected_branch") != ""
        answered.set()
        await until(lambda: form.note("selected_branch") == "", "what was typed is no guess")
        assert form.draft.selected_branch == "mine"


async def test_a_guess_of_before_the_connection_is_settled_after_it(demo: Running, open_desk: Open) -> None:
    branches(demo, "main", "feature/dark/src")
    async with open_desk(demo.address) as controller:
        form = Form(controller)
        form.paste("repository", OPEN)
        await until(lambda: form.draft.selected_branch == "feature/dark/src", "the server was asked")


async def test_an_open_question_is_asked_once(demo: Running, open_desk: Open) -> None:
    async with on(open_desk, demo) as form:
        connection = form.controller.controller.connection
        assert connection
        heard: list[object] = []
        connection.known.watch(lambda: heard.append(None))
        form.draft.put(("kind",), LaunchKind.MICROAGENT)
        form.paste("create_microagent.repo", OPEN.replace("dark", "bright"))
        await until(lambda: len(demo.server.seen("branches")) == 1, "it is asked")
        form.paste("repository", OPEN.replace("dark", "light"))
        await until(lambda: len(demo.server.seen("branches")) == 2, "so is the one that is opened instead")
        await until(lambda: not _is_asked(), "both are answered")
        demo.do(setattr, demo.server, "provider_tokens", {"gitlab": "git.acme.example"})
        connection.polling.retry_now()
        await until(lambda: heard, "the settings were read")
        assert not _is_asked()


async def test_news_of_the_server_interrupt_nobody_who_types(demo: Running, open_desk: Open) -> None:
    async with on(open_desk, demo) as form:
        connection = form.controller.controller.connection
        assert connection
        form.controller.type("repository", "github.com/acme/w")
        heard: list[object] = []
        connection.known.watch(lambda: heard.append(None))
        demo.do(setattr, demo.server, "provider_tokens", {"gitlab": "git.acme.example"})
        connection.polling.retry_now()
        await until(lambda: heard, "the settings were read")
        assert form.line("repository").text() == "github.com/acme/w"


# A task.


def _task(form: Form) -> tuple[str, ProviderType | None, str, TaskType | None]:
    task = form.draft.suggested_task
    return task.repo, task.git_provider, task.issue_number, task.task_type


@pytest.mark.parametrize("into", ["repo", "issue_number"])
async def test_an_issue_that_is_pasted_fills_the_task_and_the_cursor_waits_in_the_title(
    demo: Running, open_desk: Open, into: str
) -> None:
    async with on(open_desk, demo) as form:
        form.draft.put(("kind",), LaunchKind.SUGGESTED_TASK)
        form.paste(f"suggested_task.{into}", "https://github.com/acme/web/issues/12#issuecomment-1")
        assert _task(form) == ("acme/web", ProviderType.GITHUB, "12", TaskType.OPEN_ISSUE)
        assert form.line("suggested_task.issue_number").text() == "12"
        assert form.focused() == "suggested_task.title"
        QTest.keyClicks(form.line("suggested_task.title"), "It breaks")
        assert form.draft.suggested_task.title == "It breaks"


async def test_a_pull_request_fills_all_of_the_task_but_its_type(demo: Running, open_desk: Open) -> None:
    async with on(open_desk, demo) as form:
        form.draft.put(("kind",), LaunchKind.SUGGESTED_TASK)
        form.paste("suggested_task.repo", "https://gitlab.com/acme/sub/web/-/merge_requests/8")
        assert _task(form) == ("acme/sub/web", ProviderType.GITLAB, "8", None)
        assert form.focused() == "suggested_task.title"


async def test_an_issue_that_is_pasted_beside_the_lines_fills_the_task_too(
    demo: Running, open_desk: Open
) -> None:
    async with on(open_desk, demo) as form:
        form.draft.put(("kind",), LaunchKind.SUGGESTED_TASK)
        types: QWidget = form.controller.find(ChoiceField, "suggested_task.task_type")
        types.setFocus()
        _copy("https://github.com/acme/web/issues/12")
        QTest.keySequence(types, "Ctrl+V")
        assert _task(form) == ("acme/web", ProviderType.GITHUB, "12", TaskType.OPEN_ISSUE)
        assert form.focused() == "suggested_task.title"


async def test_a_repository_without_a_number_leaves_the_cursor_where_it_is(
    demo: Running, open_desk: Open
) -> None:
    async with on(open_desk, demo) as form:
        form.draft.put(("kind",), LaunchKind.SUGGESTED_TASK)
        form.paste("suggested_task.repo", "https://github.com/acme/web")
        assert _task(form) == ("acme/web", ProviderType.GITHUB, "", None)
        assert form.focused() == "suggested_task.repo"


async def test_the_address_of_the_task_leaves_the_branch_and_its_note_to_the_repository_that_is_opened(
    demo: Running, open_desk: Open
) -> None:
    async with on(open_desk, demo) as form:
        form.draft.put(("kind",), LaunchKind.SUGGESTED_TASK)
        form.paste("repository", OPEN)
        note = form.note("selected_branch")
        assert note.startswith("“feature/dark” is a guess")
        for address in ("https://github.com/acme/api/tree/main", "https://github.com/acme/api/issues/12"):
            form.paste("suggested_task.repo", address)
            assert form.draft.suggested_task.repo == "acme/api"
            assert (form.draft.selected_branch, form.note("selected_branch")) == ("feature/dark", note)


async def test_the_branch_of_a_task_goes_when_another_kind_does_not_open_its_repository(
    demo: Running, open_desk: Open
) -> None:
    async with on(open_desk, demo) as form:
        form.draft.put(("kind",), LaunchKind.SUGGESTED_TASK)
        form.paste("suggested_task.repo", OPEN)
        assert form.note("selected_branch").startswith("“feature/dark” is a guess")
        form.draft.put(("kind",), LaunchKind.MESSAGE)
        assert form.draft.selected_branch == ""
        await until(lambda: form.note("selected_branch") == "", "nothing is guessed any more")


async def test_what_a_launch_did_not_use_of_an_address_is_not_said_again(
    open_desk: Open, demo: Running
) -> None:
    async with open_desk(demo.address) as controller:
        form = Form(controller)
        form.paste("repository", "https://github.com/acme/web/issues/42")
        await until(lambda: "Only the repository" in form.note("repository"), "it is said")
        controller.type("initial_user_msg", "Fix it")
        controller.press()
        await until(lambda: controller.rows() and controller.rows()[0].conversation_id, "it has started")
        for kind in (LaunchKind.SUGGESTED_TASK, LaunchKind.REPLAY, LaunchKind.MESSAGE):
            form.draft.put(("kind",), kind)
            controller.window.launch.form.recheck()
            assert "Only the repository" not in form.note("repository")
