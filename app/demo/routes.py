"""The routes that the launcher uses, each as the server answers it, and by a name."""

import time
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from app.demo import answers, page
from app.demo.answers import Crash, Refusal, as_json, body_as, query_as
from app.demo.conversations import Conversation, Conversations, Described, default_title
from app.demo.door import SOCKET, Handler
from app.demo.life import Launch
from app.demo.schemas import (
    BranchesQuery,
    EventsQuery,
    InitSessionRequest,
    InitSessionRequestWithId,
    ListQuery,
    ProvidersSetModel,
    SettingsUpdate,
    UpdateConversationRequest,
)
from app.demo.setup import Setup
from app.demo.world import World

Route = tuple[str, str, str, Handler]

VERSION = "0.53.0"
NO_SETTINGS_FAULT = "('Settings not found', {'msg_id': 'CONFIGURATION$SETTINGS_NOT_FOUND'})"


class Routes:
    """What is answered, out of the world that is acted on."""

    def __init__(self, world: World, socket: Handler) -> None:
        self._world = world
        self._socket = socket
        self._started_at = time.monotonic()

    def __iter__(self) -> Iterator[Route]:
        """Method, path, name and handler of each."""
        one = "/api/conversations/{id}"
        yield "GET", "/alive", "alive", self.alive
        yield "GET", "/health", "health", self.health
        yield "GET", "/server_info", "server_info", self.server_info
        yield "GET", "/openapi.json", "openapi", self.openapi
        yield "GET", "/api/options/config", "config", self.config
        yield "GET", "/api/settings", "settings", self.settings
        yield "POST", "/api/settings", "store_settings", self.store_settings
        yield "POST", "/api/conversations", "create", self.create
        yield "GET", "/api/conversations", "list", self.list
        yield "GET", one, "conversation", self.conversation
        yield "PATCH", one, "rename", self.rename
        yield "DELETE", one, "delete", self.delete
        yield "POST", one + "/start", "start", self.start
        yield "POST", one + "/stop", "stop", self.stop
        yield "GET", one + "/events", "events", self.events
        yield "POST", one + "/events", "act", self.act
        yield "GET", "/api/user/repository/branches", "branches", self.branches
        yield "GET", "/", "front_page", self.front_page
        yield "GET", "/settings", "settings_page", self.settings_page
        yield "GET", "/conversations/{id}", "conversation_page", self.conversation_page
        yield "GET", "/socket.io/", SOCKET, self._socket

    @property
    def _conversations(self) -> Conversations:
        return self._world.conversations

    @property
    def _setup(self) -> Setup:
        return self._world.setup

    async def alive(self, _request: web.Request) -> web.StreamResponse:
        """Without key."""
        return as_json({"status": "ok"})

    async def health(self, _request: web.Request) -> web.StreamResponse:
        """Without key."""
        return as_json("OK")

    async def server_info(self, _request: web.Request) -> web.StreamResponse:
        """Without key."""
        up = time.monotonic() - self._started_at
        resources = {"cpu_percent": 0.0, "memory": {"rss": 0, "vms": 0, "percent": 0.0}}
        return as_json({"uptime": up, "idle_time": up, "resources": resources})

    async def openapi(self, _request: web.Request) -> web.StreamResponse:
        """Without key: the version, and the schema of the launch."""
        schema = self._create_model().model_json_schema(ref_template="#/components/schemas/{model}")
        schemas: dict[str, Any] = schema.pop("$defs", {}) | {"InitSessionRequest": schema}
        reference = {"schema": {"$ref": "#/components/schemas/InitSessionRequest"}}
        post = {"requestBody": {"required": True, "content": {"application/json": reference}}}
        info = {
            "title": "OpenHands",
            "description": "The demo server of OpenHands Launcher: no model, no code is touched.",
            "version": VERSION,
        }
        paths = {"/api/conversations": {"post": post}}
        shown = _without_null({"schemas": schemas})
        return as_json({"openapi": "3.1.0", "info": info, "paths": paths, "components": shown})

    async def config(self, _request: web.Request) -> web.StreamResponse:
        """What the server is."""
        flags = {"ENABLE_BILLING": False, "HIDE_LLM_SETTINGS": False, "HIDE_MICROAGENT_MANAGEMENT": True}
        ids = {"GITHUB_CLIENT_ID": "", "POSTHOG_CLIENT_KEY": ""}
        return as_json({"APP_MODE": "oss", **ids, "FEATURE_FLAGS": flags})

    async def settings(self, _request: web.Request) -> web.StreamResponse:
        """Secrets null, flags beside them, the MCP servers in clear."""
        shown = self._setup.shown_settings()
        return as_json({"error": "Settings not found"}, status=404) if shown is None else as_json(shown)

    async def store_settings(self, request: web.Request) -> web.StreamResponse:
        """What is left out is reset, save the model and its keys."""
        body = await body_as(SettingsUpdate, request)
        self._setup.store_settings(body.model_dump())
        return as_json({"message": "Settings stored"})

    async def create(self, request: web.Request) -> web.StreamResponse:
        """Checked in the server's order: schema, task prompt, repository, settings."""
        asked = await body_as(self._create_model(), request)
        message = asked.initial_user_msg
        if asked.suggested_task:
            if not asked.suggested_task.has_prompt:
                raise Crash("no template for this task")
            message = asked.suggested_task.prompt()
        repository = asked.repository or (asked.create_microagent.repo if asked.create_microagent else None)
        if repository:
            self._look_up(repository)
        self._check_settings()
        await self._world.steps.reach("answer")
        conversation = await self._world.launch(
            _described(asked, repository), _launch(asked, message), getattr(asked, "conversation_id", None)
        )
        return as_json(_response(conversation))

    async def list(self, request: web.Request) -> web.StreamResponse:
        """A page of the list."""
        query = query_as(ListQuery, request)
        try:
            found, next_page = self._conversations.page(query)
        except ValueError as fault:
            raise Crash("page_id is none of ours") from fault
        return as_json({"results": [one.info() for one in found], "next_page_id": next_page})

    async def conversation(self, request: web.Request) -> web.StreamResponse:
        """One of them; an unknown id is answered 200 ``null``."""
        found = self._find(request)
        return as_json(found.info() if found else None)

    async def rename(self, request: web.Request) -> web.StreamResponse:
        """A title of spaces only is the default one."""
        body = await body_as(UpdateConversationRequest, request)
        found = self._find(request)
        if found is None:
            raise answers.error(404, "Conversation not found", "CONVERSATION$NOT_FOUND")
        await self._world.rename(found, body.title.strip() or default_title(found.conversation_id))
        return as_json(True)

    async def delete(self, request: web.Request) -> web.StreamResponse:
        """Stops it first; its events are gone for good. False for an unknown id."""
        found = self._find(request)
        if found is not None:
            await self._world.delete(found)
        return as_json(found is not None)

    async def start(self, request: web.Request) -> web.StreamResponse:
        """Starts a stopped one again; one that runs is left as it is."""
        await body_as(ProvidersSetModel, request)
        found = self._find(request)
        failed = {"status": "error", "conversation_id": request.match_info["id"]}
        if found is None:
            raise Refusal(404, failed)
        if self._setup.settings is None:
            raise Refusal(500, failed | {"message": f"Failed to start conversation: {NO_SETTINGS_FAULT}"})
        await self._world.wake(found)
        return as_json(_response(found))

    async def stop(self, request: web.Request) -> web.StreamResponse:
        """200 for an unknown id too; the status is the one before."""
        found = self._find(request)
        before = found.status if found else "STOPPED"
        was = found is not None and await self._world.stop(found)
        words = "Conversation stopped successfully" if was else "Conversation was not running"
        body = {"status": "ok", "conversation_id": request.match_info["id"], "message": words}
        return as_json(body | {"conversation_status": before})

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Stored events; it starts nothing."""
        found = self._existing(request)
        query = query_as(EventsQuery, request)
        if not 0 <= query.limit <= 100:
            raise Refusal(400, {"detail": "Invalid limit"})
        events, more = found.log.page(query.start_id, query.end_id, query.reverse, query.limit)
        return as_json({"events": events, "has_more": more})

    async def act(self, request: web.Request) -> web.StreamResponse:
        """A client's action; for a stopped conversation, or an unknown action, the server crashes."""
        found = self._existing(request)
        try:
            action = await request.json()
        except ValueError as fault:
            raise Crash("no JSON") from fault
        if not isinstance(action, dict) or not await self._world.act(found, action):
            raise Crash("no action of a running conversation")
        return as_json({"success": True})

    async def branches(self, request: web.Request) -> web.StreamResponse:
        """Those of any repository, the main one first; what cannot be looked up has none."""
        repository = query_as(BranchesQuery, request).repository
        if not self._setup.provider_tokens:
            raise Refusal(401, "Git provider token required. (such as GitHub).")
        names = self._setup.branches if self._setup.has_repository(repository) else ()
        return as_json([_branch(name) for name in names])

    async def front_page(self, _request: web.Request) -> web.StreamResponse:
        """For a browser."""
        return web.Response(text=page.front_page(), content_type="text/html")

    async def settings_page(self, _request: web.Request) -> web.StreamResponse:
        """For a browser."""
        return web.Response(text=page.settings_page(), content_type="text/html")

    async def conversation_page(self, request: web.Request) -> web.StreamResponse:
        """For a browser."""
        return web.Response(text=page.conversation_page(self._find(request)), content_type="text/html")

    def _create_model(self) -> type[InitSessionRequest]:
        return InitSessionRequestWithId if self._setup.allow_conversation_id else InitSessionRequest

    def _find(self, request: web.Request) -> Conversation | None:
        return self._conversations.get(request.match_info["id"])

    def _existing(self, request: web.Request) -> Conversation:
        found = self._find(request)
        if found is None:
            raise Refusal(404, {"detail": f"Conversation {request.match_info['id']} not found"})
        return found

    def _look_up(self, repository: str) -> None:
        if self._setup.provider_tokens is None:
            raise Crash("no git token was ever stored")
        if not self._setup.has_repository(repository):
            words = f"Unable to access repo {repository}"
            raise answers.error(400, words, "STATUS$GIT_PROVIDER_AUTHENTICATION_ERROR")

    def _check_settings(self) -> None:
        if self._setup.settings is None:
            raise answers.error(400, "Settings not found", "CONFIGURATION$SETTINGS_NOT_FOUND")
        if not self._setup.has_llm_key:
            words = "Error authenticating with the LLM provider. Please check your API key"
            raise answers.error(400, words, "STATUS$ERROR_LLM_AUTHENTICATION")


