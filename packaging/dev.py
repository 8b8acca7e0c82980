"""All that is done from a checkout: `python3 packaging/dev.py run --demo`. Standard library only.

`.venv` is made on the way, with what packaging/requirements/ locks, and is left alone while it is right.
"""

import hashlib
import importlib.util
import inspect
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn


# An older Python must come far enough to say this: no newer syntax in the file, no newer import above.
def refusal(major: int, minor: int) -> str:
    """Why such a Python cannot run the program, in a sentence; empty if it can."""
    if (3, 11) <= (major, minor) <= (3, 14):
        return ""
    return f"OpenHands Launcher needs Python 3.11 to 3.14, and this is {major}.{minor}."


if refusal(*sys.version_info[:2]):
    sys.exit(refusal(*sys.version_info[:2]))

ROOT = Path(__file__).resolve().parents[1]
LISTS = ROOT / "packaging" / "requirements"  # run.txt: what runs; dev.txt: that, and what tests and checks
VENV = ROOT / ".venv"
STAMP = VENV / "installed"  # written last: without it, .venv was never finished
WINDOWS = os.name == "nt"

# A list is whole. An old pip that were to look for more would find what is newer than the list, and fail.
PIP_INSTALL = "-m pip install --quiet --no-input --no-deps --retries 2"

UV_COMPILE = (
    "pip compile - --universal --python-version 3.11 --generate-hashes --quiet"
    " --no-config --no-emit-index-url --no-header --no-annotate"
)

# Debian's names of what Qt needs.
OFF_SCREEN = "libegl1 libgl1 libdbus-1-3 libfontconfig1 libxkbcommon0 libglib2.0-0 libgssapi-krb5-2"
ON_SCREEN = "libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libxkbcommon-x11-0 libwayland-cursor0"
VIRTUAL = "xvfb xauth openbox x11-utils dbus at-spi2-core gir1.2-atspi-2.0 python3-gi"
READ_SCREEN = (
    "import gi; gi.require_version('Atspi', '2.0')\n"
    "from gi.repository import Atspi; Atspi.get_desktop(0).get_child_count()"
)
START_QT = "from PySide6 import QtNetwork, QtSvg, QtWidgets; QtWidgets.QApplication([])"

CATALOGUE = ROOT / "resources" / "translations" / "messages.pot"
# Without a header, which holds the time: the same sentences make the same file.
EXTRACT = "--quiet extract --omit-header --add-location=file --sort-by-file --width=110 --keyword=NN_:1,2"

APART = ("outside", "real", "wheel")  # tests that run when they are named: they take long, and install things

CHECKS = (
    ("ruff", "format", "--check", "."),
    ("ruff", "check", "."),
    ("mypy",),
    ("lint-imports",),
    ("vulture",),
    ("pip", "check"),  # what is locked is what pyproject.toml allows
)


def executable(name: str) -> str:
    """Where `.venv` keeps a program."""
    return str(VENV / "Scripts" / f"{name}.exe" if WINDOWS else VENV / "bin" / name)


