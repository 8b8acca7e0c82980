"""The routes of OpenHands 0.53.0 that the launcher uses, as `core.server_port.ServerPort` asks for them."""

import asyncio
import importlib
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import ConfigDict, SecretStr, TypeAdapter, ValidationError

from app.client.identity import identify
from app.client.parsing_cost import check_parsing_cost
from app.client.refusals import refusal
from app.client.transport import Answer, Transport
from app.client.v0 import mapping
from app.client.v0.capabilities import V0
from app.client.v0.event_pages import read_first_message, read_updates
from app.client.v0.schemas import (
    BranchPage,
    ConversationInfo,
    ConversationInfoResultSet,
    ConversationResponse,
    EventPage,
    Settings,
    WholeEvent,
    WholeEventPage,
    YesOrNo,
)
from app.core.conversations import (
    Accepted,
    Conversation,
    ConversationPage,
    Cursor,
    FirstMessage,
    LaunchState,
    ServerSettings,
    TaskRef,
    TextRef,
    Update,
    Updates,
)
from app.core.servers import Server, ServerIdentity
from app.errors import (
    LauncherError,
    MoreThanAskedFor,
    NoSuchPlace,
    NotJson,
    WebPage,
    WrongShape,
)
from app.wire import limits
from app.wire.rules import MIB
from app.wire.schemas import ConversationId, InitSessionRequest

CREATE_S = 120.0
STOP_S = 180.0
"""Stopping or deleting during a model call silences the whole server until the call ends: 140 s were seen."""

LIST_LIMIT = 8 * MIB
EVENTS_LIMIT = 32 * MIB
"""Events carry the images that people sent."""

BRANCHES_AT_ONCE = 100
BRANCH_PAGES = 10

CONVERSATIONS = "/api/conversations"

T = TypeVar("T")

_CREATED = TypeAdapter(ConversationResponse)
_PAGE = TypeAdapter(ConversationInfoResultSet)
_MAYBE_A_CONVERSATION: TypeAdapter[ConversationInfo | None] = TypeAdapter(
    ConversationInfo | None, config=ConfigDict(defer_build=True)
)
_EVENTS = TypeAdapter(EventPage)
_WHOLE_EVENT = TypeAdapter(WholeEventPage)
_SETTINGS = TypeAdapter(Settings)
_BRANCHES = TypeAdapter(BranchPage)
_OBJECT = TypeAdapter(dict[str, YesOrNo])
_YES_OR_NO = TypeAdapter(bool)
_CONVERSATION_ID = TypeAdapter(ConversationId)


