from collections.abc import Sequence

from synth_builder.cli.terminal_text import padded, visible, width
from synth_builder.scoring.label_quality.results import LabelQuality, OfLabel
from synth_builder.scoring.label_quality.share import Share

MOST_LABELS = 4
MOST_GROUPS = 3
LINE = 119
SHORT = 16
"""Columns that an id or a label takes at most."""


def label_quality_report(found: LabelQuality) -> str:
    """
    What a person should know about the labels of a variant, in less than 40 lines with the default of 20 rows: what
    both checks say, the labels that are agreed with least, the rows most likely wrong, what is confused, and advice.

    Args:
        found (`LabelQuality`):
            What was found about one variant.

    Returns:
        `str`: Lines that do nothing to a terminal; texts and names are shortened. The notes are left to the caller, as
        variants share them.
    """
    lines = [*_heading(found), *_labels(found), *_rows(found), *_confused(found), *_groups(found)]
    return "\n".join([*lines, *(f"-> {visible(sentence)}" for sentence in found.advice)])


def _heading(found: LabelQuality) -> list[str]:
    trained = found.classifier.name if found.method == "tfidf" else f"embeddings of {found.classifier.name}"
    lines = [
        f"=== {found.variant} of {visible(found.dataset)}: {found.synthetic.rows} rows; logistic regression on "
        f"{visible(trained)} ==="
    ]
    if found.agreement is not None and found.real_accuracy is not None and found.real is not None:
        real = found.real_accuracy
        lines.append(
            f"Trained on {found.real.rows} real rows, it agrees with {found.agreement} of the labels "
            f"[{_interval(found.agreement)}]; of real {real.measured_on} it gets {real.right} right "
            f"[{_interval(real.right)}]."
        )
    by_both = "" if found.agreement is None else f"; both checks speak against {found.likely_wrong}"
    lines.append(
        f"Confident learning among the rows themselves ({found.folds} folds) calls {found.issues} of the labels "
        f"wrong{by_both}."
    )
    return lines


def _labels(found: LabelQuality) -> list[str]:
    def worst(one: OfLabel) -> tuple[float, int]:
        return (one.agreement.share if one.agreement else 2.0, -(one.issues or 0))

    # A line that says that one label is left out is as long as the label's own.
    most = len(found.labels) if len(found.labels) == MOST_LABELS + 1 else MOST_LABELS
    shown = sorted(found.labels, key=worst)[:most]
    cells = [("label", "rows", "agrees", "real rows right", "issues", "likely wrong", "read as")]
    for one in shown:
        cells.append(
            (
                _short(one.label),
                str(one.rows),
                _share(one.agreement),
                _share(one.real_right),
                "-" if one.issues is None else str(one.issues),
                str(one.likely_wrong),
                ", ".join(f"{_short(label)} {count}" for label, count in list(one.read_as.items())[:2]) or "-",
            )
        )
    left = len(found.labels) - len(shown)
    return _columns(cells, right=(1, 2, 3, 4, 5)) + ([f"... and {left} more labels"] if left else [])


def _rows(found: LabelQuality) -> list[str]:
    if not found.doubtful:
        return []
    cells = [("!", "id", "label", "reads as", "own label", "self-conf.", "text")]
    for row in found.doubtful:
        reads = "-" if row.reads_as is None else f"{_short(row.reads_as)} {row.reads_as_probability:.2f}"
        cells.append(
            (
                "!" if row.likely_wrong else " ",
                _short(row.id),
                _short(row.label),
                reads,
                _number(row.real_probability),
                _number(row.self_confidence),
                visible(" | ".join(row.texts)),
            )
        )
    heading = f"{len(found.doubtful)} of {found.flagged} doubtful rows by {found.ranked_by}; ! likely wrong:"
    return [heading, *(_cut(line, LINE) for line in _columns(cells, right=(4, 5)))]


def _confused(found: LabelQuality) -> list[str]:
    if found.synthetic_accuracy is None:
        return []
    pairs = ", ".join(
        f"{_short(pair.labels[0])} as {_short(pair.labels[1])} {pair.first_as_second} (back {pair.second_as_first})"
        for pair in found.confused[:3]
    )
    told = f"Trained on these rows, it gets {found.synthetic_accuracy} of the real test rows right"
    return [told + (f"; confused: {pairs}." if pairs else ".")]


def _groups(found: LabelQuality) -> list[str]:
    # What is agreed with as much as the whole, or more, is no part of what is agreed with least.
    below = [one for one in found.groups if found.agreement and one.agreement.share < found.agreement.share]
    told = ", ".join(
        f"{_short(group.kind, 24)} {_short(group.value, 24)} {group.agreement} [{_interval(group.agreement)}]"
        for group in below[:MOST_GROUPS]
    )
    return [f"Agreed with least: {told}."] if told else []


def _columns(cells: Sequence[tuple[str, ...]], right: Sequence[int]) -> list[str]:
    widths = [max(width(row[column]) for row in cells) for column in range(len(cells[0]))]
    return [
        "  ".join(
            " " * (wide - width(cell)) + cell if column in right else padded(cell, wide)
            for column, (cell, wide) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]


def _share(share: Share | None) -> str:
    return "-" if share is None else f"{share.hits} ({share.share:.0%})"


def _interval(share: Share) -> str:
    return f"{share.low:.1%} to {share.high:.1%}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _short(text: str, columns: int = SHORT) -> str:
    return _cut(visible(text), columns)


def _cut(text: str, columns: int) -> str:
    if width(text) <= columns:
        return text
    while width(text) > columns - 3:
        text = text[: -1 - max(0, (width(text) - columns) // 2)]
    return text.rstrip() + "..."
