from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from synth_builder.releases.pictures.picture_style import Theme, dressed, figure, readable_on, short
from synth_builder.scoring.results.cell import Cell
from synth_builder.scoring.results.scores import Scores

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_LABELS = 40
"""With more of them, nobody finds a label on the picture."""
MOST_WITH_NUMBERS = 12
"""Labels up to which the shares are written into the cells."""
MISTAKES_TOLD = 5
LETTERS_IN_A_LINE = 70
"""What fits below the picture from left to right; longer names stand upright."""


@dataclass(frozen=True)
class Confusion:
    """
    What a classifier that was trained on all rows of a variant answers to the test rows of each label.

    Args:
        variant (`str`):
            Which rows it was trained on.
        labels (`tuple[str, ...]`):
            The task's labels.
        counts (`tuple[tuple[int, ...], ...]`):
            Answers by right label, in each of them by the label that was answered, summed over the runs.
        train_rows, seeds (`int`):
            How it was trained.
    """

    variant: str
    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    train_rows: int
    seeds: int

    @classmethod
    def of(cls, scores: Scores) -> Self | None:
        """The confusion of a variant's scores; `None` where it was not scored alone, or by an earlier version."""
        alone = next((result for result in scores.results if result.cell == Cell("synthetic")), None)
        if alone is None or alone.confusion is None:
            return None
        return cls(scores.variant, scores.label_names, alone.confusion, alone.train_rows, len(scores.seeds))

    @property
    def shares(self) -> list[list[float]]:
        """The counts as shares of the right label's test rows; not a number for a label without any."""
        return [[count / total if (total := sum(row)) else float("nan") for count in row] for row in self.counts]


def draw_confusion(theme: Theme, confusion: Confusion) -> "Figure":
    """
    The confusion matrix: right labels downwards, answers from left to right, shares as colours.

    Args:
        theme (`Theme`):
            Colours.
        confusion (`Confusion`):
            What was answered.
    """
    from matplotlib.colors import LinearSegmentedColormap, PowerNorm, to_hex

    labels = confusion.labels
    with_numbers = len(labels) <= MOST_WITH_NUMBERS
    names = [short(label) for label in labels]
    upright = len(names) * max(map(len, names)) > LETTERS_IN_A_LINE
    size = 9 if with_numbers else 7
    below = max(map(len, names)) * size * 0.009 if upright else 0
    drawn = figure(theme, 1.2 + below + (0.36 if with_numbers else 0.19) * len(labels))
    axes = drawn.subplots()
    dressed(axes, theme, "share of the right label's test rows")
    colors = LinearSegmentedColormap.from_list("shares", [theme.ground, theme.heat])
    # By the square root: rare mistakes, one in a hundred, are what one looks for.
    scale = PowerNorm(0.5, vmin=0, vmax=1)
    shown = axes.imshow(confusion.shares, cmap=colors, norm=scale, aspect="auto", interpolation="nearest")
    axes.set_yticks(range(len(labels)), names, fontsize=size, parse_math=False)
    turned = 90 if upright else 0
    axes.set_xticks(range(len(labels)), names, fontsize=size, parse_math=False, rotation=turned)
    axes.set_ylabel("right label", color=theme.text, fontsize=9)
    axes.set_xlabel("answer", color=theme.text, fontsize=9)
    for side in axes.spines.values():
        side.set_visible(True)
        side.set_color(theme.lines)
        side.set_linewidth(0.6)
    if with_numbers:
        for down, row in enumerate(confusion.shares):
            for across, share in enumerate(row):
                if sum(confusion.counts[down]):
                    color = readable_on(to_hex(colors(scale(share))))
                    told = f"{share:.2f}" if share else "0"
                    axes.text(across, down, told, ha="center", va="center", color=color, fontsize=size)
    else:
        bar = drawn.colorbar(shown, ax=axes, fraction=0.03, pad=0.02)
        bar.ax.tick_params(colors=theme.text, labelsize=9, length=0)
        bar.outline.set_visible(False)
    return drawn


def confusion_in_words(confusion: Confusion) -> str:
    """What the picture shows, with its numbers, for those who do not see it."""
    labels, shares = confusion.labels, confusion.shares
    right = [f"{label} {shares[at][at]:.2f}" for at, label in enumerate(labels) if sum(confusion.counts[at])]
    mistakes = sorted(
        (
            (shares[down][across], down, across)
            for down in range(len(labels))
            for across in range(len(labels))
            if down != across and confusion.counts[down][across]
        ),
        key=lambda found: (-found[0], found[1:]),
    )
    told = [f"{labels[down]} as {labels[across]} {share:.2f}" for share, down, across in mistakes[:MISTAKES_TOLD]]
    most = f" Most frequent mistakes: {'; '.join(told)}." if told else " There are no mistakes."
    return f"Confusion matrix of {confusion.variant}. Share of each label answered rightly: {'; '.join(right)}.{most}"


def confusion_caption(confusion: Confusion) -> str:
    """How the matrix is to be read."""
    over = f", over {confusion.seeds} seeds" if confusion.seeds > 1 else ""
    empty = [label for label, row in zip(confusion.labels, confusion.counts, strict=True) if not sum(row)]
    without = f" Without test rows: {', '.join(empty)}." if empty else ""
    return (
        f"What a classifier trained on all {confusion.train_rows:,} rows of {confusion.variant} answers to real test "
        f"rows of each label{over}.{without}"
    )
