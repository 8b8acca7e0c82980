"""The demo server's Socket.IO side, as OpenHands 0.53.0 has it, met by a real client."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import pytest
import socketio
from socketio.exceptions import ConnectionError as NotConnected

from app.demo import events
from app.demo.pace import Pace
from app.demo.server import DemoServer
from tests.conftest import until
from tests.demo import served


class Joined:
    """A client of one conversation, and what it was shown."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []
        self.shown_before_connect = -1
        self.refusal: Any = None
        self.over = False
        self.client = socketio.AsyncClient(reconnection=False)
        self.client.on("oh_event", self._shown)
        self.client.on("connect", self._connected)
        self.client.on("connect_error", self._refused)
        self.client.on("disconnect", self._ended)

    async def connect(self, address: str, wait_s: float = 10, **query: Any) -> None:
        url = f"{address}?{urlencode({'latest_event_id': -1} | query)}"
        await self.client.connect(url, transports=["websocket"], wait_timeout=wait_s)

    def states(self) -> list[str]:
        return [
            one["extras"]["agent_state"]
            for one in self.frames
            if one.get("observation") == "agent_state_changed"
        ]

    def updates(self) -> list[str | None]:
        return [one.get("id") for one in self.frames if "status_update" in one]

    async def _shown(self, frame: dict[str, Any]) -> None:
        self.frames.append(frame)

    async def _connected(self) -> None:
        self.shown_before_connect = len(self.frames)

    async def _refused(self, data: Any) -> None:
        self.refusal = data

    async def _ended(self, _reason: object) -> None:
        self.over = True


@asynccontextmanager
async def joined(address: str, **query: Any) -> AsyncIterator[Joined]:
    one = Joined()
    try:
        await one.connect(address, **query)
        yield one
    finally:
        await one.client.disconnect()


def quick(**held: float) -> DemoServer:
    return DemoServer(pace=Pace.quick(**held), rate=None)


async def test_a_join_replays_before_it_is_connected_and_the_newest_state_comes_last() -> None:
    async with served() as (server, client):
        one = server.add(message="Hi", last_words="Yes?", agent_state="awaiting_user_input")
        one.log.append(events.recall("Hi"))
        async with joined(str(client.base_url), conversation_id=one.conversation_id) as seen:
            await until(lambda: server.conversations.running()[0].sockets)
            assert seen.shown_before_connect == len(seen.frames) == 5
            assert [frame["id"] for frame in seen.frames] == [1, 2, 3, 5, 6]
            assert seen.states() == ["awaiting_user_input"]
            assert one.info()["num_connections"] == 1
        await until(lambda: one.info()["num_connections"] == 0)


async def test_a_join_replays_only_what_is_newer_and_no_state_if_there_is_none() -> None:
    async with served() as (server, client):
        one = server.add(message="Hi", last_words="Yes?", agent_state="awaiting_user_input")
        newest = len(one.log) - 1
        async with joined(
            str(client.base_url), conversation_id=one.conversation_id, latest_event_id=newest
        ) as seen:
            await server.store(one, events.message("agent", "Now"))
            await until(lambda: seen.frames)
            assert [frame["id"] for frame in seen.frames] == [newest + 1]


async def test_live_frames_show_the_recall_and_hide_the_wish_and_who_the_environment_is() -> None:
    async with served(quick(building=math.inf)) as (server, client):
        made = (await client.post("/api/conversations", json={"initial_user_msg": "Do it"})).json()
        identifier = made["conversation_id"]
        async with joined(str(client.base_url), conversation_id=identifier) as seen:
            server.release("building")
            await until(lambda: seen.states()[-1:] == ["finished"])
        assert seen.states() == ["loading", "running", "finished"]
        actions = [frame["action"] for frame in seen.frames if "action" in frame]
        assert "recall" in actions
        assert "change_agent_state" not in actions
        assert {frame["source"] for frame in seen.frames if "source" in frame} == {"agent", "user"}
        assert [one["conversation_title"] for one in seen.frames if "conversation_title" in one] == ["Do it"]
        log = server.conversations.running()[0].log
        assert [one["source"] for one in log if one.get("observation") == "agent_state_changed"] == [
            "environment"
        ] * 3
        assert not any("status_update" in one for one in log)


@pytest.mark.parametrize(("status", "state"), [("RUNNING", "loading"), ("STARTING", None)])
async def test_a_start_that_fails_says_so_once_on_the_socket_and_stores_nothing(
    status: Any, state: str | None
) -> None:
    async with served(quick(building=math.inf)) as (server, client):
        server.startup_error("no such agent", status=status)
        made = (await client.post("/api/conversations", json={"initial_user_msg": "Do it"})).json()
        identifier = made["conversation_id"]
        async with joined(str(client.base_url), conversation_id=identifier) as seen:
            server.release("building")
            told = {"status_update": True, "type": "error", "message": "no such agent", "id": "STATUS$ERROR"}
            await until(lambda: told in seen.frames)
        async with joined(str(client.base_url), conversation_id=identifier) as late:
            await until(lambda: server.conversations.running()[0].sockets)
            assert late.updates() == []
        one = server.conversations.running()[0]
        assert (one.status, one.state) == (status, state)
        assert not any("status_update" in event for event in one.log)
        server.clear()
        made = (await client.post("/api/conversations", json={})).json()
        second = server.conversations.get(made["conversation_id"])
        assert second is not None
        await until(lambda: server.waiting("building"))
        server.release("building")
        await until(lambda: second.state == "awaiting_user_input")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("no", "ValueError"),
        ('{"trajectory": []}', "ValueError"),
        ("[]", "IndexError"),
        ('[{"action": "system", "source": "agent", "args": {}}]', "AssertionError"),
    ],
)
async def test_a_bad_replay_is_told_only_on_the_socket(text: str, fault: str) -> None:
    async with served(quick(building=math.inf)) as (server, client):
        made = (await client.post("/api/conversations", json={"replay_json": text})).json()
        async with joined(str(client.base_url), conversation_id=made["conversation_id"]) as seen:
            server.release("building")
            told = {"error": True, "message": f"Failed to create agent session: {fault}"}
            await until(lambda: told in seen.frames)
        one = server.conversations.running()[0]
        assert (one.status, one.state) == ("RUNNING", "loading")


