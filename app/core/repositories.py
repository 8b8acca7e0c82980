"""A repository, taken from what somebody pasted: one reading for the window and the command line."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from app.wire.choices import ProviderType
from app.wire.invisible import without_invisible
from app.wire.rules import REPOSITORY_NAME

Hosts = Mapping[str, str | None]
"""Provider → host of the server's own settings (None: its usual one), for each provider with a token."""

_USUAL: dict[str, str] = {
    ProviderType.GITHUB: "github.com",
    ProviderType.GITLAB: "gitlab.com",
    ProviderType.BITBUCKET: "bitbucket.org",
}
HOSTS = {host: ProviderType(provider) for provider, host in _USUAL.items()} | {
    "ssh.github.com": ProviderType.GITHUB,  # these let ssh through where only the port of https is open
    "altssh.gitlab.com": ProviderType.GITLAB,
    "altssh.bitbucket.org": ProviderType.BITBUCKET,
}
_RAW_GITHUB = "raw.githubusercontent.com"
"""Has the files of GitHub, without the word of a page before the branch."""
_DEFAULT_BRANCHES = ("main", "master")
_MAIN_BRANCHES = (*_DEFAULT_BRANCHES, "develop", "trunk")
"""Branches that nearly always have one step."""
_BRANCH_FAMILIES = (
    *("bug", "bugfix", "build", "chore", "ci", "dependabot", "docs", "feat", "feature", "fix", "hotfix"),
    *("perf", "refactor", "release", "renovate", "test"),
)
"""First steps of branches that nearly always have a second one."""
_VERSION = re.compile(r"v?\d+(\.\d+)+\S*")
_COMMIT = re.compile(r"[0-9a-f]{12}|[0-9a-f]{40}")
_NO_OWNERS = {
    ProviderType.GITHUB: "about account apps codespaces collections customer-stories enterprise enterprises "
    "explore features issues login marketplace new notifications organizations orgs pulls readme search "
    "security sessions settings sponsors stars topics trending users",
    ProviderType.GITLAB: "admin api dashboard explore groups help import oauth profile projects public s "
    "search snippets uploads users",
    ProviderType.BITBUCKET: "account blog dashboard product repo snippets support workspaces",
}
"""First steps of the host's own pages: what they lead to is no repository."""
_GITLAB_PAGES = ("blame", "blob", "commits", "issues", "merge_requests", "raw", "tree", "wikis")
"""Where the name of a project ends if no `-` says it, as in GitLab's older addresses: groups nest."""

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_GIT_SCHEMES = ("http", "https", "ssh", "git", "git+ssh", "git+https", "git+http", "ssh+git")
_SCP = re.compile(
    r"(?:[^@/\s]+@(?P<host>[\w.-]+)|(?P<bare>[\w.-]{2,}))(?!:\d+/[^/]+/[^/]):(?!//)(?P<path>[^\s@]+)"
)
"""git's short form: `git@github.com:acme/web.git`, with any user or none; but `host:8443/acme/web` has a port."""
_HOST_NAME = re.compile(
    r"(([a-z0-9-]+\.)+[a-z]{2,}|\d+(\.\d+){1,3}|localhost)(:\d+)?|[a-z0-9-]+:\d+", re.IGNORECASE
)
_AROUND = re.compile(
    r"!?\[[^\]]*\]\((?P<link>\S+)\)|(?:\$\s+)?(?:git|gh\s+repo)\s+clone\s+(?P<clone>[^\s-]\S*)(?:\s+[\w.-]+/?)?"
)
"""A link of Markdown, a command that clones."""


class Page(StrEnum):
    """What a page with a number is about."""

    ISSUE = "issue"
    PULL_REQUEST = "pull_request"


_NUMBERED = {
    "issues": Page.ISSUE,
    "work_items": Page.ISSUE,
    "pull": Page.PULL_REQUEST,
    "merge_requests": Page.PULL_REQUEST,
    "pull-requests": Page.PULL_REQUEST,
}


class _Follows(StrEnum):
    """What an address shows of a branch, which decides how far the branch may reach."""

    NOTHING = "nothing"
    FOLDER = "folder"
    PATH = "path"
    FILE = "file"


_BRANCH_AFTER = {
    "branch": _Follows.NOTHING,
    "tree": _Follows.FOLDER,
    "commits": _Follows.FOLDER,
    "src": _Follows.PATH,
    "blob": _Follows.FILE,
    "blame": _Follows.FILE,
    "raw": _Follows.FILE,
    "edit": _Follows.FILE,
}
"""The word before a branch in a page's address."""


@dataclass(frozen=True, slots=True)
class PastedRepository:
    """What an address says, what it leaves open, and what of it is not used."""

    repository: str
    git_provider: ProviderType | None = None
    selected_branch: str = ""
    """A guess where there are other readings."""
    other_readings: tuple[str, ...] = ()
    """What the branch may be instead: no address tells where a branch with slashes ends and a path begins."""
    page: Page | None = None
    number: int | None = None
    """Of the issue or pull request that the page is about."""
    is_guess: bool = False
    """Whether it may be the whole of what was written: a page's address without its host, or nested groups."""
    unused: str = ""
    """The part of the address that says neither repository nor branch, such as `pull/12`."""

    def settled(self, branches: Collection[str]) -> "PastedRepository":
        """The same, once it is known which branches exist: the longest reading that is one of them."""
        readings = sorted((self.selected_branch, *self.other_readings), key=len, reverse=True)
        known = next((one for one in readings if one in branches), None)
        return self if known is None else replace(self, selected_branch=known, other_readings=())


