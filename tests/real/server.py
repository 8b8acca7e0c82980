"""A real OpenHands server on loopback, whose model and git host are stubs.

`RUNTIME=cli` has no sandbox: what its agent is told to run, runs here. So it only ever gets a stub model.
"""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx
import psutil

from tests.real.stub import Stub
from tests.real.stub_gitlab import StubGitLab
from tests.real.stub_model import StubModel

T = TypeVar("T")
ALIVE_DEADLINE_S = 60.0  # measured: 3 s warm, 10 s on the first start after an installation
POLL_S = 0.2  # well below the ten requests a second that the server takes without delay
# The server counts requests by client address: with one of our own, none of the window's are used up.
OWN_ADDRESS = "127.0.0.2" if sys.platform == "linux" else None
# The server drops images for a model whose name it does not know to have vision.
MODEL_THAT_SEES = "openai/gpt-4o"


def until(wanted: Callable[[], T | None], what: str, deadline_s: float = 30.0) -> T:
    """Ask again until the answer is true, and give it; AssertionError naming `what` past the deadline."""
    end = time.monotonic() + deadline_s
    while not (answer := wanted()):
        assert time.monotonic() < end, f"after {deadline_s:.0f} s still not: {what}"
        time.sleep(POLL_S)
    return answer


class RealServer:
    """One server with its own port and key, and its files in the new folder `home`; it ends with the `with`.

    It has no settings until `post_settings`, and no git token until `add_git_provider`. `environment` is what
    it is started with besides.
    """

    def __init__(
        self, python: Path, home: Path, model: StubModel, gitlab: StubGitLab, **environment: str
    ) -> None:
        self._python, self._home, self._model, self._gitlab = python, home, model, gitlab
        self._more = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._outside = Stub()  # stands for every other host, and knows nothing
        self.key = secrets.token_hex(16)
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = home / "server.log"
        # After a 500 the server drops a kept connection unannounced.
        never_kept = httpx.Limits(max_keepalive_connections=0)
        self.http = httpx.Client(
            base_url=self.url,
            headers={"X-Session-API-Key": self.key},
            timeout=30,
            transport=httpx.HTTPTransport(trust_env=False, limits=never_kept, local_address=OWN_ADDRESS),
        )
        self._lay_workspace()

    def __enter__(self) -> Self:
        try:
            self.start_again()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start_again(self) -> None:
        """Start on the same port with the same files; returns when the server answers."""
        command: list[str | Path] = [self._python, "-m", "uvicorn", "openhands.server.listen:app"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--host", "127.0.0.1", "--port", str(self.port)],
                cwd=self._workspace,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl+C is for the tests, which then end the server themselves
            )
        try:
            until(self._is_alive, "an answer from /alive", ALIVE_DEADLINE_S)
        except AssertionError as fault:
            raise RuntimeError(f"OpenHands did not start: {fault}. Its log:\n{self._end_of_log()}") from None

    def kill(self) -> None:
        """End the server and all it has started, without a farewell, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        for one in (left := self.processes()):
            one.kill()
        psutil.wait_procs(left, timeout=10)

    def processes(self) -> list[psutil.Process]:
        """The server and all it has started: also in sessions of their own, as the commands of an agent."""
        every = psutil.process_iter(["environ"])
        return [one for one in every if (one.info["environ"] or {}).get("FILE_STORE_PATH") == self._store]

    def close(self) -> None:
        self.kill()
        self.http.close()
        self._outside.close()

    def post_settings(self, model: str = MODEL_THAT_SEES, **more: Any) -> None:
        """Store the settings of a user whose model is the stub; `more` are further fields of the settings."""
        settings = {
            "llm_model": model,
            "llm_api_key": "stub-model-key",
            "llm_base_url": f"{self._model.url}/v1",
            "agent": "CodeActAgent",
            "language": "en",
            "enable_default_condenser": False,
        }
        self.http.post("/api/settings", json=settings | more).raise_for_status()

    def add_git_provider(self) -> None:
        """Connect the stub GitLab: the one git host of OpenHands that may be reached over plain HTTP."""
        tokens = {"gitlab": {"token": "stub-git-token", "host": self._gitlab.url}}
        self.http.post("/api/add-git-providers", json={"provider_tokens": tokens}).raise_for_status()

    def conversations(self) -> list[dict[str, Any]]:
        """The first page of the list; a row or all of it may be missing once while the server writes."""
        answer = self.http.get("/api/conversations")
        return [one for one in answer.json()["results"] if one] if answer.is_success else []

    def conversation(self, conversation_id: str) -> dict[str, Any]:
        """Its row in the list, or an empty one."""
        return next((one for one in self.conversations() if one["conversation_id"] == conversation_id), {})

    def agent_state(self, conversation_id: str) -> dict[str, str]:
        """`agent_state` and `reason` of the newest stored event that has them; empty before the first."""
        newest_first = {"reverse": True, "limit": 100}
        answer = self.http.get(f"/api/conversations/{conversation_id}/events", params=newest_first)
        events = answer.json()["events"] if answer.is_success else []
        return next((e["extras"] for e in events if e.get("observation") == "agent_state_changed"), {})

    def delete_conversations(self) -> None:
        """Free the few places for running ones; let the model answer first, or the server freezes.

        By the folders: one read of the list in a hundred lacks a conversation that is just being written. One
        whose writing a `kill` has cut off is listed no more, and cannot be deleted.
        """
        for folder in (Path(self._store) / "sessions").glob("*"):
            self.http.delete(f"/api/conversations/{folder.name}")

    def forget(self, name: str) -> None:
        """Remove one of the files that the server keeps for its user, as if it had never been written."""
        (Path(self._store) / name).unlink()

    def metadata(self, conversation_id: str) -> Path:
        """The file of what the list says of a conversation."""
        return Path(self._store) / "sessions" / conversation_id / "metadata.json"

    @property
    def _store(self) -> str:
        return str(self._home / "store")

    @property
    def _workspace(self) -> Path:
        return self._home / "workspace"

    def _lay_workspace(self) -> None:
        """The server looks for the prompts of suggested tasks in its working directory: link them into it."""
        prompts = "openhands/integrations/templates"
        [installed] = self._python.parent.parent.glob(f"lib/python3.*/site-packages/{prompts}")
        link = self._workspace / prompts
        link.parent.mkdir(parents=True)
        link.symlink_to(installed)

    def _environment(self) -> dict[str, str]:
        """Of ours only the path: no key of this machine reaches the server, no request of it the world."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self._home),
            "RUNTIME": "cli",
            "RUN_AS_OPENHANDS": "false",
            "SKIP_DEPENDENCY_CHECK": "1",
            "SERVE_FRONTEND": "false",
            "FILE_STORE": "local",
            "FILE_STORE_PATH": self._store,
            "WORKSPACE_BASE": str(self._workspace),
            "SESSION_API_KEY": self.key,
            "port": str(self.port),  # where it looks for its own MCP server
            "HTTP_PROXY": self._outside.url,
            "HTTPS_PROXY": self._outside.url,
            "NO_PROXY": "127.0.0.1,localhost",
            "LITELLM_LOCAL_MODEL_COST_MAP": "true",
            **self._more,
        }

    def _is_alive(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"it ended with {self._process.returncode}"
        with suppress(httpx.TransportError):
            return self.http.get("/alive").is_success
        return False

    def _end_of_log(self) -> str:
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-30:])


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port
