"""What the core asks of a server, whichever kind it is. Each kind has a client that answers in the core's terms."""

from collections.abc import AsyncGenerator
from typing import Protocol

from pydantic import SecretStr

from app.core.conversations import (
    Accepted,
    Conversation,
    ConversationPage,
    Cursor,
    FirstMessage,
    LaunchState,
    Pending,
    ServerSettings,
    TaskRef,
    TextRef,
    Update,
    Updates,
)
from app.core.servers import Capabilities, ServerFacts, ServerIdentity
from app.wire.schemas import InitSessionRequest


class ServerPort(Protocol):
    """One server. Every method may raise any `LauncherError`."""

    @property
    def capabilities(self) -> Capabilities:
        """What servers of its kind take; `identify` tells what this one does."""

    async def create(self, request: InitSessionRequest) -> Accepted | Pending:
        """Asks once for a conversation, on a fresh connection. Accepted is not yet working."""

    async def launch_state(self, task: TaskRef) -> LaunchState:
        """How a launch stands whose answer was `Pending`."""

    async def page(self, page_id: str | None = None, *, limit: int = 100) -> ConversationPage:
        """One page of the list, newest first. `page_id`: what the page before it named as the next one.

        Raises `MoreThanAskedFor` for one of more than `limit` rows.
        """

    async def conversation(self, conversation_id: str) -> Conversation | None:
        """None when the server has no such conversation."""

    async def updates(self, conversation_id: str, after: Cursor | None = None) -> Updates:
        """What has happened in a conversation after the cursor, with one request. Starts nothing.

        Without a cursor: its present state, what the agent said last, and what led to it as far as that is needed.
        Of a long text they hold a part; `text` reads it whole.
        """

    async def text(self, conversation_id: str, ref: TextRef) -> str | None:
        """The text of which an update held a part; None where the server has it no more."""

    async def first_message(self, conversation_id: str) -> FirstMessage | None:
        """What a person said first; None where that is not written, or not yet."""

    async def stop(self, conversation_id: str) -> None:
        """The whole server may be silent until a model call ends: minutes. The deadline is 180 s."""

    async def delete(self, conversation_id: str) -> None:
        """Stops first, with the same silence. The events are gone for good."""

    async def settings(self) -> ServerSettings | None:
        """None when the server has no settings yet."""

    async def branches(self, repository: str) -> list[str]:
        """The branches of a repository, a thousand at most; none where the server cannot look, or knows none."""

    async def identify(self) -> ServerIdentity:
        """Who answers, asked without the key and kept while it goes on to answer. Every other method does it first.

        Raises `NotOpenHands` and `UnsupportedServer`; then nothing else was sent.
        """

    async def check_key(self) -> None:
        """Raises `KeyRefused` when the server does not take our key."""

    def use_key(self, key: SecretStr | None) -> None:
        """Every request from now on carries this key."""

    async def aclose(self) -> None:
        """Closes what is kept for the next request."""

    def prepare(self) -> None:
        """Loads in the background what `startup` needs. Called with a press."""

    def startup(self, conversation_id: str) -> AsyncGenerator[Update, None]:
        """What a conversation that has just been started goes through; ends when the server ends it.

        On some servers listening creates an unknown conversation and restarts a stopped one: only for our own, just
        created ids.
        """


async def read_facts(server: ServerPort) -> ServerFacts:
    """Who answers first (without a key), then whether the key is taken, then the settings."""
    identity = await server.identify()
    await server.check_key()
    settings = await server.settings()
    return ServerFacts(
        version=identity.version,
        capabilities=identity.capabilities,
        settings=settings,
        settings_known=True,
    )
