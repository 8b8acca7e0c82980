"""Whether the window stays smooth: gaps in the loop while the list is read, and the time that a key takes."""

import asyncio
import base64
import os
import time

from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPlainTextEdit

from app.core.polling import Polling
from app.ui.controller import Controller
from app.ui.launch.mime_data import encoded
from tests.bench.far import far
from tests.bench.measure import Figure, alone, percentile
from tests.bench.window import connected, in_loop, message_of, until

ROWS = 2000
RUNNING = 20
PASSES = 5
"""One takes six seconds: four reads a second, a hundred rows each."""

BEAT_S = 0.001

IMAGES = 4
SIDE = 1300
"""Noise of 1300 × 1300 pixels is a PNG of 5 MB."""

TEXT = "Fix the login redirect: after signing in, users land on / and lose the page they came from. "


def list_(n: int) -> list[Figure]:
    """The longest gap in the loop while all pages of a long list are read and shown, once for each pass."""
    quiet, busy = _gaps(0, n), _gaps(RUNNING, n)
    what = f"Longest gap in the loop while all of {ROWS:,} rows are read anew"
    return [
        alone("list_quiet", what, "ms", quiet, bound=50),
        alone(
            "list_busy",
            f"The same while {RUNNING} of them run and change at every poll",
            "ms",
            busy,
            bound=50,
        ),
    ]


def _gaps(running: int, n: int) -> list[float]:
    longest: list[float] = []

    async def taken() -> None:
        with far(ROWS, running) as server:
            async with connected(server.address, ROWS) as controller:
                longest.extend([await _longest_gap_ms(controller) for _ in range(min(n, PASSES))])

    in_loop(taken)
    return longest


async def _longest_gap_ms(controller: Controller) -> float:
    """Over one pass through all pages, from the moment at which it is asked for."""
    assert controller.connection is not None
    polling = controller.connection.polling
    assert isinstance(polling, Polling)
    await until(lambda: not polling.reads_all, "a pass was over")
    polling.refresh(all_pages=True)
    heart = _Heart()
    try:
        await until(lambda: polling.reads_all, "a pass began")
        await until(lambda: not polling.reads_all, "it was over")
    finally:
        heart.stop()
    return max(heart.gaps)


class _Heart:
    """Beats every millisecond, and notes the time in ms from each beat to the next."""

    def __init__(self) -> None:
        self.gaps: list[float] = []
        self._loop = asyncio.get_running_loop()
        self._last = time.perf_counter()
        self._next = self._loop.call_later(BEAT_S, self._beat)

    def _beat(self) -> None:
        now = time.perf_counter()
        self.gaps.append((now - self._last) * 1000)
        self._last = now
        self._next = self._loop.call_later(BEAT_S, self._beat)

    def stop(self) -> None:
        self._next.cancel()


def typing(n: int) -> list[Figure]:
    """From a key in the message to its letter painted and the whole form checked, with 20 MB of images."""
    worst: list[float] = []

    async def taken() -> None:
        with far() as server:
            async with connected(server.address) as controller:
                await _attach(controller)
                worst.extend([percentile(await _keys_ms(controller), 0.95) for _ in range(n)])

    in_loop(taken)
    what = f"A key in the message with 20 MB of images: 95 of 100 ({len(TEXT)} keys each time)"
    return [alone("typing", what, "ms", worst, bound=8)]


async def _attach(controller: Controller) -> None:
    urls = [await asyncio.to_thread(_noise) for _ in range(IMAGES)]
    controller.window.launch.draft.put(("image_urls",), urls)
    await controller.window.launch._fields.images._tasks.drain()


def _noise() -> str:
    """The data URL of a PNG that does not compress."""
    picture = QImage(os.urandom(SIDE * SIDE * 3), SIDE, SIDE, SIDE * 3, QImage.Format.Format_RGB888)
    return f"data:image/png;base64,{base64.b64encode(encoded(picture)).decode()}"


async def _keys_ms(controller: Controller) -> list[float]:
    text, form = message_of(controller), controller.window.launch.form
    text.setFocus()
    checked = asyncio.Event()
    joined = form.checked.connect(checked.set)
    taken = [await _key_ms(text, letter, checked) for letter in TEXT]
    form.checked.disconnect(joined)
    text.clear()
    return taken


async def _key_ms(text: QPlainTextEdit, letter: str, checked: asyncio.Event) -> float:
    checked.clear()
    began = time.perf_counter()
    QTest.keyClicks(text, letter)
    text.viewport().repaint()
    await checked.wait()
    return (time.perf_counter() - began) * 1000
