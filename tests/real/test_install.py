"""How a Python for OpenHands is found, and what is said when it cannot be installed."""

import sys
from pathlib import Path

import pytest

from tests.real import install
from tests.real.install import CannotInstall


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without any Python, with a path on which only a dead shim stands."""
    shim = program(tmp_path / "shims" / "python3.12", "exit 127")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(shim.parent))
    monkeypatch.setattr(sys, "executable", str(program(tmp_path / "python3.11", "echo 3 11")))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def test_a_dead_shim_is_passed_over_for_a_python_that_runs(home: Path) -> None:
    running = program(home / ".pyenv/versions/3.12.9/bin/python", "echo 3 12")
    assert install._python_312() == running


@pytest.mark.usefixtures("home")
def test_without_python_3_12_one_sentence_says_what_to_install() -> None:
    with pytest.raises(CannotInstall, match=r"needs a Python 3\.12 .* install it"):
        install.openhands_python()


def test_an_installation_that_fails_is_told_and_begun_anew(home: Path) -> None:
    offline = program(
        home / ".pyenv/versions/3.12.9/bin/python", "test $# = 2 && echo 3 12 || { echo No network; exit 1; }"
    )
    for _ in range(2):
        with pytest.raises(CannotInstall, match=r"`-m venv .* failed \(No network\)"):
            install.openhands_python()
    assert install._python_312() == offline
