"""What we do to a conversation that is there: stop it, delete it."""

from collections.abc import Callable

from app.core.budget import Budget
from app.core.conversations import UNDER_WAY
from app.core.read_schedule import ReadSchedule
from app.core.server_port import ServerPort
from app.core.session import Operation, Session, SessionKey
from app.core.sessions import SessionBook
from app.core.tasks import Tasks
from app.errors import AnswerTimedOut, ConnectionLost, LauncherError


class SessionActions:
    """Stops and deletes. The row says so from the press on; until the answer the server may be silent."""

    def __init__(
        self, server: ServerPort, book: SessionBook, budget: Budget, reads: ReadSchedule, tasks: Tasks
    ) -> None:
        self._server = server
        self._book = book
        self._budget = budget
        self._reads = reads
        self._tasks = tasks
        self.on_failed: Callable[[Session, Operation, LauncherError], None] = lambda row, operation, error: (
            None
        )

    def stop(self, key: SessionKey) -> None:
        """Begins to stop it; `on_failed` hears when that was not done."""
        self._start(key, Operation.STOPPING)

    def delete(self, key: SessionKey) -> None:
        """The same for who deletes. Asks nobody: the question stands in the window."""
        self._start(key, Operation.DELETING)

    async def perform(self, key: SessionKey, operation: Operation) -> None:
        """Stops or deletes it, and waits for the answer. Where nothing can be done now, nothing is.

        Raises any `LauncherError`: it was not done, or, after a lost answer, is not known to have been done.
        """
        if row := self._begin(key, operation):
            await self._finish(row, operation)

    # Inside.

    def _start(self, key: SessionKey, operation: Operation) -> None:
        if row := self._begin(key, operation):
            self._tasks.start(f"{operation} {key}", lambda: self._finish_unattended(row, operation))

    def _begin(self, key: SessionKey, operation: Operation) -> Session | None:
        """From now on the row says so; None where there is no conversation, or something is being done to it."""
        row = self._book.get(key)
        if row is None or not row.conversation_id or row.operation is not None:
            return None
        self._book.set_operation(key, operation)
        return row

    async def _finish_unattended(self, row: Session, operation: Operation) -> None:
        try:
            await self._finish(row, operation)
        except (AnswerTimedOut, ConnectionLost):
            return  # the list will tell
        except LauncherError as error:
            self.on_failed(row, operation, error)

    async def _finish(self, row: Session, operation: Operation) -> None:
        try:
            if operation is Operation.STOPPING:
                await self._server.stop(row.conversation_id)
                self._book.mark_stopped(self._key(row))
            else:
                await self._server.delete(row.conversation_id)
                self._book.mark_deleted(self._key(row))
        except (AnswerTimedOut, ConnectionLost):
            if not await self._is_over(row.conversation_id):
                raise
        finally:
            self._book.set_operation(self._key(row), None)
            self._reads.refresh()

    def _key(self, row: Session) -> SessionKey:
        """The key of its conversation now: it may have become the row of the launch that it came of."""
        now = self._book.by_id(row.conversation_id)
        return now.key if now else row.key

    async def _is_over(self, conversation_id: str) -> bool:
        """Whether it runs no more: an act whose answer was lost may have been done, and the server can tell."""
        try:
            async with self._budget.turn():
                found = await self._server.conversation(conversation_id)
        except LauncherError:
            return False
        if found is None:
            self._book.mark_gone(conversation_id)
        else:
            self._book.apply_page([found])
        return found is None or found.phase not in UNDER_WAY
