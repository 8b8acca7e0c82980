"""What is done to conversations that are there: list, show, open, stop, delete."""

import asyncio
import sys
import webbrowser
from collections.abc import Coroutine
from datetime import UTC, datetime

from pydantic import TypeAdapter, ValidationError

from app import foreign_text, formats, messages
from app.cli.command_error import CommandError
from app.cli.console import Console, PartialResult
from app.cli.exit_codes import ExitCode
from app.cli.facts import facts_of
from app.cli.list_reader import ListReader
from app.cli.parser import Options
from app.cli.server import command_line
from app.compose import Connection
from app.core.budget import Budget
from app.core.conversations import UNDER_WAY, Phase
from app.core.following import MISSING
from app.core.servers import ServerAddress
from app.core.session import Operation, Session
from app.core.session_state import state_of
from app.core.session_words import age_from, in_full, only_the_newest, state_word
from app.core.tasks import in_thread
from app.errors import LauncherError, Problem
from app.translation import gettext as _
from app.wire import limits
from app.wire.schemas import ConversationId

BETWEEN_ASKING_S = 0.5
"""Before a conversation that is missing is asked for once more: the server may be writing it."""

OPEN_S = 5.0

_ID = TypeAdapter(ConversationId)


async def sessions(options: Options, connection: Connection, console: Console) -> None:
    """Lists the newest conversations; of those that run also their agent's state."""
    reading = ListReader(connection.client, connection.book)
    rows = await reading.newest(min(options.limit, limits.ROWS))
    await reading.states([row.conversation_id for row in rows if row.phase is Phase.RUNNING])
    rows = [connection.book.get(row.key) or row for row in rows]
    address, now = connection.server.address, datetime.now(UTC)
    console.print_table([facts_of(row, address, now) for row in rows], [_columns(row, now) for row in rows])
    if not rows:
        console.print_message(_("There is no conversation on this server."))
    if reading.is_cut_short:
        console.print_message(_("This may not be all: the server took too long, or its list does not end."))
    elif options.limit > len(rows) >= limits.ROWS:
        console.print_message(only_the_newest())


async def session(options: Options, connection: Connection, console: Console) -> None:
    """Shows one conversation: its state, what happened, and its last words in full."""
    found = await _found(options, connection)
    reading = ListReader(connection.client, connection.book)
    await reading.states([found.conversation_id])
    await connection.whole_texts.read(found.key)
    row = connection.book.get(found.key) or found
    address, now = connection.server.address, datetime.now(UTC)
    more = {"reason": row.reason.text or None, "last_words": row.last_words or None}
    console.print_result(facts_of(row, address, now) | more, _told(row, address, now))
    if reading.is_cut_short:
        console.print_message(_("This may not be all: the server took too long, or its events do not end."))


async def open_(options: Options, connection: Connection, console: Console) -> None:
    """Opens its page. Asks first: the page of an unknown id would make a conversation of that id."""
    row = await _found(options, connection)
    page = connection.server.address.conversation_page(row.conversation_id)
    console.print_lines(page)
    if not await _opened(page):
        raise CommandError(
            ExitCode.OTHER, "no_browser", _("No browser could be opened; the address is printed above.")
        )


async def _opened(page: str) -> bool:
    """Some browsers come back when they are closed. One in this terminal is waited for, others are left alone."""
    is_on_terminal = sys.stdin is not None and sys.stdin.isatty()
    try:
        async with asyncio.timeout(None if is_on_terminal else OPEN_S):
            return await in_thread(webbrowser.open, page)
    except TimeoutError:
        return True


async def stop(options: Options, connection: Connection, console: Console) -> None:
    row = await _found(options, connection)
    if row.phase not in UNDER_WAY:
        console.print_message(_("It was not running."))
        return
    console.show_progress(_("Stopping: this can take minutes."))
    await _act(connection.actions.perform(row.key, Operation.STOPPING), options, console)
    console.print_message(_("Stopped."))


async def delete(options: Options, connection: Connection, console: Console) -> None:
    if not options.yes:
        raise CommandError(
            ExitCode.INVALID, "not_sure", _("Its events will be gone for good. Add --yes to confirm.")
        )
    row = await _found(options, connection)
    console.show_progress(_("Deleting: this can take minutes."))
    await _act(connection.actions.perform(row.key, Operation.DELETING), options, console)
    console.print_message(_("Deleted."))


# Inside.


async def _found(options: Options, connection: Connection) -> Session:
    """The row of the list; raises `CommandError` for an id that is none, or that the server does not know."""
    try:
        conversation_id = _ID.validate_python(_id_in(options.id, connection.server.address))
    except ValidationError:
        raise CommandError.by_problems([Problem(loc=("id",), type="no_id")]) from None
    budget = Budget(BETWEEN_ASKING_S)
    for _time in range(MISSING):
        async with budget.turn():
            found = await connection.client.conversation(conversation_id)
        connection.book.apply_page([found] if found else [])
        if row := connection.book.by_id(conversation_id):
            return row
    raise CommandError(
        ExitCode.REFUSED, "no_such_conversation", _("The server has no conversation with this id.")
    )


def _id_in(text: str, address: ServerAddress) -> str:
    """The id, also of who gives the address of its page: that is what `launch` prints."""
    return text.strip().removeprefix(address.conversation_page("")).rstrip("/")


async def _act(call: Coroutine[None, None, None], options: Options, console: Console) -> None:
    text = _("It may have happened anyway: `{command}` shows whether it did.")
    happened = text.format(command=command_line(options, "session", options.id.strip()))
    console.partial_result = lambda: PartialResult(happened)
    try:
        await call
    except LauncherError as error:
        raise CommandError.by_server(error, happened if error.may_have_started else "") from None
    finally:
        console.show_progress("")


def _columns(row: Session, now: datetime) -> tuple[str, str, str, str]:
    """Id, state, age; then what is of any width."""
    title = row.title or messages.untitled("")
    return (
        row.conversation_id,
        state_word(row, state_of(row, now)),
        formats.age(age_from(row), now),
        " · ".join(filter(None, map(foreign_text.part, (title, row.repository, row.branch)))),
    )


def _told(row: Session, address: ServerAddress, now: datetime) -> list[str]:
    age = formats.age(age_from(row), now)
    facts = (state_word(row, state_of(row, now)), row.repository, row.branch, age)
    head = " · ".join(filter(None, map(foreign_text.part, facts)))
    page = address.conversation_page(row.conversation_id)
    text = in_full(row, now, longest=None)
    return [row.title or messages.untitled(""), head, page, *(["", *text.splitlines()] if text else [])]
