"""The demo server as one thing: started, stopped, switched, and asked what it saw."""

from collections import deque
from typing import Any, Literal, Unpack

from aiohttp import web

from app.demo import events
from app.demo.conversations import Conversation, Conversations
from app.demo.door import Door, Handler, Seen, Switches
from app.demo.events import Event
from app.demo.life import BrokenStart
from app.demo.limits import RateLimit
from app.demo.pace import Pace
from app.demo.routes import NAMES, Routes
from app.demo.setup import DEMO_SETTINGS, Setup
from app.demo.sockets import Sockets
from app.demo.staging import Scene, staged
from app.demo.world import World

LOOPBACK = "127.0.0.1"
DEMO_PACE = Pace()
NO_LIMIT = 0
"""For aiohttp: the server refuses no size of a body."""


class DemoServer(Setup):
    """An OpenHands-compatible server on this machine's loopback.

    ``key`` is what ``X-Session-API-Key`` must say, if anything. ``rate`` of ``None`` lifts the rate limit.
    ``settings`` of ``None`` is a server that was never set up. With ``recording``, ``requests`` keeps what
    came. ``base_path`` (``"/openhands"``) stands before every route. Stopped and started again, it remembers
    its conversations, and finds stopped what ran.
    """

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
        super().__init__(settings, pace, max_concurrent)
        self.requests: deque[Seen] = deque()
        self._key = key
        self._rate = RateLimit() if rate == "real" else rate
        self._base_path = base_path
        self._recording = recording
        self._switches = Switches(NAMES)
        self._world = World(self)
        self._runner: web.AppRunner | None = None
        self._sockets: Sockets | None = None

    async def start(self, port: int = 0) -> str:
        """Listens, and returns its address; port 0 takes a free one."""
        self._sockets = Sockets(self._world, self._key)
        self._world.open(self._sockets)
        self._runner = web.AppRunner(self._app(self._sockets), access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, LOOPBACK, port).start()
        bound: int = self._runner.addresses[0][1]
        return f"http://{LOOPBACK}:{bound}{self._base_path}"

    async def stop(self) -> None:
        """Cuts every connection and ends everything that was started; returns within a second."""
        await self._world.close()
        if self._sockets is not None:
            await self._sockets.close()
        if self._runner is not None:
            await self._runner.cleanup()
        if self._sockets is not None:
            await self._sockets.end()
        self._sockets = self._runner = None

    def answer_next(self, name: str, handler: Handler) -> None:
        """The next request of this route (``*``: any) is answered so, see ``faults``; several calls queue."""
        self._switches.answer_next(name, handler)

    def answer_always(self, name: str, handler: Handler) -> None:
        """Every request of this route is answered so, until :meth:`clear`."""
        self._switches.answer_always(name, handler)

    def clear(self) -> None:
        """No more faults, and starts succeed again."""
        self._switches.clear()
        self._world.broken_start = None

    def seen(self, *names: str) -> list[Seen]:
        """The requests that came for these routes; without a name all, Socket.IO included."""
        return [one for one in tuple(self.requests) if not names or one.name in names]

    def add(self, **scene: Unpack[Scene]) -> Conversation:
        """Puts a conversation into the list, in the state given, with nothing driving it."""
        return self._world.conversations.add(staged(scene))

    async def store(self, conversation: Conversation, event: Event) -> None:
        """Has this event happen now: stored, and shown to who is connected."""
        await self._world.store(conversation, event)

    async def tell(self, conversation: Conversation, frame: Event) -> None:
        """Shows a frame to who is connected; it is stored nowhere."""
        await self._world.tell(conversation, frame)

    def startup_error(
        self, text: str, *, status: Literal["STARTING", "RUNNING"] = "RUNNING", frame: Event | None = None
    ) -> None:
        """The next launches fail at start-up, until :meth:`clear`.

        It is told once on the socket (as ``frame``, or ``STATUS$ERROR`` with this text) and stored nowhere,
        while the list goes on saying ``status`` and the agent never gets beyond loading.
        """
        told = frame or events.status_update("error", text, id="STATUS$ERROR")
        self._world.broken_start = BrokenStart(told, status)

    def release(self, step: str) -> None:
        """Lets those go on that a step of the pace holds."""
        self._world.steps.release(step)

    def waiting(self, step: str) -> int:
        """How many a step of the pace holds now."""
        return self._world.steps.waiting(step)

    @property
    def conversations(self) -> Conversations:
        """What it knows of."""
        return self._world.conversations

    def _app(self, sockets: Sockets) -> web.Application:
        door = Door(self._key, self._rate, self._switches, self._world.thawed, self._base_path)
        seen = self.requests if self._recording else None
        app = web.Application(middlewares=[door.middleware(seen)], client_max_size=NO_LIMIT)
        for method, path, name, handler in Routes(self._world, sockets.handle):
            app.router.add_route(method, self._base_path + path, handler, name=name)
        return app
