from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synth_builder.scoring.label_quality.folds import out_of_sample
from synth_builder.scoring.label_quality.results import RealAccuracy
from synth_builder.scoring.label_quality.share import Share
from synth_builder.scoring.metrics import most_common_label

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from synth_builder.scoring.methods.row_classifier import Fit


@dataclass(frozen=True)
class RealCheck:
    """
    What a classifier that was trained on real rows says about synthetic ones.

    Args:
        known (`frozenset[int]`):
            Labels that it was shown. About rows of others it can say nothing.
        probabilities (`numpy.ndarray` of shape `(synthetic rows, labels)`):
            What it says.
        accuracy (`RealAccuracy`):
            How good it is on real rows.
        right_by_label (`dict[int, Share]`):
            Label -> real rows of it that it gets right.
    """

    known: frozenset[int]
    probabilities: "NDArray[np.float64]"
    accuracy: RealAccuracy
    right_by_label: dict[int, Share]


def check_with_real_rows(
    fit: "Fit", labels: Sequence[int], real: Sequence[int], test: Sequence[int], synthetic: Sequence[int], folds: int
) -> RealCheck:
    """
    Train on real rows, and ask about synthetic ones and about real ones that were not trained on: the test rows, and
    without these the training rows by cross-validation.

    Args:
        fit (`Fit`):
            Trains and asks a classifier.
        labels (`Sequence[int]`):
            Label of each row that it took up.
        real (`Sequence[int]`):
            Positions of the real training rows, of at least two labels.
        test (`Sequence[int]`):
            Positions of the test rows; there may be none.
        synthetic (`Sequence[int]`):
            Positions of the synthetic rows; at least one.
        folds (`int`):
            Parts of the cross-validation.
    """
    answers = fit(real, [*test, *synthetic])
    asked = test or real
    answered = answers[: len(test)] if test else out_of_sample(fit, real, [labels[place] for place in real], folds)
    right = [labels[place] for place in asked]
    hits = [label == int(answer) for label, answer in zip(right, answered.argmax(axis=1), strict=True)]
    of_label, hits_of_label = Counter(right), Counter(label for label, hit in zip(right, hits, strict=True) if hit)
    return RealCheck(
        known=frozenset(labels[place] for place in real),
        probabilities=answers[len(test) :],
        accuracy=RealAccuracy(
            right=Share.of(sum(hits), len(hits)),
            measured_on="test rows" if test else "training rows (cross-validated)",
            majority=of_label[most_common_label(right)] / len(right),
        ),
        right_by_label={label: Share.of(hits_of_label[label], count) for label, count in of_label.items()},
    )
