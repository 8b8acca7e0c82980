"""A server that quotes every secret in every field: none of them leaves a command, whichever it is."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.demo import events
from tests.cli.conftest import Asked, Program
from tests.cli.test_process import environment
from tests.demo import Running, faults, running
from tests.demo.pace import Pace
from tests.demo.server import DemoServer
from tests.quoting import KEY, MCP_CONFIG, SECRETS, VARIABLES, Quoter, Search, betrayed, fill, forms


@pytest.fixture
def quoting() -> Iterator[Running]:
    with running(DemoServer(key=KEY, pace=Pace.quick(), rate=None)) as server:
        yield server


@pytest.fixture
def search(capsys: pytest.CaptureFixture[str]) -> Iterator[Search]:
    """Tells its figures, and fails what has found anything."""
    search = Search()
    yield search
    with capsys.disabled():
        search.tell(print)
    assert search.found == {}


@pytest.fixture
def asked(program: Program, quoting: Running, tmp_path: Path) -> Asked:
    (tmp_path / "mcp.json").write_text(json.dumps(MCP_CONFIG), encoding="utf-8")
    return Asked(program, quoting)


@pytest.mark.parametrize("secret", SECRETS)
def test_who_searches_finds_every_form_of_every_secret(secret: str) -> None:
    assert [form for form in forms(secret) if not betrayed(f"no: {form}")] == []


LAUNCH = ("launch", "-m", "Fix it", "--mcp-config", "mcp.json")


def run(asked: Asked, search: Search, *arguments: str) -> None:
    ran = asked(arguments[0], *arguments[1:], key=KEY)
    assert ran.out + ran.err
    search.look(
        {f"{' '.join(arguments[:1])}: stdout": ran.out, f"{' '.join(arguments[:1])}: stderr": ran.err}
    )
    if "--json" in arguments:
        json.loads(ran.out)


@pytest.mark.timeout(120)
def test_no_refusal_of_a_launch_shows_a_secret(asked: Asked, search: Search) -> None:
    quoter = Quoter()
    for number, refusal in enumerate(quoter.refusals()):
        asked.demo.server.answer_next("create", refusal)
        run(asked, search, *LAUNCH, *(["--json"] if number % 2 else []))
    assert {one.headers["x-session-api-key"] for one in asked.demo.server.seen("create")} == {KEY}
    sent = asked.demo.server.seen("create")[-1].body["mcp_config"]
    assert sent["stdio_servers"][0]["env"] == VARIABLES  # what is sent is never altered


@pytest.mark.timeout(120)
def test_no_launch_that_quotes_them_shows_a_secret(asked: Asked, search: Search) -> None:
    Quoter().quote_always(asked.demo.server)
    for more in ((), ("--json",)):
        for _unused in SECRETS:
            run(asked, search, *LAUNCH, "--wait", *more)
        run(asked, search, *LAUNCH, "--dry-run", *more)


@pytest.mark.timeout(120)
def test_no_conversation_that_quotes_the_key_shows_it(asked: Asked, search: Search) -> None:
    ids = asked.demo.do(fill, asked.demo.server, Quoter([KEY]))
    Quoter([KEY]).quote_always(asked.demo.server)
    for more in ((), ("--json",)):
        run(asked, search, "sessions", *more)
        for id_ in ids:
            run(asked, search, "session", id_, *more)
    run(asked, search, "stop", ids[0])
    run(asked, search, "delete", "--yes", ids[1])


@pytest.mark.timeout(120)
def test_no_start_that_breaks_shows_a_secret(asked: Asked, search: Search) -> None:
    quoter = Quoter()
    for more in ((), ("--json",)):
        for _unused in SECRETS:
            frame = events.status_update("error", quoter.quote(), id=quoter.quote(), reason=quoter.quote())
            asked.demo.do(asked.demo.server.startup_error, quoter.quote(), frame=frame)
            run(asked, search, *LAUNCH, "--wait", "1", *more)


@pytest.mark.timeout(120)
def test_nothing_that_a_list_is_refused_with_shows_a_secret(asked: Asked, search: Search) -> None:
    quoter = Quoter([KEY])
    for name in ("list", "openapi", "settings"):
        for number, refusal in enumerate(quoter.refusals()[:: 1 if name == "list" else 4]):
            asked.demo.server.clear()
            asked.demo.server.answer_always(name, refusal)
            run(asked, search, "sessions", *(["--json"] if number % 2 else []))
    identity = {"info": {"title": "OpenHands", "version": quoter.quote()}, "paths": {quoter.quote(): {}}}
    for title in ("OpenHands", "OpenHands Agent Server", quoter.quote()):
        asked.demo.server.clear()
        asked.demo.server.answer_always(
            "openapi", faults.as_json(identity | {"info": {"title": title, "version": quoter.quote()}})
        )
        run(asked, search, "sessions")


@pytest.mark.timeout(120)
def test_no_log_and_no_file_of_a_command_shows_a_secret(
    quoting: Running, search: Search, tmp_path: Path
) -> None:
    """As a process: what it logs at `--debug`, what it leaves behind, and what it tells of itself."""
    quoter = Quoter([KEY])
    ids = quoting.do(fill, quoting.server, quoter)
    quoter.quote_always(quoting.server)
    (tmp_path / "mcp.json").write_text(json.dumps(MCP_CONFIG), encoding="utf-8")
    own = {"OPENHANDS_API_KEY": KEY, "HOME": str(tmp_path), "TMPDIR": str(tmp_path), "TMP": str(tmp_path)}
    for arguments in ((*LAUNCH, "--wait"), LAUNCH, ("sessions", "--json"), ("session", ids[0])):
        if arguments == LAUNCH:
            quoting.server.answer_next("create", Quoter().refusals()[0])
        command = [sys.executable, "-m", "app", *arguments, "--debug", "--server", quoting.address]
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env=environment(**own),
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
        assert "DEBUG" in done.stderr
        search.look({f"{arguments[0]}: stdout": done.stdout, f"{arguments[0]}: stderr": done.stderr})
    (tmp_path / "mcp.json").unlink()
    kept = [one for one in tmp_path.rglob("*") if one.is_file()]
    search.look({str(one): one.read_text("latin-1") for one in kept})
