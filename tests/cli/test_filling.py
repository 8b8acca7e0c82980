"""From the command line into the request: every option arrives, and every mistake is said at its option."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from app.cli.filling import fill
from app.cli.parser import Options
from app.core import attachments
from app.demo.door import Handler
from app.redaction import MASK, redacted
from app.wire.rules import IMAGE_LIMIT, MIB
from tests.cli.conftest import Asked, Program, Ran
from tests.demo import Running, faults
from tests.pictures import ON_ITS_SIDE, picture, says_where, seen

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PIXEL_URL = f"data:image/png;base64,{base64.b64encode(PIXEL).decode()}"
TASK = {
    "git_provider": "github",
    "task_type": "OPEN_ISSUE",
    "repo": "acme/web",
    "issue_number": 7,
    "title": "Dark",
}
SECRET = "s3cr3t-c4n4ry"
SERVERS = {
    "sse_servers": [{"url": "https://sse.example/x", "api_key": SECRET}],
    "shttp_servers": [{"url": "https://http.example/x", "api_key": SECRET}],
    "stdio_servers": [{"name": "git", "command": "uvx", "args": ["mcp", ""], "env": {"TOKEN": SECRET}}],
}
REPLAY = json.dumps([{"action": "message", "source": "user", "args": {"content": "Hello"}}])


@pytest.fixture
def dry(program: Program) -> "Dry":
    return Dry(program)


class Dry:
    """A launch that only checks, without any server."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def request(self, *arguments: str | Path, stdin: bytes = b"") -> Any:
        """What would be sent."""
        ran = self._run(*arguments, stdin=stdin)
        assert ran.code == 0, ran.err
        return ran.facts

    def problems(self, *arguments: str | Path, stdin: bytes = b"") -> list[str]:
        """What is wrong, line by line: the same for people as for scripts."""
        ran = self._run(*arguments, stdin=stdin)
        assert ran.code == 2, ran.out
        assert ran.error["type"] == "invalid"
        assert ran.error["message"] == ran.err.rstrip("\n")
        lines = ran.err.splitlines()
        told = [one["message"] for one in ran.error["problems"]]
        assert [line.partition(": ")[2] for line in lines] == told
        return lines

    def _run(self, *arguments: str | Path, stdin: bytes) -> Ran:
        return self._program("launch", "--dry-run", "--json", *arguments, stdin=stdin)


def written(name: str, content: str | bytes | dict[str, Any]) -> Path:
    """A file in the folder that we stand in."""
    text = json.dumps(content) if isinstance(content, dict) else content
    path = Path(name)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


# Every field.


RUNS = "The server runs the commands of a replay for real."
LEFT_OUT = "Left out: 1 of 2 events. The server replays only what the user and the agent did."
EXPORT = json.dumps(
    {"trajectory": [{"action": "system", "source": "agent", "args": {}}, *json.loads(REPLAY)]}
)


def test_every_option_of_a_message_arrives(dry: Dry) -> None:
    image, servers = written("shot.png", PIXEL), written("mcp.json", SERVERS)
    request = dry.request(
        *("--repository", "acme/web", "--provider", "gitlab", "--branch", "fix/it", "--message", " Fix it\n"),
        *("--instructions", "Be brief", "--image", image, "https://acme.example/x.png"),
        *("--mcp-config", servers, "--conversation-id", "0123456789abcdef" * 2),
    )
    masked = json.loads(json.dumps(SERVERS).replace(SECRET, "**********"))
    assert request == {
        "repository": "acme/web",
        "git_provider": "gitlab",
        "selected_branch": "fix/it",
        "initial_user_msg": " Fix it\n",
        "image_urls": [PIXEL_URL, "https://acme.example/x.png"],
        "conversation_instructions": "Be brief",
        "mcp_config": masked,
        "conversation_id": "0123456789abcdef" * 2,
    }


def test_what_is_not_given_is_not_sent(dry: Dry) -> None:
    assert dry.request() == {}


def test_a_web_address_brings_provider_and_branch_unless_they_are_given(dry: Dry) -> None:
    address = "https://github.com/acme/web/tree/fix/it"
    brought = {"repository": "acme/web", "git_provider": "github", "selected_branch": "fix/it"}
    assert dry.request("--repository", address) == brought
    given = dry.request("--repository", address, "--branch", "main", "--provider", "gitlab")
    assert given == {"repository": "acme/web", "git_provider": "gitlab", "selected_branch": "main"}


