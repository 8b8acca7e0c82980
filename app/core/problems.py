"""What stands in the way of a launch, and what it will do that one may not expect; or else a launch to be sent.

`to_request` finds what is wrong with the text; here is what only shows between fields, or with the server's
facts.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app import foreign_text, formats, messages
from app.core.draft import LaunchDraft
from app.core.kinds import LaunchKind
from app.core.mcp import name_of, servers_of
from app.core.repositories import host_in, is_known, known_hosts, pasted
from app.core.servers import ServerFacts
from app.core.session import Session
from app.errors import Loc, Problem
from app.wire import replay
from app.wire.choices import ProviderType
from app.wire.schemas import InitSessionRequest

_TITLE = 50
"""So many characters of a title stand in a sentence."""


@dataclass(frozen=True, slots=True)
class CheckedLaunch:
    """A launch that is ready to be sent. `check` makes it, so draft and request say the same."""

    draft: LaunchDraft
    """As it was when it was checked; later typing does not change it."""
    request: InitSessionRequest
    warnings: tuple[Problem, ...] = ()


def check(
    draft: LaunchDraft,
    facts: ServerFacts,
    running: Sequence[Session] = (),
    also: Iterable[Problem] = (),
) -> CheckedLaunch | list[Problem]:
    """This draft as a launch on this server; or, where something blocks it, all problems and warnings.

    `running`: the conversations that the server runs now, first what it would close. `also`: what its caller has
    found; it is said first.
    """
    request = draft.to_request(with_id=facts.capabilities.takes("conversation_id"))
    found = [*also, *_problems(draft, facts, running, request)]
    if isinstance(request, list) or any(one.blocks for one in found):
        return found
    return CheckedLaunch(draft.copy_of(), request, tuple(found))


def _problems(
    draft: LaunchDraft,
    facts: ServerFacts,
    running: Sequence[Session],
    request: InitSessionRequest | list[Problem],
) -> list[Problem]:
    at_hosts = _of_addresses(draft, facts)
    told = {one.loc for one in at_hosts}
    wrong = [one for one in (request if isinstance(request, list) else []) if one.loc not in told]
    found = [
        *at_hosts,
        *_of_repository(draft, facts),
        *_of_provider(draft),
        *_of_branch(draft),
        *_of_mcp_servers(draft, facts),
        *_of_kind(draft, facts),
        *_of_server(running, facts),
        *filter(None, map(facts.capabilities.why_not, draft.fields_sent())),
    ]
    return [*wrong, *found]


def _of_addresses(draft: LaunchDraft, facts: ServerFacts) -> list[Problem]:
    """What is written like an address and could not be taken apart: the server would take it for `owner/name`."""
    found = []
    for loc, provider in draft.repositories().items():
        text = str(draft.get(loc))
        host = host_in(text, facts.git_hosts)
        if is_known(host, facts.git_hosts):
            if pasted(text, facts.git_hosts) is None:
                found.append(Problem(loc=loc, type="repository_name"))
        elif host and not (provider is ProviderType.GITLAB and _may_be_a_group(text)):
            hosts = formats.listing(known_hosts(facts.git_hosts))
            found.append(Problem(loc=loc, type="repository_host", ctx={"host": host, "hosts": hosts}))
    return found


def _may_be_a_group(text: str) -> bool:
    """GitLab allows a dot in the name of a group."""
    return "://" not in text and "@" not in text and text.partition("/")[0].count(".") == 1


def _of_repository(draft: LaunchDraft, facts: ServerFacts) -> list[Problem]:
    chosen, own = draft.repository.strip(), draft.own_repository
    found = []
    if chosen and own and chosen != own:
        found.append(Problem(loc=("repository",), type="repository_differs", ctx={"own": own}))
    if (chosen or own) and facts.git_hosts == {}:
        found.append(Problem(loc=("repository",), type="no_git_token"))
    return found


def _of_provider(draft: LaunchDraft) -> list[Problem]:
    in_task = draft.kind is LaunchKind.SUGGESTED_TASK
    if in_task and draft.suggested_task.git_provider is ProviderType.ENTERPRISE_SSO:
        return [Problem(loc=("suggested_task", "git_provider"), type="task_provider")]
    if draft.git_provider is None or in_task:
        return []
    if not draft.repository.strip() and not draft.own_repository:
        return [Problem.warning(("git_provider",), "without_repository")]
    if draft.git_provider is ProviderType.ENTERPRISE_SSO:
        return [Problem.warning(("git_provider",), "provider_sso")]
    return []


def _of_branch(draft: LaunchDraft) -> list[Problem]:
    if draft.selected_branch.strip() and not draft.repository.strip() and not draft.own_repository:
        return [Problem.warning(("selected_branch",), "without_repository")]
    return []


def _of_mcp_servers(draft: LaunchDraft, facts: ServerFacts) -> list[Problem]:
    loc: Loc = ("mcp_config",)
    ours = draft.mcp_config
    names = Counter(map(name_of, servers_of(ours)))
    found = [Problem.warning(loc, "mcp_equal", name=name) for name, times in names.items() if times > 1]
    count = len(facts.settings.mcp_servers) if facts.settings else 0
    if count and (names or draft.no_mcp_servers):
        found.append(Problem.warning(loc, "mcp_replaces", count=count))
    return found


def _of_kind(draft: LaunchDraft, facts: ServerFacts) -> list[Problem]:
    fails = draft.suggested_task.task_type in facts.capabilities.fails_on_tasks
    if draft.kind is LaunchKind.SUGGESTED_TASK and fails:
        return [Problem(loc=("suggested_task", "task_type"), type="task_crashes")]
    if draft.kind is LaunchKind.REPLAY and draft.replay_json:
        return _of_replay(draft.replay_json)
    return []


def _of_replay(text: str) -> list[Problem]:
    loc: Loc = ("replay_json",)
    notes = [Problem.warning(loc, "replay_runs")]
    found = replay.read(text)
    if not isinstance(found, Problem) and found.left_out:
        notes.append(Problem.warning(loc, "replay_left_out", count=found.left_out, events=found.events))
    return notes


def _of_server(running: Sequence[Session], facts: ServerFacts) -> list[Problem]:
    at_once = facts.capabilities.running_at_once
    if at_once is None or len(running) < at_once:
        return []
    title = foreign_text.safe_text(running[0].title, limit=_TITLE, single_line=True) or messages.untitled("")
    return [Problem.warning((), "many_running", running=len(running), title=title)]
