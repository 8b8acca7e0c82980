"""What is kept from one start to the next, and needed before anything is painted or asked."""

from typing import Protocol

from app.core.servers import ServerAddress


class Settings(Protocol):
    """A few small values, read at once; never a key. The window hands in the platform's."""

    def last_server(self) -> ServerAddress | None:
        """The server last used; None where there is none, or no address stands there."""

    def keep_server(self, address: ServerAddress) -> None:
        """The server to begin with next time."""

    def geometry(self) -> bytes:
        """Where the window stood, as its toolkit writes it; empty where that is not known."""

    def keep_geometry(self, geometry: bytes) -> None:
        """Where the window is to stand next time."""
