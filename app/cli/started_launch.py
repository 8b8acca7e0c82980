"""A conversation that the server has accepted for us, followed until its agent rests."""

import asyncio
import math
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from app import messages
from app.cli.command_error import CommandError
from app.cli.console import Console, Facts
from app.cli.exit_codes import ExitCode
from app.cli.facts import phase_word
from app.compose import Connection
from app.core.conversations import Accepted
from app.core.following import OVER, Following
from app.core.patience import ONE_TRY_S, has_slept_through
from app.core.session import Session, SessionKey
from app.core.session_state import State, state_of
from app.core.session_words import doing, in_full, state_word
from app.errors import LauncherError
from app.translation import gettext as _

LAST_WORDS_S = 20.0


class StartedLaunch:
    """What we know of it: the server's answer, and the row that its launch has become."""

    def __init__(self, answer: Accepted, key: SessionKey, connection: Connection, console: Console) -> None:
        self.conversation_id = answer.conversation.id
        self.page = connection.server.address.conversation_page(self.conversation_id)
        self._answer = answer
        self._key = key
        self._connection = connection
        self._console = console
        self._following: Following | None = None
        self._has_warned = False

    @property
    def sentence(self) -> str:
        """What becomes of it when we leave."""
        if self._connection.server.is_demo:
            return _("It has started, and ends with the demo.")
        return _("It has started, and goes on: {page}").format(page=self.page)

    def accepted_facts(self) -> Facts:
        """The answer's own fields, and where people find it. A 200 means accepted, not working."""
        return {
            "conversation_id": self.conversation_id,
            "status": "ok",
            "conversation_status": self._answer.conversation.phase_word or None,
            "url": self.page,
            "message": self._answer.message,
        }

    def facts(self) -> Facts:
        """The same, and what has become of it since."""
        session = self._session()
        if session is None:
            return self.accepted_facts()
        return self.accepted_facts() | {
            "conversation_status": phase_word(session) or None,
            "state": state_of(session, datetime.now(UTC)),
            "last_words": session.last_words or None,
        }

    async def wait(self, seconds: float) -> None:
        """Until the agent rests, and says how; raises `CommandError` when it does not come to that."""
        connection = self._connection
        self._following = following = Following(connection.client, connection.book, connection.budget)
        try:
            async with asyncio.timeout(None if math.isinf(seconds) else seconds) as limit:
                session = await following.until_it_rests(self._key, self._looked)
        except TimeoutError:
            session = await self._once_more(following) if has_slept_through(limit.when()) else None
            if session is None:
                raise (await self._has_run_out(following.error)) from None
        except LauncherError as error:
            raise self._out_of_sight(error) from None
        if session is None:
            raise self._ends(ExitCode.FAILED, "deleted", _("Somebody deleted it."))
        await self._read_last_words()
        self._tell(self._session() or session)

    async def _read_last_words(self) -> None:
        """Whole, where a row keeps a part of them; not for long, because all else is known."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_S):
                await self._connection.whole_texts.read(self._key)

    async def _once_more(self, following: Following) -> Session | None:
        """After the machine has slept: the agent may rest by now."""
        with suppress(LauncherError, TimeoutError):
            async with asyncio.timeout(ONE_TRY_S):
                if session := self._session():
                    return await following.look(session)
        return None

    async def _has_run_out(self, error: LauncherError | None) -> CommandError:
        if error:
            return self._out_of_sight(error)
        await self._read_last_words()
        return self._ends(ExitCode.WAIT_RAN_OUT, "wait_ran_out", self._goes_on())

    def _looked(self, session: Session) -> None:
        """The progress; and once, also where none is shown, that it may be waited for in vain."""
        now = datetime.now(UTC)
        if state_of(session, now) is State.STILL_STARTING and not self._has_warned:
            self._has_warned = True
            self._console.print_message(in_full(session, now, longest=None))
        if self._following and (error := self._following.error):
            self._console.show_progress(messages.error(error, of_launch=False).title)
        else:
            show_progress(session, self._console)

    def _out_of_sight(self, error: LauncherError) -> CommandError:
        text = _("It has started, but what became of it is not known. {why}")
        why = messages.error(error, of_launch=False).title
        return self._ends(ExitCode.UNKNOWN, "out_of_sight", text.format(why=why))

    def _tell(self, session: Session) -> None:
        now = datetime.now(UTC)
        state = state_of(session, now)
        # As if others had launched it: there is no form here that would be filled.
        word, text = state_word(session, state), in_full(replace(session, draft=None), now, longest=None)
        if state in OVER:
            raise self._ends(ExitCode.FAILED, state, f"{word}. {text}".strip())
        self._console.print_result(self.facts(), [word, *text.splitlines()])

    def _goes_on(self) -> str:
        session = self._session()
        word = state_word(session, state_of(session, datetime.now(UTC))) if session else ""
        text = _("The waiting time is over. Its state is: {state}. {now_what}")
        return text.format(now_what=self.sentence, state=word)

    def _ends(self, exit_: ExitCode, type_: str, message: str) -> CommandError:
        return CommandError(exit_, type_, message, self.facts())

    def _session(self) -> Session | None:
        return self._connection.book.get(self._key)


def show_progress(session: Session, console: Console) -> None:
    """Its state and what it does, on a terminal."""
    now = datetime.now(UTC)
    parts = (state_word(session, state_of(session, now)), doing(session, now))
    console.show_progress(" · ".join(filter(None, parts)))
