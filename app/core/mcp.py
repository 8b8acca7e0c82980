"""One MCP server as it is typed, and the list of a launch as it is changed."""

import re
import shlex
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationError

from app.core import secret_values
from app.core.draft import Draft, without_empty_values
from app.core.servers import is_loopback
from app.errors import Loc, Problem
from app.wire.schemas import MCPConfig, MCPSHTTPServerConfig, MCPSSEServerConfig, MCPStdioServerConfig

McpServer = MCPSSEServerConfig | MCPSHTTPServerConfig | MCPStdioServerConfig


class McpKind(StrEnum):
    """How the server reaches it, in the order of a choice."""

    SHTTP = "shttp"
    SSE = "sse"
    STDIO = "stdio"


_MODELS: dict[McpKind, type[McpServer]] = {
    McpKind.SHTTP: MCPSHTTPServerConfig,
    McpKind.SSE: MCPSSEServerConfig,
    McpKind.STDIO: MCPStdioServerConfig,
}
_FIELDS = {"url", "api_key"}, {"name", "command", "args", "env"}
Variable = tuple[str, SecretStr]


class McpServerDraft(Draft):
    """What the form of one MCP server edits. The fields of the other kinds are kept, and not sent."""

    kind: McpKind = McpKind.SHTTP
    url: str = ""
    api_key: SecretStr | None = None
    name: str = ""
    command: str = ""
    args: str = ""
    """As in a shell: words, with quotation marks around those that have spaces."""
    env: list[Variable] = []  # noqa: RUF012 - pydantic copies it

    def to_server(self) -> McpServer | list[Problem]:
        """The MCP server, or what is wrong at which field."""
        found = self._problems()
        try:
            server, told = checked(_MODELS[self.kind].model_validate(self._filled()))
        except ValidationError as error:
            return [*found, *Problem.of(error)]
        found += [one for one in told if one.blocks]
        return found or server

    def warnings(self) -> list[Problem]:
        """What is done to its secrets, or looks wrong with them, and holds nothing back."""
        try:
            _server, told = checked(_MODELS[self.kind].model_validate(self._filled()))
        except ValidationError:
            return []
        return [one for one in told if not one.blocks]

    def secrets(self) -> list[SecretStr]:
        """As they were typed."""
        return [*filter(None, [self.api_key]), *_secret_values(self.env)]

    @classmethod
    def of(cls, server: McpServer) -> "McpServerDraft":
        if isinstance(server, MCPStdioServerConfig):
            return cls(
                kind=McpKind.STDIO,
                name=server.name,
                command=server.command,
                args=shlex.join(server.args),
                env=list(server.env.items()),
            )
        kind = McpKind.SHTTP if isinstance(server, MCPSHTTPServerConfig) else McpKind.SSE
        return cls(kind=kind, url=server.url, api_key=server.api_key)

    def _filled(self) -> dict[str, Any]:
        stdio = self.kind is McpKind.STDIO
        filled = without_empty_values(self.model_dump(include=_FIELDS[stdio]))
        if "args" in filled:
            filled["args"] = _split(self.args) or []
        if "env" in filled:
            filled["env"] = {name.strip(): value for name, value in self.env if name.strip() or value}
        return {name: value for name, value in filled.items() if value not in ([], {})}

    def _problems(self) -> list[Problem]:
        if self.kind is not McpKind.STDIO:
            return []
        found = [] if _split(self.args) is not None else [Problem(loc=("args",), type="arguments_quote")]
        names = [name.strip() for name, _ in self.env if name.strip()]
        twice = next((name for name in names if names.count(name) > 1), None)
        return (
            [*found, Problem(loc=("env",), type="environment_twice", ctx={"name": twice})] if twice else found
        )


def _split(text: str) -> list[str] | None:
    try:
        return shlex.split(text)
    except ValueError:
        return None


def servers_of(config: MCPConfig) -> list[McpServer]:
    """All in one row, in the order in which the server takes equal names."""
    return [*config.sse_servers, *config.shttp_servers, *config.stdio_servers]


def config_of(servers: list[McpServer]) -> MCPConfig:
    """The three lists of the wire."""
    return MCPConfig(
        sse_servers=[one for one in servers if type(one) is MCPSSEServerConfig],
        shttp_servers=[one for one in servers if isinstance(one, MCPSHTTPServerConfig)],
        stdio_servers=[one for one in servers if isinstance(one, MCPStdioServerConfig)],
    )


def name_of(server: McpServer) -> str:
    """What people call it: its name, or its address without the scheme."""
    if isinstance(server, MCPStdioServerConfig):
        return server.name
    return re.sub(r"^\w+://", "", server.url).rstrip("/")


def checked(server: McpServer) -> tuple[McpServer, list[Problem]]:
    """The server with its secrets as they are sent, and what there is to say about them."""
    if isinstance(server, MCPStdioServerConfig):
        values, told = _checked_variables(server.env)
        told += [one.at(("args",)) for text in server.args for one in secret_values.argument(text)]
        return (server.model_copy(update={"env": values}) if values != server.env else server), told
    if server.api_key is None:
        return server, []
    key, told = secret_values.api_key(server.api_key.get_secret_value())
    told = [one.at(("api_key",)) for one in told]
    parts = urlsplit(server.url)
    if parts.scheme in ("http", "ws") and not is_loopback(parts.hostname or ""):
        told.append(Problem(loc=("url",), type="mcp_in_clear", blocks=False))
    return server.model_copy(update={"api_key": SecretStr(key) if key else None}), told


def _checked_variables(env: dict[str, SecretStr]) -> tuple[dict[str, SecretStr], list[Problem]]:
    values, found = {}, []
    for name, value in env.items():
        cleaned, told = secret_values.variable(name, value.get_secret_value())
        values[name] = SecretStr(cleaned)
        found += [one.at(("env",)) for one in told]
    return values, found


def checked_config(config: MCPConfig) -> tuple[MCPConfig, list[Problem]]:
    """The same for all servers of a launch, each problem at its place in the three lists."""
    lists: dict[str, list[McpServer]] = {}
    found: list[Problem] = []
    for name in MCPConfig.model_fields:
        lists[name] = []
        for place, one in enumerate(getattr(config, name)):
            server, told = checked(one)
            lists[name].append(server)
            at: Loc = (name, place)
            found += [problem.at((*at, *problem.loc)) for problem in told]
    return config.model_copy(update=lists), found


def secrets_of(config: MCPConfig) -> list[SecretStr]:
    """What must not be shown anywhere: the keys, and the values of the variables."""
    keys = [one.api_key for one in (*config.sse_servers, *config.shttp_servers) if one.api_key]
    return keys + [value for one in config.stdio_servers for value in _secret_values(one.env.items())]


def _secret_values(variables: Iterable[Variable]) -> Iterator[SecretStr]:
    return (value for name, value in variables if secret_values.is_secret(name, value.get_secret_value()))


def command_line(server: MCPStdioServerConfig) -> str:
    return shlex.join([server.command, *server.args])
