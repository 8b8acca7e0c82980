"""What a lying server says: true answers, changed at places and in ways that Hypothesis draws for a whole life.

A plan is plain data, so that it can be drawn once, said over sockets, and made smaller until only the lie that
matters is left.
"""

import copy
import json
import re
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st

from tests.faults.hostile import KEY

MIB = 1024 * 1024
IDS = [f"{number:032x}" for number in range(40)]
"""Of the conversations of a world; a lie may name another's."""

# Values.


@dataclass(frozen=True, slots=True)
class Long:
    """A text that is written out only when it is said."""

    part: str
    times: int

    def __str__(self) -> str:
        return self.part * self.times


@dataclass(frozen=True, slots=True)
class Literal:
    """JSON that no Python value stands for: too many digits, too deep, too wide."""

    opening: str
    times: int
    closing: str = ""


# fmt: off
STATES = (
    "loading", "running", "awaiting_user_input", "awaiting_user_confirmation", "paused", "stopped",
    "finished", "rejected", "error", "rate_limited", "user_confirmed", "dreaming", "", "RUNNING",
)
# fmt: on
STATUSES = ("STARTING", "RUNNING", "STOPPED", "ERROR", "ARCHIVED", "DREAMING", "")
# fmt: off
TIMES = (
    "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59-23:59", "2026-11-24T04:14:23.354781", "2026-11-24T04:14:23+23:59", "2026-02-30",
    "-1", "1e300", "2026-11-24T24:00:00Z", "2026-11-24T04:14:60Z", "253402300800", "٢٠٢٦-11-24T04:14:23Z",
)
ODD = (
    "", " ", "\0", "\ud800", "a\udfffb", "\u202e\u2066evil", "\u2068" * 40, "\x1b[2J", "\u202egpj.exe",
    "\ufeff", "../x", "..", "a" * 65, "%2e%2e", "-1", "NaN", "null", "<img src=file:///etc/passwd>",
    "[x](file:///y)", "STATUS$ERROR", "STATUS$", "$", "AGENT_ERROR$TOO_MANY_CONVERSATIONS", "{", "{title}",
    "%s", "\u200f\u0645\u0631\u062d\u0628\u0627\u200e (x)", KEY, f"Bearer {KEY}",
)
LONGS = (
    Long("a", MIB), Long("ab", 5 * MIB), Long("word ", 20_000), Long("\u202e", 50_000), Long("\ud800", 9000),
    Long("*", 30_000), Long("`_*~", 20_000), Long("\u2068א", 30_000), Long("\n", 50_000), Long("{[", 40_000),
    Long("e\u0301", 90_000), Long("[a](", 20_000), Long("> ", 30_000), Long("|", 30_000), Long("?", 50_000),
    Long("a. ", 60_000),
)
LITERALS = (
    Literal("9", 4301), Literal("9", 400), Literal("[", 600, "]"), Literal("[", 100_000, "]"),
    Literal("-", 1), Literal('{"a":', 300, "}"), Literal("[],", 9000, ""), Literal("1e999", 1),
    Literal("NaN", 1),
)
NAMES = (
    "conversation_id", "title", "status", "runtime_status", "created_at", "last_updated_at", "results",
    "events", "next_page_id", "has_more", "id", "args", "extras", "content", "agent_state", "reason",
    "message", "error", "status_update", "type", "source", "action", "observation", "detail", "loc", "msg",
    "ctx", "msg_id", "\0",
)
# fmt: on

texts = st.sampled_from(ODD) | st.text(max_size=12) | st.sampled_from(STATES) | st.sampled_from(STATUSES)
numbers = st.integers() | st.sampled_from([-1, 0, 2**31, 2**63, -(2**64), 10**300, 10**4200]) | st.floats()
leaves = (
    st.none()
    | st.booleans()
    | numbers
    | texts
    | st.sampled_from(TIMES)
    | st.sampled_from(IDS)
    | st.sampled_from(LONGS)
    | st.sampled_from(LITERALS)
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=6,
)

# Lies: one change to a true answer.

HOW = ("replace", "replace", "drop", "repeat", "reverse", "wrap", "add", "all")
TIMES_REPEATED = (2, 5, 120, 11_000)


