"""`--here`: real checkouts, in every state that people leave them in."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.cli import checkout as checkout_room
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

    def commit(self) -> "Checkout":
        self.git(*WHO, "commit", "--quiet", "--allow-empty", "--message", "Another")
        return self

    def follow(self, remote: str, ref: str) -> "Checkout":
        """From now on `fix/it` follows this."""
        self.git("config", "branch.fix/it.remote", remote)
        self.git("config", "branch.fix/it.merge", ref)
        return self

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


MESSAGE = "Fix it"


def dry(program: Program, *arguments: str) -> Ran:
    return program("launch", "--dry-run", "--json", "-m", MESSAGE, "--here", *arguments)


def request(ran: Ran) -> Any:
    """What it takes from the checkout, without a word."""
    assert (ran.code, ran.err) == (0, "")
    return taken(ran)


def taken(ran: Ran) -> Any:
    return {name: fact for name, fact in ran.facts.items() if name != "initial_user_msg"}


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
        ("org-123456@github.com:acme/web.git", "acme/web", "github"),
        ("git@github.com:2222/acme/web.git", "acme/web", "github"),
        ("ssh://git@ssh.github.com:443/acme/web.git", "acme/web", "github"),
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


def test_a_bare_address_of_a_branch_is_rewritten_too(program: Program, checkout: Checkout) -> None:
    checkout.remote("https://github.com/acme/web.git").follow("gh:octo/web", "refs/heads/main")
    checkout.git("config", "url.https://github.com/.insteadOf", "gh:")
    wanted = {"repository": "octo/web", "git_provider": "github", "selected_branch": "main"}
    assert request(dry(program)) == wanted


def test_the_wiki_of_a_repository_stands_for_it_and_its_branch_for_none(
    program: Program, checkout: Checkout
) -> None:
    checkout.remote("https://github.com/acme/web.wiki.git")
    ran = dry(program)
    assert (ran.code, taken(ran)) == (0, {"repository": "acme/web", "git_provider": "github"})
    assert ran.err == "--here: Only the repository is taken from this address, not “.wiki”.\n"


def test_a_remote_that_is_a_bare_address_is_taken_and_its_password_not_shown(
    program: Program, checkout: Checkout
) -> None:
    checkout.git("config", "branch.fix/it.remote", f"https://ada:{TOKEN}@github.com/acme/web.git")
    assert request(dry(program))["repository"] == "acme/web"
    checkout.git("config", "branch.fix/it.remote", f"https://ada:{TOKEN}@git.acme.example/acme/web.git")
    ran = dry(program)
    assert ran.code == 2
    assert TOKEN not in ran.out + ran.err


# The branch that the current one follows.


def test_a_branch_has_the_name_that_its_remote_gives_it(program: Program, checkout: Checkout) -> None:
    """Also when the remote has another branch of the local name."""
    checkout.remote("https://github.com/acme/web.git")
    checkout.git("update-ref", "refs/remotes/origin/team/fix-login", "HEAD")
    checkout.follow("origin", "refs/heads/team/fix-login")
    assert request(dry(program))["selected_branch"] == "team/fix-login"


def test_a_branch_of_a_pull_request_has_its_own_repository_and_name(
    program: Program, checkout: Checkout
) -> None:
    checkout.remote("https://github.com/acme/web.git")
    checkout.git("checkout", "--quiet", "-b", "octo/main")
    checkout.git("config", "branch.octo/main.remote", "https://github.com/octo/web.git")
    checkout.git("config", "branch.octo/main.merge", "refs/heads/main")
    wanted = {"repository": "octo/web", "git_provider": "github", "selected_branch": "main"}
    assert request(dry(program)) == wanted


@pytest.mark.parametrize("ref", ["refs/pull/12/head", "refs/merge-requests/3/head"])
def test_what_is_no_branch_there_cannot_be_selected(program: Program, checkout: Checkout, ref: str) -> None:
    checkout.remote("https://github.com/acme/web.git").follow("origin", ref)
    ran = dry(program)
    assert (ran.code, taken(ran)) == (0, {"repository": "acme/web", "git_provider": "github"})
    assert ran.err == (
        f"--here: This branch tracks “{ref}”, which is not a branch: the agent gets the default branch.\n"
    )


def test_commits_that_are_not_pushed_are_said(program: Program, checkout: Checkout) -> None:
    checkout.remote("https://github.com/acme/web.git").commit().commit()
    ran = dry(program)
    assert (ran.code, ran.facts["selected_branch"]) == (0, "fix/it")
    assert ran.err == (
        "--here: “fix/it” is ahead of “origin” by 2: unpushed commits do not reach the agent.\n"
    )


@pytest.mark.parametrize("tracked", [True, False])
def test_changes_that_are_not_committed_are_said(
    program: Program, checkout: Checkout, *, tracked: bool
) -> None:
    checkout.remote("https://github.com/acme/web.git")
    (checkout.folder / "new.txt").write_text("x", encoding="utf-8")
    if tracked:
        checkout.git("add", "new.txt")
    ran = dry(program)
    assert (ran.code, ran.facts["selected_branch"]) == (0, "fix/it")
    assert ran.err == "--here: Uncommitted changes do not reach the agent.\n"
    assert dry(program, "--branch", "main").err == ""


# Which remote.


def test_without_origin_the_remote_that_the_branch_follows_is_taken(
    program: Program, checkout: Checkout
) -> None:
    checkout.remote("https://github.com/acme/web.git", "github")
    checkout.remote("https://gitlab.com/acme/copy.git", "backup").follow("backup", "refs/heads/fix/it")
    assert request(dry(program))["repository"] == "acme/copy"


def test_several_remotes_without_a_hint_are_a_question(program: Program, checkout: Checkout) -> None:
    checkout.remote("https://github.com/acme/web.git", "github")
    checkout.remote(f"https://ada:{TOKEN}@gitlab.com/acme/copy.git", "backup")
    ran = dry(program)
    assert ran.code == 2
    assert ran.err == (
        "--here: Which remote is meant: backup (acme/copy), github (acme/web)? "
        "Name the repository with --repository.\n"
    )
    assert TOKEN not in ran.out


def test_several_remotes_of_one_repository_are_no_question(program: Program, checkout: Checkout) -> None:
    checkout.remote("https://github.com/acme/web.git", "fetch").remote("git@github.com:acme/web", "push")
    assert request(dry(program))["repository"] == "acme/web"


@pytest.mark.parametrize("follows", [True, False])
def test_the_only_remote_at_a_known_host_is_taken_and_said(
    program: Program, checkout: Checkout, *, follows: bool
) -> None:
    checkout.remote(f"https://{TOKEN}@git.acme.example/acme/web.git")
    checkout.remote("https://github.com/acme/web.git", "mirror")
    if follows:
        checkout.follow("origin", "refs/heads/fix/it")
    ran = dry(program)
    wanted = {"repository": "acme/web", "git_provider": "github", "selected_branch": "fix/it"}
    assert (ran.code, taken(ran)) == (0, wanted)
    assert ran.err == "--here: “mirror” is used, because “origin” is not at a known git host.\n"


# What git and ssh say.


def test_git_refusing_a_folder_is_said_with_what_to_do(
    program: Program, checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setenv("LANGUAGE", "de")
    ran = dry(program)
    assert ran.code == 2
    assert ran.err.startswith("--here: git says: detected dubious ownership in repository at ")
    assert ran.err.endswith(
        f"run git config --global --add safe.directory {checkout.folder.resolve()} first.\n"
    )
    assert [one["type"] for one in ran.error["problems"]] == ["here_not_owned"]


def test_whatever_else_git_says_is_said_in_one_line(program: Program, checkout: Checkout) -> None:
    config = checkout.folder / ".git" / "config"
    config.write_text("[core]\n\trepositoryformatversion = 99\n", encoding="utf-8")
    ran = dry(program)
    assert ran.code == 2
    assert ran.err.startswith("--here: git says: ")
    assert ran.err.count("\n") == 1
    assert "99" in ran.err


def test_a_hook_of_another_repository_leads_nowhere_else(
    program: Program, checkout: Checkout, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    checkout.remote("https://github.com/acme/web.git")
    other = Checkout(tmp_path / "other").remote("https://github.com/acme/other.git")
    monkeypatch.setenv("GIT_DIR", str(other.folder / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.folder))
    assert request(dry(program))["repository"] == "acme/web"


@pytest.fixture
def ssh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An ssh that knows one alias."""
    said = tmp_path / "bin" / "ssh"
    said.parent.mkdir()
    said.write_text(
        "#!/bin/sh\n"
        'case "$*" in\n'
        "'-G work' | '-G GitHub-Work') echo 'user git'; echo 'hostname GitHub.com';;\n"
        '*) echo "hostname $2";;\n'
        "esac\n",
        encoding="utf-8",
    )
    said.chmod(0o755)
    monkeypatch.setenv("PATH", f"{said.parent}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.usefixtures("ssh")
@pytest.mark.parametrize(
    "address",
    [
        *("git@work:acme/web.git", "work:acme/web", "ssh://git@work/acme/web.git"),
        *("git@GitHub-Work:acme/web.git", "ssh://GitHub-Work/acme/web.git", "GitHub-Work:acme/web"),
    ],
)
def test_an_alias_of_the_ssh_configuration_is_looked_up(
    program: Program, checkout: Checkout, address: str
) -> None:
    wanted = {"repository": "acme/web", "git_provider": "github"}
    assert request(program("launch", "--dry-run", "--json", "-m", MESSAGE, "--repository", address)) == wanted
    checkout.remote(address)
    assert request(dry(program)) == wanted | {"selected_branch": "fix/it"}


@pytest.mark.usefixtures("ssh")
def test_an_alias_that_nobody_knows_is_an_unknown_host(program: Program) -> None:
    ran = program(
        "launch", "--dry-run", "--json", "-m", MESSAGE, "--repository", "git@elsewhere:acme/web.git"
    )
    assert ran.code == 2
    assert ran.err == (
        f"--repository: “elsewhere” is not a known git host ({USUAL}). "
        "Write owner/name, or paste an address from one of these.\n"
    )


def test_without_ssh_an_alias_is_an_unknown_host(
    program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    ran = program("launch", "--dry-run", "--json", "-m", MESSAGE, "--repository", "git@work:acme/web.git")
    assert ran.code == 2
    assert ran.err.startswith("--repository: “work” is not a known git host")


# Where it cannot be filled in.

UNKNOWN_HOST = (
    "--here: No remote (origin) is at a known git host ({hosts}). Name the repository with --repository.\n"
)
USUAL = "github.com, gitlab.com, bitbucket.org"


def test_a_folder_that_is_no_checkout_is_refused(program: Program) -> None:
    ran = dry(program)
    assert (ran.code, ran.err) == (2, "--here: This folder is not a git checkout.\n")
    assert [one["type"] for one in ran.error["problems"]] == ["here_no_checkout"]


def test_without_git_it_is_said_that_there_is_none(
    program: Program, checkout: Checkout, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    ran = dry(program)
    assert (ran.code, ran.err) == (2, "--here: git is not installed on this machine.\n")


def test_a_checkout_without_a_remote_is_refused(program: Program, checkout: Checkout) -> None:
    ran = dry(program)
    assert (ran.code, ran.err) == (
        2,
        "--here: This checkout has no remote. Name the repository with --repository.\n",
    )


@pytest.mark.parametrize(
    "address", [f"https://ada:{TOKEN}@git.acme.example/acme/web.git", "/srv/web.git", "::"]
)
def test_a_host_that_nobody_knows_is_refused_without_showing_its_address(
    program: Program, checkout: Checkout, address: str
) -> None:
    checkout.remote(address)
    ran = dry(program)
    assert (ran.code, ran.err) == (2, UNKNOWN_HOST.format(hosts=USUAL))
    assert TOKEN not in ran.out


def test_the_own_gitlab_of_the_servers_settings_is_known(
    asked: Asked, demo: Running, checkout: Checkout
) -> None:
    checkout.remote(f"https://oauth2:{TOKEN}@git.acme.example/acme/web.git")
    assert asked("launch", "--here", "-m", "x").err == UNKNOWN_HOST.format(hosts=USUAL)
    demo.server.provider_tokens = {"gitlab": "git.other.example", "github": None}
    hosts = "git.other.example, github.com"
    assert asked("launch", "--here", "-m", "x").err == UNKNOWN_HOST.format(hosts=hosts)
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
    assert (ran.code, taken(ran)) == (0, {"repository": "acme/web", "git_provider": "github"})
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


# A git that fails, and one that says nothing.

INSTEAD = "Use --repository and --branch instead."


@pytest.fixture
def odd_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str, str], None]:
    """`odd_git("remote get-url*", "exit 3")`: git, but for what begins like this."""
    real = shutil.which("git")

    def make(words: str, then: str) -> None:
        made = tmp_path / "odd" / "git"
        made.parent.mkdir()
        made.write_text(
            f'#!/bin/sh\ncase "$*" in\n{words}) {then};;\nesac\nexec {real} "$@"\n', encoding="utf-8"
        )
        made.chmod(0o755)
        monkeypatch.setenv("PATH", f"{made.parent}{os.pathsep}{os.environ['PATH']}")

    return make


OddGit = Callable[[str, str], None]

WITHOUT_WHICH_WE_WOULD_WORK_ELSEWHERE = [
    "rev-parse*",
    "branch\\ --show-current",
    "config\\ branch.fix/it.remote",
    "remote",
    "remote\\ get-url\\ --\\ origin",
    "ls-remote*",
    "config\\ branch.fix/it.merge",
]


@pytest.fixture
def fork(checkout: Checkout) -> Checkout:
    """It follows a bare address, and has the remote of somebody else: whatever is missing, another one is taken."""
    checkout.remote("https://github.com/acme/web.git")
    return checkout.follow("https://github.com/octo/web.git", "refs/heads/main")


@pytest.mark.parametrize("question", WITHOUT_WHICH_WE_WOULD_WORK_ELSEWHERE)
def test_a_question_that_git_never_answers_leads_nowhere_else(
    program: Program, fork: Checkout, odd_git: OddGit, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    del fork
    monkeypatch.setattr(checkout_room, "GIT_S", 0.5)
    odd_git(question, "sleep 60")
    ran = dry(program)
    assert (ran.code, ran.err) == (2, f"--here: git gave no answer within 0.5 seconds. {INSTEAD}\n")
    assert [one["type"] for one in ran.error["problems"]] == ["here_git_silent"]


@pytest.mark.parametrize("question", WITHOUT_WHICH_WE_WOULD_WORK_ELSEWHERE)
@pytest.mark.parametrize(
    ("then", "said"),
    [
        ("exit 3", "git failed (exit code 3)"),
        ("echo 'warning: x' >&2; echo 'fatal: no way' >&2; exit 128", "git says: no way"),
        ("kill -9 $$", "git failed (exit code -9)"),
        ("yes", "git failed (too long an answer)"),
    ],
    ids=["an exit code", "a reason", "killed", "no end"],
)
def test_a_question_that_git_fails_at_leads_nowhere_else(
    program: Program, fork: Checkout, odd_git: OddGit, question: str, then: str, said: str
) -> None:
    del fork
    odd_git(question, then)
    ran = dry(program)
    assert (ran.code, ran.err) == (2, f"--here: {said}. {INSTEAD}\n")


def test_all_questions_to_git_have_one_time_together(
    program: Program, checkout: Checkout, odd_git: OddGit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkout_room, "GIT_S", 1.0)
    for number in range(9):
        checkout.remote("https://github.com/acme/web.git", f"r{number}")
    odd_git("remote\\ get-url*", "sleep 0.3")
    began = time.monotonic()
    assert [one["type"] for one in dry(program).error["problems"]] == ["here_git_silent"]
    assert time.monotonic() - began < 9 * 0.3


@pytest.mark.parametrize("then", ["sleep 60", "exit 3"])
def test_what_is_only_warned_of_may_be_missing_and_is_said_as_a_guess(
    program: Program, checkout: Checkout, odd_git: OddGit, monkeypatch: pytest.MonkeyPatch, then: str
) -> None:
    monkeypatch.setattr(checkout_room, "GIT_S", 3.0)
    checkout.remote("https://github.com/acme/web.git")
    odd_git("rev-list*|status*", then)
    ran = dry(program)
    wanted = {"repository": "acme/web", "git_provider": "github", "selected_branch": "fix/it"}
    assert (ran.code, taken(ran)) == (0, wanted)
    pushed, changes = ran.err.splitlines()
    assert pushed.startswith("--here: git did not say whether “fix/it” is on “origin”")
    assert changes.startswith("--here: git did not say whether there are uncommitted changes")


@pytest.mark.parametrize(
    ("setting", "command"),
    [
        ("branch.fix/it.merge", "config branch.fix/it.merge"),
        ("branch.fix/it.remote", "config branch.fix/it.remote"),
    ],
)
def test_a_line_break_in_what_a_branch_follows_is_refused(
    program: Program, fork: Checkout, setting: str, command: str
) -> None:
    fork.git("config", setting, "refs/heads/main\nevil")
    ran = dry(program)
    assert (ran.code, ran.err) == (
        2,
        f"--here: The answer to `git {command}` contains a line break or another control character. {INSTEAD}\n",
    )


@pytest.mark.parametrize("odd", ["\n", "\nevil", "\t", "\x1b[2J", "\x85"])
def test_a_control_character_in_a_remote_is_refused_and_not_cleaned_in_silence(
    program: Program, checkout: Checkout, odd: str
) -> None:
    checkout.git("remote", "add", "origin", "x")
    checkout.git("config", "remote.origin.url", f"https://github.com/acme/web{odd}")
    ran = dry(program)
    assert ran.code == 2
    assert ran.err.startswith("--here: The address of the remote “origin” contains a line break or another ")
    assert [one["type"] for one in ran.error["problems"]] == ["here_odd_remote"]


def test_an_ssh_that_says_nothing_leads_to_no_other_remote(
    program: Program, checkout: Checkout, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("app.core.ssh_config.SSH_S", 0.1)
    ssh = tmp_path / "bin" / "ssh"
    ssh.parent.mkdir()
    ssh.write_text("#!/bin/sh\nsleep 60\n", encoding="utf-8")
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{ssh.parent}{os.pathsep}{os.environ['PATH']}")
    checkout.remote("git@work:acme/web.git").remote("https://github.com/octo/web.git", "mirror")
    ran = dry(program)
    assert (ran.code, ran.err) == (
        2,
        f"--here: ssh did not say in time which host “work” stands for. {INSTEAD}\n",
    )


@pytest.mark.skipif(os.name != "posix", reason="the program that git would start is a script of a shell")
def test_git_starts_no_program_that_a_repository_names(
    checkout: Checkout, tmp_path: Path, program: Program
) -> None:
    """A folder out of an archive has a configuration of its own."""
    started, script = tmp_path / "started", tmp_path / "script"
    script.write_text(f"#!/bin/sh\ntouch '{started}'\n")
    script.chmod(0o755)
    checkout.remote("https://github.com/acme/web").git("config", "core.fsmonitor", str(script))
    assert program("launch", "--here", "--dry-run", "-m", "x").code == 0
    assert not started.exists()
