"""`--here`: what the git checkout we stand in says of its repository and branch."""

import subprocess
from collections.abc import Mapping

from app.cli.parser import Options
from app.core.repositories import pasted
from app.errors import Loc, Problem

GIT_S = 10.0
LOC: Loc = ("here",)


def stand_here(options: Options, hosts: Mapping[str, str | None] | None) -> list[Problem]:
    """Fills repository, provider and branch, where they were not given. The problems and warnings of it.

    `hosts`: provider → host of the server's own settings, if known.
    """
    if _git("rev-parse", "--git-dir") is None:
        return [_problem("here_no_checkout")]
    branch = _git("branch", "--show-current") or ""
    remote = (_git("config", f"branch.{branch}.remote") if branch else None) or "origin"
    address = _git("remote", "get-url", remote)
    if not address:
        return [_problem("here_no_remote", name=remote)]
    found = pasted(address, hosts)
    if found is None:
        return [_problem("here_unknown_host")]
    options.repository = found.repository
    options.provider = options.provider or found.git_provider
    if options.branch is not None:
        return []
    options.branch = branch
    return _warnings(remote, branch)


def _warnings(remote: str, branch: str) -> list[Problem]:
    """The server says nothing when it does not find a branch."""
    if not branch:
        return [_problem("here_no_branch", blocks=False)]
    if _git("rev-parse", "--verify", "--quiet", f"refs/remotes/{remote}/{branch}") is None:
        return [_problem("here_not_pushed", blocks=False, branch=branch, name=remote)]
    return []


def _problem(type_: str, *, blocks: bool = True, **facts: str) -> Problem:
    return Problem(loc=LOC, type=type_, ctx=dict(facts), blocks=blocks)


def _git(*words: str) -> str | None:
    """What git answers; None if it refuses, or is not there."""
    try:
        done = subprocess.run(
            ["git", *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=GIT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
