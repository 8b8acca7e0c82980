"""Runs one command: its server, its end, and whatever goes wrong on the way."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial

from app import compose
from app.cli.command_error import CommandError
from app.cli.console import Console, PartialResult, escape_what_cannot_be_encoded
from app.cli.exit_codes import ExitCode
from app.cli.launch import Launch
from app.cli.parser import Options
from app.cli.server import refuse_key_in_clear, server_of
from app.cli.sessions import delete, open_, session, sessions, stop
from app.cli.stdout import CannotWrite, give_up
from app.compose import Connection, DemoDidNotStart, DemoProcess
from app.core import bug_reports, logs
from app.core.interrupts import GRACE_S, interrupts
from app.core.servers import Server
from app.errors import LauncherError
from app.translation import gettext as _

Command = Callable[[Connection], Awaitable[None]]

COMMANDS: dict[str, Callable[[Options, Connection, Console], Awaitable[None]]] = {
    "sessions": sessions,
    "session": session,
    "open": open_,
    "stop": stop,
    "delete": delete,
}


def run(options: Options, key: str | None) -> int:
    """The exit code. `key`: of the environment."""
    escape_what_cannot_be_encoded()
    console = Console(as_json=options.json)
    logs.log_to_stderr(debug=options.debug)
    end = _End(console)
    try:
        command = _command(options, console)
        server = None if options.demo else refuse_key_in_clear(server_of(options, key, console.warn), options)
        asyncio.run(_run(server, command, end))
    except (Exception, asyncio.CancelledError) as fault:  # noqa: BLE001 - whatever it is, one sentence tells it
        end.fail(fault)
    return end.exit


class _End:
    """How a command ends: told once, before anything is closed. What goes wrong after it changes nothing of it."""

    def __init__(self, console: Console) -> None:
        self.exit = ExitCode.DONE
        self._console = console

    def succeed(self) -> None:
        """All is done and told."""
        self._console.reported = self.exit
        interrupts.keep_exit_code(self.exit)

    def fail(self, fault: BaseException) -> None:
        """Tells what ended it, unless its result was told already."""
        if self._console.reported is not None:
            self.report(fault)
        elif isinstance(fault, CannotWrite):
            self._not_written(fault, ExitCode.OTHER)
        else:
            error = _command_error(fault, self._console.partial_result())
            self.exit = error.exit
            try:
                self._console.print_error(error)
            except CannotWrite as unwritten:
                self._not_written(unwritten, error.exit)

    def report(self, fault: BaseException) -> None:
        """A bug beside the command, which goes on."""
        if isinstance(fault, Exception):
            self._console.print_message(_command_error(fault, PartialResult()).message)

    def _not_written(self, fault: CannotWrite, exit_: ExitCode) -> None:
        give_up()
        partial_result = self._console.partial_result().text
        self.exit = self._console.reported = exit_
        with interrupts.writing_result(exit_):
            if (
                partial_result or not fault.unread
            ):  # `| head` has seen what it wanted, but a launch should be known of
                self._console.print_message(
                    " ".join(filter(None, (_("The result cannot be written."), partial_result)))
                )


def _command(options: Options, console: Console) -> Command:
    """The command with all that it needs of files and standard input.

    They are read before the loop runs: Ctrl+C does not reach who waits for them within it.
    """
    if options.command == "launch":
        return Launch(options, console).run
    command = COMMANDS[options.command or ""]
    return lambda connection: command(options, connection, console)


async def _run(server: Server | None, command: Command, end: _End) -> None:
    _end_when_interrupted(end)
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: end.report(context.get("exception") or RuntimeError(context["message"]))
    )
    async with AsyncExitStack() as closing:
        try:
            connection = await _connected(server, closing, end)
            await command(connection)
            end.succeed()
        except (Exception, asyncio.CancelledError) as fault:  # noqa: BLE001 - whatever it is, one sentence tells it
            end.fail(fault)
        # A thread that looks up a name, or a browser that is still open, would be waited for.
        asyncio.get_running_loop().call_later(GRACE_S, interrupts.end_now)


async def _connected(server: Server | None, closing: AsyncExitStack, end: _End) -> Connection:
    if server is None:
        demo = DemoProcess()
        closing.push_async_callback(demo.aclose)
        server = await demo.start()
    connection = await compose.connect(server, end.report, reads=False)
    closing.push_async_callback(connection.aclose)
    return connection


def _end_when_interrupted(end: _End) -> None:
    """From now on Ctrl+C and SIGTERM cancel this task, and end the process if that does not come to an end."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def cancel() -> None:
        task.cancel()
        loop.call_later(GRACE_S, interrupts.end_now)

    interrupts.on_interrupt(
        partial(loop.call_soon_threadsafe, cancel), last_words=lambda: end.fail(asyncio.CancelledError())
    )


def _command_error(fault: BaseException, partial_result: PartialResult) -> CommandError:
    match fault:
        case CommandError():
            return fault
        case LauncherError():
            return CommandError.by_server(fault)
        case asyncio.CancelledError():
            return _with(partial_result, ExitCode.INTERRUPTED, "interrupted", _("Interrupted."))
        case DemoDidNotStart():
            return CommandError(ExitCode.OTHER, "demo", _("The demo did not start."))
    report = logs.report(fault)
    logging.getLogger(__name__).debug("%s", report)
    if kept := bug_reports.keep(report):
        said = _("This is a bug in the launcher. A report was added to {path}.").format(path=kept)
    else:
        said = _("This is a bug in the launcher. Run it with --debug to see where.")
    return _with(partial_result, ExitCode.OTHER, "bug", said)


def _with(partial_result: PartialResult, exit_: ExitCode, type_: str, text: str) -> CommandError:
    return CommandError(
        exit_, type_, " ".join(filter(None, (text, partial_result.text))), partial_result.facts
    )