@pytest.mark.parametrize(
    "text",
    [
        *("acme/web.git", "https://github.com/acme/web.", "<https://github.com/acme/web>", "acme/web\u200b"),
        *("org-123456@github.com:acme/web.git", "git+ssh://git@github.com/acme/web.git"),
        *("ssh://git@ssh.github.com:443/acme/web.git", "github.com:acme/web.git", "github.com/acme/web"),
    ],
)
def test_a_repository_is_taken_as_it_is_copied(dry: Dry, text: str) -> None:
    place = dry.request("--repository", text)
    assert place.pop("git_provider", "github") == "github"
    assert place == {"repository": "acme/web"}


@pytest.mark.parametrize(
    "text", ["dev.azure.com/acme/Shop/_git/web", "codeberg.org/acme/web", "https://codeberg.org/acme/web"]
)
def test_an_unknown_host_is_refused_with_those_that_are_known(dry: Dry, text: str) -> None:
    host = text.removeprefix("https://").partition("/")[0]
    known = "github.com, gitlab.com, bitbucket.org"
    refused = f"“{host}” is not a known git host ({known}). Write owner/name, or paste an address from one of these."
    assert dry.problems("--repository", text) == [f"--repository: {refused}"]
    microagent = json.dumps({"repo": text, "title": "Deploys"})
    assert dry.problems("--create-microagent", microagent) == [f"--create-microagent repo: {refused}"]


def test_the_own_gitlab_of_the_server_needs_no_scheme(asked: Asked, demo: Running) -> None:
    demo.server.provider_tokens = {"gitlab": "git.acme.example"}
    for text in ("git.acme.example/platform/web", "codeberg.org/platform/web"):
        ran = asked("launch", "--dry-run", "--json", "--repository", text)
        if text.startswith("git."):
            assert (ran.code, ran.facts) == (0, {"repository": "platform/web", "git_provider": "gitlab"})
        else:
            assert ran.code == 2
            assert "(git.acme.example)" in ran.err


@pytest.mark.parametrize("page", ["pull/12", "commit/abc1234", "compare/main...feature/x"])
def test_what_of_an_address_is_not_used_is_said(program: Program, page: str) -> None:
    ran = program(
        *("launch", "--dry-run", "--json", "-m", "x"),
        *("--repository", f"https://github.com/acme/web/{page}"),
    )
    wanted = {"repository": "acme/web", "git_provider": "github", "initial_user_msg": "x"}
    assert (ran.code, ran.facts) == (0, wanted)
    assert ran.err == f"--repository: Only the repository is taken from this address, not “{page}”.\n"


OPEN = "https://github.com/acme/web/blob/feature/login/src/app.py"
GUESS = "--branch: “feature/login” is a guess: the address may also mean “feature”, “feature/login/src”.\n"


def test_a_branch_that_an_address_leaves_open_is_a_guess_that_is_said(program: Program) -> None:
    ran = program("launch", "--dry-run", "--json", "-m", "x", "--repository", OPEN)
    assert (ran.code, ran.facts["selected_branch"], ran.err) == (0, "feature/login", GUESS)
    given = program("launch", "--dry-run", "--json", "-m", "x", "--repository", OPEN, "--branch", "mine")
    assert (given.code, given.facts["selected_branch"], given.err) == (0, "mine", "")


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_server_that_is_asked_anyway_says_which_branch_exists(
    asked: Asked, demo: Running, *, dry_run: bool
) -> None:
    demo.server.branches = ("main", "feature", "feature/login/src")
    ran = asked("launch", "--json", "--repository", OPEN, *(["--dry-run"] if dry_run else ["-m", "x"]))
    assert ran.code == 0
    assert "guess" not in ran.err
    sent = ran.facts if dry_run else asked.launches[0]
    assert sent["selected_branch"] == "feature/login/src"


@pytest.mark.parametrize(
    ("page", "branches", "branch"),
    [
        ("tree/develop/login", ("main", "develop/login"), "develop/login"),
        ("tree/develop/login", ("main", "develop"), "develop"),
        ("tree/main/docs", ("main", "docs"), "main"),
    ],
)
def test_what_follows_a_usual_branch_is_asked_of_the_server(
    asked: Asked, demo: Running, page: str, branches: tuple[str, ...], branch: str
) -> None:
    demo.server.branches = branches
    address = f"https://github.com/acme/web/{page}"
    ran = asked("launch", "--dry-run", "--json", "-m", "x", "--repository", address)
    assert (ran.code, ran.facts["selected_branch"], ran.err) == (0, branch, "")


