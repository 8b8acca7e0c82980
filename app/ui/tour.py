"""Without a display: the same job through the same widgets, told on the terminal."""

import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtWidgets import QAbstractButton, QLineEdit, QPlainTextEdit

from app import words
from app.core.sessions import Session, state_of
from app.ui.desk import Desk
from app.words import State

MESSAGE = "Fix the login redirect: after signing in, users land on / and lose the page they came from."
STEP_S = 60.0
_RESTS = {State.ASKS_YOU, State.FINISHED, State.FAILED, State.STOPPED}


async def tour(desk: Desk, closed: asyncio.Event, *, demo: bool) -> int:
    """Fills in the form, presses Launch, prints the row as it goes, and saves a picture. Gives the exit code."""
    if not demo:
        print("There is no display. Set DISPLAY or WAYLAND_DISPLAY, or try it off-screen with --demo.")
        return 1
    print("There is no display: the demo runs off-screen.")
    try:
        async with asyncio.timeout(STEP_S):
            await _until(
                lambda: desk.connection is not None and desk.connection.polling.facts.version is not None,
                closed,
            )
            if not closed.is_set():
                _launch(desk)
                await _follow(desk, closed)
    except TimeoutError:
        print("The demo did not get there in a minute.")
        return 1
    if not closed.is_set():
        print(f"A picture of the window: {_picture(desk)}")
    return 0


def _launch(desk: Desk) -> None:
    find = desk.window.findChild
    repository, message, launch = (
        find(QLineEdit, "repository"),
        find(QPlainTextEdit, "initial_user_msg"),
        find(QAbstractButton, "launch"),
    )
    assert isinstance(repository, QLineEdit)
    assert isinstance(message, QPlainTextEdit)
    assert isinstance(launch, QAbstractButton)
    repository.setText("acme/web")
    message.setPlainText(MESSAGE)
    launch.click()


async def _follow(desk: Desk, closed: asyncio.Event) -> None:
    """Prints each change of the newest row, until its agent rests."""
    assert desk.connection is not None
    book, said = desk.connection.book, ""
    while not closed.is_set():
        rows = book.sessions()
        line = _line(rows[0]) if rows else ""
        if line != said:
            print(line)
            said = line
        if rows and state_of(rows[0], datetime.now(UTC)) in _RESTS and rows[0].last_words:
            return
        await asyncio.sleep(0.02)


def _line(row: Session) -> str:
    word = words.state(state_of(row, datetime.now(UTC)), row.status)
    return "  ".join(
        part for part in (f"{word:<12}", row.title, words.safe_text(row.last_words, single_line=True)) if part
    )


async def _until(condition: object, closed: asyncio.Event) -> None:
    assert callable(condition)
    while not condition() and not closed.is_set():
        await asyncio.sleep(0.02)


def _picture(desk: Desk) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="openhands-launcher-"))
    path = folder / "window.png"
    desk.window.grab().save(str(path))
    return path
