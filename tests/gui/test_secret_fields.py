"""What a secret's own field gives away: to a screen reader, to the clipboard, and to whatever masks secrets."""

from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QWidget

from app.core.mcp import McpServerDraft
from app.redaction import MASK, learn, redacted
from app.ui import theme
from app.ui.form import Form
from app.ui.mcp.variables import VariablesField
from app.ui.sessions.quoted_text import QuotedText
from app.ui.theme import LineField, Note
from app.ui.theme.icon_button import IconButton
from app.ui.theme.label import Label
from tests.gui.finding import find

SECRET = "c4n4ry-in-a-field"


@pytest.fixture
def page(qapp: QApplication) -> Iterator[QWidget]:
    theme.install(qapp)
    page = QWidget()
    page.show()
    yield page
    QGuiApplication.clipboard().clear()
    page.deleteLater()


def read_aloud(widget: QWidget) -> list[str]:
    """All that a screen reader may ask of a control and of what is in it."""
    texts = list[str]()
    for one in (widget, *widget.findChildren(QWidget)):
        reader = QAccessible.queryAccessibleInterface(one)
        assert reader is not None
        texts += [reader.text(kind) for kind in QAccessible.Text if kind is not QAccessible.Text.UserText]
        if (letters := reader.textInterface()) is not None:
            texts += [letters.text(0, 1000), letters.text(0, letters.characterCount())]
    return [one for one in texts if one]


def key_field(page: QWidget) -> LineField:
    line = LineField(password=True, parent=page)
    line.setText(SECRET)
    return line


def variable(page: QWidget) -> QLineEdit:
    field = VariablesField(page)
    field.setObjectName("env")
    field.set_variables([("TOKEN", SecretStr(SECRET))])
    return find(field, QLineEdit, "env.0.value")


FIELDS = [key_field, variable]


@pytest.mark.parametrize("make", FIELDS)
def test_a_screen_reader_gets_no_letter_of_a_secret_before_its_eye_is_pressed(
    page: QWidget, make: Callable[[QWidget], QLineEdit]
) -> None:
    line = make(page)
    line.show()
    assert not [one for one in read_aloud(line) if "c4n" in one]
    eye = line.findChild(IconButton)
    assert eye is not None
    eye.click()
    assert SECRET in read_aloud(line)  # as it is shown now: who cannot see it is told what others see
    eye.click()
    assert not [one for one in read_aloud(line) if "c4n" in one]


@pytest.mark.parametrize("make", FIELDS)
@pytest.mark.parametrize("key", [QKeySequence.StandardKey.Copy, QKeySequence.StandardKey.Cut])
def test_a_hidden_secret_does_not_get_onto_the_clipboard(
    page: QWidget, make: Callable[[QWidget], QLineEdit], key: QKeySequence.StandardKey
) -> None:
    line = make(page)
    QGuiApplication.clipboard().setText("before")
    line.setFocus()
    line.selectAll()
    line.copy()
    QTest.keySequence(line, QKeySequence(key))
    assert QGuiApplication.clipboard().text() == "before"


def test_what_is_copied_of_what_an_agent_says_has_no_secret(page: QWidget) -> None:
    learn(SECRET)
    quote = QuotedText(page)
    quote.set_text(f"no: {SECRET}", f"{SECRET} and `{SECRET}`")
    quote.selectAll()
    quote.copy()
    assert QGuiApplication.clipboard().text() == f"no: {MASK}\n{MASK} and {MASK}"


def test_what_labels_let_select_has_no_secret(page: QWidget) -> None:
    learn(SECRET)
    label = Label(f"no: {SECRET}", parent=page)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setSelection(0, len(label.text()))
    assert label.selectedText() == f"no: {MASK}"


def test_a_secret_that_was_typed_and_left_is_masked_before_anything_is_sent(page: QWidget) -> None:
    draft = McpServerDraft()
    form = Form(page, list, draft)
    key, note, other = LineField(password=True, parent=page), Note(parent=page), QPushButton(page)
    form.bind_secret(("api_key",), key, note)
    for one in (key, other):
        one.show()
    page.activateWindow()
    key.setFocus()
    QTest.keyClicks(key, SECRET)
    assert redacted(SECRET) == SECRET  # half a secret that is still being typed may be any word
    QTest.keyClick(key, Qt.Key.Key_Return)
    assert redacted(SECRET) == MASK


def test_the_value_of_a_variable_is_a_secret_once_it_was_left_unless_it_is_a_plain_word(
    page: QWidget,
) -> None:
    field = VariablesField(page)
    field.setObjectName("env")
    field.set_variables([("TOKEN", SecretStr("")), ("LOG_LEVEL", SecretStr(""))])
    for number, typed in enumerate((SECRET, "debug")):
        value = find(field, QLineEdit, f"env.{number}.value")
        QTest.keyClicks(value, typed)
        QTest.keyClick(value, Qt.Key.Key_Return)
    assert redacted(f"{SECRET} debug") == f"{MASK} debug"