@pytest.mark.parametrize(
    "answer", [faults.as_json([]), faults.as_json("no", 500), faults.as_json("no", 401), faults.web_page()]
)
def test_a_server_that_cannot_tell_leaves_the_guess(asked: Asked, demo: Running, answer: Handler) -> None:
    demo.server.answer_next("branches", answer)
    ran = asked("launch", "--dry-run", "--json", "-m", "x", "--repository", OPEN)
    assert (ran.code, ran.facts["selected_branch"], ran.err) == (0, "feature/login", GUESS)


def test_a_task_and_a_microagent_take_addresses_as_the_form_does(dry: Dry, program: Program) -> None:
    wanted = {"suggested_task": TASK, "repository": "acme/web", "git_provider": "github"}
    address = "https://github.com/acme/web"
    assert dry.request("--suggested-task", json.dumps(TASK | {"repo": address})) == wanted
    short = json.dumps({"repo": f"{address}/issues/7", "title": "Dark"})
    assert dry.request("--suggested-task", short) == wanted
    others = json.dumps(TASK | {"repo": f"{address}/issues/8"})
    ran = program("launch", "--dry-run", "--json", "--suggested-task", others)
    assert (ran.code, ran.facts) == (0, wanted)
    assert ran.err == (
        "--suggested-task repo: Only the repository is taken from this address, not “issues/8”.\n"
    )
    microagent = dry.request("--create-microagent", json.dumps({"repo": f"{address}/tree/main"}))
    assert microagent["create_microagent"] == {"repo": "acme/web", "git_provider": "github"}
    assert (microagent["repository"], microagent["selected_branch"]) == ("acme/web", "main")
    assert "in acme/web" in microagent["initial_user_msg"]


def test_texts_come_from_files_and_from_standard_input(dry: Dry) -> None:
    message, told = written("message.md", b"\xef\xbb\xbfFix \xc3\xa4ll"), written("told.md", "Be brief\n")
    request = dry.request("--message-file", message, "--instructions", f"@{told}")
    assert request == {"initial_user_msg": "Fix äll", "conversation_instructions": "Be brief\n"}
    assert dry.request("--message-file", "-", stdin="Fix äll".encode())["initial_user_msg"] == "Fix äll"
    for encoding in ("utf-16", "utf-8-sig"):
        told.write_bytes("Fix äll".encode(encoding))
        assert dry.request("--message-file", told)["initial_user_msg"] == "Fix äll"
        assert dry.request("--message-file", "-", stdin=told.read_bytes())["initial_user_msg"] == "Fix äll"
        request = dry.request("-m", "x", "--instructions", f"@{told}")
        assert request["conversation_instructions"] == "Fix äll"
    request = dry.request("-m", "x", "--instructions", "@-", stdin=b"Be brief")
    assert request["conversation_instructions"] == "Be brief"


def test_a_suggested_task_is_given_as_json_or_in_a_file(dry: Dry) -> None:
    wanted = {"suggested_task": TASK, "repository": "acme/web", "git_provider": "github"}
    assert dry.request("--suggested-task", json.dumps(TASK)) == wanted
    assert dry.request("--suggested-task", f"@{written('task.json', TASK)}") == wanted
    assert dry.request("--suggested-task", json.dumps(TASK | {"issue_number": "7"})) == wanted


def test_a_microagent_gets_its_message_from_repository_and_title(dry: Dry) -> None:
    request = dry.request(
        "--create-microagent", '{"repo": "acme/web", "title": "Deploys", "git_provider": null}'
    )
    assert request["create_microagent"] == {"repo": "acme/web", "title": "Deploys"}
    assert request["repository"] == "acme/web"
    assert "acme/web" in request["initial_user_msg"]
    assert "Deploys" in request["initial_user_msg"]


def test_a_microagent_takes_another_message(dry: Dry) -> None:
    assert dry.request("--create-microagent", '{"repo": "a/b"}', "-m", "Mine")["initial_user_msg"] == "Mine"


