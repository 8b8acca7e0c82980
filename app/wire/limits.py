"""How much of what a server says is kept: the one table of these limits.

Each answer is bounded where it is read (`client.transport`, `client.v0.api`); these bound what stays of all of
them. Ten thousand rows with the longest texts of four-byte characters take less than 64 MiB.
"""

TITLE = 200
"""Characters of a title: as many as a server lets people enter."""

REPOSITORY = 200
"""Characters of a repository's name, owner and groups included. Real ones have fewer."""

BRANCH = 255
"""Characters of a branch's name: what a file system allows for the file that git keeps of it."""

WORD = 64
"""Characters of a word of the server's own: a status, a state, an action. The longest known one has 49."""

NAME = 255
"""Characters of any other name: of a model, a version, a host, an MCP server."""

ADDRESS = 2_000
"""Characters of an address that names an MCP server."""

SENTENCE = 10_000
"""Characters of what the server tells once and stores nowhere, such as why a start-up failed."""

LAST_WORDS = 2_000
"""Characters that a row keeps of an agent's last words, half of them from the end, where a question stands."""

REASON = 2_000
"""Characters that a row keeps of why an agent failed."""

WHOLE = 1_000_000
"""Characters of last words, or of a reason, where somebody reads them whole. No model says half as much at once."""

ROWS = 10_000
"""Sessions that are known of one server, the newest. Launches of this window are never left out."""

ROWS_WITH_WORDS = 300
"""Rows that keep last words and a reason: those read last. Of the others they are read again when they are in view."""

PAGE = 100
"""Rows or events of one page: no more are ever asked for at once."""

PAGE_ID = 2_000
"""Characters of the server's own word for a page."""

BRANCHES = 1_000
"""Branches of a repository: a server gives no more of one provider."""

MCP_SERVERS = 200
"""MCP servers of each kind in the settings of a server."""

PROVIDERS = 50
"""Git providers in the settings of a server."""

EVENT_ID = 2**53
"""The largest id of an event. Up to it every program that reads JSON sees the same number."""

PROBLEMS = 50
"""Problems of one refusal. Each is placed at a field and shown."""

STEPS = 10
"""Steps of the path to a problem's field."""

FACTS = 10
"""Facts of one problem, for its sentence."""

FACT = 2_000
"""Characters of one step or fact of a problem. Much more than is shown, so that no secret is cut before it is found."""

NUMBER = 2**53
"""The largest number among the facts of a problem."""

_GAP = "\n\n[…]\n\n"


def cut(text: bytes, limit: int) -> str:
    """The beginning of a text in UTF-8; the end of a longer one is an ellipsis."""
    shown = text[: 4 * limit + 4].decode(errors="ignore")  # a character takes four bytes at most
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def part(text: bytes, limit: int) -> str:
    """A text in UTF-8, of a longer one its beginning and its end: longer than `limit` then, so that `is_part` holds."""
    if len(text) <= 4 * limit and len(whole := text.decode(errors="ignore")) <= limit:
        return whole
    half = limit // 2
    beginning = text[: 4 * half].decode(errors="ignore")[:half]
    return beginning + _GAP + text[-4 * half :].decode(errors="ignore")[-half:]


def is_part(text: str, limit: int) -> bool:
    return len(text) > limit
