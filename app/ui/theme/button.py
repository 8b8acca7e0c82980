"""The button: one primary on a screen, tonal for the first action of a pane, plain and ghost for the rest.

Where the one action is to destroy something, it is in the colour of failures.
"""

from enum import Enum, auto
from math import ceil

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.text import in_own_direction
from app.ui.theme.icons import draw_icon
from app.ui.theme.paint import draw_box, draw_ring, mirrored
from app.ui.theme.pressable import Pressable
from app.ui.theme.sizes import CONTROL, CONTROL_SMALL, GAP, ICON, RADIUS, control_height, font
from app.ui.theme.theme import colours

_RETURN = "⏎"
_SIGN = 9  # px that the drawn sign takes of its line
_BUSY_ICON = "again"
_PRESSES = (Qt.Key.Key_Space, Qt.Key.Key_Select, Qt.Key.Key_Return, Qt.Key.Key_Enter)


class ButtonKind(Enum):
    """How loud a button is."""

    PRIMARY = auto()
    DANGER = auto()
    """As loud, for what cannot be undone."""
    TONAL = auto()
    PLAIN = auto()
    GHOST = auto()


_FROM_THE_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter
_FILLED = (ButtonKind.PRIMARY, ButtonKind.DANGER)


class Button(Pressable):
    """A button that paints itself. `hint` names its shortcut; fonts lack the sign ⏎, so it is drawn.

    `busy` is the longest text that `set_busy` will get, so that there is room for it from the start.
    It takes the focus from the Tab key only, so that a click leaves the cursor in the text.
    """

    def __init__(
        self,
        text: str,
        kind: ButtonKind = ButtonKind.PLAIN,
        icon: str | None = None,
        hint: str = "",
        small: bool = False,
        *,
        busy: str = "",
        name: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent, name=name)
        self._kind = kind
        self._icon = icon
        self._hint = hint
        self._hint_shown = True
        self._small = small
        self._busy: str | None = None
        self._longest_busy = busy
        self.setText(text)
        self.setFont(self._text_font())
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_kind(self, kind: ButtonKind) -> None:
        """Become louder or quieter: there is one primary button on a screen."""
        self._kind = kind
        self.setFont(self._text_font())
        self.updateGeometry()
        self.update()

    def show_hint(self, shown: bool) -> None:
        """The name of the shortcut goes where room is short."""
        self._hint_shown = shown
        self.updateGeometry()
        self.update()

    def set_busy(self, text: str | None) -> None:
        """Say what the button is doing and take no press meanwhile, at the same width; None is rest again."""
        self._busy = text
        self.setAccessibleName(text or "")
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as text, icon and shortcut need, and the busy text if one was announced."""
        content = self._width_of(self.text(), self._icon, self._shown_hint())
        if self._longest_busy:
            content = max(content, self._width_of(self._longest_busy, _BUSY_ICON, ""))
        return QSize(content + 2 * self._padding(), self._height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def hitButton(self, pos: QPoint) -> bool:
        """A busy button takes no press."""
        return self._busy is None and self.rect().contains(pos)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A busy button takes no press."""
        if self._busy is None or event.key() not in _PRESSES:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        box = QRectF(self.rect())
        fill, border, ink = self._paints()
        if fill is not None or border is not None:
            draw_box(painter, box, RADIUS, fill=fill, border=border)
        if self.hasFocus():
            inner = colours().on_accent if self._kind in _FILLED else None
            draw_ring(painter, box, RADIUS, colours().focus, inner)
        self._draw_content(painter, ink)

    def _draw_content(self, painter: QPainter, ink: QColor) -> None:
        text, icon, hint = self.text(), self._icon, self._shown_hint()
        if self._busy is not None:
            text, icon, hint = self._busy, _BUSY_ICON, ""
        room = self.width() - 2 * self._padding()
        if self._width_of(text, icon, hint) > room:
            icon = None if self._busy is not None else icon
        x = self._padding() + max(0, (room - self._width_of(text, icon, hint)) // 2)
        if icon is not None:
            draw_icon(painter, mirrored(self, QRect(x, 0, ICON, self.height())), icon, ink)
            x += ICON + GAP
        metrics = QFontMetrics(self.font())
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, self.width() - x - GAP)
        painter.setFont(self.font())
        painter.setPen(ink)
        width = _advance(self.font(), shown)
        place = mirrored(self, QRect(x, 0, width + 1, self.height()))
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, in_own_direction(shown))
        if hint:
            place = QRect(x + width + GAP, 0, shortcut_width(hint), self.height())
            draw_shortcut(painter, mirrored(self, place), hint, ink)

    def _paints(self) -> tuple[QColor | None, QColor | None, QColor]:
        """Ground, border and ink of the button's present state."""
        c = colours()
        if not self.isEnabled():
            return {
                ButtonKind.PRIMARY: (c.sunken, c.line, c.text_3),
                ButtonKind.DANGER: (c.sunken, c.line, c.text_3),
                ButtonKind.TONAL: (c.sunken, c.line, c.text_3),
                ButtonKind.PLAIN: (None, c.line, c.text_3),
                ButtonKind.GHOST: (None, None, c.text_3),
            }[self._kind]
        pressed = self.isDown()
        hovered = self.underMouse() and self._busy is None
        if self._kind is ButtonKind.PRIMARY:
            ground = c.accent_press if pressed else c.accent_hover if hovered else c.accent
            return ground, None, c.on_accent
        if self._kind is ButtonKind.DANGER:
            ground = c.bad_press if pressed else c.bad_hover if hovered else c.bad
            return ground, None, c.on_accent
        if self._kind is ButtonKind.TONAL:
            border = c.accent_text if pressed else c.line_strong if hovered else None
            return c.accent_soft, border, c.accent_text
        lit = c.sunken if pressed else c.hover if hovered else None
        if self._kind is ButtonKind.PLAIN:
            return c.surface if lit is None else lit, c.line, c.text
        return lit, None, c.text if hovered else c.text_2

    def _shown_hint(self) -> str:
        return self._hint if self._hint_shown else ""

    def _padding(self) -> int:
        wide = self._kind in _FILLED
        return (17 if wide else 11) if self._small else (17 if wide else 13)

    def _height(self) -> int:
        return control_height(CONTROL_SMALL, "label") if self._small else control_height(CONTROL, "body")

    def _text_font(self) -> QFont:
        loud = self._kind in (*_FILLED, ButtonKind.TONAL)
        if self._small:
            return font("label_strong" if loud else "label")
        return font("strong" if loud else "body")

    def _width_of(self, text: str, icon: str | None, hint: str) -> int:
        width = _advance(self.font(), text)
        if icon is not None:
            width += ICON + GAP
        if hint:
            width += GAP + shortcut_width(hint)
        return width


def shortcut_width(hint: str) -> int:
    """How wide `draw_shortcut` will be, in logical pixels."""
    return sum(_SIGN if part == _RETURN else _advance(font("label"), part) for part in _parts(hint))


def draw_shortcut(painter: QPainter, rect: QRect, hint: str, ink: QColor) -> None:
    """Draw the name of a shortcut from the left of `rect`, always: so it stands on the keys."""
    quiet = QColor(ink)
    quiet.setAlphaF(0.85)
    painter.setFont(font("label"))
    painter.setPen(quiet)
    x = rect.x()
    for part in _parts(hint):
        if part == _RETURN:
            draw_icon(painter, QRect(x - 2, rect.y(), 12, rect.height()), "return", quiet)
            x += _SIGN
        else:
            painter.drawText(QRect(x, rect.y(), rect.width(), rect.height()), _FROM_THE_LEFT, part)
            x += _advance(font("label"), part)


def _advance(face: QFont, text: str) -> int:
    return ceil(QFontMetricsF(face).horizontalAdvance(text))


def _parts(hint: str) -> list[str]:
    before, sign, after = hint.partition(_RETURN)
    return [part for part in (before, sign, after) if part]
