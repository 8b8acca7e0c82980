"""What is known of a server, whoever finds it out: the schedule of reads, a command, a launch."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from app.core.connection_status import ConnectionState, ConnectionStatus, state_after
from app.core.event_reading import TRY_AGAIN_S
from app.core.servers import ServerFacts
from app.core.watchers import Watchers
from app.errors import LauncherError, NotSent


class KnownServer:
    """How we stand with one server, and what it has said of itself; who watches hears when either changes."""

    def __init__(
        self,
        facts: ServerFacts = ServerFacts(),  # noqa: B008 - it is frozen
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.status = ConnectionStatus()
        self.facts = facts
        self._now = now
        self._failures = 0
        self._watchers = Watchers[()]()

    def watch(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Calls `watcher` after each change, until the function that is given back is called."""
        return self._watchers.add(watcher)

    def set_status(self, status: ConnectionStatus) -> None:
        if status != self.status:
            self.status = status
            self._watchers.notify()

    def set_facts(self, facts: ServerFacts) -> None:
        if facts != self.facts:
            self.facts = facts
            self._watchers.notify()

    # What a read of it came to.

    def answered(self) -> bool:
        """The list was read. Whether that is news: it was away, or not known."""
        self._failures = 0
        was_connected = self.status.state is ConnectionState.CONNECTED
        self.set_status(ConnectionStatus(ConnectionState.CONNECTED))
        return not was_connected

    def failed(self, error: LauncherError, *, of_list: bool, rest_s: float) -> float | None:
        """A read failed. After how many seconds, `rest_s` at least, to look for the server again.

        None while it counts as there, or waits for a key. One failed read is no news, but a server that cannot be
        reached, is another one, or wants a key is.
        """
        state = state_after(error)
        if state.wants_key:
            self.set_status(ConnectionStatus(state, self._now(), error=error))
            return None
        is_certain = isinstance(error, NotSent)
        if not (of_list or is_certain):
            return None
        self._failures += 1
        if self.status.state is ConnectionState.CONNECTED and not is_certain and self._failures == 1:
            return None
        wait_s = max(TRY_AGAIN_S[min(self._failures, len(TRY_AGAIN_S)) - 1], rest_s)
        since = self.status.since or self._now()
        self.set_status(ConnectionStatus(state, since, self._now() + timedelta(seconds=wait_s), error))
        return wait_s

    def forget_failures(self) -> None:
        """Somebody asks for it, or has another key: what failed before does not count any more."""
        self._failures = 0
        if self.status.state.wants_key:
            self.set_status(ConnectionStatus())
