"""A launch that a server has taken and is making a conversation of: asked about until that is there, or has failed."""

import asyncio

from app.core.budget import Budget
from app.core.conversations import Accepted, NotStarted, Pending, TaskRef
from app.core.event_reading import TRY_AGAIN_S
from app.core.server_port import ServerPort
from app.core.session import SessionKey
from app.core.sessions import SessionBook
from app.errors import KeyRefused, LauncherError

LOOK_S = 1.0
KEY_REFUSED_S = 300.0
"""A server may lock out who comes with a wrong key again and again."""


async def until_made(
    key: SessionKey, task: TaskRef, server: ServerPort, book: SessionBook, budget: Budget
) -> Accepted | None:
    """The conversation of this row, when it is there; None where there will be none. The row says how far it is."""
    failures, wait_s = 0, LOOK_S
    while True:
        await asyncio.sleep(wait_s)
        if book.get(key) is None:
            return None  # nobody wants to know any more
        try:
            async with budget.turn():
                state = await server.launch_state(task)
        except LauncherError as error:
            failures += 1
            later_s = TRY_AGAIN_S[min(failures, len(TRY_AGAIN_S)) - 1]
            wait_s = KEY_REFUSED_S if isinstance(error, KeyRefused) else later_s
            continue
        failures, wait_s = 0, LOOK_S
        match state:
            case Accepted():
                return state if book.get(key) else None
            case NotStarted(reason):
                book.mark_not_started(key, reason)
                return None
            case Pending():
                book.mark_pending(key, state)
