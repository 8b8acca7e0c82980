"""Running text in lines of the look's height: the fonts' own is tighter, and Qt's labels know no other."""

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QFont, QGuiApplication, QTextCharFormat, QTextLayout, QTextOption

from app.ui.text import leading


def paragraph(
    text: str,
    font: QFont,
    line_height: int,
    width: int,
    *,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
    strong: tuple[int, QFont] | None = None,
) -> QTextLayout:
    """Plain `text` laid out to `width`; the first letters, as many as `strong` says, are in its font."""
    layout = QTextLayout(text.replace("\n", "\u2028"), font)
    option = QTextOption(leading(align))
    if QGuiApplication.layoutDirection() is Qt.LayoutDirection.RightToLeft:
        option.setTextDirection(Qt.LayoutDirection.LayoutDirectionAuto)  # that of its letters
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    if strong is not None:
        beginning = QTextLayout.FormatRange()
        beginning.start, beginning.length, beginning.format = 0, strong[0], QTextCharFormat()
        beginning.format.setFont(strong[1])
        layout.setFormats([beginning])
    layout.beginLayout()
    y = 0.0
    while (line := layout.createLine()).isValid():
        line.setLineWidth(max(1, width))
        line.setPosition(QPointF(0, y + round((line_height - line.height()) / 2)))
        y += line_height
    layout.endLayout()
    return layout
