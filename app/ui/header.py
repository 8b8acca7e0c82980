"""The header: which server this is, how we stand with it, and the switch of a narrow window."""

from datetime import UTC, datetime
from enum import StrEnum
from math import ceil

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFontMetrics, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app import formats, messages
from app.core.connection_status import ConnectionState, ConnectionStatus
from app.core.servers import Server, ServerFacts
from app.errors import NoAnswer, Remedy, Unreachable, UnsupportedServer
from app.translation import gettext as _
from app.ui.text import in_own_direction, plain_text, set_tooltip
from app.ui.theme import Button, ButtonKind, Segments, Shape, announce, colours, draw_shape
from app.ui.theme.colours import ColourName
from app.ui.theme.paint import draw_box, draw_line, draw_ring, mirrored
from app.ui.theme.pressable import Pressable
from app.ui.theme.sizes import CONTROL, GAP, HEADER, ICON, LINE, RADIUS, control_height, font
from app.ui.theme.theme import colour


class Side(StrEnum):
    NEW = "new"
    SESSIONS = "sessions"


_NAME_LEFT = GAP + ICON + GAP // 2
_DOTS: dict[ConnectionState, ColourName] = {
    ConnectionState.LOOKING: "dot_off",
    ConnectionState.CONNECTED: "run",
    ConnectionState.AWAY: "needs",
    ConnectionState.NOT_OPENHANDS: "bad",
    ConnectionState.UNSUPPORTED: "bad",
    ConnectionState.KEY_NEEDED: "needs",
    ConnectionState.KEY_REFUSED: "bad",
}


class Header(QWidget):
    """Says connected, away since when and when the next try is, or that the key is refused."""

    server_wanted = Signal()
    try_wanted = Signal()
    side_chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._server: Server | None = None
        self._facts = ServerFacts()
        self._status = ConnectionStatus()
        self._told = ConnectionState.LOOKING
        """How we stood when it was last announced."""
        self.setObjectName("header")
        self.setAccessibleIdentifier("header")
        self.server = ServerButton()
        self.server.clicked.connect(self.server_wanted)
        self.try_now = Button(_("Try now"), ButtonKind.PLAIN, small=True, name="try_now")
        self.try_now.clicked.connect(self.try_wanted)
        self.enter_key = Button(
            _(messages.REMEDIES[Remedy.ENTER_KEY]), ButtonKind.PLAIN, small=True, name="enter_key"
        )
        self.enter_key.clicked.connect(self.server_wanted)
        self.sides: Segments[Side] = Segments(
            _("What is shown"), [(Side.NEW, _("New")), (Side.SESSIONS, _("Sessions"))]
        )
        self.sides.setObjectName("sides")
        self.sides.changed.connect(self.side_chosen)
        self._tick = QTimer(self, interval=1000)
        self._tick.timeout.connect(self._say)
        self._place()
        self._say()

    def show_server(self, server: Server | None) -> None:
        self._server = server
        self._facts, self._status = ServerFacts(), ConnectionStatus()
        self._told = ConnectionState.LOOKING
        self._say()

    def show_status(self, connected: ConnectionStatus, facts: ServerFacts) -> None:
        self._status, self._facts = connected, facts
        self._say()
        if connected.state is not self._told:
            announce(self.server, self._news())
            self._told = connected.state

    def set_narrow(self, narrow: bool) -> None:
        self.sides.setVisible(narrow)
        self.server.set_short(narrow)

    def _say(self) -> None:
        waits = self._status.next_try is not None
        self.try_now.setVisible(waits)
        self.enter_key.setVisible(self._status.state.wants_key)
        (self._tick.start if waits else self._tick.stop)()
        if self._server is None:
            self.server.set_name("dot_off", _("No server yet"), "")
        else:
            dot = _DOTS[self._status.state]
            countdown = self._next_try() if waits else ""
            self.server.set_name(
                dot, self._name(self._server), self._standing(), countdown, short=self._in_short()
            )

    def _news(self) -> str:
        """What has changed for the worse, or for the better again; that all is well from the start is no news."""
        if self._status.error:
            return messages.error(self._status.error, of_launch=False).title
        is_back = (
            self._status.state is ConnectionState.CONNECTED and self._told is not ConnectionState.LOOKING
        )
        return _("The server answers again.") if is_back else ""

    def _name(self, server: Server) -> str:
        return _("Demo") if server.is_demo else server.address.place

    def _standing(self) -> str:
        state, since = self._status.state, self._status.since
        if state is ConnectionState.CONNECTED:
            return " · ".join(filter(None, (_("connected"), self._what_it_is())))
        if state is ConnectionState.AWAY and since is not None:
            return self._away_since(since)
        if isinstance(error := self._status.error, UnsupportedServer):
            return _("{product} is not supported").format(product=error.product)
        return state.word

    def _in_short(self) -> str:
        """What a narrow window has room for: nothing while all is well."""
        return self._status.state.word

    def _what_it_is(self) -> str:
        if self._server and self._server.is_demo:
            return _("nothing here is real")
        version = self._facts.version
        return _("OpenHands {version}").format(version=version) if version else ""

    def _away_since(self, since: datetime) -> str:
        error = self._status.error
        if error is not None and not isinstance(error, Unreachable) and type(error) is not NoAnswer:
            return messages.error(error, of_launch=False).title.rstrip(".")
        return _("away since {time}").format(time=formats.clock(since))

    def _next_try(self) -> str:
        at = self._status.next_try
        seconds = max(0, round((at - datetime.now(UTC)).total_seconds())) if at else 0
        return _("next try in {n} s").format(n=seconds) if seconds else _("trying…")

    def _place(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(GAP + 1, 0, GAP * 2, LINE)
        row.setSpacing(GAP)
        row.addWidget(self.server)
        row.addWidget(self.try_now)
        row.addWidget(self.enter_key)
        row.addStretch(1)
        row.addWidget(self.sides)
        self.setFixedHeight(control_height(HEADER, "strong"))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), colours().surface)
        bottom = self.height() - LINE
        draw_line(painter, QPointF(0, bottom), QPointF(self.width(), bottom), colours().line)


