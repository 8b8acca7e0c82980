"""The shapes the server answers in: JSON, its refusals, and its crash."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)


class Refusal(Exception):
    """Ends a request with this answer."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status)
        self.status = status
        self.body = body

    def answer(self) -> web.Response:
        """As it goes over the wire."""
        return as_json(self.body, status=self.status)


class Crash(Exception):
    """The server meets what it never expected: 500."""


def as_json(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """Compact JSON; what cannot be written as such (NaN, half a surrogate pair) crashes, as on the server."""
    text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return web.Response(body=text.encode(), status=status, headers=headers, content_type="application/json")


def error(status: int, message: str, msg_id: str) -> Refusal:
    """A refusal in the server's own words."""
    return Refusal(status, {"status": "error", "message": message, "msg_id": msg_id})


async def crash(request: web.Request) -> web.StreamResponse:
    """500 as plain text; then the kept connection is closed unannounced."""
    answer = web.Response(text="Internal Server Error", status=500)
    await answer.prepare(request)
    await answer.write_eof()
    if request.transport is not None:
        request.transport.close()
    return answer


async def body_as(model: type[Model], request: web.Request) -> Model:
    """The body as this model; a 422 names what is wrong, and echoes it.

    ``from_attributes`` only to word a body that is no object as the server does.
    """
    raw = await request.read()
    said = _parsed(request, raw) if raw else None
    if said is None:
        raise Refusal(422, {"detail": [_detail("missing", ("body",), "Field required", None)]})
    return _validated(lambda: model.model_validate(said, from_attributes=True), "body")


def query_as(model: type[Model], request: web.Request) -> Model:
    """The query as this model."""
    return _validated(lambda: model.model_validate(dict(request.query)), "query")


def _validated(validate: Callable[[], Model], where: str) -> Model:
    try:
        return validate()
    except ValidationError as fault:
        details = fault.errors(include_url=False)
        raise Refusal(422, {"detail": [_relocated(dict(one), where) for one in details]}) from None
    except (AttributeError, TypeError) as fault:  # a validator that trusted a type
        raise Crash("the validator broke") from fault


def _relocated(detail: dict[str, Any], where: str) -> dict[str, Any]:
    more = {
        key: {} if isinstance(value, Exception) else value for key, value in detail.get("ctx", {}).items()
    }
    shown = _detail(detail["type"], (where, *detail["loc"]), detail["msg"], detail["input"])
    return shown | ({"ctx": more} if more else {})


def _detail(kind: str, loc: tuple[int | str, ...], msg: str, value: Any) -> dict[str, Any]:
    return {"type": kind, "loc": list(loc), "msg": msg, "input": value}


def _parsed(request: web.Request, raw: bytes) -> Any:
    if request.content_type not in (
        "application/json",
        "application/octet-stream",
    ):  # aiohttp's word for none
        return raw.decode(errors="replace")  # read as text, and so no object
    try:
        return json.loads(raw)
    except json.JSONDecodeError as fault:
        place, said = _as_the_server_says(fault)
        detail = _detail("json_invalid", ("body", place), "JSON decode error", {})
        raise Refusal(422, {"detail": [detail | {"ctx": {"error": said}}]}) from None
    except (ValueError, RecursionError):
        raise Refusal(400, {"detail": "There was an error parsing the body"}) from None


def _as_the_server_says(fault: json.JSONDecodeError) -> tuple[int, str]:
    """From Python 3.13 on a comma too many is blamed; the server's own, 3.12, blames what follows it."""
    if not fault.msg.startswith("Illegal trailing comma"):
        return fault.pos, fault.msg
    rest = fault.doc[fault.pos + 1 :].lstrip()
    is_object = rest.startswith("}")
    said = "Expecting property name enclosed in double quotes" if is_object else "Expecting value"
    return len(fault.doc) - len(rest), said
