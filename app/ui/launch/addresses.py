"""The lines that take an address of a repository apart, and what is asked about it meanwhile."""

from collections.abc import Awaitable, Callable, Collection
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from app.core.tasks import Tasks, in_thread
from app.errors import LauncherError, Loc, Problem
from app.ui.form import Form
from app.ui.theme import LineField, Note

if TYPE_CHECKING:
    from app.core.address_fields import DraftAddresses
    from app.core.draft import LaunchDraft
    from app.core.repositories import PastedRepository

Hosts = Callable[[], dict[str, str | None] | None]
Branches = Callable[[str], Awaitable[Collection[str]]]
"""Asks the server; may raise any `LauncherError`."""


class AddressLine(LineField):
    """What is typed letter by letter is no whole address before the field is left; what is pasted is."""

    edited = Signal(str, bool)
    """The new text, and whether it came as a whole."""
    filled = Signal(str)
    """The draft has changed, and the line follows with this text."""

    def __init__(self, *, icon: str | None = None, placeholder: str = "") -> None:
        super().__init__(icon=icon, placeholder=placeholder)
        self._before = ""
        self._is_filled = False
        self.textChanged.connect(self._tell)

    def fill(self, text: str) -> None:
        """Shows what the draft holds."""
        self._is_filled = True
        try:
            self.setText(text)
        finally:
            self._is_filled = False

    def _tell(self, text: str) -> None:
        before, self._before = self._before, text
        if self._is_filled:
            self.filled.emit(text)
        else:
            self.edited.emit(text, len(_inserted(before, text)) > 1)


def _inserted(before: str, after: str) -> str:
    """What one change of a line has put into it."""
    start = _alike(before, after)
    end = _alike(before[start:][::-1], after[start:][::-1])
    return after[start : len(after) - end]


def _alike(one: str, other: str) -> int:
    """With how many equal characters both begin."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


class Addresses:
    """All lines of one form that take addresses. Before the draft is there, they only hold what is typed."""

    def __init__(self, form: Form, tasks: Tasks, hosts: Hosts, branches: Branches) -> None:
        self._form, self._tasks = form, tasks
        self._hosts, self._branches = hosts, branches
        self._taken: DraftAddresses | None = None
        self._lines: dict[Loc, AddressLine] = {}
        self._then: dict[Loc, Loc] = {}
        """Where the cursor goes once an issue or a pull request is filled in, repository by repository."""
        self._aliases: dict[str, str] = {}
        """Host alias of the ssh configuration → its host, as far as it was asked."""
        self._asked: PastedRepository | None = None
        """Whose branches the server was asked for last."""
        self._said: list[Problem] = []
        """What the fields say of the addresses."""

    def add(self, line: AddressLine, repository: Loc, note: Note, then: Loc | None = None) -> None:
        self._lines[repository] = line
        if then:
            self._then[repository] = then
        self._form.bind(repository, line, note, line.textChanged, line.text, line.fill)
        line.edited.connect(lambda text, whole: self._edited(repository, text) if whole else None)
        line.filled.connect(lambda text: self._filled(repository, text))
        line.editingFinished.connect(lambda: self._take(repository, line.text()))

    def add_number(self, line: AddressLine, number: Loc, note: Note, repository: Loc) -> None:
        """An address that is pasted for the number of an issue names its repository too."""
        self._form.bind(number, line, note, line.textChanged, line.text, line.fill)
        line.edited.connect(lambda text, whole: self._moved(line, repository, text) if whole else None)

    def begin(self, draft: "LaunchDraft") -> None:
        """From now on what is pasted can be taken apart; what was pasted before is now."""
        from app.core.address_fields import DraftAddresses

        self._taken = DraftAddresses(draft)
        draft.watch(self._draft_changed)
        self.read()

    def read(self) -> None:
        """Takes apart what stands in the lines, also what is still being typed: somebody presses Launch."""
        for repository, line in self._lines.items():
            self._take(repository, line.text())

    def read_again(self) -> None:
        """Takes apart what came as a whole before: by now the server's hosts may be known."""
        if self._taken is None:
            return
        for repository, line in self._lines.items():
            if line.text() == self._taken.text(repository):
                self._take(repository, line.text())
        self._ask(self._taken)

    def launched(self) -> None:
        """What was said of the addresses was said for the launch that has started."""
        if self._taken:
            self._taken.launched()
            self._say(self._taken)

    def take(self, repository: Loc, text: str) -> bool:
        """Takes an address that was pasted beside the line; False if it is none."""
        found = self._pasted(text)
        if found is None or found.git_provider is None:
            return False
        self._lines[repository].setText(text)
        return True

    # Inside.

    def _pasted(self, text: str) -> "PastedRepository | None":
        from app.core.repositories import pasted

        return pasted(text, self._hosts(), self._aliases)

    def _edited(self, repository: Loc, text: str) -> None:
        self._take(repository, text)
        if self._taken and self._taken.has_number(repository) and (then := self._then.get(repository)):
            self._form.focus(then)

    def _filled(self, repository: Loc, text: str) -> None:
        if self._taken and self._taken.forget(repository, text):
            self._say(self._taken)

    def _moved(self, line: AddressLine, repository: Loc, text: str) -> None:
        found = self._pasted(text) if self._taken else None
        if found and found.git_provider:
            line.clear()
            self.take(repository, text)

    def _draft_changed(self, where: Loc) -> None:
        if self._taken and where == ("kind",):
            self._taken.change_kind()
            self._say(self._taken)
            self._ask(self._taken)

    def _take(self, repository: Loc, text: str) -> None:
        taken = self._taken
        if taken is None or not taken.take(repository, text, self._hosts(), self._aliases):
            return
        line, name = self._lines[repository], taken.text(repository)
        if name is not None and line.text() != name:  # the draft held this repository before
            line.fill(name)
        self._say(taken)
        self._ask(taken)
        from app.core.repositories import ssh_alias_in

        alias = ssh_alias_in(text, self._hosts())
        if alias and alias not in self._aliases:
            key = f"ssh alias in {repository}"
            self._tasks.start(key, partial(self._look_behind, repository, text, alias), restart=True)

    def _say(self, taken: "DraftAddresses") -> None:
        """One address may change what is true of another, so the notes of all are said anew."""
        self._form.remove_problems(self._said)
        self._said = taken.notes()
        if self._said:
            self._form.add_problems(self._said)

    def _ask(self, taken: "DraftAddresses") -> None:
        """Which reading of the branch exists, as soon as there is a server to ask."""
        asked = taken.question
        if asked and asked is not self._asked and self._hosts() is not None:
            self._asked = asked
            self._tasks.start("branches", partial(self._settle, taken, asked), restart=True)

    async def _settle(self, taken: "DraftAddresses", asked: "PastedRepository") -> None:
        try:
            branches = await self._branches(asked.repository)
        except LauncherError:
            return  # the guess stays, and says that it is one
        if taken.settle(asked, branches):
            self._say(taken)

    async def _look_behind(self, repository: Loc, text: str, alias: str) -> None:
        from app.core.ssh_config import SshSilent, host_behind

        try:
            host = await in_thread(host_behind, alias)
        except SshSilent:
            host = ""
        self._aliases[alias] = host or alias
        if self._lines[repository].text() == text:
            self._take(repository, text)
