"""The list of sessions and its detail, through real widgets over a real book."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
import shiboken6
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    Qt,
    QTimer,
)
from PySide6.QtGui import (
    QAction,
    QColor,
    QEnterEvent,
    QFontMetrics,
    QGuiApplication,
    QHelpEvent,
    QImage,
    QPaintEvent,
)
from PySide6.QtTest import QAbstractItemModelTester, QSignalSpy, QTest
from PySide6.QtWidgets import QApplication, QMenu, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from app import errors
from app.compose import Connection
from app.core.connection_status import ConnectionState, ConnectionStatus
from app.core.conversations import AgentState, Conversation, StoredUpdate, TextRef
from app.core.draft import LaunchDraft
from app.core.session import Operation, Session, SessionChange, SessionKey
from app.core.session_state import Group, State, group_of, state_of
from app.core.session_words import place_and_doing
from app.core.sessions import SessionBook
from app.ui.dialogs import Question
from app.ui.sessions import SessionsPane
from app.ui.sessions import pane as sessions_pane
from app.ui.sessions.delegate import fitted
from app.ui.sessions.detail import Detail
from app.ui.sessions.model import ROW, GroupRow, SessionRow, SessionsModel
from app.ui.sessions.pages import Pages
from app.ui.sessions.quoted_text import QuotedText
from app.ui.sessions.state_shapes import STATE_SHAPES
from app.ui.sessions.view import SessionsView
from app.ui.theme import Button, IconButton, Label, colours, set_scheme
from app.ui.theme.sizes import font, line_height
from app.wire import limits
from tests.gui.connections import CONNECTED, NotingConnection
from tests.gui.finding import find
from tests.unit import v0

NOW = datetime(2026, 11, 24, 14, 4, tzinfo=UTC)


def id_of(number: int) -> str:
    return f"{number:032x}"


def page_of(number: int) -> str:
    return f"http://127.0.0.1/conversations/{id_of(number)}"


def an_info(number: int, status: str = "STOPPED", **fields: Any) -> Conversation:
    known = {
        "conversation_id": id_of(number),
        "title": f"Conversation {number}",
        "status": status,
        "selected_repository": "acme/web",
        "selected_branch": "main",
        "created_at": NOW - timedelta(minutes=number),
    }
    return v0.listed(**known | fields)


def in_state(agent_state: str, number: int = 10, reason: str = "") -> StoredUpdate:
    return v0.in_state(number, agent_state, reason)


def said(text: str, number: int = 9) -> StoredUpdate:
    return v0.said(number, text)


# The model.


def session(key: int, status: str = "STOPPED", **known: Any) -> Session:
    return v0.session(key, conversation_id=id_of(key), title=f"Session {key}", status=status, **known)


class Fed(SessionsModel):
    """Hears what changed from one list to the next, as from a book that orders sessions by their keys."""

    def __init__(self) -> None:
        super().__init__(lambda: NOW)
        self.known: dict[SessionKey, Session] = {}
        self.show_book([], lambda key: (False, -float(key), 0))

    def feed(self, sessions: Sequence[Session], *, hold_order: bool = False) -> None:
        before, self.known = self.known, {one.key: one for one in sessions}
        all_keys = dict.fromkeys((*before, *self.known))
        changes = [SessionChange(key, before.get(key), self.known.get(key)) for key in all_keys]
        self.apply([one for one in changes if one.before != one.after], hold_order=hold_order)
        if not hold_order:
            self.settle()


@pytest.fixture
def model(qtmodeltester: Any, qapp: Any) -> Iterator[Fed]:
    model = Fed()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    yield model
    del tester


def keys(model: SessionsModel) -> list[int | Group]:
    """The numbers of its sessions below their groups."""
    found = (model.index(at).data(ROW).key for at in range(model.rowCount()))
    return [key if isinstance(key, Group) else int(key) for key in found]


def test_sessions_stand_under_the_headers_of_their_groups(model: Fed) -> None:
    model.feed([session(1), session(2, "RUNNING"), session(3, "RUNNING", agent_state="awaiting_user_input")])
    assert keys(model) == [Group.NEEDS_YOU, 3, Group.ACTIVE, 2, Group.ENDED, 1]
    assert model.index(0).data() == "Needs you"
    assert not model.index(0).flags()
    assert model.index(1).flags() & Qt.ItemFlag.ItemIsSelectable
    assert model.needs_you() == 1


def test_a_row_holds_its_frozen_session_and_is_spoken_as_a_sentence(model: Fed) -> None:
    one = session(1, repository="acme/web", branch="main", created_at=NOW - timedelta(minutes=2))
    model.feed([one])
    row = model.index(1)
    assert row.data(ROW) == SessionRow(one, State.STOPPED)
    spoken = row.data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "Session 1 has stopped, in acme/web on main, started 2 minutes ago"
    assert model.index(0).data(Qt.ItemDataRole.AccessibleTextRole) == "Ended"


def test_only_the_rows_that_differ_are_announced(model: Fed) -> None:
    model.feed([session(1), session(2), session(3)])
    changed = QSignalSpy(model.dataChanged)
    model.feed([session(1), replace(session(2), title="New"), session(3)])
    assert [changed.at(at)[0].row() for at in range(changed.count())] == [2]


A_LIST = st.lists(
    st.tuples(
        st.integers(1, 8), st.sampled_from(["STOPPED", "RUNNING", "STARTING"]), st.sampled_from(["", "error"])
    ),
    unique_by=lambda one: one[0],
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lists=st.lists(A_LIST, max_size=5), hold=st.booleans())
def test_rows_keep_their_identity_through_any_change(
    model: Fed, lists: list[list[tuple[int, str, str]]], hold: bool
) -> None:
    reset = QSignalSpy(model.modelReset)
    for rows in lists:
        before = {
            key: QPersistentModelIndex(model.index(at))
            for at, key in enumerate(keys(model))
            if isinstance(key, int)
        }
        sessions = [session(key, status, agent_state=agent) for key, status, agent in rows]
        model.feed(sessions, hold_order=hold)
        for key, index in before.items():
            there = SessionKey(str(key)) in {one.key for one in sessions}
            assert index.isValid() == there
            assert not there or index.data(ROW).key == str(key)
        model.feed(sessions)
        assert keys(model) == _expected(sessions)
    assert reset.count() == 0


def _expected(sessions: list[Session]) -> list[int | Group]:
    found: list[int | Group] = []
    for group in Group:
        members = [int(one.key) for one in sessions if group_of(state_of(one, NOW)) is group]
        found += [group, *sorted(members)] if members else []
    return found


def test_while_somebody_is_over_the_list_rows_change_in_their_places(model: Fed) -> None:
    first = [session(1, "RUNNING"), session(2, "RUNNING"), session(3)]
    model.feed(first)
    asks = replace(first[1], agent=AgentState.ASKS)
    model.feed([session(4), first[0], asks, first[2]], hold_order=True)
    assert keys(model) == [Group.ACTIVE, 1, 2, Group.ENDED, 3]
    assert model.index(2).data(ROW).state is State.ASKS_YOU
    assert model.needs_you() == 1
    model.feed([first[0], asks], hold_order=True)
    assert keys(model) == [Group.ACTIVE, 1, 2]
    model.feed([first[0], asks])
    assert keys(model) == [Group.NEEDS_YOU, 2, Group.ACTIVE, 1]


def test_a_launch_that_was_just_pressed_waits_for_nobody(model: Fed) -> None:
    model.feed([session(1)])
    model.feed([session(2, operation=Operation.SENDING), session(1)], hold_order=True)
    assert keys(model) == [Group.ACTIVE, 2, Group.ENDED, 1]


def test_each_state_has_its_shape_and_colour() -> None:
    assert set(STATE_SHAPES) == set(State)


# The pane.


class Clock:
    time = NOW

    def __call__(self) -> datetime:
        return self.time


class Shown:
    """A pane on the screen, with its parts by their names."""

    def __init__(self, qtbot: QtBot, clock: Clock) -> None:
        self.qtbot = qtbot
        self.clock = clock
        self.book = SessionBook(clock)
        self.pane = SessionsPane(now=clock)
        self.asked = NotingConnection(self.book)
        qtbot.addWidget(self.pane)
        self.pane.resize(620, 712)
        self.pane.set_connection(cast(Connection, self.asked))
        with qtbot.waitExposed(self.pane):
            self.pane.show()
        self.view = self.part(SessionsView, "sessions")
        self.detail = self.part(Detail, "detail")
        self.quote = self.part(QuotedText, "last_words")

    def part(self, kind: Any, name: str) -> Any:
        part = self.pane.findChild(kind, name)
        assert part is not None
        assert part.accessibleIdentifier() == name
        return part

    def timer(self, name: str) -> QTimer:
        found = self.pane.findChild(QTimer, name)
        assert isinstance(found, QTimer)
        return found

    def button(self, name: str) -> Button:
        found = self.part(Button, name)
        assert isinstance(found, Button)
        return found

    def more(self) -> IconButton:
        found = self.part(IconButton, "more")
        assert isinstance(found, IconButton)
        return found

    def offered(self) -> list[str]:
        return [one.objectName() for one in self.detail.findChildren(Button) if one.isVisible()]

    def menu(self) -> dict[str, QAction]:
        menus = [one for one in self.pane.findChildren(QMenu, "session_menu") if one.isVisible()]
        assert len(menus) == 1
        return {one.objectName(): one for one in menus[0].actions() if not one.isSeparator()}

    def question(self) -> Question:
        found = self.pane.findChild(Question)
        assert isinstance(found, Question)
        return found

    def answer(self, name: str) -> Button:
        found = self.question().findChild(Button, name)
        assert isinstance(found, Button)
        return found

    def titles(self) -> list[str]:
        model = self.view.model()
        return [model.index(at, 0).data() for at in range(model.rowCount())]

    def key_of(self, number: int) -> SessionKey:
        row = self.book.by_id(id_of(number))
        assert row is not None
        return row.key

    def select(self, number: int) -> None:
        self.pane.select(self.key_of(number))

    def index_of(self, number: int) -> QModelIndex:
        return self.view.model().index_of(self.key_of(number))  # type: ignore[no-any-return]

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.view, key, modifier)

    def image(self) -> QImage:
        image: QImage = self.pane.grab().toImage()
        return image


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shown(qtbot: QtBot, clock: Clock) -> Shown:
    return Shown(qtbot, clock)


def current(shown: Shown) -> str:
    title = shown.view.currentIndex().data()
    return title if isinstance(title, str) else ""


def test_the_row_is_there_with_the_press_and_keeps_its_place(shown: Shown) -> None:
    shown.book.apply_page([an_info(1)])
    key = shown.book.add_launch(LaunchDraft(initial_user_msg="Fix the login"))
    assert shown.titles() == ["Active", "Fix the login", "Ended", "Conversation 1"]
    shown.pane.select(key)
    shown.book.mark_accepted(key, v0.accepted(id_of(7)))
    shown.book.apply_page([an_info(7, "RUNNING", title="Login fixed")])
    assert current(shown) == "Login fixed"


def test_the_row_of_a_press_is_painted_once_with_its_detail(shown: Shown) -> None:
    """The request is about to leave meanwhile: it waits for no second picture of the same."""
    shown.book.apply_page([an_info(number) for number in range(1, 9)])
    QApplication.processEvents()
    pictures = list[QRect]()

    class Pictures(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if isinstance(event, QPaintEvent):
                pictures.append(shown.view.visualRect(shown.view.currentIndex()))
            return False

    watching = Pictures(shown.pane)
    shown.view.viewport().installEventFilter(watching)
    shown.pane.select(shown.book.add_launch(LaunchDraft(initial_user_msg="Fix the login")))
    for _turn in range(5):
        QApplication.processEvents()
    (place,) = pictures
    assert place.height() > 0
    assert shown.detail.isVisible()


def test_a_poll_never_moves_the_selection(shown: Shown) -> None:
    shown.book.apply_page([an_info(number, "RUNNING") for number in range(1, 6)])
    shown.select(3)
    shown.book.apply_page([an_info(0, "RUNNING"), an_info(9, "RUNNING")])
    shown.book.apply_updates(id_of(3), [in_state("awaiting_user_input")])
    shown.book.mark_gone(id_of(2))
    assert current(shown) == "Conversation 3"
    assert shown.titles()[:2] == ["Needs you", "Conversation 3"]


def test_the_detail_shows_the_last_words_in_full_and_holds_still(shown: Shown) -> None:
    shown.book.apply_page([an_info(1, "RUNNING"), an_info(2)])
    words = "The redirect keeps the query string.\n\n<b>Shall I</b> also change the cookie flags?"
    shown.book.apply_updates(id_of(1), [said(words), in_state("awaiting_user_input")])
    assert not shown.detail.isVisible()
    shown.select(1)
    assert shown.detail.isVisible()
    assert shown.quote.toPlainText() == words.replace("\n\n", "\n")
    shown.quote.selectAll()
    shown.book.apply_page([an_info(1, "RUNNING", title="Renamed")])
    assert shown.quote.textCursor().hasSelection()
    assert shown.detail.accessibleName() == "Renamed, Asks you"
    shown.select(2)
    assert not shown.quote.isVisible()


def test_the_last_words_are_not_read_again_at_each_look_at_the_server(
    shown: Shown, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def reads(session: Session, _now: datetime) -> tuple[str, str]:
        read.append(session.title)
        return "", "words"

    monkeypatch.setattr("app.ui.sessions.detail.told_and_said", reads)
    shown.book.apply_page([an_info(1, "RUNNING", created_at=NOW)])
    shown.select(1)
    read.clear()
    shown.book.apply_page([an_info(1, "RUNNING", created_at=NOW), an_info(2)])
    shown.timer("ages").timeout.emit()
    assert read == []
    clock.time += timedelta(minutes=2)
    shown.timer("ages").timeout.emit()
    assert find(shown.detail, Label, "detail_when").text() == "2 min"
    shown.book.apply_page([an_info(1, "RUNNING", created_at=NOW, title="Renamed")])
    assert read == ["Conversation 1", "Renamed"]


def test_long_last_words_scroll_instead_of_pushing_the_list_away(shown: Shown) -> None:
    shown.book.apply_page([an_info(1, "RUNNING")])
    shown.book.apply_updates(id_of(1), [said("A line.\n" * 200), in_state("awaiting_user_input")])
    shown.select(1)
    shown.qtbot.waitUntil(lambda: shown.quote.verticalScrollBar().maximum() > 0)
    assert shown.view.height() > shown.detail.height()


def test_the_part_that_a_row_keeps_is_shown_at_once_and_the_whole_when_it_has_come(shown: Shown) -> None:
    words = "First.\n\n" + "So it goes on.\n\n" * 300 + "Last?"
    shown.book.apply_page([an_info(1, "RUNNING"), an_info(2, "RUNNING")])
    shown.book.apply_updates(id_of(1), [said(words), in_state("awaiting_user_input")])
    wanted = QSignalSpy(shown.asked.looked_at)
    shown.select(1)
    assert wanted.at(0) == [shown.key_of(1)]
    shown.qtbot.waitUntil(shown.quote.is_whole)
    at_once = shown.quote.toPlainText()
    assert (at_once[:6], at_once[-5:], "…" in at_once) == ("First.", "Last?", True)
    shown.book.set_whole_text(shown.key_of(1), TextRef("9"), words)
    shown.qtbot.waitUntil(shown.quote.is_whole)
    assert shown.quote.toPlainText() == words.replace("\n\n", "\n")


def test_a_title_repository_and_branch_as_long_as_real_ones_are_read_whole(shown: Shown) -> None:
    title, repository, branch = "t" * 200, "acme/" + "r" * 195, "b" * 255
    shown.book.apply_page([an_info(1, title=title, selected_repository=repository, selected_branch=branch)])
    shown.select(1)
    labels = {one.objectName(): one.text() for one in shown.detail.findChildren(Label)}
    assert (labels["detail_title"], labels["detail_place"]) == (title, f"{repository} · {branch}")


def test_a_list_of_more_than_are_kept_says_so(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ROWS", 3)
    sentence = shown.pane.findChild(Label, "only_the_newest")
    assert isinstance(sentence, Label)
    shown.book.apply_page([an_info(number) for number in range(3)])
    assert not sentence.isVisible()
    shown.book.apply_page([an_info(number) for number in range(5)])
    assert sentence.isVisible()
    assert sentence.text() == "Only the newest 3 conversations are listed."
    shown.qtbot.waitUntil(lambda: sentence.contentsRect().height() >= sentence.fontMetrics().height())
    assert len(shown.titles()) == 1 + 3
    shown.book.mark_gone(id_of(0))
    assert not sentence.isVisible()


@pytest.mark.parametrize(
    ("status", "launched_here", "offered"),
    [
        ("RUNNING", True, ["open", "stop", "again", "delete"]),
        ("STARTING", False, ["open", "stop", "delete"]),
        ("STOPPED", False, ["open", "delete"]),
        ("STOPPED", True, ["open", "again", "delete"]),
    ],
)
def test_the_detail_offers_what_can_be_done(
    shown: Shown, status: str, launched_here: bool, offered: list[str]
) -> None:
    if launched_here:
        key = shown.book.add_launch(LaunchDraft())
        shown.book.assign_conversation(key, id_of(1))
        shown.book.set_operation(key, None)
    shown.book.apply_page([an_info(1, status)])
    shown.select(1)
    assert shown.offered() == offered
    assert shown.more().isVisible()


def test_a_launch_without_an_answer_can_be_looked_for_launched_again_and_forgotten(shown: Shown) -> None:
    key = shown.book.add_launch(LaunchDraft(initial_user_msg="Bump"))
    shown.pane.select(key)
    assert shown.offered() == []
    assert not shown.more().isVisible()
    shown.book.mark_unconfirmed(key, errors.NoAnswer())
    assert shown.offered() == ["look_again", "again", "forget"]
    assert "Nothing is sent again unless you say so." in shown.quote.toPlainText()
    with shown.qtbot.waitSignal(shown.asked.look_again) as caught:
        shown.button("look_again").click()
    assert caught.args == [key]
    with shown.qtbot.waitSignal(shown.pane.launch_again_requested) as caught:
        shown.button("again").click()
    assert caught.args == [LaunchDraft(initial_user_msg="Bump")]
    shown.button("forget").click()
    assert shown.book.get(key) is None


def test_the_buttons_ask_for_their_deeds(shown: Shown) -> None:
    shown.book.apply_page([an_info(1, "RUNNING")])
    shown.select(1)
    for name, signal, what in (
        ("open", shown.pane.page_requested, page_of(1)),
        ("stop", shown.asked.stop, shown.key_of(1)),
    ):
        with shown.qtbot.waitSignal(signal) as caught:
            QTest.mouseClick(shown.button(name), Qt.MouseButton.LeftButton)
        assert caught.args == [what]


def test_while_it_stops_the_button_says_so_and_takes_no_press(shown: Shown) -> None:
    shown.book.apply_page([an_info(1, "RUNNING")])
    shown.select(1)
    shown.book.set_operation(shown.key_of(1), Operation.STOPPING)
    asked = QSignalSpy(shown.asked.stop)
    assert shown.button("stop").isVisible()
    assert shown.button("stop").accessibleName() == "Stopping…"
    QTest.mouseClick(shown.button("stop"), Qt.MouseButton.LeftButton)
    assert asked.count() == 0
    shown.book.mark_stopped(shown.key_of(1))
    assert not shown.button("stop").isVisible()


def test_delete_asks_first_and_cancel_is_what_enter_does(shown: Shown) -> None:
    shown.book.apply_page([an_info(1, title="Fix <b>this</b>")])
    shown.select(1)
    asked = QSignalSpy(shown.asked.delete)
    shown.press(Qt.Key.Key_Delete)
    question = shown.question()
    assert "“Fix <b>this</b>”" in question.accessibleDescription()
    assert question.isModal()
    no = shown.answer("no")
    assert question.focusWidget() is no
    yes = shown.answer("yes")
    assert yes.grab().toImage().pixelColor(yes.width() // 2, 3) == colours().bad
    QTest.keyClick(no, Qt.Key.Key_Return)
    shown.qtbot.waitUntil(lambda: shown.pane.findChild(Question) is None)
    assert asked.count() == 0


def test_delete_deletes_when_it_is_meant(shown: Shown) -> None:
    shown.book.apply_page([an_info(1)])
    shown.select(1)
    shown.button("delete").click()
    with shown.qtbot.waitSignal(shown.asked.delete) as caught:
        shown.answer("yes").click()
    assert caught.args == [shown.key_of(1)]
    shown.qtbot.waitUntil(lambda: shown.pane.findChild(Question) is None)


def test_escape_closes_the_question(shown: Shown) -> None:
    shown.book.apply_page([an_info(1)])
    shown.select(1)
    shown.press(Qt.Key.Key_Delete)
    QTest.keyClick(shown.question(), Qt.Key.Key_Escape)
    shown.qtbot.waitUntil(lambda: shown.pane.findChild(Question) is None)


def test_the_keys_step_over_headers(shown: Shown) -> None:
    shown.book.apply_page([an_info(1, "RUNNING"), an_info(2), an_info(3)])
    shown.pane.focus_list()
    assert current(shown) == "Conversation 1"
    shown.press(Qt.Key.Key_Down)
    assert current(shown) == "Conversation 2"
    shown.press(Qt.Key.Key_End)
    assert current(shown) == "Conversation 3"
    shown.press(Qt.Key.Key_PageUp)
    assert current(shown) == "Conversation 1"
    shown.press(Qt.Key.Key_PageDown)
    assert current(shown) == "Conversation 3"
    shown.press(Qt.Key.Key_Home)
    assert current(shown) == "Conversation 1"
    shown.press(Qt.Key.Key_Up)
    assert current(shown) == "Conversation 1"
    assert shown.view.visualRect(shown.view.model().index(0, 0)).top() == 0


def test_a_row_stays_in_view_when_the_detail_takes_its_room(shown: Shown) -> None:
    shown.book.apply_page([an_info(number) for number in range(1, 40)])
    shown.pane.focus_list()
    shown.press(Qt.Key.Key_End)
    view, current = shown.view, shown.view.currentIndex()
    assert current.row() == view.model().rowCount() - 1
    shown.qtbot.waitUntil(lambda: view.viewport().rect().contains(view.visualRect(current)))


def test_going_up_brings_the_header_back_into_view(shown: Shown) -> None:
    shown.book.apply_page([an_info(number) for number in range(1, 40)])
    shown.pane.focus_list()
    shown.press(Qt.Key.Key_End)
    assert shown.view.verticalScrollBar().value() > 0
    shown.press(Qt.Key.Key_Home)
    assert shown.view.verticalScrollBar().value() == 0


def test_enter_opens_in_the_browser_and_so_does_a_double_click(shown: Shown) -> None:
    shown.book.apply_page([an_info(1), an_info(2)])
    shown.select(2)
    with shown.qtbot.waitSignal(shown.pane.page_requested) as caught:
        shown.press(Qt.Key.Key_Return)
    assert caught.args == [page_of(2)]
    place = shown.view.visualRect(shown.index_of(1)).center()
    QTest.mouseClick(shown.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    with shown.qtbot.waitSignal(shown.pane.page_requested) as caught:
        QTest.mouseDClick(shown.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert caught.args == [page_of(1)]


def test_keys_on_an_empty_list_do_nothing(shown: Shown) -> None:
    asked = QSignalSpy(shown.pane.page_requested)
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Delete, Qt.Key.Key_Down, Qt.Key.Key_Home):
        shown.press(key)
    shown.pane.focus_list()
    assert asked.count() == 0
    assert shown.pane.findChild(Question) is None


def test_a_launch_on_its_way_can_be_neither_opened_nor_deleted(shown: Shown) -> None:
    asked = QSignalSpy(shown.pane.page_requested)
    shown.pane.select(shown.book.add_launch(LaunchDraft()))
    shown.press(Qt.Key.Key_Return)
    shown.press(Qt.Key.Key_Delete)
    assert asked.count() == 0
    assert shown.pane.findChild(Question) is None


def test_control_c_copies_the_link_built_here(shown: Shown) -> None:
    shown.book.apply_page([an_info(1)])
    shown.select(1)
    shown.press(Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == f"http://127.0.0.1/conversations/{id_of(1)}"


def test_the_menu_has_everything(shown: Shown) -> None:
    key = shown.book.add_launch(LaunchDraft())
    shown.book.assign_conversation(key, id_of(1))
    shown.book.set_operation(key, None)
    shown.book.apply_page([an_info(1, "RUNNING")])
    shown.select(1)
    shown.more().click()
    menu = shown.menu()
    assert list(menu) == ["open", "copy_link", "copy_id", "again", "stop", "delete"]
    menu["copy_id"].trigger()
    assert QGuiApplication.clipboard().text() == id_of(1)


def test_the_menu_key_and_the_right_button_open_the_same_menu(shown: Shown) -> None:
    shown.book.apply_page([an_info(1), an_info(2)])
    shown.select(2)
    shown.view.setFocus()
    _context_menu(shown, QPoint(20, 20), keyboard=True)
    assert set(shown.menu()) == {"open", "copy_link", "copy_id", "delete"}
    _close_menus(shown)
    _context_menu(shown, shown.view.visualRect(shown.index_of(1)).center())
    assert current(shown) == "Conversation 1"
    with shown.qtbot.waitSignal(shown.pane.page_requested):
        shown.menu()["open"].trigger()
    _close_menus(shown)
    _context_menu(shown, QPoint(20, 10))
    assert not [one for one in shown.pane.findChildren(QMenu) if one.isVisible()]


def test_a_menu_acts_on_the_row_it_was_opened_on_whatever_is_current_by_then(shown: Shown) -> None:
    shown.book.apply_page([an_info(1, "RUNNING"), an_info(2, "RUNNING")])
    stopped = QSignalSpy(shown.asked.stop)
    for by_mouse in (True, False):
        shown.select(1)
        if by_mouse:
            _context_menu(shown, shown.view.visualRect(shown.index_of(1)).center())
        else:
            shown.more().click()
        menu = shown.menu()
        shown.select(2)
        menu["stop"].trigger()
        _close_menus(shown)
    key = shown.key_of(1)
    assert [stopped.at(at)[0] for at in range(stopped.count())] == [key, key]


def test_a_menu_of_a_row_that_is_gone_does_nothing(shown: Shown) -> None:
    shown.book.apply_page([an_info(1, "RUNNING"), an_info(2, "RUNNING")])
    stopped = QSignalSpy(shown.asked.stop)
    shown.select(1)
    shown.more().click()
    menu = shown.menu()
    shown.book.mark_gone(id_of(1))
    menu["stop"].trigger()
    assert current(shown) == "Conversation 2"
    assert stopped.count() == 0


def _context_menu(shown: Shown, place: QPoint, *, keyboard: bool = False) -> None:
    from PySide6.QtGui import QContextMenuEvent

    reason = QContextMenuEvent.Reason.Keyboard if keyboard else QContextMenuEvent.Reason.Mouse
    event = QContextMenuEvent(reason, place, shown.view.viewport().mapToGlobal(place))
    QGuiApplication.sendEvent(shown.view.viewport(), event)


def _close_menus(shown: Shown) -> None:
    for menu in shown.pane.findChildren(QMenu):
        menu.close()
    shown.qtbot.waitUntil(lambda: not shown.pane.findChildren(QMenu))


def test_what_one_reads_stays_where_it_is_while_rows_come_and_go(shown: Shown) -> None:
    shown.book.apply_page([an_info(number) for number in range(10, 60)])
    shown.view.verticalScrollBar().setValue(500)
    read = shown.view.indexAt(QPoint(30, 200)).data()
    shown.book.apply_page([an_info(number) for number in range(5)])
    shown.book.apply_page([an_info(50, "RUNNING")])
    shown.book.mark_gone(id_of(12))
    assert shown.view.indexAt(QPoint(30, 200)).data() == read


def test_at_the_top_a_new_row_is_seen_at_once(shown: Shown) -> None:
    shown.book.apply_page([an_info(number) for number in range(10, 60)])
    shown.book.apply_page([an_info(1)])
    assert shown.view.verticalScrollBar().value() == 0
    assert shown.view.indexAt(QPoint(30, 40)).data() == "Conversation 1"


def test_a_row_that_needs_you_comes_up_only_when_nobody_is_over_the_list(shown: Shown) -> None:
    shown.book.apply_page([an_info(1, "RUNNING"), an_info(2, "RUNNING")])
    place = QPointF(30, 60)
    QGuiApplication.sendEvent(shown.view.viewport(), QEnterEvent(place, place, place))
    shown.book.apply_updates(id_of(2), [in_state("awaiting_user_input")])
    assert shown.titles() == ["Active", "Conversation 1", "Conversation 2"]
    assert shown.pane.needs_you() == 1
    QGuiApplication.sendEvent(shown.view.viewport(), QEvent(QEvent.Type.Leave))
    assert shown.titles() == ["Needs you", "Conversation 2", "Active", "Conversation 1"]


def test_a_pointer_that_rests_is_nobody(shown: Shown) -> None:
    shown.book.apply_page([an_info(1, "RUNNING"), an_info(2, "RUNNING")])
    shown.timer("pointer_rests").setInterval(0)
    place = QPointF(30, 60)
    QGuiApplication.sendEvent(shown.view.viewport(), QEnterEvent(place, place, place))
    shown.book.apply_updates(id_of(2), [in_state("awaiting_user_input")])
    shown.qtbot.waitUntil(lambda: shown.titles()[0] == "Needs you")


def test_the_count_of_what_needs_you_is_told_when_it_changes(shown: Shown) -> None:
    told = QSignalSpy(shown.pane.needs_you_changed)
    shown.book.apply_page([an_info(1, "RUNNING"), an_info(2, "RUNNING")])
    shown.book.apply_updates(id_of(2), [in_state("awaiting_user_input")])
    shown.book.apply_updates(id_of(1), [in_state("running")])
    shown.book.mark_gone(id_of(2))
    assert [told.at(at)[0] for at in range(told.count())] == [1, 0]


def test_the_rows_in_view_are_told_when_it_is_scrolled(shown: Shown) -> None:
    with shown.qtbot.waitSignal(shown.asked.in_view) as caught:
        shown.book.apply_page([an_info(number) for number in range(1, 60)])
    seen = caught.args[0]
    assert seen[0] == id_of(1)
    assert 5 < len(seen) < 20
    with shown.qtbot.waitSignal(shown.asked.in_view) as caught:
        shown.view.verticalScrollBar().setValue(1000)
    assert caught.args[0][0] != id_of(1)


def test_a_fresh_failure_is_marked_and_looked_at_when_it_is_chosen(shown: Shown) -> None:
    shown.book.apply_page([an_info(1, "RUNNING")])
    shown.book.apply_updates(id_of(1), [in_state("running", 1)])
    calm = _news_mark(shown, 1)
    shown.book.apply_updates(id_of(1), [in_state("error", 2, "boom")])
    assert _news_mark(shown, 1) == colours().bad
    assert calm != colours().bad
    shown.select(1)
    row = shown.book.by_id(id_of(1))
    assert row is not None
    assert not row.has_news
    assert "boom" in shown.quote.toPlainText()


def _news_mark(shown: Shown, number: int) -> QColor:
    corner = shown.view.visualRect(shown.index_of(number)).topLeft() + QPoint(9, 18)
    place = shown.view.viewport().mapTo(shown.pane, corner)
    return shown.image().pixelColor(place)


def test_ages_tick_and_a_slow_start_says_so_only_while_somebody_can_see_it(
    shown: Shown, clock: Clock
) -> None:
    shown.book.apply_page([an_info(1, "STARTING")])
    ages = shown.timer("ages")
    assert ages.isActive()
    clock.time = NOW + timedelta(minutes=3)
    ages.setInterval(0)
    shown.qtbot.waitUntil(lambda: shown.titles()[0] == "Needs you")
    shown.pane.hide()
    assert not ages.isActive()


class Paints(QObject):
    """What areas of a widget are painted."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.areas: list[QRect] = []
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QPaintEvent):
            self.areas.append(event.rect())
        return False


