"""What the demo server asks of every request, and the ways in which a test makes it fail."""

import asyncio
import gzip
import re
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.demo.door import Handler
from app.demo.limits import RateLimit, Verdict
from tests.conftest import until
from tests.demo import faults, running, served
from tests.demo.pace import Pace
from tests.demo.server import DemoServer

LIST = "/api/conversations"


async def test_a_bearer_is_ignored_and_no_key_is_wanted_by_a_server_without_one() -> None:
    async with served() as (_, client):
        assert (await client.get(LIST, headers={"Authorization": "Bearer x"})).status_code == 200
        assert (await client.get(LIST, headers={"X-Session-API-Key": "any"})).status_code == 200


@pytest.mark.parametrize("prefix", ["", "/openhands"])
async def test_404_405_and_a_trailing_slash(prefix: str) -> None:
    async with served(DemoServer(base_path=prefix, rate=None)) as (_, client):
        missing = await client.get("/nope/")
        assert (missing.status_code, missing.json()) == (404, {"detail": "Not Found"})
        for method, path in (("PUT", "/alive"), ("HEAD", "/alive"), ("DELETE", LIST)):
            answer = await client.request(method, path)
            assert answer.status_code == 405
            assert method == "HEAD" or answer.json() == {"detail": "Method Not Allowed"}
        moved = await client.get(LIST + "/?limit=1")
        assert (moved.status_code, moved.headers["Location"]) == (
            307,
            str(client.base_url).rstrip("/") + LIST + "?limit=1",
        )
        assert (await client.get(LIST)).status_code == 200


def test_a_sliding_second_passes_ten_delays_ten_and_refuses_the_rest() -> None:
    now = [100.0]
    rate = RateLimit(clock=lambda: now[0])
    verdicts = [rate.verdict("a") for _ in range(25)]
    assert verdicts == [Verdict.PASS] * 10 + [Verdict.LATE] * 10 + [Verdict.REFUSED] * 5
    assert rate.verdict("b") is Verdict.PASS
    now[0] += 0.999
    assert rate.verdict("a") is Verdict.REFUSED
    now[0] += 0.001
    assert rate.verdict("a") is Verdict.PASS


async def test_every_request_is_remembered_with_its_body_and_its_key() -> None:
    async with served() as (server, client):
        await client.post(LIST, json={"initial_user_msg": "Hi"}, headers={"X-Session-API-Key": "k"})
        await client.get(LIST, params={"limit": 3})
        await client.post(LIST, content=b"\xff")
        first, third = server.seen("create")
        assert (first.method, first.path, first.body) == ("POST", LIST, {"initial_user_msg": "Hi"})
        assert first.headers["x-session-api-key"] == "k"
        assert third.body == b"\xff"
        assert [one.query for one in server.seen("list")] == [{"limit": "3"}]
        assert [one.at for one in server.seen()] == sorted(one.at for one in server.seen())


async def test_switches_answer_once_or_always_until_cleared() -> None:
    async with served() as (server, client):
        server.answer_next("list", faults.status(503, "<h1>Bad gateway</h1>", "text/html"))
        server.answer_next("list", faults.too_many_requests(None))
        codes = [(await client.get(LIST)).status_code for _ in range(3)]
        assert codes == [503, 429, 200]
        server.answer_always("*", faults.web_page())
        for path in (LIST, "/alive", "/nope"):
            assert "Sign in" in (await client.get(path)).text
        server.answer_next("alive", faults.as_json({"status": "odd"}))
        assert (await client.get("/alive")).json() == {"status": "odd"}
        server.clear()
        assert (await client.get("/nope")).status_code == 404
        with pytest.raises(ValueError, match="no route is called 'lst'"):
            server.answer_next("lst", faults.hang())


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (faults.hang(), httpx.ReadTimeout),
        (faults.then_hang(), httpx.ReadTimeout),
        (faults.reset_before_answer(), httpx.NetworkError | httpx.RemoteProtocolError),
        (faults.then_drop(), httpx.NetworkError | httpx.RemoteProtocolError),
        (faults.cut_body(), httpx.NetworkError | httpx.RemoteProtocolError),
    ],
)
async def test_a_lost_answer_reads_as_lost(fault: Handler, raised: Any) -> None:
    async with served() as (server, client):
        server.answer_next("create", fault)
        with pytest.raises(raised.__args__ if hasattr(raised, "__args__") else raised):
            await client.post(LIST, json={}, timeout=httpx.Timeout(10, read=0.2))


