import pytest

from synth_builder.studies.findings.rank_correlation import rank_correlation

pytest.importorskip("scipy")


def test_rho_of_four_ranks_worked_out_by_hand() -> None:
    # Ranks 1 2 3 4 against 2 1 4 3: rho = 1 - 6 * 4 / (4 * 15) = 0.6. Of the 24 orders, the sum of the squared
    # differences is 4 or less, or 16 or more, in 10 (1 with 0, 3 with 2, 1 with 4, and as many on the other side).
    found = rank_correlation([0.1, 0.2, 0.3, 0.4], [20, 10, 40, 30])
    assert found.rho == pytest.approx(0.6)
    assert found.p_value == pytest.approx(10 / 24)


def test_four_tasks_can_not_decide_and_five_can() -> None:
    four, five = rank_correlation(range(4), range(4)), rank_correlation(range(5), range(5))
    assert four.p_value == pytest.approx(2 / 24) and four.answer == "not decided"
    assert five.p_value == pytest.approx(2 / 120) and five.answer == "yes"
    assert rank_correlation(range(5), range(5, 0, -1)).answer == "no"


def test_equal_values_share_their_mean_rank() -> None:
    # Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: 4.5 / sqrt(4.5 * 5).
    assert rank_correlation([1, 5, 5, 9], [1, 2, 3, 4]).rho == pytest.approx(4.5 / (4.5 * 5) ** 0.5)


def test_where_one_side_does_not_vary_there_is_no_correlation() -> None:
    found = rank_correlation([1, 1, 1, 1, 1], [1, 2, 3, 4, 5])
    assert (found.rho, found.answer) == (None, "not decided") and "no rank correlation" in str(found)


def test_many_tasks_are_shuffled_at_random_and_always_in_the_same_way() -> None:
    # 9,999 random orders of 9; only one in 9! / 2 is as extreme as this one.
    found = rank_correlation(range(9), range(9))
    assert found == rank_correlation(range(9), range(9))
    assert found.p_value is not None and 1 / 10_000 <= found.p_value < 0.001 and found.answer == "yes"
