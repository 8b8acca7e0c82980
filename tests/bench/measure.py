"""What a figure is: its spread, its bound, and how it is written down.

A ratio is of neighbours: ours and bare are taken in turn, and each of ours is divided by the bare one beside it. So a
machine that gets busier half-way through changes both, and not what is said of them.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any


class NotTaken(Exception):
    """A figure could not be taken; the text says why."""


@dataclass(frozen=True, slots=True)
class Spread:
    """What came out, taken `n` times."""

    min: float
    median: float
    max: float
    n: int

    @classmethod
    def of(cls, taken: Iterable[float]) -> "Spread":
        """Raises `ValueError` when nothing was taken."""
        values = list(taken)
        if not values:
            raise ValueError("nothing was taken")
        return cls(min(values), median(values), max(values), len(values))


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. With a `bare` the bound is on the ratio, else on ours; without a bound it only tells."""

    name: str
    what: str
    unit: str
    ours: Spread
    bare: Spread | None = None
    ratio: Spread | None = None
    bound: float | None = None

    @property
    def met(self) -> bool | None:
        """By the median; None where nothing is promised."""
        return None if self.bound is None else (self.ratio or self.ours).median <= self.bound


def alone(name: str, what: str, unit: str, taken: Iterable[float], bound: float | None = None) -> Figure:
    """A figure that stands for itself."""
    return Figure(name, what, unit, Spread.of(taken), bound=bound)


def compared(
    name: str, what: str, unit: str, pairs: Iterable[tuple[float, float]], bound: float | None = None
) -> Figure:
    """A figure of ours beside that of the least that would do: pairs of neighbours, (ours, bare)."""
    both = list(pairs)
    ratio = Spread.of(ours / bare for ours, bare in both)
    return Figure(
        name,
        what,
        unit,
        Spread.of(ours for ours, _ in both),
        Spread.of(bare for _, bare in both),
        ratio,
        bound,
    )


def interleaved(n: int, ours: Callable[[], float], bare: Callable[[], float]) -> list[tuple[float, float]]:
    """Ours, bare, ours, bare … after one of each that does not count: it warms the file cache."""
    ours(), bare()
    return [(ours(), bare()) for _ in range(n)]


def percentile(taken: Iterable[float], part: float) -> float:
    """The smallest value that so large a part (0.95) of all does not exceed."""
    values = sorted(taken)
    return values[max(0, -int(-len(values) * part // 1) - 1)]


# ---- written down ----

HEAD = ("Figure", "Ours", "Bare", "Ratio", "Bound", "Met")


def as_json(machine: dict[str, Any], figures: Iterable[Figure]) -> dict[str, Any]:
    """What the file holds: the machine, and each figure with its spread."""
    return {"machine": machine, "figures": [asdict(one) | {"met": one.met} for one in figures]}


def from_json(document: dict[str, Any]) -> tuple[dict[str, Any], list[Figure]]:
    """The machine and the figures of such a file."""
    return document["machine"], [_figure(one) for one in document["figures"]]


def _figure(one: dict[str, Any]) -> Figure:
    known = {name: one[name] for name in ("name", "what", "unit", "bound")}
    bare, ratio = (Spread(**one[name]) if one[name] else None for name in ("bare", "ratio"))
    return Figure(**known, ours=Spread(**one["ours"]), bare=bare, ratio=ratio)


def rows(figures: Iterable[Figure]) -> list[tuple[str, ...]]:
    """The cells of the table, each spread as "median (min–max, n)"."""
    return [
        (
            one.what,
            _said(one.ours, one.unit, n=True),
            _said(one.bare, one.unit),
            _said(one.ratio, "×"),
            "" if one.bound is None else f"≤ {_number(one.bound)} {'×' if one.ratio else one.unit}",
            {True: "yes", False: "no", None: ""}[one.met],
        )
        for one in figures
    ]


def table(figures: Iterable[Figure]) -> str:
    """For a terminal."""
    lines = [HEAD, *rows(figures)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def markdown(machine: dict[str, Any], figures: Iterable[Figure]) -> str:
    """For the README: the table, and below it the machine."""
    lines = [HEAD, ("---",) * len(HEAD), *rows(figures)]
    cells = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{cells}\n\n{sentence(machine)}"


def sentence(machine: dict[str, Any]) -> str:
    """What the figures were taken on."""
    return (
        f"Taken on {machine['date']} with version {machine['version']}: {machine['cpu']}"
        f" ({machine['cpus']} CPUs, {machine['memory_gib']} GiB), {machine['os']}, Python {machine['python']},"
        f" Qt {machine['qt']} on {machine['platform']}. Median (smallest–largest, how many)."
    )


def _said(spread: Spread | None, unit: str, *, n: bool = False) -> str:
    if spread is None:
        return ""
    middle = f"{_number(spread.median)} {unit}".rstrip()
    much = f", {spread.n}" if n else ""
    return f"{middle} ({_number(spread.min)}–{_number(spread.max)}{much})"


def _number(value: float) -> str:
    """Three digits say all that a spread leaves to say."""
    if value == 0 or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
