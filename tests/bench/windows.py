"""The two windows that are compared, each a process: `python -c "from tests.bench.windows import bare; bare()"`.

They tell on standard output when the first window is painted and its field has taken a letter, and then stay.
"""

from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

FIELD = "initial_user_msg"
READY = "ready"


def ours() -> None:
    """The program itself, with the arguments of the process."""
    _tell_when_painted()
    from app.__main__ import main

    main()


def bare() -> None:
    """The least that has a label and a field."""
    _tell_when_painted()
    qt = QApplication([])
    window = _Bare()
    layout = QVBoxLayout(window)
    layout.addWidget(QLabel("Message"))
    field = QLineEdit()
    field.setObjectName(FIELD)
    layout.addWidget(field)
    field.setFocus()
    window.show()
    qt.exec()


class _Bare(QWidget):
    def paintEvent(self, event: Any) -> None:
        super().paintEvent(event)


def _tell_when_painted() -> None:
    """Wraps what the first window that has the field does to paint itself.

    No event filter, and no enumeration of Qt's: the bare window needs none, and the first costs it 30 ms.
    """
    show = QWidget.show

    def shown(window: QWidget) -> None:
        field = window.findChild(QWidget, FIELD) if window.isWindow() else None
        if field is not None:
            QWidget.show = show  # type: ignore[method-assign]
            _watch(window, field)
        show(window)

    QWidget.show = shown  # type: ignore[method-assign]


def _watch(window: QWidget, field: QWidget) -> None:
    kind = type(window)
    paint = kind.paintEvent
    times = 0

    def painted(self: QWidget, event: Any) -> None:
        nonlocal times
        paint(self, event)
        times += 1
        if times == 1:
            QTimer.singleShot(0, lambda: _tell(field))  # once the children are painted too

    kind.paintEvent = painted  # type: ignore[method-assign]


def _tell(field: QWidget) -> None:
    assert field.isVisible()
    assert field.isEnabled()
    assert field.window().focusWidget() is field  # who types now types into it
    if isinstance(field, QLineEdit):
        field.insert("a")
        taken = field.text()
    else:
        assert isinstance(field, QPlainTextEdit)
        field.insertPlainText("a")
        taken = field.toPlainText()
    assert taken == "a"
    print(READY, flush=True)
