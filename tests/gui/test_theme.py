"""The widgets of the theme: keys, roles, states, and colours that change while they are in view."""

import gc
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QFont,
    QFontMetrics,
    QIcon,
    QImage,
    QKeyEvent,
    QPainter,
    QPalette,
    QWheelEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.ui.text import SafeLabel, set_tooltip
from app.ui.theme import (
    Bar,
    Button,
    ButtonKind,
    Caption,
    Card,
    Chip,
    ChoiceField,
    Drawing,
    EmptyState,
    FlowLayout,
    Fold,
    Hairline,
    Icon,
    IconButton,
    Label,
    LineField,
    Menu,
    Note,
    Row,
    ScrollBar,
    Segments,
    Shape,
    TextField,
    action_icon,
    colours,
    draw_icon,
    draw_shape,
    install,
    program_icon,
    set_scheme,
)
from app.ui.theme.colours import DARK, LIGHT
from app.ui.theme.paint import draw_line
from app.ui.theme.sizes import FontRole, font, group_height, line_height, row_height, use_system_font

ICONS = Path(__file__).parents[2] / "resources" / "icons"
HOSTILE = '<img src="/etc/passwd"><b>bold</b>\u202etxt.exe'


@pytest.fixture(autouse=True)
def theme(qapp: QApplication) -> Iterator[None]:
    install(qapp)
    set_scheme(Qt.ColorScheme.Light)
    yield
    set_scheme(Qt.ColorScheme.Light)


@pytest.fixture
def pane(qtbot: QtBot) -> QWidget:
    """A window in view, so that its widgets can have the focus."""
    pane = QWidget()
    qtbot.addWidget(pane)
    QVBoxLayout(pane)
    pane.resize(400, 300)
    return pane


def put(qtbot: QtBot, pane: QWidget, *widgets: QWidget) -> None:
    layout = pane.layout()
    assert layout is not None
    for widget in widgets:
        layout.addWidget(widget)
    pane.show()
    pane.activateWindow()
    qtbot.waitUntil(pane.isActiveWindow)


def focus(qtbot: QtBot, widget: QWidget) -> None:
    widget.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(widget.hasFocus)


def click(widget: QWidget, at: QPoint | None = None) -> None:
    spot = widget.rect().center() if at is None else at
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, spot)


def picture(widget: QWidget) -> QImage:
    return widget.grab().toImage()


def pixel(widget: QWidget, x: int, y: int) -> QColor:
    return picture(widget).pixelColor(x, y)


def shows(widget: QWidget, *wanted: QColor) -> bool:
    """Whether one of the colours is in the picture; small letters are a little paler than their ink."""
    image = picture(widget)
    pixels = {image.pixelColor(x, y).rgb() for x in range(image.width()) for y in range(image.height())}
    return any(apart(QColor(pixel), colour) < 24 for pixel in pixels for colour in wanted)


def apart(one: QColor, other: QColor) -> int:
    return max(abs(one.red() - other.red()), abs(one.green() - other.green()), abs(one.blue() - other.blue()))


def role(widget: QWidget) -> QAccessible.Role:
    return QAccessible.queryAccessibleInterface(widget).role()


def spoken(widget: QWidget) -> str:
    return QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)


# ---- the theme ---------------------------------------------------------------------------------------------


