"""The draft of a launch: whatever is typed, in the shape and under the names of the request."""

from collections.abc import Callable, Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, PrivateAttr, SecretStr, ValidationError

from app.core.kinds import (
    CLEARED,
    FIELDS_OF,
    MESSAGES,
    OWN_REPOSITORY,
    REQUIRED_OF,
    LaunchKind,
    repositories_of,
)
from app.core.microagent_message import microagent_message
from app.core.watchers import Watchers
from app.errors import Loc, Problem
from app.wire.choices import ProviderType, TaskType
from app.wire.schemas import InitSessionRequest, MCPConfig


class Typed(BaseModel):
    """Something that a person is still typing: no rule applies yet."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, defer_build=True)


class Draft(Typed):  # noqa: PLW1641 - what changes has no hash
    """What a form edits. Fields are read, set and watched by their `loc`."""

    _watchers: Watchers[Loc] = PrivateAttr(default_factory=Watchers)

    def __eq__(self, other: object) -> bool:
        """Equal drafts hold the same; who watches them does not count."""
        return type(other) is type(self) and vars(other) == vars(self)

    def get(self, loc: Loc) -> Any:
        value: Any = self
        for step in loc:
            value = getattr(value, str(step))
        return value

    def put(self, loc: Loc, value: Any) -> None:
        """Sets one field and tells the watchers where; an equal value changes nothing."""
        if self.get(loc) == value:
            return
        setattr(self.get(loc[:-1]), str(loc[-1]), value)
        self._watchers.notify(loc)

    def watch(self, watcher: Callable[[Loc], None]) -> Callable[[], None]:
        """Calls `watcher` with the `loc` of each change, until the function that is given back is called."""
        return self._watchers.add(watcher)


class SuggestedTaskDraft(Typed):
    git_provider: ProviderType | None = None
    task_type: TaskType | None = None
    repo: str = ""
    issue_number: str = ""
    title: str = ""


class CreateMicroagentDraft(Typed):
    repo: str = ""
    git_provider: ProviderType | None = None
    title: str = ""


class LaunchDraft(Draft):
    """Everything the form holds. What was typed under the other kinds is kept, and not sent."""

    kind: LaunchKind = LaunchKind.MESSAGE
    repository: str = ""
    git_provider: ProviderType | None = None
    selected_branch: str = ""
    initial_user_msg: str = ""
    image_urls: list[str] = []
    conversation_instructions: str = ""
    mcp_config: MCPConfig = MCPConfig.model_construct()
    """Each server in it was checked when it was entered."""
    no_mcp_servers: bool = False
    """Send an empty `mcp_config`, so that the server's stored MCP servers are not used."""
    suggested_task: SuggestedTaskDraft = SuggestedTaskDraft.model_construct()
    create_microagent: CreateMicroagentDraft = CreateMicroagentDraft.model_construct()
    microagent_msg: str = ""
    """Sent as `initial_user_msg`: the server writes none for a microagent. It follows the fields above it."""
    has_own_microagent_msg: bool = False
    """Whether somebody has written that message: it then follows the fields no more."""
    replay_json: str = ""
    conversation_id: str = ""

    def model_post_init(self, context: Any) -> None:
        super().model_post_init(context)
        if "has_own_microagent_msg" not in self.model_fields_set:
            self.has_own_microagent_msg = bool(self.microagent_msg)

    def put(self, loc: Loc, value: Any) -> None:
        """Also keeps the microagent's message in step with its repository and title, until it is edited."""
        super().put(loc, value)
        if loc == ("microagent_msg",):
            self.has_own_microagent_msg = bool(value)
        elif loc[0] == "create_microagent" and not self.has_own_microagent_msg:
            super().put(("microagent_msg",), self._microagent_message())

    @property
    def own_repository(self) -> str:
        """The repository that the kind itself names; empty if it names none."""
        own = OWN_REPOSITORY.get(self.kind)
        return str(self.get(own.repository)).strip() if own else ""

    def repositories(self) -> dict[Loc, ProviderType | None]:
        """Where this kind names a repository that is filled in, and the provider chosen beside it."""
        named = [one for one in repositories_of(self.kind) if self.get(one.repository).strip()]
        return {one.repository: self.get(one.provider) for one in named}

    @property
    def starts_empty(self) -> bool:
        """Whether the agent would get nothing to begin with, and wait: only a message may be left out."""
        return self.kind is LaunchKind.MESSAGE and not self.initial_user_msg.strip() and not self.image_urls

    def to_request(self, *, with_id: bool = False) -> InitSessionRequest | list[Problem]:
        """The request, or what is wrong with it at which field. The one door from text to wire.

        `with_id`: whether this server takes a `conversation_id`; the others answer 422 to it.
        """
        filled = self._filled(with_id)
        missing = [
            Problem(loc=(name,), type="missing") for name in REQUIRED_OF[self.kind] if name not in filled
        ]
        try:
            request = InitSessionRequest.model_validate(filled)
        except ValidationError as error:
            return self.own([*missing, *Problem.of(error)])
        return self.own(missing) or request

    def own(self, problems: Iterable[Problem]) -> list[Problem]:
        """The same problems where they can be mended: under the draft's names, in the part that gave it."""
        renamed = self._renamed()
        return list(dict.fromkeys(problem.at(renamed.get(problem.loc, problem.loc)) for problem in problems))

    def blank(self) -> "LaunchDraft":
        """An empty one of the same kind."""
        return LaunchDraft(kind=self.kind)

    def copy_of(self) -> "LaunchDraft":
        """The draft as it is now, untouched by later typing and watched by nobody."""
        return LaunchDraft.model_validate(self.model_dump())

    def left_over(self, sent: "LaunchDraft") -> dict[str, Any]:
        """What a launch leaves of the fields that it has used up, name by name: who has typed on keeps that.

        Of a message that somebody has only typed on behind, what was sent goes and the rest stays.
        """
        blank, used_up = LaunchDraft(), FIELDS_OF[sent.kind] | {"conversation_id"}
        left: dict[str, Any] = {}
        for name in (name for name in CLEARED if name in used_up):
            was, now = sent.get((name,)), self.get((name,))
            if now == was != blank.get((name,)):
                left[name] = blank.get((name,))
            elif name in MESSAGES and was and now.startswith(was):
                left[name] = now.removeprefix(was).lstrip()
        return left

    def clear_what_was_sent(self, sent: "LaunchDraft") -> None:
        """Empties what a launch has used up."""
        for name, value in self.left_over(sent).items():
            self.put((name,), value)

    def take(self, other: "LaunchDraft", *, without: Iterable[str] = ()) -> None:
        """Becomes like the other draft, field by field, so that every watcher hears of it."""
        fresh = other.copy_of()
        for name in LaunchDraft.model_fields:
            self.put((name,), LaunchDraft().get((name,)) if name in without else fresh.get((name,)))

    def fields_sent(self) -> list[str]:
        """The fields of the request that this draft fills, but for an id of one's own."""
        return [name for name, value in self._filled(with_id=False).items() if not _is_empty(value)]

    def _filled(self, with_id: bool) -> dict[str, Any]:
        wanted = FIELDS_OF[self.kind] | ({"conversation_id"} if with_id else set())
        filled: dict[str, Any] = without_empty_values(self.model_dump(include=wanted))
        if "microagent_msg" in filled:
            filled["initial_user_msg"] = filled.pop("microagent_msg")
        if part := _part_of(self.kind):
            own = filled.setdefault(part, {})  # an empty one says which of its fields are missing
            given = {to: own[name] for name, to in _GIVES.items() if name in own and self._is_given(to)}
            filled.update(given)
        if self.no_mcp_servers:
            filled.setdefault("mcp_config", {})
        return filled

    def _is_given(self, name: str) -> bool:
        """Whether the task or the microagent gives this field of the conversation."""
        by_task = self.kind is LaunchKind.SUGGESTED_TASK and name == "git_provider"
        return by_task or _is_empty(self.get((name,)))

    def _renamed(self) -> dict[Loc, Loc]:
        renamed: dict[Loc, Loc] = {}
        if self.kind is LaunchKind.MICROAGENT:
            renamed["initial_user_msg",] = ("microagent_msg",)
        if part := _part_of(self.kind):
            renamed |= {(to,): (part, name) for name, to in _GIVES.items() if self._is_given(to)}
        return renamed

    def _microagent_message(self) -> str:
        about = self.create_microagent
        return microagent_message(about.repo, about.title) if about.repo or about.title else ""


def _part_of(kind: LaunchKind) -> str | None:
    """The part of the draft that only this kind sends."""
    own = OWN_REPOSITORY.get(kind)
    return str(own.repository[0]) if own else None


_GIVES = {"repo": "repository", "git_provider": "git_provider"}
"""The server looks at neither for a task: what stands in the part goes along as the conversation's own."""


def without_empty_values(value: Any) -> Any:
    """Without what is empty, at every depth: an untouched form must not switch off MCP servers of the server.

    `args` and `env` are kept as they are: an empty argument is an argument.
    """
    if isinstance(value, list):
        return [without_empty_values(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {key: one if key in ("args", "env") else without_empty_values(one) for key, one in value.items()}
    return {key: one for key, one in kept.items() if not _is_empty(one)}


def _is_empty(value: Any) -> bool:
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    return value in ("", None, [], {}) or (isinstance(value, str) and value.isspace())
