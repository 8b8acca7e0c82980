"""A crash leaves no secret behind: each process here really crashes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says how a core is written")

CANARY = "c4n4ry-in-memory"
CRASH = """
import os, sys
held = "".join(["c4n4ry", "-in-", "memory"]) * 3
{before}
os.abort()
"""
UNLIMITED = "import resource; resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)"
PREVENT = "from app.core import core_dumps; core_dumps.disable()"
FILTER_ALONE = f"{UNLIMITED}; resource.setrlimit = lambda *_: None; {PREVENT}"


def crashed(folder: Path, before: str) -> list[Path]:
    """The cores that it has left."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", CRASH.format(before=before)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, timeout=50, check=False)
    assert done.returncode == -6, done.stderr
    return [one for one in folder.iterdir() if one.name.startswith("core")]


def writes_cores_here(folder: Path) -> bool:
    """Whether this machine writes a core beside who crashes, and lets us lift the limit."""
    try:
        return bool(crashed(folder, UNLIMITED))
    except AssertionError:
        return False


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    control = tmp_path / "control"
    control.mkdir()
    if not writes_cores_here(control):
        pytest.skip("this machine writes its cores elsewhere, or none")
    [core] = control.iterdir()
    assert CANARY.encode() * 3 in core.read_bytes()
    folder = tmp_path / "crashes"
    folder.mkdir()
    return folder


def test_a_crash_leaves_no_core(folder: Path) -> None:
    assert crashed(folder, f"{UNLIMITED}; {PREVENT}") == []


def test_a_core_that_a_program_is_handed_whatever_the_limit_says_holds_no_memory(folder: Path) -> None:
    [core] = crashed(folder, FILTER_ALONE)
    assert CANARY.encode() not in core.read_bytes()


def told(code: str) -> str:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()


def test_a_command_hides_its_memory_and_a_window_does_not() -> None:
    """Portals refuse who does: `PR_GET_DUMPABLE` (3) is 1 for a window."""
    ask = "import ctypes; print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    assert told(f"{PREVENT}; {ask}") == "1"
    assert told(f"{PREVENT}; core_dumps.hide_memory(); {ask}") == "0"


def test_a_program_that_we_start_may_be_looked_at_again() -> None:
    ask = "import ctypes; print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {ask!r}])"
    assert told(f"{PREVENT}; core_dumps.hide_memory(); {child}") == "1"
