"""The demo server with all that a test may do to it: switched, staged, broken, and asked what it saw."""

from collections import deque
from typing import Any, Literal, Unpack

from aiohttp import web
from aiohttp.typedefs import Middleware

from app.demo import events, server
from app.demo.conversations import Conversation, Conversations
from app.demo.door import Door, Handler
from app.demo.events import Event
from app.demo.limits import RateLimit
from app.demo.pace import Pace
from app.demo.routes import Routes
from app.demo.setup import DEMO_SETTINGS
from app.demo.sockets import Sockets
from tests.demo import pace as held
from tests.demo.keyed import Guard, KeyedSockets
from tests.demo.staging import Scene, staged
from tests.demo.switches import Seen, Switches, noting
from tests.demo.world import BrokenStart, World

DEMO_PACE = held.Pace()


class DemoServer(server.DemoServer):
    """The server that ships, and switches.

    ``key`` is what ``X-Session-API-Key`` must say, if anything. ``rate`` of ``None`` lifts the rate limit.
    ``settings`` of ``None`` is a server that was never set up. With ``recording``, ``requests`` keeps what
    came. ``base_path`` (``"/openhands"``) stands before every route.
    """

    world: World

    def __init__(
        self,
        *,
        key: str | None = None,
        pace: Pace = DEMO_PACE,
        settings: dict[str, Any] | None = DEMO_SETTINGS,
        rate: RateLimit | Literal["real"] | None = "real",
        max_concurrent: int = 3,
        base_path: str = "",
        recording: bool = True,
    ) -> None:
        super().__init__()
        self.settings = None if settings is None else dict(settings)
        self.pace = pace
        self.max_concurrent = max_concurrent
        self.requests: deque[Seen] = deque()
        self._key = key
        self._limit = Door(self.rate if rate == "real" else rate).limit if rate else None
        self._base_path = base_path
        self._recording = recording
        self._switches = Switches(_names_of(self.world))

    async def start(self, port: int = 0) -> str:
        """Listens, and returns its address; port 0 takes a free one."""
        return await super().start(port) + self._base_path

    def make_world(self) -> World:
        return World(self)

    def make_sockets(self) -> Sockets:
        return Sockets(self.world) if self._key is None else KeyedSockets(self.world, self._key)

    def middlewares(self) -> list[Middleware]:
        before: list[Middleware] = [noting(self.requests)] if self._recording else []
        limit = [self._limit] if self._limit else []
        guard = [Guard(self._key).ask] if self._key is not None else []
        return [*before, self.world.wait, *limit, self._switches.switch, Door(self.rate).answer, *guard]

    def make_app(self, sockets: Sockets) -> web.Application:
        app = super().make_app(sockets)
        if not self._base_path:
            return app
        outside = web.Application(client_max_size=server.NO_LIMIT)
        outside.add_subapp(self._base_path, app)
        return outside

    # Switches.

    def answer_next(self, name: str, handler: Handler) -> None:
        """The next request of this route (``*``: any) is answered so, see ``faults``; several calls queue."""
        self._switches.answer_next(name, handler)

    def answer_always(self, name: str, handler: Handler) -> None:
        """Every request of this route is answered so, until :meth:`clear`."""
        self._switches.answer_always(name, handler)

    def clear(self) -> None:
        """No more faults, and starts succeed again."""
        self._switches.clear()
        self.world.broken_start = None

    def startup_error(
        self, text: str, *, status: Literal["STARTING", "RUNNING"] = "RUNNING", frame: Event | None = None
    ) -> None:
        """The next launches fail at start-up, until :meth:`clear`.

        It is told once on the socket (as ``frame``, or ``STATUS$ERROR`` with this text) and stored nowhere,
        while the list goes on saying ``status`` and the agent never gets beyond loading.
        """
        told = frame or events.status_update("error", text, id="STATUS$ERROR")
        self.world.broken_start = BrokenStart(told, status)

    def release(self, step: str) -> None:
        """Lets those go on that a step of the pace holds."""
        self.world.held.release(step)

    def waiting(self, step: str) -> int:
        """How many a step of the pace holds now."""
        return self.world.held.waiting(step)

    # What it saw, and what is there.

    def seen(self, *names: str) -> list[Seen]:
        """The requests that came for these routes; without a name all, Socket.IO included."""
        return [one for one in tuple(self.requests) if not names or one.name in names]

    @property
    def conversations(self) -> Conversations:
        """What it knows of."""
        return self.world.conversations

    def add(self, **scene: Unpack[Scene]) -> Conversation:
        """Puts a conversation into the list, in the state given, with nothing driving it."""
        return self.world.conversations.add(staged(scene))

    async def store(self, conversation: Conversation, event: Event) -> None:
        """Has this event happen now: stored, and shown to who is connected."""
        await self.world.store(conversation, event)

    async def tell(self, conversation: Conversation, frame: Event) -> None:
        """Shows a frame to who is connected; it is stored nowhere."""
        await self.world.tell(conversation, frame)


def _names_of(world: World) -> frozenset[str]:
    return frozenset(name for _method, _path, name, _handler in Routes(world, Sockets(world).handle))
