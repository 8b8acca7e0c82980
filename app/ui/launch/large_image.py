"""One image, shown large."""

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app import formats
from app.core.attachments import ImageAttachment
from app.core.imaging import LONGEST_SIDE, ImageOptions, Position
from app.core.tasks import in_thread
from app.translation import gettext as _
from app.ui.dialogs import Sheet
from app.ui.launch.thumbnails import picture_within
from app.ui.text import plain_text
from app.ui.theme import ButtonKind, Label, colours, draw_icon
from app.ui.theme.paint import draw_box
from app.ui.theme.sizes import MARGIN, RADIUS

_WIDTH = 340
_SHARE = 0.7
"""Of the screen, that a picture takes at most; what is beside it in the sheet comes on top."""
_BESIDE = 60


class LargeImage(Sheet):
    """The picture, what was done to it, and what may be done otherwise. It is decoded in a thread."""

    chosen = Signal(object)
    """The `ImageOptions` of a choice."""

    def __init__(self, parent: QWidget, name: str, image: ImageAttachment, notes: str) -> None:
        title = plain_text(name, single_line=True, limit=60)
        width, height = image.prepared.size if image.prepared else (0, 0)
        shown = _within(QSize(width, height), parent)
        super().__init__(parent, "large_image", title, max(_WIDTH, shown.width() + 2 * MARGIN))
        self._url = image.url
        self._room = shown * parent.devicePixelRatioF()
        self._is_closed = False
        self._picture = _Picture(shown, title)
        self._picture.setVisible(image.prepared is not None)
        self.content.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignHCenter)
        about = Label(notes, "label", "text_2", wrap=True, limit=1000)
        self.content.addWidget(about)
        self.setAccessibleDescription(about.text())
        for text, options in choices(image):
            self.add_button("choice", text, partial(self._choose, options))
        self.foot.add_stretch()
        self.add_button("close", _("Close"), self.accept, ButtonKind.PRIMARY).setFocus()

    async def read(self) -> None:
        """Decodes the picture; the sheet may be closed meanwhile."""
        picture = await in_thread(picture_within, self._url, self._room)
        if not self._is_closed:
            self._picture.show_picture(picture)

    def done(self, result: int) -> None:
        self._is_closed = True
        super().done(result)

    def _choose(self, options: ImageOptions) -> None:
        self.chosen.emit(options)
        self.accept()


def choices(image: ImageAttachment) -> list[tuple[str, ImageOptions]]:
    """What may be wished of an image, each in words."""
    made, now = image.prepared, image.options
    if made is None or not image.original:
        return []
    keep, scale = replace(now, keep_metadata=True), replace(now, scale=True)
    offered = [
        (_("Keep the location"), keep, made.position is Position.REMOVED),
        (_("Remove the location"), replace(now, keep_metadata=False), made.position is Position.KEPT),
        (
            _("Scale down to {longest} pixels").format(longest=formats.number(LONGEST_SIDE)),
            scale,
            made.is_long and not made.animated,
        ),
        (_("Keep the original size"), replace(now, scale=False), made.scaled),
    ]
    return [(text, options) for text, options, holds in offered if holds]


def _within(size: QSize, parent: QWidget) -> QSize:
    """The size in which a picture of this one is shown: as large as it is, where the screen has the room."""
    room = parent.screen().availableSize()
    room = QSize(int(room.width() * _SHARE), int(room.height() * _SHARE) - _BESIDE)
    if size.width() > room.width() or size.height() > room.height():
        size = size.scaled(room, Qt.AspectRatioMode.KeepAspectRatio)
    return size.expandedTo(QSize(1, 1))


class _Picture(QWidget):
    """A box of the picture's size, in which it appears."""

    def __init__(self, size: QSize, name: str) -> None:
        super().__init__()
        self.setObjectName("picture")
        self.setFixedSize(size)
        self.setAccessibleName(name)
        self._picture: QImage | None = None

    def show_picture(self, picture: QImage | None) -> None:
        self._picture = picture
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        box = QRectF(self.rect())
        if self._picture is None:
            draw_box(painter, box, RADIUS, fill=colours().sunken)
            draw_icon(painter, box, "image", colours().text_3)
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(box, self._picture)
