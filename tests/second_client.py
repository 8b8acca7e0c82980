"""A server of another kind than the client of this program speaks, and a client for it: it answers `ServerPort` too.

It takes a launch as a start task, names conversations by UUIDs, and has other words, as the app server of OpenHands
1.x does. What happens in a conversation has no numbers, only times.
"""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from pydantic import SecretStr

from app.core.conversations import (
    Accepted,
    AgentChanged,
    AgentSaid,
    AgentState,
    Conversation,
    ConversationPage,
    Cursor,
    FirstMessage,
    LaunchState,
    NotStarted,
    Pending,
    Phase,
    Reason,
    ServerSettings,
    StartupStep,
    StoredUpdate,
    TaskRef,
    TextRef,
    Update,
    Updates,
)
from app.core.server_port import ServerPort
from app.core.servers import Capabilities, ServerIdentity
from app.wire.schemas import InitSessionRequest

PHASES = {"RUNNING": Phase.RUNNING, "PAUSED": Phase.STOPPED, "ERROR": Phase.FAILED}
STATES = {"running": AgentState.WORKING, "idle": AgentState.ASKS, "finished": AgentState.FINISHED}
STEPS = {"PREPARING_REPOSITORY": StartupStep.PREPARING_WORKSPACE}


class SecondServer:
    """What happens there: each look at a list lets one more thing happen."""

    def __init__(self, *steps: str, detail: str = "") -> None:
        self.steps = list(steps)
        self.detail = detail
        self.launches = list[dict[str, Any]]()
        self.conversations = dict[str, dict[str, Any]]()
        self.to_come: list[dict[str, Any]] = [
            {"kind": "ConversationStateUpdateEvent", "value": "running"},
            {"kind": "ActionEvent", "action": {"kind": "FinishAction", "message": "The login is fixed."}},
            {"kind": "ConversationStateUpdateEvent", "value": "finished"},
        ]

    def task(self) -> dict[str, Any]:
        status = self.steps.pop(0)
        id_ = str(uuid4()) if status == "READY" else None
        if id_:
            self.conversations[id_] = {
                "id": id_,
                "sandbox_status": "RUNNING",
                "created_at": datetime.now(UTC),
                "events": [],
            }
        return {"status": status, "app_conversation_id": id_, "detail": self.detail}

    def search(self) -> list[dict[str, Any]]:
        for row in self.conversations.values():
            if self.to_come:
                row["events"].append(self.to_come.pop(0))
        return [*self.conversations.values()]


class Since(Cursor):
    def __init__(self, seen: int) -> None:
        self.seen = seen


class SecondClient:
    """Says in the core's terms what that server says."""

    capabilities = Capabilities({"mcp_config": "extra_forbidden"})

    def __init__(self, server: SecondServer) -> None:
        self.server = server

    async def create(self, request: InitSessionRequest) -> Accepted | Pending:
        self.server.launches.append(request.model_dump(exclude_unset=True))
        return Pending(TaskRef(str(uuid4())), "WORKING")

    async def launch_state(self, task: TaskRef) -> LaunchState:
        said = self.server.task()
        if said["status"] == "ERROR":
            return NotStarted(Reason(said["detail"]))
        if id_ := said["app_conversation_id"]:
            return Accepted(self._row(self.server.conversations[id_]))
        return Pending(task, STEPS.get(said["status"], said["status"]))

    async def page(self, page_id: str | None = None, *, limit: int = 100) -> ConversationPage:
        return ConversationPage(tuple(map(self._row, self.server.search())))

    async def conversation(self, conversation_id: str) -> Conversation | None:
        self.server.search()
        found = self.server.conversations.get(conversation_id)
        return self._row(found) if found else None

    async def updates(self, conversation_id: str, after: Cursor | None = None) -> Updates:
        events = self.server.conversations[conversation_id]["events"]
        seen = after.seen if isinstance(after, Since) else 0
        new = (self._update(at, event) for at, event in enumerate(events) if at >= seen)
        return Updates(tuple(new), Since(len(events)))

    async def identify(self) -> ServerIdentity:
        return ServerIdentity("1.11.0", self.capabilities)

    async def settings(self) -> ServerSettings | None:
        return ServerSettings(model="gpt", has_model_key=True, git_hosts={"github": None})

    async def startup(self, conversation_id: str) -> AsyncGenerator[Update, None]:
        nothing: tuple[Update, ...] = ()
        for update in nothing:
            yield update

    def _row(self, said: dict[str, Any]) -> Conversation:
        word, born = said["sandbox_status"], said["created_at"]
        updated_at = born + timedelta(seconds=len(said["events"]))
        return Conversation(said["id"], PHASES[word], word, created_at=born, updated_at=updated_at)

    def _update(self, at: int, event: dict[str, Any]) -> StoredUpdate:
        if word := event.get("value"):
            return AgentChanged(at, STATES[word], word)
        return AgentSaid(at, event["action"]["message"])

    # What no test of this server needs.

    async def text(self, conversation_id: str, ref: TextRef) -> str | None: ...
    async def first_message(self, conversation_id: str) -> FirstMessage | None: ...
    async def stop(self, conversation_id: str) -> None: ...
    async def delete(self, conversation_id: str) -> None: ...
    async def check_key(self) -> None: ...
    async def aclose(self) -> None: ...
    def use_key(self, key: SecretStr | None) -> None: ...
    def prepare(self) -> None: ...

    async def branches(self, repository: str) -> list[str]:
        return []


_fits: type[ServerPort] = SecondClient
