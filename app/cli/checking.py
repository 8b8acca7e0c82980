"""Before a launch: all that the form checks, with what is known of the server."""

from dataclasses import replace

from app.cli.command_error import CommandError
from app.cli.filling import Filled
from app.cli.parser import Options
from app.cli.server import is_named
from app.compose import Connection
from app.core.problems import CheckedLaunch, check
from app.core.server_port import ServerPort, read_facts
from app.core.servers import ServerFacts
from app.errors import LauncherError, Loc, Problem, ServerFault


async def check_launch(filled: Filled, options: Options, connection: Connection) -> CheckedLaunch:
    """This draft, to which it adds the repository, as a launch on this server.

    Raises `CommandError` with all problems at once, else what went wrong when the server was asked.
    """
    facts, out_of_reach = await _what_is_known(options, connection)
    draft = filled.draft
    found = [*filled.problems, *filled.place.fill(facts.git_hosts)]
    if out_of_reach is None and _asks_server(options):
        await filled.place.settle(connection.client)
    found += filled.place.notes()
    if options.conversation_id is not None and (problem := facts.capabilities.why_not("conversation_id")):
        found.append(problem)
    if draft.starts_empty:  # the form asks about it
        found.append(Problem(type="starts_empty", blocks=False))
    result = check(draft, facts, connection.book.running(), also=found)
    if isinstance(result, list):
        raise CommandError.by_problems(_without_echoes(result))
    if out_of_reach:
        raise out_of_reach
    return result


def _without_echoes(found: list[Problem]) -> list[Problem]:
    """What could not be filled in is missing too, and so is what follows it: that goes without saying."""
    wrong = [one for one in found if one.blocks]
    told = {one.loc for one in wrong if one.type != "missing"}
    if any(one.loc[:1] == ("create_microagent",) for one in wrong):
        told.add(("microagent_msg",))
    return [one for one in wrong if one.type != "missing" or not told & _around(one.loc)]


def _around(loc: Loc) -> set[Loc]:
    """The place itself, and those that hold it."""
    return {loc[:end] for end in range(1, len(loc) + 1)}


def _asks_server(options: Options) -> bool:
    """A dry run asks a server only if one is named."""
    return not options.dry_run or is_named(options)


async def _what_is_known(
    options: Options, connection: Connection
) -> tuple[ServerFacts, LauncherError | None]:
    """Of the server, as far as this launch depends on it, or why it is not known."""
    openhands = connection.client
    with_id = replace(openhands.capabilities, lacks={})
    unknown = ServerFacts(capabilities=with_id)  # so that the id is checked too
    try:
        if not options.dry_run:
            return await _needed(options, openhands), None
        if not _asks_server(options):
            return unknown, None
        connection.book.apply_page((await openhands.page()).conversations)
        return await read_facts(openhands), None
    except LauncherError as error:
        error.may_have_started = False  # whatever went wrong: nothing was asked to start yet
        return unknown, error


async def _needed(options: Options, openhands: ServerPort) -> ServerFacts:
    facts = ServerFacts(capabilities=openhands.capabilities)
    if options.conversation_id is not None:
        identity = await openhands.identify()
        facts = replace(facts, capabilities=identity.capabilities)
    about_settings = (
        options.repository,
        options.mcp_config,
        options.suggested_task,
        options.create_microagent,
    )
    if options.here or any(one is not None for one in about_settings):
        try:
            settings = await openhands.settings()
            facts = replace(facts, settings=settings, settings_known=True)
        except ServerFault:  # one failed read is no news; the launch itself will tell
            return facts
    return facts
