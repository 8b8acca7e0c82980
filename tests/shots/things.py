"""What is in the pictures: conversations, images, MCP servers."""

import base64
import io
from datetime import UTC, datetime, timedelta
from typing import Any

from PIL import Image, ImageDraw, ImageOps
from pydantic import SecretStr
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter

from app.wire.schemas import MCPSHTTPServerConfig, MCPSSEServerConfig, MCPStdioServerConfig
from tests.demo.server import DemoServer
from tests.pictures import MUNICH, ON_ITS_SIDE

MESSAGE = (
    "Fix the login redirect: after signing in, users land on / and lose the page they came from.\n\n"
    "- keep the query string\n- add a test for the OAuth path"
)
ASKS = (
    "The redirect now keeps the query string, and both tests pass. Shall I also change the cookie flags? "
    "They are set without SameSite today."
)
MARKDOWN = """## Done

The redirect **keeps the query string** now: `next` goes through `safe_next()`, see \
[the pull request](https://github.com/acme/web/pull/12).

1. `app/login.py`: the page is *checked* before it is used
2. tests
   - OAuth path
   - query string

```python
def safe_next(page: str) -> str:
    return page if page.startswith("/") else "/"
```

| File | Lines |
|---|---|
| app/login.py | 12 |
| tests/test_login.py | 40 |

> Shall I also change the **cookie flags**?
"""
LONG_TITLE = (
    "Move the sign-in page of the customer portal to the new design system and keep all its redirects"
)
LONG_BRANCH = "feature/ACME-1234-move-the-sign-in-page-to-the-new-design-system-and-keep-redirects"
DOCS_SEARCH = MCPSHTTPServerConfig(url="https://docs.example.com/mcp")
TICKETS = MCPSSEServerConfig(url="https://linear.example.com/sse", api_key=SecretStr("not-a-real-key-1"))
FETCH = MCPStdioServerConfig(
    name="fetch",
    command="uvx",
    args=["mcp-server-fetch", "--user-agent", "acme bot"],
    env={"API_TOKEN": SecretStr("not-a-real-key-2"), "REGION": SecretStr("eu")},
)
EVENTS = [{"action": "message", "source": "user", "args": {"content": "Fix the login"}}] * 214


def add_conversations(server: DemoServer) -> None:
    """The list of the pictures: each state once, with ages that do not change while one looks."""

    def add(title: str, repository: str, branch: str | None, age: timedelta, **more: Any) -> None:
        born = datetime.now(UTC) - age - timedelta(seconds=1)
        server.add(title=title, repository=repository, branch=branch, created_at=born, **more)

    asks: dict[str, Any] = {"agent_state": "awaiting_user_input", "last_words": ASKS}
    add("Fix the login redirect", "acme/web", "main", timedelta(minutes=2), **asks)
    works = "I run the tests now."
    add(
        "Add dark mode to the settings page", "acme/web", "feature/dark", timedelta(hours=1), last_words=works
    )
    ended: dict[str, Any] = {"status": "STOPPED", "agent_state": "finished"}
    parsed, pulled = "All 214 fixtures pass.", "The pull request is open."
    add(
        "Try the new parser on the old fixtures",
        "tools/parse",
        "main",
        timedelta(hours=3),
        last_words=parsed,
        **ended,
    )
    add("Translate the release notes", "docs/site", "main", timedelta(hours=5), last_words=pulled, **ended)
    failed: dict[str, Any] = {"agent_state": "error", "reason": "STATUS$ERROR_LLM_AUTHENTICATION"}
    add("Upgrade Postgres to 17", "acme/infra", None, timedelta(days=1), status="STOPPED", **failed)
    add("Investigate the flaky upload test", "acme/web", "main", timedelta(days=3), status="STOPPED")


def add_busy_conversations(server: DemoServer) -> None:
    """More than a server as it comes would run at once, so that each state is seen."""
    states = {
        "Bump dependencies to the newest minor versions": ("STARTING", None),
        "Write the migration guide": ("RUNNING", "loading"),
        "Rename the modules": ("RUNNING", "awaiting_user_confirmation"),
        "Count the words": ("RUNNING", "paused"),
        "Compare the benchmarks": ("RUNNING", "rate_limited"),
        "Tidy the changelog": ("RUNNING", "finished"),
        "Check the licences": ("ARCHIVED", "running"),
        "Ask the oracle": ("RUNNING", "waiting_for_the_oracle"),
    }
    for minutes, (title, (status, state)) in enumerate(states.items()):
        runtime = "STATUS$STARTING_RUNTIME" if state in (None, "loading") else "STATUS$READY"
        born = datetime.now(UTC) - timedelta(minutes=4 * minutes, seconds=1)
        place: dict[str, Any] = {"repository": "acme/web", "branch": "main", "created_at": born}
        server.add(title=title, status=status, agent_state=state, runtime_status=runtime, **place)


def two_images() -> list[str]:
    """Two screenshots, as far as 44 pixels can tell."""
    return [_image(*colours) for colours in (("#8A99AC", "#B6C9DD"), ("#DDCBBB", "#A99988"))]


def a_photograph() -> bytes:
    """Hills under an evening sky, by a telephone that was held upright and knows where it was."""
    sky = Image.linear_gradient("L").resize((900, 1200))
    evening = ImageOps.colorize(sky, "#5B7FB8", "#F6C9A0")
    ImageDraw.Draw(evening).polygon(
        [(0, 900), (330, 620), (620, 840), (900, 700), (900, 1200), (0, 1200)], "#4B5A4A"
    )
    exif, written = Image.Exif(), io.BytesIO()
    exif[0x0112] = ON_ITS_SIDE
    exif.get_ifd(0x8825).update(MUNICH)
    evening.transpose(Image.Transpose.ROTATE_90).save(written, "JPEG", exif=exif)
    return written.getvalue()


def _image(upper: str, lower: str) -> str:
    from PySide6.QtCore import QBuffer, QPoint
    from PySide6.QtGui import QImage, QPolygon

    image = QImage(640, 640, QImage.Format.Format_RGB32)
    image.fill(QColor(upper))
    painter = QPainter(image)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(lower))
    painter.drawPolygon(QPolygon([QPoint(640, 0), QPoint(640, 640), QPoint(0, 640)]))
    painter.end()
    buffer = QBuffer()
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return f"data:image/png;base64,{base64.b64encode(buffer.data().data()).decode()}"
