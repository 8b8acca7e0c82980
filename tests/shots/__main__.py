"""Takes the pictures, in light and in dark, in another language, and as who reads from the right sees them.

The main window is taken again at 200 %, in a process of its own: Qt reads the scale once, when it starts.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QMessageLogContext, QSettings, Qt, QtMsgType, qInstallMessageHandler
from PySide6.QtGui import QFont, QFontDatabase, QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from app.ui import theme
from app.ui.loop import Loop
from tests.pseudo import pseudo
from tests.shots.scenes import SCENES, Scene, main
from tests.shots.stage import staged

FONTS = "Inter", "SF Pro Text", "Segoe UI", "Noto Sans", "DejaVu Sans"
SCREEN = {"name": "screen", "width": 1920, "height": 1080, "x": 0, "y": 0}
SCHEMES = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}


def picture_of(window: QWidget) -> QPixmap:
    """The window with its menus and dialogs where they stand on the screen."""
    picture = window.grab()
    painter = QPainter(picture)
    for other in QApplication.topLevelWidgets():
        if other is not window and other.isVisible():
            painter.drawPixmap(other.pos() - window.pos(), other.grab())
            if isinstance(other, QDialog):  # its frame is the window manager's
                painter.setPen(theme.colours().line_strong)
                painter.drawRect(other.geometry().translated(-window.pos()).adjusted(-1, -1, 0, 0))
    painter.end()
    return picture


async def take(scene: Scene, folder: Path) -> None:
    """Saves the pictures of a scene."""
    await _take(scene, folder, SCHEMES)
    with pseudo():
        await _take(scene, folder, {"pseudo": Qt.ColorScheme.Light})
    QApplication.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    await _take(scene, folder, {"mirrored": Qt.ColorScheme.Light})
    QApplication.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


async def _take(scene: Scene, folder: Path, schemes: Mapping[str, Qt.ColorScheme]) -> None:
    async with staged() as stage:
        await scene(stage)
        await stage.settle()
        for name, scheme in schemes.items():
            theme.set_scheme(scheme)
            await asyncio.sleep(0)  # palettes land with the next turn of the loop
            await stage.settle()
            ratio = stage.window.devicePixelRatioF()
            size = "" if ratio == 1 else f"-{ratio:.0%}".rstrip("%")
            title = scene.__name__.replace("_", "-")
            assert picture_of(stage.window).save(str(folder / f"{title}-{name}{size}.png"))


async def take_all(scenes: tuple[Scene, ...], folder: Path) -> None:
    for scene in scenes:
        await take(scene, folder)


def main_at_200_percent(folder: Path) -> int:
    command = [sys.executable, "-m", "tests.shots", str(folder), main.__name__]
    return subprocess.run(command, env=os.environ | {"QT_SCALE_FACTOR": "2"}, check=False).returncode


def open_application(settings: str) -> QApplication:
    """On a large screen, without anybody's settings, in the best of the fonts that are here."""
    screen = Path(settings) / "screen.json"
    screen.write_text(json.dumps({"screens": [SCREEN]}), "utf-8")
    os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={screen}"
    QSettings.setPath(QSettings.Format.NativeFormat, QSettings.Scope.UserScope, settings)
    qInstallMessageHandler(_tell_what_is_wrong)
    app = QApplication([])
    app.setQuitOnLastWindowClosed(False)
    app.setCursorFlashTime(0)
    family = next((one for one in FONTS if one in QFontDatabase.families()), app.font().family())
    font = QFont(family)
    font.setPixelSize(13)
    app.setFont(font)
    theme.install(app)
    return app


def _tell_what_is_wrong(_type: QtMsgType, _context: QMessageLogContext, message: str) -> None:
    if not message.startswith("This plugin does not support"):  # raising, grabbing: there is no screen
        print(message, file=sys.stderr)


def shoot(folder: Path, names: list[str]) -> int:
    """All scenes, or those named; the exit status."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as settings:
        app = open_application(settings)
        scenes = tuple(one for one in SCENES if not names or one.__name__ in names)
        with asyncio.Runner(loop_factory=lambda: Loop(app)) as runner:
            runner.run(take_all(scenes, folder))
    if names:
        return 0
    failed = main_at_200_percent(folder)
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}")
    return failed


if __name__ == "__main__":
    sys.exit(shoot(Path(sys.argv[1]), sys.argv[2:]))
