"""Curves of accuracy, a small panel for each task: by synthetic rows, by the share of real rows, by agreement."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from synth_builder.releases.pictures.curve_picture import tick_places
from synth_builder.releases.pictures.picture_style import Theme
from synth_builder.studies.findings.real_share import share_points, swept_rows
from synth_builder.studies.plain_text import plain
from synth_builder.studies.report.figures.picture import (
    ACROSS,
    Picture,
    Point,
    curve,
    legend,
    named,
    numbers_of,
    panels,
)
from synth_builder.studies.report.tables.task_tables import variants_of
from synth_builder.studies.results.parts import CellScores
from synth_builder.studies.results.study_results import StudyResults

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Curves = Mapping[str, Mapping[str, Sequence[Point]]]
"""Task -> name of the curve -> its points."""


def quantity_picture(results: StudyResults, classifier: str) -> Picture | None:
    """Accuracy by number of synthetic rows; `None` where no task has two numbers."""
    found: dict[str, dict[str, list[Point]]] = {}
    for task in results.task_names:
        for variant in variants_of(results, task):
            cells = [
                each
                for each in results.cells
                if (each.task, each.classifier, each.variant, each.regime) == (task, classifier, variant, "synthetic")
            ]
            if len({each.train_rows for each in cells}) > 1:
                points = sorted((_point(each.train_rows, each) for each in cells), key=lambda point: point.at)
                found.setdefault(task, {})[variant] = points
    if not found:
        return None
    return Picture(
        name="quantity",
        caption=(
            "Accuracy by number of synthetic rows, of each variant alone; shaded are 95 % intervals. The axis of rows "
            "is logarithmic."
        ),
        alt=f"Accuracy by number of synthetic rows. {_in_words(found, 'rows')}",
        draw=lambda theme: _draw(theme, found, numbers_of(results), "synthetic rows", rows=True),
    )


def share_picture(results: StudyResults, classifier: str) -> Picture | None:
    """Accuracy by the share of real rows; `None` without a sweep."""
    found: dict[str, dict[str, list[Point]]] = {}
    for task in results.task_names:
        for variant in variants_of(results, task):
            points = share_points(results, task, variant, classifier)
            if any(0 < point.percent < 100 for point in points):
                found.setdefault(task, {})[variant] = [_point(point.percent, point.cell) for point in points]
    if not found:
        return None
    return Picture(
        name="real_share",
        caption=(
            f"Accuracy by the share of real rows in training sets of {swept_rows(results) or 0:,} rows; shaded are "
            "95 % intervals. At 100 % all variants meet: there are real rows alone."
        ),
        alt=f"Accuracy by the share of real rows. {_in_words(found, '%')}",
        draw=lambda theme: _draw(theme, found, numbers_of(results), "real rows in %"),
    )


def agreement_picture(results: StudyResults, classifier: str) -> Picture | None:
    """Accuracy by the annotators' agreement; `None` without annotations."""
    found: dict[str, dict[str, list[Point]]] = {}
    for each in results.agreement_curves:
        if each.classifier == classifier and each.points:
            name = each.trained_on if each.variant is None else f"{each.variant}, {each.trained_on}"
            found.setdefault(each.task, {})[name] = [
                Point(point.agreement, point.accuracy.mean, point.accuracy.low, point.accuracy.high)
                for point in each.points
            ]
    if not found:
        return None
    numbers = {name: number for number, name in enumerate(dict.fromkeys(each for by in found.values() for each in by))}
    return Picture(
        name="agreement",
        caption="Accuracy on test rows of at least so much agreement among annotators; shaded are 95 % intervals.",
        alt=f"Accuracy by least agreement of annotators. {_in_words(found, '')}",
        draw=lambda theme: _draw(theme, found, numbers, "least agreement"),
    )


def _point(at: float, cell: CellScores) -> Point:
    return Point(at, cell.accuracy.mean, cell.accuracy.low, cell.accuracy.high)


def _draw(theme: Theme, found: Curves, numbers: Mapping[str, int], across: str, *, rows: bool = False) -> "Figure":
    drawn, grid = panels(theme, [plain(task) for task in found])
    for number, (axes, curves) in enumerate(zip(grid, found.values(), strict=True)):
        for name, points in curves.items():
            curve(axes, theme, numbers[name], points, plain(name))
        if rows:
            axes.set_xscale("log")
            places = tick_places(int(point.at) for points in curves.values() for point in points)
            axes.set_xticks(places, [f"{place:,}" for place in places])
            axes.minorticks_off()
        named(axes, theme, across, "accuracy" if number % ACROSS == 0 else None)
    legend(drawn, theme)
    return drawn


def _in_words(found: Curves, unit: str) -> str:
    parts = []
    for task, curves in found.items():
        for name, points in curves.items():
            told = ", ".join(f"{f'{point.at:,g} {unit}'.strip()} {point.mean:.3f}" for point in points)
            parts.append(f"{task}, {name}: {told}")
    return "; ".join(parts) + "."
