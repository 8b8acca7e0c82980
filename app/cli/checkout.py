"""`--here`: what the git checkout we stand in says of its repository and branch."""

import os
import re
import shlex
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from app import formats
from app.core import child_process
from app.core.child_process import Answer
from app.core.repositories import Hosts, PastedRepository, host_in, known_hosts, pasted
from app.errors import Loc, Problem

GIT_S = 10.0
"""How long all questions to git may take together."""
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
    ahead: Mapping[str, int | None] = field(default_factory=dict)
    """Name of each remote that has the branch → how many commits it does not have; None: git did not say."""
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
        branch, name = self.branch, chosen.name
        if name not in self.ahead:
            return [Problem.warning(LOC, "here_not_pushed", branch=branch, name=name)]
        count = self.ahead[name]
        if count is None:
            return [Problem.warning(LOC, "here_pushed_unknown", branch=branch, name=name)]
        return [Problem.warning(LOC, "here_ahead", branch=branch, name=name, count=count)] if count else []

    def _at_unknown_hosts(self, hosts: Hosts | None) -> Problem:
        names = formats.listing(one.name or host_in(one.address) for one in self.remotes)
        known = formats.listing(known_hosts(hosts))
        return Problem(loc=LOC, type="here_unknown_host", ctx={"names": names, "hosts": known})


def checkout_here(*, with_branch: bool) -> Checkout:
    """The one we stand in. Asks git, which may take a while: not within a loop."""
    git = _Git()
    try:
        return _checkout(git, with_branch=with_branch)
    except _Refused as refused:
        return Checkout(problems=(refused.problem,))


def _checkout(git: "_Git", *, with_branch: bool) -> Checkout:
    git.answer("rev-parse", "--git-dir")
    local = git.demand("branch", "--show-current") or ""
    named = git.demand("config", f"branch.{local}.remote", unset=(1,)) if local else None
    names = (git.demand("remote", many=True) or "").splitlines()
    remotes = [
        Remote(name, address)
        for name in names
        if (address := git.demand("remote", "get-url", "--", name, about=name, unset=(2,)))
    ]
    if named and named not in (*names, "."):
        # git takes a bare address too, and rewrites it as its configuration says, as it does with a remote's
        named = git.demand("ls-remote", "--get-url", "--", named) or named
        remotes.append(Remote("", named))
    if not remotes:
        return Checkout(problems=(Problem(loc=LOC, type="here_no_remote"),))
    follows = next((one for one in remotes if named and named in (one.name, one.address)), None)
    if not with_branch:
        return Checkout(tuple(remotes), follows)
    branch, problems = _branch_of(git, local, follows)
    ahead = _ahead(git, remotes, follows, branch)
    changes = git.ask("status", "--porcelain", "--ignore-submodules=all")
    if changes is None or changes.code:
        problems.append(Problem.warning(LOC, "here_changes_unknown"))
    elif changes.out:
        problems.append(Problem.warning(LOC, "here_changes"))
    return Checkout(tuple(remotes), follows, branch, ahead, tuple(problems))


def _branch_of(git: "_Git", local: str, follows: Remote | None) -> tuple[str, list[Problem]]:
    """Its name on the remote, which need not be the local one."""
    if not local:
        return "", [Problem.warning(LOC, "here_no_branch")]
    merged = git.demand("config", f"branch.{local}.merge", unset=(1,)) if follows else None
    if not merged:
        return local, []
    if merged.startswith("refs/") and not merged.startswith("refs/heads/"):
        return "", [Problem.warning(LOC, "here_no_branch_there", ref=merged)]
    return merged.removeprefix("refs/heads/"), []


def _ahead(
    git: "_Git", remotes: Iterable[Remote], follows: Remote | None, branch: str
) -> dict[str, int | None]:
    ahead: dict[str, int | None] = {}
    for one in remotes if branch else ():
        for ref in [f"refs/remotes/{one.name}/{branch}", *(["@{upstream}"] if one is follows else [])]:
            answer = git.ask("rev-list", "--count", f"{ref}..HEAD")
            if answer and answer.code == 0 and answer.out.strip().isdecimal():
                ahead[one.name] = int(answer.out)
                break
            if answer is None or not _NO_SUCH_REF.search(answer.err):
                ahead[one.name] = None
                break
    return ahead


