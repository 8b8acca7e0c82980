"""The images of the first message: added from files, the clipboard, drops and addresses; shown as thumbnails."""

import itertools
from collections.abc import Callable, Sequence
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
from app.ui.text import set_tooltip
from app.ui.theme import (
    Button,
    FlowLayout,
    Hairline,
    IconButton,
    Kind,
    Label,
    Menu,
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

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return brings_images(source) or super().canInsertFromMimeData(source)

    def insertFromMimeData(self, source: QMimeData) -> None:
        if brings_images(source):
            self.brought.emit(source)
        else:
            super().insertFromMimeData(source)


def brings_images(source: QMimeData) -> bool:
    files = [url for url in source.urls() if url.isLocalFile()]
    return bool(files) or (source.hasImage() and not source.hasText())


class ImagesField(QWidget):
    """Thumbnails, and below them the button that adds. Its value is the list of addresses that is sent."""

    changed = Signal()
    began = Signal()
    """Something is being added: what was refused before is over."""
    refused = Signal(Problem)

    def __init__(self, tasks: Tasks, ask_address: Callable[[], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self._tasks = tasks
        self._pasted = itertools.count(1)
        self._urls: list[str] = []
        self._pictures: dict[str, QImage] = {}
        self._strip = QWidget()
        self._flow = FlowLayout(GAP)
        self._strip.setLayout(self._flow)
        self._count = Label("", "label", "text_2")
        self._add = Button(_("Add image"), Kind.GHOST, icon="image", small=True, name="add_image")
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
        self.began.emit()
        if url.startswith("data:"):
            self._tasks.start(f"add {hash(url)}", lambda: self._look_at(url, _("Pasted image")))
        else:
            self._put(url)

    def add_files(self, paths: Sequence[Path]) -> None:
        self.began.emit()
        for path in paths:
            self._tasks.start(f"read {path}", lambda path=path: self._read(path))  # type: ignore[misc]

    def add_from(self, source: QMimeData) -> None:
        """What was pasted or dropped."""
        self.add_files([Path(url.toLocalFile()) for url in source.urls() if url.isLocalFile()])
        if not source.urls() and source.hasImage():
            picture = QImage(source.imageData())
            self._tasks.start(f"pasted image {next(self._pasted)}", lambda: self._take(picture))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if brings_images(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self.add_from(event.mimeData())
        event.acceptProposedAction()

    async def _read(self, path: Path) -> None:
        await self._add_found(await in_thread(attachments.from_file, path), path.name)

    async def _take(self, picture: QImage) -> None:
        content = await in_thread(_as_png, picture)
        await self._add_found(attachments.from_bytes(content, _("Pasted image")), _("Pasted image"))

    async def _add_found(self, found: str | Problem, name: str) -> None:
        if isinstance(found, Problem):
            self.refused.emit(found)
        else:
            await self._look_at(found, name)

    async def _look_at(self, url: str, name: str) -> None:
        if url not in self._urls and await self._draw(url, name):
            self._put(url)

    async def _redraw(self, url: str) -> None:
        await self._draw(url, _("Image"))

    async def _draw(self, url: str, name: str) -> bool:
        """Decodes off this thread; False, and why, when it cannot be decoded within its limits."""
        drawn = await in_thread(thumbnail, url, SIDE * 2, name)
        if isinstance(drawn, Problem):
            self.refused.emit(drawn)
            return False
        self._pictures[url] = drawn
        self._show()
        return True

    def _put(self, url: str) -> None:
        if url not in self._urls:
            self.set_urls([*self._urls, url])

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
        self._flow.setContentsMargins(11, 0, 11, GAP + 2)
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
        while self._flow.count():
            if (item := self._flow.takeAt(0)) and (old := item.widget()):
                old.deleteLater()
        for number, url in enumerate(self._urls):
            self._flow.addWidget(self._tile(number, url))
        self._strip.setVisible(bool(self._urls))
        self._strip.updateGeometry()
        self._count.setText(self._summary())
        self.updateGeometry()

    def _tile(self, number: int, url: str) -> "Tile":
        tile = Tile(self._pictures.get(url))
        about = url if not url.startswith("data:") else _size(image_bytes(url))
        tile.setAccessibleName(_("Image {number}, {about}").format(number=number + 1, about=about))
        set_tooltip(tile, _("{about}\nDelete removes it.").format(about=about))
        tile.setAccessibleDescription(_("Delete removes it."))
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
    """One image. Its cross, Delete or Backspace remove it."""

    removed = Signal()

    def __init__(self, picture: QImage | None) -> None:
        super().__init__()
        self._picture = picture
        self.setFixedSize(SIDE, SIDE)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._cross = IconButton("close", _("Remove image"), 20, self)
        self._cross.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._cross.move(SIDE - 20, 0)
        self._cross.clicked.connect(self.removed)
        self._cross.hide()

    def sizeHint(self) -> QSize:
        return QSize(SIDE, SIDE)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._cross.setVisible(self.underMouse())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        box = QRectF(self.rect())
        draw_box(painter, box, RADIUS, fill=colours().sunken, border=colours().line)
        if self._picture is None:
            draw_icon(painter, box.adjusted(14, 14, -14, -14), "link", colours().text_2)
        else:
            path = QPainterPath()
            path.addRoundedRect(box.adjusted(1, 1, -1, -1), RADIUS - 1, RADIUS - 1)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setClipPath(path)
            painter.drawImage(box, self._picture)
            painter.setClipping(False)
        if self.underMouse():  # a cross must be seen on any picture
            draw_box(
                painter, QRectF(self._cross.geometry()), RADIUS, fill=colours().surface, border=colours().line
            )
        if self.hasFocus():
            draw_ring(painter, box, RADIUS, colours().focus)


def _as_png(picture: QImage) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(picture)
    return bytes(buffer.data().data())


def _size(count: int) -> str:
    return QLocale().formattedDataSize(count, 1, QLocale.DataSizeFormat.DataSizeTraditionalFormat)
