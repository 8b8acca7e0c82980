"""The foot of the form: one sentence about the launch to come, and the button that starts it."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.translation import gettext as _
from app.ui.theme import Button, ButtonKind, Hairline, Label
from app.ui.theme.colours import ColourName
from app.ui.theme.sizes import GAP, MARGIN, line_height

_NARROW = 400


class Foot(QWidget):
    """Launch, Cancel while one is out, Undo after the form was cleared."""

    launched = Signal()
    cancelled = Signal()
    undone = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentence = Label("", "label", "text_2")
        self._sentence.setWordWrap(True)
        self._sentence.setObjectName("sentence")
        self.launch = Button(_("Launch"), ButtonKind.PRIMARY, icon="send", hint="Ctrl ⏎", name="launch")
        self.cancel = Button(_("Cancel"), ButtonKind.GHOST, name="cancel_launch")
        self.undo = Button(_("Restore text"), ButtonKind.GHOST, name="undo")
        for button, signal in (
            (self.launch, self.launched),
            (self.cancel, self.cancelled),
            (self.undo, self.undone),
        ):
            button.clicked.connect(signal)
        self.cancel.hide()
        self.undo.hide()
        self._place()

    def set_sentence(self, text: str, ink: ColourName = "text_2") -> None:
        self._sentence.set_ink(ink)
        self._sentence.setText(text)

    def sentence(self) -> str:
        return self._sentence.text()

    def set_sending(self, sending: bool) -> None:
        self.setMinimumHeight(self.height() if sending else 0)  # a shorter sentence moves nothing meanwhile
        self.launch.set_busy(_("Launching…") if sending else None)
        self.cancel.setVisible(sending)

    def offer_undo(self, offered: bool) -> None:
        self.undo.setVisible(offered)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow window the sentence has a line of its own above the buttons."""
        super().resizeEvent(event)
        is_narrow = event.size().width() < _NARROW
        self.launch.show_hint(not is_narrow)
        lines = 1 if is_narrow else 2  # beside the buttons a second line moves nothing
        self._sentence.setMinimumHeight(lines * line_height("label"))
        upright, flat = QBoxLayout.Direction.TopToBottom, QBoxLayout.Direction.LeftToRight
        self._row.setDirection(upright if is_narrow else flat)

    def _place(self) -> None:
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._row.setContentsMargins(MARGIN, GAP + 4, MARGIN, GAP + 4)
        self._row.setSpacing(GAP)
        self._row.addWidget(self._sentence, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(GAP)
        buttons.addStretch()
        for button in (self.undo, self.cancel, self.launch):
            buttons.addWidget(button)
        self._row.addLayout(buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(Hairline())
        column.addLayout(self._row)
