"""What the launcher's own port tells of a server, in the core's terms. The fake of the unit tests keeps this too."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic import SecretStr

from app.client import transport
from app.client.v0.api import OpenHandsClient
from app.core.conversations import (
    Accepted,
    AgentChanged,
    AgentSaid,
    AgentState,
    Conversation,
    Cursor,
    Phase,
    Update,
    Updates,
)
from app.core.server_port import ServerPort
from app.core.servers import Server, ServerAddress
from app.errors import LauncherError, ServerFault
from app.wire.schemas import InitSessionRequest
from tests.contract.case import case
from tests.contract.place import NO_REPOSITORY, NOBODY, REPOSITORY, ManyAddresses, Outcome, Place, until

TRIES, BETWEEN_TRIES_S = 10, 0.2


@dataclass(frozen=True, slots=True)
class Asked:
    """A server behind the port, and what makes its agents end as a case wants it."""

    port: ServerPort
    agent_will: Callable[[Outcome], str]

    async def launch(self, **request: Any) -> str:
        accepted = await self.port.create(InitSessionRequest(**request))
        assert isinstance(accepted, Accepted)
        return accepted.conversation.id

    async def until_in(self, id_: str, state: AgentState) -> None:
        async def reached() -> bool:
            changes = await self.changes(id_)
            return bool(changes) and changes[-1].state is state

        await until(reached, f"the agent {state}")

    async def updates(self, id_: str, after: Cursor | None = None) -> tuple[list[Update], Cursor]:
        """All that has happened after the cursor, and how far that is, with as many requests as it takes."""
        found, has_more = list[Update](), True
        while has_more:
            read = await self._read(id_, after)
            assert not read.was_too_large
            found += read.updates
            after, has_more = read.cursor, read.has_more
        assert after is not None
        return found, after

    async def _read(self, id_: str, after: Cursor | None) -> Updates:
        """Reads race with the server's own writes: one that fails is made once more, and then again."""
        for _ in range(TRIES):
            with suppress(ServerFault):
                return await self.port.updates(id_, after)
            await asyncio.sleep(BETWEEN_TRIES_S)
        return await self.port.updates(id_, after)

    async def asking(self) -> str:
        """A conversation whose agent has answered its first message with a question."""
        id_ = await self.launch(initial_user_msg=self.agent_will(Outcome.ASKS))

        async def answered() -> bool:
            found, _ = await self.updates(id_)
            return any(isinstance(one, AgentSaid) and one.text for one in found)

        await until(answered, "an answer of the agent")
        await self.until_in(id_, AgentState.ASKS)
        return id_

    async def changes(self, id_: str) -> list[AgentChanged]:
        found, _ = await self.updates(id_)
        return sorted((one for one in found if isinstance(one, AgentChanged)), key=lambda one: one.order)

    async def known(self, id_: str) -> Conversation:
        found = await self.port.conversation(id_)
        assert found is not None
        return found

    async def until_phase(self, id_: str, phase: Phase) -> None:
        async def reached() -> bool:
            return (await self.known(id_)).phase is phase

        await until(reached, f"a conversation that is {phase}")


PortCase = Callable[[Asked], Awaitable[None]]

PORT_CASES: dict[str, PortCase] = {}


def port_case(proof: PortCase) -> PortCase:
    """This is part of the contract of every port; over HTTP the real client of the place speaks."""
    PORT_CASES[proof.__name__] = proof

    async def over_http(place: Place) -> None:
        key = SecretStr(place.key) if place.key else None
        address = ServerAddress(place.url)

        def ours_from(local: str) -> httpx.AsyncBaseTransport:
            made = transport._bare_transport(address)
            if sys.platform == "linux":
                setattr(made._pool, "_local_address", local)  # noqa: B010 - httpcore asks for it
            return made

        client = OpenHandsClient(Server(address, key))
        client._transport._http = ManyAddresses(ours_from)  # type: ignore[assignment]
        try:
            await proof(Asked(client, place.agent_will))
        finally:
            await client.aclose()

    over_http.__name__, over_http.__module__ = proof.__name__, proof.__module__
    case(over_http)
    return proof


@port_case
async def what_is_launched_starts_and_is_listed_at_once(asked: Asked) -> None:
    before = await asked.launch()
    accepted = await asked.port.create(InitSessionRequest(repository=REPOSITORY, selected_branch="main"))
    assert isinstance(accepted, Accepted)
    assert accepted.conversation.phase is Phase.STARTING
    listed = (await asked.port.page()).conversations
    assert [one.id for one in listed] == [accepted.conversation.id, before]
    newest = listed[0]
    assert (newest.repository, newest.branch, newest.has_placeholder) == (REPOSITORY, "main", True)
    assert newest.created_at is not None
    assert newest.updated_at is not None
    assert newest.created_at <= newest.updated_at


@port_case
async def the_list_comes_in_pages_newest_first(asked: Asked) -> None:
    ids = [await asked.launch() for _ in range(3)]
    first = await asked.port.page(limit=2)
    assert first.next_page is not None
    rest = await asked.port.page(first.next_page, limit=2)
    assert rest.next_page is None
    assert [one.id for one in (*first.conversations, *rest.conversations)] == ids[::-1]


@port_case
async def an_agent_that_has_asked_waits_and_nothing_is_new_after_that(asked: Asked) -> None:
    id_ = await asked.asking()
    _, seen = await asked.updates(id_)
    nothing, _ = await asked.updates(id_, seen)
    assert nothing == []
    first = await asked.port.first_message(id_)
    assert first is not None
    assert (first.text, first.part_of) == (Outcome.ASKS.value, None)
    await asked.until_phase(id_, Phase.RUNNING)


@port_case
async def what_is_stopped_is_listed_as_stopped_and_its_agent_says_so(asked: Asked) -> None:
    id_ = await asked.asking()
    _, seen = await asked.updates(id_)
    await asked.port.stop(id_)
    await asked.until_phase(id_, Phase.STOPPED)
    await asked.until_in(id_, AgentState.STOPPED)
    after, _ = await asked.updates(id_, seen)
    assert [one.state for one in after if isinstance(one, AgentChanged)] == [AgentState.STOPPED]


@port_case
async def what_is_deleted_is_gone_and_may_be_deleted_again(asked: Asked) -> None:
    id_ = await asked.asking()
    for _ in range(2):
        await asked.port.delete(id_)
        assert await asked.port.conversation(id_) is None
        assert (await asked.port.page()).conversations == ()


async def _refusal(work: Awaitable[object]) -> str:
    try:
        await work
    except LauncherError as error:
        return type(error).__name__
    return "answered"


@port_case
async def of_what_is_unknown_nothing_is_read_and_to_stop_it_changes_nothing(asked: Asked) -> None:
    assert await asked.port.conversation(NOBODY) is None
    assert await _refusal(asked.port.updates(NOBODY)) == "NoSuchPlace"
    assert await _refusal(asked.port.first_message(NOBODY)) == "NoSuchPlace"
    assert await _refusal(asked.port.stop(NOBODY)) == "answered"


@port_case
async def who_answers_and_what_it_is_set_to_is_told(asked: Asked) -> None:
    assert (await asked.port.identify()).version == "0.53.0"
    await asked.port.check_key()
    settings = await asked.port.settings()
    assert settings is not None
    assert settings.git_hosts is not None


@port_case
async def a_repository_that_cannot_be_opened_has_no_branches(asked: Asked) -> None:
    assert "main" in await asked.port.branches(REPOSITORY)
    assert await asked.port.branches(NO_REPOSITORY) == []
