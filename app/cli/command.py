"""Runs one command: its server, its end, and whatever goes wrong on the way."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from gettext import gettext as _

from app import compose
from app.cli.exits import Exit
from app.cli.launch import Launch
from app.cli.parser import Options
from app.cli.refused import Refused
from app.cli.server import careful, server_of
from app.cli.sessions import delete, open_, session, sessions, stop
from app.cli.stdout import CannotWrite, give_up
from app.cli.voice import Fate, Voice, speak_any_language
from app.compose import Connection, DemoDidNotStart, DemoProcess
from app.core.redaction import Redactor, log_to_stderr
from app.core.servers import Server
from app.errors import LauncherError

Command = Callable[[Connection], Awaitable[None]]

ACTS: dict[str, Callable[[Options, Connection, Voice], Awaitable[None]]] = {
    "sessions": sessions,
    "session": session,
    "open": open_,
    "stop": stop,
    "delete": delete,
}


def run(options: Options, key: str | None) -> int:
    """The exit code. `key`: of the environment."""
    speak_any_language()
    _end_as_with_ctrl_c()
    voice, redactor = Voice(as_json=options.json), Redactor()
    log_to_stderr(redactor, debug=options.debug)
    refused: Refused | None = None
    try:
        refused = _ended(options, key, voice, redactor)
        if refused:
            voice.refuse(refused)
    except CannotWrite as fault:
        give_up()
        fate = voice.fate().text
        if fate or not fault.unread:  # `| head` has seen what it wanted, but a launch should be known of
            voice.say(" ".join(filter(None, (_("The result cannot be written."), fate))))
        return refused.exit if refused else Exit.OTHER
    return refused.exit if refused else Exit.DONE


def _end_as_with_ctrl_c() -> None:
    """SIGTERM too says whether something may have started; where Ctrl+C is switched off it just ends us."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))


def _ended(options: Options, key: str | None, voice: Voice, redactor: Redactor) -> Refused | None:
    """Runs it; gives what it was refused by, if anything."""
    try:
        command = _command(options, voice, redactor)
        server = None if options.demo else careful(server_of(options, key, voice.warn), options)
        asyncio.run(_run(server, command, voice, redactor))
    except CannotWrite:
        raise
    except (Exception, KeyboardInterrupt) as fault:  # noqa: BLE001 - whatever it is, one sentence tells it
        return _refused(fault, voice.fate(), redactor)
    return None


def _command(options: Options, voice: Voice, redactor: Redactor) -> Command:
    """The command with all that it needs of files and standard input.

    They are read before the loop runs: Ctrl+C does not reach who waits for them within it.
    """
    if options.command == "launch":
        return Launch(options, voice, redactor).run
    act = ACTS[options.command or ""]
    return lambda connection: act(options, connection, voice)


async def _run(server: Server | None, command: Command, voice: Voice, redactor: Redactor) -> None:
    def report(fault: BaseException) -> None:
        voice.say(_refused(fault, Fate(), redactor).message)

    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: report(context.get("exception") or RuntimeError(context["message"]))
    )
    async with _demo_or(server) as place:
        connection = await compose.connect(place, redactor, report, reads=False)
        try:
            await command(connection)
        finally:
            await connection.aclose()


@asynccontextmanager
async def _demo_or(server: Server | None) -> AsyncIterator[Server]:
    if server:
        yield server
        return
    demo = DemoProcess()
    try:
        yield await demo.start()
    finally:
        await demo.aclose()


def _refused(fault: BaseException, fate: Fate, redactor: Redactor) -> Refused:
    match fault:
        case Refused():
            return fault
        case LauncherError():
            return Refused.by_server(fault)
        case KeyboardInterrupt():
            return _with(fate, Exit.INTERRUPTED, "interrupted", _("Interrupted."))
        case DemoDidNotStart():
            return Refused(Exit.OTHER, "demo", _("The demo did not start."))
    logging.getLogger(__name__).debug("%s", redactor.report(fault))
    return _with(
        fate, Exit.OTHER, "bug", _("This is a bug in the launcher. Run it with --debug to see where.")
    )


def _with(fate: Fate, exit_: Exit, type_: str, text: str) -> Refused:
    return Refused(exit_, type_, " ".join(filter(None, (text, fate.text))), fate.facts)
