"""All attacks, by family: each family is a module `attacks_FAMILY` in this folder, with a tuple `ATTACKS`."""

import importlib
from pathlib import Path

from tests.faults.attack import Attack

FAMILIES = tuple(
    sorted(one.stem.removeprefix("attacks_") for one in Path(__file__).parent.glob("attacks_*.py"))
)


def attacks_of(family: str) -> tuple[Attack, ...]:
    return tuple(importlib.import_module(f"tests.faults.attacks_{family}").ATTACKS)


def attack_called(family: str, name: str) -> Attack:
    return next(one for one in attacks_of(family) if one.name == name)
