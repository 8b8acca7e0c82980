"""The kinds of a launch, and which fields each of them sends."""

from dataclasses import dataclass
from enum import StrEnum

from app.errors import Loc


class LaunchKind(StrEnum):
    """The server lets one of these win over the others, so only the visible one's fields are sent."""

    MESSAGE = "message"
    SUGGESTED_TASK = "suggested_task"
    MICROAGENT = "microagent"
    REPLAY = "replay"


COMMON = {"repository", "git_provider", "selected_branch", "conversation_instructions", "mcp_config"}
FIELDS_OF: dict[LaunchKind, set[str]] = {
    LaunchKind.MESSAGE: COMMON | {"initial_user_msg", "image_urls"},
    LaunchKind.SUGGESTED_TASK: COMMON | {"suggested_task"},
    LaunchKind.MICROAGENT: COMMON | {"create_microagent", "microagent_msg", "image_urls"},
    LaunchKind.REPLAY: COMMON | {"replay_json"},
}
REQUIRED_OF: dict[LaunchKind, tuple[str, ...]] = {
    LaunchKind.MESSAGE: (),
    LaunchKind.SUGGESTED_TASK: (),
    LaunchKind.MICROAGENT: ("initial_user_msg",),
    LaunchKind.REPLAY: ("replay_json",),
}
"""What must not be empty. A task and a microagent say themselves which of their fields are missing."""

MESSAGES = ("initial_user_msg", "microagent_msg")
CLEARED = (
    "initial_user_msg",
    "microagent_msg",
    "image_urls",
    "suggested_task",
    "create_microagent",
    "replay_json",
    "conversation_id",
)
"""What a launch uses up; the rest stays, because people launch several in one repository."""


@dataclass(frozen=True, slots=True)
class RepositoryFields:
    """Where a launch names a repository, and the fields that belong to it."""

    repository: Loc
    provider: Loc
    number: Loc | None = None
    task_type: Loc | None = None


CONVERSATION_REPOSITORY = RepositoryFields(("repository",), ("git_provider",))
OWN_REPOSITORY: dict[LaunchKind, RepositoryFields] = {
    LaunchKind.SUGGESTED_TASK: RepositoryFields(
        ("suggested_task", "repo"),
        ("suggested_task", "git_provider"),
        ("suggested_task", "issue_number"),
        ("suggested_task", "task_type"),
    ),
    LaunchKind.MICROAGENT: RepositoryFields(
        ("create_microagent", "repo"), ("create_microagent", "git_provider")
    ),
}
"""A task and a microagent name a repository of their own."""


def repositories_of(kind: LaunchKind) -> list[RepositoryFields]:
    """All places where this kind names a repository; what stands in an earlier one is opened."""
    own = OWN_REPOSITORY.get(kind)
    return [CONVERSATION_REPOSITORY, own] if own else [CONVERSATION_REPOSITORY]