async def test_a_wrong_key_is_refused_and_a_missing_one_is_never_answered() -> None:
    async with served(DemoServer(key="right", rate=None)) as (server, client):
        address = str(client.base_url)
        one = server.add().conversation_id
        wrong, missing = Joined(), Joined()
        with pytest.raises(NotConnected):
            await wrong.connect(address, conversation_id=one, session_api_key="wrong")
        assert wrong.refusal == {"message": "invalid_session_api_key"}
        with pytest.raises(NotConnected):
            await missing.connect(address, 0.1, conversation_id=one)
        assert missing.refusal is None
        await missing.client.disconnect()
        async with joined(address, conversation_id=one, session_api_key="right") as seen:
            assert seen.client.connected


async def test_without_settings_it_replays_refuses_and_leaves_a_row() -> None:
    async with served() as (server, client):
        one = server.add(agent_state="finished")
        server.settings = None
        for identifier, shown in ((one.conversation_id, True), ("e" * 32, False)):
            refused = Joined()
            with pytest.raises(NotConnected):
                await refused.connect(str(client.base_url), conversation_id=identifier)
            data = {"msg_id": "CONFIGURATION$SETTINGS_NOT_FOUND"}
            assert refused.refusal == {"message": "Settings not found", "data": data}
            assert bool(refused.frames) is shown
        assert {row.conversation_id for row in server.conversations} == {one.conversation_id, "e" * 32}


async def test_joining_an_unknown_id_creates_a_conversation() -> None:
    async with served() as (_, client):
        async with joined(str(client.base_url), conversation_id="f" * 32) as seen:
            await until(lambda: seen.states()[-1:] == ["awaiting_user_input"])
        row = (await client.get(f"/api/conversations/{'f' * 32}")).json()
        assert (row["trigger"], row["status"]) == (None, "RUNNING")


async def test_joining_a_stopped_conversation_restarts_it() -> None:
    async with served() as (server, client):
        one = server.add(status="STOPPED", agent_state="finished")
        async with joined(str(client.base_url), conversation_id=one.conversation_id) as seen:
            await until(lambda: seen.states()[-1:] == ["awaiting_user_input"])
        assert one.status == "RUNNING"


async def test_a_stop_cuts_the_sockets_before_it_stores_stopped() -> None:
    async with served() as (server, client):
        one = server.add(agent_state="awaiting_user_input")
        async with joined(str(client.base_url), conversation_id=one.conversation_id) as seen:
            await client.post(f"/api/conversations/{one.conversation_id}/stop")
            await until(lambda: seen.over)
            assert "stopped" not in seen.states()
        assert one.state == "stopped"


async def test_who_is_closed_for_another_one_hears_why() -> None:
    async with served() as (server, client):
        server.max_concurrent = 1
        one = server.add(agent_state="awaiting_user_input")
        async with joined(str(client.base_url), conversation_id=one.conversation_id) as seen:
            await client.post("/api/conversations", json={})
            await until(lambda: seen.over)
            assert seen.updates() == ["AGENT_ERROR$TOO_MANY_CONVERSATIONS"]
        assert one.status == "STOPPED"


async def test_a_message_over_the_socket_is_heard_and_a_malformed_one_is_dropped() -> None:
    async with served() as (server, client):
        one = server.add(agent_state="awaiting_user_input")
        async with joined(str(client.base_url), conversation_id=one.conversation_id) as seen:
            for wrong in ("text", {"action": "dance"}, {"action": "message", "args": {"content": 5}}):
                await seen.client.emit("oh_user_action", wrong)
            await seen.client.emit("oh_user_action", {"action": "message", "args": {"content": "Which?"}})
            await until(lambda: seen.states()[-1:] == ["awaiting_user_input"] and len(seen.states()) > 2)
        users = [event["args"]["content"] for event in one.log if event["source"] == "user"]
        assert users == ["Which?"]


async def test_a_rename_is_told_to_who_is_connected() -> None:
    async with served() as (server, client):
        one = server.add()
        async with joined(str(client.base_url), conversation_id=one.conversation_id) as seen:
            await client.patch(f"/api/conversations/{one.conversation_id}", json={"title": "New"})
            await until(lambda: [frame.get("conversation_title") for frame in seen.frames][-1:] == ["New"])


async def test_the_server_going_down_ends_every_connection() -> None:
    async with served() as (server, client):
        one = server.add()
        async with joined(str(client.base_url), conversation_id=one.conversation_id) as seen:
            await asyncio.wait_for(server.stop(), 1)
            await until(lambda: seen.over)
