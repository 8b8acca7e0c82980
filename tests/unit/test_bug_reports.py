"""A bug and a crash leave a report that the next start finds once: of this user alone, bounded, without secrets."""

import faulthandler
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.core import bug_reports
from app.core.logs import report_bug
from app.redaction import MASK, learn

CHECKOUT = Path(__file__).parents[2]
SECRET = "s3cr3t-c4n4ry"
posix_only = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has neither modes nor pipes with names"
)


@pytest.fixture(autouse=True)
def own_crash_handler() -> Iterator[None]:
    """What pytest would say of a crash of its own goes where it went before."""
    yield
    faulthandler.enable(sys.__stderr__ or sys.stderr)


def kept(report: str) -> Path:
    path = bug_reports.keep(report)
    assert path is not None
    return path


def test_a_bug_is_kept_with_its_place_and_without_secrets() -> None:
    learn(SECRET)
    try:
        raise ValueError(f"bad key {SECRET}")
    except ValueError as fault:
        path = report_bug(fault)
    assert path is not None
    text = path.read_text("utf-8")
    assert "in test_a_bug_is_kept_with_its_place" in text
    assert f"ValueError: bad key {MASK}" in text
    assert SECRET not in text
    assert "OpenHands Launcher 0." in text.splitlines()[0]


@posix_only
def test_nobody_else_may_read_it() -> None:
    path = kept("a report")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_next_start_finds_all_reports_once() -> None:
    kept("the first")
    kept("the second")
    earlier = bug_reports.begin()
    assert earlier is not None
    text = earlier.read_text("utf-8")
    assert text.index("the first") < text.index("the second")
    assert bug_reports.begin() is None


def test_the_first_start_finds_nothing() -> None:
    assert bug_reports.begin() is None


def test_a_bug_that_comes_again_and_again_fills_no_disk() -> None:
    path = kept("x" * 20_000)
    while bug_reports.keep("x" * 20_000):
        pass
    assert bug_reports.LARGEST - 25_000 < path.stat().st_size <= bug_reports.LARGEST


CRASH = "import faulthandler; from app.core import bug_reports; assert bug_reports.begin() is None; "


def test_a_crash_is_found_by_the_next_start() -> None:
    program = f"{CRASH}\ndef culprit(): faulthandler._sigsegv()\nculprit()"
    crashed = subprocess.run(
        [sys.executable, "-c", program],
        cwd=CHECKOUT,
        env=os.environ,
        capture_output=True,
        timeout=50,
        check=False,
    )
    assert crashed.returncode < 0
    earlier = bug_reports.begin()
    assert earlier is not None
    assert "Segmentation fault" in (text := earlier.read_text("utf-8"))
    assert "in culprit" in text


def a_link(path: Path) -> None:
    path.symlink_to(path.parent / "victim")


@posix_only
@pytest.mark.parametrize("make", [a_link, os.mkfifo, Path.mkdir], ids=lambda one: one.__name__)
def test_what_is_no_plain_file_is_neither_written_nor_waited_for(make: Callable[[Path], None]) -> None:
    path = kept("a report")
    path.unlink()
    make(path)
    before = sorted(path.parent.iterdir())
    assert bug_reports.keep("another") is None
    assert bug_reports.begin() is None
    assert sorted(path.parent.iterdir()) == before


@posix_only
def test_where_nothing_can_be_written_nothing_fails(own_settings: Path) -> None:
    (own_settings / "openhands-launcher").write_text("no folder", "utf-8")
    assert bug_reports.keep("a report") is None
    assert bug_reports.begin() is None


@posix_only
def test_a_file_that_others_may_read_is_closed_to_them() -> None:
    path = kept("a report")
    path.chmod(0o666)
    kept("another")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o666)
    earlier = bug_reports.begin()
    assert earlier is not None
    assert stat.S_IMODE(earlier.stat().st_mode) == 0o600


@posix_only
def test_a_file_with_a_second_name_is_not_written() -> None:
    path = kept("a report")
    (path.parent / "another").hardlink_to(path)
    assert bug_reports.keep("another") is None


def test_a_crash_is_written_down_though_the_reports_before_cannot_be_set_aside() -> None:
    path = kept("a report")
    (path.parent / "bugs-before.txt").mkdir()
    faulthandler.disable()
    assert bug_reports.begin() is None
    assert faulthandler.is_enabled()
