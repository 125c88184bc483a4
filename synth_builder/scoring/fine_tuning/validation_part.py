from collections import Counter
from collections.abc import Sequence

from synth_builder.scoring.rows.subsets import stratified_order

LEAST_ROWS = 20
"""Of a validation part. The loss on fewer says little: an epoch is then taken for the best by chance."""


def validation_rows(labels: Sequence[int], share: float) -> int:
    """
    How many rows `validation_positions` cuts off.

    Args:
        labels (`Sequence[int]`):
            Label of each training row.
        share (`float`):
            Share of the rows that is to be cut off.
    """
    count = _asked(labels, share)
    return count if count >= _least(labels) else 0


def validation_positions(labels: Sequence[int], share: float, seed: int) -> tuple[list[int], str | None]:
    """
    Cut a validation part from training rows: stratified by label, at random by the seed. A label's only row stays
    with the training rows.

    Args:
        labels (`Sequence[int]`):
            Label of each training row.
        share (`float`):
            Share of the rows that is cut off, rounded to whole rows; 0 cuts none.
        seed (`int`):
            Fixes the part.

    Returns:
        `tuple[list[int], str | None]`: Positions of the part, ascending. Where it would be too small to tell anything
        (fewer rows than the training rows have labels, or fewer than `LEAST_ROWS`) it is empty, and the text says so.
    """
    if not share:
        return [], None
    count = validation_rows(labels, share)
    if not count:
        return [], (
            f"Early stopping was off: {share:.0%} of {len(labels)} training rows are {_asked(labels, share)}, and a "
            f"validation part needs at least {_least(labels)}."
        )
    counts = Counter(labels)
    several = [position for position, label in enumerate(labels) if counts[label] > 1]
    order = stratified_order([labels[position] for position in several], seed)
    return sorted(several[place] for place in order[:count]), None


def _asked(labels: Sequence[int], share: float) -> int:
    """Rows of the share, of those whose label others have too."""
    return min(round(share * len(labels)), sum(count for count in Counter(labels).values() if count > 1))


def _least(labels: Sequence[int]) -> int:
    return max(LEAST_ROWS, len(set(labels)))
