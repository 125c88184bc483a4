import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from synth_builder.releases.pictures.picture_style import Theme, dressed, figure, short, with_grid
from synth_builder.scoring.results.cell import Cell
from synth_builder.scoring.results.regime_scores import RegimeScores
from synth_builder.scoring.results.scores import Scores

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INTERVAL_OPACITY = 0.2
NEAREST_TICKS = 0.07
"""Numbers on the axis of rows stand at least this share of its length apart."""


@dataclass(frozen=True)
class Point:
    """
    Mean accuracy over the seeds at one number of rows.

    Args:
        rows (`int`):
            Real rows on the curves over real rows, training rows otherwise.
        accuracy (`float`):
            The mean.
        low, high (`float`, *optional*):
            Ends of its 95 % interval, where it is known.
    """

    rows: int
    accuracy: float
    low: float | None
    high: float | None

    def __str__(self) -> str:
        interval = "" if self.low is None else f" [{self.low:.3f}, {self.high:.3f}]"
        return f"{self.accuracy:.3f}{interval}"


@dataclass(frozen=True)
class LearningCurves:
    """
    Accuracy over the number of training rows.

    Args:
        variant (`str`):
            Whose synthetic rows they are.
        real, augmented (`tuple[Point, ...]`):
            By real rows: these alone, and with all synthetic rows. Empty where fewer than two numbers of real rows
            were scored.
        synthetic (`tuple[Point, ...]`):
            By synthetic rows, all of them last. Empty where no smaller number was scored.
        alone (`Point`, *optional*):
            All synthetic rows.
        majority (`tuple[str, float]`):
            The most frequent label of the test rows, and the accuracy of always answering it.
        test_rows, seeds (`int`):
            How it was measured.
    """

    variant: str
    real: tuple[Point, ...]
    augmented: tuple[Point, ...]
    synthetic: tuple[Point, ...]
    alone: Point | None
    majority: tuple[str, float]
    test_rows: int
    seeds: int

    @classmethod
    def of(cls, scores: Scores) -> Self | None:
        """The curves of a variant's scores; `None` where there is neither of them."""
        by_real = [result for result in scores.results if result.real_rows and result.synthetic_rows is None]
        if len({result.real_rows for result in by_real}) < 2:
            by_real = []
        by_synthetic = [result for result in scores.results if result.regime == "synthetic"]
        alone = next((result for result in by_synthetic if result.cell == Cell("synthetic")), None)
        if len(by_synthetic) < 2:
            by_synthetic = []
        if not by_real and not by_synthetic:
            return None
        return cls(
            variant=scores.variant,
            real=_curve(result for result in by_real if result.regime == "real"),
            augmented=_curve(result for result in by_real if result.regime == "augmented"),
            synthetic=_curve(by_synthetic),
            alone=None if alone is None else _point(alone),
            majority=(scores.majority.label, scores.majority.accuracy),
            test_rows=scores.test.rows,
            seeds=len(scores.seeds),
        )

    @property
    def has_intervals(self) -> bool:
        """Whether any interval is known."""
        return any(point.low is not None for point in (*self.real, *self.augmented, *self.synthetic))


def draw_curves(theme: Theme, curves: LearningCurves) -> "Figure":
    """
    Learning curves: accuracy over real rows, and over synthetic ones; a panel for each that there is.

    Args:
        theme (`Theme`):
            Colours.
        curves (`LearningCurves`):
            What was measured.
    """
    over_real = bool(curves.real or curves.augmented)
    drawn = figure(theme, 4.4)
    panels = list(drawn.subplots(1, over_real + bool(curves.synthetic), sharey=True, squeeze=False)[0])
    name = short(curves.variant)
    if over_real:
        left = panels[0]
        _axis(left, theme, "accuracy over real rows", [*curves.real, *curves.augmented])
        _line(left, theme, 0, curves.real, "real rows alone")
        _line(left, theme, 1, curves.augmented, f"real rows + {name}")
        if curves.alone is not None:
            _level(left, theme, 2, curves.alone, f"{name} alone, all {curves.alone.rows:,} rows")
    if curves.synthetic:
        right = panels[-1]
        _axis(right, theme, f"accuracy over rows of {name}", curves.synthetic)
        _line(right, theme, 2, curves.synthetic, f"{name} alone")
    label, accuracy = curves.majority
    for panel in panels:
        panel.axhline(
            accuracy, color=theme.text, linewidth=1, linestyle=":", label=f"always {short(label)}", zorder=1.5
        )
    entries = {line.get_label(): line for panel in panels for line in panel.get_lines()[:-1]}
    entries |= {line.get_label(): line for line in panels[0].get_lines()[-1:]}
    legend = drawn.legend(
        [*entries.values()], [*map(str, entries)], loc="outside lower center", ncols=2, frameon=False, fontsize=9
    )
    for text in legend.get_texts():
        text.set_color(theme.text)
        text.set_parse_math(False)
    return drawn


