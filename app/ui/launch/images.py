"""The images of the first message: added from files, the clipboard, drops and addresses; shown as thumbnails."""

import itertools
from collections.abc import Callable, Sequence
from functools import partial
from gettext import gettext as _
from gettext import ngettext
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QLocale, QMimeData, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDropEvent,
    QImage,
    QImageWriter,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
)
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.core import attachments
from app.core.tasks import Tasks, in_thread
from app.errors import Problem
from app.ui.launch.thumbnails import thumbnail
from app.ui.text import plain_text, set_tooltip
from app.ui.theme import (
    Button,
    Hairline,
    IconButton,
    Kind,
    Label,
    Menu,
    Row,
    TextField,
    action_icon,
    colours,
    draw_icon,
)
from app.ui.theme.paint import draw_box, draw_ring
from app.ui.theme.sizes import GAP, RADIUS
from app.wire.rules import image_bytes

SIDE = 44


class MessageField(TextField):
    """The first message. Images that are pasted or dropped go to the images, text stays text."""

    brought = Signal(QMimeData)

    takes_images: Callable[[], bool] = staticmethod(lambda: True)
    """Whether images go along now; if not, this is a field like others."""

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return self._brings_images(source) or super().canInsertFromMimeData(source)

    def insertFromMimeData(self, source: QMimeData) -> None:
        if self._brings_images(source):
            self.brought.emit(source)
        else:
            super().insertFromMimeData(source)

    def _brings_images(self, source: QMimeData) -> bool:
        return brings_images(source) and self.takes_images()


def brings_images(source: QMimeData) -> bool:
    files = [url for url in source.urls() if url.isLocalFile()]
    return bool(files) or (source.hasImage() and not source.hasText())