def test_only_the_row_that_changed_is_painted_anew(shown: Shown) -> None:
    shown.book.apply_page([an_info(1, "RUNNING"), an_info(2, "RUNNING")])
    row, everything = shown.view.visualRect(shown.index_of(1)), shown.view.viewport().rect()
    paints = Paints(shown.view.viewport())
    shown.qtbot.waitUntil(lambda: everything in paints.areas)
    shown.book.apply_page([an_info(1, "RUNNING", title="New")])
    shown.qtbot.waitUntil(lambda: paints.areas[-1] == row)
    shown.asked.known.set_status(ConnectionStatus(ConnectionState.AWAY, NOW))
    shown.qtbot.waitUntil(lambda: paints.areas[-1] == everything)


class Refreshed(SessionsModel):
    """Counts how often changes are shown."""

    times = 0

    def apply(self, changes: Iterable[SessionChange], *, hold_order: bool = False) -> bool:
        type(self).times += 1
        return super().apply(changes, hold_order=hold_order)


@pytest.fixture
def refreshed(monkeypatch: pytest.MonkeyPatch) -> type[Refreshed]:
    monkeypatch.setattr(sessions_pane, "SessionsModel", Refreshed)
    monkeypatch.setattr(Refreshed, "times", 0)
    return Refreshed


