"""Images come and go while their thumbnails are drawn in threads."""

import asyncio
import base64
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, QRect, QSize, Qt, QUrl
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QImage,
    QMouseEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QMenu, QWidget

from app import messages
from app.core import attachments, files, imaging
from app.core.attachments import LOC, ImageAttachment, content_of
from app.core.tasks import Tasks
from app.errors import Problem
from app.ui.launch import thumbnails
from app.ui.launch.image_tile import Tile
from app.ui.launch.images import ImagesField
from app.ui.launch.large_image import LargeImage
from app.ui.launch.message import MessageField
from app.ui.launch.mime_data import brings_images
from app.ui.launch.thumbnails import picture_within, thumbnail
from app.ui.theme import Label, colours
from app.wire.rules import IMAGE_LIMIT
from tests.conftest import until
from tests.pictures import ON_ITS_SIDE, picture, says_where, seen
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

    def names(self) -> list[str]:
        """What the tiles are called, without their numbers and sizes."""
        return [tile.accessibleName().split(", ")[1] for tile in self.tiles()]

    def sent(self) -> list[bytes]:
        return [content_of(url) or b"" for url in self.field.urls()]

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
    if not enters(widget, source):
        return False
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    drop = QDropEvent(QPointF(2, 2), Qt.DropAction.CopyAction, source, left, none)
    QApplication.sendEvent(widget, drop)
    return True


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


async def test_an_address_that_is_there_already_holds_nothing_back(images: Images) -> None:
    for _ in range(2):
        images.field.add(ImageAttachment(ADDRESSES[0]))
    assert (images.field.urls(), images.field.is_reading()) == (ADDRESSES[:1], False)


async def test_a_picture_that_is_too_large_as_a_png_is_pasted_as_a_jpeg(images: Images) -> None:
    side = 1_500
    source = QMimeData()
    source.setImageData(
        QImage(os.urandom(side * side * 3), side, side, side * 3, QImage.Format.Format_RGB888)
    )
    images.field.add_from(source)
    await images.settle()
    assert images.told == []
    assert seen(images.sent()[0]).format == "JPEG"


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


# The order.


