"""What we do to a conversation that is there: stop it, delete it."""

from collections.abc import Callable

from app.core.budget import Budget
from app.core.conversations import UNDER_WAY
from app.core.read_schedule import ReadSchedule
from app.core.server_port import ServerPort
from app.core.sessions import Act, Session, SessionBook
from app.core.tasks import Tasks
from app.errors import AnswerTimedOut, ConnectionLost, LauncherError


class Acts:
    """Stops and deletes. The row says so from the press on; until the answer the server may be silent."""

    def __init__(
        self, server: ServerPort, book: SessionBook, budget: Budget, reads: ReadSchedule, tasks: Tasks
    ) -> None:
        self._server = server
        self._book = book
        self._budget = budget
        self._reads = reads
        self._tasks = tasks
        self.on_failed: Callable[[Session, Act, LauncherError], None] = lambda row, act, error: None

    def stop(self, key: int) -> None:
        """Begins to stop it; `on_failed` hears when that was not done."""
        self._start(key, Act.STOPPING)

    def delete(self, key: int) -> None:
        """The same for who deletes. Asks nobody: the question stands in the window."""
        self._start(key, Act.DELETING)

    async def perform(self, key: int, act: Act) -> None:
        """Stops or deletes it, and waits for the answer. Where nothing can be done now, nothing is.

        Raises any `LauncherError`: it was not done, or, after a lost answer, is not known to have been done.
        """
        if row := self._begin(key, act):
            await self._finish(row, act)

    # Inside.

    def _start(self, key: int, act: Act) -> None:
        if row := self._begin(key, act):
            self._tasks.start(f"{act} {key}", lambda: self._finish_unattended(row, act))

    def _begin(self, key: int, act: Act) -> Session | None:
        """From now on the row says so; None where there is no conversation, or something is being done to it."""
        row = self._book.get(key)
        if row is None or not row.conversation_id or row.act is not None:
            return None
        self._book.acts(key, act)
        return row

    async def _finish_unattended(self, row: Session, act: Act) -> None:
        try:
            await self._finish(row, act)
        except (AnswerTimedOut, ConnectionLost):
            return  # the list will tell
        except LauncherError as error:
            self.on_failed(row, act, error)

    async def _finish(self, row: Session, act: Act) -> None:
        try:
            if act is Act.STOPPING:
                await self._server.stop(row.conversation_id)
                self._book.stopped(self._key(row))
            else:
                await self._server.delete(row.conversation_id)
                self._book.deleted(self._key(row))
        except (AnswerTimedOut, ConnectionLost):
            if not await self._is_over(row.conversation_id):
                raise
        finally:
            self._book.acts(self._key(row), None)
            self._reads.look_now()

    def _key(self, row: Session) -> int:
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
            self._book.gone(conversation_id)
        else:
            self._book.listed([found])
        return found is None or found.phase not in UNDER_WAY
