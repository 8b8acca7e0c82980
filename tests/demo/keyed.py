"""A demo server that wants a key: the one that ships has none."""

from aiohttp import web
from socketio.exceptions import ConnectionRefusedError as Refused

from app.demo import sockets
from app.demo.answers import as_json
from app.demo.door import Handler


class Guard:
    """Asks each request under ``/api/`` for the key."""

    def __init__(self, key: str) -> None:
        self._key = key

    @web.middleware
    async def ask(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """401 without the key; what is no route is not found with or without it."""
        if request.match_info.http_exception is None and not self._may(request):
            return as_json({"detail": "Unauthorized"}, status=401)
        return await handler(request)

    def _may(self, request: web.Request) -> bool:
        return "/api/" not in request.path or request.headers.get("X-Session-API-Key") == self._key


class KeyedSockets(sockets.Sockets):
    """Who comes with another key is refused; who comes without is never answered."""

    def __init__(self, rooms: sockets.Rooms, key: str) -> None:
        super().__init__(rooms)
        self._key = key

    def admit(self, query: dict[str, str]) -> None:
        """Only with the key."""
        if "session_api_key" not in query:
            raise sockets.Unanswered
        if query["session_api_key"] != self._key:
            raise Refused("invalid_session_api_key")
