"""The settings, as far as they are shown."""

from typing import Any

from tests.contract.case import case
from tests.contract.place import Place
from tests.contract.shapes import SETTINGS, shaped

MCP = {
    "sse_servers": [{"url": "http://mcp.example/sse", "api_key": "k"}],
    "stdio_servers": [{"name": "files", "command": "npx", "env": {"TOKEN": "t"}}],
}
STORED_MCP = {
    "sse_servers": [{"url": "http://mcp.example/sse", "api_key": "k"}],
    "stdio_servers": [{"name": "files", "command": "npx", "args": [], "env": {"TOKEN": "t"}}],
    "shttp_servers": [],
}


async def _shown(place: Place) -> Any:
    return shaped(SETTINGS, await place.http.get("/api/settings"))


async def _store(place: Place, **settings: Any) -> None:
    answer = await place.http.post("/api/settings", json=settings)
    assert (answer.status_code, answer.json()) == (200, {"message": "Settings stored"})


@case
async def settings_say_what_is_set_and_no_secret(place: Place) -> None:
    shown = await _shown(place)
    assert shown["llm_model"]
    assert (shown["llm_api_key_set"], shown["search_api_key_set"]) == (True, False)
    assert "gitlab" in shown["provider_tokens_set"]
    assert shown["mcp_config"] is None
    await place.disconnect_git()
    assert (await _shown(place))["provider_tokens_set"] == {}
    place.forget_git_tokens()
    assert (await _shown(place))["provider_tokens_set"] == {}


@case
async def without_settings_there_is_nothing_to_show(place: Place) -> None:
    place.forget_settings()
    answer = await place.http.get("/api/settings")
    assert (answer.status_code, answer.json()) == (404, {"error": "Settings not found"})


@case
async def stored_mcp_servers_are_shown_in_clear_and_what_is_left_out_is_reset(place: Place) -> None:
    await _store(place, llm_model="m", llm_api_key="k", agent="A", mcp_config=MCP, unknown=1)
    shown = await _shown(place)
    assert (shown["llm_model"], shown["agent"], shown["mcp_config"]) == ("m", "A", STORED_MCP)
    await _store(place)
    reset = await _shown(place)
    assert (reset["llm_model"], reset["llm_api_key_set"]) == ("m", True)
    assert (reset["agent"], reset["mcp_config"]) == (None, None)
    await _store(place, llm_api_key="")
    assert (await _shown(place))["llm_api_key_set"] is False
