"""A server: its address, its key, and what is known of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, urlsplit

from app.errors import Problem
from app.wire.choices import TaskType
from app.wire.invisible import without_invisible

if TYPE_CHECKING:
    from pydantic import SecretStr

    from app.core.conversations import ServerSettings
    from app.core.secret_values import Checked

LOCAL = "http://127.0.0.1:3000"
"""Where OpenHands listens when it is started as its own pages say."""


_PAGE = re.compile(r"/(conversations|settings|microagent-management|api)(/[^\\]*)?$")
"""Pages of OpenHands, which is what people copy from a browser, and the paths of its API."""
_PORT = re.compile(r":?(\d{1,5})")


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
        return is_loopback(self.host)

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
    key: "SecretStr | None" = None
    is_demo: bool = False

    @property
    def risks_key(self) -> bool:
        """Whether its key would cross a network that others can read."""
        return bool(self.key) and self.address.in_clear


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a server takes of a launch, and what it does with it."""

    lacks: Mapping[str, str] = field(default_factory=dict)
    """Field → the type of the problem that says why the server cannot take it."""
    fails_on_tasks: frozenset[TaskType] = frozenset()
    """Kinds of suggested tasks that its schema allows, and that make it fail."""
    running_at_once: int | None = None
    """How many conversations it runs; one more closes the one updated longest ago. None: no such limit."""

    def takes(self, field: str) -> bool:
        return field not in self.lacks

    def why_not(self, field: str) -> Problem | None:
        """What to say at a field that the server cannot take."""
        return None if self.takes(field) else Problem(loc=(field,), type=self.lacks[field])


ALL_BUT_ID = Capabilities({"conversation_id": "extra_forbidden"})
"""What is known to be taken before a server has said more."""


@dataclass(frozen=True, slots=True)
class ServerIdentity:
    """What an OpenHands server that we speak says of itself, without a key."""

    version: str | None = None
    """None where it does not say."""
    capabilities: Capabilities = ALL_BUT_ID


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What is known of a server; None where it has not said."""

    version: str | None = None
    capabilities: Capabilities = ALL_BUT_ID
    settings: "ServerSettings | None" = None
    settings_known: bool = False
    """True once the server has answered: then `settings` None means that it has none yet."""

    @property
    def git_hosts(self) -> dict[str, str | None] | None:
        """Provider → host for each provider with a token; None while not known."""
        return self.settings.git_hosts if self.settings else None


def server_from(address: str, key: str = "") -> Server | list[Problem]:
    """The server that somebody typed, or what is wrong at which field."""
    found = parse_address(address)
    problems = [Problem(loc=("address",), type=found)] if isinstance(found, str) else []
    key, told = _checked(key)
    if wrong := [one.at(("key",)) for one in told if one.blocks]:
        problems += wrong
    if problems or isinstance(found, str):
        return problems
    return Server(found, _secret(key))


def notes_on_key(key: str) -> list[Problem]:
    """What `server_from` does to a key, or what looks wrong with it, without holding it back."""
    return [one.at(("key",)) for one in _checked(key)[1] if not one.blocks]


def _checked(key: str) -> "Checked":
    if not key:
        return "", []
    from app.core.session_key import session_key  # a window without a key need not wait for it

    return session_key(key)


def _secret(key: str) -> "SecretStr | None":
    if not key:
        return None
    from pydantic import SecretStr  # 75 ms, which a window without a key need not wait for

    return SecretStr(key)


def parse_address(text: str) -> ServerAddress | str:
    """The address that somebody typed, or the type of the problem with it.

    Without a scheme: http on this machine, https elsewhere. Of the address of one of its pages the server is taken.
    """
    text = without_invisible(text).strip()
    if not text:
        return "address_missing"
    if re.search(r"[\s\x00-\x1f\x7f]", text):  # urlsplit would take some of them out in silence
        return "address_form"
    if port_alone := _PORT.fullmatch(text):
        text = f"localhost:{port_alone[1]}"
    text = re.sub(r"^(https?):/(?!/)", r"\1://", text, flags=re.IGNORECASE)
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text):
        text = ("http://" if is_loopback(_host_of(f"//{text}")) else "https://") + text
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return "address_form"
    if page := _PAGE.search(parts.path):
        parts = parts._replace(path=parts.path[: page.start()], query="", fragment="")
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
    if parts.hostname in (None, "", "http", "https"):  # of an address like https//host
        return "address_form"
    if port == 0 or "\\" in parts.netloc + parts.path or "=" in parts.netloc:
        return "address_form"
    return "address_query" if parts.query or parts.fragment else None


def _host_of(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    if host in ("localhost", "127.0.0.1") or host.endswith(".localhost"):
        return True
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
