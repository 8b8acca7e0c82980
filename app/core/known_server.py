"""What is known of a server, whoever finds it out: the schedule of reads, a command, a launch."""

from collections.abc import Callable

from app.core.connection_status import ConnectionStatus
from app.core.servers import ServerFacts
from app.core.watchers import Watchers


class KnownServer:
    """How we stand with one server, and what it has said of itself; who watches hears when either changes."""

    def __init__(self, facts: ServerFacts = ServerFacts()) -> None:  # noqa: B008 - it is frozen
        self.status = ConnectionStatus()
        self.facts = facts
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
