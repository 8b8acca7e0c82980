"""The field of one line."""

from PySide6.QtCore import QEvent, QRect, Qt
from PySide6.QtGui import (
    QColor,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
)
from PySide6.QtWidgets import QLineEdit, QWidget

from app.translation import gettext as _
from app.ui.theme.composition import Composing
from app.ui.theme.frame import FieldFrame, Level
from app.ui.theme.icon_button import IconButton
from app.ui.theme.icons import draw_icon
from app.ui.theme.paint import mirrored
from app.ui.theme.sizes import CONTROL, CONTROL_SMALL, GAP, ICON, control_height
from app.ui.theme.theme import colours

_PADDING = 11
_BUILT_IN = 2  # QLineEdit keeps these pixels beside its text whatever its margins are
_EYE = 24


class LineField(Composing, QLineEdit):
    """A line of text in our frame; a `password` is hidden until its eye is pressed."""

    def __init__(
        self,
        *,
        icon: str | None = None,
        placeholder: str = "",
        password: bool = False,
        small: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._icon = icon
        self._frame = FieldFrame(self)
        self._eye = self._make_eye() if password else None
        self.setFrame(False)
        self.setPlaceholderText(placeholder)
        self.setFixedHeight(control_height(CONTROL_SMALL if small else CONTROL, "body"))
        self._set_margins()
        self._clear_ground()

    def set_problem(self, level: Level | None) -> None:
        """Mark the border for a problem or a warning; None takes the mark away."""
        self._frame.set_problem(level)

    def setAccessibleName(self, name: str) -> None:
        """Also says whose value the eye shows."""
        super().setAccessibleName(name)
        if self._eye is not None:
            self._eye.belongs_to(name)

    def setText(self, text: str | None) -> None:
        """A text that nobody types is shown from its first letter."""
        super().setText(text)
        if not self.hasFocus():
            self.setCursorPosition(0)

    def leave(self) -> None:
        """A text that is longer than the line is shown from its first letter again."""
        self.setCursorPosition(0)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._frame.paint(painter)
        if self._icon:
            place = mirrored(self, QRect(_PADDING, 0, ICON, self.height()))
            draw_icon(painter, place, self._icon, colours().text_2)
        painter.end()
        super().paintEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._eye is not None:
            x = self.width() - _EYE - (_PADDING - (_EYE - ICON) // 2)
            self._eye.setGeometry(mirrored(self, QRect(x, (self.height() - _EYE) // 2, _EYE, _EYE)))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.LayoutDirectionChange:
            self._set_margins()

    def _set_margins(self) -> None:
        """Room for the icon and the eye; Qt mirrors text, but not its margins."""
        begin = _PADDING - _BUILT_IN + (ICON + GAP if self._icon else 0)
        end = _PADDING - _BUILT_IN + (_EYE if self._eye is not None else 0)
        self.setTextMargins(*((end, 0, begin, 0) if self.isRightToLeft() else (begin, 0, end, 0)))

    def _clear_ground(self) -> None:
        """The style fills the whole rectangle; our frame has round corners and fills itself."""
        palette = QPalette()
        palette.setColor(QPalette.ColorRole.Base, QColor(Qt.GlobalColor.transparent))
        self.setPalette(palette)

    def _make_eye(self) -> IconButton:
        self.setEchoMode(QLineEdit.EchoMode.Password)
        eye = IconButton("eye", _("Show"), _EYE, self)
        eye.setCursor(Qt.CursorShape.ArrowCursor)
        eye.clicked.connect(self._look)
        return eye

    def _look(self) -> None:
        assert self._eye is not None
        hidden = self.echoMode() is QLineEdit.EchoMode.Password
        self.setEchoMode(QLineEdit.EchoMode.Normal if hidden else QLineEdit.EchoMode.Password)
        self._eye.set_icon("eye-off" if hidden else "eye", _("Hide") if hidden else _("Show"))
