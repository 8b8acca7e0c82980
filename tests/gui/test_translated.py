"""No sentence on any screen is left in English where the program speaks another language."""

import asyncio
import re
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QGroupBox,
    QLabel,
    QLineEdit,
    QListView,
    QMenu,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from app.foreign_text import without_marks
from app.messages import PROVIDERS
from app.ui import theme
from app.ui.header import ServerButton
from tests.pseudo import BRACKETS, pseudo
from tests.shots.scenes import SCENES, Scene, main
from tests.shots.stage import Stage, staged

_TAGS = re.compile(r"</?[a-z]+>|&\w+;")
_WORD = re.compile(r"[^\W\d_]{2,}")
_NAMES = "OpenHands Launcher MCP SSE HTTP localhost http https Ctrl Return json jpg png webp gif"
_EXAMPLES = "https://openhands.example.com/screenshot uvx mcp-server-fetch photo plan login-session"
"""Of what may be typed, and the files of the scenes."""
_UNITS = "min hr sec day days bytes kB MB KiB MiB"
"""What Babel and Qt write of an age or a size; `test_sentences` has these in other locales."""


def texts_of(widget: QWidget) -> Iterator[str]:
    """What a widget shows or says, what a person wrote into it aside."""
    yield from (widget.accessibleName(), widget.accessibleDescription(), widget.toolTip())
    if widget.isWindow():
        yield widget.windowTitle()
    if isinstance(widget, QLabel | QAbstractButton):
        yield widget.text()
    if isinstance(widget, QGroupBox):
        yield widget.title()
    if isinstance(widget, QLineEdit | QPlainTextEdit):
        yield widget.placeholderText()
    if isinstance(widget, QTextEdit):
        yield widget.toPlainText()
    if isinstance(widget, ServerButton):
        yield widget.standing()
    if isinstance(widget, QComboBox):
        yield from (widget.itemText(number) for number in range(widget.count()))
    if isinstance(widget, QMenu):
        yield from (action.text().partition("\t")[0] for action in widget.actions())
    if isinstance(widget, QListView):
        yield from _rows_of(widget)


def _rows_of(view: QListView) -> Iterator[str]:
    roles = Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole
    for number in range(view.model().rowCount()):
        yield from (str(view.model().index(number, 0).data(role) or "") for role in roles)


def foreign_to(stage: Stage) -> set[str]:
    """The words of names, of what the server says, and of what a person wrote."""
    draft = stage.window.launch.draft
    rows = stage.rows() if stage.controller.connection else []
    said = [f"{row.title} {row.repository} {row.branch} {without_marks(row.last_words)}" for row in rows]
    said += [row.last_words for row in rows]
    said += [draft.model_dump_json(exclude={"image_urls"}), *draft.image_urls[-1:], stage.address]
    fields = stage.window.findChildren(QLineEdit)
    said += [field.text() for field in fields]
    return set(_WORD.findall(" ".join([_NAMES, _EXAMPLES, _UNITS, *PROVIDERS.values(), *said])))


def left_in_english(stage: Stage, more: str = "") -> dict[str, set[str]]:
    """Each text on the screen that is not in the other language, and its words."""
    foreign = foreign_to(stage) | set(_WORD.findall(more))
    windows = [stage.window, *(one for one in QApplication.topLevelWidgets() if one.isVisible())]
    found = {}
    for window in windows:
        for widget in (window, *window.findChildren(QWidget)):
            for text in texts_of(widget):
                if words := set(_WORD.findall(_without_brackets(text))) - foreign:
                    found[f"{sorted(words)} in {type(widget).__name__} {widget.objectName()}: {text}"] = words
    return found


def _without_brackets(text: str) -> str:
    text = _TAGS.sub(" ", text.replace("\u200b", ""))  # where a long word may be broken
    while (shorter := BRACKETS.sub("", text)) != text:
        text = shorter
    return text


def read(loop: asyncio.AbstractEventLoop, scene: Scene, plant: str = "") -> dict[str, set[str]]:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.install(app)

    async def shown() -> dict[str, set[str]]:
        async with staged() as stage:
            await scene(stage)
            await stage.settle()
            if plant:
                stage.window.header.setToolTip(plant)
            return left_in_english(stage)

    with pseudo():
        return loop.run_until_complete(shown())


WIDE = tuple(one for one in SCENES if not one.__name__.startswith(("smallest", "narrow")))
"""What is said does not depend on the room."""


@pytest.mark.parametrize("scene", WIDE, ids=lambda scene: scene.__name__)
def test_every_sentence_of_a_screen_is_translated(loop: asyncio.AbstractEventLoop, scene: Scene) -> None:
    assert read(loop, scene) == {}


def test_a_sentence_that_is_not_translated_is_found(loop: asyncio.AbstractEventLoop) -> None:
    assert list(read(loop, main, "Nobody translated this.").values()) == [{"Nobody", "translated", "this"}]
