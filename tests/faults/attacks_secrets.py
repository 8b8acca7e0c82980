"""Long texts where many secrets are known: each sentence is looked through for all of them."""

import asyncio
import random
import secrets
import string
from collections.abc import Iterator

from app import redaction
from app.foreign_text import safe_text
from tests.faults.attack import Attack, Bounds

SECRETS, TEXTS, LENGTH = 1000, 200, 50_000


async def show_long_texts(_address: str) -> None:
    """As many as a detail shows, one after the other."""
    redaction.learn(*(secrets.token_urlsafe(32) for _unused in range(SECRETS)))
    letters = random.Random(1).choices(string.ascii_letters + " ", k=LENGTH)
    for number in range(TEXTS):
        safe_text(f"{number} {''.join(letters)}", limit=None)
        await asyncio.sleep(0)


def each_by_itself() -> None:
    def signs_in(self: redaction._Known, text: str) -> Iterator[str]:
        return (sign for sign in self._by_sign if sign in text)

    redaction._Known._signs_in = signs_in  # type: ignore[method-assign]


ATTACKS = (
    Attack(
        f"{TEXTS} texts of {LENGTH:,} characters beside {SECRETS:,} secrets",
        show_long_texts,
        Bounds(growth_mib=64, seconds=5),
        each_by_itself,
    ),
)
