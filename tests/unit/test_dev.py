"""The commands of a checkout: what they leave alone, what they do anew, and how they say what is wrong."""

import ast
import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from app.cli.parser import OFF_SCREEN
from tests.roots.__main__ import commands

CHECKOUT = Path(__file__).parents[2]
PLENTY_S = 60


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("dev", CHECKOUT / "packaging" / "dev.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def dev() -> ModuleType:
    return load()


def says(stderr: str, returncode: int = 1) -> Callable[..., subprocess.CompletedProcess[str]]:
    return lambda *_, **__: subprocess.CompletedProcess([], returncode, "", stderr)


# ---- which Python ----


@pytest.mark.parametrize("version", [(3, 8), (3, 10), (3, 15), (4, 0)])
def test_a_python_that_is_too_old_or_too_new_is_named(dev: ModuleType, version: tuple[int, int]) -> None:
    assert dev.refusal(*version) == (
        f"OpenHands Launcher needs Python 3.11 to 3.14, and this is {version[0]}.{version[1]}."
    )


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13), (3, 14)])
def test_every_supported_python_is_taken(dev: ModuleType, version: tuple[int, int]) -> None:
    assert dev.refusal(*version) == ""


def test_an_old_python_understands_the_file_far_enough_to_say_so() -> None:
    source = (CHECKOUT / "packaging" / "dev.py").read_text("utf-8")
    tree = ast.parse(source, feature_version=(3, 7))
    imported = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    assert "tomllib" not in imported


# ---- the virtual environment ----


