"""Before a launch: all that the form checks, with what is known of the server."""

from dataclasses import replace

from app.cli.checkout import stand_here
from app.cli.filling import fill
from app.cli.parser import Options
from app.cli.refused import Refused
from app.cli.server import is_named
from app.cli.voice import Voice
from app.compose import Connection
from app.core.draft import LaunchDraft
from app.core.problems import problems
from app.core.servers import OpenHands, ServerFacts, look_at
from app.errors import LauncherError, Problem, ServerFault
from app.wire.schemas import InitSessionRequest


async def checked(
    options: Options, connection: Connection, voice: Voice
) -> tuple[LaunchDraft, InitSessionRequest]:
    """What is to be launched; raises `Refused` with every problem. Says the warnings."""
    facts, out_of_reach = await _what_is_known(options, connection)
    found = stand_here(options, facts.git_hosts) if options.here else []
    draft, not_filled_in = fill(options, facts.git_hosts)
    found += not_filled_in + problems(draft, facts, connection.book.running())
    if options.conversation_id is not None and not facts.takes_conversation_id:
        found.append(Problem(loc=("conversation_id",), type="extra_forbidden"))
    request = draft.to_request(with_id=facts.takes_conversation_id)
    if isinstance(request, list) or any(one.blocks for one in found):
        raise Refused.by_problems(_first_of_each(found))
    if out_of_reach:
        raise out_of_reach
    voice.warn(found)
    return draft, request


def _first_of_each(problems: list[Problem]) -> list[Problem]:
    """What could not be filled in is missing too: that goes without saying."""
    locs = [one.loc for one in problems if one.blocks]
    return [one for one in problems if one.blocks and (one.type != "missing" or locs.count(one.loc) == 1)]


async def _what_is_known(
    options: Options, connection: Connection
) -> tuple[ServerFacts, LauncherError | None]:
    """Of the server, as far as this launch depends on it, or why it is not known."""
    unknown = ServerFacts(takes_conversation_id=True)  # so that the id is checked too
    openhands = connection.openhands
    try:
        if not options.dry_run:
            return await _needed(options, openhands), None
        if not is_named(options):
            return unknown, None
        connection.book.listed([one for one in (await openhands.page()).results if one])
        return await look_at(openhands), None
    except LauncherError as error:
        error.may_have_started = False  # whatever went wrong: nothing was asked to start yet
        return unknown, error


async def _needed(options: Options, openhands: OpenHands) -> ServerFacts:
    facts = ServerFacts()
    if options.conversation_id is not None:
        document = await openhands.openapi()
        facts = replace(facts, takes_conversation_id=document.takes_conversation_id)
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