def test_a_replay_comes_from_its_file(dry: Dry) -> None:
    assert dry.request("--replay", written("replay.json", REPLAY)) == {"replay_json": REPLAY}


def test_an_mcp_config_is_taken_as_the_server_takes_it_and_every_value_becomes_text(dry: Dry) -> None:
    written(
        "mcp.json",
        """{"sse_servers": ["https://a.example/sse"], "shttp_servers": ["https://a.example/mcp"],
            "stdio_servers": [
                {"name": "a", "command": "uvx", "args": "-y 'a b' c", "env": {"P": 8080, "F": 1.5, "B": true}},
                {"name": "b", "command": "uvx", "args": ["-p", 8080], "env": "A=1, B=x=y,"},
                {"name": "c", "command": "uvx", "args": null, "env": null}]}""",
    )
    config = dry.request("--mcp-config", "mcp.json")["mcp_config"]
    assert config["sse_servers"] == [{"url": "https://a.example/sse"}]
    assert config["shttp_servers"] == [{"url": "https://a.example/mcp"}]
    assert [one.get("args") for one in config["stdio_servers"]] == [
        ["-y", "a b", "c"],
        ["-p", "8080"],
        None,
    ]
    assert [[*one.get("env", ())] for one in config["stdio_servers"]] == [["P", "F", "B"], ["A", "B"], []]


def test_the_servers_own_export_is_unwrapped_and_what_it_left_out_is_said(asked: Asked) -> None:
    ran = asked("launch", "--replay", written("export.json", EXPORT))
    assert ran.code == 0
    assert ran.err.splitlines()[:2] == [f"--replay: {RUNS}", f"--replay: {LEFT_OUT}"]
    [body] = asked.launches
    assert json.loads(body["replay_json"]) == json.loads(REPLAY)


def test_the_secrets_of_an_mcp_config_are_cleaned_and_resolved_and_that_is_said(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCS_TOKEN", SECRET)
    remote = [
        {"url": "https://a.example", "api_key": f"Bearer {SECRET}"},
        {"url": "https://b.example", "api_key": "${env:DOCS_TOKEN}"},
    ]
    stdio = {"name": "git", "command": "uvx", "env": {"API_TOKEN": f" {SECRET}\n", "MODE": " a "}}
    servers = written("mcp.json", {"shttp_servers": remote, "stdio_servers": [stdio]})
    ran = asked("launch", "-m", "x", "--mcp-config", servers)
    assert ran.code == 0
    assert ran.err.splitlines()[:2] == [
        "--mcp-config stdio_servers.0.env: API_TOKEN: Spaces around this value were removed.",
        "--mcp-config shttp_servers.0.api_key: “Bearer” was removed from the start of this value.",
    ]
    [body] = asked.launches
    assert [one["api_key"] for one in body["mcp_config"]["shttp_servers"]] == [SECRET, SECRET]
    assert body["mcp_config"]["stdio_servers"][0]["env"] == {"API_TOKEN": SECRET, "MODE": " a "}
    assert SECRET not in ran.out + ran.err


NOT_SET = (
    "The environment variable GONE is not set. Set it before you start the launcher, "
    "or enter the secret itself."
)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("<YOUR_TOKEN>", "This is a placeholder. Enter the secret itself."),
        ("**********", "This is a masked value. Enter the secret itself."),
        (
            "${OPENHANDS_API_KEY}",
            "OPENHANDS_API_KEY holds the key of the OpenHands server, which is never sent to an MCP server.",
        ),
        (
            "${GONE}",
            NOT_SET,
        ),
    ],
)
def test_what_is_no_secret_is_refused_at_its_place(program: Program, key: str, said: str) -> None:
    stdio = {"name": "git", "command": "uvx", "env": {"API_TOKEN": key}}
    written("mcp.json", {"sse_servers": [{"url": "https://a", "api_key": key}], "stdio_servers": [stdio]})
    ran = program("launch", "--dry-run", "--mcp-config", "mcp.json", key=SECRET)
    assert ran.code == 2
    assert ran.err.splitlines() == [
        f"--mcp-config sse_servers.0.api_key: {said}",
        f"--mcp-config stdio_servers.0.env: API_TOKEN: {said}",
    ]


def test_a_secret_is_masked_as_it_was_given_and_as_it_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    given = {"sse_servers": [{"url": "https://a", "api_key": f"Bearer {SECRET}"}]}
    fill(Options(command="launch", mcp_config=written("mcp.json", given)))
    assert redacted(f"it was Bearer {SECRET}, then {SECRET}") == f"it was {MASK}, then {MASK}"