def test_a_change_of_scheme_repaints_what_is_in_view(qtbot: QtBot, pane: QWidget) -> None:
    label, icon, button = (
        Label("words", "body", "bad"),
        Icon("plug", "needs"),
        Button("Go", ButtonKind.PRIMARY),
    )
    put(qtbot, pane, label, icon, button, Card())
    assert shows(label, LIGHT.bad)
    set_scheme(Qt.ColorScheme.Dark)
    assert colours() is DARK
    qtbot.waitUntil(lambda: shows(label, DARK.bad))
    assert shows(icon, DARK.needs)
    assert pixel(button, 4, button.height() // 2) == DARK.accent
    assert pixel(pane, 2, 2) == DARK.window


def test_unknown_follows_the_system_again(qapp: QApplication) -> None:
    set_scheme(Qt.ColorScheme.Dark)
    set_scheme(Qt.ColorScheme.Unknown)
    wanted = DARK if qapp.styleHints().colorScheme() is Qt.ColorScheme.Dark else LIGHT
    assert colours() is wanted


def test_a_system_that_flips_is_followed_at_once_unless_a_scheme_is_forced(qapp: QApplication) -> None:
    told = qapp.styleHints().colorSchemeChanged
    set_scheme(Qt.ColorScheme.Unknown)
    told.emit(Qt.ColorScheme.Dark)
    assert colours() is DARK
    told.emit(Qt.ColorScheme.Light)
    assert colours() is LIGHT
    set_scheme(Qt.ColorScheme.Light)
    told.emit(Qt.ColorScheme.Dark)
    assert colours() is LIGHT


def test_menus_stand_on_the_raised_ground(qtbot: QtBot) -> None:
    set_scheme(Qt.ColorScheme.Dark)
    menu = Menu()
    qtbot.addWidget(menu)
    menu.addAction(action_icon("trash"), "Delete")
    qtbot.waitUntil(lambda: menu.palette().color(QPalette.ColorRole.Window) == DARK.raised)
    menu.resize(menu.sizeHint())
    assert pixel(menu, 0, 0) == DARK.line_strong
    assert pixel(menu, 2, 2) == DARK.raised


def test_type_goes_in_steps_from_the_systems_own_font() -> None:
    body = font("body").pixelSize()
    steps: dict[FontRole, int] = {
        "title": 18,
        "section": 15,
        "strong": 13,
        "label": 12,
        "group": 11,
        "code": 12,
    }
    for name, step in steps.items():
        assert font(name).pixelSize() == pytest.approx(body * step / 13, abs=1)
    code = QFontMetrics(font("code"))
    assert code.horizontalAdvance("i") == code.horizontalAdvance("W")
    assert font("strong").weight() is QFont.Weight.DemiBold


@pytest.mark.parametrize("times", [1, 2, 3])
def test_controls_are_as_high_as_the_look_wants_or_the_font_needs(qtbot: QtBot, times: int) -> None:
    large = QFont()
    large.setPixelSize(13 * times)
    use_system_font(large)
    fruit = [Segments("Kind", FRUIT), Chip("one"), Fold("Advanced"), LineField(), ChoiceField(FRUIT)]
    controls = [*fruit, Button("Launch", ButtonKind.PRIMARY), Button("Test", small=True)]
    for control, least in zip(controls, (32, 24, 32, 32, 32, 32, 28), strict=True):
        qtbot.addWidget(control)
        role: FontRole = "label" if least < 32 else "body"
        high = control.sizeHint().boundedTo(control.maximumSize()).expandedTo(control.minimumSize()).height()
        assert high == least if times == 1 else high > QFontMetrics(font(role)).height() + 4
    assert row_height() == 56 if times == 1 else row_height() > 2 * QFontMetrics(font("strong")).height()
    assert group_height() == 30 if times == 1 else group_height() > QFontMetrics(font("group")).height()


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0])
def test_a_hairline_is_whole_device_pixels_at_every_scale(ratio: float) -> None:
    image = QImage(QSize(20, 20) * ratio, QImage.Format.Format_ARGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    draw_line(painter, QPointF(0, 7), QPointF(20, 7), QColor("black"))
    painter.end()
    column = [image.pixelColor(4, y).name() for y in range(image.height())]
    assert set(column) == {"#ffffff", "#000000"}
    assert column.count("#000000") == max(1, round(ratio))


# ---- icons and shapes --------------------------------------------------------------------------------------


def drawn_icon(name: str) -> QImage:
    image = QImage(16, 16, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    try:
        draw_icon(painter, QRect(0, 0, 16, 16), name, QColor("#ff0000"))
    finally:
        painter.end()
    return image


@pytest.mark.parametrize("name", sorted(path.stem for path in ICONS.glob("*.svg")))
def test_every_icon_is_drawn_in_the_colour_it_is_asked_in(name: str) -> None:
    image = drawn_icon(name)
    reds = [image.pixelColor(x, y) for x in range(16) for y in range(16)]
    assert min(colour.green() for colour in reds) < 90  # ink, on white
    assert all(colour.red() >= 250 for colour in reds)  # and of no other colour


def test_an_icon_that_does_not_exist_is_told() -> None:
    with pytest.raises(FileNotFoundError, match="no drawing named icons/unicorn"):
        drawn_icon("unicorn")


def test_the_program_has_an_icon_in_every_size_that_a_desktop_asks_for() -> None:
    icon = program_icon()
    assert {16, 24, 32, 48, 128, 256} <= {size.width() for size in icon.availableSizes()}
    for size in icon.availableSizes():
        image = icon.pixmap(size, 1.0).toImage()
        colours_seen = {
            image.pixelColor(x, y).name() for x in range(size.width()) for y in range(size.height())
        }
        assert image.size() == size
        assert len(colours_seen) > 4, size
        assert image.pixelColor(0, 0).alpha() < 255  # its corners are round, on light and dark task bars
        assert image.pixelColor(size.width() // 2, 0).alpha() == 255


def test_every_shape_reads_without_its_colour() -> None:
    seen: list[QImage] = []
    for shape in Shape:
        image = QImage(16, 16, QImage.Format.Format_ARGB32)
        image.fill(Qt.GlobalColor.white)
        painter = QPainter(image)
        draw_shape(painter, QRectF(0, 0, 16, 16), shape, QColor("black"))
        painter.end()
        assert image not in seen, shape
        seen.append(image)


def test_an_actions_icon_survives_the_collector_and_follows_the_theme() -> None:
    copies = [QIcon(action_icon("trash")) for _ in range(20)]
    gc.collect()
    light = copies[-1].pixmap(QSize(16, 16)).toImage()
    set_scheme(Qt.ColorScheme.Dark)
    dark = copies[-1].pixmap(QSize(16, 16)).toImage()
    assert light != dark


# ---- buttons -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(ButtonKind))
def test_a_button_is_pressed_by_mouse_space_and_enter(qtbot: QtBot, pane: QWidget, kind: ButtonKind) -> None:
    button = Button("Launch", kind, "send", "Ctrl ⏎")
    put(qtbot, pane, button)
    presses: list[bool] = []
    button.clicked.connect(lambda: presses.append(True))
    click(button)
    QTest.keyClick(button, Qt.Key.Key_Space)
    QTest.keyClick(button, Qt.Key.Key_Return)
    assert len(presses) == 3
    assert role(button) is QAccessible.Role.Button
    assert spoken(button) == "Launch"


def test_a_key_that_is_held_down_presses_once(qtbot: QtBot, pane: QWidget) -> None:
    button, chip = Button("Launch", ButtonKind.PRIMARY), Chip("docs-search")
    put(qtbot, pane, button, chip)
    told: list[str] = []
    button.clicked.connect(lambda: told.append("launch"))
    chip.activated.connect(lambda: told.append("open"))
    chip.removed.connect(lambda: told.append("remove"))
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Space):
        hold(button, key)
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Delete):
        hold(chip, key)
    assert told == ["launch", "launch", "open", "remove"]


def hold(widget: QWidget, key: Qt.Key) -> None:
    for again in (False, True, True):
        event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, "", again)
        QApplication.sendEvent(widget, event)
    QTest.keyRelease(widget, key)


