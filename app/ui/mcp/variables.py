"""Environment variables: a name and a masked value each."""

from pydantic import SecretStr
from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.core.mcp import Variable
from app.core.secret_values import is_secret
from app.redaction import learn
from app.translation import gettext as _
from app.ui.theme import Button, ButtonKind, IconButton, LineField
from app.ui.theme.sizes import GAP


class VariablesField(QWidget):
    """Rows of name and value; a row with neither is not there."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[_Row] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GAP)
        self._add = Button(_("Add variable"), ButtonKind.PLAIN, icon="plus", small=True, name="add_variable")
        self._add.clicked.connect(self._add_row)
        self._column.addWidget(self._add)
        self._count()

    def variables(self) -> list[Variable]:
        return [variable for row in self._rows if any(variable := row.variable())]

    def set_variables(self, variables: list[Variable]) -> None:
        with QSignalBlocker(self):
            for row in tuple(self._rows):
                self._take(row)
            for name, value in variables:
                self._new_row(name, value)
        self.changed.emit()

    def focus_value(self, name: str) -> None:
        """Puts the cursor into the value of this variable, with all of it selected."""
        for row in self._rows:
            if row.name.text().strip() == name:
                row.value.setFocus()
                row.value.selectAll()

    def _add_row(self) -> None:
        self._new_row("", SecretStr("")).name.setFocus()

    def _new_row(self, name: str, value: SecretStr) -> "_Row":
        row = _Row(name, value)
        row.changed.connect(self.changed)
        row.removed.connect(lambda: self._take(row))
        self._rows.append(row)
        self._column.insertWidget(self._column.count() - 1, row)
        self._count()
        return row

    def _take(self, row: "_Row") -> None:
        self._rows.remove(row)
        self._count()
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()
        self.changed.emit()

    def _count(self) -> None:
        """The first row is where the field is entered; each says to screen readers which it is."""
        self.setFocusProxy(self._rows[0].name if self._rows else self._add)
        for number, row in enumerate(self._rows):
            row.stand_at(number, self.objectName())


class _Row(QWidget):
    changed = Signal()
    removed = Signal()

    def __init__(self, name: str, value: SecretStr) -> None:
        super().__init__()
        self.name = LineField(placeholder="API_TOKEN")
        self.name.setText(name)
        self.value = LineField(password=True)
        self.value.setText(value.get_secret_value())
        self._remove = IconButton("close", _("Remove variable"))
        self._remove.clicked.connect(self.removed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(self.name, 2)
        row.addWidget(self.value, 3)
        row.addWidget(self._remove)
        for line in (self.name, self.value):
            line.textChanged.connect(self.changed)
        self.value.editingFinished.connect(self._learn)

    def stand_at(self, place: int, field: str) -> None:
        """Its place among the rows of the field: each says to screen readers which it is."""
        number = place + 1
        self.name.setAccessibleName(_("Name of variable {number}").format(number=number))
        self.value.setAccessibleName(_("Value of variable {number}").format(number=number))
        self._remove.belongs_to(_("variable {number}").format(number=number))
        for part, widget in (("name", self.name), ("value", self.value), ("remove", self._remove)):
            widget.setObjectName(f"{field}.{place}.{part}")
            widget.setAccessibleIdentifier(f"{field}.{place}.{part}")

    def _learn(self) -> None:
        if is_secret(self.name.text(), self.value.text()):
            learn(self.value.text())

    def variable(self) -> Variable:
        return self.name.text().strip(), SecretStr(self.value.text())
