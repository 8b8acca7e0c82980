"""What an address fills in beside the repository, and what becomes of it when another one takes its place."""

import pytest

from app.core.address_fields import BRANCH, DraftAddresses
from app.core.draft import LaunchDraft
from app.core.kinds import LaunchKind
from app.errors import Loc
from app.wire.choices import ProviderType, TaskType

REPOSITORY: Loc = ("repository",)
TASK: Loc = ("suggested_task", "repo")
NESTED = "https://gitlab.com/group/sub/app/-/tree/feature/login"
OPEN = "https://github.com/acme/web/blob/feature/login/src/app.py"


class Filled:
    """A draft whose repository is filled in, whole, again and again."""

    def __init__(self) -> None:
        self.draft = LaunchDraft()
        self.fields = DraftAddresses(self.draft)

    def take(self, text: str) -> tuple[str, ProviderType | None, str]:
        self.draft.put(REPOSITORY, text)
        self.fields.take(REPOSITORY, text, None)
        return self.place

    @property
    def place(self) -> tuple[str, ProviderType | None, str]:
        return self.draft.repository, self.draft.git_provider, self.draft.selected_branch

    def notes(self) -> list[tuple[Loc, str]]:
        found = self.fields.notes()
        assert not any(one.blocks for one in found)
        return [(one.loc, one.type) for one in found]


@pytest.fixture
def filled() -> Filled:
    return Filled()


@pytest.mark.parametrize(
    ("after", "repository"), [("acme/web", "acme/web"), ("", ""), ("https://codeberg.org/a/b", None)]
)
def test_what_came_with_an_address_goes_with_it(filled: Filled, after: str, repository: str | None) -> None:
    assert filled.take(NESTED) == ("group/sub/app", ProviderType.GITLAB, "feature/login")
    assert filled.take(after) == (after if repository is None else repository, None, "")


def test_another_address_brings_its_own(filled: Filled) -> None:
    filled.take(NESTED)
    assert filled.take("https://github.com/acme/web") == ("acme/web", ProviderType.GITHUB, "")
    assert filled.take(f"{NESTED}/x") == ("group/sub/app", ProviderType.GITLAB, "feature/login/x")


def test_what_was_edited_since_stays(filled: Filled) -> None:
    filled.take(NESTED)
    filled.draft.put(BRANCH, "mine")
    assert filled.take("acme/web") == ("acme/web", None, "mine")
    filled.take(NESTED)
    filled.draft.put(("git_provider",), ProviderType.BITBUCKET)
    assert filled.take("acme/web") == ("acme/web", ProviderType.BITBUCKET, "")


def test_what_an_address_does_not_say_is_left_as_it_is(filled: Filled) -> None:
    filled.draft.put(BRANCH, "mine")
    filled.draft.put(("git_provider",), ProviderType.GITLAB)
    assert filled.take("acme/web") == ("acme/web", ProviderType.GITLAB, "mine")
    assert filled.take("https://github.com/acme/web") == ("acme/web", ProviderType.GITHUB, "mine")


def test_leaving_the_field_changes_nothing(filled: Filled) -> None:
    filled.take(NESTED)
    before = filled.place
    assert filled.take(filled.draft.repository) == before


def test_fields_that_were_filled_otherwise_belong_to_nobody(filled: Filled) -> None:
    filled.take(NESTED)
    assert not filled.fields.forget(REPOSITORY, "group/sub/app")
    for loc, value in ((REPOSITORY, "acme/web"), ("git_provider", ProviderType.GITLAB)):
        filled.draft.put(loc if isinstance(loc, tuple) else (loc,), value)
    assert filled.fields.forget(REPOSITORY, "acme/web")
    assert filled.take("acme/api") == ("acme/api", ProviderType.GITLAB, "feature/login")


