"""One launch, from the press to what became of it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from app.core.budget import Budget, time_s
from app.core.connection_status import ConnectionState
from app.core.conversations import UNDER_WAY, Accepted, AgentChanged, AgentState, Pending, Update
from app.core.draft import LaunchDraft
from app.core.known_server import KnownServer
from app.core.mcp import secrets_of
from app.core.pending import until_made
from app.core.problems import CheckedLaunch
from app.core.read_schedule import ReadSchedule
from app.core.server_port import ServerPort
from app.core.session import Operation, SessionKey
from app.core.sessions import SessionBook
from app.core.tasks import Tasks
from app.core.unconfirmed_launches import ListSnapshot, UnconfirmedLaunches
from app.core.watchers import Watchers
from app.errors import GitRefused, GitTokenMissing, Invalid, LauncherError, NoAnswer, Problem
from app.redaction import learn
from app.wire.schemas import InitSessionRequest

STARTUP_S = 180.0
"""How long we listen to a conversation that starts up."""


@dataclass(frozen=True, slots=True)
class Launched:
    """The server has accepted the launch."""

    key: SessionKey
    """Of its row."""
    draft: LaunchDraft
    answer: Accepted | Pending


@dataclass(frozen=True, slots=True)
class NotLaunched:
    """The launch was not accepted, as far as is known: whether it may have started says the error."""

    key: SessionKey
    draft: LaunchDraft
    error: LauncherError | None = None
    """None where nothing went wrong but a field, which was found before anything was sent."""
    problems: tuple[Problem, ...] = ()
    """What is wrong at single fields."""


Outcome = Launched | NotLaunched
"""What a press came to."""


class Launching:
    """Sends launches, one POST for one press, and follows each until it is known what became of it."""

    def __init__(
        self,
        server: ServerPort,
        book: SessionBook,
        known: KnownServer,
        budget: Budget,
        reads: ReadSchedule,
        tasks: Tasks,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._server = server
        self._book = book
        self._known = known
        self._reads = reads
        self._tasks = tasks
        self._now = now
        self._budget = budget
        self._lost = UnconfirmedLaunches(server, book, budget, tasks)
        self._watchers = Watchers[Outcome]()

    def watch(self, watcher: Callable[[Outcome], None]) -> Callable[[], None]:
        return self._watchers.add(watcher)

    def launch(self, checked: CheckedLaunch, *, follow: bool = True) -> SessionKey:
        """Starts one launch and gives its row's key.

        `follow`: also hear what the server says of its start-up; not for who leaves after the answer.
        """
        if checked.request.mcp_config:
            learn(*secrets_of(checked.request.mcp_config))
        listed = self._listed()
        key = self._book.add_launch(checked.draft)
        if follow:
            self._server.prepare()
        self._tasks.start(f"launch {key}", lambda: self._launch(key, checked, listed, follow))
        return key

    def has_unanswered(self) -> bool:
        """Whether a launch has no answer yet."""
        return self._book.has_operation(Operation.SENDING)

    async def wait_until_answered(self, patience_s: float) -> None:
        """Waits for the answers of all launches that are out, but not longer."""
        none_is_out = asyncio.Event()

        def look() -> None:
            if not self.has_unanswered():
                none_is_out.set()

        stop_watching = self._book.watch(lambda _changes: look())
        try:
            look()
            with suppress(TimeoutError):
                await asyncio.wait_for(none_is_out.wait(), patience_s)
        finally:
            stop_watching()

    def look_again(self, key: SessionKey) -> None:
        """Looks on the server once more for a launch whose answer was lost."""
        self._reads.refresh(all_pages=True)
        self._lost.look_again(key)

    def _listed(self) -> ListSnapshot:
        was_read = self._known.status.state is ConnectionState.CONNECTED or self._book.ids()
        return ListSnapshot.of_book(self._book) if was_read else ListSnapshot.unread(self._now())

    async def _launch(
        self, key: SessionKey, checked: CheckedLaunch, listed: ListSnapshot, follow: bool
    ) -> None:
        sent, request = checked.draft, checked.request
        with self._reads.hold():
            try:
                if problem := await self._id_is_taken(request):
                    self._book.forget(key)
                    self._watchers.notify(NotLaunched(key, sent, problems=(problem,)))
                    return
                answer = await self._server.create(request)
            except LauncherError as error:
                self._failed(key, sent, listed, error)
                return
            except Exception:  # a bug of ours: it is reported, and what became of the launch is not known
                self._failed(key, sent, listed, NoAnswer())
                raise
        try:
            self._taken(key, answer, follow)
        finally:  # whatever a bug of ours breaks here, the launch is over
            self._watchers.notify(Launched(key, sent, answer))
        if self._known.status.state.wants_key:
            self._reads.retry_now()  # the answer is the proof that the key is taken

    async def _id_is_taken(self, request: InitSessionRequest) -> Problem | None:
        """A POST with a known id would restart that conversation, or lose its message: so it is asked for."""
        wanted = request.conversation_id
        try:
            if wanted is None or await self._server.conversation(wanted) is None:
                return None
        except LauncherError as error:
            error.may_have_started = False  # whatever went wrong: nothing was asked to start yet
            raise
        return Problem(loc=("conversation_id",), type="conversation_exists")

    def _taken(self, key: SessionKey, answer: Accepted | Pending, follow: bool) -> None:
        """The server has accepted it, or will when it has made its conversation."""
        if isinstance(answer, Pending):
            self._book.mark_pending(key, answer)
            self._tasks.start(f"pending {key}", lambda: self._until_made(key, answer, follow))
            return
        self._book.mark_accepted(key, answer)
        if follow:
            self._tasks.start(f"startup {key}", lambda: self._follow_startup(answer.conversation.id))

    async def _until_made(self, key: SessionKey, pending: Pending, follow: bool) -> None:
        made = await until_made(key, pending.task, self._server, self._book, self._budget)
        if made:
            self._taken(key, made, follow)

    def _failed(self, key: SessionKey, sent: LaunchDraft, listed: ListSnapshot, error: LauncherError) -> None:
        if error.may_have_started:
            self._lost.add(key, listed)
            self._book.mark_unconfirmed(key, error)
            self._reads.refresh(all_pages=True)
        else:
            self._book.forget(key)
        self._watchers.notify(NotLaunched(key, sent, error, problems_of(error, sent)))

    # After a 200.

    async def _follow_startup(self, conversation_id: str) -> None:
        """A 200 means accepted, not working: what goes wrong now is said once, on this socket."""
        try:
            async with (
                asyncio.timeout(STARTUP_S) as limit,
                aclosing(self._server.startup(conversation_id)) as updates,
            ):
                with self._called_off(conversation_id, limit):
                    update = await anext(updates, None)
                while update:
                    self._book.apply_startup(conversation_id, update)
                    await asyncio.sleep(0)  # what has come already would keep the window waiting
                    update = None if _is_beyond_loading(update) else await anext(updates, None)
        except (LauncherError, TimeoutError):
            return  # polling tells the rest
        finally:
            self._reads.refresh()

    @contextmanager
    def _called_off(self, conversation_id: str, limit: asyncio.Timeout) -> Iterator[None]:
        """No join of what is over, or about to be: a stopped one would run again, a deleted one come back."""

        def look() -> None:
            row = self._book.by_id(conversation_id)
            goes_on = row and row.operation is None and row.phase in UNDER_WAY
            if not goes_on and not limit.expired():
                limit.reschedule(time_s())

        stop_watching = self._book.watch(lambda _changes: look())
        try:
            look()
            yield
        finally:
            stop_watching()


def problems_of(error: LauncherError, sent: LaunchDraft) -> tuple[Problem, ...]:
    """What an error says of single fields: a 422 by its `loc`, a git error at the repository."""
    if isinstance(error, Invalid):
        return tuple(sent.own(error.problems))
    if isinstance(error, GitRefused):
        return (Problem(loc=("repository",), type="git_refused"),)
    if isinstance(error, GitTokenMissing):
        return (Problem(loc=("repository",), type="git_token_missing"),)
    return ()


def _is_beyond_loading(update: Update) -> bool:
    return isinstance(update, AgentChanged) and update.state is not AgentState.LOADING