@pytest.mark.parametrize(("rows", "at_once"), [(5, 11), (3000, 11)])
def test_a_list_that_changes_all_the_time_is_shown_now_and_then_and_comes_out_right(
    refreshed: type[Refreshed], qtbot: QtBot, clock: Clock, rows: int, at_once: int
) -> None:
    shown = Shown(qtbot, clock)
    shown.book.apply_page([an_info(number) for number in range(rows)])
    qtbot.waitUntil(lambda: shown.view.model().rowCount() == rows + 1)
    refreshed.times = 0
    for number in range(500):
        shown.book.apply_page([an_info(1, title=f"Title {number}")])
    assert refreshed.times <= at_once
    qtbot.waitUntil(lambda: "Title 499" in shown.titles())
    assert refreshed.times <= at_once + 1


def test_a_launch_is_chosen_at_once_in_a_list_that_is_behind(shown: Shown) -> None:
    shown.book.apply_page([an_info(number) for number in range(3000)])
    for number in range(5):
        shown.book.apply_page([an_info(1, title=f"Title {number}")])
    key = shown.book.add_launch(LaunchDraft(initial_user_msg="Fix it"))
    shown.pane.select(key)
    assert current(shown) == "Fix it"
    assert "Title 4" in shown.titles()


def test_nobody_looks_at_a_pane_that_is_hidden(shown: Shown) -> None:
    shown.book.apply_page([an_info(1, "RUNNING")])
    shown.select(1)
    shown.pane.hide()
    shown.book.apply_updates(id_of(1), [in_state("running", 1), in_state("error", 2)])
    shown.book.apply_updates(id_of(1), [in_state("running", 3)])
    shown.book.apply_updates(id_of(1), [in_state("error", 4)])
    row = shown.book.by_id(id_of(1))
    assert row is not None
    assert row.has_news
    shown.pane.show()
    row = shown.book.by_id(id_of(1))
    assert row is not None
    assert not row.has_news