@dataclass(frozen=True, slots=True)
class Lie:
    """Follows `path`, a number at each depth, as far as there is something to follow, and changes what is there."""

    path: tuple[int, ...]
    how: str
    value: Any
    name: str
    times: int

    def told(self, truth: Any) -> Any:
        return self._changed(copy.deepcopy(truth), self.path)

    def _changed(self, inner: Any, path: tuple[int, ...]) -> Any:
        if not isinstance(inner, dict | list) or not inner:
            return self.value
        if len(path) <= 1:
            return self._here(inner, path[0] if path else 0)
        key = _member(inner, path[0])
        inner[key] = (
            self._changed(inner[key], path[1:]) if isinstance(inner[key], dict | list) else self.value
        )
        return inner

    def _here(self, inner: Any, number: int) -> Any:
        key = _member(inner, number)
        match self.how:
            case "drop":
                del inner[key]
            case "reverse" if isinstance(inner, list):
                inner.reverse()
            case "repeat" if isinstance(inner, list):
                inner[key:key] = [inner[key]] * self.times
            case "all" if isinstance(inner, list):
                inner[:] = [self.value for _ in inner]
            case "add" if isinstance(inner, dict):
                inner[self.name] = self.value
            case "wrap":
                return [inner]
            case _:
                inner[key] = self.value
        return inner


def _member(inner: Any, number: int) -> Any:
    return sorted(inner)[number % len(inner)] if isinstance(inner, dict) else number % len(inner)


lies = st.builds(
    Lie,
    st.lists(st.integers(0, 40), max_size=5).map(tuple),
    st.sampled_from(HOW),
    values,
    st.sampled_from(NAMES),
    st.sampled_from(TIMES_REPEATED),
)

# Answers over HTTP.

# fmt: off
MANNERS = (
    "chunked", "one-byte chunks", "cut", "drip", "silence", "reset", "close", "too short", "hints first",
    "late", "many headers", "no length", "garbage", "compressed", "twice", "negative length",
)
CODES = (
    201, 204, 206, 301, 302, 303, 307, 400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 502, 503, 599, 999,
)
FIELDS: tuple[tuple[str, str], ...] = (
    ("Retry-After", "999999999"), ("Retry-After", "-1"), ("Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT"),
    ("Retry-After", "Mon, 01 Jan 0001 00:00:00 +2359"), ("Retry-After", "٣"), ("Retry-After", "1" * 5000),
    ("Date", "Fri, 31 Dec 9999 23:59:59 GMT"), ("Date", "Mon, 01 Jan 0001 00:00:00 GMT"),
    ("Location", "//h:x/"), ("Location", "http://[::1"), ("Location", "http://evil.example/?session_api_key=x"),
    ("Location", "\xff\x01"), ("Content-Type", "text/html"), ("Content-Type", ""), ("Transfer-Encoding", "gzip"),
    ("Set-Cookie", "a=b"),
)
BODIES = (
    b"", b"null", b"true", b"[]", b"{}", b'""', b"{", b"\xff\xfe{\0}\0", b"\xef\xbb\xbf{}", b"<html>",
    b"[" * 9999, b'"Git provider token required."', b'{"error":"x"}', b'{"detail":"Unauthorized"}',
    b"[" + b"[]," * 90_000, b'{"error":"Settings not found"}', b'{"results":[' + b"null," * 9000 + b"null]}",
    b'{"a":1' + b',"a":1' * 999, b'{"results":[' + b"[]," * 2_000_000 + b"[]]}",
)
REFUSALS = (
    {"detail": [{"type": "missing", "loc": ["body", "initial_user_msg", 0], "msg": "m", "ctx": {"ge": 1}}]},
    {"detail": [{"type": "enum", "loc": ["body", "git_provider"], "msg": "m", "ctx": {"expected": "x"}}] * 300},
    {"status": "error", "message": "m", "msg_id": "STATUS$ERROR_LLM_AUTHENTICATION"},
    {"status": "error", "message": "Unable to access repo", "msg_id": "STATUS$GIT_PROVIDER_AUTHENTICATION_ERROR"},
    {"status": "error", "message": "no", "msg_id": "CONFIGURATION$SETTINGS_NOT_FOUND"},
    {"detail": "Unauthorized"}, {"detail": "Not Found"}, "Git provider token required.",
)
# fmt: on


