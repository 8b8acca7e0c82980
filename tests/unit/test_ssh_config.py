"""The host behind an alias, asked of an ssh that stands in for the real one."""

import os
from pathlib import Path

import pytest

from app.core import ssh_config
from app.core.ssh_config import SshSilent, host_behind


@pytest.fixture
def ssh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Writes down what it is asked; answers as ssh does."""
    asked, program = tmp_path / "asked", tmp_path / "ssh"
    program.write_text(
        "#!/bin/sh\n"
        f'echo "$*" >> {asked}\n'
        'case "$2" in\n'
        "Work) printf 'user git\\nhostname GitHub.com\\nport 22\\n';;\n"
        "odd) echo nothing;;\n"
        "bad) exit 255;;\n"
        "slow) exec sleep 30;;\n"
        '*) echo "hostname $2";;\n'
        "esac\n",
        encoding="utf-8",
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return asked


def test_an_alias_has_the_host_that_ssh_says(ssh: Path) -> None:
    assert host_behind("Work") == "github.com"
    assert ssh.read_text("utf-8") == "-G Work\n"


@pytest.mark.usefixtures("ssh")
@pytest.mark.parametrize("alias", ["elsewhere", "Elsewhere", "odd", "bad"])
def test_a_name_that_stands_for_itself_or_for_nothing_has_none(alias: str) -> None:
    assert host_behind(alias) == ""


@pytest.mark.usefixtures("ssh")
def test_nobody_waits_long_for_ssh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh_config, "SSH_S", 0.05)
    with pytest.raises(SshSilent):
        host_behind("slow")


@pytest.mark.parametrize("alias", ["-oProxyCommand=x", "$(id)", "a b", "a;b", "", "wörk"])
def test_what_is_no_name_of_a_host_is_never_handed_to_ssh(ssh: Path, alias: str) -> None:
    assert host_behind(alias) == ""
    assert not ssh.exists()


def test_without_ssh_there_is_no_alias(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert host_behind("Work") == ""
