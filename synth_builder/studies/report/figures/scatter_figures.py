"""What the worth of rows goes with: their variety, and the language model's own skill."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synth_builder.releases.pictures.picture_style import Theme, dressed, figure, short, with_grid
from synth_builder.scoring.diversity.catalogue import VARIETY, Measure
from synth_builder.scoring.results.cell import Cell
from synth_builder.studies.findings.skill_and_worth import above_chance, skills_and_worths
from synth_builder.studies.plain_text import plain
from synth_builder.studies.report.figures.picture import Picture, legend, named, numbers_of, style
from synth_builder.studies.report.figures.placed_names import place_names
from synth_builder.studies.results.study_results import StudyResults

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WORTH = "worth: accuracy above chance, trained on the rows alone"
_MEASURES = (("vendi_score", None), ("self_bleu", 4))
MOST_NAMES = 24
"""More names than that would lie over each other."""
SIZE = 38
"""Area of a point, in square points."""


@dataclass(frozen=True)
class _Dot:
    task: str
    kind: str
    across: float
    upwards: float


def diversity_picture(results: StudyResults, classifier: str) -> Picture | None:
    """Variety of the rows against what they are worth; `None` where nothing was measured."""
    for name, key in _MEASURES:
        measure = next(each for each in VARIETY if (each.name, each.key) == (name, key))
        dots = _diverse(results, classifier, measure)
        if dots:
            return _diversity_picture(measure, dots, numbers_of(results))
    return None


def skill_picture(results: StudyResults) -> Picture | None:
    """The model's own skill against the worth of its best rows; `None` where it was not tried as a classifier."""
    dots = [
        _Dot(pair.task, f"{pair.demonstrations} shown rows", pair.skill, pair.worth)
        for shown in sorted({skill.demonstrations for skill in results.skills})
        for pair in skills_and_worths(results, shown)
    ]
    if not dots:
        return None
    numbers = {kind: number for number, kind in enumerate(dict.fromkeys(dot.kind for dot in dots))}
    return Picture(
        name="skill_and_worth",
        caption=(
            "The language model's own accuracy on real test rows, against the best accuracy of a classifier trained "
            "on its rows alone; both from chance (0) to no error (1). Above the dotted line its rows make a better "
            "classifier than it is itself."
        ),
        alt=_in_words("The model's skill and the worth of its best rows, above chance", dots),
        draw=lambda theme: _draw(
            theme, dots, "skill: the model's accuracy above chance", numbers, diagonal=True, nested=True
        ),
    )


def _diversity_picture(measure: Measure, dots: Sequence[_Dot], numbers: Mapping[str, int]) -> Picture:
    right = "less varied" if measure.good == "lower" else "more varied"
    across = f"{measure.title} of the rows divided by that of as many real rows"
    return Picture(
        name="diversity_and_worth",
        caption=(
            f"{across} (right of 1: {right} than real rows), against the accuracy of a classifier trained on them "
            "alone, from chance (0) to no error (1). A point is a variant of a task."
        ),
        alt=_in_words(f"{measure.title} divided by that of real rows, and accuracy above chance", dots),
        draw=lambda theme: _draw(theme, dots, across, numbers, level=1.0),
    )


def _diverse(results: StudyResults, classifier: str, measure: Measure) -> list[_Dot]:
    dots = []
    for variant in results.variants:
        own, real = measure.of(variant.variety), measure.of(variant.real_variety)
        cell = results.scored(variant.task, classifier, Cell("synthetic"), variant.variant)
        if own is None or not real or cell is None:
            continue
        worth = above_chance(cell.accuracy.mean, results.task(variant.task).majority_accuracy)
        if worth is not None:
            dots.append(_Dot(variant.task, variant.variant, own / real, worth))
    return dots


def _draw(
    theme: Theme,
    dots: Sequence[_Dot],
    across: str,
    numbers: Mapping[str, int],
    *,
    level: float | None = None,
    diagonal: bool = False,
    nested: bool = False,
) -> "Figure":
    """Points of several kinds; `nested` ones are rings around each other where they share a place."""
    drawn = figure(theme, 4.6)
    axes = drawn.subplots()
    dressed(axes, theme, "")
    with_grid(axes, theme)
    for kind in dict.fromkeys(dot.kind for dot in dots):
        color, marker, _ = style(theme, numbers[kind])
        of_kind = [dot for dot in dots if dot.kind == kind]
        ring = numbers[kind] if nested else 0
        axes.scatter(
            [dot.across for dot in of_kind],
            [dot.upwards for dot in of_kind],
            facecolors="none" if ring else color,
            edgecolors=color,
            linewidths=1.6 if ring else 1.0,
            marker=marker,
            s=SIZE * (1 + 1.6 * ring),
            label=short(plain(kind), 40),
        )
    if level is not None:
        axes.axvline(level, color=theme.text, linewidth=1, linestyle=":", zorder=1.5)
    if diagonal:
        axes.axline((0, 0), slope=1, color=theme.text, linewidth=1, linestyle=":", zorder=1.5)
    named(axes, theme, across, WORTH)
    axes.margins(0.12)
    legend(drawn, theme, 4)
    if len(dots) <= MOST_NAMES:
        place_names(drawn, axes, theme, [(short(plain(dot.task)), dot.across, dot.upwards) for dot in dots])
    return drawn


def _in_words(what: str, dots: Sequence[_Dot]) -> str:
    told = "; ".join(f"{dot.task}, {dot.kind}: {dot.across:.2f} and {dot.upwards:.2f}" for dot in dots)
    return f"{what}. {told}."