def pasted(
    text: str, hosts: Hosts | None = None, aliases: Mapping[str, str] | None = None
) -> PastedRepository | None:
    """What a web address, a git address or a plain `owner/name` says; None if it names no repository we know.

    `hosts`: those of the server's settings, if known. `aliases`: host alias of an ssh configuration → its host.
    """
    text = _tidy(text)
    address = _address(text, hosts)
    if address is None:
        return _without_host(text)
    host = _host_of(address)
    behind = {alias.lower(): real for alias, real in (aliases or {}).items()}
    provider = _provider_of(behind.get(host, host), hosts)
    if provider is None or address.scheme not in _GIT_SCHEMES:
        return None
    steps = _steps(address.path)
    if "http" in address.scheme:
        steps = _below(_prefix_of(host, hosts), steps)
    if host == _RAW_GITHUB and steps[2:]:
        steps.insert(2, "raw")
    return _from_path(steps, address.query, provider)


def host_in(text: str, hosts: Hosts | None = None) -> str:
    """The host in what is written like an address, with a scheme or without; "" in anything else."""
    address = _address(_tidy(text), hosts)
    return _host_of(address) if address else ""


def ssh_alias_in(text: str, hosts: Hosts | None = None) -> str:
    """The unknown host of a git address by ssh, as it is written: ssh tells `Work` from `work`. Else ""."""
    address = _address(_tidy(text), hosts)
    if address is None or "ssh" not in address.scheme or _provider_of(_host_of(address), hosts):
        return ""
    return address.netloc.rpartition("@")[2].partition(":")[0]


def is_known(host: str, hosts: Hosts | None = None) -> bool:
    """Whether repositories of this host can be named by their address."""
    return _provider_of(host, hosts) is not None


def known_hosts(hosts: Hosts | None = None) -> list[str]:
    """The git hosts of a server with these settings; the usual ones while they are not known."""
    named = hosts or dict.fromkeys(_USUAL)
    return [host for provider, own in named.items() if (host := _own_host(own) or _USUAL.get(provider, ""))]


# Inside.


def _tidy(text: str) -> str:
    """Without what comes along when text is copied: invisible characters, brackets, the end of a sentence."""
    text = without_invisible(text).strip().rstrip(".,;")
    if around := _AROUND.fullmatch(text.strip("`")):
        text = around["link"] or around["clone"]
    return text.strip("<>()\"'`").rstrip(".,;")


def _bare(name: str) -> str:
    return name.rstrip("/.").removesuffix(".git").rstrip("/.")


def _address(text: str, hosts: Hosts | None) -> SplitResult | None:
    """An address in its parts, whatever its form; None for what is written like `owner/name`."""
    if scp := _SCP.fullmatch(text):
        text = f"ssh://{scp['host'] or scp['bare']}/{scp['path']}"
    elif not _SCHEME.match(text):
        if not _begins_with_host(text, hosts):
            return None
        text = f"https://{text}"
    try:
        return urlsplit(text)
    except ValueError:
        return urlsplit("https://")


def _begins_with_host(text: str, hosts: Hosts | None) -> bool:
    """An owner may have a dot in its name too, at GitLab: only a longer path makes an unknown name a host."""
    first, *rest = text.split("/")
    name = first.rpartition("@")[2]
    return is_known(_own_host(name), hosts) or (
        len(list(filter(None, rest))) > 1 and _HOST_NAME.fullmatch(name) is not None
    )


def _provider_of(host: str, hosts: Hosts | None) -> ProviderType | None:
    for provider, own in (hosts or {}).items():
        if host and _own_host(own) == host and provider in set(ProviderType):
            return ProviderType(provider)
    return ProviderType.GITHUB if host == _RAW_GITHUB else HOSTS.get(host)


def _own_host(written: str | None) -> str:
    """The host in a server's settings, which is written with a scheme or without."""
    if not written:
        return ""
    try:
        return _host_of(urlsplit(written if "://" in written else f"//{written}"))
    except ValueError:
        return ""


def _prefix_of(host: str, hosts: Hosts | None) -> list[str]:
    """The steps below which a host of the server's settings has its repositories."""
    own = next((own for own in (hosts or {}).values() if own and _own_host(own) == host), "")
    return _steps(urlsplit(own if "://" in own else f"//{own}").path)


def _below(prefix: list[str], steps: list[str]) -> list[str]:
    is_below = prefix and steps[: len(prefix)] == prefix
    return steps[len(prefix) :] if is_below else steps


def _steps(path: str) -> list[str]:
    return [unquote(step) for step in path.split("/") if step]