@pytest.fixture
def may_be_read(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Until it is set, a file called slow.png is not read."""
    may_be_read, read = threading.Event(), files.read_file

    def slowly(path: Path, limit: int) -> bytes:
        assert path.name != "slow.png" or may_be_read.wait(10)
        return read(path, limit)

    monkeypatch.setattr(attachments, "read_file", slowly)
    return may_be_read


async def test_images_stay_in_the_order_in_which_they_were_given(
    images: Images, tmp_path: Path, may_be_read: threading.Event
) -> None:
    slow, quick = tmp_path / "slow.png", tmp_path / "quick.png"
    slow.write_bytes(picture(size=(9, 4)))
    quick.write_bytes(picture(size=(6, 4)))
    images.field.add_files([slow, quick])
    images.field.add(ImageAttachment(ADDRESSES[0]))
    await until(lambda: len(images.field.urls()) == 2, "the quick ones are there")
    assert images.field.is_reading()
    may_be_read.set()
    await images.settle()
    assert images.names() == ["slow.png", "quick.png", ADDRESSES[0]]


async def test_an_image_that_is_still_read_keeps_its_place_while_others_move(
    images: Images, tmp_path: Path, may_be_read: threading.Event
) -> None:
    slow = a_file(tmp_path, "slow.png", picture())
    images.field.add(ImageAttachment(ADDRESSES[0]))
    images.field.add_files([slow])
    for address in ADDRESSES[1:]:
        images.field.add(ImageAttachment(address))
    images.field.set_urls([ADDRESSES[0], ADDRESSES[2], ADDRESSES[1]])
    may_be_read.set()
    await images.settle()
    assert images.names() == [ADDRESSES[0], "slow.png", ADDRESSES[2], ADDRESSES[1]]


async def test_of_ten_thousand_files_at_once_a_hundred_are_read(images: Images, tmp_path: Path) -> None:
    images.field.add(ImageAttachment(ADDRESSES[0]))
    source = QMimeData()
    source.setUrls([QUrl.fromLocalFile(str(tmp_path / str(number))) for number in range(10_000)])
    images.field.add_from(source, dropped=True)
    await images.settle()
    said, *of_files = [messages.problem(one) for one in images.told]
    assert said == "A message can have at most 100 images: of these 10000, 99 were added."
    assert sorted(of_files) == sorted(f"“{number}” cannot be read." for number in range(99))


async def test_no_image_is_added_to_those_that_are_too_large_together(images: Images, tmp_path: Path) -> None:
    """One more than can be sent may stand there: which is to go, a person decides."""
    content = picture() + bytes(IMAGE_LIMIT - 1000)
    files = [a_file(tmp_path, f"{number}.png", content + bytes([number])) for number in range(8)]
    images.field.add_files(files)
    await images.settle()
    assert len(images.field.urls()) == 5
    assert {one.type for one in images.told} == {"images_full"}
    assert len(images.told) == 3


class CountedTurns:
    """How many there are at work, each time that somebody begins."""

    def __init__(self, turns: threading.BoundedSemaphore) -> None:
        self._turns = turns
        self._now = 0
        self._guard = threading.Lock()
        self.busy: list[int] = []

    def __enter__(self) -> None:
        self._turns.acquire()
        with self._guard:
            self._now += 1
            self.busy.append(self._now)

    def __exit__(self, *_: object) -> None:
        with self._guard:
            self._now -= 1
        self._turns.release()


async def test_two_images_are_decoded_at_once_in_the_whole_process(
    images: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files, images of an earlier launch, an address and the large view: at two of them somebody works."""
    turns = CountedTurns(imaging.TURNS)
    for module in (imaging, thumbnails):
        monkeypatch.setattr(module, "TURNS", turns)
    large = [data_url(picture(size=(900, 900 + number))) for number in range(10)]
    with ThreadPoolExecutor(8) as pool:
        looks = [pool.submit(picture_within, url, QSize(800, 800)) for url in large]
        images.field.set_urls(large)
        images.field.add_files(
            [a_file(tmp_path, f"{n}.png", picture(size=(800, 800 + n))) for n in range(10)]
        )
        await images.settle()
        assert all(look.result() for look in looks)
    assert len(images.field.urls()) == 20
    assert max(turns.busy) <= 2
    assert len(turns.busy) == 20 * 2 + 10


async def test_an_image_is_moved_by_keys_and_keeps_the_focus(images: Images) -> None:
    await images.show()
    images.field.set_urls(ADDRESSES)
    tile = images.tiles()[0]
    tile.setFocus()
    assert "Ctrl+Left" in tile.accessibleDescription()
    assert "Ctrl+Left" in tile.toolTip()
    for key, order in (
        (Qt.Key.Key_Left, [0, 1, 2]),
        (Qt.Key.Key_Right, [1, 0, 2]),
        (Qt.Key.Key_Right, [1, 2, 0]),
        (Qt.Key.Key_Right, [1, 2, 0]),
        (Qt.Key.Key_Left, [1, 0, 2]),
    ):
        QTest.keyClick(focused(), key, Qt.KeyboardModifier.ControlModifier)
        assert images.field.urls() == [ADDRESSES[place] for place in order]
        assert focused() is tile
    assert tile.accessibleName() == f"Image 2, {ADDRESSES[0]}"


async def test_an_image_is_moved_by_dragging_it_and_that_is_no_click(images: Images) -> None:
    await images.show()
    images.field.set_urls(ADDRESSES)
    first, last = images.tiles()[0], images.tiles()[2]
    a_mouse(first, QEvent.Type.MouseButtonPress, first.rect().center())
    a_mouse(first, QEvent.Type.MouseMove, first.mapFrom(images.field, last.mapTo(images.field, QPoint(9, 9))))
    assert images.field.urls() == [ADDRESSES[1], ADDRESSES[2], ADDRESSES[0]]
    a_mouse(first, QEvent.Type.MouseButtonRelease, first.rect().center())
    assert images.field.findChildren(LargeImage) == []
    assert not first.isDown()


async def test_a_hand_that_shakes_does_not_drag(images: Images) -> None:
    await images.show()
    images.field.set_urls(ADDRESSES)
    tile = images.tiles()[0]
    a_mouse(tile, QEvent.Type.MouseButtonPress, tile.rect().center())
    a_mouse(tile, QEvent.Type.MouseMove, tile.rect().center() + QPoint(2, 1))
    a_mouse(tile, QEvent.Type.MouseButtonRelease, tile.rect().center())
    [sheet] = images.field.findChildren(LargeImage)
    sheet.reject()


def a_mouse(widget: QWidget, type_: QEvent.Type, at: QPoint) -> None:
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    released = type_ is QEvent.Type.MouseButtonRelease
    button = none if type_ is QEvent.Type.MouseMove else left
    event = QMouseEvent(
        type_,
        QPointF(at),
        QPointF(widget.mapToGlobal(at)),
        button,
        none if released else left,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(widget, event)


# Shown large.


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Space])
async def test_a_key_shows_an_image_large_and_escape_leads_back(
    images: Images, tmp_path: Path, key: Qt.Key
) -> None:
    await images.show()
    images.field.add_files([a_file(tmp_path, "shot.png", picture(size=(300, 200)))])
    await images.settle()
    tile = images.tiles()[0]
    tile.setFocus()
    QTest.keyClick(tile, key)
    [sheet] = images.field.findChildren(LargeImage)
    await until(sheet.isActiveWindow, "the sheet is in front")
    drawn = sheet.findChild(QWidget, "picture")
    assert drawn
    assert (drawn.width(), drawn.height()) == (300, 200)
    await images.settle()
    assert colour_at(drawn, QPoint(10, 10)) == QColor("red")
    assert colour_at(drawn, QPoint(290, 190)) == QColor("blue")
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    assert not sheet.isVisible()
    assert images.field.focusWidget() is tile