def test_while_the_server_is_away_rows_say_of_when_they_are(shown: Shown) -> None:
    shown.book.apply_page([an_info(1, "RUNNING")])
    before = shown.image()
    shown.asked.known.set_status(ConnectionStatus(ConnectionState.AWAY, NOW))
    assert shown.titles() == ["Active", "Conversation 1"]
    assert shown.image() != before
    shown.asked.known.set_status(CONNECTED)
    assert shown.image() == before


def test_an_empty_pane_says_how_things_are_and_what_to_do(shown: Shown) -> None:
    assert _said(shown)[0] == "No conversations yet"
    shown.asked.known.set_status(ConnectionStatus())
    assert _said(shown) == []
    away = ConnectionStatus(ConnectionState.AWAY, NOW, error=errors.NobodyListens())
    shown.asked.known.set_status(away)
    assert _said(shown)[0] == "No server answers at this address."
    with shown.qtbot.waitSignal(shown.asked.retried):
        shown.button("try_now").click()
    shown.asked.known.set_status(ConnectionStatus(ConnectionState.AWAY, NOW, error=errors.MethodRefused()))
    assert "launch" not in _said(shown)[0]
    shown.asked.known.set_status(
        ConnectionStatus(ConnectionState.KEY_REFUSED, NOW, error=errors.KeyRefused())
    )
    assert _said(shown)[0] == "The server refused the key."
    with shown.qtbot.waitSignal(shown.pane.server_requested):
        shown.button("edit_server").click()
    agent_server = errors.UnsupportedServer("OpenHands Agent Server", "1.58.2", supported="0.53 to 0.62")
    for contact, error, said in (
        (ConnectionState.KEY_NEEDED, errors.KeyNeeded(), "The server needs its key."),
        (
            ConnectionState.NOT_OPENHANDS,
            errors.OnlyAWebPage(),
            "A web page answers at this address, not OpenHands.",
        ),
        (
            ConnectionState.UNSUPPORTED,
            agent_server,
            "OpenHands Agent Server 1.58.2 runs at this address and is not supported yet.",
        ),
    ):
        shown.asked.known.set_status(ConnectionStatus(contact, NOW, error=error))
        assert _said(shown)[0] == said
        assert shown.button("edit_server").isVisible()
    shown.book.apply_page([an_info(1)])
    assert shown.view.isVisible()
    shown.pane.set_connection(None)
    assert _said(shown)[0] == "No conversations yet"


