"""The figures are told right, and each that is cheap can be taken. How large they are is no test's business."""

import json
import platform
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bench import __main__ as bench
from tests.bench import commands, start
from tests.bench.machine import machine
from tests.bench.measure import (
    Figure,
    NotTaken,
    Spread,
    alone,
    as_json,
    compared,
    from_json,
    interleaved,
    markdown,
    percentile,
    table,
)
from tests.unit.test_dev import load

ROOT = Path(__file__).parents[2]


def a_ratio(bound: float | None = 2.5) -> Figure:
    return compared("start", "Start", "ms", [(200, 100), (330, 110), (250, 100)], bound)


def test_a_spread_tells_the_ends_the_middle_and_how_often() -> None:
    assert Spread.of([3, 1, 2, 10]) == Spread(1, 2.5, 10, 4)
    with pytest.raises(ValueError, match="nothing was taken"):
        Spread.of([])


def test_each_of_ours_is_divided_by_the_bare_one_beside_it() -> None:
    figure = a_ratio()
    assert figure.ratio == Spread(2.0, 2.5, 3.0, 3)
    assert (figure.ours.median, figure.bare and figure.bare.median) == (250, 100)


@pytest.mark.parametrize(("bound", "met"), [(2.5, True), (2.4, False), (None, None)])
def test_a_bound_is_met_by_the_middle_of_the_ratios(bound: float | None, met: bool | None) -> None:
    assert a_ratio(bound).met is met


def test_what_stands_alone_is_measured_against_its_bound_itself() -> None:
    assert alone("key", "A key", "ms", [7, 8, 100], bound=8).met is True
    assert alone("key", "A key", "ms", [7, 9, 100], bound=8).met is False


def test_ours_and_bare_are_taken_in_turn_and_the_first_of_each_does_not_count() -> None:
    order: list[str] = []

    def taken(name: str) -> float:
        order.append(name)
        return len(order)

    pairs = interleaved(2, lambda: taken("ours"), lambda: taken("bare"))
    assert order == ["ours", "bare"] * 3
    assert pairs == [(3, 4), (5, 6)]


@pytest.mark.parametrize(
    ("values", "part", "wanted"),
    [(range(1, 101), 0.95, 95), ([5], 0.95, 5), ([1, 2], 0.5, 1), ([1, 2], 1, 2)],
)
def test_a_percentile_is_one_of_the_values(values: list[float], part: float, wanted: float) -> None:
    assert percentile(values, part) == wanted


def test_the_table_says_each_figure_with_its_spread_and_whether_its_bound_is_met() -> None:
    wakes = alone("wakes", "Wake-ups", "", [0, 12.34])
    head, ratio, plain = table([a_ratio(), wakes]).splitlines()
    assert head.split() == ["Figure", "Ours", "Bare", "Ratio", "Bound", "Met"]
    wanted = "Start 250 ms (200–330, 3) 100 ms (100–110) 2.50 × (2.00–3.00) ≤ 2.50 × yes"
    assert " ".join(ratio.split()) == wanted
    assert " ".join(plain.split()) == "Wake-ups 6.17 (0–12.3, 2)"


def test_the_file_gives_back_what_was_written_and_markdown_is_made_of_it() -> None:
    figures = [a_ratio(), a_ratio(1.0), alone("key", "A key", "ms", [1])]
    where = machine("offscreen")
    kept = json.loads(json.dumps(as_json(where, figures)))
    assert [one["met"] for one in kept["figures"]] == [True, False, None]
    assert from_json(kept) == (where, figures)
    lines = markdown(*from_json(kept)).splitlines()
    assert lines[1] == "| --- | --- | --- | --- | --- | --- |"
    assert lines[2].startswith("| Start | 250 ms (200–330, 3) |")
    assert where["cpu"] in lines[-1]


def test_the_readme_shows_the_figures_that_are_kept() -> None:
    kept = json.loads((ROOT / "tests" / "bench" / "figures.json").read_text("utf-8"))
    assert markdown(*from_json(kept)) in (ROOT / "README.md").read_text("utf-8")


def test_the_machine_is_told_without_its_name_and_without_a_path() -> None:
    told = json.dumps(machine("offscreen"))
    assert platform.node() not in told
    assert not re.search(r"(^|[^\w])/\w", told)  # "GNU/Linux forky/sid" is a name


def test_a_figure_that_cannot_be_taken_is_said_and_the_others_are_taken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def broken(_n: int) -> list[Figure]:
        raise NotTaken("the window did not come up")

    taken = {"broken": broken, "start": lambda _n: [a_ratio()]}
    monkeypatch.setattr(bench, "FIGURES", taken)
    monkeypatch.setattr(sys, "argv", ["bench", "--json", str(tmp_path / "figures.json")])
    assert bench.main() == 1
    said = capsys.readouterr()
    assert "broken could not be taken: the window did not come up" in said.err
    assert "Start" in said.out
    assert [one["name"] for one in json.loads((tmp_path / "figures.json").read_text())["figures"]] == [
        "start"
    ]


def test_a_bound_that_is_not_met_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "FIGURES", {"start": lambda _n: [a_ratio(1.0)]})
    monkeypatch.setattr(sys, "argv", ["bench", "start"])
    assert bench.main() == 0
    assert capsys.readouterr().out.rstrip().endswith("no")


def test_the_first_paint_can_be_taken_on_every_screen_that_there_is() -> None:
    figures = start.first_paint(1)
    assert len(figures) == len(start.platforms())
    for figure in figures:
        assert figure.bare is not None
        assert figure.bare.min > 0
        assert figure.ours.min > 0


@pytest.mark.parametrize("take", [commands.help_, commands.launch])
def test_what_the_command_line_takes_can_be_taken(take: Callable[[int], list[Figure]]) -> None:
    (figure,) = take(1)
    assert figure.ratio is not None
    assert figure.ratio.n == 1


def test_a_press_and_its_keys_can_be_taken() -> None:
    """In a process of its own: it is a program with one application and one loop."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "press", "typing", "--times", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 4


def test_files_are_named_from_where_one_stands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    dev, asked = load(), list[tuple[str, ...]]()
    monkeypatch.setattr(dev, "off_screen", lambda: None)
    monkeypatch.setattr(dev, "tool", lambda *command: asked.append(command))
    monkeypatch.chdir(tmp_path)
    dev.bench("--json", "figures.json", "help")
    assert asked == [("python", "-m", "tests.bench", "--json", str(tmp_path / "figures.json"), "help")]
