"""The fields that an address fills in beside the repository, and empties again when another one takes its place."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from app.core.repositories import Hosts, Page, PastedRepository, pasted
from app.errors import Loc, Problem
from app.wire.choices import TaskType

if TYPE_CHECKING:
    from app.core.draft import LaunchDraft

BRANCH: Loc = ("selected_branch",)
SHOWN_READINGS = 3


class AddressFields:
    """A repository and what belongs to it in one draft: what came with an address goes with it, unless edited since."""

    def __init__(
        self,
        draft: "LaunchDraft",
        repository: Loc,
        provider: Loc,
        number: Loc | None = None,
        task_type: Loc | None = None,
    ) -> None:
        self.repository = repository
        self._draft = draft
        self._provider, self._number, self._task_type = provider, number, task_type
        self.text: str | None = None
        """What stood in the field of the repository when it was last taken apart."""
        self._found: PastedRepository | None = None
        self._came: dict[Loc, Any] = {}
        """What the address has put beside the repository."""

    def take(
        self,
        text: str,
        hosts: Hosts | None,
        aliases: Mapping[str, str] | None = None,
        *,
        keep_given: bool = False,
    ) -> bool:
        """Takes apart what was pasted or typed for the repository; False if that was done already.

        `keep_given`: fills in only what is empty, as on a command line, where each field was named on purpose.
        """
        found = pasted(text, hosts, aliases)
        if text == self.text and (found is None) == (self._found is None):
            return False
        self._empty()
        self.text, self._found = text, found
        if found:
            self.text = found.repository
            self._draft.put(self.repository, found.repository)
            for loc, value in self._brought(found).items():
                if not (keep_given and self._draft.get(loc)):
                    self._came[loc] = value
                    self._draft.put(loc, value)
        return True

    def forget(self, text: str) -> bool:
        """The fields were filled otherwise, with this repository; False if it is the one that we have put there."""
        if text == self.text:
            return False
        self.text, self._found, self._came = text, None, {}
        return True

    @property
    def has_number(self) -> bool:
        """Whether the address was that of an issue or a pull request, and filled in its number."""
        return self._number is not None and self._number in self._came

    @property
    def question(self) -> PastedRepository | None:
        """The address, while its branch is a guess that nobody has edited."""
        found = self._found
        return found if found and found.other_readings and self._is_as_it_came(BRANCH) else None

    def settle(self, asked: PastedRepository, branches: Collection[str]) -> bool:
        """Takes the reading that exists. False if none does, or if the question is not this one any more."""
        settled = asked.settled(branches)
        if self.question is not asked or settled is asked:
            return False
        self._found = settled
        self._came[BRANCH] = settled.selected_branch
        self._draft.put(BRANCH, settled.selected_branch)
        return True

    def notes(self) -> list[Problem]:
        """Warnings at the fields: what was guessed, and what of the address was not used."""
        notes = []
        found = self._found
        if found and found.is_guess:
            notes.append(_warning(self.repository, "repository_guessed", repository=found.repository))
        elif found and found.unused and not self.has_number:
            notes.append(_warning(self.repository, "address_partly_used", rest=found.unused))
        if asked := self.question:
            others = "”, “".join(asked.other_readings[:SHOWN_READINGS])
            notes.append(_warning(BRANCH, "branch_guessed", branch=asked.selected_branch, others=others))
        return notes

    def _brought(self, found: PastedRepository) -> dict[Loc, Any]:
        brought: dict[Loc, Any] = {}
        if found.git_provider:
            brought[self._provider] = found.git_provider
        if found.selected_branch:
            brought[BRANCH] = found.selected_branch
        if self._number and found.number:
            brought[self._number] = str(found.number)
        if self._task_type and found.page is Page.ISSUE:
            brought[self._task_type] = TaskType.OPEN_ISSUE
        return brought

    def _empty(self) -> None:
        for loc in [loc for loc in self._came if self._is_as_it_came(loc)]:
            self._draft.put(loc, "" if loc in (BRANCH, self._number) else None)
        self._came = {}

    def _is_as_it_came(self, loc: Loc) -> bool:
        return loc in self._came and bool(self._draft.get(loc) == self._came[loc])


def _warning(loc: Loc, type_: str, **facts: str) -> Problem:
    return Problem(loc=loc, type=type_, ctx=facts, blocks=False)
