"""An OpenHands server in memory, behind `ServerPort`. It notes what it is asked."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from app.client.v0 import mapping
from app.client.v0.capabilities import V0
from app.client.v0.event_pages import read_first_message, read_updates
from app.client.v0.schemas import ConversationInfo, Event, EventPage, WholeEvent
from app.core import conversations
from app.core.budget import Budget
from app.core.conversations import (
    Accepted,
    ConversationPage,
    Cursor,
    FirstMessage,
    LaunchState,
    Phase,
    ServerSettings,
    TaskRef,
    TextRef,
    Update,
    Updates,
)
from app.core.draft import LaunchDraft
from app.core.known_server import KnownServer
from app.core.launching import Launching
from app.core.polling import Polling
from app.core.problems import CheckedLaunch, check
from app.core.server_port import ServerPort
from app.core.servers import ServerFacts, ServerIdentity
from app.core.session import Session
from app.core.session_actions import SessionActions
from app.core.sessions import SessionBook
from app.core.tasks import Tasks
from app.errors import ConnectionLost, LauncherError, NoSuchPlace
from app.wire.schemas import InitSessionRequest
from tests.unit.clock import seconds

BIRTH = datetime(2026, 11, 24, tzinfo=UTC)
"""The moment at which every test's time is zero."""


def moment() -> datetime:
    """The wall clock of the running loop."""
    return BIRTH + timedelta(seconds=seconds())


