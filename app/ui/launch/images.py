"""The images of the first message: added from files, the clipboard, drops and addresses; shown small, in order."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QPoint, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QImage
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from app import formats, messages
from app.core.tasks import Tasks
from app.errors import Problem
from app.translation import gettext as _
from app.translation import ngettext
from app.ui.launch.image_tile import SIDE, Tile
from app.ui.launch.mime_data import address_of, brings_images, files_of, from_picture, has_picture
from app.ui.launch.reading_queue import ReadingQueue
from app.ui.text import data_size
from app.ui.theme import Button, ButtonKind, Hairline, Label, Menu, Row, action_icon, announce
from app.ui.theme.sizes import GAP

if TYPE_CHECKING:  # what looks at images is loaded with the first of them
    from app.core.attachments import ImageAttachment
    from app.core.imaging import ImageOptions


class ImagesField(QWidget):
    """Thumbnails, and below them the button that adds. Its value is the list of addresses that is sent."""

    changed = Signal()
    began = Signal()
    """What was told before is over; what still holds is told again."""
    refused = Signal(Problem)
    """An image was not taken in, or may not be taken by a model."""
    held_over = Signal(bool)
    """Whether something that would be taken in is dragged over this field."""

    def __init__(self, tasks: Tasks, ask_address: Callable[[], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self._tasks = tasks
        self._number = itertools.count(1)
        self._queue = ReadingQueue()
        self._images: dict[str, ImageAttachment] = {}
        self._pictures: dict[str, QImage | None] = {}
        """By address; None for one that is not decoded yet, or that Qt cannot decode."""
        self._wanted: dict[str, ImageOptions] = {}
        """What was chosen for images, and is not done yet."""
        self._not_taken: list[Problem] = []
        self._add = Button(_("Add image"), ButtonKind.GHOST, icon="image", small=True, name="add_image")
        self._strip = QWidget()
        self._row: Row[str, Tile] = Row(self._tile, self._add)
        self._strip.setLayout(self._row)
        self._count = Label("", "label", "text_2")
        self._menu = self._add_menu(ask_address)
        self._add.clicked.connect(self._open_menu)
        self._place()
        self._show()

    # The value, for the binding.

    def urls(self) -> list[str]:
        return self._queue.urls()

    def set_urls(self, urls: list[str]) -> None:
        if urls != self.urls():
            self._queue.set_urls(urls)
            self._follow_queue()

    def _follow_queue(self) -> None:
        """Holds and shows what is in the queue now."""
        from app.core.attachments import ImageAttachment, is_web_address

        urls = self.urls()
        self._images = {url: self._images.get(url, ImageAttachment(url)) for url in urls}
        self._pictures = {url: self._pictures[url] for url in urls if url in self._pictures}
        for url in urls:
            if url not in self._pictures and not is_web_address(url):
                self._pictures[url] = None
                self._tasks.start(f"thumbnail {hash(url)}", partial(self._look_again, url))
        self._show()
        self._tell()
        self.changed.emit()

    # Adding.

    def add(self, image: "ImageAttachment") -> None:
        """What was checked already."""
        self._not_taken.clear()
        self._queue.begin(key := f"image {next(self._number)}")
        self._put(key, image)
        self._queue.end(key)
        self._tell()

    def add_address(self, address: str) -> None:
        from app.core import attachments

        self._read(
            [(f"address {hash(address)}", partial(attachments.from_address, address, _("Dropped image")))]
        )

    def add_files(self, names: Sequence[str | Path]) -> None:
        from app.core import attachments

        self._read([(f"file {name}", partial(attachments.from_file, Path(name))) for name in names])

    def add_from(self, source: QMimeData, dropped: bool = False) -> None:
        """What was pasted or dropped."""
        if files := files_of(source):
            self.add_files([url.toLocalFile() for url in files])
        elif has_picture(source):
            picture = QImage(source.imageData())
            key = f"pasted image {next(self._number)}"
            self._read([(key, partial(from_picture, picture, _("Pasted image")))])
        elif dropped and (address := address_of(source)):
            self.add_address(address)

    def is_reading(self) -> bool:
        """Whether an image is on its way. Until it is here a launch waits, or it would go without it."""
        return self._queue.is_reading()

    def forget(self) -> None:
        """What is on its way, or was refused, was for the form as it was before."""
        self._queue.forget()
        self._wanted.clear()
        self._not_taken.clear()
        self._tell()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if brings_images(event.mimeData(), dropped=True):
            event.acceptProposedAction()
            self.held_over.emit(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.held_over.emit(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self.held_over.emit(False)
        self.add_from(event.mimeData(), dropped=True)
        event.acceptProposedAction()

    def _read(self, given: "Sequence[tuple[str, Callable[[], ImageAttachment | Problem]]]") -> None:
        """Adds the images that these find, each in a thread under its key; or tells what is wrong with it."""
        from app.core.attachments import with_room

        taken, self._not_taken = with_room(given, len(self._queue))
        for key, find in taken:
            self._queue.begin(key)
            self._tasks.start(key, partial(self._take, key, find))
        self._tell()

    async def _take(self, key: str, find: "Callable[[], ImageAttachment | Problem]") -> None:
        from app.core.attachments import are_too_large

        try:
            found = await self._queue.in_turn(partial(_looked_at, find))
            if not self._queue.awaits(key):
                return
            if isinstance(found, Problem):
                self._not_taken.append(found)
            elif are_too_large(self._images.values()):
                self._not_taken.append(_is_full(found[0].name))
            else:
                image, self._pictures[image.url] = found
                self._put(key, image)
        finally:
            self._queue.end(key)
            self._tell()

    def _put(self, key: str, image: "ImageAttachment") -> None:
        """Into the place that was kept for it; an image that is there already keeps its own."""
        if image.url not in self.urls():
            self._images[image.url] = image
            self._queue.put(key, image.url)
            self._follow_queue()

    async def _look_again(self, url: str) -> None:
        """At an image of an earlier launch: it stays as it was sent."""
        from app.core import attachments
        from app.core.imaging import ImageOptions

        find = partial(attachments.from_address, url, _("Image"), ImageOptions(keep_metadata=True))
        found = await self._queue.in_turn(partial(_looked_at, find))
        if url not in self.urls():
            return
        if isinstance(found, Problem):
            self._not_taken.append(found)
        else:
            image, self._pictures[url] = found
            self._images[url] = replace(image, url=url)
            self._show()
        self._tell()

    # What can be done with one.

    def _move(self, url: str, place: int) -> None:
        urls = self.urls()
        urls.remove(url)
        urls.insert(place, url)
        self.set_urls(urls)

    def _step(self, url: str, steps: int) -> None:
        urls = self.urls()
        place = urls.index(url) + steps
        if 0 <= place < len(urls):
            self._move(url, place)
            said = _("Image {number} of {count}").format(number=place + 1, count=len(urls))
            announce(self._row.widgets()[place], said)

    def _drag(self, url: str, to: QPoint) -> None:
        for place, tile in enumerate(self._row.widgets()):
            if tile.geometry().contains(to):
                self._move(url, place)

    def _choose(self, url: str, options: "ImageOptions") -> None:
        """Makes the image anew from what it came from, in its place; the last choice holds."""
        from app.core import attachments

        image = self._images.get(url)
        if image is None:
            return  # it was sent, or removed, while somebody looked at it
        key = f"choice {next(self._number)}"
        find = partial(attachments.from_bytes, image.original, image.name, options)
        self._not_taken.clear()
        self._queue.begin_instead(key)
        self._wanted[url] = options
        self._tasks.start(key, lambda: self._take_instead(key, url, find, options))
        self._tell()

    def _with_choice(self, url: str) -> "ImageAttachment":
        """The image, with what was chosen for it last: that may be on its way."""
        image = self._images[url]
        return replace(image, options=self._wanted.get(url, image.options))

    async def _take_instead(
        self,
        key: str,
        url: str,
        find: "Callable[[], ImageAttachment | Problem]",
        options: "ImageOptions",
    ) -> None:
        try:
            found = await self._queue.in_turn(partial(_looked_at, find))
            is_wanted = self._queue.awaits(key) and self._wanted.get(url) == options
            if not is_wanted or url not in self.urls():
                return
            if isinstance(found, Problem):
                self._not_taken.append(found)
                return
            image, self._pictures[image.url] = found
            self._images[image.url] = image
            self._queue.put_instead(key, image.url, url)
            self._follow_queue()
        finally:
            self._queue.end(key)
            if self._wanted.get(url) == options:
                del self._wanted[url]
            self._tell()

    def _open_large(self, url: str) -> None:
        from app.ui.launch.large_image import LargeImage

        image = self._with_choice(url)
        notes = [_about(image), *map(messages.problem, image.notes())]
        name = image.name or _("Image {number}").format(number=self.urls().index(url) + 1)
        sheet = LargeImage(self, name, image, "\n".join(notes))
        sheet.chosen.connect(lambda options: self._choose(url, options))
        if image.prepared:
            self._tasks.start(f"large image {next(self._number)}", sheet.read)
        sheet.open()

    def _open_menu_of(self, url: str, where: QPoint) -> None:
        from app.ui.launch.large_image import choices

        tile = self._row.widgets()[self.urls().index(url)]
        last = len(self.urls()) - 1
        place = self.urls().index(url)
        menu = Menu(tile)
        menu.setAccessibleName(tile.accessibleName())
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(action_icon("eye"), _("Enlarge"), lambda: self._open_large(url))
        earlier, later = _("Move left"), _("Move right")
        if self.isRightToLeft():
            earlier, later = later, earlier
        menu.addAction(earlier, lambda: self._step(url, -1)).setEnabled(place > 0)
        menu.addAction(later, lambda: self._step(url, 1)).setEnabled(place < last)
        for text, options in choices(self._with_choice(url)):
            menu.addAction(text, partial(self._choose, url, options))
        menu.addAction(action_icon("trash"), _("Remove"), lambda: self._remove(url))
        menu.popup(where)

    def _remove(self, url: str) -> None:
        self.set_urls([one for one in self.urls() if one != url])

    def _tell(self) -> None:
        """The newest last, as it happened."""
        self.began.emit()
        long = [
            note for image in self._images.values() for note in image.notes() if note.type == "image_long"
        ]
        for problem in [*long, *self._not_taken]:
            self.refused.emit(problem)

    # Inside.

    def _place(self) -> None:
        foot = QHBoxLayout()
        foot.setContentsMargins(GAP, GAP - 2, 13, GAP - 2)
        foot.addWidget(self._add)
        foot.addStretch()
        foot.addWidget(self._count)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._row.setContentsMargins(11, 0, 11, GAP + 2)
        column.addWidget(self._strip)
        column.addWidget(Hairline())
        column.addLayout(foot)

    def _add_menu(self, ask_address: Callable[[], None]) -> Menu:
        menu = Menu(self)
        menu.setAccessibleName(self._add.text())
        menu.addAction(action_icon("folder"), _("From a file…"), self._choose_files)
        menu.addAction(action_icon("link"), _("From an address…"), ask_address)
        return menu

    def _open_menu(self) -> None:
        self._menu.popup(self._add.mapToGlobal(self._add.rect().bottomLeft()))

    def _choose_files(self) -> None:
        dialog = QFileDialog(self, _("Add images"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilters([_("Images (*.png *.jpg *.jpeg *.webp *.gif)"), _("All files (*)")])
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(self.add_files)
        dialog.open()

    def _show(self) -> None:
        urls = self.urls()
        self._row.set_values(urls)
        for number, (url, tile) in enumerate(zip(urls, self._row.widgets(), strict=True), 1):
            notes = self._images[url].notes()
            tile.stand_at(number)
            tile.set_name(
                list(map(messages.problem, notes)), warns=any(one.type == "image_long" for one in notes)
            )
        self._strip.setVisible(bool(urls))
        self._strip.updateGeometry()
        self._count.setText(self._summary())
        self.updateGeometry()

    def _tile(self, url: str) -> Tile:
        from app.core.attachments import is_web_address

        is_web, name = is_web_address(url), self._images[url].name
        about = url if is_web else formats.listing((name, data_size(_held(url))))
        tile = Tile(about, lambda: self._pictures.get(url), is_web=is_web)
        tile.clicked.connect(lambda: self._open_large(url))
        tile.removed.connect(lambda: self._remove(url))
        tile.moved.connect(lambda steps: self._step(url, steps))
        tile.dragged.connect(lambda to: self._drag(url, to))
        tile.menu_wanted.connect(lambda where: self._open_menu_of(url, where))
        return tile

    def _summary(self) -> str:
        urls = self.urls()
        if not urls:
            return _("paste or drop images here")
        count, held = len(urls), sum(map(_held, urls))
        text = ngettext("{count} image", "{count} images", count).format(count=count)
        return f"{text} · {data_size(held)}" if held else text


def _is_full(name: str) -> Problem:
    from app.wire.rules import IMAGES_LIMIT, MIB

    return Problem.warning(("image_urls",), "images_full", name=name, mib=IMAGES_LIMIT // MIB)


def _held(url: str) -> int:
    """How many bytes the address holds itself."""
    from app.wire.rules import image_bytes

    return image_bytes(url)


def _looked_at(
    find: "Callable[[], ImageAttachment | Problem]",
) -> "tuple[ImageAttachment, QImage | None] | Problem":
    """What `find` gives, with its thumbnail. Blocks: an image is decoded off the UI's thread."""
    from app.ui.launch.thumbnails import thumbnail

    found = find()
    return found if isinstance(found, Problem) else (found, thumbnail(found.url, SIDE * 2))


def _about(image: "ImageAttachment") -> str:
    from app.core.attachments import is_web_address
    from app.ui.launch.address import LOADED_LATER

    if is_web_address(image.url):
        return f"{image.url}\n{_(LOADED_LATER)}"
    size = data_size(_held(image.url))
    if image.prepared is None:
        return size
    width, height = image.prepared.size
    return _("{width} × {height} pixels, {size}").format(width=width, height=height, size=size)
