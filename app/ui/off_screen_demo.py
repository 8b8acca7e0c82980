"""The demo off-screen: the same job through the same widgets, told on the terminal."""

import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtWidgets import QAbstractButton, QLineEdit, QPlainTextEdit

from app import foreign_text
from app.core.session import Session
from app.core.session_state import State, state_of
from app.core.session_words import state_word
from app.translation import gettext as _
from app.ui.controller import Controller

MESSAGE = "Fix the login redirect: after signing in, users land on / and lose the page they came from."
STEP_S = 60.0
_RESTS = {State.ASKS_YOU, State.FINISHED, State.STOPPED}


async def run_off_screen_demo(controller: Controller, closed: asyncio.Event) -> int:
    """Fills in the form, presses Launch, prints the row as it goes, and saves a picture. Gives the exit code."""
    print(_("The demo runs off-screen."))
    walk = _Walk(controller, closed)
    try:
        async with asyncio.timeout(STEP_S):
            if await walk.connected():
                _launch(controller)
                went_well = await walk.followed()
            else:
                went_well = False
    except TimeoutError:
        print(_("The demo did not get there in a minute."))
        return 1
    if closed.is_set():
        return 0
    if said := controller.window.bar.text():
        print(said)
    print(_("A picture of the window: {path}").format(path=_picture(controller)))
    return 0 if went_well else 1


class _Walk:
    """Waits for what the controller, its server and its list say."""

    def __init__(self, controller: Controller, closed: asyncio.Event) -> None:
        self._controller = controller
        self._closed = closed
        self._changed = asyncio.Event()
        controller.watch(self._arrived)
        controller.window.closed.connect(self._changed.set)

    async def connected(self) -> bool:
        """Whether there is a server that has said what it is."""
        while not self._closed.is_set() and not self._controller.window.bar.text():
            if (connection := self._controller.connection) and connection.known.facts.version:
                return True
            await self._change()
        return False

    async def followed(self) -> bool:
        """Prints each change of the newest row, until its agent rests; whether it got that far."""
        assert self._controller.connection is not None
        book, said = self._controller.connection.book, ""
        while not self._closed.is_set():
            row = next(iter(book.sessions()), None)
            line = _line(row) if row else ""
            if line != said:
                print(line)
                said = line
            state = state_of(row, datetime.now(UTC)) if row else None
            if state is State.FAILED:
                return False
            if row and row.last_words and state in _RESTS:
                return True
            await self._change()
        return False

    def _arrived(self) -> None:
        self._changed.set()
        if connection := self._controller.connection:
            connection.known.watch(self._changed.set)
            connection.book.watch(lambda _changes: self._changed.set())

    async def _change(self) -> None:
        await self._changed.wait()
        self._changed.clear()


def _launch(controller: Controller) -> None:
    find = controller.window.findChild
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


def _line(row: Session) -> str:
    word = state_word(row, state_of(row, datetime.now(UTC)))
    foreign = (foreign_text.safe_text(one, single_line=True) for one in (row.title, row.last_words))
    return "  ".join(filter(None, (f"{word:<12}", *foreign)))


def _picture(controller: Controller) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="openhands-launcher-"))
    path = folder / "window.png"
    controller.window.grab().save(str(path))
    return path