def test_an_mcp_config_with_nothing_in_it_asks_for_none_of_the_servers_own(dry: Dry) -> None:
    sent = dry.request("--mcp-config", written("mcp.json", "{}"))
    assert not any(sent.pop("mcp_config").values())
    assert sent == {}
    assert "mcp_config" not in dry.request()


# Mistakes.


def test_all_problems_are_said_at_once_each_at_its_option(dry: Dry) -> None:
    assert dry.problems(
        *("--repository", "web", "--branch", "a b", "--conversation-id", "x", "--image", "gone.png"),
        *("--mcp-config", "gone.json", "--message-file", "gone.md", "--instructions", "@gone.md"),
    ) == [
        "--message: “gone.md” cannot be read.",
        "--instructions: “gone.md” cannot be read.",
        "--image: “gone.png” cannot be read.",
        "--mcp-config: “gone.json” cannot be read.",
        "--repository: Write it as owner/name, or paste its web address.",
        "--branch: The name of a branch cannot contain spaces.",
        "--conversation-id: Enter 32 hexadecimal digits (0–9, a–f).",
    ]


@pytest.mark.parametrize(
    "option", ["--message", "--instructions", "--repository", "--branch", "--conversation-id"]
)
def test_an_option_that_is_given_and_holds_nothing_is_refused(dry: Dry, option: str) -> None:
    """`--branch "$BRANCH"` of a script that has lost its variable must not take the default."""
    more = ["-m", "x"] if option == "--instructions" else []
    assert dry.problems(*more, option, " ") == [f"{option}: It is empty."]


def test_an_empty_diff_is_no_message(dry: Dry) -> None:
    assert dry.problems("--message-file", "-") == ["--message: It is empty."]


def test_standard_input_is_read_once(dry: Dry) -> None:
    said = dry.problems("--message-file", "-", "--instructions", "@-", stdin=b"Hello")
    assert said == [
        "--instructions: Standard input can be read only once, and another option already reads it."
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"Fix\x00it\xff", "“x” is not a text file."), (b"a" * (32 * MIB + 1), "“x” is larger than 32 MiB.")],
    ids=["no text", "large"],
)
def test_a_file_that_is_no_text_or_too_large_is_refused(dry: Dry, content: bytes, said: str) -> None:
    assert dry.problems("--message-file", written("x", content)) == [f"--message: {said}"]
    assert dry.problems("--message-file", "-", stdin=content) == [f"--message: {said.replace('x', '-', 1)}"]


def test_a_name_of_a_file_cannot_forge_a_line(dry: Dry) -> None:
    [said] = dry.problems("--image", "\x1b[2Ka\nb\u202e.png")
    assert said == "--image: “\\u001b[2Ka b\\u202e.png” cannot be read."


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<svg/>", "“x” is not a PNG, JPEG, WebP or GIF image."),
        (PIXEL + bytes(IMAGE_LIMIT), "“x” is larger than 5 MiB."),
    ],
    ids=["type", "size"],
)
def test_an_image_of_a_wrong_type_or_size_is_refused(dry: Dry, content: bytes, said: str) -> None:
    assert dry.problems("--image", written("x", content)) == [f"--image: {said}"]


def test_images_may_have_20_mib_together(dry: Dry) -> None:
    images = [written(f"{name}.png", PIXEL + bytes(IMAGE_LIMIT - len(PIXEL))) for name in "abcde"]
    said = dry.problems("--image", *images)
    assert said == ["--image: All images together can have at most 20 MiB."]


def test_an_address_of_an_image_is_checked(dry: Dry) -> None:
    assert dry.problems("--image", "https://") == [
        "--image: An image's address must begin with http:// or https://."
    ]
    assert dry.problems("--image", "data:image/png;base64,@") == [
        "--image: “image” cannot be read as an image."
    ]
    assert dry.problems("--image", "ftp://acme.example/x.png") == [
        "--image: An image's address begins with http://, https://, data: or file://, not with ftp:."
    ]
    assert dry.problems("--image", "https://acme.example/x.png https://acme.example/y.png") == [
        "--image: This address contains a space. Write it as %20, and enter one address at a time."
    ]


