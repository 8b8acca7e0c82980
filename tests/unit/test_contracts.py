"""The import contracts of pyproject.toml bite: each violation that is planted in a copy is reported."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
PLENTY_S = 60

DOWN = "Imports point down"
QT = "Only ui knows Qt"
CORE = "The core speaks no HTTP and keeps nothing"
SAID = "Only client knows what a server says"

# contract, the room that breaks it, what it imports
VIOLATIONS = [
    (DOWN, "wire", "app.messages"),
    (DOWN, "wire", "app.core.draft"),
    (DOWN, "core", "app.client.v0.api"),
    (DOWN, "core", "app.demo"),
    (DOWN, "client", "app.compose"),
    (DOWN, "client", "app.demo"),
    (DOWN, "demo", "app.client.v0.api"),
    (DOWN, "demo", "app.ui"),
    (DOWN, "ui", "app.__main__"),
    (QT, "core", "PySide6"),
    (QT, "client", "qasync"),
    (QT, "demo", "shiboken6"),
    *[(CORE, "core", library) for library in ("httpx", "sqlite3", "keyring", "socketio", "aiohttp")],
    (CORE, "wire", "httpx"),
    *[(SAID, room, "app.client.v0.schemas") for room in ("core", "ui", "cli", "wire")],
    (SAID, "ui", "app.client.v0.mapping"),
]


def planted(room: str, imported: str) -> str:
    return f"app.{room}.planted_{imported.replace('.', '_').lower()}"


def copy_of_the_house(folder: Path) -> Path:
    shutil.copy(CHECKOUT / "pyproject.toml", folder)
    shutil.copytree(CHECKOUT / "app", folder / "app", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def lint(house: Path) -> str:
    """What lint-imports says of the house, and how it ends."""
    command = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", command, "--no-cache", "--no-logo"],
        cwd=house,
        capture_output=True,
        text=True,
        timeout=PLENTY_S,
        check=False,
        env={"PATH": "", "COLUMNS": "300", "PYTHONPATH": str(house), "PYTHONIOENCODING": "utf-8"},
    )
    return f"{done.stdout}{done.stderr}\nends with {done.returncode}"


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is said of a house with all the violations in it."""
    house = copy_of_the_house(tmp_path_factory.mktemp("house"))
    for _, room, imported in VIOLATIONS:
        path = house.joinpath(*planted(room, imported).split(".")).with_suffix(".py")
        path.write_text(f"import {imported}\n", "utf-8")
    return lint(house)


@pytest.mark.parametrize(("contract", "room", "imported"), VIOLATIONS)
def test_a_planted_violation_is_reported(verdict: str, contract: str, room: str, imported: str) -> None:
    assert f"{contract} BROKEN" in verdict
    report = verdict.rpartition(f"\n{contract}\n")[2]
    assert f"{planted(room, imported)} -> {imported}" in report
    assert "ends with 1" in verdict


def test_a_room_without_a_place_is_reported(tmp_path: Path) -> None:
    house = copy_of_the_house(tmp_path)
    (house / "app" / "utils.py").touch()
    assert "- app.utils" in lint(house)


def test_the_house_itself_keeps_its_contracts(tmp_path: Path) -> None:
    assert "ends with 0" in lint(copy_of_the_house(tmp_path))
