"""Images come and go while their thumbnails are drawn in threads."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app.core.attachments import LOC, ImageAttachment
from app.core.tasks import Tasks
from app.errors import Problem
from app.ui.launch.images import ImagesField
from app.ui.launch.thumbnails import thumbnail
from app.ui.launch.tile import Tile
from tests.conftest import until
from tests.shots.things import two_images


class Images:
    """The field alone, with what it tells."""

    def __init__(self) -> None:
        self.faults: list[BaseException] = []
        self.told: list[Problem] = []
        self.tasks = Tasks(self.faults.append)
        self.field = ImagesField(self.tasks, lambda: None)
        self.field.refused.connect(self.told.append)
        self.field.began.connect(self.told.clear)

    async def settle(self) -> None:
        await self.tasks.drain()
        assert not self.faults

    def tiles(self) -> list[Tile]:
        return self.field._row.widgets()

    async def show(self) -> None:
        self.field.show()
        self.field.activateWindow()
        await until(self.field.isActiveWindow, "the field is in front")


@pytest.fixture
def images(loop: asyncio.AbstractEventLoop) -> Iterator[Images]:
    images = Images()
    yield images
    images.field.close()
    images.field.deleteLater()


def an_image(colour: str) -> QMimeData:
    picture = QImage(4, 4, QImage.Format.Format_RGB32)
    picture.fill(QColor(colour))
    source = QMimeData()
    source.setImageData(picture)
    return source


def a_drop(widget: QWidget, source: QMimeData) -> bool:
    """Whether the field took what was dragged over it, and dropped."""
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(2, 2), Qt.DropAction.CopyAction, source, left, none)
    QApplication.sendEvent(widget, enter)
    if enter.isAccepted():
        drop = QDropEvent(QPointF(2, 2), Qt.DropAction.CopyAction, source, left, none)
        QApplication.sendEvent(widget, drop)
    return enter.isAccepted()


async def test_an_image_that_is_taken_away_while_it_is_drawn_stays_away(images: Images) -> None:
    images.field.set_urls(two_images())
    images.field.set_urls([])
    await images.settle()
    assert images.field.urls() == []


async def test_an_image_that_cannot_be_drawn_is_named_and_not_added(images: Images, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    images.field.add_files([broken])
    await images.settle()
    assert images.field.urls() == []
    assert images.told == [Problem(loc=LOC, type="image_broken_of", ctx={"name": "broken.png"}, blocks=False)]


async def test_two_images_that_are_pasted_in_a_row_are_both_there(images: Images) -> None:
    images.field.add_from(an_image("red"))
    images.field.add_from(an_image("blue"))
    await images.settle()
    assert len(images.field.urls()) == 2


async def test_what_was_refused_is_taken_back_when_the_next_is_added(images: Images, tmp_path: Path) -> None:
    images.field.add_files([tmp_path / "missing.png"])
    await images.settle()
    assert [one.type for one in images.told] == ["file_unreadable"]
    images.field.add_from(an_image("red"))
    assert images.field.is_reading()
    await images.settle()
    assert images.told == []


async def test_files_that_are_dropped_on_the_foot_are_taken(images: Images, tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    an_image("red").imageData().save(str(file))
    source = QMimeData()
    source.setUrls([QUrl.fromLocalFile(str(file))])
    assert a_drop(images.field, source)
    await images.settle()
    assert len(images.field.urls()) == 1


async def test_text_that_is_dropped_on_the_foot_is_refused(images: Images) -> None:
    source = QMimeData()
    source.setText("Fix it")
    assert not a_drop(images.field, source)


async def test_an_address_that_holds_a_broken_image_is_told_and_not_added(images: Images) -> None:
    for url in ("data:image/png;base64,abc", "data:image/png;base64,iVBORw0KGgo="):
        images.field.add_address(url)
        await images.settle()
        assert [one.type for one in images.told] == ["image_broken_of"]
        assert images.field.urls() == []


async def test_a_broken_image_of_an_earlier_launch_is_no_bug(images: Images) -> None:
    images.field.set_urls(["data:image/png;base64,abc"])
    await images.settle()
    assert [one.type for one in images.told] == ["image_broken_of"]
    assert thumbnail("data:image/png;base64,abc", 10) is None


# Images that are still being read.


async def test_until_an_image_is_read_a_launch_would_go_without_it_and_is_held_back(images: Images) -> None:
    images.field.add_from(an_image("red"))
    images.field.add_from(an_image("blue"))
    assert images.field.is_reading()
    await images.settle()
    assert not images.field.is_reading()


async def test_what_was_refused_is_told_beside_what_is_still_read(images: Images, tmp_path: Path) -> None:
    good = tmp_path / "good.png"
    an_image("red").imageData().save(str(good))
    images.field.add_files([tmp_path / "missing.png", good])
    assert images.field.is_reading()
    await images.settle()
    assert [one.type for one in images.told] == ["file_unreadable"]
    assert len(images.field.urls()) == 1


async def test_an_image_that_is_there_already_holds_nothing_back(images: Images) -> None:
    for _ in range(2):
        images.field.add_from(an_image("red"))
        await images.settle()
    assert (len(images.field.urls()), images.told) == (1, [])


async def test_what_is_read_for_a_form_that_was_cleared_meanwhile_is_dropped(
    images: Images, tmp_path: Path
) -> None:
    images.field.add_files([tmp_path / "missing.png"])
    await images.settle()
    images.field.add_from(an_image("red"))
    images.field.forget()
    assert images.told == []
    await images.settle()
    assert (images.field.urls(), images.told) == ([], [])


async def test_what_was_refused_is_not_told_again_of_a_form_that_was_cleared(
    images: Images, tmp_path: Path
) -> None:
    images.field.add_files([tmp_path / "missing.png"])
    await images.settle()
    images.field.forget()
    assert images.told == []


async def test_an_image_that_was_broken_and_is_gone_is_not_told(images: Images) -> None:
    images.field.set_urls(["data:image/png;base64,abc"])
    images.field.set_urls([])
    await images.settle()
    assert images.told == []


async def test_a_file_that_is_added_again_after_it_was_dropped_is_there(
    images: Images, tmp_path: Path
) -> None:
    file = tmp_path / "a.png"
    an_image("red").imageData().save(str(file))
    images.field.add_files([file])
    images.field.forget()
    images.field.add_files([file])
    await images.settle()
    assert len(images.field.urls()) == 1


# The focus, and what is said of an image.

ADDRESSES = [f"https://example.com/{number}.png" for number in range(3)]


async def test_a_tile_that_is_removed_by_key_gives_the_focus_to_its_neighbour(images: Images) -> None:
    await images.show()
    images.field.set_urls(ADDRESSES)
    images.tiles()[1].setFocus()
    for left in (ADDRESSES[::2], ADDRESSES[:1]):
        QTest.keyClick(focused(), Qt.Key.Key_Delete)
        assert images.field.urls() == left
        assert focused() is images.tiles()[-1]
    QTest.keyClick(focused(), Qt.Key.Key_Delete)
    assert focused().objectName() == "add_image"


async def test_a_tile_keeps_the_focus_when_another_image_comes(images: Images) -> None:
    await images.show()
    images.field.set_urls(ADDRESSES[:1])
    images.tiles()[0].setFocus()
    images.field.add(ImageAttachment(ADDRESSES[1]))
    assert focused() is images.tiles()[0]
    assert [tile.accessibleName() for tile in images.tiles()] == [
        f"Image {number}, {url}" for number, url in enumerate(ADDRESSES[:2], 1)
    ]


async def test_the_address_of_an_image_is_foreign_text(images: Images) -> None:
    images.field.set_urls(["https://example.com/\u202egnp.exe" + "x" * 1000])
    said = images.tiles()[0].accessibleName()
    assert "\u202e" not in said
    assert len(said) < 400


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget
    return widget
