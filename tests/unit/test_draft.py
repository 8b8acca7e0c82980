"""The draft: what each kind sends and keeps back, and how it is read, set, watched, copied and cleared."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from app import messages
from app.core.draft import CreateMicroagentDraft, LaunchDraft, SuggestedTaskDraft, without_empty_values
from app.core.kinds import COMMON, FIELDS_OF, REQUIRED_OF, LaunchKind
from app.core.microagent_message import microagent_message
from app.errors import Loc, Problem
from app.wire.choices import ProviderType, TaskType
from app.wire.schemas import (
    InitSessionRequest,
    MCPConfig,
    MCPSHTTPServerConfig,
    MCPSSEServerConfig,
    MCPStdioServerConfig,
)

ID = "0123456789abcdef0123456789abcdef"
REPLAY = json.dumps([{"action": "message", "source": "user", "args": {"content": "Fix it"}}])
MCP = MCPConfig(
    sse_servers=[MCPSSEServerConfig(url="https://a.example/sse", api_key=SecretStr("key"))],
    stdio_servers=[
        MCPStdioServerConfig(name="files", command="npx", args=["-y", ""], env={"A": SecretStr("")})
    ],
    shttp_servers=[MCPSHTTPServerConfig(url="https://a.example/mcp")],
)
MCP_SENT = {
    "sse_servers": [{"url": "https://a.example/sse", "api_key": "key"}],
    "stdio_servers": [{"name": "files", "command": "npx", "args": ["-y", ""], "env": {"A": ""}}],
    "shttp_servers": [{"url": "https://a.example/mcp"}],
}


def a_task(**other: Any) -> SuggestedTaskDraft:
    return SuggestedTaskDraft(
        **{
            "git_provider": ProviderType.GITHUB,
            "task_type": TaskType.OPEN_ISSUE,
            "repo": "o/n",
            "issue_number": "7",
            "title": "It breaks",
            **other,
        }
    )


def a_full_draft(kind: LaunchKind, **other: Any) -> LaunchDraft:
    """Every field typed into, whatever the kind."""
    return LaunchDraft(
        **{
            "kind": kind,
            "repository": "o/n",
            "git_provider": ProviderType.GITLAB,
            "selected_branch": "main",
            "initial_user_msg": " Fix it\n",
            "microagent_msg": "Write it",
            "image_urls": ["https://a.example/x.png"],
            "conversation_instructions": "Be brief",
            "mcp_config": MCP,
            "suggested_task": a_task(),
            "create_microagent": CreateMicroagentDraft(
                repo="o/n", git_provider=ProviderType.GITHUB, title="Lint"
            ),
            "replay_json": REPLAY,
            "conversation_id": ID,
            **other,
        }
    )


def sent(draft: LaunchDraft, *, with_id: bool = False) -> dict[str, Any]:
    """What goes over the wire."""
    request = draft.to_request(with_id=with_id)
    assert isinstance(request, InitSessionRequest), request
    body = json.loads(request.body())
    assert isinstance(body, dict)
    return body


def refused(draft: LaunchDraft, *, with_id: bool = False) -> list[tuple[Loc, str]]:
    """Where it is wrong, and how."""
    problems = draft.to_request(with_id=with_id)
    assert isinstance(problems, list)
    assert problems
    assert all(one.blocks for one in problems)
    return [(one.loc, one.type) for one in problems]


# What each kind sends.

TASK_SENT = {
    "git_provider": "github",
    "task_type": "OPEN_ISSUE",
    "repo": "o/n",
    "issue_number": 7,
    "title": "It breaks",
}
COMMON_SENT = {
    "repository": "o/n",
    "git_provider": "gitlab",
    "selected_branch": "main",
    "conversation_instructions": "Be brief",
    "mcp_config": MCP_SENT,
}
SENT: dict[LaunchKind, dict[str, Any]] = {
    LaunchKind.MESSAGE: {"initial_user_msg": " Fix it\n", "image_urls": ["https://a.example/x.png"]},
    LaunchKind.SUGGESTED_TASK: {"suggested_task": TASK_SENT, "git_provider": "github"},
    LaunchKind.MICROAGENT: {
        "initial_user_msg": "Write it",
        "image_urls": ["https://a.example/x.png"],
        "create_microagent": {"repo": "o/n", "git_provider": "github", "title": "Lint"},
    },
    LaunchKind.REPLAY: {"replay_json": REPLAY},
}


@pytest.mark.parametrize("kind", LaunchKind)
def test_only_the_fields_of_the_visible_kind_are_sent(kind: LaunchKind) -> None:
    assert sent(a_full_draft(kind)) == COMMON_SENT | SENT[kind]


@pytest.mark.parametrize("kind", LaunchKind)
def test_a_conversation_id_is_sent_by_all_kinds_where_the_server_takes_it(kind: LaunchKind) -> None:
    draft = a_full_draft(kind)
    assert "conversation_id" not in sent(draft)
    assert sent(draft, with_id=True) == COMMON_SENT | SENT[kind] | {"conversation_id": ID}
    assert refused(a_full_draft(kind, conversation_id="x"), with_id=True) == [
        (("conversation_id",), "conversation_id")
    ]
    assert "conversation_id" not in sent(a_full_draft(kind, conversation_id="x"))


def test_every_field_of_the_draft_is_sent_by_some_kind_or_steers_what_is() -> None:
    steering = {"kind", "no_mcp_servers", "conversation_id", "has_own_microagent_msg"}
    assert set(LaunchDraft.model_fields) == set.union(*FIELDS_OF.values()) | steering


def test_an_untouched_message_is_a_launch_and_sends_nothing() -> None:
    assert sent(LaunchDraft()) == {}


@pytest.mark.parametrize("kind", LaunchKind)
def test_every_other_kind_requires_its_own_fields(kind: LaunchKind) -> None:
    task: list[tuple[Loc, str]] = [
        (("suggested_task", name), "missing") for name in SuggestedTaskDraft.model_fields
    ]
    wanted: dict[LaunchKind, list[tuple[Loc, str]]] = {
        LaunchKind.MESSAGE: [],
        LaunchKind.SUGGESTED_TASK: task,
        LaunchKind.MICROAGENT: [(("microagent_msg",), "missing"), (("create_microagent", "repo"), "missing")],
        LaunchKind.REPLAY: [(("replay_json",), "missing")],
    }
    answer = LaunchDraft(kind=kind).to_request()
    assert [(one.loc, one.type) for one in answer if isinstance(one, Problem)] == wanted[kind]


@pytest.mark.parametrize("name", SuggestedTaskDraft.model_fields)
def test_a_task_needs_all_its_five_fields(name: str) -> None:
    blank = SuggestedTaskDraft.model_fields[name].default
    draft = a_full_draft(LaunchKind.SUGGESTED_TASK, suggested_task=a_task(**{name: blank}))
    assert refused(draft) == [(("suggested_task", name), "missing")]


@pytest.mark.parametrize(
    ("typed", "type_"),
    [
        ("seven", "int_parsing"),
        ("0", "greater_than_equal"),
        ("-3", "greater_than_equal"),
        ("1.5", "int_parsing"),
    ],
)
def test_the_number_of_an_issue_is_a_whole_number_from_one(typed: str, type_: str) -> None:
    draft = a_full_draft(LaunchKind.SUGGESTED_TASK, suggested_task=a_task(issue_number=typed))
    assert refused(draft) == [(("suggested_task", "issue_number"), type_)]


@pytest.mark.parametrize("typed", ["7", " 7 ", "007"])
def test_the_number_of_an_issue_may_have_spaces_around_it(typed: str) -> None:
    draft = a_full_draft(LaunchKind.SUGGESTED_TASK, suggested_task=a_task(issue_number=typed))
    assert sent(draft)["suggested_task"]["issue_number"] == 7


# What a task or a microagent sends in place of the conversation's own fields.


def test_a_task_sends_its_own_repository_and_always_its_own_provider() -> None:
    body = sent(LaunchDraft(kind=LaunchKind.SUGGESTED_TASK, suggested_task=a_task(repo=" o/n ")))
    assert (body["repository"], body["git_provider"]) == ("o/n", "github")
    other = sent(
        LaunchDraft(kind=LaunchKind.SUGGESTED_TASK, suggested_task=a_task(), git_provider=ProviderType.GITLAB)
    )
    assert other["git_provider"] == "github"


def test_a_microagent_sends_its_own_repository_and_its_provider_unless_one_is_chosen() -> None:
    about = CreateMicroagentDraft(repo="o/n", git_provider=ProviderType.GITHUB)
    draft = LaunchDraft(kind=LaunchKind.MICROAGENT, create_microagent=about, microagent_msg="Write it")
    assert {**sent(draft), "create_microagent": None} == {
        "repository": "o/n",
        "git_provider": "github",
        "initial_user_msg": "Write it",
        "create_microagent": None,
    }
    draft.put(("git_provider",), ProviderType.BITBUCKET)
    assert sent(draft)["git_provider"] == "bitbucket"


@pytest.mark.parametrize(
    ("kind", "part"),
    [(LaunchKind.SUGGESTED_TASK, "suggested_task"), (LaunchKind.MICROAGENT, "create_microagent")],
)
def test_a_wrong_repository_is_a_problem_where_it_was_typed_and_nowhere_else(
    kind: LaunchKind, part: str
) -> None:
    draft = a_full_draft(kind, repository="")
    draft.put((part, "repo"), "no repository")
    draft.put(("microagent_msg",), "Write it")
    assert refused(draft) == [((part, "repo"), "repository_name")]
    draft.put((part, "repo"), "o/n")
    draft.put(("repository",), "no repository")
    assert refused(draft) == [(("repository",), "repository_name")]


def test_what_the_server_says_of_a_repository_that_the_task_gave_is_said_at_the_task() -> None:
    draft = LaunchDraft(kind=LaunchKind.SUGGESTED_TASK, suggested_task=a_task())
    told = draft.own(
        [Problem(loc=("repository",), type="repository_name"), Problem(loc=("git_provider",), type="enum")]
    )
    assert [one.loc for one in told] == [("suggested_task", "repo"), ("suggested_task", "git_provider")]


# Emptiness.


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ({"a": "", "b": None, "c": [], "d": {}, "e": " \n"}, {}),
        ({"a": 0, "b": False, "c": " x "}, {"a": 0, "b": False, "c": " x "}),
        ({"a": {"b": {"c": ""}}}, {}),
        ({"a": {"b": {"c": "", "d": 1}}}, {"a": {"b": {"d": 1}}}),
        ({"a": [{"b": "", "c": 1}, ""]}, {"a": [{"c": 1}, ""]}),
        ({"args": ["", " "], "env": {"A": "", "B": None}}, {"args": ["", " "], "env": {"A": "", "B": None}}),
        ({"args": [], "env": {}}, {}),
    ],
)
def test_what_is_empty_is_stripped_at_every_depth_but_not_inside_arguments(value: Any, kept: Any) -> None:
    assert without_empty_values(value) == kept


def test_an_untouched_mcp_form_sends_no_mcp_config_so_that_the_servers_own_are_used() -> None:
    assert "mcp_config" not in sent(LaunchDraft(mcp_config=MCPConfig(sse_servers=[], stdio_servers=[])))


@pytest.mark.parametrize("kind", LaunchKind)
def test_none_of_the_servers_own_sends_an_empty_mcp_config(kind: LaunchKind) -> None:
    assert sent(a_full_draft(kind, mcp_config=MCPConfig(), no_mcp_servers=True))["mcp_config"] == {}
    assert sent(a_full_draft(kind, no_mcp_servers=True))["mcp_config"] == MCP_SENT


@pytest.mark.parametrize(
    "name",
    ["repository", "selected_branch", "initial_user_msg", "conversation_instructions", "conversation_id"],
)
@pytest.mark.parametrize("typed", ["", " ", "\n\t "])
def test_a_field_of_only_spaces_is_empty(name: str, typed: str) -> None:
    draft = a_full_draft(LaunchKind.MESSAGE, **{name: typed})
    assert name not in sent(draft, with_id=True)


def test_texts_go_untrimmed_and_names_trimmed() -> None:
    draft = LaunchDraft(
        repository=" o/n ",
        selected_branch=" main\n",
        initial_user_msg="  a \n",
        conversation_instructions=" b ",
    )
    assert sent(draft) == {
        "repository": "o/n",
        "selected_branch": "main",
        "initial_user_msg": "  a \n",
        "conversation_instructions": " b ",
    }


# The one field whose name differs.


@pytest.mark.parametrize("kind", LaunchKind)
def test_only_a_microagents_message_has_another_name_on_the_wire(kind: LaunchKind) -> None:
    told = [
        Problem(loc=("initial_user_msg",), type="missing"),
        Problem(loc=("mcp_config", 0), type="missing"),
        Problem(type="x"),
    ]
    name = "microagent_msg" if kind is LaunchKind.MICROAGENT else "initial_user_msg"
    own = a_full_draft(kind).own(told)
    assert own == [told[0].at((name,)), *told[1:]]


def test_the_message_of_a_microagent_follows_its_repository_and_title_until_it_is_edited() -> None:
    draft = LaunchDraft(kind=LaunchKind.MICROAGENT)
    draft.put(("create_microagent", "repo"), "o/n")
    assert draft.microagent_msg == microagent_message("o/n", "")
    draft.put(("create_microagent", "title"), "Linting")
    assert draft.microagent_msg == microagent_message("o/n", "Linting")
    draft.put(("create_microagent", "git_provider"), ProviderType.GITHUB)
    assert draft.microagent_msg == microagent_message("o/n", "Linting")
    draft.put(("microagent_msg",), "My own")
    draft.put(("create_microagent", "title"), "Tests")
    assert draft.microagent_msg == "My own"


def test_a_microagents_message_goes_when_what_it_speaks_of_goes_and_comes_again() -> None:
    draft = LaunchDraft(kind=LaunchKind.MICROAGENT)
    draft.put(("create_microagent", "repo"), "o/n")
    draft.put(("create_microagent", "repo"), "")
    assert draft.microagent_msg == ""
    draft.put(("create_microagent", "repo"), "o/m")
    assert draft.microagent_msg == microagent_message("o/m", "")


# Reading, setting, watching.


def test_a_field_is_read_and_set_by_its_loc() -> None:
    draft = LaunchDraft()
    draft.put(("suggested_task", "title"), "It breaks")
    draft.put(("git_provider",), ProviderType.GITHUB)
    assert draft.get(("suggested_task", "title")) == draft.suggested_task.title == "It breaks"
    assert draft.get(("git_provider",)) is draft.git_provider is ProviderType.GITHUB
    assert draft.get(()) is draft


def test_a_watcher_hears_where_and_an_equal_value_changes_nothing() -> None:
    draft, heard = LaunchDraft(), list[Loc]()
    unwatch = draft.watch(heard.append)
    draft.put(("repository",), "o/n")
    draft.put(("repository",), "o/n")
    draft.put(("create_microagent", "title"), "Linting")
    assert heard == [("repository",), ("create_microagent", "title"), ("microagent_msg",)]
    unwatch()
    unwatch()
    draft.put(("repository",), "o/m")
    assert len(heard) == 3


def test_a_watcher_may_leave_while_it_is_told() -> None:
    draft, heard = LaunchDraft(), list[str]()

    def first(_: Loc) -> None:
        heard.append("first")
        leave()

    leave = draft.watch(first)
    draft.watch(lambda _: heard.append("second"))
    draft.put(("repository",), "o/n")
    draft.put(("repository",), "o/m")
    assert heard == ["first", "second", "second"]


def test_drafts_are_equal_when_they_hold_the_same_whoever_watches_them() -> None:
    one, other = LaunchDraft(), LaunchDraft()
    one.watch(print)
    assert one == other
    one.put(("suggested_task", "title"), "It breaks")
    assert one != other
    assert one != "LaunchDraft"


def test_two_drafts_share_nothing() -> None:
    one, other = LaunchDraft(), LaunchDraft()
    one.put(("suggested_task", "title"), "It breaks")
    one.put(("create_microagent", "title"), "Linting")
    one.image_urls.append("https://a.example/x.png")
    assert other == LaunchDraft()


# Copies.


def test_a_copy_is_untouched_by_later_typing_and_watched_by_nobody() -> None:
    draft, heard = a_full_draft(LaunchKind.MESSAGE), list[Loc]()
    draft.watch(heard.append)
    copy = draft.copy_of()
    assert copy == a_full_draft(LaunchKind.MESSAGE)
    draft.put(("suggested_task", "title"), "Typed on")
    draft.image_urls.append("https://b.example")
    assert copy == a_full_draft(LaunchKind.MESSAGE)
    heard.clear()
    copy.put(("repository",), "o/m")
    assert heard == []


def test_what_is_broken_under_another_kind_stops_no_copy() -> None:
    draft = a_full_draft(LaunchKind.MESSAGE)
    draft.put(("replay_json",), "\ud800")
    draft.put(("suggested_task", "title"), "\ud800")
    assert draft.copy_of() == draft


def test_to_take_another_draft_tells_every_watcher_and_shares_nothing_with_it() -> None:
    draft, heard = LaunchDraft(), list[Loc]()
    draft.watch(heard.append)
    other = a_full_draft(LaunchKind.MICROAGENT)
    draft.take(other, without=("conversation_id",))
    assert draft == a_full_draft(LaunchKind.MICROAGENT, conversation_id="")
    changed = set(LaunchDraft.model_fields) - {"no_mcp_servers", "conversation_id", "has_own_microagent_msg"}
    assert {loc[0] for loc in heard} == changed
    draft.put(("suggested_task", "title"), "Typed on")
    assert other == a_full_draft(LaunchKind.MICROAGENT)


def test_to_take_a_blank_draft_empties_everything() -> None:
    draft = a_full_draft(LaunchKind.MICROAGENT)
    draft.take(LaunchDraft())
    assert draft == LaunchDraft()


@pytest.mark.parametrize("message", ["", "My own"])
def test_to_take_a_microagent_takes_its_message_as_it_was(message: str) -> None:
    about = CreateMicroagentDraft(repo="o/n", title="Lint")
    taken = LaunchDraft(kind=LaunchKind.MICROAGENT, create_microagent=about, microagent_msg=message)
    draft = LaunchDraft()
    draft.take(taken)
    assert draft == taken


# After a launch.

KEPT = {
    "repository": "o/n",
    "git_provider": ProviderType.GITLAB,
    "selected_branch": "main",
    "conversation_instructions": "Be brief",
    "mcp_config": MCP,
}
USED_UP: dict[LaunchKind, set[str]] = {
    LaunchKind.MESSAGE: {"initial_user_msg", "image_urls"},
    LaunchKind.SUGGESTED_TASK: {"suggested_task"},
    LaunchKind.MICROAGENT: {"create_microagent", "microagent_msg", "image_urls"},
    LaunchKind.REPLAY: {"replay_json"},
}


@pytest.mark.parametrize("kind", LaunchKind)
def test_after_a_launch_what_it_used_up_is_cleared_and_the_rest_stays(kind: LaunchKind) -> None:
    draft = a_full_draft(kind)
    draft.clear_what_was_sent(draft.copy_of())
    blank = LaunchDraft()
    used_up = {name: blank.get((name,)) for name in USED_UP[kind] | {"conversation_id"}}
    assert draft == a_full_draft(kind, **used_up)
    assert not USED_UP[kind] & COMMON
    assert {name: draft.get((name,)) for name in KEPT} == KEPT


TYPED_ON: list[tuple[LaunchKind, Loc, Any]] = [
    (LaunchKind.MESSAGE, ("initial_user_msg",), "And then this"),
    (LaunchKind.MESSAGE, ("image_urls",), ["https://b.example/y.png"]),
    (LaunchKind.MESSAGE, ("conversation_id",), ID[::-1]),
    (LaunchKind.SUGGESTED_TASK, ("suggested_task", "title"), "Another"),
    (LaunchKind.MICROAGENT, ("microagent_msg",), "Another"),
    (LaunchKind.MICROAGENT, ("create_microagent", "title"), "Another"),
    (LaunchKind.REPLAY, ("replay_json",), "[]"),
]


@pytest.mark.parametrize(("kind", "loc", "value"), TYPED_ON)
def test_who_has_typed_on_keeps_it(kind: LaunchKind, loc: Loc, value: Any) -> None:
    draft = a_full_draft(kind)
    copy = draft.copy_of()
    draft.put(loc, value)
    draft.clear_what_was_sent(copy)
    assert draft.get(loc) == value
    blank = LaunchDraft()
    for name in USED_UP[kind] | {"conversation_id"} - {loc[0]}:
        if name != loc[0]:
            assert draft.get((name,)) == blank.get((name,)), name


def test_who_has_gone_to_another_kind_loses_nothing_there() -> None:
    draft = a_full_draft(LaunchKind.MESSAGE)
    copy = draft.copy_of()
    draft.put(("kind",), LaunchKind.REPLAY)
    draft.clear_what_was_sent(copy)
    assert (draft.initial_user_msg, draft.replay_json) == ("", REPLAY)


# Whatever is typed.

odd = st.characters() | st.sampled_from("\ud800\x00\u202e \n/.-_")
typed = st.text(odd, max_size=12) | st.sampled_from(
    ["", " ", "o/n", "main", ID, REPLAY, "7", "https://a.example/x"]
)
keys = st.none() | typed.map(SecretStr)
providers = st.none() | st.sampled_from(ProviderType)
mcp_servers = st.builds(
    MCPConfig,
    sse_servers=st.lists(
        st.builds(MCPSSEServerConfig, url=st.just("https://a.example"), api_key=st.none()), max_size=1
    ),
    stdio_servers=st.lists(
        st.builds(
            MCPStdioServerConfig,
            name=st.just("files"),
            command=st.just("npx"),
            args=st.lists(st.text(max_size=3), max_size=2),
            env=st.dictionaries(st.sampled_from("AB"), st.text(max_size=3).map(SecretStr), max_size=2),
        ),
        max_size=2,
    ),
)
drafts = st.builds(
    LaunchDraft.model_construct,
    kind=st.sampled_from(LaunchKind),
    repository=typed,
    git_provider=providers,
    selected_branch=typed,
    initial_user_msg=typed,
    microagent_msg=typed,
    image_urls=st.lists(typed, max_size=2),
    conversation_instructions=typed,
    mcp_config=mcp_servers,
    no_mcp_servers=st.booleans(),
    suggested_task=st.builds(
        SuggestedTaskDraft.model_construct,
        git_provider=providers,
        task_type=st.none() | st.sampled_from(TaskType),
        repo=typed,
        issue_number=typed,
        title=typed,
    ),
    create_microagent=st.builds(
        CreateMicroagentDraft.model_construct, repo=typed, git_provider=providers, title=typed
    ),
    replay_json=typed,
    conversation_id=typed,
)


@given(drafts, st.booleans())
def test_whatever_is_typed_becomes_a_request_or_problems_in_words_at_fields(
    draft: LaunchDraft, with_id: bool
) -> None:
    answer = draft.to_request(with_id=with_id)
    if isinstance(answer, InitSessionRequest):
        return
    assert answer
    for problem in answer:
        assert problem.blocks
        assert problem.loc[0] in FIELDS_OF[draft.kind] | {"conversation_id"}
        draft.get(tuple(step for step in problem.loc if isinstance(step, str)))  # there is such a field
        assert messages.problem(problem) not in ("", messages.problem(Problem(type="no such type")))


@given(drafts, st.booleans())
def test_a_request_survives_the_wire_and_holds_nothing_that_its_kind_does_not_send(
    draft: LaunchDraft, with_id: bool
) -> None:
    answer = draft.to_request(with_id=with_id)
    if isinstance(answer, list):
        return
    body = json.loads(answer.body())
    assert InitSessionRequest.model_validate(body) == answer
    wire_names = {"initial_user_msg" if name == "microagent_msg" else name for name in FIELDS_OF[draft.kind]}
    assert set(body) <= wire_names | ({"conversation_id"} if with_id else set())
    emptied = without_empty_values(body)
    assert body == (emptied | {"mcp_config": {}} if body.get("mcp_config") == {} else emptied)


names = st.from_regex(r"[a-z]{1,3}/[a-z]{1,3}", fullmatch=True)
right = st.builds(
    LaunchDraft,
    kind=st.sampled_from(LaunchKind),
    repository=st.just("") | names,
    git_provider=providers,
    selected_branch=st.sampled_from(["", "main", "feature/x"]),
    initial_user_msg=st.text(max_size=9),
    microagent_msg=st.text(min_size=1, max_size=9).map(lambda text: f"Write {text}"),
    image_urls=st.lists(st.just("https://a.example/x.png"), max_size=2),
    conversation_instructions=st.text(max_size=9),
    mcp_config=mcp_servers,
    suggested_task=st.builds(
        SuggestedTaskDraft,
        git_provider=st.sampled_from(ProviderType),
        task_type=st.sampled_from(TaskType),
        repo=names,
        issue_number=st.integers(1, 10**9).map(str),
        title=st.text(max_size=9).map(lambda text: f"Fix {text}"),
    ),
    create_microagent=st.builds(
        CreateMicroagentDraft, repo=names, git_provider=providers, title=st.text(max_size=9)
    ),
    replay_json=st.just(REPLAY),
)


@given(right)
def test_what_is_right_is_sent_whole(draft: LaunchDraft) -> None:
    body = sent(draft)
    for name in FIELDS_OF[draft.kind] - {"microagent_msg", "git_provider", "repository"}:
        value = draft.get((name,))
        dumped = without_empty_values(draft.model_dump(include={name}))
        assert (name in body) is bool(dumped), name
        if isinstance(value, str) and name in body:
            assert body[name] == value
    assert all(name in body for name in REQUIRED_OF[draft.kind])


@given(drafts, drafts)
def test_to_take_a_draft_is_to_become_it(one: LaunchDraft, other: LaunchDraft) -> None:
    one.take(other)
    assert one == other
