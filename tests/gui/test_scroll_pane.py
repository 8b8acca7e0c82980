"""The scroll area of the panes."""

from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.ui import theme
from app.ui.theme import ScrollPane


def test_nothing_moves_when_the_bar_comes_and_goes(qtbot: QtBot) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.install(app)
    content = QWidget()
    pane = ScrollPane(content)
    qtbot.addWidget(pane)
    pane.resize(300, 200)
    pane.show()
    qtbot.waitUntil(lambda: content.width() == 300)
    content.setMinimumHeight(900)
    qtbot.waitUntil(lambda: pane.verticalScrollBar().isVisible())
    assert content.width() == 300
    assert pane.verticalScrollBar().width() > 0
    content.setMinimumHeight(0)
    qtbot.waitUntil(lambda: not pane.verticalScrollBar().isVisible())
    assert content.width() == 300
