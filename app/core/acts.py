"""What we do to a conversation that is there: stop it, delete it."""

from collections.abc import Callable, Coroutine

from app.core.openhands import OpenHands
from app.core.polling import Polling
from app.core.sessions import Act, Session, SessionBook
from app.core.tasks import Tasks
from app.errors import AnswerTimedOut, ConnectionLost, LauncherError


class Acts:
    """Stops and deletes. The row says so from the press on; until the answer the server may be silent."""

    def __init__(self, openhands: OpenHands, book: SessionBook, polling: Polling, tasks: Tasks) -> None:
        self._openhands = openhands
        self._book = book
        self._polling = polling
        self._tasks = tasks
        self.on_failed: Callable[[Session, Act, LauncherError], None] = lambda row, act, error: None

    def stop(self, key: int) -> None:
        self._begin(key, Act.STOPPING, self._openhands.stop, self._book.stopped)

    def delete(self, key: int) -> None:
        """Asks nobody: the question stands in the window."""
        self._begin(key, Act.DELETING, self._openhands.delete, self._book.deleted)

    def _begin(
        self,
        key: int,
        act: Act,
        call: Callable[[str], Coroutine[None, None, None]],
        done: Callable[[int], None],
    ) -> None:
        row = self._book.get(key)
        if row and row.conversation_id and row.act is None:
            self._book.acts(key, act)
            self._tasks.start(f"{act} {key}", lambda: self._do(row, act, call, done))

    async def _do(
        self,
        row: Session,
        act: Act,
        call: Callable[[str], Coroutine[None, None, None]],
        done: Callable[[int], None],
    ) -> None:
        try:
            await call(row.conversation_id)
            done(row.key)
        except (AnswerTimedOut, ConnectionLost):
            pass  # it has not failed: the list will tell
        except LauncherError as error:
            self.on_failed(row, act, error)
        finally:
            self._book.acts(row.key, None)
            self._polling.look_now()
