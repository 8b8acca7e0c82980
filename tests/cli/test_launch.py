"""`launch` against the demo server: one POST, one result or one error, whatever happens."""

import inspect
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app import errors
from app.cli.command_error import CommandError
from app.cli.exit_codes import ExitCode
from app.core import bug_reports
from app.demo.door import Handler
from app.errors import LauncherError
from tests.cli.conftest import Asked, Program, Ran
from tests.demo import Running, faults, running
from tests.demo.pace import Pace
from tests.demo.server import DemoServer

KEY = "k3y-c4n4ry"
ID = "0123456789abcdef" * 2
ANSWER = ["conversation_id", "status", "conversation_status", "url", "message"]
MAY = "A conversation may have started: `openhands-launcher sessions --server {address}` shows what is there."


@pytest.fixture
def locked(program: Program) -> Iterator[Asked]:
    """The program, pointed at a server that wants a key."""
    with running(DemoServer(key=KEY, pace=Pace.quick(), rate=None)) as demo:
        yield Asked(program, demo)


# What it prints.


def test_a_launch_prints_the_page_and_says_how_to_go_on(asked: Asked) -> None:
    ran = asked("launch", "-m", "Fix it", "--repository", "acme/web", "--branch", "main")
    [conversation] = asked.demo.server.conversations
    id_ = conversation.conversation_id
    assert ran.code == 0
    assert ran.out == f"{asked.demo.address}/conversations/{id_}\n"
    command = f"openhands-launcher session {id_} --server {asked.demo.address}"
    assert ran.err == f"Accepted. `{command}` shows its progress.\n"
    body = {"repository": "acme/web", "selected_branch": "main", "initial_user_msg": "Fix it"}
    assert asked.launches == [body]


LONG = "Fix the login. \x1b[2J\x7f\u202e\u200f \U0001fa77 é\n" * 2500


@pytest.mark.parametrize("more", [[], ["--json"]], ids=["for people", "for scripts"])
def test_a_dry_run_prints_the_request_whole(asked: Asked, more: list[str]) -> None:
    ran = asked("launch", "--dry-run", "--message-file", "-", *more, stdin=LONG.encode())
    assert ran.code == 0
    assert ran.facts == {"initial_user_msg": LONG}
    assert not set(ran.out) & set("\x1b\x7f\u202e\u200f")
    assert ("\U0001fa77 é" in ran.out) is not bool(more)


def test_with_json_it_prints_the_answer_and_the_page(asked: Asked) -> None:
    ran = asked("launch", "--json", "-m", "Fix it")
    [conversation] = asked.demo.server.conversations
    assert ran.code == 0
    assert list(ran.facts) == ANSWER
    assert ran.facts == {
        "conversation_id": conversation.conversation_id,
        "status": "ok",
        "conversation_status": "STARTING",
        "url": f"{asked.demo.address}/conversations/{conversation.conversation_id}",
        "message": None,
    }


def test_a_launch_of_a_message_costs_one_look_at_who_answers_and_one_request(asked: Asked) -> None:
    asked("launch", "-m", "Fix it")
    assert [one.name for one in asked.demo.server.seen()] == ["openapi", "create"]


