"""A server that lies in every field: each life follows a plan, over real sockets on loopback."""

import asyncio
import gzip
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.faults.frames import BINARY, CLOSE, PING, TEXT, accepting, framed
from tests.faults.hostile import LOOPBACK, Line
from tests.faults.lies import IDS, Conversation, Frame, Joining, Plan, Reply, written

DRIP_S = 0.002
LATE_S = 0.05
MOST_DRIPS = 300
FOLLOWING = Conversation((("STARTING", "loading"), ("RUNNING", "running")), 3, "Done?", "", "acme/web")


@dataclass(slots=True)
class Life:
    """The world of one plan, and how far it has come: it goes on with every request."""

    plan: Plan
    asked: Counter[str] = field(default_factory=Counter)
    launched: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    deleted: set[str] = field(default_factory=set)

    def reply(self, route: str) -> Reply:
        replies = self.plan.replies[route]
        return replies[self.asked[route] % len(replies)]

    @property
    def turn(self) -> int:
        return self.asked.total()

    def truth(self, route: str, path: str, query: dict[str, str], body: bytes) -> Any:
        named = {part: path.split("/")[at] for part, at in (("last", -1), ("one", -2)) if "/" in path}
        does: dict[str, Callable[[], Any]] = {
            "page": lambda: self._page(query),
            "conversation": lambda: self._conversation(named["last"]),
            "events": lambda: self._events(named["one"], query),
            "create": lambda: self._created(body),
            "delete": lambda: self._deleted(named["last"]),
        }
        return does[route]() if route in does else ALWAYS[route]

    def event(self, id_: str, number: int) -> dict[str, Any]:
        conversation = dict(self._conversations()).get(id_, FOLLOWING)
        at = {"id": number, "timestamp": "2026-11-24T04:14:23.354781", "message": ""}
        if number == 0:
            sent = dict(self.launched).get(id_, {}).get("initial_user_msg", "Fix it")
            return at | {"source": "user", "action": "message", "args": {"content": sent, "image_urls": []}}
        if number % 3 == 1:
            state = conversation.states[number % len(conversation.states)][1]
            extras = {"agent_state": state, "reason": "why"}
            return at | {"source": "environment", "observation": "agent_state_changed", "extras": extras}
        if number % 3 == 2:
            args = {"content": conversation.says, "wait_for_response": True}
            return at | {"source": "agent", "action": "message", "args": args}
        return at | {"source": "agent", "action": "finish", "args": {"final_thought": conversation.says}}

    def fleeting(self, number: int) -> dict[str, Any]:
        """What only a socket says."""
        said = (
            {"status_update": True, "type": "info", "id": "STATUS$STARTING_RUNTIME", "message": ""},
            {"status_update": True, "type": "error", "id": "STATUS$ERROR", "message": "it broke"},
            {"error": True, "message": "Failed to create agent session: ValueError"},
            {
                "status_update": True,
                "type": "error",
                "id": "AGENT_ERROR$TOO_MANY_CONVERSATIONS",
                "message": "",
            },
        )
        return said[number % len(said)]

    def _conversations(self) -> list[tuple[str, Conversation]]:
        there = [*((id_, FOLLOWING) for id_, _ in self.launched), *zip(IDS, self.plan.world, strict=False)]
        return [(id_, one) for id_, one in there if id_ not in self.deleted]

    def _info(self, id_: str, one: Conversation) -> dict[str, Any]:
        status, _state = one.states[self.turn // 4 % len(one.states)]
        sent = dict(self.launched).get(id_, {})
        begun = datetime.now(UTC) - timedelta(minutes=int(id_[-6:], 16))
        return {
            "conversation_id": id_,
            "title": one.title or f"Conversation {id_[:5]}",
            "status": status,
            "runtime_status": "STATUS$READY",
            "selected_repository": sent.get("repository", one.repository),
            "selected_branch": sent.get("selected_branch", "main"),
            "created_at": begun.isoformat(),
            "last_updated_at": (begun + timedelta(seconds=self.turn)).isoformat(),
            "num_connections": 0,
        }

    def _page(self, query: dict[str, str]) -> dict[str, Any]:
        start, limit = _number(query.get("page_id"), 0), max(1, _number(query.get("limit"), 20))
        there = self._conversations()
        more = str(start + limit) if start + limit < len(there) else None
        rows = [self._info(id_, one) for id_, one in there[start : start + limit]]
        if self.plan.endless:
            made = [self._info(f"{0xE0000 + start + at:032x}", FOLLOWING) for at in range(self.plan.endless)]
            return {"results": rows + made, "next_page_id": str(start + self.plan.endless)}
        return {"results": [*rows, None], "next_page_id": more}

    def _events(self, id_: str, query: dict[str, str]) -> dict[str, Any]:
        conversation = dict(self._conversations()).get(id_, FOLLOWING)
        count = conversation.events + self.turn // 5
        start, end = max(0, _number(query.get("start_id"), 0)), _number(query.get("end_id"), count)
        limit = max(1, _number(query.get("limit"), 20))
        ids = list(range(start, min(count, end + 1)))
        if query.get("reverse") == "true":
            ids.reverse()
        return {"events": [self.event(id_, one) for one in ids[:limit]], "has_more": len(ids) > limit}

    def _conversation(self, id_: str) -> dict[str, Any] | None:
        known = dict(self._conversations())
        return self._info(id_, known[id_]) if id_ in known else None

    def _deleted(self, id_: str) -> bool:
        self.deleted.add(id_)
        return True

    def _created(self, body: bytes) -> dict[str, Any]:
        id_ = f"{0xABC00000 + len(self.launched):032x}"
        self.launched.insert(0, (id_, json.loads(body)))
        return {"status": "ok", "conversation_id": id_, "message": None, "conversation_status": "STARTING"}


def _number(text: str | None, otherwise: int) -> int:
    try:
        return int(text or "")
    except ValueError:
        return otherwise


ALWAYS: dict[str, Any] = {
    "openapi": {
        "openapi": "3.1.0",
        "info": {"title": "OpenHands", "version": "0.53.0"},
        "components": {"schemas": {"InitSessionRequest": {"properties": {"conversation_id": {}}}}},
    },
    "server_info": {"uptime": 1.0, "idle_time": 1.0, "resources": {"cpu_percent": 0.0}},
    "config": {"APP_MODE": "oss", "FEATURE_FLAGS": {}},
    "web_client": {"detail": "Not Found"},
    "settings": {
        "llm_model": "m",
        "llm_api_key_set": True,
        "provider_tokens_set": {"github": None},
        "mcp_config": {"sse_servers": ["http://h/"], "stdio_servers": [{"name": "n"}], "shttp_servers": []},
    },
    "branches": [{"name": name, "commit_sha": "0" * 40, "protected": False} for name in ("main", "fix")],
    "stop": {"status": "ok", "conversation_id": "0" * 32, "conversation_status": "RUNNING"},
}
"""What needs no world."""


def route_of(method: str, path: str) -> str:
    """`path` is without its prefix."""
    if found := _BY_PATH.get(path):
        return found
    if path == "/api/conversations":
        return "create" if method == "POST" else "page"
    if path.startswith("/api/conversations/"):
        last = path.rpartition("/")[2]
        return last if last in ("events", "stop") else "delete" if method == "DELETE" else "conversation"
    return "web_client"


_BY_PATH = {
    "/openapi.json": "openapi",
    "/server_info": "server_info",
    "/api/options/config": "config",
    "/api/settings": "settings",
    "/api/user/repository/branches": "branches",
}


@dataclass(slots=True)
class Liar:
    """Serves each plan under its number: `http://127.0.0.1:PORT/7`."""

    lives: Sequence[Life]
    port: int = 0
    requests: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def address_of(self, number: int) -> str:
        return f"{self.address}/{number}"

    async def meet(self, line: Line) -> None:
        head = await line.reader.readuntil(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")
        fields = {
            name.lower(): value.strip() for name, _, value in (one.partition(":") for one in rest if one)
        }
        body = await line.reader.readexactly(int(fields.get("content-length", 0)))
        method, target, _version = first.split(" ")
        url = urlsplit(target)
        _, number, path = url.path.split("/", 2)
        life = self.lives[int(number)]
        query = {name: value[0] for name, value in parse_qs(url.query).items()}
        if path == "deeds":
            return await say(line, Reply(), written(life.plan.deeds))
        self.requests.append(path)
        if path.startswith("socket.io"):
            return await Socket(line, life, query.get("conversation_id", "")).meet(head)
        route = route_of(method, f"/{path}")
        reply = life.reply(route)
        truth = life.truth(route, path, query, body)
        life.asked[route] += 1
        if route == "web_client" and not reply.lies:
            reply = Reply(status=404)
        return await say(line, reply, said(reply, truth))


def said(reply: Reply, truth: Any) -> bytes:
    """The body, as the reply has it."""
    if reply.body is not None:
        return reply.body
    value = reply.refusal if reply.refusal is not None and reply.status != 200 else truth
    for lie in reply.lies:
        value = lie.told(value)
    return written(value)


async def say(line: Line, reply: Reply, body: bytes) -> None:
    head = f"HTTP/1.1 {reply.status} Said\r\n".encode()
    if not any(name == "Content-Type" for name, _ in reply.fields):
        head += b"Content-Type: application/json\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in reply.fields).encode("latin-1", "replace")
    await MANNERS.get(reply.manner, _whole)(line, head, body)


async def _whole(line: Line, head: bytes, body: bytes) -> None:
    await line.say(head + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)


async def _chunked(line: Line, head: bytes, body: bytes) -> None:
    await line.say(head + b"Transfer-Encoding: chunked\r\n\r\n")
    for at in range(0, len(body), 4096):
        part = body[at : at + 4096]
        await line.say(f"{len(part):x}\r\n".encode() + part + b"\r\n")
    await line.say(b"0\r\n\r\n")


async def _one_byte_chunks(line: Line, head: bytes, body: bytes) -> None:
    await line.say(head + b"Transfer-Encoding: chunked\r\n\r\n")
    for at in range(0, len(body), 4096):
        await line.say(b"".join(b"1\r\n%c\r\n" % one for one in body[at : at + 4096]))
    await line.say(b"0\r\n\r\n")


async def _cut(line: Line, head: bytes, body: bytes) -> None:
    await line.say(head + f"Content-Length: {len(body) + 1}\r\n\r\n".encode() + body[: len(body) // 2])


async def _drip(line: Line, head: bytes, body: bytes) -> None:
    await line.say(head + f"Content-Length: {len(body)}\r\n\r\n".encode())
    for at in range(min(len(body), MOST_DRIPS)):
        await line.say(body[at : at + 1])
        await asyncio.sleep(DRIP_S)
    await line.say(body[MOST_DRIPS:])


async def _silence(line: Line, head: bytes, body: bytes) -> None:
    await line.silence()


async def _reset(line: Line, head: bytes, body: bytes) -> None:
    line.reset()


async def _close(line: Line, head: bytes, body: bytes) -> None:
    return


async def _too_short(line: Line, head: bytes, body: bytes) -> None:
    await line.say(head + b"Content-Length: 1\r\n\r\n" + body)


async def _negative(line: Line, head: bytes, body: bytes) -> None:
    await line.say(head + b"Content-Length: -5\r\n\r\n" + body)


async def _hints_first(line: Line, head: bytes, body: bytes) -> None:
    await line.say(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 50)
    await _whole(line, head, body)


async def _late(line: Line, head: bytes, body: bytes) -> None:
    await asyncio.sleep(LATE_S)
    await _whole(line, head, body)


async def _many_headers(line: Line, head: bytes, body: bytes) -> None:
    await _whole(line, head + b"".join(b"X-%d: y\r\n" % number for number in range(2000)), body)


async def _no_length(line: Line, head: bytes, body: bytes) -> None:
    await line.say(head + b"\r\n" + body)


async def _garbage(line: Line, head: bytes, body: bytes) -> None:
    await line.say(bytes(range(256)) * 9)


async def _compressed(line: Line, head: bytes, body: bytes) -> None:
    await _whole(line, head + b"Content-Encoding: gzip\r\n", gzip.compress(body))


async def _twice(line: Line, head: bytes, body: bytes) -> None:
    await _whole(line, head, body)
    await _whole(line, head, body)


MANNERS = {
    "chunked": _chunked,
    "one-byte chunks": _one_byte_chunks,
    "cut": _cut,
    "drip": _drip,
    "silence": _silence,
    "reset": _reset,
    "close": _close,
    "too short": _too_short,
    "negative length": _negative,
    "hints first": _hints_first,
    "late": _late,
    "many headers": _many_headers,
    "no length": _no_length,
    "garbage": _garbage,
    "compressed": _compressed,
    "twice": _twice,
}

# The socket.


@dataclass(slots=True)
class Socket:
    """One WebSocket, bytes by hand: no library would say what this says."""

    line: Line
    life: Life
    conversation_id: str

    async def meet(self, request: bytes) -> None:
        joinings = self.life.plan.joinings
        joining = joinings[self.life.asked["socket"] % len(joinings)]
        self.life.asked["socket"] += 1
        if joining.status != 101:
            await say(self.line, Reply(status=joining.status, fields=(("Location", "/elsewhere"),)), b"{}")
            return
        await self.line.say(accepting(request))
        await self._speak(joining)

    async def _speak(self, joining: Joining) -> None:
        await self._text(joining.opening)
        await self.line.reader.read(4096)  # the join, whatever it says
        if joining.accepts:
            await self._text('40{"sid":"j"}')
        for frame in joining.frames:
            await self._say(frame)
        if not joining.ends:
            await self.line.silence()

    async def _text(self, text: str) -> None:
        await self.line.say(framed(TEXT, text.encode()))

    async def _say(self, frame: Frame) -> None:
        payload, opcode = self._payload(frame)
        times = frame.times if len(payload) < 2000 else 1
        frames = ODD_FRAMES[frame.manner](opcode, payload) if frame.manner in ODD_FRAMES else None
        await self.line.say(*([framed(opcode, payload)] * times if frames is None else frames))

    def _payload(self, frame: Frame) -> tuple[bytes, int]:
        if isinstance(frame.packet, bytes):
            return frame.packet, BINARY
        if frame.packet is not None:
            return frame.packet.encode("utf-8", "surrogatepass"), TEXT
        event = (
            self.life.fleeting(frame.event)
            if frame.event % 2
            else self.life.event(self.conversation_id, frame.event)
        )
        said: Any = ["oh_event", event]
        for lie in frame.lies:
            said = lie.told(said)
        return b"42" + written(said), TEXT


def _fragments(opcode: int, payload: bytes) -> list[bytes]:
    parts = [payload[at : at + 100] for at in range(0, min(len(payload), 5000), 100)] or [b""]
    return [framed(0 if at else opcode, part, fin=at == len(parts) - 1) for at, part in enumerate(parts)]


ODD_FRAMES: dict[str, Callable[[int, bytes], list[bytes]]] = {
    "fragments": _fragments,
    "odd opcode": lambda _, payload: [framed(11, payload)],
    "reserved": lambda opcode, payload: [framed(opcode, payload, reserved=0x40)],
    "cut": lambda opcode, payload: [framed(opcode, payload)[: len(payload) // 2]],
    "masked": lambda *_: [bytes([0x81, 0x81, 1, 2, 3, 4, 5])],
    "close": lambda _, payload: [framed(CLOSE, b"\x03\xe8" + payload[:100])],
    "ping": lambda _, payload: [framed(PING, payload[:120])] * 50,
    "endless": lambda _, payload: [bytes([0x81, 127]) + (1 << 62).to_bytes(8, "big") + payload],
}


@asynccontextmanager
async def lying(plans: Sequence[Plan]) -> AsyncIterator[Liar]:
    liar = Liar([Life(plan) for plan in plans])
    writers: set[asyncio.StreamWriter] = set()
    tasks: set[asyncio.Task[None]] = set()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.add(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await liar.meet(Line(reader, writer))
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        writers.discard(writer)

    def start(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(meet(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(start, LOOPBACK, 0)
    liar.port = server.sockets[0].getsockname()[1]
    try:
        yield liar
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        for one in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(one, Exception):
                raise one
