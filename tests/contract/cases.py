"""All cases, by area and name."""

from tests.contract import (
    branches,
    document,
    door,
    events,
    life,
    listed,
    naming,
    port,
    rate,
    refusals,
    settings,
    sockets,
    started,
)
from tests.contract.case import CASES, CASES_WITH_IDS, Case

__all__ = ["AREAS", "CASES", "CASES_WITH_IDS", "Case"]

AREAS = (
    branches,
    document,
    door,
    events,
    life,
    listed,
    naming,
    port,
    rate,
    refusals,
    settings,
    sockets,
    started,
)
