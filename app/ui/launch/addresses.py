"""The lines that take an address of a repository apart, and what is asked about it meanwhile."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from app.core.address_fields import BRANCH, AddressFields
from app.core.repositories import PastedRepository, pasted, ssh_alias_in
from app.core.tasks import Tasks, in_thread
from app.errors import LauncherError, Loc
from app.ui.form import Form
from app.ui.theme import LineField

if TYPE_CHECKING:
    from app.core.draft import LaunchDraft

Hosts = Callable[[], dict[str, str | None] | None]
Branches = Callable[[str], Awaitable[Collection[str]]]
"""Asks the server; may raise any `LauncherError`."""


class AddressLine(LineField):
    """What is typed letter by letter is no whole address before the field is left; what is pasted is."""

    changed = Signal(str, bool)
    """The new text, and whether it came as a whole."""

    def __init__(self, *, icon: str | None = None, placeholder: str = "") -> None:
        super().__init__(icon=icon, placeholder=placeholder)
        self._before = ""
        self.textChanged.connect(self._tell)

    def _tell(self, text: str) -> None:
        before, self._before = self._before, text
        self.changed.emit(text, len(_inserted(before, text)) > 1)


def _inserted(before: str, after: str) -> str:
    """What one change of a line has put into it."""
    start = _alike(before, after)
    end = _alike(before[start:][::-1], after[start:][::-1])
    return after[start : len(after) - end]


def _alike(one: str, other: str) -> int:
    """With how many equal characters both begin."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


@dataclass(frozen=True, slots=True)
class Beside:
    """The fields that an address fills in besides that of the repository."""

    provider: Loc
    number: Loc | None = None
    task_type: Loc | None = None
    then: Loc | None = None
    """Where the cursor goes once an issue or a pull request is filled in."""


class Addresses:
    """All lines of one form that take addresses. Before the draft is there, they only hold what is typed."""

    def __init__(self, form: Form, tasks: Tasks, hosts: Hosts, branches: Branches) -> None:
        self._form, self._tasks = form, tasks
        self._hosts, self._branches = hosts, branches
        self._draft: LaunchDraft | None = None
        self._lines: dict[Loc, AddressLine] = {}
        self._beside: dict[Loc, Beside] = {}
        self._fields: dict[Loc, AddressFields] = {}
        self._aliases: dict[str, str] = {}
        """Host alias of the ssh configuration → its host, as far as it was asked."""
        self._asked: dict[Loc, PastedRepository] = {}
        """Whose branches the server was asked for, field by field."""

    def add(self, line: AddressLine, repository: Loc, beside: Beside) -> None:
        self._lines[repository] = line
        self._beside[repository] = beside
        line.changed.connect(lambda text, whole: self._changed(repository, text, whole=whole))
        line.editingFinished.connect(lambda: self._take(repository, line.text()))

    def add_number(self, line: AddressLine, repository: Loc) -> None:
        """An address that is pasted for the number of an issue names its repository too."""
        line.changed.connect(lambda text, whole: self._moved(line, repository, text, whole=whole))

    def begin(self, draft: "LaunchDraft") -> None:
        """From now on what is pasted can be taken apart; what was pasted before is now."""
        self._draft = draft
        for repository, beside in self._beside.items():
            fields = (beside.provider, beside.number, beside.task_type)
            self._fields[repository] = AddressFields(draft, repository, *fields)
        self.read()

    def read(self) -> None:
        """Takes apart what stands in the lines, also what is still being typed: somebody presses Launch."""
        for repository, line in self._lines.items():
            self._take(repository, line.text())

    def read_again(self) -> None:
        """Takes apart what came as a whole before: by now the server's hosts may be known."""
        for repository, fields in self._fields.items():
            if self._lines[repository].text() == fields.text:
                self._take(repository, fields.text)
            self._ask(fields)

    def take(self, repository: Loc, text: str) -> bool:
        """Takes an address that was pasted beside the line; False if it is none."""
        found = pasted(text, self._hosts(), self._aliases)
        if found is None or found.git_provider is None:
            return False
        self._lines[repository].setText(text)
        return True

    # Inside.

    def _changed(self, repository: Loc, text: str, *, whole: bool) -> None:
        if (fields := self._fields.get(repository)) is None or self._draft is None:
            return
        if self._draft.get(repository) == text:  # so the draft has changed, and the line follows
            if fields.forget(text):
                self._say(fields)
        elif whole:
            self._take(repository, text)
            then = self._beside[repository].then
            if then and fields.has_number:
                self._form.focus(then)

    def _moved(self, line: AddressLine, repository: Loc, text: str, *, whole: bool) -> None:
        found = pasted(text, self._hosts(), self._aliases) if whole and self._draft is not None else None
        if found and found.git_provider:
            line.clear()
            self.take(repository, text)

    def _take(self, repository: Loc, text: str) -> None:
        fields = self._fields.get(repository)
        if fields is None or not fields.take(text, self._hosts(), self._aliases):
            return
        line = self._lines[repository]
        if fields.text is not None and line.text() != fields.text:  # the draft held this repository before
            line.setText(fields.text)
        self._say(fields)
        self._ask(fields)
        alias = ssh_alias_in(text, self._hosts())
        if alias and alias not in self._aliases:
            key = f"ssh alias in {repository}"
            self._tasks.start(key, partial(self._look_behind, repository, text, alias), restart=True)

    def _say(self, fields: AddressFields) -> None:
        self._form.take_back(fields.repository)
        self._form.take_back(BRANCH)
        if notes := fields.notes():
            self._form.refuse(notes)

    def _ask(self, fields: AddressFields) -> None:
        """Which reading of the branch exists, as soon as there is a server to ask."""
        asked = fields.question
        if asked and asked is not self._asked.get(fields.repository) and self._hosts() is not None:
            self._asked[fields.repository] = asked
            key = f"branches of {fields.repository}"
            self._tasks.start(key, partial(self._settle, fields, asked), restart=True)

    async def _settle(self, fields: AddressFields, asked: PastedRepository) -> None:
        try:
            branches = await self._branches(asked.repository)
        except LauncherError:
            return  # the guess stays, and says that it is one
        if fields.settle(asked, branches):
            self._say(fields)

    async def _look_behind(self, repository: Loc, text: str, alias: str) -> None:
        from app.core.ssh_config import host_behind

        self._aliases[alias] = await in_thread(host_behind, alias) or alias
        if self._lines[repository].text() == text:
            self._take(repository, text)
