"""Ctrl+C and SIGTERM at any moment of the window's start end it with 130, whatever is loaded in whichever thread."""

import sys
from pathlib import Path

import pytest

from tests.interrupting import BOTH, interrupted_at

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")

BEFORE_THE_LOOP = [
    "app.core.logs",
    "PySide6.QtWidgets",
    "app.ui.window",
    "app.ui.main",  # in the thread that loads while the form is shown
    "qasync",
    "app.ui.sessions.pane",
]
WITHIN_IT = ["app.ui.off_screen_demo", "app.client.v0.api", "httpx"]


@pytest.mark.parametrize("number", BOTH)
@pytest.mark.parametrize("module", BEFORE_THE_LOOP + WITHIN_IT)
def test_an_interrupt_while_the_window_starts_ends_it_with_130(
    tmp_path: Path, module: str, number: int
) -> None:
    code, out, err = interrupted_at(tmp_path, module, [number], "--demo", OPENHANDS_LAUNCHER_OFF_SCREEN="1")
    assert code == 130
    assert "Traceback" not in out + err
    assert err in ("", "Interrupted. Nothing was sent.\n")
    assert "Finished" not in out
