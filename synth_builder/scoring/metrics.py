import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synth_builder.extras import require

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CALIBRATION_BINS = 15


@dataclass(frozen=True, slots=True)
class Measures:
    """
    How well predictions fit the right labels.

    Args:
        accuracy (`float`):
            Share of rows with the right label, from 0 to 1.
        macro_f1 (`float`):
            Mean of the F1 of the labels that the test rows have, each label counted the same.
        per_label_f1 (`tuple[float | None, ...]`):
            F1 of each label; `None` for a label that no test row has.
        weighted_f1 (`float`):
            Mean of the same F1, each label counted by its test rows.
        mcc (`float`):
            Matthews correlation coefficient, for several labels that of Gorodkin (2004), from -1 to 1; 0 for a
            constant answer.
        confusion (`tuple[tuple[int, ...], ...]`):
            Rows by right label, in each of them by predicted label.
        calibration_error (`float`, *optional*):
            See `expected_calibration_error`; `None` where no probabilities are known.
    """

    accuracy: float
    macro_f1: float
    per_label_f1: tuple[float | None, ...]
    weighted_f1: float
    mcc: float
    confusion: tuple[tuple[int, ...], ...]
    calibration_error: float | None = None


def measure(
    labels: Sequence[int],
    predictions: Sequence[int],
    num_labels: int,
    probabilities: "NDArray[np.floating] | None" = None,
) -> Measures:
    """
    Compare predictions with the right labels.

    Args:
        labels (`Sequence[int]`):
            Right label of each row; at least one row.
        predictions (`Sequence[int]`):
            Predicted label of each row.
        num_labels (`int`):
            Labels of the task.
        probabilities (`numpy.ndarray` of shape `(rows, num_labels)`, *optional*):
            Probability of each label.

    Returns:
        `Measures`: A label that is never predicted has an F1 of 0. A label without test rows is left out of the macro
        mean, because nobody could have got it right; predicting it still costs the label that was missed.
    """
    metrics = require("sklearn.metrics", extra="score")
    present = sorted(set(labels))
    f1 = metrics.f1_score(labels, predictions, labels=present, average=None, zero_division=0.0)
    confusion = [[0] * num_labels for _ in range(num_labels)]
    for label, prediction in zip(labels, predictions, strict=True):
        confusion[label][prediction] += 1
    counts = Counter(labels)
    by_label = {label: float(value) for label, value in zip(present, f1, strict=True)}
    return Measures(
        accuracy=float(metrics.accuracy_score(labels, predictions)),
        macro_f1=sum(by_label.values()) / len(by_label),
        per_label_f1=tuple(by_label.get(label) for label in range(num_labels)),
        weighted_f1=sum(value * counts[label] for label, value in by_label.items()) / len(labels),
        mcc=_matthews(confusion),
        confusion=tuple(map(tuple, confusion)),
        calibration_error=None if probabilities is None else expected_calibration_error(labels, probabilities),
    )


def expected_calibration_error(labels: Sequence[int], probabilities: "NDArray[np.floating]") -> float:
    """
    How far a classifier's probabilities are from how often it is right (Guo et al. 2017, arXiv 1706.04599).

    Rows go into 15 bins of equal width by the probability of their likeliest label, each bin with its upper edge; the
    gaps between mean probability and share of right answers are averaged, each bin counted by its rows.

    Args:
        labels (`Sequence[int]`):
            Right label of each row; at least one row.
        probabilities (`numpy.ndarray` of shape `(rows, num_labels)`):
            Probability of each label.

    Returns:
        `float`: From 0, well calibrated, to 1.
    """
    import numpy as np

    confidence = probabilities.max(axis=1)
    gaps = (probabilities.argmax(axis=1) == np.asarray(labels)) - confidence
    edges = np.arange(1, CALIBRATION_BINS) / CALIBRATION_BINS
    by_bin = np.bincount(np.digitize(confidence, edges, right=True), weights=gaps, minlength=CALIBRATION_BINS)
    return float(np.abs(by_bin).sum() / len(labels))


def expected_accuracy_of_guessing(labels: Sequence[int]) -> float:
    """
    Accuracy to expect of guesses that give each label as often as the test rows have it: a guess is right when two
    independent draws agree, so it is the sum of the squared shares.
    """
    return math.fsum((count / len(labels)) ** 2 for count in Counter(labels).values())


def _matthews(confusion: Sequence[Sequence[int]]) -> float:
    of_label = [sum(row) for row in confusion]
    of_prediction: list[int] = [sum(column) for column in zip(*confusion, strict=True)]
    rows = sum(of_label)
    right = sum(row[position] for position, row in enumerate(confusion))
    varied = (rows * rows - sum(n * n for n in of_label)) * (rows * rows - sum(n * n for n in of_prediction))
    if varied == 0:
        return 0.0
    by_chance = sum(one * other for one, other in zip(of_label, of_prediction, strict=True))
    return (right * rows - by_chance) / math.sqrt(varied)


def most_common_label(labels: Sequence[int]) -> int:
    """The label that most rows have; of several, the lowest."""
    counts = Counter(labels)
    return min(counts, key=lambda label: (-counts[label], label))
