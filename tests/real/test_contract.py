"""The real server keeps the contract that the demo is held to: the very same cases."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.contract.cases import CASES, CASES_WITH_IDS, Case
from tests.contract.place import Outcome, Place
from tests.real.server import RealServer
from tests.real.stub_gitlab import StubGitLab
from tests.real.stub_model import StubModel


class RealPlace(Place):
    """The server of all tests here, with its stub of a model."""

    def __init__(self, server: RealServer, model: StubModel) -> None:
        super().__init__(server.url, server.key)
        self._server, self._model = server, model

    def agent_will(self, outcome: Outcome) -> str:
        match outcome:
            case Outcome.ASKS:
                self._model.answers("Which page do you mean?")
            case Outcome.FINISHES:
                self._model.finishes()
            case Outcome.FAILS:
                self._model.refuses(400, "this is a bad key")
        return outcome.value

    def hold_starts(self) -> None:
        """A runtime takes a second, which is long enough."""

    def let_start(self) -> None:
        """It goes on by itself."""

    def forget_settings(self) -> None:
        self._server.forget("settings.json")

    def forget_git_tokens(self) -> None:
        self._server.forget("secrets.json")

    async def disconnect_git(self) -> None:
        (await self.http.post("/api/unset-provider-tokens")).raise_for_status()

    async def make_older(self, conversation_id: str, days: int) -> None:
        metadata = self._server.metadata(conversation_id)
        said = json.loads(metadata.read_text(encoding="utf-8"))
        born = datetime.fromisoformat(said["created_at"]) - timedelta(days=days)
        metadata.write_text(json.dumps(said | {"created_at": born.isoformat()}), encoding="utf-8")

    async def restart(self) -> None:
        await asyncio.to_thread(self._server.kill)
        await asyncio.to_thread(self._server.start_again)


@asynccontextmanager
async def real_place(server: RealServer, model: StubModel) -> AsyncIterator[RealPlace]:
    place = RealPlace(server, model)
    async with place.http:
        yield place


@pytest.fixture(scope="module")
def _server_that_takes_ids(
    openhands: Path, _model: StubModel, gitlab: StubGitLab, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealServer]:
    home = tmp_path_factory.mktemp("openhands-ids")
    with RealServer(openhands, home, _model, gitlab, ALLOW_SET_CONVERSATION_ID="1") as server:
        server.post_settings()
        yield server


@pytest.fixture
def server_that_takes_ids(_server_that_takes_ids: RealServer, model: StubModel) -> Iterator[RealServer]:
    yield _server_that_takes_ids
    model.answers("Never mind.")
    _server_that_takes_ids.delete_conversations()


@pytest.mark.parametrize("proof", CASES.values(), ids=CASES)
async def test_openhands_keeps_the_contract(proof: Case, server: RealServer, model: StubModel) -> None:
    async with real_place(server, model) as place:
        await proof(place)


@pytest.mark.parametrize("proof", CASES_WITH_IDS.values(), ids=CASES_WITH_IDS)
async def test_openhands_that_takes_ids_keeps_the_contract(
    proof: Case, server_that_takes_ids: RealServer, model: StubModel
) -> None:
    async with real_place(server_that_takes_ids, model) as place:
        await proof(place)