class ServerButton(Pressable):
    """Dot, name, how we stand; pressing it leads to the page of servers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, name="server")
        self._dot: ColourName = "dot_off"
        self._name = ""
        self._standing = ""
        self._in_short = ""
        self._short = False
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setAccessibleDescription(_("Opens the servers page"))

    def set_name(
        self, dot: ColourName, name: str, standing: str, countdown: str = "", *, short: str = ""
    ) -> None:
        """The countdown is for the eye: a name that changed every second would be read out every second."""
        self._dot = dot
        self._name = plain_text(name, single_line=True)
        self._standing = " · ".join(
            plain_text(part, single_line=True) for part in (standing, countdown) if part
        )
        self._in_short = short
        spoken = plain_text(standing, single_line=True).replace(" · ", ", ")
        self.setAccessibleName(f"{self._name}, {spoken}" if spoken else self._name)
        set_tooltip(self, f"{self._name} · {self._standing}" if standing else "")
        self.updateGeometry()
        self.update()

    def standing(self) -> str:
        return self._standing

    def set_short(self, short: bool) -> None:
        """In a narrow window only what is wrong is said beside the name, in a word."""
        self._short = short
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        name = ceil(QFontMetricsF(font("strong")).horizontalAdvance(self._name)) + 1
        standing = ceil(QFontMetricsF(font("label")).horizontalAdvance(self._shown()))
        width = _NAME_LEFT + name + (GAP + standing if standing else 0) + GAP
        return QSize(width, control_height(CONTROL, "strong"))

    def minimumSizeHint(self) -> QSize:
        return QSize(96, control_height(CONTROL, "strong"))

    def paintEvent(self, event: QPaintEvent) -> None:
        c = colours()
        painter = QPainter(self)
        box = QRectF(self.rect())
        if self.underMouse() or self.isDown():
            draw_box(painter, box, RADIUS, fill=c.hover)
        if self.hasFocus():
            draw_ring(painter, box, RADIUS, c.focus)
        dot = mirrored(self, QRect(GAP, (self.height() - ICON) // 2, ICON, ICON))
        draw_shape(painter, dot, Shape.DOT, colour(self._dot))
        x = _NAME_LEFT
        x += self._text(painter, "strong", c.text, self._name, x, self.width() - x - GAP) + GAP
        self._text(painter, "label", c.text_3, self._shown(), x, self.width() - x - GAP)

    def _text(self, painter: QPainter, role: str, ink: QColor, text: str, x: int, room: int) -> int:
        face = font("strong" if role == "strong" else "label")
        metrics = QFontMetrics(face)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0, room))
        painter.setFont(face)
        painter.setPen(ink)
        place = mirrored(self, QRect(x, 0, max(0, room), self.height()))
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, in_own_direction(shown))
        return metrics.horizontalAdvance(shown)

    def _shown(self) -> str:
        return self._in_short if self._short else self._standing
