"""The launcher's wire models and the demo server's own, written apart, say the same."""

import json
from enum import StrEnum

import pytest
from pydantic import BaseModel

from app.demo import schemas as taken
from app.wire import choices
from app.wire import schemas as sent

PAIRS: list[tuple[type[BaseModel], type[BaseModel]]] = [
    (sent.InitSessionRequest, taken.InitSessionRequestWithId),
    (sent.SuggestedTask, taken.SuggestedTask),
    (sent.CreateMicroagent, taken.CreateMicroagent),
    (sent.MCPConfig, taken.MCPConfig),
    (sent.MCPSSEServerConfig, taken.MCPSSEServerConfig),
    (sent.MCPSHTTPServerConfig, taken.MCPSHTTPServerConfig),
    (sent.MCPStdioServerConfig, taken.MCPStdioServerConfig),
]

EVERYTHING = {
    "repository": "group/sub/name",
    "git_provider": "gitlab",
    "selected_branch": "feature/x",
    "initial_user_msg": "Fix it",
    "image_urls": ["https://pictures.example/a.png"],
    "replay_json": '[{"action": "message", "source": "user", "args": {"content": "Hi"}}]',
    "suggested_task": {
        "git_provider": "github",
        "task_type": "OPEN_ISSUE",
        "repo": "a/b",
        "issue_number": 1,
        "title": "Crash",
    },
    "create_microagent": {"repo": "a/b", "git_provider": "github", "title": "Tidy"},
    "conversation_instructions": "Be brief",
    "mcp_config": {
        "sse_servers": [{"url": "https://mcp.example/sse", "api_key": "one"}],
        "stdio_servers": [{"name": "files", "command": "npx", "args": ["-y", "x"], "env": {"TOKEN": "two"}}],
        "shttp_servers": [{"url": "https://mcp.example/http", "api_key": None}],
    },
    "conversation_id": "0123456789abcdef0123456789abcdef",
}


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_both_know_the_same_fields(ours: type[BaseModel], theirs: type[BaseModel]) -> None:
    assert set(ours.model_fields) == set(theirs.model_fields)


@pytest.mark.parametrize(
    ("ours", "theirs"), [(choices.ProviderType, taken.ProviderType), (choices.TaskType, taken.TaskType)]
)
def test_both_know_the_same_words(ours: type[StrEnum], theirs: type[StrEnum]) -> None:
    assert list(ours) == list(theirs)


def test_what_the_launcher_sends_arrives_as_it_was_meant() -> None:
    body = sent.InitSessionRequest.model_validate(EVERYTHING).body()
    arrived = taken.InitSessionRequestWithId.model_validate(json.loads(body))
    assert arrived.model_dump(mode="json") == EVERYTHING
