"""`--here`: what the git checkout we stand in says of its repository and branch."""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from app.core.repositories import PastedRepository, pasted
from app.errors import Loc, Problem

GIT_S = 10.0
LOC: Loc = ("here",)


@dataclass(frozen=True, slots=True)
class Checkout:
    """What git says of it; without an address the problems say why."""

    address: str = ""
    """Of its remote, maybe with a password in it."""
    branch: str = ""
    problems: tuple[Problem, ...] = ()

    def place(self, hosts: Mapping[str, str | None] | None) -> tuple[PastedRepository | None, list[Problem]]:
        """Repository, provider and branch; the problems and warnings of it.

        `hosts`: provider → host of the server's own settings, if known.
        """
        if not self.address:
            return None, [*self.problems]
        found = pasted(self.address, hosts)
        if found is None:
            return None, [_problem("here_unknown_host")]
        return PastedRepository(found.repository, found.git_provider, self.branch), [*self.problems]


def checkout_here(*, with_branch: bool) -> Checkout:
    """The one we stand in. Asks git, which may take a while: not within a loop."""
    if _git("rev-parse", "--git-dir") is None:
        return Checkout(problems=(_problem("here_no_checkout" if shutil.which("git") else "here_no_git"),))
    branch = _git("branch", "--show-current") or ""
    remote, address = _remote_of(branch)
    if not address:
        return Checkout(problems=(_problem("here_no_remote", name=remote),))
    return Checkout(address, branch, _warnings(remote, branch)) if with_branch else Checkout(address)


def _remote_of(branch: str) -> tuple[str, str | None]:
    """Name and address of the remote that git itself would take; an address may hold a password."""
    configured = _git("config", f"branch.{branch}.remote") if branch else None
    names = (_git("remote") or "").splitlines()
    if configured and configured not in names and configured != ".":
        return "", configured  # git takes a bare address too
    name = configured if configured in names else "origin"
    if name not in names and len(names) == 1:
        [name] = names
    return name, _git("remote", "get-url", name)


def _warnings(remote: str, branch: str) -> tuple[Problem, ...]:
    """The server says nothing when it does not find a branch."""
    if not branch:
        return (_problem("here_no_branch", blocks=False),)
    if remote and _git("rev-parse", "--verify", "--quiet", f"refs/remotes/{remote}/{branch}") is None:
        return (_problem("here_not_pushed", blocks=False, branch=branch, name=remote),)
    return ()


def _problem(type_: str, *, blocks: bool = True, **facts: str) -> Problem:
    return Problem(loc=LOC, type=type_, ctx=dict(facts), blocks=blocks)


def _git(*words: str) -> str | None:
    """What git answers; None if it refuses, or is not there."""
    try:
        done = subprocess.run(
            ["git", *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=GIT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
