"""The main window: it places the panes, and says what concerns all of them."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QScreen,
    QShortcut,
    QShowEvent,
)
from PySide6.QtWidgets import QMainWindow, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app import messages
from app.core.servers import LOCAL
from app.core.tasks import Tasks
from app.errors import Remedy
from app.translation import gettext as _
from app.ui.header import Header, Side
from app.ui.launch.pane import LaunchPane
from app.ui.tab_order import order_tabs
from app.ui.theme import Bar, colours
from app.ui.theme.bar import BarLevel
from app.ui.theme.key_repeat import watch_releases
from app.ui.theme.sizes import FORM_WIDTH, GAP, LINE, LIST_MIN, ONE_PANE_BELOW, WINDOW, smallest_window
from app.ui.window_placement import fit

if TYPE_CHECKING:
    from app.ui.servers.page import ServersPage
    from app.ui.sessions.pane import SessionsPane


class MainWindow(QMainWindow):
    """Header, form and list; below 840 pixels one of the two at a time.

    A QMainWindow only for its role: to a screen reader any other widget is no window.
    It comes with header and form, so that they are painted soon; `complete` adds what nobody waits for.
    What belongs to a launch is said over the form. The bar here is for the rest: it is seen whatever is shown.
    """

    closed = Signal()
    close_put_off = Signal()
    """Somebody closed it while it was awaited: it takes no more input, and whoever hears this closes it soon."""
    remedy_wanted = Signal(Remedy)
    hidden_changed = Signal(bool)
    refresh_wanted = Signal()
    """What the server says is to be read anew."""
    painted = Signal()
    """For the first time, all that it shows."""
    servers: "ServersPage"
    sessions: "SessionsPane"

    def __init__(self, tasks: Tasks, local: str = LOCAL) -> None:
        super().__init__()
        self.setWindowTitle("OpenHands Launcher")
        self.setObjectName("window")
        self.header = Header()
        self.bar = Bar()
        self.bar.setObjectName("window_bar")
        self.bar.setAccessibleIdentifier("window_bar")
        self._over = QWidget()
        """Keeps the bar off the edges; without a message it takes no room."""
        self._remedy = Remedy.NONE
        self._tasks = tasks
        self._local = local
        self._is_complete = self._is_closing = False
        self.is_awaited: Callable[[], bool] = lambda: False
        """Whether something is out that closing would cut off."""
        self._was_painted = False
        self.launch = LaunchPane(tasks)
        self._left = QStackedWidget()
        self._left.addWidget(self.launch)
        self._right = QStackedWidget()
        self._panes = QSplitter(Qt.Orientation.Horizontal)
        self._place()
        self.header.server.setEnabled(False)  # it leads to what `complete` brings
        self.header.side_chosen.connect(self._arrange)
        self.bar.acted.connect(self._act)
        QShortcut(QKeySequence.StandardKey.New, self, self._new, autoRepeat=False)
        for keys in {*QKeySequence.keyBindings(QKeySequence.StandardKey.Refresh), QKeySequence("F5")}:
            QShortcut(keys, self, self.refresh_wanted.emit, autoRepeat=False)
        self.painted.connect(self.fit_screen)  # its frame is known now
        self.resize(*WINDOW)
        self.fit_screen()

    def fit_screen(self) -> None:
        """Never larger than the screen it is on, nor partly outside."""
        fit(self, smallest_window())

    def restore(self, geometry: bytes) -> None:
        """Stands where it stood, on the screen that there is now, which may be smaller, or another one."""
        if geometry:
            self.restoreGeometry(geometry)
            self.fit_screen()

    def complete(self) -> None:
        """The draft of the form, the list, and the page of servers."""
        from app.ui.servers.page import ServersPage
        from app.ui.sessions.pane import SessionsPane

        self.launch.begin()
        self.servers = ServersPage(self._tasks, self._local)
        self.sessions = SessionsPane()
        self.sessions.needs_you_changed.connect(self._count)
        self._left.addWidget(self.servers)
        self._right.addWidget(self.sessions)
        self._is_complete = True
        self.header.server.setEnabled(True)
        self._arrange()
        self._follow_screens()

    def show_servers(self, shown: bool) -> None:
        """The page of servers in place of the form, or the form again with the cursor in the message."""
        page = self.servers if shown else self.launch
        if page is self._left.currentWidget():
            return
        if (focused := self.focusWidget()) is not None and self._left.isAncestorOf(focused):
            focused.clearFocus()  # else Qt would choose where it goes
        self._left.setCurrentWidget(page)
        if shown:
            self.show_side(Side.NEW)
        elif self._left.isVisible():
            self.launch.focus_message()

    def show_side(self, side: Side) -> None:
        """In a narrow window, the form or the list."""
        self.header.sides.set_value(side)

    def show_message(self, level: BarLevel, bold: str, plain: str = "", remedy: Remedy = Remedy.NONE) -> None:
        """Says something that concerns no field and no launch of this form, until it is closed."""
        self._remedy = remedy
        self._over.show()
        action = _(messages.REMEDIES[remedy]) if remedy in messages.REMEDIES else _("Close")
        self.bar.show_message(level, bold, plain, action)

    def clear_message(self) -> None:
        """Takes the message away."""
        self.bar.clear()
        self._over.hide()

    def show_bug(self, kind: str, is_kept: bool) -> None:
        """What nobody expected, by the name of its type."""
        bold = _("Something went wrong in the launcher.")
        if is_kept:
            said = _("It keeps running. A report of the fault ({kind}) was saved.")
        else:
            said = _("It keeps running. The terminal that it was started from has the details ({kind}).")
        remedy = Remedy.OPEN_REPORTS if is_kept else Remedy.NONE
        self.show_message("bad", bold, said.format(kind=kind), remedy)

    def show_earlier_bug(self) -> None:
        """There is a report of an earlier run, which nobody was told of, or which ended in a crash."""
        bold = _("Something went wrong in the launcher last time.")
        said = _("A report of it was saved, without any key.")
        self.show_message("warn", bold, said, Remedy.OPEN_REPORTS)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes as one reads. Qt also asks for the next one when what has the focus is hidden or disabled."""
        focused = self.focusWidget()
        if focused is not None and not (focused.isVisible() and focused.isEnabled()):
            return self._focus_instead_of(focused)
        order_tabs(self)
        return super().focusNextPrevChild(forward)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if (handle := self.windowHandle()) is not None:
            watch_releases(handle)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """What no control took: Esc closes the bar, ours first, it is on top; letters are for the message."""
        if event.key() == Qt.Key.Key_Escape:
            (self.clear_message if self.bar.isVisible() else self.launch.clear_message)()
        elif self.launch.isVisible() and self.launch.isEnabled() and _is_letter(event):
            self.launch.type_into_message(event.text())
        super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closes at once, or soon when something is awaited; whoever closes it again does not want to wait."""
        if not self._is_closing and self.is_awaited():
            event.ignore()
            self._put_off_close()
            return
        super().closeEvent(event)
        self.closed.emit()

    def stay_open(self) -> None:
        """It is not closed after all: what was awaited has failed, and is told over the form."""
        self._set_closing(False)
        self.clear_message()
        self.launch.focus_message()

    def _set_closing(self, is_closing: bool) -> None:
        self._is_closing = is_closing
        self._panes.setEnabled(not is_closing)
        self.header.setEnabled(not is_closing)

    def _put_off_close(self) -> None:
        self._set_closing(True)
        bold = _("The launcher closes as soon as the server has answered your launch.")
        self.show_message("info", bold, _("It waits two seconds at most. Close it again to close it now."))
        self.close_put_off.emit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.WindowStateChange:
            self.hidden_changed.emit(self.isMinimized())

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), colours().window)
        if not self._was_painted:
            self._was_painted = True
            QTimer.singleShot(0, self, self.painted.emit)  # when its children are

    def _place(self) -> None:
        self._panes.setHandleWidth(LINE)
        self._panes.setChildrenCollapsible(False)
        self._panes.addWidget(self._left)
        self._panes.addWidget(self._right)
        self._panes.handle(1).setAutoFillBackground(True)
        self._panes.handle(1).setBackgroundRole(QPalette.ColorRole.Mid)  # the theme's line
        self._panes.setStretchFactor(0, 0)
        self._panes.setStretchFactor(1, 1)
        self._panes.setSizes([FORM_WIDTH - LINE, WINDOW[0] - FORM_WIDTH])
        whole = QWidget()
        layout = QVBoxLayout(whole)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        over = QVBoxLayout(self._over)
        over.setContentsMargins(GAP, GAP, GAP, GAP)
        over.addWidget(self.bar)
        self._over.hide()
        layout.addWidget(self.header)
        layout.addWidget(self._over)
        layout.addWidget(self._panes, 1)
        self.setCentralWidget(whole)

    def _follow_screens(self) -> None:
        """A screen may go, or change its size, while the window is on it."""
        app = QGuiApplication.instance()
        assert isinstance(app, QGuiApplication)
        app.screenRemoved.connect(self.fit_screen, Qt.ConnectionType.QueuedConnection)
        app.screenAdded.connect(self._follow_screen)
        for screen in app.screens():
            self._follow_screen(screen)

    def _follow_screen(self, screen: QScreen) -> None:
        screen.availableGeometryChanged.connect(self.fit_screen)

    def _act(self) -> None:
        if self._is_closing:
            self.close()
            return
        self.clear_message()
        if self._remedy is not Remedy.NONE:
            self.remedy_wanted.emit(self._remedy)

    def _new(self) -> None:
        """Clears the form that one sees; one that is hidden comes first."""
        if not self._is_complete or self._is_closing:
            return
        if self.launch.isVisible():
            self.launch.clear()
        elif self._left.currentWidget() is self.launch:
            self.show_side(Side.NEW)

    def _arrange(self) -> None:
        """Hiding a pane keeps its cursor, selection and sizes; the one that comes gets the focus that went."""
        focused = self.focusWidget()
        narrow = self.width() < max(ONE_PANE_BELOW, smallest_window().width() + LIST_MIN)
        self.header.set_narrow(narrow)
        if self._is_complete:
            self.sessions.set_narrow(narrow)
        side = self.header.sides.value()
        shown = {
            self._left: not narrow or side is Side.NEW,
            self._right: not narrow or side is Side.SESSIONS,
        }
        coming = [pane for pane, visible in shown.items() if visible and pane.isHidden() and self.isVisible()]
        for pane, visible in shown.items():
            pane.setVisible(visible)
        if coming and focused is not None and not focused.isVisible():
            self._focus_into(coming[0])

    def _focus_into(self, pane: QWidget) -> bool:
        """Puts the cursor where one goes on in this pane, if that can be seen."""
        if pane is self._right and self._is_complete:
            self.sessions.focus_list()
        elif self.launch.isVisible():
            self.launch.focus_message()
        elif (last := pane.focusWidget()) is not None and last.isVisible():
            last.setFocus()
        else:
            return False
        return True

    def _focus_instead_of(self, gone: QWidget) -> bool:
        """What goes from the list leaves the focus to the list, anything else to the form."""
        beside = self._right if self._right.isAncestorOf(gone) or self._left.isHidden() else self._left
        return beside.isVisible() and self._focus_into(beside)

    def _count(self, needing: int) -> None:
        self.header.sides.set_count(Side.SESSIONS, needing or None, "needs")


def _is_letter(event: QKeyEvent) -> bool:
    """Whether the key stands for a text, and for no shortcut."""
    shortcut = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    shortcut |= Qt.KeyboardModifier.MetaModifier
    return event.text().isprintable() and event.text() != "" and not event.modifiers() & shortcut
