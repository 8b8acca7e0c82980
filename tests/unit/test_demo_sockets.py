"""What the demo server's Socket.IO side does beyond the contract, and what a test may have it do."""

import asyncio
import math
from typing import Any

import pytest

from app.demo.life import replay_fault
from tests.conftest import until
from tests.contract.demo_place import demo_place
from tests.contract.listening import listening
from tests.contract.place import launch
from tests.demo.pace import Pace


@pytest.mark.parametrize("status", ["RUNNING", "STARTING"])
async def test_a_start_that_fails_says_so_once_on_the_socket_and_stores_nothing(status: Any) -> None:
    async with demo_place() as place:
        place.demo.pace = Pace.quick(building=math.inf)
        place.demo.startup_error("no such agent", status=status)
        identifier = await launch(place, initial_user_msg="Do it")
        async with listening(place, identifier) as socket:
            await until(lambda: place.demo.waiting("building"))
            place.demo.release("building")
            told = {"status_update": True, "type": "error", "message": "no such agent", "id": "STATUS$ERROR"}
            await socket.until(lambda: told in socket.frames, "the error")
        async with listening(place, identifier) as late:
            assert late.updates == []
        one = place.demo.conversations.running()[0]
        assert (one.status, one.state) == (status, "loading")
        assert not any("status_update" in event for event in one.log)
        place.demo.clear()
        place.demo.pace = Pace.quick()
        second = place.demo.conversations.get(await launch(place))
        assert second is not None
        await until(lambda: second.state == "awaiting_user_input")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("no JSON", "ValueError"),
        ('{"trajectory": []}', "ValueError"),
        ('[{"x": 1}]', "ValueError"),
        ("[1]", "TypeError"),
        ("[]", "IndexError"),
        ('[{"action": "message", "source": "user", "args": {}}]', "LLMMalformedActionError"),
        ('[{"action": "message", "source": "user"}]', "LLMMalformedActionError"),
        ('[{"action": "message", "source": "user", "args": "x"}]', "AttributeError"),
        ('[{"action": "system", "source": "agent", "args": {"content": "x"}}]', "AssertionError"),
        ('[{"action": "message", "source": "user", "args": {"content": "x"}}]', None),
        ('[{"action": "message", "source": "agent", "args": {"content": "x"}}]', None),
    ],
)
def test_a_bad_replay_breaks_as_it_does_on_the_server(text: str, fault: str | None) -> None:
    assert replay_fault(text) == fault


async def test_a_message_over_the_socket_is_heard_and_a_malformed_one_is_dropped() -> None:
    async with demo_place() as place:
        one = place.demo.add(agent_state="awaiting_user_input")
        async with listening(place, one.conversation_id) as socket:
            for wrong in ("text", {"action": "dance"}, {"action": "message", "args": {"content": 5}}):
                await socket.client.emit("oh_user_action", wrong)
            await socket.client.emit("oh_user_action", {"action": "message", "args": {"content": "Which?"}})
            states = ["awaiting_user_input", "running", "awaiting_user_input"]
            await socket.until(lambda: socket.states == states, "an answer")
        told = [event for event in one.log if event["source"] == "user" and event["action"] == "message"]
        assert [event["args"]["content"] for event in told] == ["Which?"]


async def test_the_server_going_down_ends_every_connection() -> None:
    async with demo_place() as place, listening(place, place.demo.add().conversation_id) as socket:
        await asyncio.wait_for(place.demo.stop(), 10)
        await socket.until(lambda: socket.ended, "the end")