async def test_a_click_shows_what_is_larger_than_the_screen_as_large_as_it_fits(
    images: Images, tmp_path: Path
) -> None:
    await images.show()
    images.field.add_files([a_file(tmp_path, "plan.png", picture(size=(3000, 3000)))])
    await images.settle()
    QTest.mouseClick(images.tiles()[0], Qt.MouseButton.LeftButton)
    [sheet] = images.field.findChildren(LargeImage)
    drawn = sheet.findChild(QWidget, "picture")
    assert drawn
    screen = sheet.screen().availableSize()
    assert 0.5 < drawn.height() / screen.height() < 0.9
    assert sheet.height() <= screen.height()
    await until(lambda: sheet.height() == sheet.sizeHint().height(), "it has its height")
    inside = [QRect(one.mapTo(sheet, QPoint()), one.size()) for one in (drawn, *sheet.findChildren(Label))]
    assert not any(one.intersects(other) for one, other in combinations(inside, 2))
    sheet.reject()
    await images.settle()  # a picture that comes too late finds nothing


async def test_an_image_at_an_address_is_not_loaded_to_show_it(images: Images) -> None:
    await images.show()
    images.field.set_urls(ADDRESSES[:1])
    QTest.mouseClick(images.tiles()[0], Qt.MouseButton.LeftButton)
    [sheet] = images.field.findChildren(LargeImage)
    drawn = sheet.findChild(QWidget, "picture")
    assert drawn
    assert not drawn.isVisible()
    assert ADDRESSES[0] in sheet.accessibleDescription()
    sheet.reject()


def colour_at(widget: QWidget, spot: QPoint) -> QColor:
    shown = widget.grab()
    return shown.toImage().pixelColor(spot * shown.devicePixelRatio())


# What was done to an image, and what may be done otherwise.


async def test_a_photograph_says_what_was_done_to_it_and_keeps_its_position_on_demand(
    images: Images, tmp_path: Path
) -> None:
    await images.show()
    photograph = picture("jpeg", orientation=ON_ITS_SIDE, position=True)
    images.field.add_files([a_file(tmp_path, "photo.jpg", photograph)])
    await images.settle()
    tile = images.tiles()[0]
    for said in ("“photo.jpg” was turned upright.", "The location was removed from “photo.jpg”."):
        assert said in tile.accessibleDescription()
        assert said in tile.toolTip()
    assert not says_where(images.sent()[0])
    tile.setFocus()
    choose(images, tile, "Keep the location")
    assert images.field.is_reading()
    await images.settle()
    assert says_where(images.sent()[0])
    assert seen(images.sent()[0]).size == (40, 60)
    assert images.field.focusWidget() is images.tiles()[0]
    assert "location was removed" not in images.tiles()[0].accessibleDescription()
    choose(images, images.tiles()[0], "Remove the location")
    await images.settle()
    assert not says_where(images.sent()[0])


async def test_a_long_side_warns_at_the_field_until_it_is_scaled(images: Images, tmp_path: Path) -> None:
    await images.show()
    names = ["first.png", "plan.png", "last.png"]
    sizes = [(4, 4), (9_000, 45), (5, 5)]
    files = [a_file(tmp_path, name, picture(size=size)) for name, size in zip(names, sizes, strict=True)]
    images.field.add_files(files)
    await images.settle()
    assert [messages.problem(one) for one in images.told] == [
        "“plan.png” has 9000 × 45 pixels; some models refuse a side over 8,000."
    ]
    choose(images, images.tiles()[1], "Scale down to 8,000 pixels")
    await images.settle()
    assert images.told == []
    assert [seen(one).size for one in images.sent()] == [(4, 4), (8_000, 40), (5, 5)]
    choose(images, images.tiles()[1], "Keep the original size")
    await images.settle()
    assert [one.type for one in images.told] == ["image_long"]
    images.tiles()[1].removed.emit()
    assert images.told == []


