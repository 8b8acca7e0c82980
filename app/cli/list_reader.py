"""What a command reads of a server that may go on for ever, or take for ever: so much, and so long."""

from app.core.budget import Budget, time_s
from app.core.event_reading import EventReading
from app.core.pages import PAGE, Pass
from app.core.server_port import ServerPort
from app.core.session import Session
from app.core.sessions import SessionBook
from app.errors import LauncherError, TooManyRequests

BETWEEN_READS_S = 0.11
"""A command reads once and is gone: it may use what the server takes without delay, ten a second."""

READING_S = 60.0
"""After so long nothing new is asked for; what is known by then is the result."""


class ListReader:
    """Reads into the book until it has what is wanted, or has met a bound."""

    def __init__(self, server: ServerPort, book: SessionBook) -> None:
        self._server = server
        self._book = book
        self._budget = Budget(BETWEEN_READS_S)
        self._until = time_s() + READING_S
        self.is_cut_short = False
        """Whether the server had more to say than was read."""

    async def newest(self, wanted: int) -> list[Session]:
        """Filters of the server act after its paging, and rows shift: pages may be short, or bring a row again."""
        under_way, goes_on = Pass(time_s()), True
        while goes_on and len(self._book.ids()) < wanted and self._has_time():
            async with self._budget.turn():
                page = await self._server.page(under_way.page_id, limit=min(wanted, PAGE))
            self._book.apply_page(page.conversations)
            goes_on = under_way.goes_on(page.next_page)
        self.is_cut_short |= under_way.is_cut_short
        return self._book.sessions()[:wanted]

    async def states(self, conversation_ids: list[str]) -> None:
        """What their agents do, from their events."""
        events = EventReading(self._server, self._book)
        events.set_in_view(conversation_ids)
        while (row := events.next_in_view()) and self._has_time():
            try:
                async with self._budget.turn():
                    await events.read(row)
            except TooManyRequests:  # others ask too: the rest stays unread
                return
            except LauncherError:  # it says “Running” then: reads race with the server's own writes
                continue
        self.is_cut_short |= events.cut_short

    def _has_time(self) -> bool:
        has_time = time_s() < self._until
        self.is_cut_short |= not has_time
        return has_time
