"""That the table of attacks can be taken: its families are found, and a victim is measured in a process of its own."""

import sys

import pytest

from tests.faults.__main__ import carried_out
from tests.faults.attack import Bounds, Measured
from tests.faults.families import FAMILIES, attack_called, attacks_of


@pytest.mark.parametrize("family", FAMILIES)
def test_each_attack_of_a_family_has_a_name_of_its_own_and_a_bound(family: str) -> None:
    attacks = attacks_of(family)
    assert attacks
    assert len({attack.name for attack in attacks}) == len(attacks)
    assert all(attack.bounds != Bounds() for attack in attacks)
    assert all(attack_called(family, attack.name) == attack for attack in attacks)


def test_a_bound_is_broken_by_more_than_it_and_by_what_was_not_measured() -> None:
    bounds = Bounds(growth_mib=64, requests=2)
    assert bounds.broken_by(Measured(growth_mib=64, gap_ms=1000, requests=2)) == []
    assert bounds.broken_by(Measured(growth_mib=65, requests=None)) == ["growth_mib", "requests"]


@pytest.mark.skipif(sys.platform != "linux", reason="the memory is read from /proc")
async def test_an_attack_is_suffered_in_a_process_of_its_own() -> None:
    attack = attack_called("bodies", "a body without end")
    outcome = await carried_out("bodies", attack, limit_off=False)
    assert (outcome.fault, outcome.measured.requests) == ("", 1)
    assert outcome.measured.growth_mib is not None
    assert outcome.measured.growth_mib < 64
