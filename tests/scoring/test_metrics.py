import pytest

from synth_builder.scoring.metrics import (
    expected_accuracy_of_guessing,
    expected_calibration_error,
    measure,
    most_common_label,
)

pytest.importorskip("sklearn")
np = pytest.importorskip("numpy")


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


def test_weighted_f1_mcc_and_the_confusion_matrix_by_hand() -> None:
    measures = measure([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 0, 2], num_labels=4)
    # F1 of 2/3, 1/2 and 1 with 3, 2 and 1 rows.
    assert measures.weighted_f1 == pytest.approx((3 * 2 / 3 + 2 * 1 / 2 + 1) / 6)
    assert measures.confusion == ((2, 1, 0, 0), (1, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 0))
    # Gorodkin's R: (right * rows - sum of right_k * predicted_k) / (rows^2 - sum of squares); both have 3, 2, 1 rows.
    assert measures.mcc == pytest.approx((4 * 6 - 14) / (36 - 14))


def test_a_constant_answer_has_an_mcc_of_zero_and_a_wrong_one_a_negative() -> None:
    assert measure([0, 0, 1], [0, 0, 0], num_labels=2).mcc == 0
    assert measure([0, 1], [1, 0], num_labels=2).mcc == pytest.approx(-1)


def test_the_calibration_error_by_hand() -> None:
    # Two rows at 0.9, one right: gap 0.4. One at 0.62, wrong: gap 0.62. One at 0.6, right: gap 0.4; 0.6 is the upper
    # edge of the ninth bin, so it is not in the bin of 0.62. Were it, the two gaps would partly cancel.
    probabilities = np.array([[0.9, 0.1], [0.1, 0.9], [0.38, 0.62], [0.6, 0.4]])
    expected = (2 * 0.4 + 0.62 + 0.4) / 4
    assert expected_calibration_error([0, 0, 0, 0], probabilities) == pytest.approx(expected)
    measures = measure([0, 0, 0, 0], [0, 1, 1, 0], 2, probabilities)
    assert measures.calibration_error == pytest.approx(expected)


def test_rows_of_a_bin_are_averaged_before_the_gap_is_taken() -> None:
    # Four rows at 0.75, three right: no gap, though each row alone has one.
    probabilities = np.array([[0.75, 0.25]] * 4)
    assert expected_calibration_error([0, 0, 0, 1], probabilities) == pytest.approx(0)
    assert measure([0], [0], 2).calibration_error is None


def test_guessing_by_share_is_right_when_two_draws_agree() -> None:
    assert expected_accuracy_of_guessing([0, 0, 0, 1]) == pytest.approx(9 / 16 + 1 / 16)
    assert expected_accuracy_of_guessing([2, 0, 1]) == pytest.approx(1 / 3)