def test_what_was_given_on_purpose_is_not_replaced() -> None:
    draft = LaunchDraft(selected_branch="mine", git_provider=ProviderType.GITLAB)
    fields = DraftAddresses(draft)
    fields.take(REPOSITORY, OPEN, None, keep_given=True)
    assert (draft.repository, draft.git_provider, draft.selected_branch) == (
        "acme/web",
        ProviderType.GITLAB,
        "mine",
    )
    assert (fields.notes(), fields.question) == ([], None)


# A branch that the address leaves open.


def test_a_guess_is_said_until_the_branches_are_known(filled: Filled) -> None:
    filled.take(OPEN)
    assert filled.notes() == [(BRANCH, "branch_guessed")]
    (note,) = filled.fields.notes()
    assert note.ctx == {"branch": "feature/login", "others": "feature”, “feature/login/src"}
    asked = filled.fields.question
    assert asked
    assert filled.fields.settle(asked, ["main", "feature"])
    assert (filled.place[2], filled.notes(), filled.fields.question) == ("feature", [], None)
    assert filled.take("acme/api") == ("acme/api", None, "")


def test_branches_that_settle_nothing_leave_the_guess(filled: Filled) -> None:
    filled.take(OPEN)
    asked = filled.fields.question
    assert asked
    assert not filled.fields.settle(asked, ["main"])
    assert (filled.place[2], filled.notes()) == ("feature/login", [(BRANCH, "branch_guessed")])


def test_a_late_answer_changes_nothing_of_what_was_edited_or_replaced(filled: Filled) -> None:
    filled.take(OPEN)
    asked = filled.fields.question
    assert asked
    filled.draft.put(BRANCH, "mine")
    assert (filled.notes(), filled.fields.settle(asked, ["feature"])) == ([], False)
    filled.take("acme/web")
    filled.draft.put(BRANCH, "")
    filled.take(OPEN.replace("web", "api"))
    assert not filled.fields.settle(asked, ["feature"])
    assert filled.place[2] == "feature/login"


# What is not used, and what a task takes.


@pytest.mark.parametrize("page", ["pull/12", "commit/abc1234", "compare/main...feature/x", "issues/3"])
def test_what_of_an_address_is_not_used_is_said(filled: Filled, page: str) -> None:
    assert filled.take(f"https://github.com/acme/web/{page}") == ("acme/web", ProviderType.GITHUB, "")
    assert filled.notes() == [(REPOSITORY, "address_partly_used")]
    assert filled.fields.notes()[0].ctx == {"rest": page}
    filled.take("acme/web")
    filled.take("acme/api")
    assert filled.notes() == []


@pytest.mark.parametrize(("page", "branch"), [("pull/12", ""), ("tree/main", "main"), ("commit/abc1234", "")])
def test_a_page_without_its_host_is_said_to_be_a_guess(filled: Filled, page: str, branch: str) -> None:
    assert filled.take(f"acme/web/{page}") == ("acme/web", None, branch)
    assert filled.notes() == [(REPOSITORY, "repository_guessed")]
    assert filled.take("acme/api") == ("acme/api", None, "")
    assert filled.notes() == []


def test_where_gitlab_is_chosen_groups_nest(filled: Filled) -> None:
    filled.take(NESTED)
    assert filled.take("acme/web/tree/main") == ("acme/web", None, "main")
    filled.take("https://github.com/acme/web")
    filled.draft.put(("git_provider",), ProviderType.GITLAB)
    for _again in range(2):
        nested = ("group/sub/tree/web", ProviderType.GITLAB, "")
        assert (filled.take("group/sub/tree/web"), filled.notes()) == (nested, [])


def a_task() -> tuple[LaunchDraft, DraftAddresses]:
    draft = LaunchDraft(kind=LaunchKind.SUGGESTED_TASK)
    return draft, DraftAddresses(draft)


def test_an_issue_fills_in_all_of_a_task_but_its_title() -> None:
    draft, fields = a_task()
    fields.take(TASK, "https://github.com/acme/web/issues/12", None)
    task = draft.suggested_task
    assert (task.repo, task.git_provider, task.issue_number) == ("acme/web", ProviderType.GITHUB, "12")
    assert (task.task_type, task.title) == (TaskType.OPEN_ISSUE, "")
    assert (fields.has_number(TASK), fields.notes()) == (True, [])


