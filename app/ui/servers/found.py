"""The card of the server that was found on this machine."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.translation import gettext as _
from app.ui.theme import Button, ButtonKind, Card, Heading, Icon, Label
from app.ui.theme.card import PADDING
from app.ui.theme.sizes import GAP, LABEL_GAP


class FoundCard(Card):
    """Offers the server on this machine; hidden until one was found."""

    used = Signal(bool)
    """Somebody takes it; True when it needs a key first."""

    def __init__(self, address: str, parent: QWidget | None = None) -> None:
        super().__init__("accent", parent)
        self.setObjectName("local")
        self._address = address
        self._needs_key = False
        self._about = Label("", "label", "text_2", wrap=True)
        use = Button(_("Use it"), ButtonKind.PRIMARY, small=True, name="use_local")
        use.clicked.connect(lambda: self.used.emit(self._needs_key))
        words = QVBoxLayout()
        words.setSpacing(LABEL_GAP)
        words.addWidget(Heading(_("Found on this computer"), "strong", wrap=True))
        words.addWidget(self._about)
        row = QHBoxLayout(self)
        row.setContentsMargins(PADDING, PADDING - 3, PADDING, PADDING - 3)
        row.setSpacing(GAP + 2)
        row.addWidget(Icon("server", "text"), 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        row.addWidget(use, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    def show_found(self, about: str, *, needs_key: bool) -> None:
        self._needs_key = needs_key
        self._about.setText(f"{self._address} · {about}")
        self.show()
