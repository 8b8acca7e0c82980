"""The socket of a start-up, as this program speaks it, on the real server."""

import asyncio
from contextlib import aclosing

import pytest
from pydantic import SecretStr

from app.client.v0.api import OpenHandsClient
from app.core.conversations import AgentChanged
from app.core.servers import Server, ServerAddress
from app.errors import KeyRefused
from app.wire.schemas import InitSessionRequest
from tests.real.server import RealServer

START_S = 120.0


async def followed(server: RealServer) -> tuple[str, list[str]]:
    """The conversation, and what its agent's states were, until it goes to work."""
    client = OpenHandsClient(Server(ServerAddress(server.url), SecretStr(server.key)))
    states = list[str]()
    try:
        created = await client.create(InitSessionRequest(initial_user_msg="Fix it"))
        async with asyncio.timeout(START_S), aclosing(client.startup(created.conversation.id)) as updates:
            async for update in updates:
                states += [update.word] if isinstance(update, AgentChanged) else []
                if states and states[-1] != "loading":
                    break
    finally:
        await client.aclose()
    return created.conversation.id, states


async def test_a_start_up_is_followed_until_the_agent_goes_to_work(server: RealServer) -> None:
    conversation_id, states = await followed(server)
    assert states[0] == "loading"
    assert states[-1] in ("running", "awaiting_user_input")
    wrong = OpenHandsClient(Server(ServerAddress(server.url), SecretStr("wrong")))
    try:
        with pytest.raises(KeyRefused):
            await anext(wrong.startup(conversation_id))
    finally:
        await wrong.aclose()
