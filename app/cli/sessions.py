"""What is done to conversations that are there: list, show, open, stop, delete."""

import webbrowser
from collections.abc import Coroutine
from datetime import UTC, datetime
from gettext import gettext as _

from pydantic import TypeAdapter, ValidationError

from app import words
from app.cli.exits import Exit
from app.cli.parser import Options
from app.cli.refused import Refused
from app.cli.voice import Voice
from app.compose import Connection
from app.core.budget import Budget
from app.core.event_reading import EventReading
from app.core.servers import ServerAddress
from app.core.session_words import age_from, doing, in_full, state_word
from app.core.sessions import Session, state_of
from app.errors import LauncherError, Problem
from app.wire.schemas import ConversationId

PAGE = 100
BETWEEN_READS_S = 0.1
"""A command reads once and is gone: it may use what the server takes without delay, ten a second."""

_ID = TypeAdapter(ConversationId)


async def sessions(options: Options, connection: Connection, voice: Voice) -> None:
    """Lists the newest conversations; of those that run also their agent's state."""
    rows = await _newest(connection, options.limit)
    address, now = connection.server.address, datetime.now(UTC)
    voice.result([facts_of(row, address, now) for row in rows], _table(rows, now))
    if not rows:
        voice.say(_("There is no conversation on this server."))


async def session(options: Options, connection: Connection, voice: Voice) -> None:
    """Shows one conversation: its state, what happened, and its last words in full."""
    row = await _read(options.id, connection)
    address, now = connection.server.address, datetime.now(UTC)
    more = {"reason": row.reason or None, "last_words": row.last_words or None}
    voice.result(facts_of(row, address, now) | more, _told(row, address, now))


async def open_(options: Options, connection: Connection, voice: Voice) -> None:
    """Opens its page. Asks first: the page of an unknown id would make a conversation of that id."""
    row = await _found(options.id, connection)
    page = connection.server.address.conversation_page(row.conversation_id)
    voice.result(page, [page])
    if not webbrowser.open(page):
        raise Refused(Exit.OTHER, "no_browser", _("No browser could be opened; the address stands above."))


async def stop(options: Options, connection: Connection, voice: Voice) -> None:
    row = await _found(options.id, connection)
    if row.status == "STOPPED":
        voice.say(_("It was not running."))
        return
    await _act(connection.openhands.stop(row.conversation_id))
    voice.say(_("Stopped."))


async def delete(options: Options, connection: Connection, voice: Voice) -> None:
    if not options.yes:
        raise Refused(Exit.INVALID, "not_sure", _("Its events are gone for good then: add --yes."))
    row = await _found(options.id, connection)
    await _act(connection.openhands.delete(row.conversation_id))
    voice.say(_("Deleted."))


def facts_of(row: Session, address: ServerAddress, now: datetime) -> dict[str, object]:
    """One conversation for a script. What the server has not said is null."""
    return {
        "conversation_id": row.conversation_id,
        "title": row.title or None,
        "state": state_of(row, now),
        "conversation_status": row.status or None,
        "agent_state": row.agent_state or None,
        "repository": row.repository or None,
        "branch": row.branch or None,
        "created_at": _moment(row.created_at),
        "last_updated_at": _moment(row.updated_at),
        "url": address.conversation_page(row.conversation_id),
    }


# Inside.


async def _newest(connection: Connection, wanted: int) -> list[Session]:
    """Filters of the server act after its paging, and rows shift: pages may be short, or bring a row again."""
    book, page_id, seen = connection.book, None, set[str | None]()
    while len(book.ids()) < wanted and page_id not in seen:
        seen.add(page_id)
        page = await connection.openhands.page(page_id, limit=min(wanted, PAGE))
        book.listed([one for one in page.results if one])
        if not page.next_page_id:
            break
        page_id = page.next_page_id
    rows = book.sessions()[:wanted]
    await _read_states(connection, [row.conversation_id for row in rows if row.status == "RUNNING"])
    return book.sessions()[:wanted]


async def _read_states(connection: Connection, ids: list[str]) -> None:
    events, budget = EventReading(connection.openhands, connection.book), Budget(BETWEEN_READS_S)
    events.shows(ids)
    while row := events.next_in_view():
        try:
            async with budget.turn():
                await events.read(row)
        except LauncherError:  # it says “Running” then: reads race with the server's own writes
            continue


async def _read(conversation_id: str, connection: Connection) -> Session:
    known = await _found(conversation_id, connection)
    await _read_states(connection, [known.conversation_id])
    return connection.book.get(known.key) or known


async def _found(conversation_id: str, connection: Connection) -> Session:
    """The row of the list; raises `Refused` for an id that is none, or that the server does not know."""
    try:
        info = await connection.openhands.conversation(_ID.validate_python(conversation_id.strip()))
    except ValidationError:
        raise Refused.by_problems([Problem(loc=("id",), type="conversation_id")]) from None
    if info:
        connection.book.listed([info])
    row = connection.book.by_id(conversation_id.strip())
    if row is None:
        raise Refused(Exit.REFUSED, "no_such_conversation", _("The server has no conversation with this id."))
    return row


async def _act(call: Coroutine[None, None, None]) -> None:
    try:
        await call
    except LauncherError as error:
        fate = _("It may have happened all the same: `openhands-launcher session ID` tells.")
        raise Refused.by_server(error, fate if error.may_have_started else "") from None


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def _table(rows: list[Session], now: datetime) -> list[str]:
    """Id, state, age, place and title: the one that may be of any width comes last."""
    lines = [
        (
            row.conversation_id,
            state_word(row, state_of(row, now)),
            words.age(age_from(row), now),
            _place(row),
            words.safe_text(row.title or words.untitled(""), single_line=True),
        )
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]


def _place(row: Session) -> str:
    return words.safe_text(" · ".join(filter(None, (row.repository, row.branch))), limit=60, single_line=True)


def _told(row: Session, address: ServerAddress, now: datetime) -> list[str]:
    head = " · ".join(filter(None, (state_word(row, state_of(row, now)), doing(row, now))))
    page = address.conversation_page(row.conversation_id)
    text = in_full(row, now)
    return [row.title or words.untitled(""), head, page, *(["", *text.splitlines()] if text else [])]