def test_a_click_on_a_button_leaves_the_cursor_in_the_text(qtbot: QtBot, pane: QWidget) -> None:
    text, button = TextField(), Button("Launch", ButtonKind.PRIMARY)
    put(qtbot, pane, text, button)
    focus(qtbot, text)
    click(button)
    assert text.hasFocus()
    QTest.keyClick(text, Qt.Key.Key_Tab)
    assert button.hasFocus()


def test_a_busy_button_keeps_its_width_says_what_it_does_and_takes_no_press(
    qtbot: QtBot, pane: QWidget
) -> None:
    button = Button("Launch", ButtonKind.PRIMARY, "send", "Ctrl ⏎")
    put(qtbot, pane, button)
    presses: list[bool] = []
    button.clicked.connect(lambda: presses.append(True))
    before = button.sizeHint()
    button.set_busy("Launching…")
    click(button)
    QTest.keyClick(button, Qt.Key.Key_Space)
    QTest.keyClick(button, Qt.Key.Key_Return)
    assert presses == []
    assert button.sizeHint() == before
    assert spoken(button) == "Launching…"
    button.set_busy(None)
    click(button)
    assert len(presses) == 1
    assert spoken(button) == "Launch"


def test_a_button_may_keep_room_for_its_busy_text(qtbot: QtBot) -> None:
    short, roomy = Button("Test"), Button("Test", busy="Testing…")
    qtbot.addWidget(short)
    qtbot.addWidget(roomy)
    assert roomy.sizeHint().width() > short.sizeHint().width()


