"""A server that quotes every secret of a run, in every form, in every field of every answer; and who looks for them.

Each secret begins with a canary of its own, so whatever of it gets out betrays itself.
"""

import base64
import html
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, quote_plus

from aiohttp import web

from app.demo.door import Handler
from tests.demo import faults
from tests.demo.server import DemoServer
from tests.demo.switches import really

CANARY = "c4n4ry"
KEY = f"{CANARY}00+/=%&k3y"
MCP_KEY = f"{CANARY}01-of-an-mcp-server"
VARIABLES = {
    "TOKEN": f"{CANARY}02 with \"quotes\" and 'others'",
    "REGION": f"{CANARY}03-ünïcode-日本",
    "PERCENT": f"{CANARY}04%20%7B50%&more",
    "PATHS": f"{CANARY}05\\with/all;of:them",
    "PEM": f"{CANARY}06-begin-of-it\nline-{CANARY}07-of-several\nend",
    "HTML": f"<b>{CANARY}08</b> & co. {CANARY}",
    "MARKS": f"{CANARY}09_*with*_`marks`",
    "SPACES": f"{CANARY}10   and  many\tspaces",
    "PLAIN": f"{CANARY}11",
}
SECRETS = (KEY, MCP_KEY, *VARIABLES.values())
MCP_CONFIG = {
    "shttp_servers": [{"url": "https://mcp.example", "api_key": MCP_KEY}],
    "stdio_servers": [{"name": "fetch", "command": "uvx", "env": VARIABLES}],
}
_KEPT = (
    *("conversation_id", "created_at", "last_updated_at", "next_page_id"),
    *("id", "action", "observation", "source", "type", "status", "agent_state"),
)
"""Fields without which nothing else would be looked at."""


def forms(secret: str) -> Iterator[str]:
    """As servers, proxies and libraries write it."""
    raw = secret.encode()
    yield from (secret, quote(raw), quote(raw, safe=""), quote_plus(raw), secret.upper(), f"xX{secret}Xx")
    yield from (json.dumps(secret)[1:-1], json.dumps(json.dumps(secret)), repr(secret), repr(raw))
    yield from (html.escape(secret), f"<b>{secret}</b>", f"*{secret}*", f"{secret[: len(secret) // 2 + 4]}…")
    yield from (base64.b64encode(raw).decode(), base64.b64encode(b"user:" + raw).decode())


def betrayed(text: str) -> set[str]:
    """The numbers of the canaries in it, and base64 of any."""
    found = {text[at : at + 8] for at in _places(CANARY, text.lower())}
    encoded = {
        base64.b64encode(before + secret.encode()[:12]).decode()[len(before) + 2 : -4]
        for secret in SECRETS
        for before in (b"", b"r", b"er", b"user:")
    }
    return found | {one for one in encoded if one in text}


