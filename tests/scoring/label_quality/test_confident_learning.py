import sys

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("cleanlab")

from synth_builder.errors import MissingExtraError  # noqa: E402
from synth_builder.scoring.label_quality.confident_learning import label_issues  # noqa: E402


def test_the_wrong_labels_of_a_small_table_are_found_by_hand() -> None:
    # Thresholds are the mean probabilities of a label's own rows: 0: (0.9 + 0.8 + 0.9 + 0.2) / 4 = 0.7, and
    # 1: (0.9 + 0.8 + 0.7 + 0.1) / 4 = 0.625. Row 3 has 0.8 >= 0.625 for label 1, and row 7 has 0.9 >= 0.7 for label 0:
    # one wrong row of each label. They have the least probability of their label, and the greatest margin.
    of_label_0 = [0.9, 0.8, 0.9, 0.2, 0.1, 0.2, 0.3, 0.9]
    probabilities = np.array([[one, 1 - one] for one in of_label_0])
    labels = [0, 0, 0, 0, 1, 1, 1, 1]
    assert label_issues(labels, probabilities) == [False, False, False, True, False, False, False, True]


def test_a_label_that_is_merely_unsure_is_no_issue() -> None:
    # Row 3 reads as label 1, but with 0.55 it does not reach the threshold of that label, (0.9 + 0.9 + 0.8) / 3.
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.9, 0.1], [0.45, 0.55], [0.1, 0.9], [0.1, 0.9], [0.2, 0.8]])
    assert label_issues([0, 0, 0, 0, 1, 1, 1], probabilities) == [False] * 7


def test_labels_without_rows_change_nothing() -> None:
    of_label_1 = [0.9, 0.8, 0.9, 0.2, 0.1, 0.2, 0.3, 0.9]
    probabilities = np.array([[0, one, 0, 1 - one] for one in of_label_1])
    labels = [1, 1, 1, 1, 3, 3, 3, 3]
    assert label_issues(labels, probabilities) == [False, False, False, True, False, False, False, True]


def test_without_cleanlab_it_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cleanlab", None)
    monkeypatch.delitem(sys.modules, "cleanlab.filter", raising=False)
    with pytest.raises(MissingExtraError, match=r"pip install 'synth-builder\[label-quality\]'"):
        label_issues([0, 1], np.array([[0.5, 0.5], [0.5, 0.5]]))