def test_an_address_of_an_image_is_taken_as_people_have_it(dry: Dry) -> None:
    image = written("my shot.png", PIXEL).resolve()
    given = ("HTTPS://acme.example/my shot.png", image.as_uri(), PIXEL_URL.replace("base64,", "base64,\n"))
    request = dry.request("--image", *given)
    assert request["image_urls"] == ["https://acme.example/my%20shot.png", PIXEL_URL, PIXEL_URL]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (picture()[:-20], "“x” cannot be read as an image."),
        (b"\x89PNG\r\n\x1a\n<html>Not found</html>", "“x” cannot be read as an image."),
        (picture(size=(9_000, 9_000)), "“x” has more than 40 million pixels."),
    ],
    ids=["truncated", "a web page", "81 million pixels"],
)
def test_an_image_is_refused_as_the_window_refuses_it(dry: Dry, content: bytes, said: str) -> None:
    assert dry.problems("--image", written("x", content)) == [f"--image: {said}"]


def sent_and_said(program: Program, *arguments: str | Path) -> tuple[bytes, list[str]]:
    """The image that would be sent, and what is said of it."""
    ran = program("launch", "--dry-run", "--json", "-m", "Look", *arguments)
    assert ran.code == 0, ran.err
    [url] = ran.facts["image_urls"]
    return base64.b64decode(url.partition(",")[2]), ran.err.splitlines()


def test_a_photograph_is_turned_and_loses_its_position_and_that_is_said(program: Program) -> None:
    photograph = written("photo.jpg", picture("jpeg", orientation=ON_ITS_SIDE, position=True))
    turned = "--image: “photo.jpg” was turned upright."
    image, said = sent_and_said(program, "--image", photograph)
    assert (seen(image).size, says_where(image)) == ((40, 60), False)
    assert said == [
        turned,
        "--image: The location was removed from “photo.jpg”. --keep-metadata keeps it.",
    ]
    image, said = sent_and_said(program, "--image", photograph, "--keep-metadata")
    assert (seen(image).size, says_where(image)) == ((40, 60), True)
    assert said == [turned]


def test_an_image_with_a_long_side_is_warned_of_and_scaled_where_that_is_wished(program: Program) -> None:
    content = picture(size=(10_000, 50))
    image, said = sent_and_said(program, "--image", written("plan.png", content))
    assert image == content
    assert " ".join(said) == (
        "--image: “plan.png” has 10000 × 50 pixels; some models refuse a side over 8,000. "
        "--scale-images makes it smaller."
    )
    image, said = sent_and_said(program, "--image", "plan.png", "--scale-images")
    assert seen(image).size == (8_000, 40)
    assert said == ["--image: “plan.png” was scaled to 8000 × 40 pixels."]


ONE_PROGRAM = "Enter one program without spaces; what follows it belongs in the arguments."
TASKS = "MERGE_CONFLICTS, FAILING_CHECKS, UNRESOLVED_COMMENTS, OPEN_ISSUE, OPEN_PR or CREATE_MICROAGENT."
NO_MCP = [
    ("{", ["--mcp-config: Line 1, column 2: the JSON ends too early; a bracket is not closed."]),
    ("[" * 100_000, ["--mcp-config: It is nested too deeply."]),
    ('{"sse_servers": null}', ["--mcp-config sse_servers: This must be a JSON list."]),
    ("[]", ["--mcp-config: This must be a JSON object."]),
    ('{"mcpServers": {}}', ["--mcp-config mcpServers: There is no such field."]),
    (
        '{"shttp_servers": [{"url": "ftp://x"}, {}]}',
        [
            "--mcp-config shttp_servers.0.url: The address must begin with http://, https://, ws:// or wss://.",
            "--mcp-config shttp_servers.1.url: This is needed.",
        ],
    ),
    (
        f'{{"stdio_servers": [{{"name": "a b", "command": "x {SECRET}", "env": {{"T={SECRET}": "1"}}}}]}}',
        [
            "--mcp-config stdio_servers.0.name: Use only letters, digits, - and _.",
            f"--mcp-config stdio_servers.0.command: {ONE_PROGRAM}",
            "--mcp-config stdio_servers.0.env: A variable's name must not be empty or contain spaces or “=”.",
        ],
    ),
    (
        f'{{"sse_servers": [{{"url": "https://x", "api_key": ["{SECRET}"]}}]}}',
        ["--mcp-config sse_servers.0.api_key: This must be a JSON string."],
    ),
    (
        f'{{"stdio_servers": [{{"name": "a", "command": "x", "env": {{"T": {{"{SECRET}": 1}}}}}}]}}',
        ["--mcp-config stdio_servers.0.env.T: This must be a JSON string."],
    ),
    (
        '{"stdio_servers": [{"name": "a", "command": "x", "env": {"A": true, "B": null, "C_2": ["x"]}}]}',
        [
            "--mcp-config stdio_servers.0.env.B: This must be a JSON string.",
            "--mcp-config stdio_servers.0.env.C_2: This must be a JSON string.",
        ],
    ),
    (
        f'{{"stdio_servers": [{{"name": "a", "command": "x", "env": {{"{SECRET}": null}}}}]}}',
        ["--mcp-config stdio_servers.0.env: This must be a JSON string."],
    ),
]


