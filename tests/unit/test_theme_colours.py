"""The contrasts of the two schemes, computed from the colours themselves."""

from dataclasses import fields
from typing import get_args

import pytest
from PySide6.QtGui import QColor

from app.ui.theme.colours import DARK, LIGHT, ColourName, Colours, contrast

TEXT = 4.5
SHAPE = 3.0

both = pytest.mark.parametrize("c", [LIGHT, DARK], ids=["light", "dark"])


def too_pale(least: float, grounds_of: list[tuple[QColor, list[QColor]]]) -> list[str]:
    """The pairs of ink and ground that keep less than `least`."""
    return [
        f"{ink.name()} on {ground.name()}: {contrast(ink, ground):.2f}"
        for ink, grounds in grounds_of
        for ground in grounds
        if contrast(ink, ground) < least
    ]


@both
def test_text_can_be_read_on_every_ground_it_stands_on(c: Colours) -> None:
    pages = [c.window, c.surface, c.raised, c.hover, c.select, c.sunken]
    messages = [c.accent_soft, c.needs_soft, c.run_soft, c.bad_soft, c.warnbar]
    stands_on = [
        (c.text, [*pages, *messages]),
        (c.text_2, [*pages, c.accent_soft]),
        (c.text_3, pages),
        (c.accent_text, [*pages, c.accent_soft]),
        (c.needs, [*pages, c.needs_soft, c.warnbar]),
        (c.run, [*pages, c.run_soft]),
        (c.bad, [*pages, c.bad_soft]),
        (c.on_accent, [c.accent, c.accent_hover, c.accent_press]),
        (c.on_accent, [c.bad, c.bad_hover, c.bad_press]),
    ]
    assert too_pale(TEXT, stands_on) == []


@both
def test_borders_of_controls_and_shapes_can_be_seen(c: Colours) -> None:
    pages = [c.window, c.surface, c.raised, c.hover, c.select, c.sunken]
    stands_on = [
        (c.line_strong, [c.window, c.surface, c.raised]),
        (c.focus, pages),
        (c.accent, [c.window, c.surface]),
        (c.bad, [c.window, c.surface]),
        (c.dot_off, [c.window, c.surface]),
    ]
    assert too_pale(SHAPE, stands_on) == []


@both
def test_the_shortcut_on_the_primary_button_stays_readable_though_it_is_quieter(c: Colours) -> None:
    def mixed(over: int, under: int) -> int:
        return round(0.85 * over + 0.15 * under)

    ink, ground = c.on_accent, c.accent
    quiet = QColor(
        mixed(ink.red(), ground.red()), mixed(ink.green(), ground.green()), mixed(ink.blue(), ground.blue())
    )
    assert contrast(quiet, ground) >= TEXT


def test_contrast_is_what_wcag_says() -> None:
    assert contrast(QColor("black"), QColor("white")) == pytest.approx(21)
    assert contrast(QColor("white"), QColor("white")) == pytest.approx(1)
    assert contrast(QColor("#777777"), QColor("white")) == pytest.approx(4.48, abs=0.01)


def test_a_pair_that_is_too_pale_is_found() -> None:
    assert too_pale(TEXT, [(QColor("#aaaaaa"), [QColor("white")])]) == ["#aaaaaa on #ffffff: 2.32"]


def test_every_colour_has_its_name() -> None:
    assert get_args(ColourName) == tuple(field.name for field in fields(Colours))
