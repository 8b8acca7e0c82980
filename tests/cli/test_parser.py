"""The command line as it is read: each option, its help, its mistakes, and its completion."""

import argparse
import subprocess
from pathlib import Path

import pytest

from app.cli.exit_codes import ExitCode
from app.cli.parser import PROVIDERS, SHELLS, Options, completion, parser
from app.core.imaging import LONGEST_SIDE
from app.wire.choices import ProviderType
from app.wire.rules import IMAGE_LIMIT, MIB
from tests.cli.conftest import Program

SERVER = {"--server", "--key-file", "--key-fd", "--key-in-clear", "--debug", "--help"}
LAUNCH = {
    "--demo",
    "--json",
    "--repository",
    "--provider",
    "--branch",
    "--here",
    "--message",
    "--message-file",
    "--instructions",
    "--image",
    "--keep-metadata",
    "--scale-images",
    "--mcp-config",
    "--suggested-task",
    "--create-microagent",
    "--replay",
    "--conversation-id",
    "--wait",
    "--dry-run",
}
OPTIONS = {
    "launch": SERVER | LAUNCH,
    "sessions": SERVER | {"--json", "--limit"},
    "session": SERVER | {"--json"},
    "stop": SERVER,
    "delete": SERVER | {"--yes"},
    "open": SERVER,
    "completion": {"--help"},
}


def commands() -> dict[str, argparse.ArgumentParser]:
    [choices] = [one.choices for one in parser()._actions if isinstance(one, argparse._SubParsersAction)]
    return dict(choices)


def parsed(*arguments: str) -> Options:
    options = parser().parse_args(arguments, Options())
    assert isinstance(options, Options)
    return options


def options_of(command: argparse.ArgumentParser) -> set[str]:
    return {name for action in command._actions for name in action.option_strings if name.startswith("--")}


def test_there_are_these_commands_and_no_others() -> None:
    assert commands().keys() == OPTIONS.keys()


@pytest.mark.parametrize("command", OPTIONS)
def test_a_command_has_these_options_and_no_others(command: str) -> None:
    assert options_of(commands()[command]) == OPTIONS[command]


def test_what_the_program_takes_without_a_command() -> None:
    assert options_of(parser()) == (SERVER - {"--key-in-clear"}) | {"--demo", "--version"}


def test_no_option_takes_the_key_itself() -> None:
    every = set[str]().union(*OPTIONS.values()) | options_of(parser())
    about_key = {name for name in every if "key" in name}
    assert about_key == {"--key-file", "--key-fd", "--key-in-clear"}


def test_the_providers_are_those_of_the_server() -> None:
    assert [str(one) for one in ProviderType] == list(PROVIDERS)


def test_the_help_names_the_limits_that_hold() -> None:
    """They stand there as text: the parser loads nothing."""
    said = " ".join(commands()["launch"].format_help().split())
    assert f"; {IMAGE_LIMIT // MIB} MiB each" in said
    assert f"down to {LONGEST_SIDE:,} pixels a side" in said


def test_what_is_not_given_keeps_its_default() -> None:
    options = parsed("launch")
    assert vars(options) == {"command": "launch"}
    assert (options.image, options.wait, options.limit, options.message) == ([], None, 20, None)


def test_images_are_given_one_by_one_or_together() -> None:
    assert parsed("launch", "--image", "a", "b", "--image", "c").image == ["a", "b", "c"]
    assert Options.image == []


@pytest.mark.parametrize(
    ("given", "seconds"),
    [(["--wait"], float("inf")), (["--wait=600"], 600.0), (["--wait", "0.5"], 0.5), ([], None)],
)
def test_wait_takes_seconds_or_none(given: list[str], seconds: float | None) -> None:
    assert parsed("launch", *given, "-m", "x").wait == seconds


MISTAKES = [
    (["launch", "--wait=0"], "Argument --wait: enter a number of seconds, not “0”."),
    (["launch", "--wait=soon"], "Argument --wait: enter a number of seconds, not “soon”."),
    (["launch", "--wait=nan"], "Argument --wait: enter a number of seconds, not “nan”."),
    (["sessions", "--limit", "0"], "Argument --limit: enter a number from 1 to 1000, not “0”."),
    (["sessions", "--limit", "²"], "Argument --limit: enter a number from 1 to 1000, not “²”."),
    (["launch", "--provider", "svn"], "Argument --provider: invalid choice: 'svn'"),
    (["launch", "--key-fd", "-1"], "Argument --key-fd: enter the number of a file descriptor."),
    (["launch", "--key-fd", "99999999999"], "Argument --key-fd: enter the number of a file descriptor."),
    (["stop"], "The following arguments are required: ID."),
    (["launch", "--here", "--repository", "a/b"], "not allowed with argument --here"),
    (["launch", "-m", "x", "--message-file", "f"], "not allowed with argument --message"),
    (["launch", "--replay", "f", "--suggested-task", "{}"], "not allowed with argument --replay"),
    (
        ["launch", "--create-microagent", "{}", "--replay", "f"],
        "not allowed with argument --create-microagent",
    ),
    (["launch", "--server", "x", "--demo"], "not allowed with argument --server"),
    (["launch", "--key-file", "x", "--key-fd", "3"], "not allowed with argument --key-file"),
    (["launch", "--mess", "x"], "Unknown: --mess. See openhands-launcher launch --help."),
    (["sessions", "-n", "5"], "Unknown: -n. See openhands-launcher sessions --help."),
    (["sessions", "-kSECRET"], "Unknown: -k. See openhands-launcher sessions --help."),
    (["--server", "a", "launch", "--demo"], "--demo and --server do not go together."),
    (
        ["stop", "one", "two"],
        "Too many arguments: put text that contains spaces in quotation marks. See openhands-launcher stop --help.",
    ),
    (["fly"], "invalid choice: 'fly'"),
]


