from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from synth_builder.releases.pictures.picture_style import Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.transforms import Bbox

_PLACES: tuple[tuple[int, int, Literal["left", "center", "right"]], ...] = (
    *((5, 4, "left"), (5, -11, "left"), (-5, 4, "right"), (-5, -11, "right")),
    *((0, 8, "center"), (0, -15, "center")),
)
"""Where a name may stand beside its point, the best first: points across and upwards, and which end is there."""
_MARK = 5.0
"""Half of the width of a mark, in points."""


def place_names(
    drawn: "Figure", axes: "Axes", theme: Theme, names: Sequence[tuple[str, float, float]], size: float = 7.5
) -> None:
    """
    Write names beside their points so that none lies over another, nor over a point, and none leaves the axes. Where
    no place is free, the one that covers the least is taken. A name whose point lies on another one of the same name
    is written once.

    Args:
        drawn (`Figure`):
            The figure, otherwise finished.
        axes (`Axes`):
            Where the points are.
        theme (`Theme`):
            Colour of the names.
        names (`Sequence[tuple[str, float, float]]`):
            Name and point, across and upwards.
        size (`float`, defaults to 7.5):
            Of the letters, in points.
    """
    from matplotlib.transforms import Bbox

    drawn.draw_without_rendering()  # the layout, and with it what is how wide, is known from here on
    pixels = drawn.dpi / 72
    marks = [
        Bbox.from_bounds(x - _MARK * pixels, y - _MARK * pixels, 2 * _MARK * pixels, 2 * _MARK * pixels)
        for x, y in axes.transData.transform([point for _, *point in names])
    ]
    taken: list[Bbox] = []
    written: list[tuple[str, Bbox]] = []
    for (name, across, upwards), mark in zip(names, marks, strict=True):
        if any(other == name and _shared(mark, its) > 0.5 * mark.width * mark.height for other, its in written):
            continue
        text = axes.annotate(
            name,
            (across, upwards),
            xytext=_PLACES[0][:2],
            textcoords="offset points",
            color=theme.text,
            fontsize=size,
            parse_math=False,
        )
        found: list[tuple[float, int, Bbox]] = []
        for number, (right, up, end) in enumerate(_PLACES):
            text.set_position((right, up))
            text.set_horizontalalignment(end)
            box = text.get_window_extent()
            outside = box.width * box.height - _shared(box, axes.bbox)
            found.append((outside + sum(_shared(box, other) for other in (*marks, *taken)), number, box))
        _, number, box = min(found, key=lambda each: each[:2])
        right, up, end = _PLACES[number]
        text.set_position((right, up))
        text.set_horizontalalignment(end)
        taken.append(box)
        written.append((name, mark))


def _shared(one: "Bbox", other: "Bbox") -> float:
    """Area that two boxes have in common."""
    wide = min(one.x1, other.x1) - max(one.x0, other.x0)
    high = min(one.y1, other.y1) - max(one.y0, other.y0)
    return float(max(0.0, wide) * max(0.0, high))
