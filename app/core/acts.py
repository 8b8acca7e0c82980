"""What we do to a conversation that is there: stop it, delete it."""

from collections.abc import Callable, Coroutine

from app.core.polling import Polling
from app.core.server_port import ServerPort
from app.core.sessions import Act, Session, SessionBook
from app.core.tasks import Tasks
from app.errors import AnswerTimedOut, ConnectionLost, LauncherError


class Acts:
    """Stops and deletes. The row says so from the press on; until the answer the server may be silent."""

    def __init__(self, server: ServerPort, book: SessionBook, polling: Polling, tasks: Tasks) -> None:
        self._server = server
        self._book = book
        self._polling = polling
        self._tasks = tasks
        self.on_failed: Callable[[Session, Act, LauncherError], None] = lambda row, act, error: None

    def stop(self, key: int) -> None:
        self._begin(key, Act.STOPPING, self._server.stop, self._book.stopped)

    def delete(self, key: int) -> None:
        """Asks nobody: the question stands in the window."""
        self._begin(key, Act.DELETING, self._server.delete, self._book.deleted)

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
            done(self._key(row))
        except (AnswerTimedOut, ConnectionLost):
            await self._find_out(row.conversation_id)
        except LauncherError as error:
            self.on_failed(row, act, error)
        finally:
            self._book.acts(self._key(row), None)
            self._polling.look_now()

    def _key(self, row: Session) -> int:
        """The key of its conversation now: it may have become the row of the launch that it came of."""
        now = self._book.by_id(row.conversation_id)
        return now.key if now else row.key

    async def _find_out(self, conversation_id: str) -> None:
        """An act whose answer was lost has not failed: the server tells what became of it."""
        try:
            async with self._polling.budget.turn():
                found = await self._server.conversation(conversation_id)
        except LauncherError:
            return  # the list will tell
        if found is None:
            self._book.gone(conversation_id)
        else:
            self._book.listed([found])