@pytest.mark.parametrize(("fault", "made"), [(faults.then_drop(), 1), (faults.reset_before_answer(), 0)])
async def test_a_dropped_answer_leaves_a_conversation_only_if_the_request_was_done(
    fault: Handler, made: int
) -> None:
    async with served() as (server, client):
        server.answer_next("create", fault)
        with pytest.raises(httpx.TransportError):
            await client.post(LIST, json={})
        assert len(server.conversations) == made


@pytest.mark.parametrize("fault", [faults.drip(0), faults.never_ending_body()])
async def test_a_body_that_never_ends_goes_on_and_on(fault: Handler) -> None:
    async with served() as (server, client):
        server.answer_next("list", fault)
        async with client.stream("GET", LIST) as answer:
            read = 0
            async for chunk in answer.aiter_raw():
                read += len(chunk)
                if read > 100:
                    break
        assert (await client.get("/alive")).status_code == 200


async def test_a_bomb_is_small_on_the_wire_and_as_large_as_it_says_within() -> None:
    async with served() as (server, client):
        server.answer_next("list", faults.gzip_bomb(8 * 1024 * 1024))
        async with client.stream("GET", LIST) as answer:
            raw = b"".join([chunk async for chunk in answer.aiter_raw()])
        assert answer.headers["Content-Encoding"] == "gzip, gzip"
        assert len(raw) < 1024
        assert len(gzip.decompress(gzip.decompress(raw))) == 8 * 1024 * 1024


async def test_a_redirect_a_refusal_and_a_large_body() -> None:
    async with served() as (server, client):
        server.answer_next("create", faults.redirect(308, "http://elsewhere.example/"))
        moved = await client.post(LIST, json={})
        assert (moved.status_code, moved.headers["Location"]) == (308, "http://elsewhere.example/")
        server.answer_next("create", faults.refused("CONFIGURATION$MISSING_USER_MESSAGE", "Say something"))
        refused = await client.post(LIST, json={})
        assert refused.status_code == 400
        assert refused.json() == {
            "status": "error",
            "message": "Say something",
            "msg_id": "CONFIGURATION$MISSING_USER_MESSAGE",
        }
        server.answer_next("list", faults.big_body(1000))
        assert len((await client.get(LIST)).content) == 1000


async def test_it_ends_soon_whatever_is_under_way() -> None:
    async with served() as (server, client):
        server.answer_always("list", faults.hang())
        server.answer_always("alive", faults.never_ending_body())

        async def ask(path: str) -> None:
            with pytest.raises(httpx.TransportError):
                await client.get(path)

        asked = [asyncio.get_running_loop().create_task(ask(path)) for path in (LIST, "/alive")]
        await until(lambda: len(server.requests) == 2)
        await asyncio.wait_for(server.stop(), 10)
        await asyncio.gather(*asked)


def test_it_runs_in_a_thread_and_is_switched_from_outside() -> None:
    with running(DemoServer(pace=Pace.quick(), rate=None)) as demo, httpx.Client(trust_env=False) as client:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", demo.address)
        one = demo.do(demo.server.add, title="Hi")
        rows = client.get(demo.address + LIST).json()["results"]
        assert [row["conversation_id"] for row in rows] == [one.conversation_id]
        demo.call(demo.server.stop())
        with pytest.raises(httpx.ConnectError):
            client.get(demo.address + "/alive")
        demo.restart()
        assert client.get(demo.address + "/alive").json() == {"status": "ok"}
    with httpx.Client(trust_env=False) as client, pytest.raises(httpx.ConnectError):
        client.get(demo.address + "/alive")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = (
    "repository",
    "mcp_config",
    "suggested_task",
    "image_urls",
    "initial_user_msg",
    "create_microagent",
    "x",
)


def test_whatever_is_sent_the_server_answers_as_a_server_does() -> None:
    with running(DemoServer(pace=Pace.quick(), rate=None)) as demo, httpx.Client(trust_env=False) as client:

        @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
        @given(st.dictionaries(st.sampled_from(FIELDS), JSON) | JSON)
        def sent(body: Any) -> None:
            try:
                answer = client.post(demo.address + LIST, json=body)
            except (ValueError, httpx.ReadError, httpx.RemoteProtocolError):
                return  # no JSON, or the connection that a 500 closed
            assert answer.status_code in (200, 400, 422, 500)
            if answer.status_code == 422:
                assert all(one["loc"][0] == "body" for one in answer.json()["detail"])

        sent()
        assert client.get(demo.address + "/health").json() == "OK"
