import pytest

from synth_builder.scoring.metrics import measure, most_common_label

pytest.importorskip("sklearn")


def test_accuracy_and_macro_f1_by_hand() -> None:
    # Label 0: 2 right of 3, 1 false alarm: precision 2/3, recall 2/3. Label 1: precision 1/2, recall 1/2.
    # Label 2: precision 1/1, recall 1/1.
    measures = measure([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 0, 2], num_labels=3)
    assert measures.accuracy == pytest.approx(4 / 6)
    assert measures.per_label_f1 == pytest.approx((2 / 3, 1 / 2, 1.0))
    assert measures.macro_f1 == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)


def test_a_label_that_is_never_predicted_has_an_f1_of_zero() -> None:
    measures = measure([0, 0, 0, 1], [0, 0, 0, 0], num_labels=2)
    assert measures.per_label_f1 == pytest.approx((6 / 7, 0.0))
    assert measures.macro_f1 == pytest.approx(3 / 7)


def test_a_label_without_test_rows_is_left_out_of_the_mean_but_predicting_it_costs() -> None:
    measures = measure([0, 0, 1, 1], [0, 2, 1, 1], num_labels=3)
    assert measures.per_label_f1[2] is None
    # Label 0: precision 1, recall 1/2, so 2/3; label 1: 1.
    assert measures.macro_f1 == pytest.approx((2 / 3 + 1) / 2)


def test_the_most_common_label_and_the_lower_one_of_a_tie() -> None:
    assert most_common_label([2, 1, 2, 0]) == 2
    assert most_common_label([2, 1, 2, 1]) == 1
