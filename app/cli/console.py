"""What a command prints: its result on stdout, sentences and progress on stderr."""

import json
import os
import sys
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TextIO

from app.cli.command_error import CommandError, sentence
from app.cli.exit_codes import ExitCode
from app.cli.stdout import write
from app.core.interrupts import interrupts
from app.errors import Problem
from app.foreign_text import safe_text
from app.redaction import redacted_facts

Facts = dict[str, object]


@dataclass(frozen=True, slots=True)
class PartialResult:
    """What has happened already, to be told when a command ends early."""

    text: str = ""
    facts: Facts = field(default_factory=dict)


class Console:
    """One result, as JSON or as lines, and any number of sentences beside it."""

    def __init__(self, *, as_json: bool) -> None:
        self.partial_result: Callable[[], PartialResult] = PartialResult
        """Asked when Ctrl+C or a bug ends the command; the command keeps it true."""
        self.reported: ExitCode | None = None
        """The exit code of what was told as the result, which stands whatever comes after it: JSON at once, because
        it is one object; what people read, when the command has said all of it."""
        self._as_json = as_json
        self._shows_progress = _is_terminal(sys.stderr) and os.environ.get("TERM") != "dumb"
        self._in_progress = False

    def print_result(self, facts: object, lines: Iterable[str]) -> None:
        """What the command is for. `lines` may hold foreign text: each is made fit for a terminal."""
        text = json.dumps(redacted_facts(facts), indent=2) if self._as_json else _lines(lines)
        self._print(text, ExitCode.DONE if self._as_json else None)

    def print_document(self, facts: object, shortened: object) -> None:
        """A result that is JSON for people too: `shortened` then, and in their own letters."""
        if self._as_json:
            self.print_result(facts, ())
        else:
            encoding = getattr(sys.stdout, "encoding", None) or "ascii"
            self._print(_readable_json(redacted_facts(shortened), encoding))

    def print_table(self, facts: object, rows: Sequence[Sequence[str]]) -> None:
        """The same in columns; on a terminal a row is no wider than it."""
        self.print_result(facts, _aligned(rows, _width(sys.stdout)))

    def print_lines(self, *lines: str) -> None:
        """What people need not wait for; JSON comes as one object, at the end."""
        if lines and not self._as_json:
            self._print(_lines(lines))

    def print_message(self, text: str) -> None:
        self.show_progress("")
        _write_aside(f"{safe_text(text, limit=None)}\n")

    def warn(self, problems: Iterable[Problem]) -> None:
        for one in problems:
            if not one.blocks:
                self.print_message(sentence(one))

    def print_error(self, error: CommandError) -> None:
        with interrupts.writing_result(error.exit):
            self.print_message(error.message)
            if self._as_json:
                said = {"type": error.type, "message": error.message}
                facts = redacted_facts(said | error.facts | said)
                self._print(json.dumps({"error": facts}, indent=2))
        self.reported = error.exit

    def show_progress(self, text: str) -> None:
        """One line that is written over again and again, on a terminal; a pipe gets none."""
        if not self._shows_progress or not (text or self._in_progress):
            return
        shown = _fit(safe_text(text, single_line=True), (_width(sys.stderr) or 80) - 1)
        _write_aside(f"\r\x1b[K{shown}")
        self._in_progress = bool(text)

    def _print(self, text: str, exit_: ExitCode | None = None) -> None:
        self.show_progress("")
        if text:
            write(text, exit_)
        self.reported = exit_


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(safe_text(line, limit=None) for line in lines)


def escape_what_cannot_be_encoded() -> None:
    """A terminal that knows no “ shows it escaped: a result that cannot be said would be lost."""
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace")


def _write_aside(text: str) -> None:
    """A sentence that nobody hears changes nothing of what the command does."""
    with suppress(OSError, ValueError):
        print(text, end="", file=sys.stderr, flush=True)


def _readable_json(value: object, encoding: str) -> str:
    """Foreign text as JSON: what is not fit for this terminal is escaped as JSON escapes it, so it stays whole."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    odd = {one for one in set(text) if one != "\n" and not _can_be_said(one, encoding)}
    return text.translate({ord(one): json.dumps(one)[1:-1] for one in odd})


def _can_be_said(one: str, encoding: str) -> bool:
    try:
        return bool(one.encode(encoding)) and safe_text(one) == one
    except (UnicodeEncodeError, LookupError):
        return False


def _aligned(rows: Sequence[Sequence[str]], width: int | None) -> list[str]:
    """The last column may be of any width."""
    cells = [[safe_text(one, single_line=True) for one in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in cells]
    return [_fit(line, width) for line in lines] if width else lines


def _fit(text: str, columns: int) -> str:
    """Text in so many columns of a terminal; Chinese, Japanese and emoji take two each."""
    used = 0
    for place, one in enumerate(text):
        is_young = unicodedata.category(one) == "Cn"  # an emoji, as good as always
        used += 2 if is_young or unicodedata.east_asian_width(one) in "WF" else 1
        if used > columns:
            return text[: max(place - 1, 0)] + "…"
    return text


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


def _width(stream: TextIO | None) -> int | None:
    """Of the terminal that it is, in columns; None when it is none."""
    if stream is None or not stream.isatty():
        return None
    try:
        return os.get_terminal_size(stream.fileno()).columns or None
    except OSError:
        return None
