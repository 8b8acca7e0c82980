"""How a command speaks: its result on stdout, sentences and progress on stderr."""

import json
import shutil
import sys
from collections.abc import Iterable

from app.cli.refused import Refused, sentence
from app.errors import Problem
from app.words import safe_text

LONGEST = 50_000
"""Of a sentence, in characters: a server's own may be long."""


class Voice:
    """One result, as JSON or as lines, and any number of sentences beside it."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._shows_progress = sys.stderr.isatty()
        self._in_progress = False

    def result(self, facts: object, lines: Iterable[str]) -> None:
        """What the command is for. `lines` may hold foreign text: each is made fit for a terminal."""
        if self._as_json:
            print(json.dumps(facts, indent=2))
        else:
            print("\n".join(safe_text(line, limit=LONGEST) for line in lines))

    def say(self, text: str) -> None:
        self.progress("")
        print(safe_text(text, limit=LONGEST), file=sys.stderr)

    def warn(self, problems: Iterable[Problem]) -> None:
        for one in problems:
            if not one.blocks:
                self.say(sentence(one))

    def refuse(self, refused: Refused) -> None:
        self.say(refused.message)
        if self._as_json:
            facts = {"type": refused.type, "message": refused.message, **refused.facts}
            print(json.dumps({"error": facts}, indent=2))

    def progress(self, text: str) -> None:
        """One line that is written over again and again, on a terminal; a pipe gets none."""
        if not self._shows_progress or not (text or self._in_progress):
            return
        width = shutil.get_terminal_size().columns - 1
        shown = safe_text(text, limit=max(width, 2), single_line=True)
        print(f"\r\x1b[K{shown}", end="", file=sys.stderr, flush=True)
        self._in_progress = bool(text)