def quietly(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program in the checkout and keep what it says."""
    more = {**os.environ, **environment}
    return subprocess.run(
        command, cwd=ROOT, env=more, capture_output=True, text=True, errors="replace", check=False
    )


def last_line(text: str) -> str:
    """The last thing that a program said before it failed."""
    return ([line.strip() for line in text.splitlines() if line.strip()] or ["it did not say why."])[-1]


# ---- the virtual environment ----


def prepare(wanted: str) -> None:
    """Make `.venv` hold the program and the list `wanted` ("run" or "dev"); costs nothing while it does."""
    found = STAMP.read_text("utf-8") if STAMP.exists() and Path(executable("python")).exists() else ""
    enough = [stamp("dev"), stamp(wanted)]  # what tests also runs
    if found in enough and Path(executable("openhands-launcher")).exists():
        return
    print(f"Preparing .venv with packaging/requirements/{wanted}.txt: a minute, the first time.", flush=True)
    if not found.startswith(interpreter()):
        make_venv()
    STAMP.unlink(missing_ok=True)
    install("--require-hashes", "--only-binary", ":all:", "--requirement", str(LISTS / f"{wanted}.txt"))
    install("--no-build-isolation", "--editable", ".")
    STAMP.write_text(stamp(wanted), "utf-8")


def stamp(name: str) -> str:
    """What `.venv` with this list is made from; a change of any of it changes the stamp."""
    inputs = (LISTS / f"{name}.txt").read_bytes() + (ROOT / "pyproject.toml").read_bytes()
    return interpreter() + hashlib.sha256(inputs).hexdigest()


def interpreter() -> str:
    """The Python and the place of a `.venv`: with another one, or moved, it does not work."""
    return f"{platform.python_version()} {sys.base_prefix} {ROOT}\n"


def make_venv() -> None:
    """Make `.venv` anew, whatever is there."""
    ensure(venv_fault, f"python{sys.version_info[0]}.{sys.version_info[1]}-venv")
    python = getattr(sys, "_base_executable", sys.executable)  # .venv's own Python would clear itself away
    done = quietly(python, "-m", "venv", "--clear", str(VENV))
    if done.returncode:
        sys.exit(f"No virtual environment could be made: {last_line(done.stdout + done.stderr)}")


def venv_fault() -> str:
    """Which part of Python is missing, in a sentence: Debian ships it apart."""
    importlib.invalidate_caches()
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    return f"The module {missing[0]} of this Python is missing." if missing else ""


def install(*arguments: str) -> None:
    """Let `.venv`'s pip install, or end with a sentence."""
    done = quietly(executable("python"), *PIP_INSTALL.split(), *arguments)
    if not done.returncode:
        return
    if "CERTIFICATE_VERIFY_FAILED" in done.stderr:
        sys.exit(
            "The certificate of the package index is not trusted. If your network has an authority of its own,"
            " set PIP_CERT to the file of its certificate, and run this again."
        )
    if re.search("connection broken|Max retries exceeded", done.stderr):
        sys.exit("There is no network to install from: connect, and run this again.")
    sys.exit(f"{done.stderr.strip()}\n\nThe packages could not be installed: pip says why, above.")


# ---- what the system must have ----


def ensure(fault: Callable[[], str], packages: str) -> None:
    """See that the system has what it takes: install `packages`, or end with the sentence of `fault`."""
    said = fault()
    if said.endswith("is missing.") and can_install():
        print(f"{said} Installing with apt-get: {packages}", flush=True)
        install_packages(packages)
        said = fault()
    if said.endswith("is missing."):
        said += f" On Debian or Ubuntu: sudo apt-get install {packages}"
    if said:
        sys.exit(said)


def git_fault() -> str:
    """Tests make checkouts."""
    return "" if shutil.which("git") else "The program git is missing."


def screen_fault() -> str:
    """Whether Qt starts on a virtual screen, and the system's Python, which alone has bindings, can read it."""
    fault = "A virtual screen with AT-SPI is missing."
    if not all(map(shutil.which, ("xvfb-run", "xauth", "openbox", "xprop", "dbus-run-session"))):
        return fault
    session = ("xvfb-run", "-a", "dbus-run-session", "--")
    there = (("/usr/bin/python3", READ_SCREEN), (executable("python"), START_QT))
    ends = (quietly(*session, python, "-c", code, QT_QPA_PLATFORM="xcb") for python, code in there)
    return fault if any(end.returncode for end in ends) else ""


def qt_fault() -> str:
    """Why Qt cannot start, in a sentence. In a child process: Qt aborts where no handler runs."""
    if not sys.platform.startswith("linux"):
        return ""
    plugin = os.environ.get("QT_QPA_PLATFORM") or ("" if has_display() else "offscreen")
    done = quietly(executable("python"), "-c", START_QT, QT_QPA_PLATFORM=plugin, QT_DEBUG_PLUGINS="1")
    if not done.returncode:
        return ""
    # Qt's own last word is "xcb-cursor0 is needed", whichever library it misses.
    missing = re.search(r"(lib[\w.+-]+\.so[.\d]*): cannot open shared object", done.stderr)
    if missing:
        return f"Qt cannot start: the system library {missing[1]} is missing."
    if re.search("could not connect to display|Failed to create wl_display", done.stderr):
        return "The display does not answer: unset DISPLAY and WAYLAND_DISPLAY to work off-screen."
    return f"Qt cannot start: {last_line(done.stderr)}"


def has_display() -> bool:
    """Whether a window could be shown."""
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def libraries() -> str:
    """The Debian packages that Qt needs here."""
    return f"{OFF_SCREEN} {ON_SCREEN}" if has_display() else OFF_SCREEN


def install_packages(packages: str) -> None:
    """Install Debian packages; who asked for them looks whether they help."""
    quietly("apt-get", "update")
    quietly("apt-get", "install", "--yes", *packages.split(), DEBIAN_FRONTEND="noninteractive")


def can_install() -> bool:
    """Whether we are root on a Debian-like system."""
    return shutil.which("apt-get") is not None and os.geteuid() == 0


# ---- the locked lists ----


def dependencies() -> dict[str, Any]:
    """What pyproject.toml asks for: the lists answer to it."""
    import tomllib  # not there in the Pythons that we refuse

    tables = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    run_list = tables["project"]["dependencies"] + tables["build-system"]["requires"]
    return {
        "python": tables["project"]["requires-python"],
        "run": run_list,
        "dev": run_list + tables["dependency-groups"]["dev"],
    }


def first_line() -> str:
    """How a list begins that answers to today's pyproject.toml."""
    digest = hashlib.sha256(json.dumps(dependencies(), sort_keys=True).encode()).hexdigest()
    return f"# By `dev.py lock`, for dependencies with the SHA-256 {digest}\n"


def lock_faults() -> Iterator[str]:
    """What is wrong with the lists, a sentence each."""
    for name in ("run", "dev"):
        text = (LISTS / f"{name}.txt").read_text("utf-8")
        locked = set(re.findall(r"^([\w.-]+)==", text, re.MULTILINE))
        asked = {re.split(r"[^\w-]", line)[0].lower() for line in dependencies()[name]}
        if not text.startswith(first_line()):
            yield f"{name}.txt does not answer to today's pyproject.toml: run `dev.py lock`."
        if "://" in text:
            yield f"{name}.txt names an address."
        for package in sorted(asked - locked):
            yield f"{name}.txt lacks {package}: run `dev.py lock`."


# ---- the sentences ----


def extract(path: Path) -> int:
    """Write the sentences of the program to `path`, as translators get them; the exit status."""
    return tool("pybabel", *EXTRACT.split(), f"--output-file={path}", "app")


def message_faults() -> Iterator[str]:
    """What is wrong with the catalogue of sentences, in a sentence."""
    with tempfile.TemporaryDirectory() as folder:
        today = Path(folder) / CATALOGUE.name
        if extract(today):
            yield "The sentences cannot be extracted."
        elif not CATALOGUE.exists() or CATALOGUE.read_text("utf-8") != today.read_text("utf-8"):
            yield f"{CATALOGUE.name} does not hold today's sentences: run `dev.py messages`."


# ---- the commands ----


def run(*arguments: str) -> NoReturn:
    """Open the window; takes what `openhands-launcher` takes: --demo."""
    prepare("run")
    ensure(qt_fault, libraries())
    if sys.platform.startswith("linux") and not has_display():
        os.environ["OPENHANDS_LAUNCHER_OFF_SCREEN"] = "1"  # the demo does its job where nobody sees it
    command = [executable("openhands-launcher"), *arguments]
    if WINDOWS:
        sys.exit(subprocess.run(command, check=False).returncode)
    os.execv(command[0], command)  # noqa: S606 — the program takes our place, and Ctrl+C with it


def test(*arguments: str) -> int:
    """Run the tests, or those --outside (by AT-SPI), on a --real server, of the --wheel; takes what pytest takes."""
    ensure(git_fault, "git")
    off_screen()
    apart = [room for room in APART if f"--{room}" in arguments]
    rest = [one for one in arguments if one.removeprefix("--") not in apart]
    if "outside" in apart:
        ensure(screen_fault, f"{VIRTUAL} {OFF_SCREEN} {ON_SCREEN}")
    if apart:
        return tool("python", "-m", "pytest", *(f"tests/{room}" for room in apart), *rest)
    return tool("python", "-m", "pytest", "--cov", "-n", "2", *rest)


def check() -> int:
    """Check format, lint, types, imports, dead code, the locked lists and the catalogue of sentences."""
    prepare("dev")
    faults = [f"{' '.join(command)} failed." for command in CHECKS if tool(*command)]
    faults += [*lock_faults(), *message_faults()]
    print("\n".join(faults) or "All checks passed.")
    return 1 if faults else 0


def shot(folder: str = "shots") -> int:
    """Save a picture of every screen and state in the folder shots, or in the one named."""
    folder = str(Path(folder).absolute())
    off_screen()
    return tool("python", "-m", "tests.shots", folder)


def bench(*arguments: str) -> int:
    """Take the figures; --json FILE: keep them; --markdown FILE: print such a file; --help tells their names."""
    files = [at + 1 for at, one in enumerate(arguments) if one in ("--json", "--markdown")]
    off_screen()
    whole = [str(Path(one).absolute()) if at in files else one for at, one in enumerate(arguments)]
    return tool("python", "-m", "tests.bench", *whole)


def faults(*families: str) -> int:
    """Carry out the attacks, all or those of the families named, and print what came of each; --help names them."""
    off_screen()
    return tool("python", "-m", "tests.faults", *families)


def lock(*arguments: str) -> int:
    """Write the two lists of exact versions with hashes; takes what `uv pip compile` takes: --upgrade."""
    prepare("dev")
    for name, constraint in (("run", ()), ("dev", ("--constraint", str(LISTS / "run.txt")))):
        path = LISTS / f"{name}.txt"
        done = subprocess.run(
            [executable("uv"), *UV_COMPILE.split(), *constraint, "-o", path, *arguments],
            cwd=ROOT,
            input="\n".join(dependencies()[name]),
            text=True,
            check=False,
        )
        if done.returncode:
            return done.returncode
        path.write_text(first_line() + path.read_text("utf-8"), "utf-8")
    return 0


def messages() -> int:
    """Write the catalogue of sentences, which translators begin with: resources/translations/messages.pot."""
    prepare("dev")
    CATALOGUE.parent.mkdir(exist_ok=True)
    return extract(CATALOGUE)


def off_screen() -> None:
    """What tests and pictures need: all that is locked, and windows that nobody sees."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    prepare("dev")
    ensure(qt_fault, libraries())


def tool(name: str, *arguments: str) -> int:
    """Run a program of `.venv` in the checkout; its exit status."""
    return subprocess.run([executable(name), *arguments], cwd=ROOT, check=False).returncode


def takes(command: Callable[..., int], arguments: list[str]) -> bool:
    """Whether the command can be given as many arguments."""
    try:
        inspect.signature(command).bind(*arguments)
    except TypeError:
        return False
    return True


COMMANDS: dict[str, Callable[..., int]] = {
    command.__name__: command for command in (run, test, check, shot, bench, faults, lock, messages)
}


def main(arguments: list[str]) -> int:
    """Carry out one command; the exit status."""
    command, rest = COMMANDS.get(arguments[0] if arguments else ""), arguments[1:]
    if command is None or not takes(command, rest):
        print("\n".join(f"dev.py {name:9}{one.__doc__}" for name, one in COMMANDS.items()))
        return 0 if arguments in (["-h"], ["--help"]) else 2
    try:
        return command(*rest)
    except KeyboardInterrupt:
        return 130
    except OSError as fault:
        sys.exit(f"{fault.strerror}: {fault.filename}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