@dataclass(frozen=True, slots=True)
class Reply:
    """How one request is answered: with the truth, or less."""

    lies: tuple[Lie, ...] = ()
    status: int = 200
    manner: str = "whole"
    fields: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    refusal: Any = None


TRUTH = Reply()
mostly_true = st.sampled_from([True] * 7 + [False])


@st.composite
def replies(draw: st.DrawFn, *, truth: int = 5) -> Reply:
    """Of `truth + 3` answers, `truth` are true."""
    kind = draw(st.integers(0, truth + 2))
    if kind < truth:
        return TRUTH
    if kind < truth + 2:
        told = tuple(draw(st.lists(lies, min_size=1, max_size=3)))
        return Reply(told, manner=draw(st.sampled_from(["whole", "whole", *MANNERS])))
    fields = tuple(draw(st.lists(st.sampled_from(FIELDS), max_size=2)))
    body = draw(st.none() | st.sampled_from(BODIES))
    refusal = draw(st.sampled_from(REFUSALS))
    told = tuple(draw(st.lists(lies, max_size=2)))
    code = draw(st.sampled_from([200, *CODES]))
    return Reply(told, code, draw(st.sampled_from(["whole", "whole", *MANNERS])), fields, body, refusal)


# Frames of the socket.

# fmt: off
PACKETS: tuple[str | bytes, ...] = (
    "2", "3", "6", "1", "41", "5", "", "7", "44", '44{"message":"invalid_session_api_key"}', "44[]", '44"x"',
    '44{"message":"Settings not found"}', '40{"sid":"j"}', "40", "4", "42", "42[]", "42{}", '42["oh_event"]',
    '42["oh_event",null,1,[]]', '42/other,["oh_event",{}]', '4299999999999["oh_event",{}]', "43[]",
    '431["x"]', '451-["oh_event",{"_placeholder":true,"num":0}]',
    '4599999-["oh_event",{"_placeholder":true,"num":0}]', '45-1-["oh_event"]', b"\0\1\2",
    b"\x04" + b"x" * 70_000, "42" + "[" * 5000, '42["oh_event",' + "[]," * 9000,
    '42["connect_error",{"message":"x"}]', '42["connect"]', '42["disconnect"]', "bAAAA", '42["oh_event",NaN]',
    '0{"sid":"again","upgrades":[],"pingInterval":1,"pingTimeout":1}', "42" + "9" * 5000 + '["oh_event",{}]',
)
# fmt: on
OPENING = '0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000}'
# fmt: off
OPENINGS = (
    '0{"sid":"s","upgrades":["websocket"],"pingInterval":0,"pingTimeout":0}', "0{}", "0", "0[]", "40", "1",
    "", '0{"sid":7,"upgrades":null,"pingInterval":"x","pingTimeout":[]}', '0{"sid":"s","pingInterval":-1}',
    "0null", '0{"sid":"s","upgrades":[],"pingInterval":1e300,"pingTimeout":1e300}', "\ufffd",
    '0{"sid":"s","upgrades":[],',
    '0{"sid":"s","upgrades":[],"pingInterval":' + "9" * 5000 + ',"pingTimeout":20000}',
)
# fmt: on


@dataclass(frozen=True, slots=True)
class Frame:
    """One thing that a socket says: an event of the conversation, changed, or bytes as they are."""

    event: int = 0
    lies: tuple[Lie, ...] = ()
    packet: str | bytes | None = None
    times: int = 1
    manner: str = "whole"


frames = st.builds(
    Frame,
    st.integers(0, 12),
    st.lists(lies, max_size=2).map(tuple),
    st.none() | st.sampled_from(PACKETS),
    st.sampled_from([1, 1, 1, 3, 200]),
    st.sampled_from(
        ["whole"] * 6 + ["fragments", "odd opcode", "reserved", "cut", "masked", "close", "ping", "endless"]
    ),
)


