"""A repository, taken from what somebody pasted."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from app.wire.choices import ProviderType

HOSTS = {
    "github.com": ProviderType.GITHUB,
    "gitlab.com": ProviderType.GITLAB,
    "bitbucket.org": ProviderType.BITBUCKET,
}
_MAIN_BRANCHES = ("main", "master", "develop", "trunk")
_BRANCH_AFTER = {"tree": True, "branch": True, "commits": True, "src": False, "blob": False}
"""The word before a branch in a page's address, and whether the branch may go on over several steps."""
_GITLAB_PAGES = ("blame", "blob", "commits", "issues", "merge_requests", "raw", "tree", "wikis")
"""Where the name of a project ends if no `-` says it, as in GitLab's older addresses: groups nest."""
_NO_OWNERS = {
    ProviderType.GITHUB: "about account apps codespaces collections customer-stories enterprise enterprises "
    "explore features issues login marketplace new notifications organizations orgs pulls readme search "
    "security sessions settings sponsors stars topics trending users",
    ProviderType.GITLAB: "admin api dashboard explore groups help import oauth profile projects public s "
    "search snippets uploads users",
    ProviderType.BITBUCKET: "account blog dashboard product repo snippets support workspaces",
}
"""First steps of the host's own pages: what they lead to is no repository."""


@dataclass(frozen=True, slots=True)
class PastedRepository:
    repository: str
    git_provider: ProviderType | None
    selected_branch: str = ""


def pasted(text: str, hosts: Mapping[str, str | None] | None = None) -> PastedRepository | None:
    """`owner/name`, provider and branch of a pasted web or git address; None when it is no such address.

    `hosts`: provider → host of the server's own settings, if known. Plain `owner/name` is left alone.
    """
    text = text.strip()
    if scp := re.fullmatch(r"git@([\w.-]+):(.+)", text):
        text = f"ssh://{scp[1]}/{scp[2]}"
    elif re.match(r"(www\.)?(github\.com|gitlab\.com|bitbucket\.org)/", text):
        text = f"https://{text}"
    provider = _provider_of(_host_of(text), hosts or {})
    if provider is None or not re.match(r"(https?|ssh|git)://", text, re.IGNORECASE):
        return None
    return _from_path([unquote(step) for step in urlsplit(text).path.split("/") if step], provider)


def _provider_of(host: str, hosts: Mapping[str, str | None]) -> ProviderType | None:
    for provider, own in hosts.items():
        name = _host_of(own if "://" in own else f"//{own}") if own else ""
        if name and name == host and provider in set(ProviderType):
            return ProviderType(provider)
    return HOSTS.get(host)


def _host_of(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _from_path(steps: list[str], provider: ProviderType) -> PastedRepository | None:
    if not steps or steps[0].lower() in _NO_OWNERS.get(provider, "").split():
        return None
    cut = _end_of_name(steps, provider)
    names, page = steps[:cut], steps[cut:]
    names[-1:] = [name.removesuffix(".git") for name in names[-1:]]
    if len(names) < 2 or not all(re.fullmatch(r"[\w.-]+", name) for name in names):
        return None
    return PastedRepository("/".join(names), provider, _branch_of(page[1:] if page[:1] == ["-"] else page))


def _end_of_name(steps: list[str], provider: ProviderType) -> int:
    """How many steps name the repository."""
    if provider is not ProviderType.GITLAB:
        return 2
    ends = (at for at, step in enumerate(steps) if step == "-" or (at > 1 and step in _GITLAB_PAGES))
    return next(ends, len(steps))


def _branch_of(page: list[str]) -> str:
    """A branch may hold slashes, and a folder may follow it: the address does not tell them apart."""
    if len(page) < 2 or page[0] not in _BRANCH_AFTER:
        return ""
    whole = _BRANCH_AFTER[page[0]] and page[1] not in _MAIN_BRANCHES
    return "/".join(page[1:]) if whole else page[1]
