"""OpenHands 0.53.0 in a virtual environment of its own, outside the checkout: 1.4 GB, made once and reused.

`python -m tests.real.install` makes it ahead of the tests and prints its Python.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

VERSION = "0.53.0"
DEADLINE_S = 1800  # of one pip command; the whole installation took 113 s on two cores
NO_PYTHON = (
    f"OpenHands {VERSION} needs a Python 3.12 with its venv module, and none runs here: "
    "install it (Ubuntu: `apt install python3.12-venv`; Debian and others: `pyenv install 3.12`)."
)
Command = list[str | Path]


class CannotInstall(Exception):
    """OpenHands cannot be had on this machine; the text is one sentence that says what to do."""


def openhands_python() -> Path:
    """The Python that has OpenHands, installed first if need be; only one process at a time installs it."""
    home = _cache() / f"openhands-{VERSION}"
    home.parent.mkdir(parents=True, exist_ok=True)
    with home.with_name(f"{home.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # goes with the process: a killed installation locks nobody out
        if not _is_whole(home):
            print(
                f"Installing OpenHands {VERSION} into {home}: two minutes, once.", file=sys.stderr, flush=True
            )
            _install(home)
    return _python_of(home)


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "openhands-launcher"


def _python_of(home: Path) -> Path:
    return home / "bin" / "python"


def _whole_mark(home: Path) -> Path:
    return home / "whole"


def _is_whole(home: Path) -> bool:
    """Whether an installation came to its end and its Python still runs: the one below may have gone."""
    return _whole_mark(home).exists() and _says(_python_of(home), "import uvicorn; print('whole')") == "whole"


def _install(home: Path) -> None:
    shutil.rmtree(home, ignore_errors=True)
    _run(home, [_python_312(), "-m", "venv", home])
    pip: Command = [_python_of(home), "-m", "pip"]
    quiet = ["--no-input", "--disable-pip-version-check"]
    wheels = home / "wheel"
    _run(home, [*pip, "download", *quiet, "--no-deps", "--dest", wheels, f"openhands-ai=={VERSION}"])
    [wheel] = wheels.glob("openhands_ai-*.whl")
    constraints = home / "constraints.txt"
    constraints.write_text("\n".join(_locked(wheel)), encoding="utf-8")
    _run(home, [*pip, "install", *quiet, "--constraint", constraints, wheel])
    shutil.rmtree(wheels)
    _whole_mark(home).touch()


def _locked(wheel: Path) -> Iterator[str]:
    """What OpenHands was released with: its newest dependencies do not import."""
    with ZipFile(wheel) as contents:
        lock = tomllib.loads(contents.read("openhands/poetry.lock").decode())
    for package in lock["package"]:
        if package.get("source", {}).get("type") != "git":
            yield f"{package['name']}=={package['version']}"


def _run(home: Path, command: Command) -> None:
    """Run one step of the installation; what it prints is kept beside the environment."""
    log = home.with_name(f"{home.name}.log")
    try:
        with log.open("w", encoding="utf-8") as output:
            subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=DEADLINE_S,
                check=True,
            )
    except (OSError, subprocess.SubprocessError) as fault:
        last_words = log.read_text(encoding="utf-8").strip().rpartition("\n")[2]
        step = " ".join(str(word) for word in command[1:4])
        raise CannotInstall(
            f"OpenHands {VERSION} could not be installed: `{step}` failed"
            f" ({last_words or type(fault).__name__}); check the network and the disk, and see {log}."
        ) from fault


def _python_312() -> Path:
    """The first candidate that runs: a shim on the path may exist and yet exit with 127."""
    for candidate in _candidates():
        if _says(candidate, "import ensurepip, sys, venv; print(*sys.version_info[:2])") == "3 12":
            return candidate
    raise CannotInstall(NO_PYTHON)


def _candidates() -> Iterator[Path]:
    yield Path(sys.executable)
    for folder in os.get_exec_path():
        yield Path(folder) / "python3.12"
    home = Path.home()
    yield from sorted(home.glob(".pyenv/versions/3.12*/bin/python"), reverse=True)
    yield from sorted(home.glob(".local/share/uv/python/cpython-3.12*/bin/python"), reverse=True)


def _says(python: Path, program: str) -> str:
    try:
        return subprocess.run(
            [python, "-c", program],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        ).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""


if __name__ == "__main__":
    try:
        print(openhands_python())
    except CannotInstall as fault:
        sys.exit(str(fault))
