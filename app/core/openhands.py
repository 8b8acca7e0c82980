"""What the core asks of whoever speaks to a server."""

from collections.abc import AsyncGenerator
from typing import Protocol

from pydantic import SecretStr

from app.core.servers import ServerFacts, ServerIdentity
from app.wire.schemas import (
    ConversationInfo,
    ConversationInfoResultSet,
    ConversationResponse,
    Event,
    EventPage,
    InitSessionRequest,
    Settings,
    WholeEvent,
)


class OpenHands(Protocol):
    """What the core asks of a server. Every method may raise any `LauncherError`."""

    async def create(self, request: InitSessionRequest) -> ConversationResponse:
        """One POST on a fresh connection, never repeated. 200 means accepted, not working."""

    async def page(self, page_id: str | None = None, *, limit: int = 100) -> ConversationInfoResultSet:
        """One page of the list, newest first. `page_id` is the server's own, opaque word.

        Raises `MoreThanAskedFor` for one of more than `limit` rows, as `events` does.
        """

    async def conversation(self, conversation_id: str) -> ConversationInfo | None:
        """None when the server has no such conversation (it answers 200 `null`)."""

    async def events(
        self,
        conversation_id: str,
        *,
        start_id: int = 0,
        end_id: int | None = None,
        newest_first: bool = False,
        limit: int = 20,
    ) -> EventPage:
        """Stored events, `end_id` included. Starts nothing, also when the conversation is stopped.

        Of a long text they hold a part; `event` reads it whole.
        """

    async def event(self, conversation_id: str, event_id: int) -> WholeEvent | None:
        """One stored event with its texts whole; None where the server has none of this id."""

    async def stop(self, conversation_id: str) -> None:
        """The whole server may be silent until a model call ends: minutes. The deadline is 180 s."""

    async def delete(self, conversation_id: str) -> None:
        """Stops first, with the same silence. The events are gone for good."""

    async def settings(self) -> Settings | None:
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

    def startup(self, conversation_id: str) -> AsyncGenerator[Event, None]:
        """The socket of a conversation that has just been started, joined once; ends when the server ends it.

        Joining an unknown id creates a conversation and a stopped one restarts: only for our own, just
        created ids.
        """


async def look_at(openhands: OpenHands) -> ServerFacts:
    """Who answers first (without a key), then whether the key is taken, then the settings."""
    identity = await openhands.identify()
    await openhands.check_key()
    settings = await openhands.settings()
    return ServerFacts(
        version=identity.version,
        takes_conversation_id=identity.takes_conversation_id,
        settings=settings,
        settings_known=True,
    )
