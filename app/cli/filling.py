"""The draft of a launch, filled from the command line as the form is filled by hand."""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from app.cli.parser import Options
from app.core import attachments
from app.core.draft import FIELDS_OF, CreateMicroagentDraft, Kind, LaunchDraft, SuggestedTaskDraft
from app.core.repositories import pasted
from app.errors import Loc, Problem
from app.wire.rules import MIB
from app.wire.schemas import MCPConfig, ProviderType

TEXT_LIMIT = 16 * MIB
"""Of a file of text, in bytes; the form takes a replay as large."""

_NOT_WITH = {Kind.SUGGESTED_TASK: "not_with_suggested_task", Kind.REPLAY: "not_with_replay"}

T = TypeVar("T", bound=BaseModel)


def fill(options: Options, hosts: Mapping[str, str | None] | None) -> tuple[LaunchDraft, list[Problem]]:
    """The draft, and what could not be filled in and why. Reads the files that are named.

    `hosts`: provider → host of the server's settings, for a pasted address; None while not known.
    """
    filling = _Filling(options)
    filling.take_kind()
    filling.take_repository(hosts)
    filling.take_text()
    filling.take_images()
    filling.take_mcp_servers()
    filling.refuse_what_is_not_sent()
    return filling.draft, filling.problems


class _Filling:
    """A draft on its way, and what was wrong so far."""

    def __init__(self, options: Options) -> None:
        self.draft = LaunchDraft()
        self.problems: list[Problem] = []
        self._options = options

    def take_kind(self) -> None:
        options = self._options
        if options.suggested_task is not None:
            self.draft.kind = Kind.SUGGESTED_TASK
            self._take_part("suggested_task", options.suggested_task, SuggestedTaskDraft)
        elif options.create_microagent is not None:
            self.draft.kind = Kind.MICROAGENT
            self._take_part("create_microagent", options.create_microagent, CreateMicroagentDraft)
        elif options.replay is not None:
            self.draft.kind = Kind.REPLAY
            self._take(("replay_json",), self._text_of(("replay_json",), str(options.replay)))

    def take_repository(self, hosts: Mapping[str, str | None] | None) -> None:
        options = self._options
        if options.repository is not None:
            found = pasted(options.repository, hosts)
            self._take(("repository",), found.repository if found else options.repository)
            if found:
                self._take(("git_provider",), found.git_provider)
                self._take(("selected_branch",), found.selected_branch)
        if options.provider is not None:
            self._take(("git_provider",), ProviderType(options.provider))
        self._take(("selected_branch",), options.branch)
        self._take(("conversation_id",), options.conversation_id)

    def take_text(self) -> None:
        options = self._options
        loc: Loc = ("microagent_msg" if self.draft.kind is Kind.MICROAGENT else "initial_user_msg",)
        self._take(loc, options.message)
        if options.message_file is not None:
            self._take(loc, self._text_of(loc, options.message_file))
        if options.instructions is not None:
            loc = ("conversation_instructions",)
            self._take(loc, self._text_or_file(loc, options.instructions))

    def take_images(self) -> None:
        images = []
        for given in self._options.image:
            address = given.startswith(("http://", "https://", "data:"))
            image = (
                attachments.from_address(given, "image") if address else attachments.from_file(Path(given))
            )
            if isinstance(image, Problem):  # here nobody sees that one is missing: it holds the launch back
                self.problems.append(image.model_copy(update={"blocks": True}))
            else:
                images.append(image)
        self._take(("image_urls",), images)

    def take_mcp_servers(self) -> None:
        """A file with nothing in it asks for no MCP servers, not for those of the server's settings."""
        if self._options.mcp_config is None:
            return
        loc: Loc = ("mcp_config",)
        config = self._read(loc, self._text_of(loc, str(self._options.mcp_config)), MCPConfig.model_validate)
        if config is not None:
            self.draft.no_mcp_servers = config == MCPConfig()
            self._take(loc, config)

    def refuse_what_is_not_sent(self) -> None:
        """The server lets one kind win over the others: what would be dropped in silence is refused here."""
        sent = FIELDS_OF[self.draft.kind] | {"conversation_id"}
        blank = LaunchDraft()
        for name in ("initial_user_msg", "image_urls"):
            if name not in sent and self.draft.get((name,)) != blank.get((name,)):
                self.problems.append(Problem(loc=(name,), type=_NOT_WITH[self.draft.kind]))

    # Inside.

    def _take(self, loc: Loc, value: object) -> None:
        if value is not None:
            self.draft.put(loc, value)

    def _take_part(self, name: str, given: str, model: type[T]) -> None:
        """One field after the other, as they are typed: the message of a microagent follows them."""
        text = self._text_or_file((name,), given)
        part = self._read((name,), text, lambda facts: model.model_validate(_typed(facts)))
        for field in model.model_fields if part else ():
            self._take((name, field), getattr(part, field))

    def _read(self, loc: Loc, text: str | None, validate: Callable[[object], T]) -> T | None:
        """The model that a JSON text holds; None when it is wrong, and then the problems say so."""
        if text is None:
            return None
        try:
            return validate(json.loads(text))
        except ValidationError as error:
            self.problems += [one.at((*loc, *one.loc)) for one in Problem.of(error)]
        except (ValueError, RecursionError):
            self.problems.append(Problem(loc=loc, type="json_invalid"))
        return None

    def _text_or_file(self, loc: Loc, given: str) -> str | None:
        return self._text_of(loc, given[1:]) if given.startswith("@") else given

    def _text_of(self, loc: Loc, path: str) -> str | None:
        text = (
            attachments.text_from_file(Path(path), TEXT_LIMIT, loc) if path != "-" else _standard_input(loc)
        )
        if isinstance(text, Problem):
            self.problems.append(text.model_copy(update={"blocks": True}))
            return None
        return text


def _standard_input(loc: Loc) -> str | Problem:
    try:
        return sys.stdin.read()
    except UnicodeDecodeError:
        return Problem(loc=loc, type="file_no_text", ctx={"name": "-"})


def _typed(facts: object) -> object:
    """As somebody would have typed it: a draft holds numbers as text, and nothing instead of null."""
    if not isinstance(facts, dict):
        return facts
    return {
        name: str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        for name, value in facts.items()
        if value is not None
    }
