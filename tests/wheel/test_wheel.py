"""What `python -m build` makes, installed where nothing else is: it launches, and it shows its window."""

import json
import os
import subprocess
import sys
import tarfile
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

CHECKOUT = Path(__file__).parents[2]
LOCK = CHECKOUT / "packaging" / "requirements" / "run.txt"
MINUTES_S = 300
"""Downloads what the program needs: some 100 MB."""

pytestmark = pytest.mark.timeout(2 * MINUTES_S)


def ran(*command: str | Path, folder: Path, **environment: str) -> str:
    """What it prints; it must end well."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "OPENHANDS"))}
    done = subprocess.run(
        command,
        cwd=folder,
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=MINUTES_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the source archive, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    ran(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, CHECKOUT, folder=folder)
    return folder


@pytest.fixture(scope="module")
def program(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed program, in an environment that holds nothing else."""
    folder = tmp_path_factory.mktemp("ümlaut and space")
    venv.create(folder, with_pip=True)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    [wheel] = built.glob("*.whl")
    install = (programs / "python", "-m", "pip", "install", "--quiet", "--no-deps")
    ran(*install, "--require-hashes", "--only-binary", ":all:", "-r", LOCK, folder=folder)
    ran(*install, wheel, folder=folder)
    ran(programs / "python", "-m", "pip", "check", folder=folder)
    return programs / "openhands-launcher"


def test_it_launches_on_the_demo_server_from_the_command_line(program: Path, tmp_path: Path) -> None:
    told = ran(program, "launch", "--demo", "-m", "Fix the login", "--wait=60", "--json", folder=tmp_path)
    launched = json.loads(told)
    assert launched["state"] == "finished"
    assert launched["url"].endswith(launched["conversation_id"])


def test_its_window_does_the_same_with_the_icons_it_brings(program: Path, tmp_path: Path) -> None:
    told = ran(
        program,
        "--demo",
        folder=tmp_path,
        OPENHANDS_LAUNCHER_OFF_SCREEN="1",
        HOME=str(tmp_path),
        TMPDIR=str(tmp_path),
    )
    assert "Working" in told
    assert list(tmp_path.rglob("*.png"))


def test_the_source_archive_builds_the_same_wheel(built: Path, tmp_path: Path) -> None:
    """Who packs for a distribution starts from there."""
    [archive], [wheel] = built.glob("*.tar.gz"), built.glob("*.whl")
    with tarfile.open(archive) as source:
        inside = {name.partition("/")[2] for name in source.getnames()}
    for name in ZipFile(wheel).namelist():
        if name.startswith("app/"):
            assert name.replace("app/resources/", "resources/") in inside
    assert {"README.md", "LICENSE", "pyproject.toml"} <= inside
