from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from synth_builder.releases.pictures.picture_style import Theme, dressed, figure, short, with_grid
from synth_builder.studies.findings.verdicts import VerdictCounts
from synth_builder.studies.plain_text import plain
from synth_builder.studies.report.figures.picture import Picture, legend, named
from synth_builder.studies.results.parts import StudiedDifference
from synth_builder.studies.results.study_results import StudyResults

if TYPE_CHECKING:
    from matplotlib.figure import Figure

VERDICTS = (("better", 2, "^"), ("worse", 1, "v"), ("within noise", 6, "o"))
"""Verdict, number of its colour, and marker: hollow where nothing is decided."""


def gain_picture(results: StudyResults, classifier: str) -> Picture | None:
    """What synthetic rows add at the fewest and at the most real rows, as a forest plot; `None` without gains."""
    gains = [each for each in results.differences if (each.asked, each.classifier) == ("gain", classifier)]
    sizes = sorted({each.real_rows for each in gains if each.real_rows is not None})
    if not sizes:
        return None
    shown = {size: [each for each in gains if each.real_rows == size] for size in dict.fromkeys((sizes[0], sizes[-1]))}
    return Picture(
        name="gains",
        caption=(
            "What synthetic rows add to so many real rows, in points of accuracy, with paired 95 % intervals. Filled "
            "triangles are better or worse after Holm's correction, hollow circles are within noise."
        ),
        alt="; ".join(_in_words(size, found) for size, found in shown.items()) + ".",
        draw=lambda theme: _draw(theme, shown),
    )


def _draw(theme: Theme, shown: Mapping[int, Sequence[StudiedDifference]]) -> "Figure":
    names = [*dict.fromkeys((each.task, each.variant) for found in shown.values() for each in found)]
    height = {name: len(names) - 1 - number for number, name in enumerate(names)}
    drawn = figure(theme, 0.21 * len(names) + 1.5)
    for panel, (size, found) in zip(
        drawn.subplots(1, len(shown), sharey=True, squeeze=False)[0], shown.items(), strict=True
    ):
        dressed(panel, theme, f"with {size:,} real rows")
        with_grid(panel, theme)
        panel.grid(axis="y", visible=False)
        panel.axvline(0, color=theme.text, linewidth=1)
        for verdict, number, marker in VERDICTS:
            of_verdict = [each for each in found if each.verdict == verdict]
            color = theme.points[number]
            panel.errorbar(
                [100 * each.difference for each in of_verdict],
                [height[each.task, each.variant] for each in of_verdict],
                # A bootstrap's interval holds its own difference but for rounding.
                xerr=[
                    [max(0.0, 100 * (each.difference - each.low)) for each in of_verdict],
                    [max(0.0, 100 * (each.high - each.difference)) for each in of_verdict],
                ],
                fmt=marker,
                color=color,
                ecolor=color,
                markerfacecolor=theme.ground if verdict == "within noise" else color,
                elinewidth=1.4,
                markersize=5.5,
                label=verdict,
            )
        for lower, upper in zip(names[1:], names, strict=False):
            if lower[0] != upper[0]:
                panel.axhline(height[upper] - 0.5, color=theme.lines, linewidth=0.6)
        panel.set_yticks([*height.values()], [short(plain(f"{task}, {variant}"), 34) for task, variant in names])
        panel.set_ylim(-0.7, len(names) - 0.3)
        named(panel, theme, "gain in points of accuracy", None)
    legend(drawn, theme)
    return drawn


def _in_words(size: int, found: Sequence[StudiedDifference]) -> str:
    counts = VerdictCounts.of(found)
    ends = (min(found, key=lambda each: each.difference), max(found, key=lambda each: each.difference))
    low, high = (f"{100 * each.difference:+.1f} points ({each.task}, {each.variant})" for each in ends)
    return (
        f"Gains with {size:,} real rows go from {low} to {high}; better in {counts.better} of {counts.compared}, "
        f"worse in {counts.worse}, within noise in {counts.within_noise}"
    )
