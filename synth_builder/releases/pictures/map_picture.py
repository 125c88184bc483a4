from collections.abc import Sequence
from typing import TYPE_CHECKING

from synth_builder.releases.pictures.embedding_map import EmbeddingMap
from synth_builder.releases.pictures.picture_style import Theme, dressed, figure, short

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

LEGEND_COLUMNS = 5


def draw_map(theme: Theme, found: EmbeddingMap, labels: Sequence[str]) -> "Figure":
    """
    Synthetic rows beside real ones, both on the same plane, coloured and shaped by label.

    Args:
        theme (`Theme`):
            Colours.
        found (`EmbeddingMap`):
            The points.
        labels (`Sequence[str]`):
            The task's labels, in their order.
    """
    panels = [("synthetic rows", found.synthetic, found.synthetic_labels)]
    if len(found.real):
        panels.append(("real rows", found.real, found.real_labels))
    legend_lines = -(-len(labels) // LEGEND_COLUMNS)
    drawn = figure(theme, (4.1 if len(panels) == 2 else 5.6) + 0.22 * legend_lines)
    axes = drawn.subplots(1, len(panels), sharex=True, sharey=True, squeeze=False)[0]
    for one, (title, points, of_points) in zip(axes, panels, strict=True):
        dressed(one, theme, title)
        one.set_xticks([])
        one.set_yticks([])
        for side in one.spines.values():
            side.set_visible(True)
            side.set_color(theme.lines)
            side.set_linewidth(0.6)
        _points(one, theme, points, of_points, labels)
    handles, names = axes[0].get_legend_handles_labels()
    legend = drawn.legend(
        handles, names, loc="outside lower center", ncols=min(LEGEND_COLUMNS, len(labels)), frameon=False, fontsize=9
    )
    for text in legend.get_texts():
        text.set_color(theme.text)
        text.set_parse_math(False)
    return drawn


def _points(
    axes: "Axes", theme: Theme, points: "NDArray[np.float32]", of_points: Sequence[str], labels: Sequence[str]
) -> None:
    for number, label in enumerate(labels):
        color, marker = theme.point(number)
        places = [at for at, found in enumerate(of_points) if found == label]
        axes.scatter(
            points[places, 0],
            points[places, 1],
            s=20,
            color=color,
            marker=marker,
            alpha=0.85,
            linewidths=0.3,
            edgecolors=theme.ground,
            label=short(label),
        )