def test_the_focus_is_a_ring_inside_the_control(qtbot: QtBot, pane: QWidget) -> None:
    button = Button("Launch", ButtonKind.PRIMARY)
    put(qtbot, pane, button)
    button.clearFocus()
    middle = button.height() // 2
    assert pixel(button, 2, middle) == LIGHT.accent
    focus(qtbot, button)
    assert [pixel(button, x, middle) for x in range(4)] == [
        LIGHT.focus,
        LIGHT.focus,
        LIGHT.on_accent,
        LIGHT.accent,
    ]


def test_an_icon_button_says_its_name_and_shows_it_as_plain_text(qtbot: QtBot, pane: QWidget) -> None:
    button = IconButton("more", "Remove <b>x</b>")
    put(qtbot, pane, button)
    assert spoken(button) == "Remove <b>x</b>"
    assert button.toolTip() == "<qt>Remove &lt;b&gt;x&lt;/b&gt;</qt>"
    with qtbot.waitSignal(button.clicked):
        QTest.keyClick(button, Qt.Key.Key_Enter)


# ---- segments ----------------------------------------------------------------------------------------------


class Fruit(StrEnum):
    APPLE = "apple"
    PEAR = "pear"
    PLUM = "plum"


FRUIT = [(Fruit.APPLE, "Apple"), (Fruit.PEAR, "Pear"), (Fruit.PLUM, "Plum")]


def test_segments_are_named_radio_buttons_with_one_tab_stop(qtbot: QtBot, pane: QWidget) -> None:
    before, segments, after = QLineEdit(), Segments("Kind", FRUIT), QLineEdit()
    put(qtbot, pane, before, segments, after)
    assert spoken(segments) == "Kind"
    assert role(segments.segment(Fruit.PEAR)) is QAccessible.Role.RadioButton
    focus(qtbot, before)
    QTest.keyClick(before, Qt.Key.Key_Tab)
    assert segments.segment(Fruit.APPLE).hasFocus()
    QTest.keyClick(segments.segment(Fruit.APPLE), Qt.Key.Key_Tab)
    assert after.hasFocus()


def test_segments_change_by_arrow_and_click_and_say_so_once(qtbot: QtBot, pane: QWidget) -> None:
    segments = Segments("Kind", FRUIT)
    put(qtbot, pane, segments)
    told: list[Fruit] = []
    segments.changed.connect(lambda: told.append(segments.value()))
    focus(qtbot, segments.segment(Fruit.APPLE))
    QTest.keyClick(segments.segment(Fruit.APPLE), Qt.Key.Key_Right)
    click(segments.segment(Fruit.PLUM))
    segments.set_value(Fruit.APPLE)
    assert told == [Fruit.PEAR, Fruit.PLUM, Fruit.APPLE]
    assert segments.value() is Fruit.APPLE


def test_choosing_a_segment_moves_nothing(qtbot: QtBot, pane: QWidget) -> None:
    segments = Segments("Kind", FRUIT)
    put(qtbot, pane, segments)
    places = [segments.segment(fruit).geometry() for fruit in Fruit]
    segments.set_value(Fruit.PLUM)
    assert [segments.segment(fruit).geometry() for fruit in Fruit] == places


def test_a_count_widens_its_segment_and_is_spoken(qtbot: QtBot, pane: QWidget) -> None:
    segments = Segments("Kind", FRUIT)
    put(qtbot, pane, segments)
    before = segments.sizeHint().width()
    segments.set_count(Fruit.PEAR, 12, "needs")
    assert segments.sizeHint().width() > before
    assert spoken(segments.segment(Fruit.PEAR)) == "Pear 12"
    segments.set_count(Fruit.PEAR, None)
    assert segments.sizeHint().width() == before


def test_a_segment_is_found_by_the_name_of_its_row_and_its_value(qtbot: QtBot, pane: QWidget) -> None:
    segments = Segments("Kind", FRUIT)
    put(qtbot, pane, segments)
    segments.setObjectName("kind")
    assert segments.accessibleIdentifier() == "kind"
    for value, _label in FRUIT:
        segment = pane.findChild(QWidget, f"kind.{value}")
        assert segment is segments.segment(value)
        assert segment.accessibleIdentifier() == f"kind.{value}"


