"""The list of all cases. A module of cases that is not imported in `cases` would prove nothing."""

from collections.abc import Awaitable, Callable

from tests.contract.place import Place

Case = Callable[[Place], Awaitable[None]]

CASES: dict[str, Case] = {}
CASES_WITH_IDS: dict[str, Case] = {}
"""For a server that lets a launch name its id."""


def case(proof: Case) -> Case:
    """This is part of the contract."""
    return _listed(CASES, proof)


def case_with_ids(proof: Case) -> Case:
    """This is part of the contract of a server that lets a launch name its id."""
    return _listed(CASES_WITH_IDS, proof)


def _listed(cases: dict[str, Case], proof: Case) -> Case:
    name = f"{proof.__module__.rpartition('.')[2]}.{proof.__name__}"
    assert name not in cases, f"two cases are called {name}"
    cases[name] = proof
    return proof