async def test_the_sheet_offers_the_same(images: Images, tmp_path: Path) -> None:
    await images.show()
    images.field.add_files([a_file(tmp_path, "photo.jpg", picture("jpeg", position=True))])
    await images.settle()
    QTest.mouseClick(images.tiles()[0], Qt.MouseButton.LeftButton)
    [sheet] = images.field.findChildren(LargeImage)
    assert "The location was removed" in sheet.accessibleDescription()
    button = sheet.findChild(QAbstractButton, "choice")
    assert button
    assert button.text() == "Keep the location"
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    await images.settle()
    assert says_where(images.sent()[0])


async def test_a_choice_for_an_image_that_has_left_meanwhile_is_void(images: Images, tmp_path: Path) -> None:
    """A launch may be accepted while its image is enlarged."""
    await images.show()
    images.field.add_files([a_file(tmp_path, "photo.jpg", picture("jpeg", position=True))])
    await images.settle()
    QTest.mouseClick(images.tiles()[0], Qt.MouseButton.LeftButton)
    [sheet] = images.field.findChildren(LargeImage)
    images.field.set_urls([])
    button = sheet.findChild(QAbstractButton, "choice")
    assert button
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert not sheet.isVisible()
    await images.settle()
    assert images.field.urls() == []


async def test_of_choices_that_follow_quickly_each_holds(images: Images, tmp_path: Path) -> None:
    await images.show()
    images.field.add_files([a_file(tmp_path, "photo.jpg", picture("jpeg", (9_000, 45), position=True))])
    await images.settle()
    tile = images.tiles()[0]
    choose(images, tile, "Scale down to 8,000 pixels")
    choose(images, tile, "Keep the location")
    await images.settle()
    [content] = images.sent()
    assert (seen(content).size, says_where(content)) == ((8_000, 40), True)
    assert not images.field.is_reading()


async def test_a_choice_that_the_form_has_forgotten_is_void(images: Images, tmp_path: Path) -> None:
    await images.show()
    images.field.add_files([a_file(tmp_path, "photo.jpg", picture("jpeg", (9_000, 45), position=True))])
    await images.settle()
    choose(images, images.tiles()[0], "Scale down to 8,000 pixels")
    images.field.forget()
    assert not images.field.is_reading()
    choose(images, images.tiles()[0], "Keep the location")
    await images.settle()
    assert (seen(images.sent()[0]).size, says_where(images.sent()[0])) == ((9_000, 45), True)


async def test_an_image_that_is_brought_back_warns_again_and_stays_as_it_was_sent(
    images: Images, tmp_path: Path
) -> None:
    images.field.add_files([a_file(tmp_path, "plan.png", picture(size=(9_000, 45), position=True))])
    await images.settle()
    choose(images, images.tiles()[0], "Keep the location")
    await images.settle()
    before = images.field.urls()
    images.field.set_urls([])
    assert images.told == []
    images.field.set_urls(before)
    await images.settle()
    assert images.field.urls() == before
    assert [one.type for one in images.told] == ["image_long"]


def choose(images: Images, tile: Tile, text: str) -> None:
    """In the menu that the menu key opens."""
    where = tile.mapToGlobal(tile.rect().center())
    reason = QContextMenuEvent.Reason.Keyboard
    QApplication.sendEvent(tile, QContextMenuEvent(reason, tile.rect().center(), where))
    menu = [one for one in tile.findChildren(QMenu) if one.isVisible()][-1]
    [action] = [one for one in menu.actions() if one.text() == text]
    action.trigger()
    menu.close()


