"""The Socket.IO stream: what comes through, what is refused, and that nothing is left behind."""

import asyncio
import json
import logging
import string
import traceback
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientSession
from pydantic import SecretStr

from app.client.parsing_cost import PARTS_LIMIT
from app.client.v0 import startup_socket
from app.client.v0.api import OpenHandsClient
from app.client.v0.schemas import Event
from app.client.v0.startup_socket import joined
from app.core.conversations import AgentChanged, AgentState
from app.core.deadline import deadline
from app.core.servers import Server, ServerAddress, ServerIdentity
from app.errors import (
    AnswerTimedOut,
    AnswerTooLarge,
    ConnectionLost,
    KeyRefused,
    KeyUnusable,
    LauncherError,
    NoSuchPlace,
    SettingsMissing,
    WrongShape,
)
from app.wire.schemas import InitSessionRequest
from tests.conftest import until
from tests.demo.pace import Pace
from tests.demo.server import DemoServer
from tests.faults.frames import JOINED, OPEN, TEXT, accepting, framed, shaking_hands, speaking
from tests.faults.hostile import Line, answer, hostile

ID = "f" * 32
CANARY = "canary-key"


@asynccontextmanager
async def nothing_left() -> AsyncIterator[None]:
    """No task of ours outlives the block."""
    before = asyncio.all_tasks()
    yield
    await until(lambda: asyncio.all_tasks() <= before, "every task has ended", 5)


@asynccontextmanager
async def demo(**options: Any) -> AsyncIterator[tuple[DemoServer, str]]:
    server = DemoServer(**{"pace": Pace.quick(), "rate": None} | options)
    address = await server.start()
    try:
        yield server, address
    finally:
        await server.stop()


async def all_of(server: Server, **options: Any) -> list[Event]:
    async with aclosing(joined(server, ID, **options)) as stream:
        return [event async for event in stream]


async def refused(server: Server, kind: type[LauncherError]) -> list[Event]:
    """The events before the refusal."""
    heard = list[Event]()

    async def hear() -> None:
        async with aclosing(joined(server, ID)) as stream:
            async for event in stream:
                heard.append(event)

    with pytest.raises(kind):
        await hear()
    return heard


def frame(**event: Any) -> str:
    return "42" + json.dumps(["oh_event", event])


def state(number: int, agent_state: str) -> str:
    return frame(id=number, observation="agent_state_changed", extras={"agent_state": agent_state})


async def test_a_launch_is_followed_from_its_first_event_to_its_last() -> None:
    async with demo() as (_, address):
        client = OpenHandsClient(Server(ServerAddress(address)))
        client.prepare()
        created = await client.create(InitSessionRequest(initial_user_msg="Fix it"))
        async with aclosing(client.startup(created.conversation.id)) as stream:
            async for update in stream:
                if isinstance(update, AgentChanged) and update.state is not AgentState.LOADING:
                    break
        await client.aclose()
    assert isinstance(update, AgentChanged)
    assert update.state is AgentState.FINISHED


async def test_leaving_ends_every_task_and_tells_the_server() -> None:
    async with speaking(frame(id=1)) as there:
        async with nothing_left(), aclosing(joined(there.server(), ID)) as stream:
            assert (await anext(stream)).id == 1
        await asyncio.wait_for(there.gone.wait(), 5)


async def test_a_cancelled_reader_leaves_too() -> None:
    async with speaking() as there:
        async with nothing_left():
            reading = asyncio.get_running_loop().create_task(all_of(there.server()))
            await until(lambda: there.heard, "it has joined")
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
        await asyncio.wait_for(there.gone.wait(), 5)


async def test_the_stream_ends_when_the_server_ends_it() -> None:
    async with nothing_left(), speaking(state(1, "loading"), state(2, "running"), ends=True) as there:
        client = OpenHandsClient(there.server(), ServerIdentity())
        assert [update async for update in client.startup(ID)] == [
            AgentChanged(1, AgentState.LOADING, "loading"),
            AgentChanged(2, AgentState.WORKING, "running"),
        ]


@pytest.mark.parametrize("goodbye", ["41", "1"])
async def test_the_stream_ends_when_the_server_says_goodbye(goodbye: str) -> None:
    async with nothing_left(), speaking(frame(id=1), goodbye) as there:
        assert [event.id for event in await all_of(there.server())] == [1]


