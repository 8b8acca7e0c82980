"""One launch, from the press to what became of it."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass

from app.core.draft import Kind, LaunchDraft
from app.core.polling import Polling
from app.core.servers import OpenHands
from app.core.sessions import Session, SessionBook
from app.core.tasks import Tasks
from app.errors import LauncherError, Problem
from app.wire.schemas import ConversationResponse, Event, InitSessionRequest

STARTUP_S = 180.0
"""How long we listen to a conversation that starts up."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a press came to: `problems` at fields, or an `error`, or neither: the server accepted it."""

    key: int
    sent: LaunchDraft
    error: LauncherError | None = None
    problems: tuple[Problem, ...] = ()


class Launching:
    """Sends launches, one POST for one press, and follows each until it is known what became of it."""

    def __init__(self, openhands: OpenHands, book: SessionBook, polling: Polling, tasks: Tasks) -> None:
        self._openhands = openhands
        self._book = book
        self._polling = polling
        self._tasks = tasks
        self._lost: dict[int, frozenset[str]] = {}
        """The launches without an answer, and the conversations that were listed before each press."""
        self._checked: set[tuple[int, str]] = set()
        self._watchers: list[Callable[[Outcome], None]] = []
        book.watch(self._look_for_lost)

    def watch(self, watcher: Callable[[Outcome], None]) -> Callable[[], None]:
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher) if watcher in self._watchers else None

    def launch(self, draft: LaunchDraft, request: InitSessionRequest) -> int:
        """Starts one launch and gives its row's key. `request` is what `draft.to_request()` gave."""
        sent = draft.copy_of()
        before = frozenset(self._book.ids())
        key = self._book.pressed(sent)
        self._openhands.prepare()
        self._tasks.start(f"launch {key}", lambda: self._launch(key, sent, request, before))
        return key

    def look_again(self, key: int) -> None:
        """Looks on the server once more for a launch whose answer was lost."""
        self._checked = {one for one in self._checked if one[0] != key}
        self._polling.look_now(all_pages=True)
        self._look_for_lost()

    async def _launch(
        self, key: int, sent: LaunchDraft, request: InitSessionRequest, before: frozenset[str]
    ) -> None:
        with self._polling.held():
            try:
                if problem := await self._id_is_taken(request):
                    self._book.forget(key)
                    self._tell(Outcome(key, sent, problems=(problem,)))
                    return
                answer = await self._openhands.create(request)
            except LauncherError as error:
                self._failed(key, sent, before, error)
                return
        self._accepted(key, sent, answer)

    async def _id_is_taken(self, request: InitSessionRequest) -> Problem | None:
        """A POST with a known id would restart that conversation, or lose its message: so it is asked for first."""
        wanted = request.conversation_id
        if wanted is None or await self._openhands.conversation(wanted) is None:
            return None
        return Problem(loc=("conversation_id",), type="conversation_exists")

    def _accepted(self, key: int, sent: LaunchDraft, answer: ConversationResponse) -> None:
        self._book.accepted(key, answer)
        self._tell(Outcome(key, sent))
        self._tasks.start(f"startup {key}", lambda: self._follow_startup(answer.conversation_id))

    def _failed(self, key: int, sent: LaunchDraft, before: frozenset[str], error: LauncherError) -> None:
        if error.may_have_started:
            self._lost[key] = before
            self._book.lost(key)
            self._polling.look_now(all_pages=True)
        else:
            self._book.forget(key)
        self._tell(Outcome(key, sent, error))

    def _tell(self, outcome: Outcome) -> None:
        for watcher in tuple(self._watchers):
            watcher(outcome)

    # After a 200.

    async def _follow_startup(self, conversation_id: str) -> None:
        """A 200 means accepted, not working: what goes wrong now is said once, on this socket."""
        try:
            async with (
                asyncio.timeout(STARTUP_S),
                aclosing(self._openhands.startup(conversation_id)) as frames,
            ):
                async for frame in frames:
                    self._book.starts_up(conversation_id, frame)
                    if _is_beyond_loading(frame):
                        return
        except (LauncherError, TimeoutError):
            return  # polling tells the rest
        finally:
            self._polling.look_now()

    # After a lost answer.

    def _look_for_lost(self) -> None:
        for key in tuple(self._lost):
            row = self._book.get(key)
            if row is None or row.conversation_id:
                del self._lost[key]
            elif unchecked := [one for one in self._candidates(row) if self._unchecked(row, one)]:
                self._tasks.start(f"look {key}", lambda row=row, rows=unchecked: self._look(row, rows))  # type: ignore[misc]

    def _candidates(self, lost: Session) -> list[Session]:
        return [
            one
            for one in self._book.sessions()
            if one.conversation_id
            and one.conversation_id not in self._lost[lost.key]
            and one.sent is None
            and (one.repository, one.branch) == (lost.repository, lost.branch)
        ]

    def _unchecked(self, lost: Session, candidate: Session) -> bool:
        return (lost.key, f"{candidate.conversation_id} {candidate.updated_at}") not in self._checked

    async def _look(self, lost: Session, candidates: list[Session]) -> None:
        """The lost row becomes the only conversation that is new, has its repository, branch and first message."""
        same = []
        for one in candidates:
            self._checked.add((lost.key, f"{one.conversation_id} {one.updated_at}"))
            if await self._has_first_message(lost, one.conversation_id):
                same.append(one)
        if len(same) == 1 and lost.key in self._lost:
            self._book.becomes(lost.key, same[0].conversation_id)

    async def _has_first_message(self, lost: Session, conversation_id: str) -> bool:
        wanted = _first_message(lost.sent) if lost.sent else None
        if wanted is None:
            return True
        try:
            async with self._polling.turn():
                page = await self._openhands.events(conversation_id, limit=10)
        except LauncherError:
            return False
        said = [
            one.args.content
            for one in page.events
            if one and one.action == "message" and one.source == "user"
        ]
        return bool(said) and (said[0] or "").split() == wanted.split()


def _is_beyond_loading(frame: Event) -> bool:
    return isinstance(frame.id, int) and frame.extras.agent_state not in (None, "loading")


def _first_message(sent: LaunchDraft) -> str | None:
    """What the conversation's first message must be; None where the server writes it, or there is none."""
    texts = {Kind.MESSAGE: sent.initial_user_msg, Kind.MICROAGENT: sent.microagent_msg}
    return texts.get(sent.kind) or None
