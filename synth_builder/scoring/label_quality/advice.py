from collections import Counter
from collections.abc import Iterator

from synth_builder.scoring.label_quality.results import LabelQuality


def advice(found: LabelQuality, wrong_pairs: Counter[tuple[str, str | None]]) -> tuple[str, ...]:
    """
    What the numbers tell to do, in sentences: four at most.

    Differences are told only where intervals speak for them: of a label where the interval of the agreement lies below
    the one of the real rows, of a group where it lies below the share of all rows.

    Args:
        found (`LabelQuality`):
            What was found.
        wrong_pairs (`Counter[tuple[str, str | None]]`):
            Label, and what the real-trained classifier says instead -> rows that are likely wrong.
    """
    return tuple([*_worth(found), _likely_wrong(found, wrong_pairs), *_label(found), *_group(found)])


def _worth(found: LabelQuality) -> Iterator[str]:
    real = found.real_accuracy
    if real is not None and real.right.low <= real.majority:
        yield (
            f"The real-trained classifier gets {real.right} of the real rows right, and always answering their most "
            f"common label {real.majority:.1%}: whether it agrees says little here. Give it more real rows, or "
            "another classifier."
        )


def _likely_wrong(found: LabelQuality, wrong_pairs: Counter[tuple[str, str | None]]) -> str:
    wrong = found.likely_wrong
    if not wrong.hits:
        if found.agreement is None:
            return "No single row stands out: confident learning calls no label wrong."
        return "No single row stands out: there is none that both checks speak against."
    (label, reads_as), count = min(wrong_pairs.items(), key=lambda pair: (-pair[1], pair[0][0], pair[0][1] or ""))
    most = "most" if 2 * count > wrong.hits else "most often they"
    told = f"{most} are `{label}`" + (f" that reads as `{reads_as}`" if reads_as is not None else "")
    return (
        f"{wrong.hits} of {wrong.rows} rows ({wrong.share:.1%}) look mislabelled; {told} ({count}). Look at the "
        f"first of them above; --variant {found.variant} --write-clean FILE.parquet writes the others."
    )


def _label(found: LabelQuality) -> Iterator[str]:
    below = [
        (one.label, one.agreement, one.real_right)
        for one in found.labels
        if one.agreement is not None and one.real_right is not None and one.agreement.high < one.real_right.low
    ]
    if below:
        label, agreement, real_right = max(below, key=lambda one: one[2].share - one[1].share)
        yield (
            f"Of the rows of `{label}` the real-trained classifier agrees with {agreement.share:.1%}, of "
            f"real ones it gets {real_right.share:.1%} right: they are written in another way, or mean "
            "something else. Read some, and say in the recipe what sets the label apart."
        )


def _group(found: LabelQuality) -> Iterator[str]:
    below = [group for group in found.groups if found.agreement and group.agreement.high < found.agreement.share]
    if below and found.agreement is not None:
        worst = below[0]
        yield (
            f"Of the rows with {worst.kind} `{worst.value}` it agrees with {worst.agreement}, of all rows with "
            f"{found.agreement.share:.1%}: read some of these first."
        )
