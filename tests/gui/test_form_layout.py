"""Notes come and go, kinds change, and nothing lies over anything else."""

import asyncio

import pytest
from PySide6.QtWidgets import QWidget

from app.core.kinds import LaunchKind
from app.core.tasks import Tasks
from app.ui.launch.images import ImagesField
from app.ui.launch.pane import LaunchPane
from app.ui.theme import Note
from tests.conftest import until
from tests.gui.finding import find


@pytest.fixture
def pane(loop: asyncio.AbstractEventLoop) -> LaunchPane:
    pane = LaunchPane(Tasks(lambda fault: None))
    pane.begin()
    pane.resize(540, 712)
    pane.show()
    return pane


def covered(pane: LaunchPane) -> list[str]:
    """The fields that lie over their own note."""
    found = []
    for note in pane.findChildren(Note):
        widget = find(pane, QWidget, note.objectName().removesuffix(".note"))
        below = note.mapTo(pane, note.rect().topLeft()).y()
        if note.isVisible() and below < widget.mapTo(pane, widget.rect().bottomLeft()).y():
            found.append(widget.objectName())
    return found


def notes(pane: LaunchPane) -> list[Note]:
    return [note for note in pane.findChildren(Note) if note.isVisible()]


@pytest.mark.parametrize("kind", list(LaunchKind))
async def test_no_field_lies_over_its_note_after_kinds_have_changed(
    pane: LaunchPane, kind: LaunchKind
) -> None:
    pane.draft.put(("repository",), "a b")
    pane.form.show_all_problems()
    for other in (*LaunchKind, *LaunchKind, kind):
        pane.draft.put(("kind",), other)
        await asyncio.sleep(0)
    pane.form.reset()
    pane.form.bindings[("repository",)].touched = True
    pane.form.recheck()
    await until(lambda: len(notes(pane)) == 1 or kind is LaunchKind.MESSAGE)
    pane.form.show_all_problems()
    await until(lambda: not covered(pane), "every note is below its field", seconds=2)
    pane.close()


async def test_the_foot_of_the_message_stays_at_its_bottom_after_a_look_at_the_microagent(
    pane: LaunchPane,
) -> None:
    for kind in (LaunchKind.MICROAGENT, LaunchKind.MESSAGE):
        pane.draft.put(("kind",), kind)
        await asyncio.sleep(0)
    images = pane.findChild(ImagesField, "image_urls")
    message = pane.findChild(QWidget, "initial_user_msg")
    assert isinstance(images, ImagesField)
    assert isinstance(message, QWidget)
    before = images.height()
    pane.draft.put(("image_urls",), ["https://example.com/a.png"])
    await until(lambda: images.height() > before, "the foot has grown")
    assert images.geometry().bottom() >= message.height() - 8
    pane.close()
