"""The draft of a launch, filled from the command line as the form is filled by hand."""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from app.cli.parser import Options
from app.cli.repository_options import RepositoryOptions
from app.core import attachments, text_files
from app.core.draft import CreateMicroagentDraft, LaunchDraft, SuggestedTaskDraft
from app.core.imaging import ImageOptions
from app.core.kinds import FIELDS_OF, LaunchKind
from app.core.mcp import checked_config, secrets_of
from app.errors import Loc, Problem
from app.redaction import learn
from app.wire import json_text
from app.wire.json_text import JsonFault
from app.wire.rules import MOST_IMAGES
from app.wire.schemas import MCPConfig

STANDARD_INPUT = "-"

_NOT_WITH = {LaunchKind.SUGGESTED_TASK: "not_with_suggested_task", LaunchKind.REPLAY: "not_with_replay"}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Filled:
    """The draft, what could not be filled in and why, and the place, which the server's hosts complete."""

    draft: LaunchDraft
    problems: list[Problem]
    place: RepositoryOptions


def fill(options: Options) -> Filled:
    """Reads all files that are named, and asks git and ssh where that is wished."""
    filling = _Filling(options)
    filling.take_kind()
    filling.take_text()
    filling.take_images()
    filling.take_mcp_servers()
    filling.refuse_what_is_not_sent()
    filling.refuse_what_is_blank()
    return Filled(filling.draft, filling.problems, RepositoryOptions(filling.draft, options))


