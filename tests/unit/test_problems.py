"""What stands in the way of a launch, and what it will do: a test for each P and W of the table of fields."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from app import messages
from app.client.v0.capabilities import V0
from app.core.conversations import ServerSettings
from app.core.draft import CreateMicroagentDraft, LaunchDraft, SuggestedTaskDraft
from app.core.kinds import LaunchKind
from app.core.problems import CheckedLaunch, check
from app.core.servers import Capabilities, ServerFacts
from app.core.session import Session, SessionKey
from app.core.sessions import SessionBook
from app.errors import Loc, Problem
from app.wire.choices import ProviderType, TaskType
from app.wire.schemas import MCPConfig, MCPSHTTPServerConfig, MCPSSEServerConfig, MCPStdioServerConfig
from tests.unit import v0

WITH_TOKENS = ServerFacts(settings=ServerSettings(git_hosts={"gitlab": None}), settings_known=True)
AS_RELEASED = ServerFacts(capabilities=V0)
WITHOUT_TOKENS = ServerFacts(settings=ServerSettings(git_hosts={}), settings_known=True)
REPLAY = json.dumps([{"action": "message", "source": "user", "args": {"content": "Fix it"}}])
Found = tuple[Loc, str]


def a_task(**other: Any) -> LaunchDraft:
    task: dict[str, Any] = {"git_provider": ProviderType.GITHUB, "task_type": TaskType.OPEN_ISSUE}
    task |= {"repo": "o/n", "issue_number": "7", "title": "It breaks"} | other
    return LaunchDraft(kind=LaunchKind.SUGGESTED_TASK, suggested_task=SuggestedTaskDraft(**task))


def a_microagent(repo: str = "o/n", **other: Any) -> LaunchDraft:
    about = CreateMicroagentDraft(repo=repo)
    return LaunchDraft(
        kind=LaunchKind.MICROAGENT, create_microagent=about, **{"microagent_msg": "Write it", **other}
    )


def problems(draft: LaunchDraft, facts: ServerFacts, running: Sequence[Session] = ()) -> list[Problem]:
    """What blocks, and what is only warned of, in the order in which it is said."""
    checked = check(draft, facts, running)
    return list(checked.warnings) if isinstance(checked, CheckedLaunch) else checked


def blocking(
    draft: LaunchDraft, facts: ServerFacts = WITH_TOKENS, running: Sequence[Session] = ()
) -> list[Found]:
    return [(one.loc, one.type) for one in problems(draft, facts, running) if one.blocks]


def warned(
    draft: LaunchDraft, facts: ServerFacts = WITH_TOKENS, running: Sequence[Session] = ()
) -> list[Found]:
    """The warnings of a draft that is right."""
    found = problems(draft, facts, running)
    assert not any(one.blocks for one in found)
    return [(one.loc, one.type) for one in found]


@pytest.mark.parametrize("draft", [LaunchDraft(), LaunchDraft(repository="o/n"), a_task(), a_microagent()])
@pytest.mark.parametrize("facts", [ServerFacts(), WITH_TOKENS])
def test_a_right_draft_has_neither_problem_nor_warning(draft: LaunchDraft, facts: ServerFacts) -> None:
    assert problems(draft, facts) == []


# repository


def test_what_is_no_repository_is_a_problem() -> None:
    assert blocking(LaunchDraft(repository="no repository")) == [(("repository",), "repository_name")]


OWN_GITLAB = ServerFacts(settings=ServerSettings(git_hosts={"gitlab": "git.acme.example"}))


@pytest.mark.parametrize(
    "text",
    [
        "https://codeberg.org/acme/web",
        "codeberg.org/acme/web",
        "dev.azure.com/acme/Shop/_git/web",
        "git@codeberg.org:acme/web.git",
        "git.other.example/platform/web",
    ],
)
def test_what_is_at_an_unknown_host_is_refused_with_the_hosts_that_the_server_knows(text: str) -> None:
    for draft, loc in (
        (LaunchDraft(repository=text), ("repository",)),
        (a_microagent(text), ("create_microagent", "repo")),
        (a_task(repo=text), ("suggested_task", "repo")),
    ):
        for facts, hosts in (
            (ServerFacts(), "github.com, gitlab.com, bitbucket.org"),
            (WITH_TOKENS, "gitlab.com"),
            (OWN_GITLAB, "git.acme.example"),
        ):
            found = [one for one in problems(draft, facts) if one.blocks]
            assert [(one.loc, one.type) for one in found] == [(loc, "repository_host")]
            assert found[0].ctx["hosts"] == hosts
            assert text.startswith(str(found[0].ctx["host"])) or str(found[0].ctx["host"]) in text


@pytest.mark.parametrize("text", ["github.com/acme", "https://github.com/settings/tokens"])
def test_a_known_host_without_a_repository_is_no_repository(text: str) -> None:
    assert blocking(LaunchDraft(repository=text)) == [(("repository",), "repository_name")]


def test_a_group_of_gitlab_may_have_a_dot_in_its_name() -> None:
    assert blocking(LaunchDraft(repository="jane.doe/web")) == []
    nested = LaunchDraft(repository="acme.io/sub/web", git_provider=ProviderType.GITLAB)
    assert blocking(nested) == []
    assert blocking(LaunchDraft(repository="acme.io/sub/web")) == [(("repository",), "repository_host")]


@pytest.mark.parametrize("draft", [LaunchDraft(repository="o/n"), a_task(), a_microagent()])
def test_a_repository_is_a_problem_where_the_server_has_no_git_token(draft: LaunchDraft) -> None:
    assert blocking(draft, WITHOUT_TOKENS) == [(("repository",), "no_git_token")]


@pytest.mark.parametrize(
    "facts",
    [
        ServerFacts(),
        ServerFacts(settings_known=True),
        ServerFacts(settings=ServerSettings(), settings_known=True),
    ],
)
def test_nothing_is_said_of_tokens_that_are_not_known(facts: ServerFacts) -> None:
    assert problems(LaunchDraft(repository="o/n"), facts) == []


def test_a_launch_without_repository_needs_no_token() -> None:
    assert problems(LaunchDraft(initial_user_msg="Hello", repository=" "), WITHOUT_TOKENS) == []


@pytest.mark.parametrize("draft", [a_task(), a_microagent()])
def test_another_repository_than_the_tasks_own_is_a_problem(draft: LaunchDraft) -> None:
    draft.put(("repository",), " o/n ")
    assert blocking(draft) == []
    draft.put(("repository",), "o/m")
    assert blocking(draft) == [(("repository",), "repository_differs")]
    assert problems(draft, WITH_TOKENS)[0].ctx == {"own": "o/n"}


# git_provider


@pytest.mark.parametrize("provider", [ProviderType.GITHUB, ProviderType.ENTERPRISE_SSO])
def test_a_provider_without_repository_is_warned_of(provider: ProviderType) -> None:
    assert warned(LaunchDraft(git_provider=provider)) == [(("git_provider",), "without_repository")]


def test_a_provider_beside_a_microagents_own_repository_has_an_effect() -> None:
    assert warned(a_microagent(git_provider=ProviderType.GITHUB)) == []


def test_enterprise_sso_is_warned_of() -> None:
    draft = LaunchDraft(repository="o/n", git_provider=ProviderType.ENTERPRISE_SSO)
    assert warned(draft) == [(("git_provider",), "provider_sso")]


def test_enterprise_sso_in_a_task_is_a_problem() -> None:
    draft = a_task(git_provider=ProviderType.ENTERPRISE_SSO)
    assert blocking(draft) == [(("suggested_task", "git_provider"), "task_provider")]


def test_a_task_takes_its_own_provider_and_says_nothing_of_the_other() -> None:
    draft = a_task()
    draft.put(("git_provider",), ProviderType.ENTERPRISE_SSO)
    assert problems(draft, WITH_TOKENS) == []


# selected_branch


def test_what_is_no_ref_name_is_a_problem() -> None:
    draft = LaunchDraft(repository="o/n", selected_branch="a..b")
    assert blocking(draft) == [(("selected_branch",), "branch_name")]


def test_a_branch_without_repository_is_warned_of() -> None:
    draft = LaunchDraft(selected_branch="main")
    assert warned(draft) == [(("selected_branch",), "without_repository")]
    draft.put(("repository",), "o/n")
    assert warned(draft) == []


@pytest.mark.parametrize("draft", [a_task(), a_microagent()])
def test_a_branch_of_a_tasks_own_repository_has_an_effect(draft: LaunchDraft) -> None:
    draft.put(("selected_branch",), "main")
    assert warned(draft) == []


# initial_user_msg, microagent_msg, image_urls, conversation_instructions


def test_a_message_may_be_empty_and_a_microagents_may_not() -> None:
    assert problems(LaunchDraft(initial_user_msg=" "), WITH_TOKENS) == []
    assert blocking(a_microagent(microagent_msg=" \n")) == [(("microagent_msg",), "missing")]


def test_an_image_that_the_model_could_not_read_is_a_problem_at_its_place() -> None:
    draft = LaunchDraft(image_urls=["https://a.example/x.png", "data:image/svg+xml;base64,AAAA"])
    assert blocking(draft) == [(("image_urls", 1), "image_type")]


def test_instructions_are_never_a_problem() -> None:
    assert problems(LaunchDraft(conversation_instructions="Be brief"), WITH_TOKENS) == []


# mcp_config

FILES = MCPStdioServerConfig(name="files", command="npx")
SSE = MCPSSEServerConfig(url="https://a.example", api_key=SecretStr("key"))
SHTTP = MCPSHTTPServerConfig(url="https://a.example")


@pytest.mark.parametrize(
    ("config", "name"),
    [
        (MCPConfig(stdio_servers=[FILES, FILES]), "files"),
        (MCPConfig(sse_servers=[SSE], shttp_servers=[SHTTP]), "a.example"),
    ],
)
def test_equal_names_of_mcp_servers_are_warned_of_once(config: MCPConfig, name: str) -> None:
    found = problems(LaunchDraft(mcp_config=config), WITH_TOKENS)
    assert [(one.loc, one.type, one.ctx, one.blocks) for one in found] == [
        (("mcp_config",), "mcp_equal", {"name": name}, False)
    ]


def test_different_names_of_mcp_servers_are_not() -> None:
    assert warned(LaunchDraft(mcp_config=MCPConfig(sse_servers=[SSE], stdio_servers=[FILES]))) == []


STORED = ServerFacts(
    settings=ServerSettings(mcp_servers=("https://b.example", "x")),
)


@pytest.mark.parametrize(
    "draft", [LaunchDraft(mcp_config=MCPConfig(stdio_servers=[FILES])), LaunchDraft(no_mcp_servers=True)]
)
def test_to_replace_the_servers_stored_mcp_servers_is_warned_of(draft: LaunchDraft) -> None:
    found = problems(draft, STORED)
    assert [(one.loc, one.type, one.ctx, one.blocks) for one in found] == [
        (("mcp_config",), "mcp_replaces", {"count": 2}, False)
    ]
    assert problems(draft, WITH_TOKENS) == []


def test_to_use_the_servers_stored_mcp_servers_is_not() -> None:
    assert warned(LaunchDraft(), STORED) == []


# suggested_task


@pytest.mark.parametrize("type_", TaskType)
def test_the_types_that_crash_the_server_are_offered_and_a_problem(type_: TaskType) -> None:
    crashes = type_ in (TaskType.OPEN_PR, TaskType.CREATE_MICROAGENT)
    wanted: list[Found] = [(("suggested_task", "task_type"), "task_crashes")] if crashes else []
    assert blocking(a_task(task_type=type_), AS_RELEASED) == wanted


def test_a_task_needs_all_its_fields() -> None:
    assert blocking(LaunchDraft(kind=LaunchKind.SUGGESTED_TASK)) == [
        (("suggested_task", name), "missing") for name in SuggestedTaskDraft.model_fields
    ]


# create_microagent


def test_a_microagent_needs_a_repository() -> None:
    assert blocking(a_microagent(repo=" ")) == [(("create_microagent", "repo"), "missing")]


# replay_json


def test_a_replay_runs_its_commands_for_real_and_says_so() -> None:
    assert warned(LaunchDraft(kind=LaunchKind.REPLAY, replay_json=REPLAY)) == [
        (("replay_json",), "replay_runs")
    ]


def test_how_many_events_of_a_replay_are_left_out_is_said() -> None:
    events = json.loads(REPLAY)
    text = json.dumps({"trajectory": [{"action": "system", "source": "agent", "args": {}}, *events]})
    found = problems(LaunchDraft(kind=LaunchKind.REPLAY, replay_json=text), WITH_TOKENS)
    assert [(one.type, one.ctx, one.blocks) for one in found] == [
        ("replay_runs", {}, False),
        ("replay_left_out", {"count": 1, "events": 2}, False),
    ]


def test_what_is_no_replay_is_a_problem() -> None:
    assert blocking(LaunchDraft(kind=LaunchKind.REPLAY)) == [(("replay_json",), "missing")]
    assert blocking(LaunchDraft(kind=LaunchKind.REPLAY, replay_json="[]")) == [
        (("replay_json",), "replay_empty")
    ]


def test_a_replay_under_another_kind_says_nothing() -> None:
    assert problems(LaunchDraft(replay_json="[]"), WITH_TOKENS) == []


# conversation_id


def test_a_conversation_id_matters_only_where_the_server_takes_it() -> None:
    draft = LaunchDraft(conversation_id="x")
    assert problems(draft, ServerFacts()) == []
    assert blocking(draft, ServerFacts(capabilities=Capabilities())) == [
        (("conversation_id",), "conversation_id")
    ]


# The server


@pytest.mark.parametrize(("running", "warns"), [(0, False), (2, False), (3, True), (7, True)])
def test_one_more_than_a_server_runs_at_once_is_warned_of(running: int, warns: bool) -> None:
    book = a_book(range(running))
    found = problems(LaunchDraft(), AS_RELEASED, book.running())
    facts = {"running": running, "title": "Conversation 0"}
    assert [(one.loc, one.type, one.ctx, one.blocks) for one in found] == (
        [((), "many_running", facts, False)] if warns else []
    )


def test_the_one_that_would_be_closed_is_named_also_when_it_has_finished() -> None:
    book = a_book([5, 1, 9])
    assert [one.title for one in book.running()] == ["Conversation 1", "Conversation 5", "Conversation 9"]
    [found] = problems(LaunchDraft(), AS_RELEASED, book.running())
    assert messages.problem(found) == (
        "The server has 3 conversations open, including finished ones. One more may close “Conversation 1”, "
        "the least recently updated."
    )
    book.apply_updates("1" * 32, [v0.in_state(1, "finished")])
    assert book.running()[0].title == "Conversation 1"
    book.mark_stopped(book.running()[0].key)
    assert [one.title for one in book.running()] == ["Conversation 5", "Conversation 9"]


def test_a_long_title_leaves_the_sentence_short_and_one_without_has_a_name() -> None:
    [found] = problems(LaunchDraft(), AS_RELEASED, [Session(SessionKey("1"), title="x" * 200)] * 3)
    assert len(messages.problem(found)) < 170
    [found] = problems(LaunchDraft(), AS_RELEASED, [Session(SessionKey("1"))] * 3)
    assert "“New conversation”" in messages.problem(found)


def a_book(minutes: Iterable[int]) -> SessionBook:
    """Conversations that were created last first, and updated in the order of their numbers."""
    book, born = SessionBook(), datetime(2026, 11, 24, tzinfo=UTC)
    for number in minutes:
        info = {
            "conversation_id": str(number) * 32,
            "title": f"Conversation {number}",
            "status": "RUNNING",
            "created_at": born - timedelta(hours=number),
            "last_updated_at": born + timedelta(minutes=number),
        }
        book.apply_page([v0.listed(**info)])
    return book


def test_problems_and_warnings_come_together() -> None:
    draft = LaunchDraft(
        kind=LaunchKind.REPLAY, replay_json="{}", git_provider=ProviderType.GITHUB, selected_branch="a b"
    )
    found = {(one.loc[0], one.type, one.blocks) for one in problems(draft, WITHOUT_TOKENS)}
    assert found == {
        ("selected_branch", "branch_spaces", True),
        ("replay_json", "replay_no_list", True),
        ("git_provider", "without_repository", False),
        ("selected_branch", "without_repository", False),
    } | ({("replay_json", "replay_runs", False)})