def data_url(content: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


def a_file(tmp_path: Path, name: str, content: bytes) -> Path:
    file = tmp_path / name
    file.write_bytes(content)
    return file


# What a clipboard or a drop brings.

PAGE = "https://example.com/holidays"
IMAGE = "https://example.com/beach.png"


def brought(
    *, image: bool = False, url: str = "", html: str = "", text: str = "", files: Sequence[Path] = ()
) -> QMimeData:
    source = an_image("red") if image else QMimeData()
    urls = [QUrl(url)] if url else [QUrl.fromLocalFile(str(file)) for file in files]
    if urls:
        source.setUrls(urls)
    if html:
        source.setHtml(html)
    if text:
        source.setText(text)
    return source


@pytest.mark.parametrize(
    "source",
    [
        brought(image=True),
        brought(image=True, url=IMAGE),
        brought(image=True, text=IMAGE),
        brought(image=True, html=f'<meta charset="utf-8"><img src="{IMAGE}" alt="The beach"/>'),
        brought(image=True, html=f"<img src='{IMAGE}'>", text="The beach"),
        brought(image=True, url=IMAGE, html=f'<a href="{PAGE}"><img src="{IMAGE}"></a>', text=IMAGE),
    ],
)
@pytest.mark.parametrize("dropped", [False, True])
async def test_a_picture_with_its_address_is_the_picture(
    images: Images, source: QMimeData, dropped: bool
) -> None:
    assert brings_images(source, dropped=dropped)
    images.field.add_from(source, dropped)
    await images.settle()
    [content] = images.sent()
    assert seen(content).size == (4, 4)


@pytest.mark.parametrize(
    "source",
    [
        brought(image=True, text="A table\twith cells"),
        brought(image=True, html="<table><tr><td>A table</td></tr></table>", text="A table"),
        brought(image=True, html=f'<p>Look: <img src="{IMAGE}"></p>', text="Look:"),
        brought(text=IMAGE),
        brought(text="Fix it"),
        brought(url=PAGE),
        brought(url=PAGE, html=f'<a href="{PAGE}">Holidays</a>'),
        brought(url="mailto:me@example.com"),
    ],
)
@pytest.mark.parametrize("dropped", [False, True])
def test_text_stays_text(source: QMimeData, dropped: bool) -> None:
    assert not brings_images(source, dropped=dropped)


@pytest.mark.parametrize(
    ("source", "address"),
    [
        (brought(url=IMAGE), IMAGE),
        (brought(url=f"{IMAGE}?size=2"), f"{IMAGE}?size=2"),
        (brought(url="https://example.com/my%20shot.JPG"), "https://example.com/my%20shot.JPG"),
        (brought(url=PAGE, html=f'<a href="{PAGE}"><img src="{IMAGE}?a=1&amp;b=2"></a>'), f"{IMAGE}?a=1&b=2"),
    ],
)
async def test_the_address_of_an_image_that_is_dropped_is_an_image_and_pasted_is_text(
    images: Images, source: QMimeData, address: str
) -> None:
    assert not brings_images(source, dropped=False)
    assert a_drop(images.field, source)
    await images.settle()
    assert images.field.urls() == [address]


# A drag that is over the message.


@pytest.fixture
def message(images: Images) -> Iterator[MessageField]:
    """The message, with the images in its foot."""
    message = MessageField()
    message.set_foot(images.field)
    message.brought.connect(images.field.add_from)
    images.field.held_over.connect(message.set_drop_target)
    message.resize(400, 300)
    message.show()
    yield message
    images.field.setParent(None)
    message.close()
    message.deleteLater()


@pytest.mark.parametrize("over_images", [False, True])
@pytest.mark.parametrize("ends", ["leaves", "drops"])
async def test_the_message_lights_up_while_an_image_is_dragged_over_it(
    message: MessageField, images: Images, over_images: bool, ends: str
) -> None:
    target = images.field if over_images else message.viewport()
    plain = border_of(message)
    source = an_image("red")
    assert enters(target, source)
    assert message.is_drop_target()
    assert border_of(message) == colours().accent
    if ends == "leaves":
        QApplication.sendEvent(target, QDragLeaveEvent())
    else:
        a_drop(target, source)
    assert not message.is_drop_target()
    assert border_of(message) == plain
    await images.settle()
    assert len(images.field.urls()) == (ends == "drops")


def test_what_is_not_taken_lights_nothing_up(message: MessageField, images: Images) -> None:
    nothing = QMimeData()
    nothing.setData("application/x-unknown", b"x")
    assert not enters(message.viewport(), nothing)
    assert not enters(images.field, brought(text="Fix it"))
    assert not message.is_drop_target()


async def test_an_address_of_an_image_that_is_dropped_on_the_message_is_an_image(
    message: MessageField, images: Images
) -> None:
    a_drop(message.viewport(), brought(url=IMAGE))
    a_drop(message.viewport(), brought(url=PAGE))
    await images.settle()
    assert images.field.urls() == [IMAGE]
    assert PAGE in message.toPlainText()


def enters(widget: QWidget, source: QMimeData) -> bool:
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(2, 2), Qt.DropAction.CopyAction, source, left, none)
    QApplication.sendEvent(widget, enter)
    return enter.isAccepted()


def border_of(message: MessageField) -> QColor:
    return colour_at(message, QPoint(message.width() // 2, 0))


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget
    return widget