@dataclass(frozen=True, slots=True)
class Joining:
    """How one join of the socket is met."""

    opening: str = OPENING
    accepts: bool = True
    status: int = 101
    frames: tuple[Frame, ...] = (Frame(0), Frame(1), Frame(2))
    ends: bool = True


joinings = st.builds(
    Joining,
    st.sampled_from([OPENING] * 2 * len(OPENINGS) + [*OPENINGS]),
    mostly_true,
    st.sampled_from([101] * 10 + [200, 302, 400, 401, 500]),
    st.lists(frames, min_size=1, max_size=12).map(tuple),
    st.booleans(),
)

# A whole life.

# fmt: off
ROUTES = (
    "openapi", "server_info", "config", "web_client", "settings", "branches", "page", "conversation",
    "events", "create", "stop", "delete",
)
# fmt: on
RARELY_LIES = ("openapi", "server_info", "web_client")
"""Who is not taken for OpenHands is asked nothing else."""

# fmt: off
DEEDS = (
    "launch", "launch", "launch", "stop", "delete", "look again", "forget", "try now", "hide", "show",
    "settle", "check", "branches", "page", "conversation", "look at", "settle", "read", "read",
    "a day on", "a day back",
)
# fmt: on


@dataclass(frozen=True, slots=True)
class Conversation:
    """As the world begins; it goes on from there."""

    states: tuple[tuple[str, str], ...]
    """Status and agent state, round and round."""
    events: int
    says: Any
    title: Any
    repository: str | None


conversations = st.builds(
    Conversation,
    st.lists(st.tuples(st.sampled_from(STATUSES), st.sampled_from(STATES)), min_size=1, max_size=4).map(
        tuple
    ),
    st.sampled_from([0, 1, 2, 5, 30, 250]),
    texts | st.sampled_from(LONGS),
    texts,
    st.sampled_from([None, "acme/web", "acme/api", "../x", ""]),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What one server says for as long as it lives, and what a person does meanwhile."""

    world: tuple[Conversation, ...]
    replies: dict[str, tuple[Reply, ...]]
    """Route → how it is answered, round and round."""
    endless: int
    """So many rows more on each page than there are, and another page after it; 0: the list ends."""
    joinings: tuple[Joining, ...]
    deeds: tuple[str, ...]


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    return Plan(
        tuple(draw(st.lists(conversations, min_size=1, max_size=12))),
        {
            route: tuple(
                draw(st.lists(replies(truth=20 if route in RARELY_LIES else 5), min_size=2, max_size=6))
            )
            for route in ROUTES
        },
        draw(st.sampled_from([0, 0, 0, 0, 1, 99, 900])),
        tuple(draw(st.lists(joinings, min_size=1, max_size=3))),
        tuple(draw(st.lists(st.sampled_from(DEEDS), min_size=3, max_size=12))),
    )


def drawn(count: int, seed_: int) -> list[Plan]:
    """So many plans, the same for the same seed."""
    found: list[Plan] = []

    @seed(seed_)
    @settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    @given(plans())
    def keep(plan: Plan) -> None:
        found.append(plan)

    keep()
    return found[:count]


# As it is written.

SAID_LIMIT = 36 * MIB
"""In bytes, of one body: more than is ever read. Long texts beyond it are left empty."""

_LITERAL = re.compile(rb'"\\u0000([0-9a-f]*):(\d+):([0-9a-f]*)\\u0000"')


def written(value: Any) -> bytes:
    """JSON as Python writes it, NaN and half surrogate pairs too, with long texts and literals written out."""
    left = SAID_LIMIT

    def in_place(one: Any) -> str:
        nonlocal left
        if isinstance(one, Long):
            left -= len(one.part) * one.times * 6
            return str(one) if left > 0 else ""
        assert isinstance(one, Literal)
        return f"\0{one.opening.encode().hex()}:{one.times}:{one.closing.encode().hex()}\0"

    def literal(found: re.Match[bytes]) -> bytes:
        nonlocal left
        opening, closing = (bytes.fromhex(found[part].decode()) for part in (1, 3))
        left -= int(found[2]) * (len(opening) + len(closing))
        return (opening * int(found[2]) + closing * int(found[2])) if left > 0 else b"0"

    return _LITERAL.sub(literal, json.dumps(value, default=in_place).encode())
