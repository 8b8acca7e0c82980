"""`--here`: real checkouts, in every state that people leave them in."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Asked, Program, Ran
from tests.demo import Running

WHO = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")
TOKEN = "ghp-t0k3n-c4n4ry"


class Checkout:
    """A checkout in a folder of its own, with one commit on `fix/it`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "--quiet", "--initial-branch", "fix/it")
        self.git(*WHO, "commit", "--quiet", "--allow-empty", "--message", "First")

    def git(self, *words: str) -> None:
        subprocess.run(["git", *words], cwd=self.folder, check=True, capture_output=True)

    def remote(self, address: str, name: str = "origin", *, pushed: bool = True) -> "Checkout":
        self.git("remote", "add", name, address)
        if pushed:
            self.git("update-ref", f"refs/remotes/{name}/fix/it", "HEAD")
        return self


@pytest.fixture(autouse=True)
def no_settings_of_whoever_runs_this(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))


@pytest.fixture
def checkout(tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    """We stand in it, one folder down."""
    made = Checkout(tmp_path / "web")
    (made.folder / "src").mkdir()
    monkeypatch.chdir(made.folder / "src")
    return made


def dry(program: Program, *arguments: str) -> Ran:
    return program("launch", "--dry-run", "--json", "--here", *arguments)


def request(ran: Ran) -> Any:
    assert (ran.code, ran.err) == (0, "")
    return ran.facts


@pytest.mark.parametrize(
    ("address", "repository", "provider"),
    [
        ("https://github.com/acme/web.git", "acme/web", "github"),
        (f"https://ada:{TOKEN}@github.com/acme/web", "acme/web", "github"),
        (f"https://{TOKEN}@gitlab.com/acme/group/web.git", "acme/group/web", "gitlab"),
        ("git@github.com:acme/web.git", "acme/web", "github"),
        ("ssh://git@gitlab.com/acme/web.git", "acme/web", "gitlab"),
        ("ssh://git@bitbucket.org:22/acme/web.git", "acme/web", "bitbucket"),
        ("git://github.com/acme/web", "acme/web", "github"),
    ],
)
def test_the_remote_says_repository_and_provider_and_git_the_branch(
    program: Program, checkout: Checkout, address: str, repository: str, provider: str
) -> None:
    checkout.remote(address)
    ran = dry(program)
    assert request(ran) == {"repository": repository, "git_provider": provider, "selected_branch": "fix/it"}


def test_what_is_given_goes_before_what_the_checkout_says(program: Program, checkout: Checkout) -> None:
    checkout.remote("https://github.com/acme/web.git", pushed=False)
    given = request(dry(program, "--branch", "main", "--provider", "gitlab"))
    assert given == {"repository": "acme/web", "git_provider": "gitlab", "selected_branch": "main"}


def test_the_remote_of_the_branch_goes_before_origin(program: Program, checkout: Checkout) -> None:
    checkout.remote("https://github.com/fork/web.git").remote("https://gitlab.com/acme/web.git", "upstream")
    checkout.git("config", "branch.fix/it.remote", "upstream")
    assert request(dry(program))["repository"] == "acme/web"


def test_a_branch_that_follows_another_one_here_has_the_remote_origin(
    program: Program, checkout: Checkout
) -> None:
    checkout.remote("https://github.com/acme/web.git")
    checkout.git("config", "branch.fix/it.remote", ".")
    assert request(dry(program))["repository"] == "acme/web"


def test_the_only_remote_may_have_any_name(program: Program, checkout: Checkout) -> None:
    checkout.remote("https://github.com/acme/web.git", "upstream")
    assert request(dry(program))["repository"] == "acme/web"


def test_an_address_that_git_rewrites_is_taken_as_git_takes_it(program: Program, checkout: Checkout) -> None:
    checkout.remote("gh:acme/web")
    checkout.git("config", "url.https://github.com/.insteadOf", "gh:")
    assert request(dry(program))["repository"] == "acme/web"


def test_a_remote_that_is_a_bare_address_is_taken_and_its_password_not_shown(
    program: Program, checkout: Checkout
) -> None:
    checkout.git("config", "branch.fix/it.remote", f"https://ada:{TOKEN}@github.com/acme/web.git")
    assert request(dry(program))["repository"] == "acme/web"
    checkout.git("config", "branch.fix/it.remote", f"https://ada:{TOKEN}@git.acme.example/acme/web.git")
    ran = dry(program)
    assert ran.code == 2
    assert TOKEN not in ran.out + ran.err


# Where it cannot be filled in.

UNKNOWN_HOST = "--here: Its remote is at no known git host. Name the repository with --repository.\n"


def test_a_folder_that_is_no_checkout_is_refused(program: Program) -> None:
    ran = dry(program)
    assert (ran.code, ran.err) == (2, "--here: This folder is no git checkout.\n")
    assert [one["type"] for one in ran.error["problems"]] == ["here_no_checkout"]


def test_without_git_it_is_said_that_there_is_none(
    program: Program, checkout: Checkout, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    ran = dry(program)
    assert (ran.code, ran.err) == (2, "--here: There is no git on this machine to ask.\n")


def test_a_checkout_without_a_remote_is_refused(program: Program, checkout: Checkout) -> None:
    ran = dry(program)
    assert (ran.code, ran.err) == (2, "--here: This checkout has no remote “origin”.\n")


@pytest.mark.parametrize(
    "address", [f"https://ada:{TOKEN}@git.acme.example/acme/web.git", "/srv/web.git", "::"]
)
def test_a_host_that_nobody_knows_is_refused_without_showing_its_address(
    program: Program, checkout: Checkout, address: str
) -> None:
    checkout.remote(address)
    ran = dry(program)
    assert (ran.code, ran.err) == (2, UNKNOWN_HOST)
    assert TOKEN not in ran.out


def test_the_own_gitlab_of_the_servers_settings_is_known(
    asked: Asked, demo: Running, checkout: Checkout
) -> None:
    checkout.remote(f"https://oauth2:{TOKEN}@git.acme.example/acme/web.git")
    assert asked("launch", "--here", "-m", "x").err == UNKNOWN_HOST
    demo.server.provider_tokens = {"gitlab": "git.acme.example"}
    ran = asked("launch", "--here", "-m", "x", "--debug")
    assert ran.code == 0
    [sent] = asked.launches
    assert (sent["repository"], sent["git_provider"]) == ("acme/web", "gitlab")
    assert TOKEN not in ran.out + ran.err


# What the server would not say.


def test_a_detached_head_gets_the_default_branch_and_says_so(program: Program, checkout: Checkout) -> None:
    checkout.remote("https://github.com/acme/web.git").git("checkout", "--quiet", "--detach")
    ran = dry(program)
    assert (ran.code, ran.facts) == (0, {"repository": "acme/web", "git_provider": "github"})
    assert ran.err == "--here: No branch is checked out: the agent gets the default branch.\n"


def test_a_branch_that_was_never_pushed_is_said(program: Program, checkout: Checkout) -> None:
    checkout.remote("https://github.com/acme/web.git", pushed=False)
    ran = dry(program)
    assert (ran.code, ran.facts["selected_branch"]) == (0, "fix/it")
    assert ran.err == "--here: “fix/it” is not on “origin”: the agent gets the default branch.\n"


def test_a_checkout_without_a_commit_has_a_branch_already(program: Program, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", "--initial-branch", "main"], cwd=tmp_path, check=True)
    subprocess.run(["git", "remote", "add", "origin", "git@github.com:acme/web"], cwd=tmp_path, check=True)
    ran = dry(program)
    assert ran.facts["selected_branch"] == "main"
    assert "is not on “origin”" in ran.err
