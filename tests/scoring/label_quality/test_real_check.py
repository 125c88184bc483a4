from collections.abc import Sequence
from typing import Any

import pytest

np = pytest.importorskip("numpy")

from synth_builder.scoring.label_quality.real_check import check_with_real_rows  # noqa: E402

# Positions 0 to 3 are real training rows, 4 to 6 test rows, 7 and 8 synthetic ones.
LABELS = [0, 1, 0, 1, 0, 0, 1, 1, 0]
ANSWERS = [0.9, 0.6, 0.8, 0.3, 0.9, 0.2, 0.4, 0.1, 0.7]
REAL, TEST, SYNTHETIC = range(4), range(4, 7), range(7, 9)


class Recorded:
    """Answers with a fixed probability of label 0 for each position, and remembers what it was asked."""

    def __init__(self) -> None:
        self.calls: list[tuple[list[int], list[int]]] = []

    def __call__(self, training: Sequence[int], asked: Sequence[int]) -> Any:
        self.calls.append((list(training), list(asked)))
        return np.array([[ANSWERS[place], 1 - ANSWERS[place]] for place in asked])


def test_one_training_answers_for_the_test_rows_and_the_synthetic_ones() -> None:
    fit = Recorded()
    found = check_with_real_rows(fit, LABELS, REAL, TEST, SYNTHETIC, folds=5)
    assert fit.calls == [([0, 1, 2, 3], [4, 5, 6, 7, 8])]
    assert found.known == {0, 1}
    assert found.probabilities[:, 0].tolist() == [0.1, 0.7]
    # Of the test rows 4 and 6 are right, and row 5, which is of label 0, is read as label 1.
    assert (found.accuracy.right.hits, found.accuracy.right.rows) == (2, 3)
    assert found.accuracy.majority == pytest.approx(2 / 3)
    assert {label: (share.hits, share.rows) for label, share in found.right_by_label.items()} == {0: (1, 2), 1: (1, 1)}


def test_without_test_rows_each_training_row_is_asked_about_by_the_others() -> None:
    fit = Recorded()
    found = check_with_real_rows(fit, LABELS, REAL, [], SYNTHETIC, folds=2)
    assert fit.calls[0] == ([0, 1, 2, 3], [7, 8]) and len(fit.calls) == 3
    for training, asked in fit.calls[1:]:
        assert sorted(training + asked) == [0, 1, 2, 3]
    # Of the training rows only row 1 is read wrongly.
    assert (found.accuracy.right.hits, found.accuracy.right.rows) == (3, 4)
    assert found.accuracy.measured_on == "training rows (cross-validated)"