async def test_a_stopped_server_ends_the_stream() -> None:
    async with nothing_left(), demo() as (server, address):
        known = server.add(agent_state="running").conversation_id
        async with aclosing(joined(Server(ServerAddress(address)), known)) as stream:
            await anext(stream)
            await server.stop()
            async for event in stream:  # until it ends; what was told before still comes
                assert event.id is not None


async def test_what_is_replayed_comes_before_the_join_and_is_not_lost() -> None:
    async with speaking(frame(id=0), frame(id=1), "40", frame(id=2), joins=False, ends=True) as there:
        assert [event.id for event in await all_of(there.server())] == [0, 1, 2]


async def test_the_words_of_the_start_that_are_stored_nowhere_come_through() -> None:
    told = {"status_update": True, "type": "error", "id": "STATUS$ERROR", "message": "bad key"}
    async with speaking(frame(**told), frame(error=True, message="ValueError"), ends=True) as there:
        status, error = await all_of(there.server())
    assert (status.status_update, status.type, status.id, status.message) == tuple(told.values())
    assert (error.error, error.message) == (True, "ValueError")


async def test_a_wrong_key_is_refused() -> None:
    async with nothing_left(), demo(key="right") as (_, address):
        with pytest.raises(KeyRefused):
            await all_of(Server(ServerAddress(address), SecretStr("wrong")))


async def test_a_key_that_is_missing_is_answered_by_silence() -> None:
    async with nothing_left(), demo(key="right") as (_, address):
        with pytest.raises(AnswerTimedOut):
            await all_of(Server(ServerAddress(address)), join_s=0.5)


async def test_a_server_without_settings_refuses_after_it_has_replayed() -> None:
    async with nothing_left(), demo(settings=None) as (_, address):
        with pytest.raises(SettingsMissing):
            await all_of(Server(ServerAddress(address)))


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ('{"message":"invalid_session_api_key"}', KeyRefused),
        ('{"message":"Settings not found","data":{"msg_id":"X"}}', SettingsMissing),
        ('"invalid_session_api_key"', KeyRefused),
        ('{"message":"something else"}', ConnectionLost),
        ('{"message":["invalid_session_api_key"]}', ConnectionLost),
        ("{}", ConnectionLost),
        ("[]", ConnectionLost),
        ("7", ConnectionLost),
        ("", ConnectionLost),
    ],
)
async def test_each_refusal_has_its_meaning(said: str, kind: type[LauncherError]) -> None:
    async with nothing_left(), speaking(f"44{said}", joins=False) as there:
        with pytest.raises(kind):
            await all_of(there.server())


async def test_any_key_arrives_whole_and_the_id_beside_it() -> None:
    key = string.punctuation + string.ascii_letters + string.digits
    async with speaking(ends=True) as there:
        await all_of(there.server(key))
    (query,) = there.queries
    assert query["session_api_key"] == key
    assert (query["conversation_id"], query["latest_event_id"]) == (ID, "-1")


async def test_without_a_key_none_is_sent_and_an_unusable_one_is_refused_at_once() -> None:
    async with speaking(ends=True) as there:
        await all_of(there.server())
        with pytest.raises(KeyUnusable):
            await all_of(there.server("schlüssel"))
    (query,) = there.queries
    assert "session_api_key" not in query


async def test_the_address_keeps_its_prefix() -> None:
    async with demo(base_path="/open/hands") as (server, address):
        known = server.add(agent_state="running").conversation_id
        async with aclosing(joined(Server(ServerAddress(address)), known)) as stream:
            assert (await anext(stream)).id is not None


async def test_at_debug_no_log_line_names_the_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("engineio", "engineio.client", "socketio", "socketio.client", "aiohttp", "aiohttp.client"):
        caplog.set_level(logging.DEBUG, name)
    asyncio.get_running_loop().set_debug(True)
    async with speaking(frame(id=1), ends=True) as there:
        await all_of(there.server(CANARY))
    faults = []
    for opening in ("nonsense", "0{}"):
        async with speaking(opening=opening) as there:
            with pytest.raises(ConnectionLost) as raised:
                await all_of(there.server(CANARY))
            faults.append("".join(traceback.format_exception(raised.value)))
    ours = [
        line.getMessage() for line in caplog.records if line.name not in ("aiohttp.access", "aiohttp.server")
    ]
    assert CANARY not in "".join((*ours, *faults))