@pytest.mark.parametrize(("content", "said"), NO_MCP)
def test_a_wrong_mcp_config_is_refused_where_it_is_wrong_and_shows_no_secret(
    dry: Dry, content: str, said: list[str]
) -> None:
    shown = dry.problems("--mcp-config", written("mcp.json", content))
    assert shown == said
    assert SECRET not in " ".join(shown)


@pytest.mark.parametrize("option", ["--mcp-config", "--suggested-task", "--create-microagent"])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{\n  // mine\n  "repo": "a/b"}', "Line 2, column 3: JSON does not allow comments."),
        ('{"repo": "a/b",\n}', "Line 1, column 15: remove the comma before the closing bracket."),
        ('{"repo": "a/b"\n "title": "x"}', "Line 2, column 2: a comma is missing before this."),
        (
            '{"sse_servers": [],\n "sse_servers": ["https://a"]}',
            "Line 2, column 2: “sse_servers” appears twice. Keep one of the two.",
        ),
    ],
)
def test_every_fault_of_a_json_file_is_said_with_its_place(
    dry: Dry, option: str, content: str, said: str
) -> None:
    written("x.json", content)
    given = "x.json" if option == "--mcp-config" else "@x.json"
    assert dry.problems(option, given) == [f"{option}: {said}"]


def test_arguments_and_variables_in_one_text_that_cannot_be_taken_apart_are_refused(dry: Dry) -> None:
    server = {"name": "a", "command": "b", "args": "'x", "env": f"T={SECRET},{SECRET}"}
    assert dry.problems("--mcp-config", written("mcp.json", {"stdio_servers": [server]})) == [
        "--mcp-config stdio_servers.0.args: A quotation mark is not closed.",
        "--mcp-config stdio_servers.0.env: Write it as an object, or as NAME=value,NAME2=value2.",
    ]


def test_a_wrong_task_says_what_may_stand_in_which_field(dry: Dry) -> None:
    wrong = {"task_type": "CHORE", "git_provider": "svn", "issue_number": 1.5, "more": 1, "repo": "acme/web"}
    said = dry.problems("--suggested-task", json.dumps(wrong))
    assert sorted(said) == [
        "--suggested-task git_provider: Choose one of github, gitlab, bitbucket or enterprise_sso.",
        "--suggested-task issue_number: Enter a whole number.",
        "--suggested-task more: There is no such field.",
        f"--suggested-task task_type: Choose one of {TASKS}",
        "--suggested-task title: This is needed.",
    ]


@pytest.mark.parametrize("option", ["--suggested-task", "--create-microagent"])
@pytest.mark.parametrize(
    ("given", "said"),
    [("nothing", "Line 1, column 1: this is not JSON."), ("@gone", "“gone” cannot be read.")],
)
def test_a_part_that_cannot_be_read_is_said_once(dry: Dry, option: str, given: str, said: str) -> None:
    assert dry.problems(option, given) == [f"{option}: {said}"]


def test_a_list_is_no_part(dry: Dry) -> None:
    [said] = dry.problems("--suggested-task", "[1]")
    assert said.startswith("--suggested-task: This must be a JSON object.")


def test_an_empty_microagent_lacks_its_repository_and_nothing_else(dry: Dry) -> None:
    assert dry.problems("--create-microagent", "{}") == ["--create-microagent repo: This is needed."]


