"""A server: its address, its key, what is known of it, and what the core asks of whoever speaks to it."""

import ipaddress
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import SplitResult, quote, urlsplit

from pydantic import SecretStr

from app.core.draft import Draft
from app.errors import Problem
from app.wire.schemas import (
    ConversationInfo,
    ConversationInfoResultSet,
    ConversationResponse,
    Event,
    EventPage,
    InitSessionRequest,
    OpenApiDocument,
    Settings,
)

LOCAL = "http://127.0.0.1:3000"
"""Where OpenHands listens when it is started as its own pages say."""


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """`scheme://host[:port][/prefix]`, without a slash at the end."""

    url: str

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def origin(self) -> str:
        """Scheme, host and port: to whom a key that is entered for this address goes."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def place(self) -> str:
        """The address as people say it: without the scheme."""
        return self.url.partition("://")[2]

    @property
    def on_this_machine(self) -> bool:
        """Only what certainly is: some resolvers send `127.1` and `0.0.0.0` elsewhere."""
        return _is_loopback(self.host)

    @property
    def in_clear(self) -> bool:
        """Whether a key would cross a network that others can read."""
        return self.url.startswith("http://") and not self.on_this_machine

    def conversation_page(self, conversation_id: str) -> str:
        return f"{self.url}/conversations/{quote(conversation_id, safe='')}"

    @property
    def settings_page(self) -> str:
        return f"{self.url}/settings"


@dataclass(frozen=True, slots=True)
class Server:
    """One server to launch on. The key lives in memory only."""

    address: ServerAddress
    key: SecretStr | None = None
    is_demo: bool = False


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What is known of a server; None where it has not said."""

    version: str | None = None
    takes_conversation_id: bool = False
    settings: Settings | None = None
    settings_known: bool = False
    """True once the server has answered: then `settings` None means that it has none yet."""

    @property
    def git_hosts(self) -> dict[str, str | None] | None:
        """Provider → host for each provider with a token; None while not known."""
        return self.settings.provider_tokens_set if self.settings else None


class ServerDraft(Draft):
    """What the server page edits."""

    address: str = ""
    key: SecretStr | None = None

    def to_server(self) -> Server | list[Problem]:
        found = parse_address(self.address)
        problems = [Problem(loc=("address",), type=found)] if isinstance(found, str) else []
        key = self.key.get_secret_value().strip() if self.key else ""
        if not re.fullmatch(r"[\x21-\x7e]*", key):  # httpx would put the key into its error
            problems.append(Problem(loc=("key",), type="key_characters"))
        if problems or isinstance(found, str):
            return problems
        return Server(found, SecretStr(key) if key else None)

    def warnings(self) -> list[Problem]:
        found = parse_address(self.address)
        if isinstance(found, ServerAddress) and found.in_clear:
            in_danger = self.key is not None
            return [Problem(loc=("address",), type="address_in_clear", blocks=False, grave=in_danger)]
        return []


def parse_address(text: str) -> ServerAddress | str:
    """The address that somebody typed, or the type of the problem with it.

    Without a scheme: http on this machine, https elsewhere.
    """
    text = text.strip()
    if not text:
        return "address_missing"
    if re.search(r"[\s\x00-\x1f\x7f]", text):  # urlsplit would take some of them out in silence
        return "address_form"
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text):
        text = ("http://" if _is_loopback(_host_of(f"//{text}")) else "https://") + text
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return "address_form"
    if fault := _address_fault(parts, port):
        return fault
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    netloc = f"{host}:{port}" if port else f"{host}"
    return ServerAddress(f"{parts.scheme.lower()}://{netloc}{parts.path.rstrip('/')}")


def _address_fault(parts: SplitResult, port: int | None) -> str | None:
    if parts.scheme.lower() not in ("http", "https"):
        return "address_scheme"
    if parts.username is not None or parts.password is not None:
        return "address_userinfo"
    if not parts.hostname or port == 0 or "\\" in parts.netloc + parts.path:
        return "address_form"
    return "address_query" if parts.query or parts.fragment else None


def _host_of(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class OpenHands(Protocol):
    """What the core asks of a server. Every method may raise any `LauncherError`."""

    async def create(self, request: InitSessionRequest) -> ConversationResponse:
        """One POST on a fresh connection, never repeated. 200 means accepted, not working."""

    async def page(self, page_id: str | None = None, *, limit: int = 100) -> ConversationInfoResultSet:
        """One page of the list, newest first. `page_id` is the server's own, opaque word."""

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
        """Stored events, `end_id` included. Starts nothing, also when the conversation is stopped."""

    async def stop(self, conversation_id: str) -> None:
        """The whole server may be silent until a model call ends: minutes. The deadline is 180 s."""

    async def delete(self, conversation_id: str) -> None:
        """Stops first, with the same silence. The events are gone for good."""

    async def settings(self) -> Settings | None:
        """None when the server has no settings yet."""

    async def openapi(self) -> OpenApiDocument:
        """Needs no key: version, and which fields this server takes."""

    async def check_key(self) -> None:
        """Raises `KeyRefused` when the server does not take our key."""

    async def aclose(self) -> None:
        """Closes the connections that are kept alive."""

    def prepare(self) -> None:
        """Loads in the background what `startup` needs. Called with a press."""

    def startup(self, conversation_id: str) -> AsyncGenerator[Event, None]:
        """The socket of a conversation that has just been started, joined once; ends when the server ends it.

        Joining an unknown id creates a conversation and a stopped one restarts: only for our own, just
        created ids.
        """


async def look_at(openhands: OpenHands) -> ServerFacts:
    """Version first (without a key), then whether the key is taken, then the settings."""
    document = await openhands.openapi()
    await openhands.check_key()
    settings = await openhands.settings()
    return ServerFacts(
        version=document.info.version,
        takes_conversation_id=document.takes_conversation_id,
        settings=settings,
        settings_known=True,
    )
