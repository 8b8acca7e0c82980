"""The demo server as one thing: started and stopped."""

from aiohttp import web
from aiohttp.typedefs import Middleware

from app.demo.door import Door
from app.demo.limits import RateLimit
from app.demo.routes import Routes
from app.demo.setup import Setup
from app.demo.sockets import Sockets
from app.demo.world import World

LOOPBACK = "127.0.0.1"
NO_LIMIT = 0
"""For aiohttp: the server refuses no size of a body."""


class DemoServer(Setup):
    """An OpenHands-compatible server on this machine's loopback.

    Stopped and started again, it remembers its conversations, and finds stopped what ran.
    """

    def __init__(self) -> None:
        super().__init__()
        self.rate = RateLimit()
        self.world = self.make_world()
        self._runner: web.AppRunner | None = None
        self._sockets: Sockets | None = None

    async def start(self, port: int = 0) -> str:
        """Listens, and returns its address; port 0 takes a free one."""
        self._sockets = self.make_sockets()
        self.world.open(self._sockets)
        self._runner = web.AppRunner(self.make_app(self._sockets), access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, LOOPBACK, port).start()
        bound: int = self._runner.addresses[0][1]
        return f"http://{LOOPBACK}:{bound}"

    async def stop(self) -> None:
        """Cuts every connection and ends everything that was started; returns within a second."""
        await self.world.close()
        if self._sockets is not None:
            await self._sockets.close()
        if self._runner is not None:
            await self._runner.cleanup()
        if self._sockets is not None:
            await self._sockets.end()
        self._sockets = self._runner = None

    # What it is made of. The server of the tests is the same, made to fail.

    def make_world(self) -> World:
        """What it remembers; made once."""
        return World(self)

    def make_sockets(self) -> Sockets:
        """The connections of one run."""
        return Sockets(self.world)

    def middlewares(self) -> list[Middleware]:
        """What stands before the routes, the outermost first."""
        door = Door(self.rate)
        return [door.limit, door.answer]

    def make_app(self, sockets: Sockets) -> web.Application:
        """The routes of one run."""
        app = web.Application(middlewares=self.middlewares(), client_max_size=NO_LIMIT)
        for method, path, name, handler in Routes(self.world, sockets.handle):
            app.router.add_route(method, path, handler, name=name)
        return app
