"""`launch`: one POST, and what the server says to it."""

import asyncio
import json
import math
from dataclasses import replace
from datetime import UTC, datetime

from app.cli.checking import check_launch
from app.cli.command_error import CommandError
from app.cli.console import Console, PartialResult
from app.cli.exit_codes import ExitCode
from app.cli.filling import fill
from app.cli.parser import Options
from app.cli.server import command_line
from app.cli.started_launch import StartedLaunch, show_progress
from app.compose import Connection
from app.core.budget import time_s
from app.core.conversations import OVER, Accepted, Conversation
from app.core.launching import Launched, Outcome
from app.core.problems import CheckedLaunch
from app.core.session import Session, SessionKey
from app.core.session_words import in_full
from app.core.sessions import SessionBook
from app.errors import Invalid, LauncherError
from app.translation import gettext as _
from app.wire.schemas import InitSessionRequest

IMAGE_SHOWN = 60
"""How many characters of an image people see in a dry run."""


MADE_S = 180.0
"""How long a server may take to make a conversation of a launch that it has taken, where no --wait says so."""


class Launch:
    """One press on Launch, made by a command: starts one conversation, and with `--wait` follows it."""

    def __init__(self, options: Options, console: Console) -> None:
        self._options = options
        self._console = console
        self._key: SessionKey | None = None
        self._started: StartedLaunch | None = None
        self._waited_s = 0.0
        """How long it took until the conversation was there, after the server had taken the launch."""
        console.partial_result = self._fate
        self._filled = fill(options)

    async def run(self, connection: Connection) -> None:
        """Raises `CommandError` for whatever ends it before its end."""
        try:
            launch = await check_launch(self._filled, self._options, connection)
        except LauncherError as error:
            raise CommandError.by_server(error, _nothing_happened(error)) from None
        self._console.warn(launch.warnings)
        if self._options.dry_run:
            self._show(launch.request)
            return
        stop_showing = connection.book.watch(lambda _changes: self._show_progress(connection))
        try:
            await self._launch(launch, connection)
        finally:
            stop_showing()
            self._console.show_progress("")

    async def _launch(self, launch: CheckedLaunch, connection: Connection) -> None:
        started = self._started = await self._send(launch, connection)
        if self._options.wait is not None:
            self._console.print_lines(started.page)
            await started.wait(max(0.0, self._options.wait - self._waited_s))
            return
        self._console.print_result(started.accepted_facts(), [started.page])
        self._console.print_message(self._accepted(started.conversation_id))

    async def _send(self, launch: CheckedLaunch, connection: Connection) -> StartedLaunch:
        told: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        connection.launching.watch(told.set_result)
        follow = self._options.wait is not None
        self._key = connection.launching.launch(launch, follow=follow)
        self._show_progress(connection)
        outcome = await told
        if isinstance(outcome, Launched):
            made = await self._made(outcome, connection)
            return StartedLaunch(made, outcome.key, connection, self._console)
        if error := outcome.error:
            happened = self._may_have_started() if error.may_have_started else _nothing_happened(error)
            raise CommandError.by_server(
                error, happened, outcome.problems if isinstance(error, Invalid) else ()
            )
        raise CommandError.by_problems(outcome.problems)

    async def _made(self, launched: Launched, connection: Connection) -> Accepted:
        """Some servers take a launch first and make its conversation then."""
        if isinstance(launched.answer, Accepted):
            return launched.answer
        began, patience_s = time_s(), MADE_S if self._options.wait is None else self._options.wait
        try:
            async with asyncio.timeout(None if math.isinf(patience_s) else patience_s):
                row = await self._until_named(launched.key, connection.book)
        except TimeoutError:
            said = _("The server took the launch, but has not made a conversation of it yet.")
            raise CommandError(ExitCode.WAIT_RAN_OUT, "wait_ran_out", said) from None
        self._waited_s = time_s() - began
        return Accepted(Conversation(row.conversation_id, phase=row.phase, phase_word=row.phase_word))

    async def _until_named(self, key: SessionKey, book: SessionBook) -> Session:
        """The row of a launch as soon as its conversation is known."""
        changed = asyncio.Event()
        stop_watching = book.watch(lambda _changes: changed.set())
        try:
            while (row := book.get(key)) and not row.conversation_id:
                if row.phase in OVER:
                    why = in_full(replace(row, draft=None), datetime.now(UTC))
                    raise CommandError(ExitCode.FAILED, "failed", why)
                changed.clear()
                await changed.wait()
        finally:
            stop_watching()
        if row is None:
            raise CommandError(ExitCode.FAILED, "deleted", _("Somebody deleted it."))
        return row

    def _show(self, request: InitSessionRequest) -> None:
        """A dry run: to people, without the megabytes of its images."""
        masked = json.loads(request.model_dump_json(exclude_unset=True))
        images = {"image_urls": [_shortened(one) for one in masked.get("image_urls") or ()]}
        shown = masked | (images if images["image_urls"] else {})
        self._console.print_document(masked, shown)

    def _show_progress(self, connection: Connection) -> None:
        if self._key and (session := connection.book.get(self._key)):
            show_progress(session, self._console)

    # Words.

    def _fate(self) -> PartialResult:
        if self._started:
            return PartialResult(self._started.sentence, self._started.facts())
        return PartialResult(_("Nothing was sent.") if self._key is None else self._may_have_started())

    def _may_have_started(self) -> str:
        if self._options.demo:
            return _("A conversation may have started; it ends with the demo.")
        text = _("A conversation may have started: `{command}` shows what is there.")
        return text.format(command=command_line(self._options, "sessions"))

    def _accepted(self, conversation_id: str) -> str:
        if self._options.demo:
            return _(
                "Accepted. The demo ends here; with --wait it goes on until the agent asks, finishes or fails."
            )
        text = _("Accepted. `{command}` shows its progress.")
        return text.format(command=command_line(self._options, "session", conversation_id))


def _nothing_happened(error: LauncherError) -> str:
    return _("Nothing was started.") if error.was_sent else _("Nothing was sent.")


def _shortened(image: str) -> str:
    return f"{image[:IMAGE_SHOWN]}… ({len(image)})" if len(image) > 2 * IMAGE_SHOWN else image