def curves_in_words(curves: LearningCurves) -> str:
    """What the picture shows, with its numbers, for those who do not see it."""
    parts = [
        f"{title}: {', '.join(f'{point.rows:,} rows {point}' for point in points)}"
        for title, points in (
            ("real rows alone", curves.real),
            (f"real rows and all of {curves.variant}", curves.augmented),
            (f"{curves.variant} alone", curves.synthetic or ([curves.alone] if curves.alone else [])),
        )
        if points
    ]
    label, accuracy = curves.majority
    intervals = " with 95 % intervals" if curves.has_intervals else ""
    return f"Accuracy by training rows{intervals}: {'; '.join(parts)}; always {label} {accuracy:.3f}."


def curves_caption(curves: LearningCurves) -> str:
    """How the curves are to be read."""
    over = f", mean over {curves.seeds} seeds" if curves.seeds > 1 else ""
    shaded = "; shaded are 95 % intervals, over test rows and seeds" if curves.has_intervals else ""
    return (
        f"Accuracy on {curves.test_rows:,} real test rows by the number of training rows{over}{shaded}. "
        f"The dotted line is always answering {curves.majority[0]}."
    )


def tick_places(rows: Iterable[int]) -> list[int]:
    """The numbers of rows that are written on a logarithmic axis: all but those too near to the next greater one."""
    sizes = sorted(set(rows))
    least = math.log(sizes[-1] / sizes[0]) * NEAREST_TICKS
    kept = sizes[-1:]
    for size in reversed(sizes[:-1]):
        if math.log(kept[-1] / size) >= least:
            kept.append(size)
    return kept[::-1]


def _curve(results: Iterable[RegimeScores]) -> tuple[Point, ...]:
    return tuple(sorted(map(_point, results), key=lambda point: point.rows))


def _point(result: RegimeScores) -> Point:
    accuracy = result.accuracy
    return Point(result.real_rows or result.train_rows, accuracy.mean, accuracy.low, accuracy.high)


def _axis(axes: "Axes", theme: Theme, title: str, points: Sequence[Point]) -> None:
    dressed(axes, theme, title)
    axes.set_xscale("log")
    places = tick_places(point.rows for point in points)
    axes.set_xticks(places, [f"{place:,}" for place in places])
    axes.minorticks_off()
    axes.tick_params(labelleft=True)  # the right panel is read off without looking over to the left one
    with_grid(axes, theme)


def _line(axes: "Axes", theme: Theme, number: int, points: Sequence[Point], label: str) -> None:
    if not points:
        return
    color, marker = theme.point(number)
    rows = [point.rows for point in points]
    known = [point for point in points if point.low is not None and point.high is not None]
    if known:
        axes.fill_between(
            [point.rows for point in known],
            [point.low or 0.0 for point in known],
            [point.high or 0.0 for point in known],
            color=color,
            alpha=INTERVAL_OPACITY,
            linewidth=0,
        )
    axes.plot(
        rows,
        [point.accuracy for point in points],
        color=color,
        marker=marker,
        markersize=5,
        linewidth=1.8,
        label=label,
    )


def _level(axes: "Axes", theme: Theme, number: int, point: Point, label: str) -> None:
    """What does not depend on the axis: a line from side to side, and its interval."""
    color, _ = theme.point(number)
    if point.low is not None and point.high is not None:
        axes.axhspan(point.low, point.high, color=color, alpha=INTERVAL_OPACITY, linewidth=0)
    axes.axhline(point.accuracy, color=color, linewidth=1.8, linestyle="--", label=label)