@dataclass(slots=True)
class Conversation:
    """One conversation of the server, changed at will."""

    id: str
    status: str = "RUNNING"
    title: str = ""
    repository: str | None = None
    branch: str | None = None
    created_at: datetime = BIRTH
    updated_at: datetime = BIRTH
    events: list[dict[str, Any]] = field(default_factory=list)

    def happens(self, **event: Any) -> None:
        """Stores an event; the server rewrites the metadata with each."""
        self.events.append({"id": len(self.events), **event})
        self.updated_at = max(self.updated_at + timedelta(microseconds=1), moment())

    def comes_to(self, state: str, reason: str = "") -> None:
        self.happens(observation="agent_state_changed", extras={"agent_state": state, "reason": reason})

    def hears(self, text: str) -> None:
        self.happens(action="message", source="user", args={"content": text})

    def says(self, text: str) -> None:
        self.happens(action="message", source="agent", args={"content": text})

    def info(self) -> conversations.Conversation:
        """As the list tells of it."""
        info = ConversationInfo(
            conversation_id=self.id,
            title=self.title or f"Conversation {self.id[:5]}",
            status=self.status,
            selected_repository=self.repository,
            selected_branch=self.branch,
            created_at=self.created_at,
            last_updated_at=self.updated_at,
        )
        return mapping.conversation_of(info)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: when, what, and about what."""

    at: float
    kind: str
    what: dict[str, Any]

    @property
    def is_read(self) -> bool:
        return self.kind not in ("create", "stop", "delete", "startup")


class FakeOpenHands:
    """Answers at once, unless it is told to be slow or to fail."""

    capabilities = V0

    def __init__(self, *conversations: Conversation) -> None:
        self.conversations = {one.id: one for one in conversations}
        self.asked: list[Asked] = []
        self.slow: dict[str, float] = {}
        """Kind of request → seconds to its answer."""
        self.fails: dict[str, LauncherError | Exception] = {}
        """Kind of request → what it raises, until it is taken away."""
        self.fails_once: dict[str, list[LauncherError | Exception]] = {}
        self.loses_answers = False
        """Creates the conversation, and then loses the answer of `create`."""
        self.answers_late_s = 0.0
        """Creates the conversation, and answers so much later."""
        self.stored: ServerSettings | None = ServerSettings(git_hosts={"github": None})
        self.identity = ServerIdentity("0.53.0")
        self.branches_of = {"acme/web": ["main"]}
        self.says_when_created: str | None = None
        self.empty_page = ""
        """This page holds nothing, and names another one: what a filter leaves."""
        self.launched = 0
        self.prepared = 0
        self.frames: dict[str, asyncio.Queue[dict[str, Any] | LauncherError | None]] = {}
        self.joined: list[str] = []
        self.left: list[str] = []

    # What a test asks.

    def count(self, kind: str = "", *, since: float = 0.0, **what: Any) -> int:
        """How many requests of a kind came, with these facts."""
        return len(self.of(kind, since=since, **what))

    def of(self, kind: str = "", *, since: float = 0.0, **what: Any) -> list[Asked]:
        return [
            one
            for one in self.asked
            if one.at >= since and kind in ("", one.kind) and what.items() <= one.what.items()
        ]

    def by_kind(self) -> Counter[str]:
        return Counter(one.kind for one in self.asked)

    def busiest_second(self) -> int:
        """The most reads that left in any second."""
        times = [one.at for one in self.asked if one.is_read]
        return max((sum(at <= later < at + 1 - 1e-6 for later in times) for at in times), default=0)

    def add(self, id_: str, **facts: Any) -> Conversation:
        one = Conversation(id_, **{"created_at": moment(), "updated_at": moment(), **facts})
        self.conversations[id_] = one
        return one

    def tells(self, id_: str, **frame: Any) -> None:
        """A frame on the socket of a conversation."""
        self._queue(id_).put_nowait(frame)

    def hangs_up(self, id_: str, error: LauncherError | None = None) -> None:
        self._queue(id_).put_nowait(error)

    # What the core asks, answered in the core's terms as the client does.

    async def create(self, request: InitSessionRequest) -> Accepted:
        body = request.body()
        await self._answers("create", body=body)
        self.launched += 1
        new = self.add(request.conversation_id or f"launched{self.launched}", status="STARTING")
        new.repository, new.branch = request.repository, request.selected_branch
        if request.initial_user_msg:
            new.hears(request.initial_user_msg)
        await asyncio.sleep(self.answers_late_s)
        if self.loses_answers:
            raise ConnectionLost
        made = conversations.Conversation(new.id, phase=Phase.STARTING, phase_word="STARTING")
        return Accepted(made, self.says_when_created)

    async def launch_state(self, task: TaskRef) -> LaunchState:
        raise AssertionError("it answers with the conversation")

    async def page(self, page_id: str | None = None, *, limit: int = 100) -> ConversationPage:
        await self._answers("page", page_id=page_id, limit=limit)
        if page_id and page_id == self.empty_page:
            return ConversationPage(next_page=page_id.replace("opaque", "opaque+"))
        newest_first = sorted(self.conversations.values(), key=lambda one: one.created_at, reverse=True)
        begin = int(page_id.removeprefix("opaque")) if page_id else 0
        end = begin + limit
        more = f"opaque{end}" if end < len(newest_first) else None
        return ConversationPage(tuple(one.info() for one in newest_first[begin:end]), more)

    async def conversation(self, conversation_id: str) -> conversations.Conversation | None:
        await self._answers("conversation", id=conversation_id)
        found = self.conversations.get(conversation_id)
        return found.info() if found else None

    async def updates(self, conversation_id: str, after: Cursor | None = None) -> Updates:
        return await read_updates(self.events, conversation_id, after)

    async def text(self, conversation_id: str, ref: TextRef) -> str | None:
        event = await self.event(conversation_id, int(ref))
        return mapping.text_of(event) if event else None

    async def first_message(self, conversation_id: str) -> FirstMessage | None:
        return await read_first_message(self.events, conversation_id)

    async def events(
        self,
        conversation_id: str,
        *,
        start_id: int = 0,
        end_id: int | None = None,
        newest_first: bool = False,
        limit: int = 20,
    ) -> EventPage:
        facts = {"start_id": start_id, "end_id": end_id, "newest_first": newest_first, "limit": limit}
        await self._answers("events", id=conversation_id, **facts)
        if conversation_id not in self.conversations:
            raise NoSuchPlace
        stored = self.conversations[conversation_id].events
        ids = range(start_id, 10**9 if end_id is None else end_id + 1)
        wanted = [one for one in stored if one["id"] is None or one["id"] in ids]
        wanted = wanted[::-1] if newest_first else wanted
        return EventPage.model_validate({"events": wanted[:limit], "has_more": len(wanted) > limit})

    async def event(self, conversation_id: str, event_id: int) -> WholeEvent | None:
        await self._answers("event", id=conversation_id, event_id=event_id)
        stored = self.conversations[conversation_id].events
        found = next((one for one in stored if one["id"] == event_id), None)
        return WholeEvent.model_validate(found) if found else None

    async def stop(self, conversation_id: str) -> None:
        await self._answers("stop", id=conversation_id)
        one = self.conversations.get(conversation_id)
        if one and one.status in ("STARTING", "RUNNING"):
            one.status = "STOPPED"
            one.comes_to("stopped")

    async def delete(self, conversation_id: str) -> None:
        await self._answers("delete", id=conversation_id)
        self.conversations.pop(conversation_id, None)

    async def settings(self) -> ServerSettings | None:
        await self._answers("settings")
        return self.stored

    async def branches(self, repository: str) -> list[str]:
        await self._answers("branches", repository=repository)
        return self.branches_of.get(repository, [])

    async def identify(self) -> ServerIdentity:
        await self._answers("identify")
        return self.identity

    async def check_key(self) -> None:
        await self._answers("check_key")

    def use_key(self, key: SecretStr | None) -> None: ...

    async def aclose(self) -> None: ...

    def prepare(self) -> None:
        self.prepared += 1

    async def startup(self, conversation_id: str) -> AsyncGenerator[Update, None]:
        await self._answers("startup", id=conversation_id)
        self._is_joined(conversation_id)
        said = mapping.Startup()
        try:
            while (frame := await self._queue(conversation_id).get()) is not None:
                if isinstance(frame, LauncherError):
                    raise frame
                if update := said.update_of(Event.model_validate(frame)):
                    yield update
        finally:
            await asyncio.sleep(self.slow.get("leave", 0))
            self.left.append(conversation_id)

    # Inside.

    def _is_joined(self, id_: str) -> None:
        """As dear as on the real server: an unknown id becomes a conversation, a stopped one runs again."""
        self.joined.append(id_)
        one = self.conversations.get(id_) or self.add(id_)
        if one.status not in ("STARTING", "RUNNING"):
            one.status = "STARTING"

    async def _answers(self, kind: str, **what: Any) -> None:
        self.asked.append(Asked(seconds(), kind, what))
        await asyncio.sleep(self.slow.get(kind, 0))
        if once := self.fails_once.get(kind):
            raise once.pop(0)
        if fault := self.fails.get(kind):
            raise fault

    def _queue(self, id_: str) -> asyncio.Queue[dict[str, Any] | LauncherError | None]:
        return self.frames.setdefault(id_, asyncio.Queue())


_fits: type[ServerPort] = FakeOpenHands


def ready(draft: LaunchDraft, facts: ServerFacts | None = None) -> CheckedLaunch:
    """A draft without problems, to be launched."""
    checked = check(draft, facts or ServerFacts())
    assert isinstance(checked, CheckedLaunch), checked
    return checked


@dataclass(slots=True)
class Core:
    """The core of one server, as `compose` ties it together, on the fake."""

    server: FakeOpenHands
    book: SessionBook
    known: KnownServer
    budget: Budget
    polling: Polling
    launching: Launching
    acts: SessionActions
    tasks: Tasks
    faults: list[BaseException]

    def row(self, id_: str) -> Session:
        row = self.book.by_id(id_)
        assert row is not None
        return row


@asynccontextmanager
async def core(server: FakeOpenHands, budget: Budget | None = None) -> AsyncIterator[Core]:
    """Reads this server until the block ends; a bug that the test has not taken out of `faults` fails it."""
    faults: list[BaseException] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context["exception"]))
    tasks, book = Tasks(faults.append), SessionBook(moment)
    known, budget = KnownServer(now=moment), budget or Budget()
    polling = Polling(server, book, known, budget, moment)
    launching = Launching(server, book, known, budget, polling, tasks, moment)
    acts = SessionActions(server, book, budget, polling, tasks)
    tasks.start("polling", polling.run)
    try:
        yield Core(server, book, known, budget, polling, launching, acts, tasks, faults)
    finally:
        await tasks.aclose()
    assert not faults
