"""A GitLab with one project: the part of its API that OpenHands uses. Nothing can be cloned from it."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from tests.real.stub import Stub

Handler = Callable[[web.Request], Awaitable[web.Response]]
PROJECT = "acme/web"
BRANCHES = ("main", "feature/dark")
ISSUE = {"iid": 7, "title": "The login page is too bright", "references": {"full": f"{PROJECT}#7"}}
MERGE_REQUEST = {
    "iid": 8,
    "title": "A dark login page",
    "project": {"fullPath": PROJECT},
    "conflicts": True,
    "pipelines": {"nodes": []},
    "discussions": {"nodes": []},
}
USER = {"id": 1, "username": "ada", "avatar_url": "", "name": "Ada", "email": "ada@example.org"}


class StubGitLab(Stub):
    """Knows the project `acme/web` with its two branches; any token is good."""

    def __init__(self) -> None:
        here = "/api/v4/projects/{name}"
        super().__init__(
            web.get("/api/v4/user", _always(USER)),
            web.get("/api/v4/issues", _always([ISSUE])),
            web.get("/api/v4/projects", self._projects),
            web.get(here, _of_project(_project())),
            web.get(f"{here}/repository/branches", _of_project([_branch(name) for name in BRANCHES])),
            web.get(f"{here}/repository/tree", _of_project([])),
            web.post("/api/graphql", _always({"data": {"currentUser": _authored([MERGE_REQUEST])}})),
        )

    async def _projects(self, request: web.Request) -> web.Response:
        wanted = request.query.get("search", "") in PROJECT and request.query.get("page", "1") == "1"
        return web.json_response([_project()] if wanted else [])


def _always(answer: Any) -> Handler:
    async def handler(_: web.Request) -> web.Response:
        return web.json_response(answer)

    return handler


def _of_project(answer: Any) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        if request.match_info["name"] != PROJECT:
            return web.json_response({"message": "404 Project Not Found"}, status=404)
        return web.json_response(answer if request.query.get("page", "1") == "1" else [])

    return handler


def _project() -> dict[str, Any]:
    return {
        "id": 1,
        "path_with_namespace": PROJECT,
        "star_count": 0,
        "visibility": "private",
        "namespace": {"kind": "group"},
    }


def _branch(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "protected": False,
        "commit": {"id": "0" * 40, "committed_date": "2026-01-01T00:00:00Z"},
    }


def _authored(merge_requests: list[dict[str, Any]]) -> dict[str, Any]:
    return {"authoredMergeRequests": {"nodes": merge_requests}}