async def test_one_large_image_does_not_end_the_stream_and_one_frame_too_large_does() -> None:
    image = {"image_urls": ["a" * 5 * 2**20]}
    async with speaking(frame(id=1, args=image), frame(id=2), ends=True) as there:
        assert [event.id for event in await all_of(there.server())] == [1, 2]
    async with nothing_left(), speaking("42" + " " * (startup_socket.FRAME_LIMIT + 1), frame(id=2)) as there:
        with pytest.raises(AnswerTooLarge):
            await all_of(there.server())


async def test_a_reader_far_behind_holds_the_server_up_and_loses_nothing() -> None:
    flood = [frame(id=number, message="a" * 2**16) for number in range(500)]
    async with speaking(*flood, ends=True) as there, aclosing(joined(there.server(), ID)) as stream:
        first = await anext(stream)
        await asyncio.sleep(0)
        assert there.said < len(flood), "the server waits"
        rest = [event.id async for event in stream]
    assert [first.id, *rest] == list(range(500))


@pytest.mark.parametrize(("size", "number"), [(10, 201), (2**16, 17)], ids=["frames", "bytes"])
async def test_a_start_up_has_so_many_frames_and_bytes(
    monkeypatch: pytest.MonkeyPatch, size: int, number: int
) -> None:
    monkeypatch.setattr(startup_socket, "FRAMES_LIMIT", 200)
    monkeypatch.setattr(startup_socket, "STARTUP_LIMIT", 2**20)
    flood = [frame(id=each, message="a" * size) for each in range(number)]
    async with nothing_left(), speaking(*flood) as there:
        heard = await refused(there.server(), AnswerTooLarge)
        await asyncio.wait_for(there.gone.wait(), 5)
    assert number - 4 < len(heard) < number


HEAVY = {
    "objects": "{}," * PARTS_LIMIT,
    "lists in an attribute nobody knows": "[]," * PARTS_LIMIT,
    "numbers": "1," * PARTS_LIMIT,
    "long numbers": ("1" * 1000 + ",") * 101,
}


@pytest.mark.parametrize("heavy", HEAVY.values(), ids=HEAVY)
@pytest.mark.parametrize("before", ['42["oh_event",{"id":5,"args":[', '44{"message":[', '0{"sid":"s","x":['])
async def test_what_has_too_many_parts_is_not_parsed(heavy: str, before: str) -> None:
    after = "0]}" + "]" * (before[1] == "2")
    said = before + heavy + after
    there = speaking(said) if said[0] == "4" else speaking(opening=said)
    async with nothing_left(), there as server:
        with pytest.raises(AnswerTooLarge):
            await all_of(server.server())


async def test_a_file_full_of_braces_is_no_part() -> None:
    told = '[{,\\"' * PARTS_LIMIT
    async with speaking(frame(id=1, message=told), ends=True) as there:
        (event,) = await all_of(there.server())
    assert event.message


