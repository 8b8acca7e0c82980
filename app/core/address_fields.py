"""The fields that an address fills in beside the repository, and empties again when another one takes its place."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app.core.kinds import CONVERSATION_REPOSITORY, OWN_REPOSITORY, RepositoryFields, repositories_of
from app.core.repositories import Hosts, Page, PastedRepository, pasted
from app.errors import Loc, Problem
from app.wire.choices import ProviderType, TaskType

if TYPE_CHECKING:
    from app.core.draft import LaunchDraft

BRANCH: Loc = ("selected_branch",)
SHOWN_READINGS = 3


class DraftAddresses:
    """All repositories of one draft, and its branch: only the address of the repository that is opened brings it.

    What came with an address goes with it, unless it was edited since.
    """

    def __init__(self, draft: "LaunchDraft") -> None:
        self._draft = draft
        named = (CONVERSATION_REPOSITORY, *OWN_REPOSITORY.values())
        self._fields = {one.repository: AddressFields(draft, one) for one in named}
        self._branch: tuple[AddressFields, str] | None = None
        """Whose address has brought which branch."""

    def take(
        self,
        repository: Loc,
        text: str,
        hosts: Hosts | None,
        aliases: Mapping[str, str] | None = None,
        *,
        keep_given: bool = False,
    ) -> bool:
        """Takes apart what was pasted or typed for a repository; False if that was done already.

        `keep_given`: fills in only what is empty, as on a command line, where each field was named on purpose.
        """
        fields = self._fields[repository]
        if not fields.take(text, pasted(text, hosts, aliases), keep_given=keep_given):
            return False
        self._bring_branch(taken=fields, keep_given=keep_given)
        return True

    def forget(self, repository: Loc, text: str) -> bool:
        """The fields were filled otherwise, with this repository; False if it is the one that we have put there."""
        fields = self._fields[repository]
        if not fields.forget(text):
            return False
        if self._branch and (self._branch[0] is fields or self._branch[0] is not self._opened()):
            self._branch = None
        return True

    def change_kind(self) -> None:
        """Another kind may open another repository."""
        self._bring_branch()

    def text(self, repository: Loc) -> str | None:
        """What stood in the field of a repository when it was last taken apart."""
        return self._fields[repository].text

    def has_number(self, repository: Loc) -> bool:
        """Whether the address was that of an issue or a pull request, and filled in its number."""
        return self._fields[repository].has_number

    @property
    def question(self) -> PastedRepository | None:
        """The address that has brought the branch, while that is a guess that nobody has edited."""
        found = self._branch[0].found if self._branch else None
        return found if found and found.other_readings and self._is_as_it_came() else None

    def settle(self, asked: PastedRepository, branches: Collection[str]) -> bool:
        """Takes the reading that exists. False if none does, or if the question is not this one any more."""
        settled = asked.settled(branches)
        if self._branch is None or self.question is not asked or settled is asked:
            return False
        fields, _guess = self._branch
        fields.found = settled
        self._put_branch(fields, settled.selected_branch)
        return True

    def notes(self) -> list[Problem]:
        """Warnings at the fields: what was guessed, and what of the addresses was not used."""
        notes = [note for fields in self._fields.values() for note in fields.notes()]
        if asked := self.question:
            others = "”, “".join(asked.other_readings[:SHOWN_READINGS])
            notes.append(
                Problem.warning(BRANCH, "branch_guessed", branch=asked.selected_branch, others=others)
            )
        return notes

    def launched(self) -> None:
        """They went into a launch: what was not used of them, or guessed, need not be said again."""
        for fields in self._fields.values():
            if fields.found:
                fields.found = replace(fields.found, unused="", is_guess=False)

    def _opened(self) -> "AddressFields | None":
        """The repository that the conversation opens: a kind's own one only if no other is named."""
        named = (self._fields[one.repository] for one in repositories_of(self._draft.kind))
        return next((fields for fields in named if fields.text and fields.text.strip()), None)

    def _bring_branch(self, taken: "AddressFields | None" = None, *, keep_given: bool = False) -> None:
        """Makes the branch that of the repository that is opened. One that somebody typed gives way to a new address.

        `taken`: whose address is new.
        """
        opened = self._opened()
        is_new = taken is not None and taken is opened
        if self._branch and self._branch[0] is opened and not is_new:
            return
        self._take_branch_away(taken)
        wanted = opened.found.selected_branch if opened and opened.found else ""
        if opened and wanted and ((is_new and not keep_given) or not self._draft.get(BRANCH)):
            self._put_branch(opened, wanted)

    def _put_branch(self, fields: "AddressFields", branch: str) -> None:
        self._branch = fields, branch
        self._draft.put(BRANCH, branch)

    def _take_branch_away(self, taken: "AddressFields | None") -> None:
        if self._branch is None:
            return
        fields, _brought = self._branch
        if self._is_as_it_came():
            self._draft.put(BRANCH, "")
        elif fields is not taken and fields.found:  # it was edited: what came does not come back by itself
            fields.found = replace(fields.found, selected_branch="", other_readings=())
        self._branch = None

    def _is_as_it_came(self) -> bool:
        return self._branch is not None and bool(self._draft.get(BRANCH) == self._branch[1])


class AddressFields:
    """One repository and what belongs to it alone."""

    def __init__(self, draft: "LaunchDraft", named: RepositoryFields) -> None:
        self._draft, self._named = draft, named
        self.text: str | None = None
        """What stood in the field of the repository when it was last taken apart."""
        self.found: PastedRepository | None = None
        self._came: dict[Loc, Any] = {}
        """What the address has put beside the repository."""

    def take(self, text: str, found: PastedRepository | None, *, keep_given: bool) -> bool:
        if found and found.is_guess and self._is_at_gitlab:
            found = None
        if text == self.text and (found is None) == (self.found is None):
            return False
        self._empty()
        self.text, self.found = text, found
        if found:
            self.text = found.repository
            self._draft.put(self._named.repository, found.repository)
            for loc, value in self._brought(found).items():
                if not (keep_given and self._draft.get(loc)):
                    self._came[loc] = value
                    self._draft.put(loc, value)
        return True

    @property
    def _is_at_gitlab(self) -> bool:
        """Whether somebody chose GitLab, where groups nest."""
        provider = self._named.provider
        return ProviderType.GITLAB is self._draft.get(provider) is not self._came.get(provider)

    def forget(self, text: str) -> bool:
        if text == self.text:
            return False
        self.text, self.found, self._came = text, None, {}
        return True

    @property
    def has_number(self) -> bool:
        return self._named.number in self._came

    def notes(self) -> list[Problem]:
        """What of the address is a guess, or was not used, while it is the one that stands there."""
        found, repository = self.found, self._named.repository
        if found is None or self._draft.get(repository) != self.text:
            return []
        if found.is_guess:
            return [Problem.warning(repository, "repository_guessed", repository=found.repository)]
        if found.unused and not self.has_number:
            return [Problem.warning(repository, "address_partly_used", rest=found.unused)]
        return []

    def _brought(self, found: PastedRepository) -> dict[Loc, Any]:
        named, brought = self._named, dict[Loc, Any]()
        if found.git_provider:
            brought[named.provider] = found.git_provider
        if named.number and found.number:
            brought[named.number] = str(found.number)
        if named.task_type and found.page is Page.ISSUE:
            brought[named.task_type] = TaskType.OPEN_ISSUE
        return brought

    def _empty(self) -> None:
        for loc, value in self._came.items():
            if self._draft.get(loc) == value:
                self._draft.put(loc, "" if loc == self._named.number else None)
        self._came = {}