def _said(shown: Shown) -> list[str]:
    from app.ui.text import SafeLabel

    pages = shown.pane.findChild(Pages)
    assert isinstance(pages, Pages)
    page = pages.currentWidget()
    assert page is not None
    return [one.text() for one in page.findChildren(SafeLabel)]


def test_another_book_shows_another_servers_sessions(shown: Shown) -> None:
    shown.book.apply_page([an_info(1)])
    other = SessionBook(shown.clock)
    other.apply_page([an_info(2, title="Elsewhere")])
    shown.pane.set_connection(cast(Connection, NotingConnection(other)))
    assert shown.titles() == ["Ended", "Elsewhere"]
    assert not shown.book._watchers


def test_a_pane_that_is_gone_hears_nothing_more(qtbot: QtBot) -> None:
    pane, book = SessionsPane(), SessionBook()
    pane.set_connection(cast(Connection, NotingConnection(book)))
    assert book._watchers
    shiboken6.delete(pane)
    assert not book._watchers


def test_in_a_narrow_window_buttons_give_way_to_the_menu(shown: Shown) -> None:
    key = shown.book.add_launch(LaunchDraft())
    shown.book.assign_conversation(key, id_of(1))
    shown.book.set_operation(key, None)
    shown.book.apply_page([an_info(1, "RUNNING")])
    shown.select(1)
    shown.pane.set_narrow(True)
    shown.pane.resize(360, 480)
    shown.qtbot.waitUntil(lambda: shown.detail.width() == 360)
    assert shown.offered() == ["open", "stop"]
    foot = [shown.button(name) for name in shown.offered()]
    shown.qtbot.waitUntil(lambda: all(one.width() == one.sizeHint().width() for one in foot))
    assert foot[-1].geometry().right() < shown.more().geometry().left()
    shown.more().click()
    assert {"again", "delete"} <= set(shown.menu())


