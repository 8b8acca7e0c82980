"""Who answers at an address: found out without a key, before anything of a person's goes there.

The kinds of OpenHands servers and their marks: V0 (0.53 to 0.62), the one that is spoken here; the app server, from
1.0 on; the agent server, which takes other requests on the same paths as V0.
"""

import asyncio
import re
from dataclasses import replace
from functools import cache
from typing import Annotated, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from app.client.parsing_cost import check_parsing_cost
from app.client.refusals import refusal
from app.client.transport import Answer, Transport
from app.client.v0.capabilities import V0
from app.client.v0.schemas import Else, OpenApiDocument, ServerInfo, V0Config, WebClientConfig
from app.core.servers import ServerIdentity
from app.errors import (
    AnswerCompressed,
    AnswerTooLarge,
    NothingThere,
    NotOpenHands,
    OnlyAWebPage,
    Redirected,
    ServerFault,
    TooManyRequests,
    UnsupportedServer,
)
from app.wire.rules import MIB

DOCUMENT_LIMIT = 4 * MIB
"""Of `/openapi.json`, in bytes: an app server's has 700 kB."""

RETRY_S = 0.5
"""A server that starts behind a proxy answers 404 for a moment: what is not found is looked for twice."""

SUPPORTED_MINORS = range(53, 63)
"""The minor versions of 0.x that this program supports."""

AGENT_SERVER = "OpenHands Agent Server"
APP_SERVER = "OpenHands"
HIDDEN_VERSION = "0.0.1"
"""What the hosted app server says in place of its version."""

M = TypeVar("M", bound=BaseModel)


async def identify(transport: Transport) -> ServerIdentity:
    """The server that answers, if this program speaks it.

    Raises `NotOpenHands` or `UnsupportedServer`; while it is away, what `Transport.ask` raises and `ServerFault`.
    """
    try:
        return await _identify(transport)
    except NothingThere:
        await asyncio.sleep(RETRY_S)
        return await _identify(transport)


async def _identify(transport: Transport) -> ServerIdentity:
    looked_at = await _ask(transport, "/openapi.json")
    if document := _read(OpenApiDocument, looked_at):
        return await _by_document(document, transport)
    info = _read(ServerInfo, await _ask(transport, "/server_info"))
    if info and info.title == AGENT_SERVER:
        raise _unsupported(AGENT_SERVER, info.version or "")
    options = await _ask(transport, "/api/options/config")
    is_openhands = (info and info.uptime is not None and info.resources is not None) or _read(
        V0Config, options
    )
    if not is_openhands or not _is_missing(looked_at):
        raise _something_else(looked_at, options)
    await _refuse_app_server(transport, "")
    return ServerIdentity(None, V0)


async def _by_document(document: OpenApiDocument, transport: Transport) -> ServerIdentity:
    version = document.info.version or ""
    match document.info.title:
        case title if title == AGENT_SERVER:
            raise _unsupported(AGENT_SERVER, version)
        case title if title != APP_SERVER:  # V0 has the same title
            raise NotOpenHands
    if not _is_supported(version):
        await _refuse_app_server(transport, version)
        raise _unsupported(APP_SERVER, version)
    return ServerIdentity(version, replace(V0, lacks={}) if document.takes_conversation_id else V0)


def _is_supported(version: str) -> bool:
    minor = re.match(r"0\.([1-9]\d?)(?!\d)", version, re.ASCII)
    return minor is not None and int(minor[1]) in SUPPORTED_MINORS


async def _refuse_app_server(transport: Transport, version: str) -> None:
    """Raises `UnsupportedServer` for an app server, by its own name, and for what may be one."""
    answer = await _ask(transport, "/api/v1/web-client/config")
    if config := _read(WebClientConfig, answer):
        name = "OpenHands Cloud" if config.app_mode.lower() == "saas" else "OpenHands App Server"
        raise _unsupported(name, "" if version == HIDDEN_VERSION else version)
    if not _is_missing(answer):
        raise _unsupported(APP_SERVER, version)


def _is_missing(answer: Answer | None) -> bool:
    """Whether there is no such path, or a proxy or a page of its own hides it."""
    return answer is not None and (answer.status in (401, 403, 404) or answer.is_page)


def _unsupported(name: str, version: str) -> UnsupportedServer:
    supported = f"0.{SUPPORTED_MINORS[0]} to 0.{SUPPORTED_MINORS[-1]}"
    return UnsupportedServer(name, version, supported)


async def _ask(transport: Transport, path: str) -> Answer | None:
    """The answer to one look without a key; None for one that is too large, has too many parts, or is compressed.

    Raises what says that the server is away, is busy, or sends us elsewhere.
    """
    try:
        answer = await transport.ask("GET", path, with_key=False, limit=DOCUMENT_LIMIT)
        await check_parsing_cost(answer.body)
    except (AnswerTooLarge, AnswerCompressed):
        return None
    if answer.status != 200 and isinstance(
        fault := refusal(answer), Redirected | ServerFault | TooManyRequests
    ):
        raise fault
    return answer


def _read(kind: type[M], answer: Answer | None) -> M | None:
    if answer is None or answer.status != 200 or answer.is_page:
        return None
    try:
        return _adapter(kind).validate_json(answer.body)
    except ValidationError:
        return None


@cache
def _adapter(kind: type[M]) -> TypeAdapter[M | None]:
    """With `Else`: an error would hold all of the answer as objects of Python, which takes longer than parsing it."""
    return TypeAdapter(Annotated[kind | None, Else()])  # type: ignore[arg-type]


def _something_else(*answers: Answer | None) -> NotOpenHands:
    if any(answer and answer.status == 200 and answer.is_page for answer in answers):
        return OnlyAWebPage()
    is_nothing = all(answer and answer.status == 404 for answer in answers)
    return NothingThere() if is_nothing else NotOpenHands()
