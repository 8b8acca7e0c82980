"""`--here`: what the git checkout we stand in says of its repository and branch."""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.core.repositories import Hosts, PastedRepository, host_in, known_hosts, pasted
from app.errors import Loc, Problem

GIT_S = 10.0
LOC: Loc = ("here",)

_LEADS_ELSEWHERE = (
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_NAMESPACE", "GIT_PREFIX"),
    *("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_CONFIG", "GIT_SHALLOW_FILE"),
)
"""Within a hook of git these name the repository of the hook, wherever we stand."""


@dataclass(frozen=True, slots=True)
class Remote:
    name: str
    """Empty where a branch names an address of its own."""
    address: str
    """Maybe with a password in it."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """What git says of it; without a remote the problems say why."""

    remotes: tuple[Remote, ...] = ()
    follows: Remote | None = None
    """The remote of the branch that the current one follows."""
    branch: str = ""
    """Its name on the remote."""
    ahead: Mapping[str, int] = field(default_factory=dict)
    """Name of each remote that has the branch → how many commits it does not have."""
    problems: tuple[Problem, ...] = ()

    def addresses(self) -> list[str]:
        return [remote.address for remote in self.remotes]

    def place(
        self, hosts: Hosts | None, aliases: Mapping[str, str] | None = None
    ) -> tuple[PastedRepository | None, list[Problem]]:
        """Repository, provider and branch; the problems and warnings of it."""
        if not self.remotes:
            return None, [*self.problems]
        found = {remote: pasted(remote.address, hosts, aliases) for remote in self.remotes}
        known = {remote: one for remote, one in found.items() if one and one.git_provider}
        chosen = self._chosen(known)
        if chosen is None:
            return None, [_undecided(known) if known else self._at_unknown_hosts(hosts)]
        repository, provider, unused = (
            known[chosen].repository,
            known[chosen].git_provider,
            known[chosen].unused,
        )
        if unused:  # a wiki, whose branches are its own
            note = Problem.warning(LOC, "address_partly_used", rest=unused)
            return PastedRepository(repository, provider), [*self._of_choice(chosen), note]
        place = PastedRepository(repository, provider, self.branch)
        return place, [*self._of_choice(chosen), *self._of_branch(chosen), *self.problems]

    def _chosen(self, known: Mapping[Remote, PastedRepository]) -> Remote | None:
        """As git chooses, among those that the server can know; None where that is a question."""
        origin = next((one for one in known if one.name == "origin"), None)
        if self.follows in known:
            return self.follows
        if origin or not known:
            return origin
        places = {(one.repository, one.git_provider) for one in known.values()}
        return next(iter(known)) if len(places) == 1 else None

    def _of_choice(self, chosen: Remote) -> list[Problem]:
        usual = self.follows or next((one for one in self.remotes if one.name == "origin"), chosen)
        if usual is chosen:
            return []
        other = usual.name or host_in(usual.address)
        return [Problem.warning(LOC, "here_other_remote", name=chosen.name, other=other)]

    def _of_branch(self, chosen: Remote) -> list[Problem]:
        """The server says nothing when it does not find a branch."""
        if not self.branch or not chosen.name:
            return []
        branch, name, count = self.branch, chosen.name, self.ahead.get(chosen.name)
        if count is None:
            return [Problem.warning(LOC, "here_not_pushed", branch=branch, name=name)]
        return [Problem.warning(LOC, "here_ahead", branch=branch, name=name, count=count)] if count else []

    def _at_unknown_hosts(self, hosts: Hosts | None) -> Problem:
        names = ", ".join(one.name or host_in(one.address) for one in self.remotes)
        known = ", ".join(known_hosts(hosts))
        return Problem(loc=LOC, type="here_unknown_host", ctx={"names": names, "hosts": known})


def checkout_here(*, with_branch: bool) -> Checkout:
    """The one we stand in. Asks git, which may take a while: not within a loop."""
    if refusal := _refusal():
        return Checkout(problems=(refusal,))
    local = _git("branch", "--show-current") or ""
    named = _git("config", f"branch.{local}.remote") if local else None
    names = (_git("remote") or "").splitlines()
    remotes = [Remote(name, address) for name in names if (address := _git("remote", "get-url", name))]
    if named and named not in (*names, "."):
        # git takes a bare address too, and rewrites it as its configuration says, as it does with a remote's
        named = _git("ls-remote", "--get-url", "--", named) or named
        remotes.append(Remote("", named))
    if not remotes:
        return Checkout(problems=(Problem(loc=LOC, type="here_no_remote"),))
    follows = next((one for one in remotes if named and named in (one.name, one.address)), None)
    if not with_branch:
        return Checkout(tuple(remotes), follows)
    branch, problems = _branch_of(local, follows)
    if _git("status", "--porcelain"):
        problems.append(Problem.warning(LOC, "here_changes"))
    return Checkout(tuple(remotes), follows, branch, _ahead(remotes, follows, branch), tuple(problems))


def _branch_of(local: str, follows: Remote | None) -> tuple[str, list[Problem]]:
    """Its name on the remote, which need not be the local one."""
    if not local:
        return "", [Problem.warning(LOC, "here_no_branch")]
    merged = _git("config", f"branch.{local}.merge") if follows else None
    if not merged:
        return local, []
    if merged.startswith("refs/") and not merged.startswith("refs/heads/"):
        return "", [Problem.warning(LOC, "here_no_branch_there", ref=merged)]
    return merged.removeprefix("refs/heads/"), []


def _ahead(remotes: Iterable[Remote], follows: Remote | None, branch: str) -> dict[str, int]:
    ahead = {}
    for one in remotes if branch else ():
        refs = [f"refs/remotes/{one.name}/{branch}", *(["@{upstream}"] if one is follows else [])]
        counts = (_git("rev-list", "--count", f"{ref}..HEAD") for ref in refs)
        if count := next(filter(None, counts), None):
            ahead[one.name] = int(count)
    return ahead


def _undecided(known: Mapping[Remote, PastedRepository]) -> Problem:
    names = ", ".join(f"{remote.name} ({one.repository})" for remote, one in known.items())
    return Problem(loc=LOC, type="here_which_remote", ctx={"names": names})


def _refusal() -> Problem | None:
    """Why git says nothing of this folder."""
    done = _ask("rev-parse", "--git-dir")
    if done is None:
        return Problem(loc=LOC, type="here_no_checkout" if shutil.which("git") else "here_no_git")
    if done.returncode == 0:
        return None
    says = done.stderr.strip().partition("\n")[0].removeprefix("fatal: ")
    if says.startswith("not a git repository (") or not says:
        return Problem(loc=LOC, type="here_no_checkout")
    if owned := re.search(r"(?:ownership in repository at|unsafe repository \()\s*'(.+?)'", says):
        trust = f"git config --global --add safe.directory {shlex.quote(owned[1])}"
        return Problem(loc=LOC, type="here_not_owned", ctx={"says": says, "command": trust})
    return Problem(loc=LOC, type="here_refused", ctx={"says": says})


def _git(*words: str) -> str | None:
    """What git answers; None if it refuses, or is not there."""
    done = _ask(*words)
    return done.stdout.strip() if done and done.returncode == 0 else None


def _ask(*words: str) -> "subprocess.CompletedProcess[str] | None":
    ours = {name: value for name, value in os.environ.items() if name not in _LEADS_ELSEWHERE}
    try:
        return subprocess.run(
            ["git", *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=GIT_S,
            env=ours | {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"},  # what we read is never translated
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