def test_every_state_is_painted_and_foreign_titles_are_cut(shown: Shown) -> None:
    for number, state in enumerate(("awaiting_user_input", "paused", "rate_limited", "error", "weird")):
        shown.book.apply_page([an_info(number, "RUNNING", title="\u202ex" * 400)])
        shown.book.apply_updates(id_of(number), [in_state(state), said("y" * 4000)])
    first = shown.image()
    set_scheme(Qt.ColorScheme.Dark)
    try:
        assert shown.image() != first
    finally:
        set_scheme(Qt.ColorScheme.Unknown)


def test_the_chosen_row_has_its_bar(shown: Shown) -> None:
    shown.book.apply_page([an_info(1), an_info(2)])
    shown.select(1)
    row = shown.view.visualRect(shown.index_of(1))
    place = shown.view.viewport().mapTo(shown.pane, row.topLeft() + QPoint(1, 28))
    assert shown.image().pixelColor(place) == colours().accent
    assert isinstance(shown.view.model().index(0, 0).data(ROW), GroupRow)


# What is long can be read whole.

LONG_TITLE = "Move the sign-in page of the customer portal to the new design system, and keep its redirects"
LONG_BRANCH = "feature/ACME-1234-move-the-sign-in-page-to-the-new-design-system-and-keep-its-redirects"
QUESTION = "Which page shall I begin with?"
HEBREW = "\u200fתיקון הכניסה (login)\u200f!"