class ImagesField(QWidget):
    """Thumbnails, and below them the button that adds. Its value is the list of addresses that is sent."""

    changed = Signal()
    began = Signal()
    """What was refused before is over; what still holds is told again."""
    refused = Signal(Problem)

    def __init__(self, tasks: Tasks, ask_address: Callable[[], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self._tasks = tasks
        self._pasted = itertools.count(1)
        self._urls: list[str] = []
        self._pictures: dict[str, QImage] = {}
        self._reading: set[str] = set()
        self._not_taken: list[Problem] = []
        self._add = Button(_("Add image"), Kind.GHOST, icon="image", small=True, name="add_image")
        self._strip = QWidget()
        self._row: Row[str, Tile] = Row(self._tile, self._add)
        self._strip.setLayout(self._row)
        self._count = Label("", "label", "text_2")
        self._menu = self._add_menu(ask_address)
        self._add.clicked.connect(self._open_menu)
        self._place()
        self._show()

    # The value, for the tie.

    def urls(self) -> list[str]:
        return list(self._urls)

    def set_urls(self, urls: list[str]) -> None:
        if urls == self._urls:
            return
        self._urls = list(urls)
        self._pictures = {url: picture for url, picture in self._pictures.items() if url in urls}
        for url in self._urls:
            if url.startswith("data:") and url not in self._pictures:
                self._tasks.start(f"thumbnail {hash(url)}", lambda url=url: self._redraw(url))  # type: ignore[misc]
        self._show()
        self.changed.emit()

    # Adding.

    def add_url(self, url: str) -> None:
        """A web address is added as it is; the image in a data URL is looked at first."""
        self._not_taken.clear()
        if url.startswith("data:"):
            self._read(f"address {hash(url)}", _("Pasted image"), lambda: url)
        else:
            self._put(url)
        self._tell()

    def add_files(self, paths: Sequence[Path]) -> None:
        self._not_taken.clear()
        for path in paths:
            self._read(f"file {path}", path.name, partial(attachments.from_file, path))
        self._tell()

    def add_from(self, source: QMimeData) -> None:
        """What was pasted or dropped."""
        self.add_files([Path(url.toLocalFile()) for url in source.urls() if url.isLocalFile()])
        if not source.urls() and source.hasImage():
            picture, name = QImage(source.imageData()), _("Pasted image")
            key = f"pasted image {next(self._pasted)}"
            self._read(key, name, lambda: attachments.from_bytes(_as_png(picture), name))
            self._tell()

    def is_reading(self) -> bool:
        """Whether an image is on its way. Until it is here a launch waits, or it would go without it."""
        return bool(self._reading)

    def forget(self) -> None:
        """What is on its way, or was refused, was for the form as it was before."""
        self._reading.clear()
        self._not_taken.clear()
        self._tell()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if brings_images(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self.add_from(event.mimeData())
        event.acceptProposedAction()

    def _read(self, key: str, name: str, find: Callable[[], str | Problem]) -> None:
        """Adds the data URL that `find` gives, in a thread; or tells what is wrong with it, by `name`."""
        self._reading.add(key)
        self._tasks.start(key, lambda: self._take(key, name, find))

    async def _take(self, key: str, name: str, find: Callable[[], str | Problem]) -> None:
        try:
            found = await in_thread(_looked_at, find, name)
            if key not in self._reading:
                return
            if isinstance(found, Problem):
                self._not_taken.append(found)
            else:
                self._put(*found)
        finally:
            self._reading.discard(key)
            self._tell()

    async def _redraw(self, url: str) -> None:
        drawn = await in_thread(thumbnail, url, SIDE * 2, _("Image"))
        if url not in self._urls:
            return
        if isinstance(drawn, Problem):
            self._not_taken.append(drawn)
            self._tell()
        else:
            self._pictures[url] = drawn
            self._strip.update()

    def _put(self, url: str, picture: QImage | None = None) -> None:
        if url not in self._urls:
            if picture:
                self._pictures[url] = picture
            self.set_urls([*self._urls, url])

    def _tell(self) -> None:
        self.began.emit()
        for problem in self._not_taken:
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
        dialog.filesSelected.connect(lambda names: self.add_files([Path(name) for name in names]))
        dialog.open()

    def _show(self) -> None:
        self._row.set_values(self._urls)
        for number, tile in enumerate(self._row.widgets(), 1):
            tile.stand_at(number)
        self._strip.setVisible(bool(self._urls))
        self._strip.updateGeometry()
        self._count.setText(self._summary())
        self.updateGeometry()

    def _tile(self, url: str) -> "Tile":
        about = url if not url.startswith("data:") else _size(image_bytes(url))
        tile = Tile(about, lambda: self._pictures.get(url))
        tile.removed.connect(lambda: self.set_urls([one for one in self._urls if one != url]))
        return tile

    def _summary(self) -> str:
        if not self._urls:
            return _("paste or drop images here")
        count = len(self._urls)
        held = sum(map(image_bytes, self._urls))
        text = ngettext("{count} image", "{count} images", count).format(count=count)
        return f"{text} · {_size(held)}" if held else text


class Tile(QAbstractButton):
    """One image. Its cross, Delete or Backspace remove it; who holds the key down removes one."""

    removed = Signal()

    def __init__(self, about: str, picture: Callable[[], QImage | None]) -> None:
        super().__init__()
        self._about = plain_text(about, single_line=True)
        self._picture = picture
        set_tooltip(self, _("{about}\nDelete removes it.").format(about=self._about))
        self.setAccessibleDescription(_("Delete removes it."))
        self.setFixedSize(SIDE, SIDE)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._cross = IconButton("close", _("Remove image"), 20, self)
        self._cross.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._cross.move(SIDE - 20, 0)
        self._cross.clicked.connect(self.removed)
        self._cross.hide()

    def stand_at(self, number: int) -> None:
        """Its place among the images, from 1."""
        name = _("Image {number}, {about}").format(number=number, about=self._about)
        self.setAccessibleName(name)

    def sizeHint(self) -> QSize:
        return QSize(SIDE, SIDE)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() not in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            super().keyPressEvent(event)
        elif not event.isAutoRepeat():
            self.removed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        self._cross.setVisible(self.underMouse())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        box = QRectF(self.rect())
        draw_box(painter, box, RADIUS, fill=colours().sunken, border=colours().line)
        if (picture := self._picture()) is None:
            draw_icon(painter, box.adjusted(14, 14, -14, -14), "link", colours().text_2)
        else:
            path = QPainterPath()
            path.addRoundedRect(box.adjusted(1, 1, -1, -1), RADIUS - 1, RADIUS - 1)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setClipPath(path)
            painter.drawImage(box, picture)
            painter.setClipping(False)
        if self.underMouse():  # a cross must be seen on any picture
            draw_box(
                painter, QRectF(self._cross.geometry()), RADIUS, fill=colours().surface, border=colours().line
            )
        if self.hasFocus():
            draw_ring(painter, box, RADIUS, colours().focus)


def _looked_at(find: Callable[[], str | Problem], name: str) -> tuple[str, QImage] | Problem:
    """What `find` gives, with its thumbnail. Blocks: an image is decoded off the UI's thread."""
    url = find()
    if isinstance(url, Problem):
        return url
    picture = thumbnail(url, SIDE * 2, name)
    return picture if isinstance(picture, Problem) else (url, picture)


def _as_png(picture: QImage) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(picture)
    return bytes(buffer.data().data())


def _size(count: int) -> str:
    return QLocale().formattedDataSize(count, 1, QLocale.DataSizeFormat.DataSizeTraditionalFormat)
