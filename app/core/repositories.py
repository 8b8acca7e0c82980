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
    if provider is ProviderType.GITLAB:
        cut = steps.index("-") if "-" in steps else len(steps)
        names, page = steps[:cut], steps[cut + 1 :]
    else:
        names, page = steps[:2], steps[2:]
    names[-1:] = [name.removesuffix(".git") for name in names[-1:]]
    if len(names) < 2 or not all(re.fullmatch(r"[\w.-]+", name) for name in names):
        return None
    return PastedRepository("/".join(names), provider, _branch_of(page))


def _branch_of(page: list[str]) -> str:
    """A branch may hold slashes, and a folder may follow it: the address does not tell them apart."""
    if len(page) < 2 or page[0] not in _BRANCH_AFTER:
        return ""
    whole = _BRANCH_AFTER[page[0]] and page[1] not in _MAIN_BRANCHES
    return "/".join(page[1:]) if whole else page[1]
