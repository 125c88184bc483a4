from collections import Counter
from collections.abc import Sequence

from synth_builder.scoring.label_quality.results import ConfusedPair

MOST_PAIRS = 5


def confused_pairs(
    labels: Sequence[int], predictions: Sequence[int], names: Sequence[str], most: int = MOST_PAIRS
) -> tuple[ConfusedPair, ...]:
    """
    Pairs of labels that are taken for each other.

    Args:
        labels (`Sequence[int]`):
            Right label of each row.
        predictions (`Sequence[int]`):
            Predicted label of each row.
        names (`Sequence[str]`):
            Labels in the order of the indices.
        most (`int`, defaults to 5):
            How many pairs, at most.

    Returns:
        `tuple[ConfusedPair, ...]`: The pair with the most wrong rows, both directions together, first; of as many, the
        one of the lower indices.
    """
    wrong = Counter((one, other) for one, other in zip(labels, predictions, strict=True) if one != other)
    pairs = {(min(pair), max(pair)) for pair in wrong}
    ordered = sorted(pairs, key=lambda pair: (-wrong[pair] - wrong[pair[1], pair[0]], pair))
    return tuple(
        ConfusedPair(
            labels=(names[first], names[second]),
            first_as_second=wrong[first, second],
            second_as_first=wrong[second, first],
        )
        for first, second in ordered[:most]
    )