class _Filling:
    """A draft on its way, and what was wrong so far."""

    def __init__(self, options: Options) -> None:
        self.draft = LaunchDraft()
        self.problems: list[Problem] = []
        self._options = options
        self._input_is_read = False

    def take_kind(self) -> None:
        options = self._options
        if options.suggested_task is not None:
            self.draft.kind = LaunchKind.SUGGESTED_TASK
            self._take_part("suggested_task", options.suggested_task, SuggestedTaskDraft)
        elif options.create_microagent is not None:
            self.draft.kind = LaunchKind.MICROAGENT
            self._take_part("create_microagent", options.create_microagent, CreateMicroagentDraft)
        elif options.replay is not None:
            self.draft.kind = LaunchKind.REPLAY
            self._take(("replay_json",), self._text_of(("replay_json",), str(options.replay)))

    def take_text(self) -> None:
        options = self._options
        loc: Loc = ("microagent_msg" if self.draft.kind is LaunchKind.MICROAGENT else "initial_user_msg",)
        self._take_given(loc, options.message)
        if options.message_file is not None:
            self._take_given(loc, self._text_of(loc, options.message_file))
        if options.instructions is not None:
            loc = ("conversation_instructions",)
            self._take_given(loc, self._text_or_file(loc, options.instructions))
        self._take_given(("conversation_id",), options.conversation_id)

    def take_images(self) -> None:
        """Reads none after those that are too large together already: the check of the draft says so."""
        images = list[attachments.ImageAttachment]()
        if len(self._options.image) > MOST_IMAGES:
            self.problems.append(Problem(loc=("image_urls",), type="images_count", ctx={"most": MOST_IMAGES}))
            return
        for given in self._options.image:
            if attachments.are_too_large(images):
                break
            read = _image_of(given, self._options)
            if isinstance(read, Problem):
                self._refuse(read)
            else:
                images.append(replace(read, original=b""))  # nobody chooses otherwise here
                self.problems += read.notes()
        self._take(("image_urls",), [one.url for one in images])

    def take_mcp_servers(self) -> None:
        """A file with nothing in it asks for no MCP servers, not for those of the server's settings."""
        if self._options.mcp_config is None:
            return
        loc: Loc = ("mcp_config",)
        facts = self._json(loc, self._text_of(loc, str(self._options.mcp_config)))
        given = self._valid(loc, facts, MCPConfig.model_validate) if facts is not _NOTHING else None
        if given is None:
            return
        config, told = checked_config(given)
        learn(*secrets_of(given), *secrets_of(config))
        self.problems += [one.at((*loc, *one.loc)) for one in told]
        self.draft.no_mcp_servers = config == MCPConfig()
        self._take(loc, config)

    def refuse_what_is_not_sent(self) -> None:
        """The server lets one kind win over the others: what would be dropped in silence is refused here."""
        sent = FIELDS_OF[self.draft.kind]
        blank = LaunchDraft()
        for name in ("initial_user_msg", "image_urls"):
            if name not in sent and self.draft.get((name,)) != blank.get((name,)):
                self.problems.append(Problem(loc=(name,), type=_NOT_WITH[self.draft.kind]))

    def refuse_what_is_blank(self) -> None:
        given = {"repository": self._options.repository, "selected_branch": self._options.branch}
        self.problems += [_empty((name,)) for name, text in given.items() if _is_blank(text)]

    # Inside.

    def _take(self, loc: Loc, value: object) -> None:
        if value is not None:
            self.draft.put(loc, value)

    def _take_given(self, loc: Loc, text: str | None) -> None:
        """What is given and holds nothing comes from a script that has gone wrong: no default takes its place."""
        if _is_blank(text):
            self.problems.append(_empty(loc))
        else:
            self._take(loc, text)

    def _take_part(self, name: str, given: str, model: type[BaseModel]) -> None:
        """One field after the other, as they are typed: the message of a microagent follows them."""
        facts = self._json((name,), self._text_or_file((name,), given))
        if facts is _NOTHING:
            return
        if not isinstance(facts, dict):
            self._valid((name,), facts, model.model_validate)
            return
        for field, value in facts.items():
            if value is not None and (
                part := self._valid((name,), {field: _typed(value)}, model.model_validate)
            ):
                self._take((name, field), getattr(part, field))

    def _json(self, loc: Loc, text: str | None) -> Any:
        """What a JSON text holds, `_NOTHING` when there is none."""
        if text is None:
            return _NOTHING
        try:
            return json_text.read(text)
        except JsonFault as fault:
            self.problems.append(Problem(loc=loc, type=fault.type, ctx=fault.facts))
            return _NOTHING

    def _valid(self, loc: Loc, facts: object, validate: Callable[[object], T]) -> T | None:
        try:
            return validate(facts)
        except ValidationError as error:
            self.problems += [_of_json(one, loc) for one in Problem.of(error)]
            return None

    def _text_or_file(self, loc: Loc, given: str) -> str | None:
        return self._text_of(loc, given[1:]) if given.startswith("@") else given

    def _text_of(self, loc: Loc, path: str) -> str | None:
        if path == STANDARD_INPUT:
            text = self._standard_input(loc)
        else:
            text = text_files.text_from_named(Path(path), text_files.TEXT_LIMIT, loc)
        if isinstance(text, Problem):
            self._refuse(text)
            return None
        return text

    def _standard_input(self, loc: Loc) -> str | Problem:
        if self._input_is_read:
            return Problem(loc=loc, type="input_twice")
        self._input_is_read = True
        try:
            number = sys.stdin.fileno()
        except (OSError, ValueError, AttributeError):  # closed, or never there
            return Problem.warning(loc, "file_unreadable", name=STANDARD_INPUT)
        return text_files.text_from_descriptor(number, STANDARD_INPUT, text_files.TEXT_LIMIT, loc)

    def _refuse(self, problem: Problem) -> None:
        """Here nobody sees that something was left out: it holds the launch back."""
        self.problems.append(replace(problem, blocks=True))


_NOTHING = object()


_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")


def _of_json(problem: Problem, loc: Loc) -> Problem:
    """The same problem at its option. What is hardly the name of a variable is left out: it may be a secret."""
    inner = problem.loc
    if "env" in inner:
        end = inner.index("env") + 1
        has_name = len(inner) == end + 1 and _VARIABLE.fullmatch(str(inner[-1]))
        inner = inner if has_name else inner[:end]
    type_ = "unknown_field" if problem.type == "extra_forbidden" else problem.type
    return replace(problem, loc=(*loc, *inner), type=type_)


def _image_of(given: str, options: Options) -> attachments.ImageAttachment | Problem:
    image_options = ImageOptions(keep_metadata=options.keep_metadata, scale=options.scale_images)
    if attachments.is_address(given):
        return attachments.from_address(given, "image", image_options)
    return attachments.from_named(Path(given), image_options)


def _empty(loc: Loc) -> Problem:
    return Problem(loc=loc, type="option_empty")


def _is_blank(text: str | None) -> bool:
    return text is not None and not text.strip()


def _typed(value: object) -> object:
    """As somebody would have typed it: a draft holds numbers as text."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
