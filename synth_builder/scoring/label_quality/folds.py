import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from synth_builder.scoring.methods.row_classifier import Fit

FOLDS = 5


def stratified_folds(labels: Sequence[int], folds: int, seed: int = 0) -> list[list[int]]:
    """
    Deal rows into folds of like size, in each of them the labels in like shares.

    The rows of each label are shuffled and dealt out in turn, the next label going on where the last one ended: the
    sizes of two folds, and their rows of one label, differ by one at most. So two rows of a label are never in one
    fold, and every training part has every label that has at least two rows.

    Args:
        labels (`Sequence[int]`):
            Label of each row.
        folds (`int`):
            How many. As many as rows when there are fewer.
        seed (`int`, defaults to 0):
            Fixes the shuffling.

    Returns:
        `list[list[int]]`: Positions of each fold, ascending; each position once.
    """
    generator = random.Random(seed)
    dealt: list[int] = []
    for label in sorted(set(labels)):
        positions = [position for position, one in enumerate(labels) if one == label]
        generator.shuffle(positions)
        dealt += positions
    count = min(folds, len(labels))
    return [sorted(dealt[start::count]) for start in range(count)]


def out_of_sample(
    fit: "Fit",
    positions: Sequence[int],
    labels: Sequence[int],
    folds: int = FOLDS,
    on_fold: Callable[[], None] | None = None,
) -> "NDArray[np.float64]":
    """
    Probabilities of rows from classifiers that were trained on the other folds.

    Args:
        fit (`Fit`):
            Trains and asks a classifier.
        positions (`Sequence[int]`):
            The rows; at least two.
        labels (`Sequence[int]`):
            Label of each of them.
        folds (`int`, defaults to 5):
            How many; as many as rows when there are fewer.
        on_fold (`Callable[[], None]`, *optional*):
            Called after each fold.

    Returns:
        `numpy.ndarray` of shape `(len(positions), labels)`: In the order of the positions.
    """
    import numpy as np

    parts = stratified_folds(labels, folds)
    found = []
    for part in parts:
        held_out = set(part)
        training = [position for number, position in enumerate(positions) if number not in held_out]
        found.append(fit(training, [positions[number] for number in part]))
        if on_fold is not None:
            on_fold()
    order = np.argsort([number for part in parts for number in part])
    return np.concatenate(found)[order]
