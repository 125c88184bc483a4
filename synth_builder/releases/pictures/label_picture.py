import statistics
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from synth_builder.releases.pictures.picture_style import Theme, dressed, figure, short, with_grid
from synth_builder.releases.sampled_rows import SampledRow
from synth_builder.releases.statistics import SplitStatistics

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_labels(theme: Theme, counts: Mapping[str, SplitStatistics], rows: Sequence[SampledRow]) -> "Figure":
    """
    Rows of each label beside the lengths of their texts.

    Args:
        theme (`Theme`):
            Colours.
        counts (`Mapping[str, SplitStatistics]`):
            Split -> how many rows each label has.
        rows (`Sequence[SampledRow]`):
            Rows whose lengths are shown.
    """
    labels = [*next(iter(counts.values())).labels]
    places = range(len(labels))
    drawn = figure(theme, 1.1 + 0.34 * len(labels))
    left, right = drawn.subplots(1, 2, sharey=True)
    dressed(left, theme, "rows")
    dressed(right, theme, "words in a row")
    reached = [0] * len(labels)
    for number, (split, found) in enumerate(counts.items()):
        values = [found.labels[label] for label in labels]
        left.barh(places, values, left=reached, color=theme.bars[number % len(theme.bars)], label=split, height=0.62)
        reached = [before + value for before, value in zip(reached, values, strict=True)]
    for place, total in zip(places, reached, strict=True):
        left.annotate(f" {total}", (total, place), va="center", color=theme.text, fontsize=9)
    left.set_xlim(0, 1.15 * max(1, *reached))
    left.set_xticks([])
    left.set_yticks(places, [short(label) for label in labels], parse_math=False)
    left.invert_yaxis()
    if len(counts) > 1:
        drawn.legend(loc="outside upper right", ncols=3, frameon=False, labelcolor=theme.text, fontsize=9)
    lengths = words_by_label(rows)
    right.boxplot(
        [lengths.get(label, []) for label in labels],
        positions=[*places],
        orientation="horizontal",
        widths=0.55,
        showfliers=False,
        whis=(5, 95),
        patch_artist=True,
        boxprops={"facecolor": theme.bars[1], "edgecolor": theme.lines},
        medianprops={"color": theme.text, "linewidth": 1.6},
        whiskerprops={"color": theme.lines},
        capprops={"color": theme.lines},
        manage_ticks=False,
    )
    right.set_xlim(left=0)
    with_grid(right, theme, axis="x")
    return drawn


def words_by_label(rows: Sequence[SampledRow]) -> dict[str, list[int]]:
    """Label -> the number of words of each of its rows."""
    found: dict[str, list[int]] = {}
    for row in rows:
        found.setdefault(row.label, []).append(len(row.text.split()))
    return found


def labels_in_words(name: str, counts: Mapping[str, SplitStatistics], rows: Sequence[SampledRow]) -> str:
    """What the picture shows, with its numbers, for those who do not see it."""
    lengths = words_by_label(rows)
    parts = []
    for label in next(iter(counts.values())).labels:
        total = sum(found.labels[label] for found in counts.values())
        median = f", median {statistics.median(lengths[label]):g} words" if label in lengths else ""
        parts.append(f"{label} {total} rows{median}")
    return f"Rows and lengths of {name} by label: {'; '.join(parts)}."
