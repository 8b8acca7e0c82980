"""A server whose lists have no end: every answer is made when it is asked for."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from tests.faults.hostile import LOOPBACK
from tests.faults.liar import ALWAYS, route_of

BIRTH = datetime(2026, 11, 24, tzinfo=UTC)
Answer = Callable[[str, dict[str, str]], Any]
"""What is answered to a path with a query."""


@dataclass(slots=True)
class Endless:
    """What it was asked for: the paths."""

    address: str = ""
    requests: list[str] = field(default_factory=list)


@asynccontextmanager
async def endless(**answers: Answer) -> AsyncIterator[Endless]:
    """`page`, `conversation` and `events` are answered so; of all else it says what a server says."""
    seen = Endless()

    async def answer(request: web.Request) -> web.StreamResponse:
        route = route_of(request.method, request.path)
        seen.requests.append(request.path)
        say = answers.get(route)
        return web.json_response(say(request.path, dict(request.query)) if say else ALWAYS[route])

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, LOOPBACK, 0)
    await site.start()
    seen.address = f"http://{LOOPBACK}:{runner.addresses[0][1]}"
    try:
        yield seen
    finally:
        await runner.cleanup()


def id_of(number: int) -> str:
    return f"{number:032x}"


def row(number: int, change: int = 0, status: str = "RUNNING") -> dict[str, Any]:
    """One conversation of the list, as it is after so many changes."""
    return {
        "conversation_id": id_of(number),
        "title": f"Conversation {number}",
        "status": status,
        "selected_repository": "acme/web",
        "selected_branch": "main",
        "created_at": (BIRTH - timedelta(minutes=number)).isoformat(),
        "last_updated_at": (BIRTH + timedelta(seconds=change)).isoformat(),
    }


def page(rows: list[dict[str, Any]], next_page_id: str | None = None) -> dict[str, Any]:
    return {"results": rows, "next_page_id": next_page_id}


def falling(_path: str, query: dict[str, str]) -> dict[str, Any]:
    """One event older than the last, and always more of them."""
    return {"events": [{"id": int(query.get("end_id", 2**53)), "action": "run"}], "has_more": True}


def at_work(number: int) -> dict[str, Any]:
    extras = {"agent_state": "running"}
    return {
        "events": [{"id": number, "observation": "agent_state_changed", "extras": extras}],
        "has_more": False,
    }