@pytest.mark.parametrize(
    ("interval", "silence_s"), [(0, 20), (-1e300, 5), (25_000, 45), (10**9, 120), (1e308, 120)]
)
async def test_a_server_is_not_waited_for_longer_or_shorter_than_is_sane(
    interval: float, silence_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = list[float]()

    def noted(seconds: float) -> AbstractAsyncContextManager[asyncio.Timeout]:
        waits.append(seconds)
        return deadline(seconds)

    monkeypatch.setattr(startup_socket, "deadline", noted)
    opening = f'0{{"sid":"s","upgrades":[],"pingInterval":{interval},"pingTimeout":20000}}'
    async with speaking(opening=opening, ends=True) as there:
        await all_of(there.server())
    assert waits[-1] == silence_s


async def test_a_silent_server_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(startup_socket, "SILENCE_S", (0.2, 0.2))
    async with nothing_left(), speaking(frame(id=1)) as there:
        with pytest.raises(AnswerTimedOut):
            await all_of(there.server())


async def test_each_ping_has_its_pong() -> None:
    async with speaking("2", "2", frame(id=1)) as there, aclosing(joined(there.server(), ID)) as stream:
        await anext(stream)
        await until(lambda: there.heard[1:] == ["3", "3"], "both were answered")


async def test_a_server_that_has_gone_gets_no_pong_and_is_a_lost_connection() -> None:
    """What it said before it went has arrived, and is read when nothing can be sent any more."""
    gone = asyncio.Event()

    async def act(line: Line) -> None:
        said = (OPEN, JOINED, frame(id=1), *["2"] * 50)
        await line.say(accepting(there.requests[-1]), b"".join(framed(TEXT, one.encode()) for one in said))
        await asyncio.sleep(0)
        line.reset()
        gone.set()

    async with nothing_left(), hostile(act) as there, aclosing(joined(there.server(), ID)) as stream:
        await anext(stream)
        await gone.wait()
        with pytest.raises(ConnectionLost):
            await anext(stream)


async def test_other_transports_are_not_turned_to() -> None:
    opening = '0{"sid":"s","upgrades":["polling","websocket"],"pingInterval":25000,"pingTimeout":20000}'
    async with speaking(frame(id=1), opening=opening, ends=True) as there:
        await all_of(there.server())
    (query,) = there.queries
    assert (query["transport"], query["EIO"]) == ("websocket", "4")


async def test_a_redirect_of_the_socket_is_not_followed() -> None:
    async with hostile(answer(b"{}")) as other:
        moved = answer(b"", "307 Moved", location=f"{other.address}/socket.io/")
        async with nothing_left(), hostile(moved) as there:
            with pytest.raises(ConnectionLost):
                await all_of(there.server("key"))
            assert (len(there.requests), other.connections) == (1, 0)


async def test_no_proxy_of_the_environment_sees_the_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    async with hostile(answer(b"{}")) as sink, speaking(ends=True) as there:
        for kind in ("http", "https", "all", "ws"):
            monkeypatch.setenv(f"{kind}_proxy", sink.address)
            monkeypatch.setenv(f"{kind.upper()}_PROXY", sink.address)
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.setenv(name, "")
        await all_of(there.server("key"))
        assert (len(there.queries), sink.connections) == (1, 0)


@pytest.mark.parametrize("said", [b"", b"nonsense", answer(b"{}"), answer(b"", "401 Unauthorized")])
async def test_a_server_that_opens_no_socket(said: bytes) -> None:
    async with nothing_left(), hostile(said) as there:
        with pytest.raises(ConnectionLost):
            await all_of(there.server("key"))


async def test_a_handshake_has_a_limit() -> None:
    """In pieces that are small, too: there are 14,000 of these answers in 256 KiB, and all are read in one go."""

    async def act(line: Line) -> None:
        await line.flood(b"HTTP/1.1 100 \r\n\r\n" * 1000)

    async with nothing_left(), hostile(act) as there:
        with pytest.raises(ConnectionLost):
            await all_of(there.server("key"))
        assert there.connections == 1


@pytest.mark.parametrize(
    "frames", [b"\0\0" * 1000, b"\x89\0" * 1000, b"\x8a\0" * 1000], ids=["parts", "pings", "pongs"]
)
async def test_what_is_no_frame_of_its_own_is_counted_too(
    frames: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(startup_socket, "STARTUP_LIMIT", 64 * 1024)
    monkeypatch.setattr(startup_socket, "HANDSHAKE_LIMIT", 64 * 1024)
    async with nothing_left(), shaking_hands(b"\x01\1" + b"4", frames) as there:
        with pytest.raises((ConnectionLost, AnswerTooLarge)):
            await all_of(there.server("key"))
        assert there.connections == 1


async def test_nothing_is_unpacked() -> None:
    async with nothing_left(), shaking_hands(b"\xc1\5hello", b"") as there:
        with pytest.raises(ConnectionLost):
            await all_of(there.server("key"))


async def test_a_server_that_is_silent_is_given_up() -> None:
    async with nothing_left(), hostile(lambda line: line.silence()) as there:
        with pytest.raises(AnswerTimedOut):
            await all_of(there.server("key"), join_s=0.3)


async def test_nobody_listens() -> None:
    async with nothing_left():
        with pytest.raises(ConnectionLost):
            await all_of(Server(ServerAddress("http://127.0.0.1:1")))


async def test_what_is_no_id_joins_nothing() -> None:
    client = OpenHandsClient(Server(ServerAddress("http://127.0.0.1:1")))
    with pytest.raises(NoSuchPlace):
        await anext(client.startup("../x"))


HOSTILE_OPENINGS = [
    "",
    "nonsense",
    "0",
    "0{}",
    "0[]",
    "0null",
    '0{"sid":"s","upgrades":[],"pingInterval":1e999,"pingTimeout":1}',
    '0{"sid":"s","upgrades":[],"pingInterval":"soon","pingTimeout":[]}',
    "0" + "[" * 70_000,
    '0{"sid":' + "9" * 5000 + "}",
    "4hello",
    b"\xff\xfe",
]


@pytest.mark.parametrize("opening", HOSTILE_OPENINGS)
async def test_an_opening_that_is_none(opening: str | bytes) -> None:
    async with nothing_left(), speaking(opening=opening) as there:
        with pytest.raises(WrongShape if isinstance(opening, bytes) else ConnectionLost):
            await all_of(there.server("key"))


HOSTILE_FRAMES = [
    "42",
    "42[]",
    "42{}",
    "42null",
    '42["oh_event"]',
    '42["oh_event",null]',
    '42["oh_event","text"]',
    '42["oh_event",[]]',
    '42["oh_event",{},{},{}]',
    '42["oh_event",{"id":1},{}]',
    '42["another",{}]',
    '42["connect"]',
    "42[[]]",
    "42[7]",
    "42" + "[" * 70_000,
    '42["oh_event",{"id":' + "9" * 5000 + "}]",
    '42["oh_event",{"id":NaN,"args":7,"extras":"x","source":[]}]',
    '42["oh_event",{"message":"\\ud800"}]',
    "42/other,[]",
    "421[]",
    '429999999999["oh_event",{}]',
    "43[]",
    "431[]",
    "47",
    "4",
    "4x",
    '40{"sid":"again"}',
    "40[]",
    "40null",
]


@pytest.mark.parametrize("bad", HOSTILE_FRAMES)
async def test_a_frame_that_is_none_costs_only_itself(bad: str) -> None:
    async with nothing_left(), speaking(bad, frame(id=7), ends=True) as there:
        heard = [event.id for event in await all_of(there.server())]
    assert heard[-1:] == [7]


@pytest.mark.parametrize("bad", ["", "9", "x", "0{}", "5", "6", "2probe", "3", "42\N{BELL}"])
async def test_a_packet_that_is_none_costs_nothing_else(bad: str) -> None:
    async with nothing_left(), speaking(frame(id=1), bad, frame(id=2), ends=True) as there:
        assert [event.id for event in await all_of(there.server())] == [1, 2]


ATTACHMENTS = ["45999999999-[]", "46-", '451-["oh_event",{"_placeholder":true,"num":0}]', b"binary"]


@pytest.mark.parametrize("bad", ATTACHMENTS)
async def test_no_attachment_is_waited_for(bad: str | bytes) -> None:
    """A server may announce as many as it likes, of 32 MiB each."""
    async with nothing_left(), speaking(frame(id=1), bad, b"a" * 1000, frame(id=2)) as there:
        heard = await refused(there.server(), WrongShape)
    assert [event.id for event in heard] == [1]


@pytest.mark.parametrize("steps", range(8))
async def test_a_cancel_in_the_middle_of_leaving_leaves_nothing_open(
    steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = list[ClientSession]()
    session = startup_socket._session

    async def noted(server: Server, budget: startup_socket._Budget) -> ClientSession:
        made.append(await session(server, budget))
        return made[-1]

    monkeypatch.setattr(startup_socket, "_session", noted)
    async with demo() as (server, address):
        one = server.add(agent_state="running")
        leaves = asyncio.Event()

        async def follow() -> None:
            async with aclosing(joined(Server(ServerAddress(address)), one.conversation_id)) as stream:
                await anext(stream)
                leaves.set()

        task = asyncio.get_running_loop().create_task(follow())
        await leaves.wait()
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert made[0].closed
