"""Where the agent works: repository, provider and branch, from options, an address or the checkout we stand in."""

from collections.abc import Iterable
from contextlib import suppress

from app.cli.checkout import LOC, Checkout, checkout_here
from app.cli.parser import Options
from app.core.address_fields import BRANCH, DraftAddresses
from app.core.draft import LaunchDraft
from app.core.kinds import repositories_of
from app.core.repositories import Hosts, ssh_alias_in
from app.core.server_port import ServerPort
from app.core.ssh_config import SshSilent, host_behind
from app.errors import LauncherError, Loc, Problem
from app.wire.choices import ProviderType

REPOSITORY: Loc = ("repository",)
PROVIDER: Loc = ("git_provider",)


class RepositoryOptions:
    """Repository, provider and branch as the options give them, before any server is asked.

    Runs git and ssh, which may take a while: do not call it within an event loop."""

    def __init__(self, draft: LaunchDraft, options: Options) -> None:
        self._draft = draft
        self._options = options
        self._checkout: Checkout | None = None
        self._addresses = DraftAddresses(draft)
        self._named = [one.repository for one in repositories_of(draft.kind)]
        if options.here:
            self._checkout = checkout_here(with_branch=options.branch is None)
        if options.repository is not None:
            draft.put(REPOSITORY, options.repository)
        texts = self._checkout.addresses() if self._checkout else []
        texts += [str(draft.get(repository)) for repository in self._named]
        self._aliases, self._unknown = _hosts_behind(texts)

    def fill(self, hosts: Hosts | None) -> list[Problem]:
        """Puts it into the draft; gives the problems and warnings of the checkout. What was given stays as it is."""
        draft, options = self._draft, self._options
        if options.provider is not None:
            draft.put(PROVIDER, ProviderType(options.provider))
        if options.branch is not None:
            draft.put(BRANCH, options.branch)
        found = self._fill_from_checkout(hosts)
        for repository in self._named:
            text = str(draft.get(repository))
            self._addresses.take(repository, text, hosts, self._aliases, keep_given=True)
        return found

    async def settle(self, openhands: ServerPort) -> None:
        """Asks the server which reading of a branch exists."""
        if asked := self._addresses.question:
            with suppress(LauncherError):  # the guess stays, and says that it is one
                self._addresses.settle(asked, await openhands.branches(asked.repository))

    def notes(self) -> list[Problem]:
        """Warnings: what was guessed, and what of an address was not used."""
        return self._addresses.notes()

    def _fill_from_checkout(self, hosts: Hosts | None) -> list[Problem]:
        if self._checkout is None:
            return []
        if self._unknown:  # it may be the host of the repository that is meant
            return [Problem(loc=LOC, type="here_ssh_silent", ctx={"name": self._unknown})]
        place, found = self._checkout.place(hosts, self._aliases)
        if place:
            self._draft.put(REPOSITORY, place.repository)
            if self._options.provider is None:
                self._draft.put(PROVIDER, place.git_provider)
            if self._options.branch is None:
                self._draft.put(BRANCH, place.selected_branch)
        return found


def _hosts_behind(texts: Iterable[str]) -> tuple[dict[str, str], str]:
    """Alias → the host behind it, where there is one; and the alias about which ssh kept silent, if any."""
    hosts = {}
    for alias in sorted({alias for text in texts if (alias := ssh_alias_in(text))}):
        try:
            if host := host_behind(alias):
                hosts[alias] = host
        except SshSilent:
            return hosts, alias
    return hosts, ""