def test_a_replay_that_cannot_be_read_or_is_none_is_refused(dry: Dry) -> None:
    assert dry.problems("--replay", "gone") == ["--replay: “gone” cannot be read."]
    assert dry.problems("--replay", written("x", "{}")) == ["--replay: A replay is a JSON list of events."]
    assert dry.problems("--replay", written("x", "")) == ["--replay: This is needed."]


def test_what_would_not_be_sent_with_a_kind_is_refused(dry: Dry) -> None:
    image = written("shot.png", PIXEL)
    assert dry.problems("--suggested-task", json.dumps(TASK), "-m", "x", "--image", image) == [
        "--message: This cannot be combined with a suggested task: the server writes its message.",
        "--image: This cannot be combined with a suggested task: the server writes its message.",
    ]
    replay = written("replay.json", REPLAY)
    assert dry.problems("--replay", replay, "-m", "x") == [
        "--message: This cannot be combined with a replay, which contains its own message."
    ]


# With what is known of the server.


MANY = (
    "The server has 3 conversations open, including finished ones. One more may close “a”, "
    "the least recently updated."
)


def test_a_dry_run_on_a_named_server_checks_what_the_form_checks(asked: Asked, demo: Running) -> None:
    demo.server.settings = {
        **(demo.server.settings or {}),
        "mcp_config": {"sse_servers": [{"url": "https://x"}]},
    }
    for title in "abc":
        demo.do(demo.server.add, title=title)
    demo.server.provider_tokens = {}
    servers = written("mcp.json", SERVERS)
    ran = asked(
        *("launch", "--dry-run", "--repository", "acme/web", "--mcp-config", servers),
        *("--conversation-id", "0" * 32),
    )
    assert ran.code == 2
    assert ran.err.splitlines() == [
        "--conversation-id: This server does not accept this field.",
        "--repository: The server has no git token, so it cannot open a repository. Add one in its settings.",
    ]
    ran = asked("launch", "--dry-run", "-m", "x", "--mcp-config", servers, "--branch", "x")
    assert ran.code == 0
    assert ran.err.splitlines() == [
        "--branch: This has no effect without a repository.",
        "--mcp-config: This replaces the MCP servers in the server's settings (1).",
        MANY,
    ]
    assert SECRET not in ran.out
    assert asked.launches == []


def test_a_dry_run_without_a_named_server_asks_none(program: Program) -> None:
    """Nobody listens at the usual place, or a stranger: it is not asked."""
    assert program("launch", "--dry-run", "-m", "x").code == 0


def test_people_see_the_start_of_an_image_and_scripts_all_of_it(program: Program) -> None:
    image = written("shot.png", PIXEL + bytes(1000))
    shown = program("launch", "--dry-run", "--image", image)
    assert len(shown.facts["image_urls"][0]) < 100
    whole = program("launch", "--dry-run", "--json", "--image", image)
    assert len(whole.facts["image_urls"][0]) > 1000


def test_a_hostile_message_cannot_move_the_terminal_in_a_dry_run(program: Program) -> None:
    text = "\x1b]0;owned\x07 \u202e ä “"
    ran = program("launch", "--dry-run", "-m", text)
    assert "\x1b" not in ran.out
    assert "\u202e" not in ran.out
    assert "ä “" in ran.out
    assert ran.facts == {"initial_user_msg": text}


def test_secrets_reach_the_server_and_no_output(asked: Asked) -> None:
    ran = asked("launch", "--json", "--debug", "-m", "x", "--mcp-config", written("mcp.json", SERVERS))
    assert ran.code == 0
    [sent] = asked.launches
    assert sent["mcp_config"] == SERVERS
    assert SECRET not in ran.out + ran.err


def test_more_images_than_a_message_can_have_are_not_even_read(
    dry: Dry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "from_named", None)  # who calls it fails
    said = dry.problems("-m", "x", "--image", *["gone.png"] * 101)
    assert said == ["--image: A message can have at most 100 images."]


def test_images_after_those_that_are_too_large_together_are_not_read(dry: Dry, tmp_path: Path) -> None:
    content = PIXEL + bytes(IMAGE_LIMIT - len(PIXEL))
    for number in range(5):
        (tmp_path / f"{number}.png").write_bytes(content)
    given = [f"{number}.png" for number in range(5)]
    said = dry.problems("-m", "x", "--image", *given, "gone.png")
    assert said == ["--image: All images together can have at most 20 MiB."]
