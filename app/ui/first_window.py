"""What the first paint hands over to the life of the window."""

from dataclasses import dataclass

from app.core.servers import Server
from app.core.settings import Settings
from app.core.tasks import Tasks
from app.ui.reporter import Reporter
from app.ui.window import MainWindow


@dataclass(frozen=True, slots=True)
class FirstWindow:
    """The window, maybe painted already, and what it stands on."""

    window: MainWindow
    tasks: Tasks
    reporter: Reporter
    settings: Settings
    server: Server | None
    demo: bool
    off_screen: bool

    @property
    def begins_with_form(self) -> bool:
        """Else with the page of servers, also before a key crosses a network in clear."""
        return self.demo or (self.server is not None and not self.server.risks_key)
