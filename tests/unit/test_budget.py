"""The budget of requests on a real socket and in real time, counted where the server limits it."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from pydantic import SecretStr

from app import compose
from app.core.draft import LaunchDraft
from app.core.launching import Launched, Outcome
from app.core.servers import Server, ServerAddress
from app.demo import events
from app.demo.conversations import Conversation
from app.demo.limits import RateLimit, Verdict
from tests.conftest import until
from tests.demo import Running, running
from tests.demo.pace import Pace
from tests.demo.server import DemoServer
from tests.unit.fake import ready


class NotedLimit(RateLimit):
    """The server's own limit, which keeps what it decided."""

    def __init__(self) -> None:
        super().__init__()
        self.verdicts: list[Verdict] = []

    def verdict(self, address: str) -> Verdict:
        self.verdicts.append(super().verdict(address))
        return self.verdicts[-1]


@contextmanager
def at_work(demo: Running, conversations: list[Conversation]) -> Iterator[None]:
    """They do something all the time, so that their `last_updated_at` moves."""

    async def live() -> None:
        while True:
            for one in conversations:
                await demo.server.store(one, events.message("agent", "On it", waits=False))
            await asyncio.sleep(0.1)

    life: Future[None] = asyncio.run_coroutine_threadsafe(live(), demo.loop)
    try:
        yield
    finally:
        life.cancel()


def busiest_second(demo: Running) -> int:
    """The most requests that came in any second, Socket.IO aside, which the limit does not count."""
    times = [one.at for one in demo.server.seen() if one.name != "socket"]
    return max(sum(at <= later < at + 1 for later in times) for at in times)


async def test_whoever_reads_one_server_shares_its_budget_whatever_the_key() -> None:
    """It counts by the address from which we come."""

    async def connect(address: str, key: str | None, *beside: compose.Connection) -> compose.Connection:
        server = Server(ServerAddress(address), SecretStr(key) if key else None)
        return await compose.connect(server, faults.append, reads=False, beside=beside)

    faults = list[BaseException]()
    one = await connect("http://127.0.0.1:1", None)
    corrected = await connect("http://127.0.0.1:1", "key", one)
    below = await connect("http://127.0.0.1:1/below", None, corrected)
    elsewhere = await connect("http://127.0.0.1:2", None, one, corrected)
    assert one.budget is corrected.budget is below.budget
    assert elsewhere.budget is not one.budget
    for it in (one, corrected, below, elsewhere):
        await it.aclose()
    assert faults == []


async def test_a_launch_among_five_hundred_conversations_is_neither_delayed_nor_refused() -> None:
    limit = NotedLimit()
    server = DemoServer(pace=Pace.quick(), rate=limit, max_concurrent=100)
    with running(server) as demo:
        for number in range(480):
            demo.do(server.add, title=f"Old {number}", status="STOPPED")
        twenty = [demo.do(server.add, title=f"Working {number}") for number in range(20)]
        with at_work(demo, twenty):
            faults, outcomes = list[BaseException](), list[Outcome]()
            it = await compose.connect(Server(ServerAddress(demo.address)), faults.append)
            it.launching.watch(outcomes.append)
            await until(lambda: len(limit.verdicts) >= 10, "reading is under way")
            draft = LaunchDraft(initial_user_msg="Fix it")
            key = it.launching.launch(ready(draft))
            await until(lambda: outcomes, "the launch has its answer")
            assert [(type(one), one.key, one.draft) for one in outcomes] == [(Launched, key, draft)]
            row = it.book.get(key)
            assert row is not None
            assert row.conversation_id
            told = len(limit.verdicts)
            await until(lambda: len(limit.verdicts) >= told + 3, "reading goes on")
            await it.aclose()
            await it.client.aclose()
        assert faults == []
        assert set(limit.verdicts) == {Verdict.PASS}
        assert len(server.seen("create")) == 1
        assert busiest_second(demo) <= 6  # four reads and a launch, and what the way here shakes