def width(text: str) -> int:
    return QFontMetrics(font("label")).horizontalAdvance(text)


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("branch", ["main", LONG_BRANCH, "x" * 250, ""])
@pytest.mark.parametrize("repository", ["acme/web", "acme-platform/the-customer-web-portal-of-acme", ""])
def test_a_long_branch_never_hides_the_question(repository: str, branch: str) -> None:
    for room in (520, 420, 320):
        line = fitted((repository, branch, f"“{QUESTION}”"), room)
        assert f" · “{QUESTION}”" in line
        assert width(line.partition(" · “")[0]) <= max(room / 2, room - width(f" · “{QUESTION}”")) + 1
    assert fitted((repository, branch, ""), 100) == "".join(
        f" · {one}" for one in (repository, branch) if one
    )


@pytest.mark.usefixtures("qapp")
def test_of_a_long_branch_both_ends_are_seen_and_a_mere_rest_is_left_out() -> None:
    line = fitted(("acme/web", LONG_BRANCH, f"“{QUESTION}”"), 420)
    assert line.startswith(" · acme/web · feature/")
    assert line.partition(" · “")[0].endswith("s")
    assert fitted(("acme-platform/portal", LONG_BRANCH, f"“{QUESTION}”"), 60) == f" · “{QUESTION}”"


