"""``python -m app.demo [--port N] [--debug]``: the demo server, until its standard input ends.

Prints one line of JSON, ``{"address": …}``, when it listens; only this machine can reach it. It ends with
whoever holds its standard input, and on SIGTERM and SIGINT.
"""

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable

from app.demo.server import DemoServer


async def serve(port: int) -> None:
    """Serves until told to end."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()

    def end(*_: object) -> None:
        loop.call_soon_threadsafe(ended.set)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    threading.Thread(target=_until_input_ends, args=(end,), daemon=True).start()
    server = DemoServer()
    try:
        print(json.dumps({"address": await server.start(port)}), flush=True)
        await ended.wait()
    finally:
        await server.stop()


def main() -> int:
    """The command; 0, or 1 with a sentence when the port is taken."""
    parser = argparse.ArgumentParser(prog="python -m app.demo", description="The demo server.")
    parser.add_argument("--port", type=int, default=0, help="0, as by default, takes a free one")
    parser.add_argument("--debug", action="store_true", help="log to standard error")
    asked = parser.parse_args()
    logging.basicConfig(level=logging.DEBUG if asked.debug else logging.ERROR, stream=sys.stderr)
    try:
        asyncio.run(serve(asked.port))
    except (OSError, OverflowError) as fault:
        print(f"The demo server cannot listen on port {asked.port}: {fault}", file=sys.stderr)
        return 1
    return 0


def _until_input_ends(end: Callable[[], None]) -> None:
    try:
        while os.read(0, 4096):  # not sys.stdin: its lock would be held when the interpreter ends
            pass
    except OSError:
        pass
    end()


if __name__ == "__main__":
    sys.exit(main())