def test_a_pull_request_leaves_the_type_open() -> None:
    draft, fields = a_task()
    fields.take(TASK, "https://github.com/acme/web/issues/12", None)
    fields.take(TASK, "https://gitlab.com/acme/sub/web/-/merge_requests/8", None)
    task = draft.suggested_task
    assert (task.repo, task.git_provider, task.issue_number) == ("acme/sub/web", ProviderType.GITLAB, "8")
    assert task.task_type is None
    draft.put(("suggested_task", "task_type"), TaskType.FAILING_CHECKS)
    fields.take(TASK, "https://github.com/acme/web/pull/9", None)
    assert draft.suggested_task.task_type is TaskType.FAILING_CHECKS


# Two repositories, and one branch.

TREE = "https://github.com/acme/web/tree/main"
ISSUE = "https://github.com/acme/api/issues/12"


def test_only_the_repository_that_is_opened_brings_the_branch() -> None:
    draft, fields = a_task()
    fields.take(REPOSITORY, TREE, None)
    fields.take(TASK, OPEN, None)
    assert draft.selected_branch == "main"
    fields.take(TASK, ISSUE, None)
    assert draft.selected_branch == "main"
    assert draft.suggested_task.issue_number == "12"


def test_a_task_that_opens_its_own_repository_brings_the_branch_until_another_is_opened() -> None:
    draft, fields = a_task()
    fields.take(TASK, OPEN, None)
    assert draft.selected_branch == "feature/login"
    fields.take(REPOSITORY, "acme/other", None)
    assert (draft.selected_branch, fields.notes(), fields.question) == ("", [], None)
    fields.take(REPOSITORY, "", None)
    assert draft.selected_branch == "feature/login"
    assert [one.type for one in fields.notes()] == ["branch_guessed"]


def test_the_note_of_one_address_outlives_another_address() -> None:
    _draft, fields = a_task()
    fields.take(REPOSITORY, OPEN, None)
    fields.take(TASK, "https://github.com/acme/api/commit/abc1234", None)
    assert {(one.loc, one.type) for one in fields.notes()} == {
        (BRANCH, "branch_guessed"),
        (TASK, "address_partly_used"),
    }


def test_another_kind_takes_the_branch_of_its_own_repository_along() -> None:
    draft, fields = a_task()
    fields.take(TASK, TREE, None)
    draft.kind = LaunchKind.MESSAGE
    fields.change_kind()
    assert draft.selected_branch == ""
    draft.kind = LaunchKind.SUGGESTED_TASK
    fields.change_kind()
    assert draft.selected_branch == "main"


@pytest.mark.parametrize("edited", ["mine", ""])
def test_another_kind_changes_nothing_of_a_branch_that_was_edited(edited: str) -> None:
    draft, fields = a_task()
    fields.take(TASK, TREE, None)
    draft.selected_branch = edited
    for kind in (LaunchKind.MESSAGE, LaunchKind.SUGGESTED_TASK):
        draft.kind = kind
        fields.change_kind()
        assert draft.selected_branch == edited


def test_a_launch_that_uses_up_the_task_leaves_the_other_address_its_branch() -> None:
    draft, fields = a_task()
    fields.take(REPOSITORY, TREE, None)
    fields.take(TASK, ISSUE, None)
    fields.forget(TASK, "")
    fields.take(REPOSITORY, "acme/api", None)
    assert draft.selected_branch == ""


def test_a_form_that_is_filled_anew_keeps_the_branch_that_it_is_filled_with() -> None:
    draft, fields = a_task()
    fields.take(TASK, TREE, None)
    draft.put(REPOSITORY, "acme/other")
    fields.forget(REPOSITORY, "acme/other")
    fields.forget(TASK, "")
    fields.take(TASK, ISSUE, None)
    assert draft.selected_branch == "main"
