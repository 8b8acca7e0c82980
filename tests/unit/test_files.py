"""What is read of a file, and which files are none."""

import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from app.core import files
from app.core.files import UnreadableFile, read_descriptor, read_file, read_named

LIMIT = 1000

posix_only = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such files")


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """Where it is read, and where it is written."""
    ends = os.pipe()
    yield ends
    for one in ends:
        with suppress(OSError):
            os.close(one)


def refusal(path: Path) -> str:
    with pytest.raises(UnreadableFile) as fault:
        read_file(path, LIMIT)
    return fault.value.type


def test_a_file_is_read_to_its_end(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"a" * LIMIT)
    assert read_file(file, LIMIT) == b"a" * LIMIT


def test_of_a_longer_file_one_byte_more_than_the_limit_is_read(tmp_path: Path) -> None:
    file = tmp_path / "x"
    with file.open("wb") as made:
        made.truncate(2**40)  # a terabyte of nothing
    assert len(read_file(file, LIMIT)) == LIMIT + 1


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux alone has such files")
def test_a_file_that_says_it_is_empty_is_read_all_the_same() -> None:
    file = Path("/proc/self/status")
    assert file.stat().st_size == 0
    assert read_file(file, LIMIT).startswith(b"Name:")


@posix_only
def test_a_pipe_is_no_file_and_is_not_even_opened(tmp_path: Path) -> None:
    """Whoever opens it to write waits for a reader: none comes."""
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe") == "file_special"
    with pytest.raises(OSError, match="No such device"):
        os.open(tmp_path / "pipe", os.O_WRONLY | os.O_NONBLOCK)


@posix_only
def test_a_pipe_that_takes_the_place_of_a_file_makes_nobody_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").touch()
    regular = (tmp_path / "file").stat()
    monkeypatch.setattr(Path, "stat", lambda _: regular)
    assert refusal(tmp_path / "pipe") == "file_special"


@posix_only
def test_a_device_and_a_socket_are_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the address of a socket is short
    assert refusal(Path("/dev/zero")) == "file_special"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        assert refusal(Path("socket")) == "file_special"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert refusal(tmp_path) == "file_folder"


@pytest.mark.parametrize(
    "name",
    ["gone", "gone/x", "x" * 5000, "a\0b", "\udcff\ud800", "x/" * 5000],
    ids=["missing", "in no folder", "long", "NUL", "no Unicode", "deep"],
)
def test_whatever_the_system_says_of_a_name_it_is_unreadable(tmp_path: Path, name: str) -> None:
    assert refusal(tmp_path / name) == "file_unreadable"


@posix_only
def test_a_link_that_leads_to_itself_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "x").symlink_to("x")
    assert refusal(tmp_path / "x") == "file_unreadable"


@posix_only
def test_a_pipe_of_the_shell_is_read_for_a_command_and_for_nobody_else(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    named = Path(f"/dev/fd/{reading}")
    assert refusal(named) == "file_special"
    os.write(writing, b"Fix it")
    os.close(writing)
    assert read_named(named, LIMIT) == b"Fix it"


@posix_only
def test_a_pipe_with_a_name_of_its_own_is_no_file_for_a_command_either(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnreadableFile, match="file_special"):
        read_named(tmp_path / "pipe", LIMIT)


@posix_only
def test_a_file_that_the_shell_has_opened_is_read_from_its_beginning(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"Fix it")
    with file.open("rb") as opened:
        opened.read(3)
        assert read_named(Path(f"/dev/fd/{opened.fileno()}"), LIMIT) == b"Fix it"


@posix_only
@pytest.mark.parametrize("number", [777, 2**29])
def test_a_descriptor_that_is_not_open_is_unreadable(number: int) -> None:
    with pytest.raises(UnreadableFile, match="file_unreadable"):
        read_named(Path(f"/dev/fd/{number}"), LIMIT)
    with pytest.raises(UnreadableFile, match="file_unreadable"):
        read_descriptor(number, LIMIT)


@posix_only
def test_of_a_pipe_without_end_one_byte_more_than_the_limit_is_read(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    os.write(writing, b"a" * 3 * LIMIT)
    assert len(read_descriptor(reading, LIMIT)) == LIMIT + 1
    assert len(os.read(reading, 3 * LIMIT)) == 2 * LIMIT - 1  # the rest is still there


@posix_only
def test_a_pipe_that_does_not_end_is_waited_for_so_long_and_no_longer(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, writing = pipe
    monkeypatch.setattr(files, "STREAM_S", 0.01)
    os.write(writing, b"Fix")
    with pytest.raises(UnreadableFile, match="file_endless"):
        read_descriptor(reading, LIMIT)