class OpenHandsClient:
    """One server. One client per server; `aclose` it."""

    capabilities = V0

    def __init__(self, server: Server, identity: ServerIdentity | None = None) -> None:
        """`identity`: what is known of it from before; it is not asked for that again."""
        self._server = server
        self._transport = Transport(server)
        self._identity = identity
        self._identifying = asyncio.Lock()
        self._loading: asyncio.Future[object] | None = None

    def use_key(self, key: SecretStr | None) -> None:
        self._server = replace(self._server, key=key)
        self._transport.use_key(key)

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def identify(self) -> ServerIdentity:
        async with self._identifying:
            if self._identity is None:
                try:
                    self._identity = await identify(self._transport)
                except LauncherError as error:
                    error.may_have_started = error.was_sent = False  # it was only a look
                    raise
            return self._identity

    async def create(self, request: InitSessionRequest) -> Accepted:
        def read(answer: Answer) -> ConversationResponse:
            return _read(_CREATED, answer, of_launch=True)

        said = await self._ask(read, "POST", CONVERSATIONS, body=request.body(), deadline_s=CREATE_S)
        return mapping.accepted_of(said)

    async def launch_state(self, task: TaskRef) -> LaunchState:
        raise AssertionError("this server answers a launch with its conversation")

    async def page(self, page_id: str | None = None, *, limit: int = 100) -> ConversationPage:
        params: dict[str, str | int] = {"limit": limit} | ({"page_id": page_id} if page_id else {})
        read = _reader(_PAGE, lambda page: len(page.results) <= limit)
        page = await self._ask(read, "GET", CONVERSATIONS, params=params, limit=LIST_LIMIT)
        return mapping.page_of(page)

    async def conversation(self, conversation_id: str) -> Conversation | None:
        info = await self._ask(_reader(_MAYBE_A_CONVERSATION), "GET", _place(conversation_id))
        return mapping.conversation_of(info) if info else None

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
        """Stored events, `end_id` included. Starts nothing, also when the conversation is stopped."""
        params: dict[str, str | int] = {"start_id": start_id, "limit": limit}
        if end_id is not None:
            params["end_id"] = end_id
        if newest_first:
            params["reverse"] = "true"
        path = f"{_place(conversation_id)}/events"
        read = _reader(_EVENTS, lambda page: len(page.events) <= limit)
        return await self._ask(read, "GET", path, params=params, limit=EVENTS_LIMIT)

    async def event(self, conversation_id: str, event_id: int) -> WholeEvent | None:
        """One stored event with its texts whole; None where the server has none of this number."""
        params = {"start_id": event_id, "end_id": event_id, "limit": 1}
        path = f"{_place(conversation_id)}/events"
        page = await self._ask(_reader(_WHOLE_EVENT), "GET", path, params=params, limit=EVENTS_LIMIT)
        return next((event for event in page.events if event and event.id == event_id), None)

    async def stop(self, conversation_id: str) -> None:
        path = f"{_place(conversation_id)}/stop"
        await self._ask(_reader(_OBJECT), "POST", path, deadline_s=STOP_S)

    async def delete(self, conversation_id: str) -> None:
        """`false` means that there was none: gone is gone."""
        await self._ask(_reader(_YES_OR_NO), "DELETE", _place(conversation_id), deadline_s=STOP_S)

    async def settings(self) -> ServerSettings | None:
        settings = await self._ask(_read_settings, "GET", "/api/settings")
        return mapping.settings_of(settings) if settings else None

    async def branches(self, repository: str) -> list[str]:
        """0.53.0 gives them all at once; later versions give pages."""
        found: list[str] = []
        for number in range(1, BRANCH_PAGES + 1):
            params = {"repository": repository, "page": number, "per_page": BRANCHES_AT_ONCE}
            page = await self._ask(_read_branches, "GET", "/api/user/repository/branches", params=params)
            found += [branch.name for branch in page.branches if branch and branch.name]
            if not page.has_next_page or len(found) >= limits.BRANCHES:
                break
        return found[: limits.BRANCHES]

    async def check_key(self) -> None:
        await self._ask(_reader(_OBJECT), "GET", "/api/options/config")

    def prepare(self) -> None:
        self._loading = self._loading or _load_startup_socket()

    async def startup(self, conversation_id: str) -> AsyncGenerator[Update, None]:
        """Joining an unknown id creates a conversation there, and a stopped one restarts."""
        _place(conversation_id)
        await self.identify()
        self._loading = self._loading or _load_startup_socket()
        await asyncio.shield(self._loading)  # other launches wait for it too
        from app.client.v0.startup_socket import joined  # instant: the thread has imported it

        said = mapping.Startup()
        async with aclosing(joined(self._server, conversation_id)) as events:
            with self._doubting():
                async for event in events:
                    if update := said.update_of(event):
                        yield update

    async def _ask(self, read: Callable[[Answer], T], method: str, path: str, **more: Any) -> T:
        """What `read` makes of one answer. Only a server that has said who it is gets key, message or anything."""
        await self.identify()
        with self._doubting():
            answer = await self._transport.ask(method, path, **more)
            if not answer.is_page:
                await check_parsing_cost(answer.body)
            return read(answer)

    @contextmanager
    def _doubting(self) -> Iterator[None]:
        """After anything but a good answer who answers next has to say anew who it is: it may be another program."""
        try:
            yield
        except LauncherError:
            self._identity = None
            raise


def _load_startup_socket() -> asyncio.Future[object]:
    """Imports Socket.IO in a thread: 150 ms, once; and it must be joined within a second of a launch."""
    return asyncio.get_running_loop().run_in_executor(
        None, importlib.import_module, "app.client.v0.startup_socket"
    )


def _place(conversation_id: str) -> str:
    """Raises `NoSuchPlace` for what is no id: `..` would be another route."""
    try:
        return f"{CONVERSATIONS}/{quote(_CONVERSATION_ID.validate_python(conversation_id), safe='')}"
    except ValidationError:
        raise NoSuchPlace from None


def _read(kind: TypeAdapter[T], answer: Answer, *, of_launch: bool = False) -> T:
    """What a 200 says. Raises what any other answer means, and `WebPage`, `NotJson` and any `WrongShape`."""
    if answer.status != 200:
        raise refusal(answer, of_launch=of_launch)
    if answer.is_page:
        raise WebPage
    try:
        return kind.validate_json(answer.body)
    except ValidationError as fault:  # its text would quote the answer
        first = fault.errors(include_input=False, include_url=False, include_context=False)[0]
        raise _BY_FAULT.get(first["type"], WrongShape) from None


_BY_FAULT: dict[str, type[LauncherError]] = {"json_invalid": NotJson, "too_long": MoreThanAskedFor}


def _reader(kind: TypeAdapter[T], is_as_asked: Callable[[T], bool] = lambda _: True) -> Callable[[Answer], T]:
    """Reads a 200; raises `MoreThanAskedFor` also where only who asked can know."""

    def read(answer: Answer) -> T:
        found = _read(kind, answer)
        if not is_as_asked(found):
            raise MoreThanAskedFor
        return found

    return read


def _read_settings(answer: Answer) -> Settings | None:
    if answer.status == 404 and answer.json() == {"error": "Settings not found"}:
        return None
    return _read(_SETTINGS, answer)


def _read_branches(answer: Answer) -> BranchPage:
    if answer.status == 401 and isinstance(answer.json(), str):
        return BranchPage(branches=[])  # it has no git token: nothing is said of our key
    return _read(_BRANCHES, answer)