def _branch(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "commit_sha": "0" * 40,
        "protected": False,
        "last_push_date": "2026-01-01T00:00:00Z",
    }


def _without_null(schema: Any) -> Any:
    """The server leaves a default of null out of its document."""
    if isinstance(schema, list):
        return [_without_null(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: _without_null(value) for key, value in schema.items() if value is not None}


def _described(asked: InitSessionRequest, repository: str | None) -> Described:
    trigger, provider = "gui", asked.git_provider
    if asked.suggested_task:
        trigger = "suggested_task"
    elif asked.create_microagent:
        trigger = "microagent_management"
        provider = provider or asked.create_microagent.git_provider
    return {
        "repository": repository or None,
        "branch": asked.selected_branch,
        "git_provider": provider,
        "trigger": trigger,
    }


def _launch(asked: InitSessionRequest, message: str | None) -> Launch:
    return Launch(
        message=message,
        images=asked.image_urls or [],
        instructions=asked.conversation_instructions,
        mcp_servers=asked.mcp_config.names() if asked.mcp_config else [],
        replay_json=asked.replay_json,
    )


def _response(conversation: Conversation) -> dict[str, Any]:
    return {
        "status": "ok",
        "conversation_id": conversation.conversation_id,
        "message": None,
        "conversation_status": conversation.status,
    }
