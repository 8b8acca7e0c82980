"""No word of a server stands where no server is known: in the core, the window, the commands and the sentences."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.client.v0 import mapping
from app.core.session_state import State

APP = Path(__file__).parents[2] / "app"
ROOMS = ("core", "ui", "cli", "messages.py")

TABLES = (mapping.PHASES, mapping.AGENT_STATES, mapping.STEPS, mapping.FAULTS)
EVERYDAY = {*State, "error", "rejected"}
"""Words of the server that are English too: we say them ourselves."""

WORDS = {word for table in TABLES for word in table} - EVERYDAY | {
    mapping.TOO_MANY,
    "agent_state_changed",
}
FAMILIES = ("STATUS$", "AGENT_ERROR$", "CHAT_INTERFACE$", "CONFIGURATION$")
"""How other words of the server begin."""


def texts(source: str) -> Iterator[tuple[str, int]]:
    """Every text in the code, with its line, also of docstrings."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value, node.lineno


def servers_words(source: str) -> list[str]:
    return [
        f"{line}: {text}"
        for text, line in texts(source)
        if text in WORDS or any(family in text for family in FAMILIES)
    ]


def sources() -> Iterator[Path]:
    for room in ROOMS:
        yield from [APP / room] if room.endswith(".py") else (APP / room).rglob("*.py")


def test_no_word_of_a_server_is_written_outside_the_client() -> None:
    assert {
        f"{path.relative_to(APP)}:{found}"
        for path in sources()
        for found in servers_words(path.read_text("utf-8"))
    } == set()


@pytest.mark.parametrize("word", sorted(WORDS | {f"{family}NEW" for family in FAMILIES}))
def test_a_word_that_is_planted_is_found(word: str) -> None:
    assert servers_words(f"def f(row):\n    return row.status == {word!r}\n")


def test_the_words_are_those_of_the_server() -> None:
    assert {"RUNNING", "STOPPED", "awaiting_user_input", "loading", "STATUS$READY"} <= WORDS
