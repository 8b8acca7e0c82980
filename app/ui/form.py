"""Binds a widget to a field of a draft, both ways, and the field's problems to the note under it.

One name for one place: the `loc` of the field is the widget's objectName and accessible identifier, pydantic's `loc`
and the server's. Punish late, reward early: a problem shows once its field has been left or the form was pressed, and
goes the moment the field is right. A field whose value comes whole, as a file does, is never half typed: it says at
once what is wrong with it, or what it will do.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

from PySide6.QtCore import QObject, Qt, QTimer, Signal, SignalInstance
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from app import messages
from app.errors import Loc, Problem
from app.redaction import learn
from app.ui.theme import Caption, ChoiceField, Fold, LineField, Note, TextField
from app.ui.theme.frame import Level
from app.ui.theme.sizes import LABEL_GAP

if TYPE_CHECKING:
    from app.core.draft import Draft

V = TypeVar("V")
_KIND: Loc = ("kind",)
READING = ("image_reading", "replay_reading")
"""What takes a moment is no problem before a press."""


@runtime_checkable
class Marked(Protocol):
    """A field whose border can say that something is wrong."""

    def set_problem(self, level: Level | None) -> None: ...


@dataclass(slots=True)
class FieldBinding:
    widget: QWidget
    note: Note
    read: Callable[[], Any]
    write: Callable[[Any], None]
    atomic: bool
    """Whether its value comes whole, and is never half typed."""
    edited: bool = field(default=False)
    """Whether somebody has changed it. A field that was only tabbed through is not judged."""
    touched: bool = field(default=False)
    """Whether it was left when it had been edited, or the form pressed: from then on it shows its problems."""
    shown: tuple[str, Level | None] = ("", None)

    def shows(self, problem: Problem) -> bool:
        return (
            self.touched or problem.is_severe or (self.atomic and problem.type not in ("missing", *READING))
        )

    def holds(self, widget: QWidget | None) -> bool:
        """Whether the widget is the field, or a part of it."""
        return widget is not None and (widget is self.widget or self.widget.isAncestorOf(widget))


class Form(QObject):
    """The bindings of one form to one draft. A form can be painted and typed into before its draft is there."""

    checked = Signal()
    """The problems were looked for anew, and stand at their fields."""

    def __init__(
        self, parent: QWidget, check: Callable[[], list[Problem]], draft: "Draft | None" = None
    ) -> None:
        super().__init__(parent)
        self._parent = parent
        self._draft: Draft | None = None
        self._check = check
        self.bindings: dict[Loc, FieldBinding] = {}
        self._added: list[Problem] = []
        self._notes: list[Problem] = []
        self._problems: list[Problem] = []
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self.recheck)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._focus_moved)
        if draft:
            self.begin(draft)

    def begin(self, draft: "Draft") -> None:
        """From now on fields and draft hold the same: first of all, what stands in the fields already."""
        self._draft = draft
        typed = {
            loc: value
            for loc, binding in self.bindings.items()
            if (value := binding.read()) != draft.get(loc)
        }
        unwatch = draft.watch(self._changed)
        self.destroyed.connect(lambda: unwatch())
        for loc, value in typed.items():
            self.bindings[loc].edited = True
            draft.put(loc, value)

    def bind(
        self,
        loc: Loc,
        widget: QWidget,
        note: Note,
        changed: SignalInstance,
        read: Callable[[], V],
        write: Callable[[V], None],
        *,
        atomic: bool = False,
    ) -> None:
        """Binds one field both ways: `read` and `write` speak the draft's type.

        `atomic`: its value is never half typed, so what there is to say about it is said at once.
        """
        name = ".".join(map(str, loc))
        widget.setObjectName(name)
        widget.setAccessibleIdentifier(name)
        note.setObjectName(f"{name}.note")
        self.bindings[loc] = FieldBinding(widget, note, read, write, atomic)
        if self._draft is not None:
            write(self._draft.get(loc))
        changed.connect(lambda *_: self._typed(loc))

    def bind_line(self, loc: Loc, line: LineField, note: Note) -> None:
        self.bind(loc, line, note, line.textChanged, line.text, line.setText)

    def bind_text(self, loc: Loc, text: TextField, note: Note) -> None:
        self.bind(loc, text, note, text.textChanged, text.toPlainText, text.setPlainText)

    def bind_choice(self, loc: Loc, box: ChoiceField[V], note: Note) -> None:
        self.bind(loc, box, note, box.currentIndexChanged, box.value, box.set_value)

    def bind_secret(self, loc: Loc, line: LineField, note: Note) -> None:
        """The draft holds a `SecretStr`, and None for an empty line."""

        from pydantic import SecretStr

        def read() -> SecretStr | None:
            return SecretStr(line.text()) if line.text() else None

        def write(secret: SecretStr | None) -> None:
            line.setText(secret.get_secret_value() if secret else "")

        self.bind(loc, line, note, line.textChanged, read, write)
        line.editingFinished.connect(lambda: learn(line.text()))

    def _typed(self, loc: Loc) -> None:
        binding = self.bindings[loc]
        if self._draft is not None and (value := binding.read()) != self._draft.get(loc):
            binding.edited = True
            self._draft.put(loc, value)

    def locs(self) -> list[Loc]:
        return list(self.bindings)

    def widget(self, loc: Loc) -> QWidget:
        return self.bindings[loc].widget

    def focused(self) -> Loc | None:
        """The field that the cursor is in."""
        now = QApplication.focusWidget()
        return next((loc for loc, binding in self.bindings.items() if binding.holds(now)), None)

    @property
    def is_checked(self) -> bool:
        """Whether the problems that are shown are those of what stands in the fields now."""
        return not self._soon.isActive()

    # Problems.

    def show_all_problems(self) -> list[Problem]:
        """From now on every field in view, and every one that has a problem, shows it; gives those that block."""
        self._added = [problem for problem in self._added if not problem.blocks]
        problems = self._all_problems()
        wrong = {self._nearest(problem.loc) for problem in problems}
        for loc, binding in self.bindings.items():
            binding.touched = binding.touched or loc in wrong or binding.widget.isVisibleTo(self._parent)
        self._place(problems)
        return [problem for problem in problems if problem.blocks]

    def add_problems(self, problems: Iterable[Problem]) -> None:
        """What somebody else found wrong; each stays until its field changes."""
        self._added.extend(problems)
        for problem in self._added:
            if (loc := self._nearest(problem.loc)) in self.bindings:
                self.bindings[loc].touched = True
        self.recheck()

    def add_note(self, problem: Problem) -> None:
        """What was not taken into a field, or is to be known of what was: it stays, whatever else it takes."""
        self._notes.append(problem)
        self._soon.start()

    def clear_notes(self, loc: Loc) -> None:
        """What was told about a field is over: somebody tries again."""
        self._added = [problem for problem in self._added if problem.loc != loc]
        self._notes = [problem for problem in self._notes if problem.loc != loc]
        self._soon.start()

    def remove_problems(self, problems: Iterable[Problem]) -> None:
        """These are no longer so, whoever said them."""
        over = list(problems)
        self._added = [problem for problem in self._added if problem not in over]
        self._soon.start()

    def reset(self) -> None:
        """Empty fields begin anew; what is still filled in goes on to say what is wrong with it."""
        for binding in self.bindings.values():
            has_value = binding.read() not in ("", None, [])
            binding.edited, binding.touched = binding.edited and has_value, binding.touched and has_value
        self._added, self._notes = [], []
        self.recheck()

    def unplaced_problems(self) -> list[Problem]:
        """The problems that belong to no field."""
        return [problem for problem in self._problems if self._nearest(problem.loc) == ()]

    def shown_problems(self) -> list[Problem]:
        """The problems that block and are in view, in the order of the fields."""
        order = {loc: number for number, loc in enumerate(((), *self.bindings))}
        placed = [(self._nearest(problem.loc), problem) for problem in self._problems if problem.blocks]
        seen = [
            (order[loc], problem) for loc, problem in placed if loc == () or self.bindings[loc].shows(problem)
        ]
        return [problem for _, problem in sorted(seen, key=lambda one: one[0])]

    def caption(self, problem: Problem) -> str:
        """What the field of a problem is called; "" for one without a label."""
        binding = self.bindings.get(self._nearest(problem.loc))
        labels = binding.widget.window().findChildren(Caption) if binding else []
        own = (label for label in labels if binding and label.buddy() is binding.widget)
        return next((label.accessibleName() or label.text() for label in own), "")

    def focus_first_problem(self) -> None:
        """Puts the focus into the first field that has a problem."""
        for problem in self.shown_problems():
            if (loc := self._nearest(problem.loc)) != ():
                self.focus(loc)
                return

    def focus(self, loc: Loc) -> None:
        """Puts the focus into a field, and opens what hides it."""
        widget = self.bindings[loc].widget
        parent = widget.parentWidget()
        while parent is not None:
            if isinstance(parent, Fold):
                parent.set_open(True)
            parent = parent.parentWidget()
        widget.setFocus(Qt.FocusReason.OtherFocusReason)

    def recheck(self) -> None:
        """Looks for the problems anew, and shows each at its field."""
        if self._draft is not None:
            self._place(self._all_problems())

    def _place(self, problems: list[Problem]) -> None:
        self._soon.stop()
        self._problems = problems
        texts: dict[Loc, list[Problem]] = {loc: [] for loc in self.bindings}
        for problem in self._problems:
            if (loc := self._nearest(problem.loc)) != ():
                texts[loc].append(problem)
        for loc, binding in self.bindings.items():
            _show(binding, self._in_view(binding, texts[loc]))
        self.checked.emit()

    def _all_problems(self) -> list[Problem]:
        """The newest first: what came of the last thing that somebody did is said before what was known."""
        return [*reversed(self._notes), *self._added, *self._check()]

    def _in_view(self, binding: FieldBinding, problems: list[Problem]) -> list[Problem]:
        """What a field says. How a launch will go is no matter while something holds it back."""
        shown = list(filter(binding.shows, problems))
        if not any(problem.blocks for problem in shown):
            return shown
        return [one for one in shown if one.blocks or one.is_severe or one in self._notes]

    def _focus_moved(self, old: QWidget | None, now: QWidget | None) -> None:
        """A field is left when the focus goes elsewhere in its window: not into a list or dialog of its own.

        Not to the kind either: another one has other fields.
        """
        if old is None or now is None or old.window() is not now.window():
            return
        kind = self.bindings.get(_KIND)
        for binding in self.bindings.values():
            if (
                binding.edited
                and binding.holds(old)
                and not binding.holds(now)
                and not (kind and kind.holds(now))
            ):
                binding.touched = True
                self._soon.start()

    def _nearest(self, loc: Loc) -> Loc:
        """The nearest tied field at or above a place; () is the banner."""
        while loc and loc not in self.bindings:
            loc = loc[:-1]
        return loc

    def _changed(self, where: Loc) -> None:
        assert self._draft is not None
        for loc, binding in self.bindings.items():
            if _on_the_way(loc, where):
                wanted = self._draft.get(loc)
                if binding.read() != wanted:  # no echo: the cursor stays
                    binding.write(wanted)
        self._added = [one for one in self._added if not _on_the_way(self._nearest(one.loc), where)]
        self._soon.start()


def column(
    caption: str, widget: QWidget, note: Note, *, grows: bool = False, spoken: str = ""
) -> QVBoxLayout:
    """A field with its label above and its note below; one that `grows` takes the height that is left.

    `spoken` is the label for screen readers, which do not see beside what it stands.
    """
    layout = QVBoxLayout()
    layout.setSpacing(LABEL_GAP)
    label = Caption(caption, widget)
    label.setAccessibleName(spoken)
    layout.addWidget(label)
    layout.addWidget(widget, int(grows))
    note.belongs_to(label)
    layout.addWidget(note)
    if not grows:
        layout.addStretch()
    return layout


def caption_of(layout: QVBoxLayout) -> Caption:
    """The label above the field of such a column, where its words depend on something."""
    top = layout.itemAt(0)
    caption = top.widget() if top else None
    assert isinstance(caption, Caption)
    return caption


def _on_the_way(loc: Loc, where: Loc) -> bool:
    """Whether a change at one place concerns the other: 20 MB of images must cost a key nothing."""
    return loc == where[: len(loc)] or where == loc[: len(where)]


def _show(binding: FieldBinding, shown: list[Problem]) -> None:
    level: Level = "problem" if any(problem.blocks or problem.is_severe for problem in shown) else "warning"
    text = "\n".join(dict.fromkeys(map(messages.problem, shown)))
    if binding.shown == (said := (text, level if shown else None)):
        return  # twenty fields at each key
    binding.shown = said
    binding.note.set_message(text, level)
    binding.widget.setAccessibleDescription(binding.note.text())
    if isinstance(binding.widget, Marked):
        binding.widget.set_problem(level if shown else None)