class House:
    """A checkout whose `.venv` is made and filled by name only."""

    def __init__(self, dev: ModuleType, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.dev = dev
        self.done: list[str] = []
        self.root = root
        lists = root / "packaging" / "requirements"
        lists.mkdir(parents=True)
        for path in (root / "pyproject.toml", lists / "run.txt", lists / "dev.txt"):
            path.write_text(path.name)
        for name, value in {"ROOT": root, "LISTS": lists, "VENV": root / ".venv"}.items():
            monkeypatch.setattr(dev, name, value)
        monkeypatch.setattr(dev, "STAMP", root / ".venv" / "installed")
        monkeypatch.setattr(dev, "make_venv", self.make_venv)
        monkeypatch.setattr(dev, "install", self.install)

    def make_venv(self) -> None:
        self.done.append("venv")
        for name in ("python", "openhands-launcher"):
            path = Path(self.dev.executable(name))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()

    def install(self, *arguments: str) -> None:
        self.done.append(Path(arguments[-1]).name if "--requirement" in arguments else "project")

    def prepare(self, wanted: str) -> list[str]:
        self.done.clear()
        self.dev.prepare(wanted)
        return self.done


@pytest.fixture
def house(dev: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    return House(dev, tmp_path / "Büro mit Leerzeichen", monkeypatch)


def test_a_first_run_makes_all_and_a_second_does_nothing(house: House) -> None:
    assert house.prepare("run") == ["venv", "run.txt", "project"]
    assert house.prepare("run") == []


def test_the_program_does_not_wait_for_what_only_tests_need(house: House) -> None:
    assert "dev.txt" not in house.prepare("run")
    assert house.prepare("dev") == ["dev.txt", "project"]
    assert house.prepare("run") == []


@pytest.mark.parametrize("changed", ["pyproject.toml", "packaging/requirements/run.txt"])
def test_a_changed_project_is_installed_on_top(house: House, changed: str) -> None:
    house.prepare("run")
    (house.root / changed).write_text("changed")
    assert house.prepare("run") == ["run.txt", "project"]


def test_an_installation_that_was_interrupted_starts_afresh(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as during:
        during.setattr(house.dev, "install", interrupted)
        with pytest.raises(KeyboardInterrupt):
            house.prepare("run")
    assert house.prepare("run") == ["venv", "run.txt", "project"]


@pytest.mark.parametrize("lost", ["python", "installed"])
def test_half_of_a_venv_is_made_anew(house: House, lost: str) -> None:
    house.prepare("run")
    (house.dev.STAMP if lost == "installed" else Path(house.dev.executable(lost))).unlink()
    assert house.prepare("run")[0] == "venv"


def test_another_python_makes_it_anew(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.prepare("run")
    monkeypatch.setattr(house.dev.platform, "python_version", lambda: "3.13.99")
    assert house.prepare("run")[0] == "venv"


def test_a_python_without_venv_names_the_package(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev.importlib.util, "find_spec", lambda name: None if name == "ensurepip" else name)
    monkeypatch.setattr(dev, "can_install", lambda: False)
    minor = sys.version_info[1]
    with pytest.raises(
        SystemExit, match=rf"ensurepip .* is missing\..*apt-get install python3\.{minor}-venv$"
    ):
        dev.make_venv()


@pytest.mark.parametrize(
    ("stderr", "sentence"),
    [
        (
            "WARNING: Retrying after connection broken by 'NewConnectionError()': /a/\nERROR: No match",
            "There is no network to install from: connect, and run this again.",
        ),
        (
            "WARNING: Retrying after connection broken by 'SSLError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]')'",
            (
                "The certificate of the package index is not trusted. If your network has an authority of its own,"
                " set PIP_CERT to the file of its certificate, and run this again."
            ),
        ),
        (
            "ERROR: No space left on device",
            "ERROR: No space left on device\n\nThe packages could not be installed: pip says why, above.",
        ),
    ],
)
def test_an_installation_that_fails_says_why(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, stderr: str, sentence: str
) -> None:
    monkeypatch.setattr(dev, "quietly", says(stderr))
    with pytest.raises(SystemExit, match=f"^{re.escape(sentence)}$"):
        dev.install("anything")


# ---- the system's libraries ----

MISSING = (
    'Cannot load library libqxcb.so: (libxcb-icccm.so.4: cannot open shared object file: No such file)"\n'
    "From 6.5.0, xcb-cursor0 or libxcb-cursor0 is needed to load the Qt xcb platform plugin.\nAborted\n"
)


@pytest.fixture
def linux(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(dev.sys, "platform", "linux")
    monkeypatch.setenv("DISPLAY", ":7")
    return dev


@pytest.mark.parametrize(
    ("stderr", "sentence"),
    [
        (MISSING, "Qt cannot start: the system library libxcb-icccm.so.4 is missing."),
        (
            "qt.qpa.xcb: could not connect to display :7\nAborted",
            "The display does not answer: unset DISPLAY and WAYLAND_DISPLAY to work off-screen.",
        ),
        ("\nno idea\n\n", "Qt cannot start: no idea"),
    ],
)
def test_why_qt_cannot_start_is_told_from_what_its_child_said(
    linux: ModuleType, monkeypatch: pytest.MonkeyPatch, stderr: str, sentence: str
) -> None:
    monkeypatch.setattr(linux, "quietly", says(stderr, -6))
    assert linux.qt_fault() == sentence


def test_qt_starts_here_without_a_display(linux: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    monkeypatch.setattr(linux, "executable", lambda name: sys.executable)
    assert linux.qt_fault() == ""


def test_a_user_is_told_the_command(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev, "can_install", lambda: False)
    with pytest.raises(
        SystemExit, match=r"^This is missing\. On Debian or Ubuntu: sudo apt-get install a b$"
    ):
        dev.ensure(lambda: "This is missing.", "a b")


def test_root_gets_what_is_missing_after_one_update(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[tuple[str, ...]] = []
    faults = ["This is missing.", ""]
    monkeypatch.setattr(dev, "can_install", lambda: True)
    monkeypatch.setattr(dev, "quietly", lambda *command, **_: ran.append(command))
    dev.ensure(lambda: faults.pop(0), "a b")
    assert ran == [("apt-get", "update"), ("apt-get", "install", "--yes", "a", "b")]


def test_a_fault_that_no_package_mends_is_said_without_a_command(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dev, "can_install", lambda: True)
    with pytest.raises(SystemExit, match=r"^The display does not answer\.$"):
        dev.ensure(lambda: "The display does not answer.", "a b")


@pytest.mark.parametrize(
    ("command", "packages"),
    [
        (("run", "--demo"), "libegl1 libgssapi-krb5-2 libxcb-icccm4"),
        (("test",), "git"),
        (("test", "--outside"), "xvfb openbox gir1.2-atspi-2.0 libxcb-icccm4 libegl1"),
    ],
    ids=" ".join,
)
def test_each_command_names_what_it_takes(
    linux: ModuleType, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], packages: str
) -> None:
    """On a system that has nothing of it."""
    asked: list[str] = []
    monkeypatch.setattr(linux, "ensure", lambda _fault, packages: asked.extend(packages.split()))
    monkeypatch.setattr(linux, "prepare", lambda wanted: None)
    monkeypatch.setattr(linux, "tool", lambda *_: 0)
    monkeypatch.setattr(linux.os, "execv", lambda *_: None)
    linux.main(list(command))
    assert set(packages.split()) <= set(asked)


@pytest.mark.parametrize("display", ["", ":7"])
def test_without_a_display_the_demo_is_asked_to_do_its_job_off_screen(
    linux: ModuleType, monkeypatch: pytest.MonkeyPatch, display: str
) -> None:
    asked: list[str | None] = []
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv(OFF_SCREEN, "")
    for name in ("prepare", "ensure"):
        monkeypatch.setattr(linux, name, lambda *_: None)
    monkeypatch.setattr(linux.os, "execv", lambda *_: asked.append(os.environ[OFF_SCREEN]))
    linux.main(["run", "--demo"])
    assert asked == ["" if display else "1"]


def test_a_system_without_git_is_noticed(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert dev.git_fault() == "The program git is missing."


def test_a_display_asks_for_more_libraries_than_none(
    linux: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "libxcb-cursor0" in linux.libraries()
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert "libxcb" not in linux.libraries()


def test_the_readme_names_every_library_that_the_window_needs(dev: ModuleType) -> None:
    words = (CHECKOUT / "README.md").read_text("utf-8").split()
    assert [name for name in f"{dev.OFF_SCREEN} {dev.ON_SCREEN}".split() if name not in words] == []


def test_the_readme_begins_with_the_command_that_runs_and_the_one_that_tests() -> None:
    assert commands() == ["python3 packaging/dev.py run --demo", "python3 packaging/dev.py test"]


# ---- the virtual screen ----


@pytest.mark.parametrize("lacking", ["xvfb-run", "openbox", "/usr/bin/python3", "libxcb"])
def test_a_screen_that_nobody_can_read_or_show_on_is_none(
    linux: ModuleType, monkeypatch: pytest.MonkeyPatch, lacking: str
) -> None:
    def ran(*command: str, **_: str) -> subprocess.CompletedProcess[str]:
        reads = "/usr/bin/python3" in command
        return subprocess.CompletedProcess(
            command, int(lacking == ("/usr/bin/python3" if reads else "libxcb"))
        )

    monkeypatch.setattr(linux.shutil, "which", lambda name: None if name == lacking else name)
    monkeypatch.setattr(linux, "quietly", ran)
    assert linux.screen_fault() == "A virtual screen with AT-SPI is missing."
    lacking = ""
    assert linux.screen_fault() == ""


def test_tests_from_outside_see_to_a_screen_and_run_alone(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[object] = []
    monkeypatch.setattr(dev, "off_screen", lambda: None)
    monkeypatch.setattr(dev, "ensure", lambda fault, _: done.append(fault.__name__))
    monkeypatch.setattr(dev, "tool", lambda *command: done.append(command))
    dev.test("--outside", "-k", "row")
    dev.test("-k", "row")
    assert done == [
        "git_fault",
        "screen_fault",
        ("python", "-m", "pytest", "tests/outside", "-k", "row"),
        "git_fault",
        ("python", "-m", "pytest", "--cov", "-n", "2", "-k", "row"),
    ]


# ---- the locked lists ----


@pytest.fixture
def lists(dev: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for path in dev.LISTS.glob("*.txt"):
        (tmp_path / path.name).write_text(path.read_text("utf-8"), "utf-8")
    monkeypatch.setattr(dev, "LISTS", tmp_path)
    return tmp_path


def test_the_lists_answer_to_the_project(dev: ModuleType) -> None:
    assert list(dev.lock_faults()) == []


def test_a_dependency_that_was_added_without_a_lock_is_noticed(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = dev.dependencies()
    asked["dev"].append("Not-There[extra]>=1")
    monkeypatch.setattr(dev, "dependencies", lambda: asked)
    faults = list(dev.lock_faults())
    assert "dev.txt lacks not-there: run `dev.py lock`." in faults
    assert any("does not answer to today's pyproject.toml" in fault for fault in faults)


def test_a_list_that_names_an_address_is_noticed(dev: ModuleType, lists: Path) -> None:
    with (lists / "run.txt").open("a") as file:
        file.write("--index-url https" + "://example.test/simple\n")
    assert list(dev.lock_faults()) == ["run.txt names an address."]


@pytest.mark.parametrize("name", ["run", "dev"])
def test_each_dependency_is_locked_at_a_version_that_the_project_allows(dev: ModuleType, name: str) -> None:
    text = (dev.LISTS / f"{name}.txt").read_text("utf-8")
    locked = dict(re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE))
    for requirement in map(Requirement, dev.dependencies()[name]):
        assert locked[canonicalize_name(requirement.name)] in requirement.specifier


def test_what_tests_is_what_runs_and_more(dev: ModuleType) -> None:
    run, tests = (
        set(re.findall(r"^[\w.-]+==\S+", (dev.LISTS / f"{name}.txt").read_text("utf-8"), re.MULTILINE))
        for name in ("run", "dev")
    )
    assert run < tests


# ---- the commands ----


def test_no_command_shows_all_of_them(dev: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert dev.main([]) == 2
    shown = capsys.readouterr().out
    assert all(
        f"dev.py {name}" in shown
        for name in ("run", "test", "check", "shot", "bench", "faults", "lock", "messages")
    )


@pytest.mark.parametrize("arguments", [["check", "x"], ["shot", "a", "b"]], ids=" ".join)
def test_more_than_a_command_takes_shows_what_each_takes(
    dev: ModuleType, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert dev.main(arguments) == 2
    assert "dev.py check" in capsys.readouterr().out


def test_a_folder_that_cannot_be_written_is_one_sentence(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(_: str) -> None:
        raise PermissionError(13, "Permission denied", "/there/.venv")

    monkeypatch.setattr(dev, "prepare", read_only)
    with pytest.raises(SystemExit, match=r"^Permission denied: /there/\.venv$"):
        dev.main(["check"])


def test_one_failed_check_fails_and_the_others_still_run(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[str] = []

    def tool(name: str, *_: str) -> int:
        ran.append(name)
        return 1 if name in ("mypy", "pybabel") else 0

    monkeypatch.setattr(dev, "prepare", lambda wanted: None)
    monkeypatch.setattr(dev, "tool", tool)
    assert dev.check() == 1
    said = capsys.readouterr().out.splitlines()
    assert said == ["mypy failed.", "The sentences cannot be extracted."]
    assert ran == [*(command[0] for command in dev.CHECKS), "pybabel"]


# ---- the sentences ----


def pybabel(name: str, *arguments: str) -> int:
    assert name == "pybabel"
    return subprocess.run(
        [sys.executable, "-m", "babel.messages.frontend", *arguments], cwd=CHECKOUT, check=False
    ).returncode


def test_the_catalogue_holds_todays_sentences(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev, "tool", pybabel)
    assert list(dev.message_faults()) == []
    text = dev.CATALOGUE.read_text("utf-8")
    assert 'msgid "{n} image"\nmsgid_plural "{n} images"' in text
    assert 'msgid "This is needed."' in text


@pytest.mark.parametrize("text", [None, 'msgid "Yesterday"\nmsgstr ""\n'], ids=["missing", "old"])
def test_a_catalogue_that_does_not_hold_todays_sentences_is_noticed(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str | None
) -> None:
    monkeypatch.setattr(dev, "tool", pybabel)
    monkeypatch.setattr(dev, "CATALOGUE", tmp_path / "messages.pot")
    if text is not None:
        dev.CATALOGUE.write_text(text, "utf-8")
    assert list(dev.message_faults()) == [
        "messages.pot does not hold today's sentences: run `dev.py messages`."
    ]


# ---- the package ----


def test_the_wheel_carries_every_module_and_icon_and_no_picture_of_the_readme(tmp_path: Path) -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        (tmp_path / name).write_bytes((CHECKOUT / name).read_bytes())
    for name in ("app", "resources"):
        (tmp_path / name).symlink_to(CHECKOUT / name)
    build = "from setuptools import build_meta; print(build_meta.build_wheel('.'))"
    subprocess.run(
        [sys.executable, "-c", build], cwd=tmp_path, check=True, capture_output=True, timeout=PLENTY_S
    )
    [wheel] = tmp_path.glob("*.whl")
    carried = set(ZipFile(wheel).namelist())
    modules = {str(path.relative_to(CHECKOUT)) for path in (CHECKOUT / "app").rglob("*.py")}
    resources = {f"app/{path.relative_to(CHECKOUT)}" for path in (CHECKOUT / "resources").rglob("*.svg")}
    assert "app/resources/launcher.svg" in resources
    assert modules | resources == {name for name in carried if name.startswith("app/")}
    assert wheel.name.startswith(f"openhands_launcher-{project['version']}-py3-none-any")