def test_title_repository_and_branch_are_whole_in_the_detail(shown: Shown) -> None:
    shown.pane.resize(360, 420)
    shown.book.apply_page(
        [an_info(1, title=LONG_TITLE, selected_branch=LONG_BRANCH, selected_repository="acme/" + "w" * 60)]
    )
    shown.select(1)
    title, place = shown.part(Label, "detail_title"), shown.part(Label, "detail_place")
    assert title.text() == LONG_TITLE
    assert place.text() == f"acme/{'w' * 60} · {LONG_BRANCH}"
    shown.qtbot.waitUntil(lambda: title.height() > 2 * line_height("strong"))
    shown.qtbot.waitUntil(
        lambda: all(one.height() == one.heightForWidth(one.width()) for one in (title, place))
    )
    shown.book.apply_page([an_info(1, title="Short", selected_repository="acme/web")])
    shown.book.mark_gone(id_of(1))
    shown.book.apply_page([an_info(2, selected_repository=None, selected_branch=None)])
    shown.select(2)
    assert not place.isVisible()


def tip(shown: Shown, number: int) -> str:
    """What the pointer that rests over this row is told."""
    QToolTip.hideText()
    place = shown.view.visualRect(shown.index_of(number)).center()
    viewport = shown.view.viewport()
    QCoreApplication.sendEvent(viewport, QHelpEvent(QEvent.Type.ToolTip, place, viewport.mapToGlobal(place)))
    told = QToolTip.text()
    QToolTip.hideText()
    return told


def test_a_row_tells_in_its_tooltip_what_it_had_to_cut(shown: Shown) -> None:
    shown.book.apply_page(
        [
            an_info(1, "RUNNING", title=f"<b>{LONG_TITLE}</b>", selected_branch="x" * 250),
            an_info(2, title="Short"),
        ]
    )
    shown.book.apply_updates(id_of(1), [said(f"**Done.** {QUESTION}"), in_state("awaiting_user_input")])
    told = tip(shown, 1)
    assert f"&lt;b&gt;{LONG_TITLE}&lt;/b&gt;" in told
    assert "x" * 250 in told.replace("\u200b", "")
    assert "x" * 61 not in told
    assert QUESTION in told
    shown.qtbot.waitUntil(lambda: tip(shown, 2) == "")  # Qt hides the other one with a delay


def test_a_title_that_is_read_from_the_right_stands_at_the_left_and_turns_nothing_around(
    shown: Shown,
) -> None:
    shown.book.apply_page([an_info(1, title=HEBREW)])
    shown.select(1)
    assert shown.part(Label, "detail_title").text() == f"\u2068{HEBREW}\u2069"
    assert fitted(place_and_doing(shown.view.current(), NOW), 400) == " · acme/web · main"


def test_a_row_shows_words_without_their_marks(shown: Shown) -> None:
    shown.book.apply_page([an_info(1, "RUNNING"), an_info(2, "RUNNING")])
    shown.book.apply_updates(
        id_of(1), [said("## Done\n\nSee `a.py`.\n\n> **Shall I go on?**"), in_state("awaiting_user_input")]
    )
    shown.book.apply_updates(id_of(2), [said("**Done**: `a.py`"), in_state("finished")])
    rows = [shown.book.by_id(id_of(number)) for number in (1, 2)]
    assert [place_and_doing(row, NOW)[2] for row in rows if row] == ["“Shall I go on?”", "“Done: a.py”"]
