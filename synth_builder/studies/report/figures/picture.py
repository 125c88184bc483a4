from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synth_builder.releases.pictures.picture_style import Theme, dressed, figure, short, with_grid
from synth_builder.studies.results.study_results import StudyResults

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINES = ("-", "--", "-.", ":")
ACROSS = 3
SHADE = 0.15


@dataclass(frozen=True)
class Picture:
    """
    A figure of a report, before it is drawn.

    Args:
        name (`str`):
            Of its files, without theme and ending.
        caption (`str`):
            How it is to be read.
        alt (`str`):
            What is seen, with its numbers, for those who do not see it.
        draw (`Callable[[Theme], Figure]`):
            Draws it in a theme.
    """

    name: str
    caption: str
    alt: str
    draw: Callable[[Theme], "Figure"]


@dataclass(frozen=True)
class Point:
    """A place of a curve, with its interval where it is known (`at`, `mean`, `low`, `high`)."""

    at: float
    mean: float
    low: float | None = None
    high: float | None = None


def style(theme: Theme, number: int) -> tuple[str, str, str]:
    """Colour, marker and line of the so-manieth kind. In print, where colours are grey, the other two differ still."""
    color, marker = theme.point(number)
    return color, marker, LINES[number % len(LINES)]


def panels(theme: Theme, titles: Sequence[str], inches_high: float = 2.5) -> "tuple[Figure, list[Axes]]":
    """A figure with a small panel of each title, three in a row, that share the axis upwards."""
    across = min(ACROSS, len(titles))
    down = -(-len(titles) // across)
    drawn = figure(theme, inches_high * down + 0.7)
    grid = [axes for row in drawn.subplots(down, across, sharey=True, squeeze=False) for axes in row]
    for axes, title in zip(grid, titles, strict=False):
        dressed(axes, theme, short(title, 30))
        axes.tick_params(labelleft=True)
        with_grid(axes, theme)
    for axes in grid[len(titles) :]:
        axes.set_axis_off()
    return drawn, grid[: len(titles)]


def curve(axes: "Axes", theme: Theme, number: int, points: Sequence[Point], label: str) -> None:
    """A curve with its interval as a shade."""
    color, marker, line = style(theme, number)
    known = [point for point in points if point.low is not None and point.high is not None]
    if len(known) > 1:
        axes.fill_between(
            [point.at for point in known],
            [point.low or 0.0 for point in known],
            [point.high or 0.0 for point in known],
            color=color,
            alpha=SHADE,
            linewidth=0,
        )
    axes.plot(
        [point.at for point in points],
        [point.mean for point in points],
        color=color,
        marker=marker,
        linestyle=line,
        markersize=5,
        linewidth=1.6,
        label=short(label, 40),
    )


def named(axes: "Axes", theme: Theme, across: str, upwards: str | None) -> None:
    """What the axes are."""
    axes.set_xlabel(across, color=theme.text, fontsize=9)
    if upwards is not None:
        axes.set_ylabel(upwards, color=theme.text, fontsize=9)


def legend(drawn: "Figure", theme: Theme, columns: int = 3) -> None:
    """One legend for all panels, below them; each name once."""
    entries: dict[str, Artist] = {}
    for axes in drawn.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    if entries:
        drawn.legend(
            handles=[*entries.values()],
            labels=[*entries],
            loc="outside lower center",
            ncols=min(columns, len(entries)),
            frameon=False,
            fontsize=9,
            labelcolor=theme.text,
        )


def numbers_of(results: StudyResults) -> dict[str, int]:
    """Number of each variant for `style`: the same in all figures. 0 is that of real rows alone."""
    return {name: number for number, name in enumerate(results.variant_names, start=1)}
