from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from synth_builder.extras import require


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
    """

    accuracy: float
    macro_f1: float
    per_label_f1: tuple[float | None, ...]


def measure(labels: Sequence[int], predictions: Sequence[int], num_labels: int) -> Measures:
    """
    Compare predictions with the right labels.

    Args:
        labels (`Sequence[int]`):
            Right label of each row; at least one row.
        predictions (`Sequence[int]`):
            Predicted label of each row.
        num_labels (`int`):
            Labels of the task.

    Returns:
        `Measures`: A label that is never predicted has an F1 of 0. A label without test rows is left out of the macro
        mean, because nobody could have got it right; predicting it still costs the label that was missed.
    """
    metrics = require("sklearn.metrics", extra="score")
    present = sorted(set(labels))
    f1 = metrics.f1_score(labels, predictions, labels=present, average=None, zero_division=0.0)
    by_label = {label: float(value) for label, value in zip(present, f1, strict=True)}
    return Measures(
        accuracy=float(metrics.accuracy_score(labels, predictions)),
        macro_f1=sum(by_label.values()) / len(by_label),
        per_label_f1=tuple(by_label.get(label) for label in range(num_labels)),
    )


def most_common_label(labels: Sequence[int]) -> int:
    """The label that most rows have; of several, the lowest."""
    counts = Counter(labels)
    return min(counts, key=lambda label: (-counts[label], label))
