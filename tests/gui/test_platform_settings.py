"""The settings of the platform are read and written only where their file is a plain one."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
ADDRESS = "http://127.0.0.1:3000"
PROGRAM = f"""
from PySide6.QtCore import QCoreApplication
from app.core.servers import ServerAddress
from app.ui.platform_settings import PlatformSettings

qt = QCoreApplication([])
qt.setOrganizationName("OpenHands Launcher")
qt.setApplicationName("OpenHands Launcher")
settings = PlatformSettings()
settings.keep_server(ServerAddress("{ADDRESS}"))
address = settings.last_server()
print(address.url if address else None)
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is no such file")


def kept_and_read(home: Path) -> tuple[str, str]:
    """What a program that keeps a server finds then, and what it said on standard error."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=CHECKOUT,
        env={**os.environ, "XDG_CONFIG_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
    )
    return done.stdout.strip(), done.stderr


def a_link(path: Path) -> None:
    other = path.parents[2] / "another.conf"
    other.write_text("[General]\nserver=http://elsewhere.example\n", "utf-8")
    path.symlink_to(other)


def a_link_to_nothing(path: Path) -> None:
    path.symlink_to(path.parents[2] / "not-there")


def a_huge_file(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


@pytest.mark.parametrize(
    "make", [a_link, a_link_to_nothing, os.mkfifo, a_huge_file], ids=lambda one: one.__name__
)
@pytest.mark.parametrize(
    "name", ["OpenHands Launcher/OpenHands Launcher.conf", "OpenHands Launcher.conf"], ids=["own", "shared"]
)
def test_what_is_no_plain_file_is_neither_opened_nor_written(
    tmp_path: Path, name: str, make: Callable[[Path], None]
) -> None:
    path = tmp_path / "config" / name
    (tmp_path / "config" / "OpenHands Launcher").mkdir(parents=True)
    make(path)
    before = {one: one.lstat() for one in tmp_path.rglob("*")}
    found, said = kept_and_read(tmp_path / "config")
    assert found == "None"
    assert "no regular file" in said
    after = {one: one.lstat() for one in tmp_path.rglob("*")}
    assert {one: (stat.st_mtime_ns, stat.st_ino) for one, stat in after.items()} == {
        one: (stat.st_mtime_ns, stat.st_ino) for one, stat in before.items()
    }


def test_a_plain_file_is_read_and_written(tmp_path: Path) -> None:
    assert kept_and_read(tmp_path) == (ADDRESS, "")
    assert kept_and_read(tmp_path) == (ADDRESS, "")