def test_a_value_that_is_not_there_is_refused(qtbot: QtBot) -> None:
    segments = Segments("Kind", FRUIT[:2])
    qtbot.addWidget(segments)
    with pytest.raises(ValueError, match="not in list"):
        segments.set_value(Fruit.PLUM)


# ---- fields ------------------------------------------------------------------------------------------------


def border(field: QWidget) -> list[str]:
    return [pixel(field, x, field.height() // 2).name() for x in range(2)]


def test_a_line_that_is_too_long_shows_its_beginning_to_who_is_not_in_it(qtbot: QtBot, pane: QWidget) -> None:
    line, other = LineField(), LineField()
    put(qtbot, pane, line, other)
    focus(qtbot, other)
    line.setText("a-very-long-name-of-an-owner/and-of-a-repository")
    assert line.cursorPosition() == 0
    focus(qtbot, line)
    QTest.keyClick(line, Qt.Key.Key_End)
    assert line.cursorPosition() == len(line.text())
    focus(qtbot, other)
    assert line.cursorPosition() == 0


@pytest.mark.parametrize(
    "make", [LineField, TextField, lambda: ChoiceField(FRUIT)], ids=["line", "text", "choice"]
)
def test_the_frame_says_focus_problem_and_warning(qtbot: QtBot, pane: QWidget, make: type[LineField]) -> None:
    field, other = make(), QLineEdit()
    put(qtbot, pane, field, other)
    focus(qtbot, other)
    assert border(field)[0] == LIGHT.line_strong.name()
    field.set_problem("problem")
    assert border(field) == [LIGHT.bad.name()] * 2
    field.set_problem("warning")
    assert border(field) == [LIGHT.needs.name()] * 2
    field.set_problem(None)
    focus(qtbot, field)
    assert border(field) == [LIGHT.focus.name()] * 2
    field.set_problem("problem")
    assert border(field) == [LIGHT.bad.name()] * 2
    field.set_problem(None)
    field.setEnabled(False)
    assert border(field)[0] == LIGHT.line.name()


def test_a_password_is_hidden_until_its_eye_is_pressed(qtbot: QtBot, pane: QWidget) -> None:
    field = LineField(password=True)
    put(qtbot, pane, field)
    QTest.keyClicks(field, "hunter2")
    eye = field.findChild(IconButton)
    assert isinstance(eye, IconButton)
    assert field.displayText() != "hunter2"
    assert spoken(eye) == "Show"
    click(eye)
    assert field.displayText() == "hunter2"
    assert spoken(eye) == "Hide"
    QTest.keyClick(eye, Qt.Key.Key_Space)
    assert field.displayText() != "hunter2"


def test_a_choice_gives_back_the_very_values_it_was_given(qtbot: QtBot, pane: QWidget) -> None:
    field: ChoiceField[Fruit | None] = ChoiceField([(None, "Any"), *FRUIT])
    put(qtbot, pane, field)
    assert field.value() is None
    focus(qtbot, field)
    with qtbot.waitSignal(field.currentIndexChanged):
        QTest.keyClick(field, Qt.Key.Key_Down)
    assert field.value() is Fruit.APPLE
    field.set_value(Fruit.PLUM)
    assert field.currentText() == "Plum"


def test_new_items_keep_the_choice_and_say_nothing(qtbot: QtBot) -> None:
    field = ChoiceField(FRUIT)
    qtbot.addWidget(field)
    field.set_value(Fruit.PEAR)
    with qtbot.assertNotEmitted(field.currentIndexChanged):
        field.set_items(FRUIT[1:])
    assert field.value() is Fruit.PEAR


def test_a_wheel_over_a_choice_changes_nothing(qtbot: QtBot, pane: QWidget) -> None:
    field = ChoiceField(FRUIT)
    put(qtbot, pane, field)
    focus(qtbot, field)
    middle = QPointF(field.rect().center())
    turn = QWheelEvent(
        middle,
        field.mapToGlobal(middle),
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(field, turn)
    assert field.value() is Fruit.APPLE


def test_the_list_of_a_choice_opens_below_it(qtbot: QtBot, pane: QWidget) -> None:
    field = ChoiceField(FRUIT)
    put(qtbot, pane, field)
    field.showPopup()
    popup = field.view().window()
    assert popup.y() >= field.mapToGlobal(QPoint(0, field.height())).y()
    assert popup.width() >= field.width()
    click(field.view().viewport(), field.view().visualRect(field.model().index(2, 0)).center())
    qtbot.waitUntil(lambda: field.value() is Fruit.PLUM)


def test_tab_leaves_the_text_field_and_its_hint_shows_until_something_is_typed(
    qtbot: QtBot, pane: QWidget
) -> None:
    text, after = TextField(placeholder="What should it do?"), QLineEdit()
    put(qtbot, pane, text, after)
    focus(qtbot, text)
    QTest.keyClicks(text, "hello")
    QTest.keyClick(text, Qt.Key.Key_Tab)
    assert after.hasFocus()
    assert text.toPlainText() == "hello"
    assert text.placeholderText() == "What should it do?"


def test_the_foot_of_a_text_field_lies_inside_its_frame_below_the_text(qtbot: QtBot, pane: QWidget) -> None:
    text, foot = TextField(), QWidget()
    QHBoxLayout(foot).addWidget(Button("Add image", ButtonKind.GHOST))
    text.set_foot(foot)
    put(qtbot, pane, text)
    assert text.rect().adjusted(2, 2, -2, -2).contains(foot.geometry())
    assert text.viewport().geometry().bottom() < foot.y()
    extra = Label("one more line")
    layout = foot.layout()
    assert layout is not None
    before = foot.height()
    foot.setMinimumHeight(before + 40)
    layout.addWidget(extra)
    qtbot.waitUntil(lambda: foot.height() >= before + 40)
    assert text.viewport().geometry().bottom() < foot.y()


def test_a_long_text_scrolls_under_a_bar_that_ends_above_the_foot(qtbot: QtBot, pane: QWidget) -> None:
    text, foot = TextField(), QWidget()
    foot.setFixedHeight(40)
    QHBoxLayout(foot)
    text.set_foot(foot)
    put(qtbot, pane, text)
    text.setPlainText("line\n" * 200)
    bar = text.verticalScrollBar()
    assert isinstance(bar, ScrollBar)
    qtbot.waitUntil(bar.isVisible)
    assert bar.mapTo(text, QPoint(0, bar.height())).y() <= foot.y()


def test_a_check_box_is_painted_from_the_theme(qtbot: QtBot, pane: QWidget) -> None:
    other, box = QLineEdit(), QCheckBox("None of the server's own")
    put(qtbot, pane, other, box)
    focus(qtbot, other)
    assert not shows(box, LIGHT.accent, LIGHT.accent_hover)
    QTest.keyClick(box, Qt.Key.Key_Space)
    assert box.isChecked()
    assert shows(box, LIGHT.accent, LIGHT.accent_hover)
    assert role(box) is QAccessible.Role.CheckBox


def test_a_caption_names_its_field(qtbot: QtBot, pane: QWidget) -> None:
    field = LineField()
    caption = Caption("Repository", field)
    put(qtbot, pane, caption, field)
    assert spoken(field) == "Repository"


# ---- chips, folds, notes, bars -----------------------------------------------------------------------------


def test_a_chip_opens_by_enter_and_press_and_goes_by_delete_and_cross(qtbot: QtBot, pane: QWidget) -> None:
    chip = Chip("docs-search", "plug")
    put(qtbot, pane, chip)
    told: list[str] = []
    chip.activated.connect(lambda: told.append("open"))
    chip.removed.connect(lambda: told.append("remove"))
    QTest.keyClick(chip, Qt.Key.Key_Return)
    click(chip, QPoint(20, 12))
    QTest.keyClick(chip, Qt.Key.Key_Delete)
    click(chip, QPoint(chip.width() - 12, 12))
    QTest.keyClick(chip, Qt.Key.Key_Space)
    assert told == ["open", "open", "remove", "remove", "open"]
    assert spoken(chip) == "docs-search"


def test_a_chip_that_cannot_be_removed_is_only_opened(qtbot: QtBot, pane: QWidget) -> None:
    chip = Chip("Add", "plus", removable=False)
    put(qtbot, pane, chip)
    told: list[str] = []
    chip.activated.connect(lambda: told.append("open"))
    chip.removed.connect(lambda: told.append("remove"))
    QTest.keyClick(chip, Qt.Key.Key_Delete)
    click(chip, QPoint(chip.width() - 6, 12))
    assert told == ["open"]


def test_a_chips_foreign_name_is_cleaned_and_cut(qtbot: QtBot) -> None:
    chip = Chip(HOSTILE * 20)
    qtbot.addWidget(chip)
    assert "\u202e" not in spoken(chip)
    assert chip.sizeHint().width() < 260


def test_a_row_keeps_the_widgets_of_the_values_that_stay(qtbot: QtBot) -> None:
    pane, add = QWidget(), Chip("Add", removable=False)
    qtbot.addWidget(pane)
    row: Row[str, Chip] = Row(Chip, add)
    pane.setLayout(row)
    row.addWidget(add)
    row.set_values(["one", "two", "two"])
    one, two, again = row.widgets()
    assert two is not again
    row.set_values(["two", "three", "one"])
    assert [row.widgets()[0], row.widgets()[2]] == [two, one]
    shown = [item.widget() for place in range(row.count()) if (item := row.itemAt(place))]
    assert shown == [*row.widgets(), add]


def test_the_focus_of_what_goes_from_a_row_moves_to_its_neighbour(qtbot: QtBot, pane: QWidget) -> None:
    chips, add = QWidget(), Chip("Add", removable=False)
    row: Row[str, Chip] = Row(Chip, add)
    chips.setLayout(row)
    row.addWidget(add)
    put(qtbot, pane, chips)
    row.set_values(["one", "two", "three"])
    focus(qtbot, row.widgets()[1])
    row.set_values(["one", "other", "three"])
    assert row.widgets()[1].hasFocus()
    row.set_values(["one", "three"])
    assert row.widgets()[1].hasFocus()
    row.set_values(["one"])
    assert row.widgets()[0].hasFocus()
    row.set_values([])
    assert add.hasFocus()


def test_a_fold_hides_its_content_until_it_is_opened(qtbot: QtBot, pane: QWidget) -> None:
    fold, content = Fold("Advanced"), LineField()
    fold.set_content(content)
    fold.set_summary("nothing set")
    put(qtbot, pane, fold)
    header = fold.findChild(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
    assert header is not None
    assert not content.isVisible()
    described = QAccessible.queryAccessibleInterface(header).text(QAccessible.Text.Description)
    assert described == "closed, nothing set"
    for key, is_open in (
        (Qt.Key.Key_Space, True),
        (Qt.Key.Key_Return, False),
        (Qt.Key.Key_Right, True),
        (Qt.Key.Key_Right, True),
        (Qt.Key.Key_Left, False),
    ):
        QTest.keyClick(header, key)
        assert fold.is_open() is is_open
        assert content.isVisible() is is_open
    click(header)
    assert content.isVisible()


def test_a_note_takes_no_room_until_it_says_something(qtbot: QtBot, pane: QWidget) -> None:
    note = Note()
    put(qtbot, pane, note)
    assert not note.isVisible()
    note.set_message("The name of a branch cannot contain spaces.", "problem")
    assert note.isVisible()
    assert shows(note, LIGHT.bad)
    note.set_message("It is not looked up.", "warning")
    assert shows(note, LIGHT.needs)
    note.setText("")
    assert not note.isVisible()


def test_a_note_without_a_parent_never_opens_as_a_window(qtbot: QtBot, pane: QWidget) -> None:
    note = Note("Said before it was placed.")
    qtbot.addWidget(note)
    note.setText("And again.")
    assert not note.isVisible()
    put(qtbot, pane, note)
    assert note.isVisible()


def test_the_bar_says_a_bold_and_a_plain_sentence_and_offers_one_action(qtbot: QtBot, pane: QWidget) -> None:
    bar = Bar()
    put(qtbot, pane, bar)
    assert not bar.isVisible()
    bar.show_message("bad", "The server refused.", "Nothing was started.", "Open settings")
    assert bar.isVisible()
    assert bar.text() == "The server refused. Nothing was started."
    with qtbot.waitSignal(bar.acted):
        click(bar.button())
    bar.show_message("warn", "It is slow.")
    assert not bar.button().isVisible()
    bar.clear()
    assert not bar.isVisible()
    assert bar.text() == ""


def test_a_long_message_makes_the_bar_higher_not_wider(qtbot: QtBot, pane: QWidget) -> None:
    bar = Bar()
    put(qtbot, pane, bar)
    bar.show_message("bad", "Short.")
    low = bar.heightForWidth(300)
    bar.show_message("bad", "A sentence in bold that is long.", "And a plain one that goes on and on. " * 3)
    assert bar.heightForWidth(300) > low + 2 * 18
    assert bar.minimumSizeHint().width() < 300


def test_chips_go_on_in_the_next_line(qtbot: QtBot) -> None:
    pane = QWidget()
    qtbot.addWidget(pane)
    flow = FlowLayout()
    pane.setLayout(flow)
    for name in ("one", "two", "three", "four"):
        flow.addWidget(Chip(name))
    one_line = flow.heightForWidth(1000)
    assert one_line == 24
    assert flow.heightForWidth(80) > 2 * one_line
    pane.resize(80, flow.heightForWidth(80))
    pane.show()
    assert all(pane.rect().contains(chip.geometry()) for chip in pane.findChildren(Chip))
    assert flow.takeAt(0) is not None
    assert flow.count() == 3


def test_an_empty_pane_says_what_to_do_and_has_the_button(qtbot: QtBot, pane: QWidget) -> None:
    button = Button("Try now")
    state = EmptyState(Drawing.CARD, "No conversations yet", "What you launch appears here.", button)
    put(qtbot, pane, state)
    shown = [label.text() for label in state.findChildren(QLabel)]
    assert shown == ["No conversations yet", "What you launch appears here."]
    assert button.isVisible()
    card = picture(state)
    state.set_state(Drawing.AWAY, "No conversations yet", "What you launch appears here.")
    assert picture(state) != card


def test_wrapped_text_gets_the_height_it_needs_at_its_width(qtbot: QtBot, pane: QWidget) -> None:
    text = Label("What you launch appears here at once, and stays in view until it is done.")
    text.setWordWrap(True)
    text.setFixedWidth(150)
    layout = pane.layout()
    assert isinstance(layout, QVBoxLayout)
    layout.addWidget(text, 0, Qt.AlignmentFlag.AlignHCenter)
    layout.addStretch()
    pane.show()
    assert text.height() >= text.heightForWidth(150) > 2 * line_height("body")


def test_a_hairline_is_a_line(qtbot: QtBot, pane: QWidget) -> None:
    line, upright = Hairline(), Hairline(Qt.Orientation.Vertical)
    put(qtbot, pane, line, upright)
    assert (line.height(), upright.width()) == (1, 1)
    assert pixel(line, 100, 0) == pixel(upright, 0, 5) == LIGHT.line


# ---- foreign text ------------------------------------------------------------------------------------------


def test_foreign_text_is_shown_letter_by_letter(qtbot: QtBot) -> None:
    label = SafeLabel(HOSTILE)
    qtbot.addWidget(label)
    assert label.textFormat() is Qt.TextFormat.PlainText
    assert label.text() == '<img src="/etc/passwd"><b>bold</b>\\u202etxt.exe'
    label.setText("<i>again</i>")
    assert label.text() == "<i>again</i>"


def test_foreign_text_in_a_tooltip_is_escaped(qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    set_tooltip(widget, HOSTILE + "\nsecond")
    assert "<img" not in widget.toolTip()
    assert "&lt;img" in widget.toolTip()
    assert widget.toolTip().endswith("<br>second</qt>")
    set_tooltip(widget, "")
    assert widget.toolTip() == ""


def test_an_eliding_label_may_shrink_and_shows_one_line(qtbot: QtBot) -> None:
    label = SafeLabel("a title\nthat goes on for a long while", elide=True)
    qtbot.addWidget(label)
    assert label.text() == "a title that goes on for a long while"
    assert label.minimumSizeHint().width() == 0
    label.resize(60, 20)
    narrow = picture(label)
    label.setText("a titleXthat would not fit either")
    assert picture(label).size() == narrow.size()


def test_a_label_shows_as_much_as_it_is_told_to(qtbot: QtBot) -> None:
    short, long = Label("x" * 1000), Label("x" * 1000, limit=5000)
    qtbot.addWidget(short)
    qtbot.addWidget(long)
    assert len(short.text()) == 300
    assert len(long.text()) == 1000
