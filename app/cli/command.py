"""Runs one command: its server, its end, and whatever goes wrong on the way."""

import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from gettext import gettext as _

from app import compose
from app.cli.exits import Exit
from app.cli.launch import launch
from app.cli.parser import Options
from app.cli.refused import Refused
from app.cli.server import careful, server_of
from app.cli.sessions import delete, open_, session, sessions, stop
from app.cli.voice import Voice
from app.compose import Connection, DemoDidNotStart, DemoProcess
from app.core.redaction import Redactor, log_to_stderr
from app.core.servers import Server
from app.errors import LauncherError

COMMANDS: dict[str, Callable[[Options, Connection, Voice], Awaitable[None]]] = {
    "launch": launch,
    "sessions": sessions,
    "session": session,
    "open": open_,
    "stop": stop,
    "delete": delete,
}


def run(options: Options, key: str | None) -> int:
    """The exit code. `key`: of the environment."""
    voice, redactor = Voice(as_json=options.json), Redactor()
    log_to_stderr(redactor, debug=options.debug)
    try:
        asyncio.run(_run(options, key, voice, redactor))
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads us has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OTHER
    except (Exception, KeyboardInterrupt) as fault:  # noqa: BLE001 - whatever it is, one sentence tells it
        refused = _refused(fault, redactor)
        voice.refuse(refused)
        return refused.exit
    return Exit.STARTED


async def _run(options: Options, key: str | None, voice: Voice, redactor: Redactor) -> None:
    def report(fault: BaseException) -> None:
        voice.say(_refused(fault, redactor).message)

    async with _server(options, key) as server:
        connection = await compose.connect(server, redactor, report, reads=False)
        try:
            await COMMANDS[options.command or ""](options, connection, voice)
        finally:
            await connection.aclose()


@asynccontextmanager
async def _server(options: Options, key: str | None) -> AsyncIterator[Server]:
    if not options.demo:
        yield careful(server_of(options, key), options)
        return
    demo = DemoProcess()
    try:
        yield await demo.start()
    finally:
        await demo.aclose()


def _refused(fault: BaseException, redactor: Redactor) -> Refused:
    match fault:
        case Refused():
            return fault
        case LauncherError():
            return Refused.by_server(fault)
        case KeyboardInterrupt():
            return Refused(Exit.INTERRUPTED, "interrupted", _("Interrupted."))
        case DemoDidNotStart():
            return Refused(Exit.OTHER, "demo", _("The demo did not start."))
    logging.getLogger(__name__).debug("%s", redactor.report(fault))
    return Refused(Exit.OTHER, "bug", _("This is a bug of the launcher. With --debug it says where."))
