"""How the server is set up: its settings, its git hosts, its limits."""

import re
from typing import Any

from app.demo.pace import Pace

_SECRETS = ("llm_api_key", "search_api_key", "sandbox_api_key")
_KEPT = ("llm_model", "llm_api_key", "llm_base_url", "search_api_key")
"""What a ``POST /api/settings`` that leaves it out does not reset."""

_FRESH: dict[str, Any] = {
    "language": None,
    "agent": None,
    "max_iterations": None,
    "security_analyzer": None,
    "confirmation_mode": None,
    "llm_model": None,
    "llm_api_key": None,
    "llm_base_url": None,
    "remote_runtime_resource_factor": None,
    "secrets_store": {"provider_tokens": {}},
    "enable_default_condenser": True,
    "enable_sound_notifications": False,
    "enable_proactive_conversation_starters": True,
    "enable_solvability_analysis": True,
    "user_consents_to_analytics": None,
    "sandbox_base_container_image": None,
    "sandbox_runtime_container_image": None,
    "mcp_config": None,
    "search_api_key": None,
    "sandbox_api_key": None,
    "max_budget_per_task": None,
    "email": None,
    "email_verified": None,
    "git_user_name": None,
    "git_user_email": None,
}

DEMO_SETTINGS: dict[str, Any] = _FRESH | {
    "language": "en",
    "agent": "CodeActAgent",
    "llm_model": "demo/no-model",
    "llm_api_key": "none-needed",
}

_REPOSITORY = re.compile(r"[\w.-]+(/[\w.-]+)+")


class Setup:
    """Everything here may be changed while the server runs."""

    def __init__(self) -> None:
        self.settings: dict[str, Any] | None = dict(DEMO_SETTINGS)
        """The stored settings, the key in clear; ``None`` before the server was first set up."""
        self.provider_tokens: dict[str, str | None] | None = dict.fromkeys(("github", "gitlab", "bitbucket"))
        """The git providers with a token, and the host of each; ``None`` before there was ever one."""
        self.branches: tuple[str, ...] = ("main", "feature/dark")
        """Of every repository."""
        self.pace = Pace()
        """The seconds of each step, for the steps to come."""
        self.max_concurrent = 3
        """How many conversations run at once."""
        self.allow_conversation_id = False
        """Whether a launch may name its id; ``/openapi.json`` says so."""

    @property
    def has_llm_key(self) -> bool:
        """Whether the model could be asked."""
        return bool(str((self.settings or {}).get("llm_api_key") or "").strip())

    def shown_settings(self) -> dict[str, Any] | None:
        """As the server shows them: secrets null, and whether they are set."""
        if self.settings is None:
            return None
        flags = {
            "llm_api_key_set": bool(self.settings.get("llm_api_key")),
            "search_api_key_set": bool(self.settings.get("search_api_key")),
            "provider_tokens_set": self.provider_tokens or {},
        }
        return self.settings | dict.fromkeys(_SECRETS) | flags

    def store_settings(self, asked: dict[str, Any]) -> None:
        """Unknown ones are ignored; what is left out is reset, save the model and its keys."""
        kept = {key: (self.settings or {}).get(key) for key in _KEPT}
        known = {key: value for key, value in asked.items() if key in _FRESH and value is not None}
        self.settings = _FRESH | kept | known

    def has_repository(self, name: str) -> bool:
        """With a token the demo finds every ``owner/name`` but those with "missing" in it."""
        return (
            bool(self.provider_tokens) and _REPOSITORY.fullmatch(name) is not None and "missing" not in name
        )