_NO_SUCH_REF = re.compile("unknown revision|no upstream|no such branch|not point to a branch")


def _undecided(known: Mapping[Remote, PastedRepository]) -> Problem:
    names = formats.listing(f"{remote.name} ({one.repository})" for remote, one in known.items())
    return Problem(loc=LOC, type="here_which_remote", ctx={"names": names})


class _Refused(Exception):
    """git gives no answer without which we would work elsewhere than it is meant."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.type)
        self.problem = problem


class _Git:
    """What git says of this folder. No git, a git that refuses and a git that says nothing are three things."""

    def __init__(self) -> None:
        self._end = time.monotonic() + GIT_S
        ours = {name: value for name, value in os.environ.items() if name not in _LEADS_ELSEWHERE}
        # What we read is never translated, nobody is asked for a password, and nothing is locked.
        self._environment = ours | {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
        # A repository may name a program there, which git would start.
        count = int(known) if (known := ours.get("GIT_CONFIG_COUNT", "0")).isdecimal() else 0
        self._environment |= {
            "GIT_CONFIG_COUNT": str(count + 1),
            f"GIT_CONFIG_KEY_{count}": "core.fsmonitor",
            f"GIT_CONFIG_VALUE_{count}": "false",
        }

    def demand(
        self, *words: str, unset: Collection[int] = (), about: str = "", many: bool = False
    ) -> str | None:
        """Its answer, None with an exit code of `unset`; raises `_Refused` when it gives none, or an odd one.

        `about`: the remote whose address is asked for. `many`: lines are expected.
        """
        answer = self.answer(*words, unset=unset)
        if answer.code:
            return None
        said = answer.out.removesuffix("\n").removesuffix("\r")
        if _CONTROL.search(said.replace("\n", "") if many else said):
            odd = "here_odd_remote" if about else "here_odd_answer"
            raise _Refused(Problem(loc=LOC, type=odd, ctx={"name": about, "command": shlex.join(words)}))
        return said

    def answer(self, *words: str, unset: Collection[int] = ()) -> Answer:
        """All of it, with the exit code 0 or one of `unset`; raises `_Refused`."""
        answer = self._asked(*words)
        if answer.is_cut or answer.code not in (0, *unset):
            raise _Refused(_why(answer))
        return answer

    def ask(self, *words: str) -> Answer | None:
        """Its answer to what we only warn of; None when it gives none."""
        try:
            return self._asked(*words)
        except _Refused:
            return None

    def _asked(self, *words: str) -> Answer:
        left = self._end - time.monotonic()
        try:
            if left <= 0:
                raise child_process.Silent
            return child_process.ask(("git", *words), left, self._environment)
        except child_process.Absent:
            raise _Refused(Problem(loc=LOC, type="here_no_git")) from None
        except child_process.Silent:
            raise _Refused(Problem(loc=LOC, type="here_git_silent", ctx={"seconds": f"{GIT_S:g}"})) from None
        except child_process.NotStarted as fault:
            raise _Refused(Problem(loc=LOC, type="here_git_failed", ctx={"says": str(fault)})) from None


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def _why(answer: Answer) -> Problem:
    """Why git refuses."""
    if answer.is_cut:
        return Problem(loc=LOC, type="here_git_failed", ctx={"says": "too long an answer"})
    lines = [line.strip() for line in answer.err.splitlines() if line.strip()]
    fatal = next((line for line in lines if line.startswith("fatal: ")), lines[0] if lines else "")
    says = fatal.removeprefix("fatal: ")
    if says.startswith("not a git repository ("):
        return Problem(loc=LOC, type="here_no_checkout")
    if owned := re.search(r"(?:ownership in repository at|unsafe repository \()\s*'(.+?)'", says):
        trust = f"git config --global --add safe.directory {shlex.quote(owned[1])}"
        return Problem(loc=LOC, type="here_not_owned", ctx={"says": says, "command": trust})
    if says:
        return Problem(loc=LOC, type="here_refused", ctx={"says": says})
    return Problem(loc=LOC, type="here_git_failed", ctx={"says": f"exit code {answer.code}"})