def _places(part: str, text: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


QUOTED = ("list", "conversation", "events", "create", "settings", "branches", "stop", "delete")
"""The routes whose truth is quoted: who the server is must be believed."""


class Quoter:
    """Puts into every text the next form of the next secret: of those that the run knows."""

    def __init__(self, secrets: Sequence[str] = SECRETS) -> None:
        self._secrets = secrets
        self._next = itertools.cycle([form for secret in secrets for form in forms(secret)])
        in_line = [one for one in forms(KEY) if one.isascii() and one.isprintable()]
        self._next_in_line = itertools.cycle(in_line)
        self.said = 0

    def quote(self) -> str:
        self.said += 1
        return next(self._next)

    def in_all(self, value: Any) -> Any:
        """The same JSON, each of its texts with a quote behind it."""
        match value:
            case str():
                return f"{value} {self.quote()}"
            case list():
                return [self.in_all(one) for one in value]
            case dict():
                return {name: one if name in _KEPT else self.in_all(one) for name, one in value.items()}
        return value

    def quote_always(self, server: DemoServer) -> None:
        for name in QUOTED:
            server.answer_always(name, self.truth())

    def truth(self) -> Handler:
        """What the server would have answered, with quotes in it, in its status line and in its headers."""

        async def answer(request: web.Request) -> web.StreamResponse:
            real = await really(request)
            if not isinstance(real, web.Response) or real.content_type != "application/json":
                return real
            assert isinstance(real.body, bytes)
            said = json.dumps(self.in_all(json.loads(real.body))).encode()
            headers = {"X-Quoted": next(self._next_in_line)}
            return web.Response(
                body=said, status=real.status, reason=next(self._next_in_line), headers=headers,
                content_type="application/json",
            )  # fmt: skip

        return answer

    def refusals(self) -> list[Handler]:
        """Every way to refuse, with quotes wherever it says anything."""
        says, line = self.quote, self._next_in_line
        host = MCP_KEY if MCP_KEY in self._secrets else "elsewhere"
        quoted = [self._detail(kind) for kind in ("value_error", "enum", "odd", "greater_than_equal")]
        every = [
            {"message": says(), "msg_id": says(), "detail": says(), "error": says()}
            for _unused in self._secrets
        ]
        return [
            *(faults.as_json(one, 400) for one in every),
            *(faults.as_json({"detail": says()}, code) for code in (401, 403, 404, 405, 409, 413, 418, 500, 503)),
            *(faults.as_json({"detail": quoted, "message": says()}, 422) for _unused in range(3)),
            faults.as_json(says(), 422),
            faults.as_json({"message": says()}, 429, {"Retry-After": next(line)}),
            faults.status(500, says(), headers={"X-Fault": next(line)}),
            faults.web_page(200, f"<title>{says()}</title>{says()}"),
            faults.web_page(502, f"<title>{says()}</title>"),
            faults.status(200, says(), "application/json"),
            faults.as_json({"status": says(), "conversation_id": says(), "message": says()}),
            *(
                faults.redirect(code, f"https://{host}.{place}/{quote(KEY, safe='')}")
                for code, place in ((301, "one"), (302, "two"), (303, "three"), (307, "four"), (308, "five"))
            ),
        ]  # fmt: skip

    def _detail(self, kind: str) -> dict[str, Any]:
        says = self.quote
        return {
            "type": kind if kind != "odd" else says(),
            "loc": ["body", "mcp_config", says(), says()],
            "msg": f"Value error, {says()}",
            "input": says(),
            "ctx": {"expected": says(), "ge": says(), "error": says(), says(): says()},
        }


def fill(server: DemoServer, quoter: Quoter) -> list[str]:
    """Conversations in every state, whose texts are quotes; gives their ids."""
    says = quoter.quote
    states = ("awaiting_user_input", "awaiting_user_confirmation", "finished", "error", "running")
    return [
        server.add(
            title=f"{says()} {says()}",
            repository=says(),
            branch=says(),
            status=status or says(),
            agent_state=state or says(),
            runtime_status=says(),
            reason=f"{says()} {says()}",
            message=says(),
            last_words=f"{says()}. **Is** {says()} right? {says()} " + "x" * 900 + says(),
        ).conversation_id
        for status in ("RUNNING", "STARTING", "STOPPED", "ERROR", "")
        for state in (*states, "")
    ]


class Search:
    """What was looked through, and what was found."""

    def __init__(self) -> None:
        self.artefacts = 0
        self.characters = 0
        self.found: dict[str, set[str]] = {}

    def look(self, artefacts: Mapping[str, str]) -> None:
        for where, text in artefacts.items():
            self.artefacts += 1
            self.characters += len(text)
            if hits := betrayed(text):
                self.found.setdefault(where, set()).update(hits)

    def tell(self, say: Callable[[str], None]) -> None:
        say(
            f"{len(SECRETS)} secrets were looked for in {self.artefacts} artefacts"
            f" ({self.characters:,} characters): found in {len(self.found)}"
        )