def _host_of(address: SplitResult) -> str:
    return (address.hostname or "").rstrip(".").removeprefix("www.")


def _without_host(text: str) -> PastedRepository | None:
    """What is written like `owner/name`; the host may have been cut off when a page's address was copied."""
    steps = _steps(re.split(r"[?#]", text)[0])
    if "-" in steps[2:]:
        return _from_path(steps, "", ProviderType.GITLAB)
    if _is_cut_off(steps):
        found = _from_path(steps, "", ProviderType.GITHUB)
        return replace(found, git_provider=None, is_guess=True) if found else None
    name = _bare(text)
    return _named(name, None) if re.fullmatch(REPOSITORY_NAME, name) else None


def _is_cut_off(steps: list[str]) -> bool:
    """Whether groups hardly nest like this: a page's word stands where a name would end, and something follows."""
    if len(steps) < 4:
        return steps[2:] in (["issues"], ["pulls"], ["merge_requests"], ["pull-requests"])
    word, after = steps[2:4]
    if word in _NUMBERED:
        return after.isdigit()
    if word in ("actions", "releases"):
        return after in ("runs", "tag")
    if word in ("src", "branch"):  # groups have such names too
        return after in _MAIN_BRANCHES or _COMMIT.fullmatch(after) is not None
    return word in _BRANCH_AFTER or word in ("commit", "compare")


def _named(name: str, provider: ProviderType | None) -> PastedRepository:
    """A wiki is a repository of its own, which no server opens: the one that it belongs to is meant."""
    project = name.removesuffix(".wiki")
    if not re.fullmatch(REPOSITORY_NAME, project):
        return PastedRepository(name, provider)
    return PastedRepository(project, provider, unused=name[len(project) :])


def _from_path(steps: list[str], query: str, provider: ProviderType) -> PastedRepository | None:
    if not steps or steps[0].lower() in _NO_OWNERS.get(provider, "").split():
        return None
    cut = _end_of_name(steps, provider)
    name = "/".join((*steps[: cut - 1], _bare(steps[cut - 1]))) if cut else ""
    if not re.fullmatch(REPOSITORY_NAME, name) or name.count("/") != cut - 1:
        return None
    page = steps[cut:]
    found = _named(name, provider)
    at = parse_qs(query).get("at") if provider is ProviderType.BITBUCKET else None
    if at:  # the path holds the commit that this branch was at
        return replace(found, selected_branch=re.sub(r"^refs/(heads|tags)/", "", at[0]))
    return _with_page(found, page[1:] if page[:1] == ["-"] else page)


def _end_of_name(steps: list[str], provider: ProviderType) -> int:
    """How many steps name the repository."""
    if provider is not ProviderType.GITLAB:
        return min(2, len(steps))
    ends = (at for at, step in enumerate(steps) if step == "-" or (at > 1 and step in _GITLAB_PAGES))
    return next(ends, len(steps))


def _with_page(found: PastedRepository, page: list[str]) -> PastedRepository:
    """What the page of a repository adds to its name."""
    if len(page) < 2:
        return replace(found, unused="".join(page) or found.unused)
    word, *steps = page
    if (
        found.git_provider is ProviderType.BITBUCKET
        and page[:1] == ["commits"]
        and steps[0] in ("branch", "tag")
        and steps[1:]
    ):
        word, steps = "branch", steps[1:]
    unused = replace(found, unused="/".join(page))
    if word not in _BRANCH_AFTER:
        is_number = word in _NUMBERED and re.fullmatch(r"[1-9]\d{0,9}", steps[0], re.ASCII)
        return replace(unused, page=_NUMBERED[word], number=int(steps[0])) if is_number else unused
    if word == "commits" and _COMMIT.fullmatch(steps[0]):
        return unused
    readings = _readings(_BRANCH_AFTER[word], steps)
    return replace(found, selected_branch=readings[0], other_readings=readings[1:]) if readings else unused


def _readings(follows: _Follows, steps: list[str]) -> tuple[str, ...]:
    """What the branch may be, the best guess first; () if it can be none, ("",) for the default branch."""
    if steps[0] == "refs":
        steps = steps[2:] if steps[1:2] in (["heads"], ["tags"]) else []
    if not steps or steps[0] == "HEAD":
        return ("",) if steps else ()
    count = len(steps)
    if follows is _Follows.NOTHING:
        return ("/".join(steps),)
    if "/" in steps[0] or _COMMIT.fullmatch(steps[0]):  # a slash was written as %2F
        return (steps[0],)
    if follows is _Follows.FILE and steps[0] in _DEFAULT_BRANCHES:
        return (steps[0],)  # the rest is a path: git allows no branch below another
    most = max(1, count - 1) if follows is _Follows.FILE else count
    if steps[0] in _MAIN_BRANCHES or _VERSION.fullmatch(steps[0]):
        guess = 1
    elif follows is _Follows.FOLDER:
        guess = most
    else:
        guess = min(most, 2 if steps[0] in _BRANCH_FAMILIES else 1)
    lengths = [guess, *(one for one in range(1, most + 1) if one != guess)]
    return tuple("/".join(steps[:length]) for length in lengths)
