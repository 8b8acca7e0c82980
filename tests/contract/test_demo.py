"""The demo server, as it ships and as tests have it, keeps the contract of the real one (`tests/real`)."""

import pytest

from tests.contract.cases import CASES, CASES_WITH_IDS, Case
from tests.contract.demo_place import demo_place, shipped_place

OF_THE_KEY = {
    "door.each_route_refuses_a_missing_and_a_wrong_key",
    "sockets.a_wrong_key_is_refused_and_creates_nothing",
    "sockets.a_missing_key_and_an_unknown_provider_are_never_answered",
}
"""The demo that ships has none."""

SHIPPED = {name: proof for name, proof in CASES.items() if name not in OF_THE_KEY}


@pytest.mark.parametrize("proof", CASES.values(), ids=CASES)
async def test_the_demo_keeps_the_contract(proof: Case) -> None:
    async with demo_place() as place:
        await proof(place)


@pytest.mark.parametrize("proof", CASES_WITH_IDS.values(), ids=CASES_WITH_IDS)
async def test_the_demo_that_takes_ids_keeps_the_contract(proof: Case) -> None:
    async with demo_place(takes_ids=True) as place:
        await proof(place)


@pytest.mark.parametrize("proof", SHIPPED.values(), ids=SHIPPED)
async def test_the_demo_that_ships_keeps_the_contract(proof: Case) -> None:
    async with shipped_place() as place:
        await proof(place)


@pytest.mark.parametrize("proof", CASES_WITH_IDS.values(), ids=CASES_WITH_IDS)
async def test_the_demo_that_ships_keeps_the_contract_when_it_takes_ids(proof: Case) -> None:
    async with shipped_place(takes_ids=True) as place:
        await proof(place)


def test_only_cases_that_there_are_ask_for_the_key() -> None:
    assert set(CASES) >= OF_THE_KEY
