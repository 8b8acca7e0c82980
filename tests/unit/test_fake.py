"""The fake on which the tests of launching and polling rest tells what a real server tells through the same port."""

import asyncio

import pytest

from app.core.conversations import Accepted
from app.wire.schemas import InitSessionRequest
from tests.contract import place
from tests.contract.place import Outcome
from tests.contract.port import PORT_CASES, Asked, PortCase
from tests.unit.fake import Conversation, FakeOpenHands


class WithAgents(FakeOpenHands):
    """Its conversations live as on the server, each as its first message wants it."""

    def __init__(self) -> None:
        super().__init__()
        self.living = set[asyncio.Task[None]]()

    async def create(self, request: InitSessionRequest) -> Accepted:
        accepted = await super().create(request)
        one = self.conversations[accepted.conversation.id]
        work = asyncio.get_running_loop().create_task(self._live(one, request.initial_user_msg))
        self.living.add(work)
        return accepted

    @staticmethod
    async def _live(one: Conversation, wish: str | None) -> None:
        one.comes_to("loading")
        await asyncio.sleep(0)
        one.status = "RUNNING"
        one.comes_to("awaiting_user_input")
        if wish == Outcome.ASKS.value:
            one.comes_to("running")
            one.says("Which page do you mean?")
            one.comes_to("awaiting_user_input")


@pytest.mark.parametrize("proof", PORT_CASES.values(), ids=PORT_CASES)
async def test_the_fake_keeps_the_contract_of_the_port(
    proof: PortCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "PATIENCE_S", 1)  # nothing here takes time
    await proof(Asked(WithAgents(), lambda outcome: outcome.value))
