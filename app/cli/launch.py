"""`launch`: one POST, and what became of it."""

import asyncio
import json
import math
from datetime import UTC, datetime
from gettext import gettext as _

from app.cli.checking import checked
from app.cli.exits import Exit
from app.cli.parser import Options
from app.cli.refused import Refused
from app.cli.voice import Voice
from app.compose import Connection
from app.core.draft import LaunchDraft
from app.core.following import OVER, Following
from app.core.launching import Outcome
from app.core.session_words import doing, in_full, state_word
from app.core.sessions import Session, state_of
from app.errors import Invalid, LauncherError, Unreachable
from app.wire.schemas import ConversationResponse, InitSessionRequest
from app.words import error as said_of


async def launch(options: Options, connection: Connection, voice: Voice) -> None:
    """Starts one conversation, and with `--wait` follows it; raises `Refused`."""
    press = _Press(connection, voice)
    try:
        draft, request = await checked(options, connection, voice)
        if options.dry_run:
            masked = json.loads(request.model_dump_json(exclude_unset=True))
            voice.result(masked, [json.dumps(masked, indent=2, ensure_ascii=False)])
            return
        await press.send(draft, request, follow=options.wait is not None)
        if options.wait is None:
            press.tell()
        else:
            await press.wait(options.wait)
    except asyncio.CancelledError:
        raise press.interrupted() from None


class _Press:
    """One press on Launch, made by a command."""

    def __init__(self, connection: Connection, voice: Voice) -> None:
        self._connection = connection
        self._voice = voice
        self._key: int | None = None
        self._answer: ConversationResponse | None = None

    async def send(self, draft: LaunchDraft, request: InitSessionRequest, *, follow: bool) -> None:
        told: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._connection.launching.watch(told.set_result)
        self._key = self._connection.launching.launch(draft, request, follow=follow)
        outcome = await told
        if error := outcome.error:
            problems = outcome.problems if isinstance(error, Invalid) else ()
            raise Refused.by_server(error, _fate(error), problems)
        if outcome.problems:
            raise Refused.by_problems(outcome.problems)
        self._answer = outcome.answer

    def tell(self) -> None:
        """A 200 means accepted, not working."""
        self._voice.result(self._facts(), [self._page()])
        if self._answer:
            text = _("Accepted. `openhands-launcher session {id}` tells what becomes of it.")
            self._voice.say(text.format(id=self._answer.conversation_id))

    async def wait(self, seconds: float) -> None:
        """Until the agent rests; raises `Refused` when it does not come to that."""
        connection, key = self._connection, self._key or 0
        following = Following(connection.openhands, connection.book, connection.polling.budget)
        stop_showing = connection.book.watch(self._show_progress)
        try:
            async with asyncio.timeout(None if math.isinf(seconds) else seconds):
                session = await following.until_it_rests(key)
        except TimeoutError:
            raise self._ends(Exit.WAIT_RAN_OUT, "wait_ran_out", _("It goes on.")) from None
        except LauncherError as error:
            text = _("It has started, but what became of it is not known: {why}")
            raise self._ends(
                Exit.UNKNOWN, "out_of_sight", text.format(why=said_of(error, of_launch=False).title)
            ) from None
        finally:
            stop_showing()
            self._voice.progress("")
        self._tell_rest(session)

    def interrupted(self) -> Refused:
        if self._answer:
            return self._ends(Exit.INTERRUPTED, "interrupted", _("Interrupted. It goes on."))
        fate = _("Nothing was sent.") if self._key is None else MAY_HAVE_STARTED
        return Refused(Exit.INTERRUPTED, "interrupted", _("Interrupted. {fate}").format(fate=fate))

    # Inside.

    def _tell_rest(self, session: Session | None) -> None:
        if session is None:
            raise self._ends(Exit.FAILED, "deleted", _("Somebody has deleted it."))
        now = datetime.now(UTC)
        state = state_of(session, now)
        word, text = state_word(session, state), in_full(session, now)
        if state in OVER:
            raise self._ends(Exit.FAILED, state, f"{word}. {text}".strip(), session)
        lines = [self._page(), word, *text.splitlines()]
        self._voice.result(self._facts(session), lines)

    def _ends(self, exit_: Exit, type_: str, message: str, session: Session | None = None) -> Refused:
        """How it ends once it has started: whoever reads it can find the conversation."""
        facts = self._facts(session or self._connection.book.get(self._key or 0))
        return Refused(exit_, type_, f"{message}\n{self._page()}", facts)

    def _facts(self, session: Session | None = None) -> dict[str, object]:
        """The answer's own fields and the page; of one that was followed also what became of it."""
        answer = self._answer
        assert answer is not None
        facts: dict[str, object] = {
            "conversation_id": answer.conversation_id,
            "status": answer.status,
            "conversation_status": answer.conversation_status,
            "url": self._page(),
            "message": answer.message,
        }
        if session is None:
            return facts
        state = state_of(session, datetime.now(UTC))
        return facts | {
            "conversation_status": session.status,
            "state": state,
            "last_words": session.last_words or None,
        }

    def _page(self) -> str:
        assert self._answer is not None
        return self._connection.server.address.conversation_page(self._answer.conversation_id)

    def _show_progress(self) -> None:
        if session := self._connection.book.get(self._key or 0):
            now = datetime.now(UTC)
            parts = (state_word(session, state_of(session, now)), doing(session, now))
            self._voice.progress(" · ".join(filter(None, parts)))


MAY_HAVE_STARTED = _("A conversation may have started: `openhands-launcher sessions` shows what is there.")


def _fate(error: LauncherError) -> str:
    if error.may_have_started:
        return MAY_HAVE_STARTED
    return _("Nothing was sent.") if isinstance(error, Unreachable) else _("Nothing was started.")
