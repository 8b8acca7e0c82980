"""Settings that last as long as a test."""

from app.core.servers import ServerAddress


class MemorySettings:
    def __init__(self) -> None:
        self._server: ServerAddress | None = None
        self._geometry = b""

    def last_server(self) -> ServerAddress | None:
        return self._server

    def keep_server(self, address: ServerAddress) -> None:
        self._server = address

    def geometry(self) -> bytes:
        return self._geometry

    def keep_geometry(self, geometry: bytes) -> None:
        self._geometry = geometry
