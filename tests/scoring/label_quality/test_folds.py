from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

np = pytest.importorskip("numpy")

from synth_builder.scoring.label_quality.folds import out_of_sample, stratified_folds  # noqa: E402


def test_folds_share_rows_and_labels_evenly() -> None:
    labels = [0] * 11 + [1] * 6 + [2] * 5
    folds = stratified_folds(labels, 5)
    assert sorted(place for fold in folds for place in fold) == list(range(22))
    # 22 rows: 5, 5, 4, 4, 4. Eleven rows of label 0: 3, 2, 2, 2, 2; and so on.
    assert sorted(map(len, folds)) == [4, 4, 4, 5, 5]
    for label, count in ((0, 11), (1, 6), (2, 5)):
        shares = [sum(labels[place] == label for place in fold) for fold in folds]
        assert sum(shares) == count and max(shares) - min(shares) <= 1


def test_two_rows_of_a_label_are_never_in_one_fold() -> None:
    labels = [0, 1, 2, 3] * 2
    for folds in (2, 3, 5):
        assert all(max(Counter(labels[place] for place in fold).values()) == 1 for fold in stratified_folds(labels, 8))
        for fold in stratified_folds(labels, folds):
            training = {label for place, label in enumerate(labels) if place not in fold}
            assert training == {0, 1, 2, 3}


def test_fewer_rows_than_folds_are_held_out_one_by_one() -> None:
    assert sorted(stratified_folds([0, 1, 0], 5)) == [[0], [1], [2]]


def test_the_seed_decides_who_stands_with_whom() -> None:
    labels = [0, 1] * 20
    assert stratified_folds(labels, 5) == stratified_folds(labels, 5)
    assert stratified_folds(labels, 5) != stratified_folds(labels, 5, seed=1)


def test_no_row_is_asked_about_by_a_classifier_that_saw_it() -> None:
    asked_of: list[tuple[set[int], list[int]]] = []

    def fit(training: Sequence[int], asked: Sequence[int]) -> Any:
        asked_of.append((set(training), list(asked)))
        return np.array([[float(place), 0.0] for place in asked])

    done: list[int] = []
    positions, labels = [10, 11, 12, 13, 14, 15, 16], [0, 1, 0, 1, 0, 1, 0]
    found = out_of_sample(fit, positions, labels, folds=3, on_fold=lambda: done.append(1))
    assert len(asked_of) == len(done) == 3
    for training, asked in asked_of:
        assert training.isdisjoint(asked) and training.union(asked) == set(positions)
    # Whatever the folds, the answers come in the order of the positions.
    assert found[:, 0].tolist() == [10, 11, 12, 13, 14, 15, 16]
