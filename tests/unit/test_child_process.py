"""A helper process is bounded in time and in what it says, and ends together with what it has started."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from app.core import child_process

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="the helpers are scripts of a shell")
pytestmark = posix_only


def shell(line: str) -> tuple[str, ...]:
    return ("sh", "-c", line)


def test_a_helper_is_heard_to_its_end() -> None:
    answer = child_process.ask(shell("echo out; echo err >&2; exit 3"), 10)
    assert answer == child_process.Answer(3, "out\n", "err\n")


def test_a_helper_that_is_not_there_is_absent_and_one_that_cannot_run_is_not() -> None:
    with pytest.raises(child_process.Absent):
        child_process.ask(("no-such-program-here",), 10)
    with pytest.raises(child_process.NotStarted):
        child_process.ask(("/",), 10)


def test_a_helper_that_says_nothing_is_ended_with_what_it_has_started(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    with pytest.raises(child_process.Silent):
        child_process.ask(shell(f"sleep 60 & echo $! > {told}; wait"), 0.3)
    wait_until(lambda: not psutil.pid_exists(int(told.read_text())) or is_dead(int(told.read_text())))


def test_a_helper_that_says_too_much_is_ended_and_cut_off() -> None:
    answer = child_process.ask(("yes",), 10)
    assert answer.is_cut
    assert len(answer.out) == child_process.ANSWER_LIMIT


def test_who_holds_an_output_open_after_the_helper_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_process, "LOOK_S", 0.02)
    began = time.monotonic()
    assert child_process.ask(shell("echo said; sleep 3 &"), 30).out == "said\n"
    assert time.monotonic() - began < 3


def test_all_helpers_are_ended_at_once() -> None:
    process = child_process.start(shell("sleep 60 & wait"))
    child_process.end_all()
    assert process.returncode == -9
    assert process not in child_process._live


def is_dead(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)
