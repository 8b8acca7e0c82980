"""The demo server keeps the contract that the real one is asked about in `tests/real`."""

import pytest

from tests.contract.cases import CASES, CASES_WITH_IDS, Case
from tests.contract.demo_place import demo_place


@pytest.mark.parametrize("proof", CASES.values(), ids=CASES)
async def test_the_demo_keeps_the_contract(proof: Case) -> None:
    async with demo_place() as place:
        await proof(place)


@pytest.mark.parametrize("proof", CASES_WITH_IDS.values(), ids=CASES_WITH_IDS)
async def test_the_demo_that_takes_ids_keeps_the_contract(proof: Case) -> None:
    async with demo_place(takes_ids=True) as place:
        await proof(place)