def test_the_server_of_the_environment_is_asked(
    program: Program, demo: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENHANDS_SERVER", demo.address)
    ran = program("launch", "-m", "Fix it")
    assert ran.out.startswith(demo.address)
    assert "--server" not in ran.err


def test_a_kind_with_a_repository_is_checked_against_the_servers_settings(asked: Asked) -> None:
    asked.demo.server.provider_tokens = {}
    ran = asked("launch", "--repository", "acme/web", "-m", "Fix it")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("--repository: The server has no git token")
    assert asked.launches == []


def test_one_failed_read_of_the_settings_does_not_hold_a_launch_back(asked: Asked) -> None:
    asked.demo.server.answer_next("settings", faults.status(500))
    assert asked("launch", "--repository", "acme/web", "-m", "Fix it").code == 0


def test_an_id_is_asked_for_before_it_is_launched(asked: Asked) -> None:
    asked.demo.server.allow_conversation_id = True
    assert asked("launch", "--conversation-id", ID, "--json").facts["conversation_id"] == ID
    ran = asked("launch", "-m", "Fix it", "--conversation-id", ID)
    assert (ran.code, ran.err) == (
        2,
        "--conversation-id: The server already has a conversation with this id. Choose another id.\n",
    )
    assert len(asked.launches) == 1


def test_the_demo_is_started_for_the_command_alone(program: Program) -> None:
    ran = program("launch", "--demo", "-m", "Fix it")
    assert ran.code == 0
    assert (
        ran.err
        == "Accepted. The demo ends here; with --wait it goes on until the agent asks, finishes or fails.\n"
    )
    address = ran.out.removeprefix("http://").partition("/")[0]
    host, _, port = address.partition(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=5).close()


# How it ends.

NOT_STARTED: list[tuple[str, Callable[[], Handler], int, str, str]] = [
    (
        "no settings",
        lambda: faults.refused("CONFIGURATION$SETTINGS_NOT_FOUND"),
        4,
        "settings_missing",
        "no settings",
    ),
    (
        "no model key",
        lambda: faults.refused("STATUS$ERROR_LLM_AUTHENTICATION"),
        4,
        "model_key_missing",
        "no key for",
    ),
    (
        "git",
        lambda: faults.refused("STATUS$GIT_PROVIDER_AUTHENTICATION_ERROR"),
        4,
        "git_refused",
        "the repository",
    ),
    (
        "message",
        lambda: faults.refused("CONFIGURATION$MISSING_USER_MESSAGE"),
        4,
        "message_required",
        "a first message",
    ),
    ("other 400", lambda: faults.refused("X$Y", "No \x1b[2J luck"), 4, "bad_request", "No \\u001b[2J luck"),
    ("401 key", lambda: faults.as_json({"detail": "Unauthorized"}, 401), 3, "key_refused", "refused the key"),
    ("401 git", lambda: faults.as_json("Git provider token", 401), 4, "git_token_missing", "no token"),
    ("403", lambda: faults.as_json({"detail": "no"}, 403), 4, "forbidden", "does not allow this"),
    ("404", lambda: faults.as_json({}, 404), 4, "no_such_place", "does not exist (404)"),
    ("405", lambda: faults.as_json({}, 405), 4, "method_refused", "that it is OpenHands"),
    ("413", lambda: faults.web_page(413), 4, "request_too_large", "too large"),
    ("429", lambda: faults.too_many_requests("7"), 4, "too_many_requests", "Wait 7 s, then try again."),
    (
        "307",
        lambda: faults.redirect(307, "https://x.example"),
        4,
        "redirected",
        "redirects to https://x.example",
    ),
]
MAY_HAVE_STARTED: list[tuple[str, Callable[[], Handler], str, str]] = [
    ("500", lambda: faults.status(500, "Internal Server Error"), "server_fault", "The server failed (500)."),
    ("page", faults.web_page, "web_page", "A web page answered, not OpenHands."),
    ("no JSON", lambda: faults.status(200, "ok", "application/json"), "not_json", "was not JSON"),
    (
        "shape",
        lambda: faults.as_json({"status": "ok"}),
        "wrong_shape",
        "does not look like one from OpenHands",
    ),
    ("too large", lambda: faults.big_body(3 * 2**20), "answer_too_large", "too large to read"),
    ("packed", lambda: faults.gzip_bomb(2**20), "answer_compressed", "was compressed"),
    ("reset", faults.reset_before_answer, "connection_lost", "The connection broke"),
    ("lost answer", faults.then_drop, "connection_lost", "The connection broke"),
    ("half an answer", faults.cut_body, "connection_lost", "The connection broke"),
    (
        "303",
        lambda: faults.redirect(303, "https://x.example"),
        "redirected",
        "redirects to https://x.example",
    ),
    ("strange", lambda: faults.status(204), "strange_status", "unknown status 204"),
]


@pytest.mark.parametrize(
    ("fault", "code", "type_", "said"), [one[1:] for one in NOT_STARTED], ids=[one[0] for one in NOT_STARTED]
)
def test_what_the_server_refuses_is_said_with_nothing_was_started(
    locked: Asked, fault: Callable[[], Handler], code: int, type_: str, said: str
) -> None:
    locked.demo.server.answer_next("create", fault())
    ran = locked("launch", "--json", "-m", "Fix it", key=KEY)
    assert (ran.code, ran.error["type"]) == (code, type_)
    assert said in ran.err
    assert "Nothing was started." in ran.err
    assert_in_order(ran, locked)


@pytest.mark.parametrize(
    ("fault", "type_", "said"),
    [one[1:] for one in MAY_HAVE_STARTED],
    ids=[one[0] for one in MAY_HAVE_STARTED],
)
def test_an_answer_that_is_lost_or_unclear_may_have_started_something(
    locked: Asked, fault: Callable[[], Handler], type_: str, said: str
) -> None:
    locked.demo.server.answer_next("create", fault())
    ran = locked("launch", "--json", "-m", "Fix it", key=KEY)
    assert (ran.code, ran.error["type"]) == (6, type_)
    assert said in ran.err
    assert MAY.format(address=locked.demo.address) in ran.err
    assert_in_order(ran, locked)


def assert_in_order(ran: Ran, asked: Asked) -> None:
    """One POST, one message on both outputs, no word of the window's, and no secret."""
    assert len(asked.launches) == 1
    assert ran.error["message"] == ran.err.rstrip("\n")
    for word in ("kept", "fields say", "list shows", "Enter the", "Traceback", KEY):
        assert word not in ran.err


def test_a_422_is_said_at_the_options(asked: Asked) -> None:
    details = [
        {
            "type": "enum",
            "loc": ["body", "git_provider"],
            "msg": "Input should be …",
            "ctx": {"expected": "'git'"},
        },
        {
            "type": "value_error",
            "loc": ["body", "mcp_config", "sse_servers", 0, "url"],
            "msg": "Value error, no",
        },
    ]
    asked.demo.server.answer_next("create", faults.as_json({"detail": details}, 422))
    ran = asked("launch", "--json", "-m", "Fix it")
    assert ran.code == 4
    assert ran.err.splitlines() == [
        "The server refused this. Nothing was started.",
        "--provider: Choose one of git.",
        "--mcp-config sse_servers.0.url: no",
    ]
    assert [one["loc"] for one in ran.error["problems"]] == [
        ["git_provider"],
        ["mcp_config", "sse_servers", 0, "url"],
    ]


def test_without_a_key_it_is_said_where_one_is_read_from(locked: Asked) -> None:
    ran = locked("launch", "-m", "Fix it")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == (
        "The server needs its key. Nothing was started. "
        "Give it in OPENHANDS_API_KEY, with --key-file or with --key-fd.\n"
    )


def test_a_server_that_is_away_was_sent_nothing(program: Program) -> None:
    for more in ([], ["--repository", "acme/web"], ["--dry-run"]):
        ran = program(
            "launch", "--server", f"http://127.0.0.1:{closed_port()}", "-m", "Fix it", "--json", *more
        )
        assert (ran.code, ran.error["type"]) == (5, "nobody_listens")
        assert ran.err == (
            "No server answers at this address. Nothing was sent. "
            "Start OpenHands there, or check the address.\n"
        )


def test_what_is_asked_before_the_post_starts_nothing_when_it_fails(asked: Asked) -> None:
    asked.demo.server.answer_always("settings", faults.web_page())
    ran = asked("launch", "--repository", "acme/web", "-m", "Fix it", "--json")
    assert (ran.code, ran.error["type"]) == (4, "web_page")
    assert "Nothing was started." in ran.err
    assert asked.launches == []


def test_a_wrong_request_is_refused_before_a_server_is_missed(program: Program) -> None:
    ran = program("launch", "--server", f"http://127.0.0.1:{closed_port()}", "--repository", "web")
    assert (ran.code, ran.err) == (2, "--repository: Write it as owner/name, or paste its web address.\n")


def test_a_bug_says_so_and_what_has_happened(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(KEY)

    monkeypatch.setattr("app.cli.launch.Launch._accepted", broken)
    ran = asked("launch", "-m", "Fix it", key=KEY)
    assert ran.code == 1
    page = ran.out.strip()
    report = bug_reports.folder() / "bugs.txt"
    assert ran.err == (
        f"This is a bug in the launcher. A report was added to {report}. It has started, and goes on: {page}\n"
    )
    assert "in broken" in report.read_text("utf-8")
    assert KEY not in ran.out + ran.err + report.read_text("utf-8")


def test_a_bug_whose_report_cannot_be_kept_says_how_to_see_it(
    asked: Asked, monkeypatch: pytest.MonkeyPatch, own_settings: Path
) -> None:
    monkeypatch.setattr("app.cli.launch.Launch._accepted", lambda *_: 1 / 0)
    (own_settings / "openhands-launcher").write_text("no folder", "utf-8")
    ran = asked("launch", "-m", "Fix it")
    assert ran.code == 1
    assert "This is a bug in the launcher. Run it with --debug to see where." in ran.err


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        port: int = one.getsockname()[1]
    return port


# Every kind of error.


def every_error() -> list[type[LauncherError]]:
    members = inspect.getmembers(errors, inspect.isclass)
    return [kind for _, kind in members if issubclass(kind, LauncherError) and kind is not LauncherError]


ARGUMENTS: dict[str, tuple[object, ...]] = {
    "ServerFault": (500,),
    "StrangeStatus": (299,),
    "UnsupportedServer": ("OpenHands Agent Server", "1.58.2", "0.53 to 0.62"),
    "Redirected": (307, "https://x.example"),
    "RedirectedToHttps": (307, "https://x.example"),
    "BadRequest": ("No",),
    "TooManyRequests": (None,),
    "TrustUnreadable": ("SSL_CERT_FILE",),
    "Invalid": ([],),
}


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_every_error_has_an_exit_code_a_type_and_a_sentence(kind: type[LauncherError]) -> None:
    refused = CommandError.by_server(kind(*ARGUMENTS.get(kind.__name__, ())), "Nothing was sent.")
    if issubclass(kind, errors.KeyRefused | errors.KeyUnusable):
        assert refused.exit is ExitCode.KEY
    elif issubclass(kind, errors.NotSent):
        assert refused.exit is ExitCode.NOT_REACHED
    else:
        assert refused.exit is (ExitCode.UNKNOWN if issubclass(kind, errors.NoAnswer) else ExitCode.REFUSED)
    assert refused.type.replace("_", "") == kind.__name__.lower()
    assert refused.type == refused.type.lower()
    first, _, rest = refused.message.partition(" Nothing was sent.")
    assert first.endswith((".", ":  No", ": No"))
    assert not rest or rest.endswith((".", "?"))
    for word in ("kept", "fields", "Enter the", "Enter it", "Enter another", "launch", "Launch"):
        assert word not in refused.message


@pytest.mark.parametrize("more", [(), ("--instructions", "Be brief")], ids=" ".join)
def test_an_empty_start_is_said_and_goes_on(asked: Asked, more: tuple[str, ...]) -> None:
    ran = asked("launch", *more)
    assert ran.code == 0
    assert "Starts without a message: the agent waits for one." in ran.err
    assert len(asked.launches) == 1


@pytest.mark.parametrize("more", [("-m", "Fix it"), ("--image", "https://example.com/a.png")], ids=" ".join)
def test_a_start_with_something_is_not_called_empty(asked: Asked, more: tuple[str, ...]) -> None:
    assert "without a message" not in asked("launch", *more).err