@pytest.mark.parametrize(("arguments", "said"), MISTAKES, ids=[" ".join(one) for one, _ in MISTAKES])
def test_a_mistake_is_said_in_one_line_with_where_to_read_more(
    program: Program, arguments: list[str], said: str
) -> None:
    ran = program(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert ran.err.count("\n") == 1
    assert ran.err.endswith("--help.\n")


def test_with_json_a_mistake_is_an_error_object_too(program: Program) -> None:
    ran = program("launch", "--json", "--wait=soon")
    assert ran.code == 2
    assert ran.error == {"type": "usage", "message": ran.err.rstrip()}


@pytest.mark.parametrize("arguments", [["--api-key", "s3cr3t"], ["--api-key=s3cr3t"], ["--key-fd", "s3cr3t"]])
def test_a_key_that_is_given_by_mistake_is_not_repeated(program: Program, arguments: list[str]) -> None:
    ran = program("launch", "--json", *arguments)
    assert ran.code == 2
    assert "s3cr3t" not in ran.out + ran.err


# The help.


@pytest.mark.parametrize("command", [one for one in OPTIONS if one != "completion"])
def test_the_help_of_a_command_has_its_exit_codes_and_a_true_example(program: Program, command: str) -> None:
    ran = program(command, "--help")
    assert ran.code == 0
    codes = [0, 1, 2, 3, 4, 5, 6, 130] + ([7, 8] if command == "launch" else [])
    _, _, said = ran.out.partition("exit codes:\n")
    listed = [int(line.split()[0]) for line in said.split("\n\n")[0].splitlines()]
    assert sorted(listed) == sorted(codes)
    examples = [
        line for line in ran.out.splitlines() if line.startswith("  ") and "openhands-launcher" in line
    ]
    assert examples
    for line in examples:
        words = line.partition("openhands-launcher ")[2].partition(" | ")[0]
        assert subprocess.run(["bash", "-nc", line], check=False).returncode == 0
        assert words.split()[0] == command


def test_every_exit_code_is_in_a_help(program: Program) -> None:
    said = program("launch", "--help").out
    assert all(f"\n{code.value:5}  " in said for code in ExitCode)


def test_the_help_of_the_program_names_commands_examples_and_where_the_key_comes_from(
    program: Program,
) -> None:
    said = program("--help").out
    assert all(f"\n    {name} " in said for name in OPTIONS)
    assert "OPENHANDS_API_KEY" in said
    assert "\nexamples:\n" in said


def test_help_fits_into_80_columns_but_for_examples(program: Program) -> None:
    for command in OPTIONS:
        said = program(command, "--help").out
        wide = [line for line in said.splitlines() if len(line) > 88 and "openhands-launcher" not in line]
        assert not [line for line in wide if "--suggested-task JSON" not in line]


# Completion.


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_of_each_shell_knows_every_command_and_option(program: Program, shell: str) -> None:
    ran = program("completion", shell)
    assert (ran.code, ran.err) == (0, "")
    for command, options in OPTIONS.items():
        assert command in ran.out
        for name in options - {"--help"}:
            assert (name.removeprefix("--") if shell == "fish" else name) in ran.out


def completed_by_bash(folder: Path, *words: str) -> set[str]:
    """What bash would offer for the last word."""
    (folder / "script").write_text(completion("bash"))
    program = (
        'source ./script; shift; COMP_WORDS=(openhands-launcher "$@"); COMP_CWORD=$#;'
        ' compopt() { :; }; _shtab_openhands_launcher openhands-launcher "${@: -1}" "${@: -2:1}";'
        " printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    ran = subprocess.run(
        ["bash", "--norc", "-c", program, "bash", "x", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert not ran.stderr
    return set(ran.stdout.split())


def test_bash_completes_commands_options_values_and_files(tmp_path: Path) -> None:
    (tmp_path / "shot.png").touch()
    assert completed_by_bash(tmp_path, "s") == {"sessions", "session", "stop"}
    assert completed_by_bash(tmp_path, "launch", "--mess") == {"--message", "--message-file"}
    assert completed_by_bash(tmp_path, "launch", "--provider", "g") == {"github", "gitlab"}
    assert completed_by_bash(tmp_path, "launch", "--image", "sh") == {"shot.png"}
    assert completed_by_bash(tmp_path, "completion", "") == set(SHELLS)
    assert completed_by_bash(tmp_path, "delete", "--y") == {"--yes"}
