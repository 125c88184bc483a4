import math

import pytest

from synth_builder.scoring.statistics.wilson import wilson_interval


def test_nine_of_ten_by_hand() -> None:
    # z^2 = 3.8415: centre 0.9 + 0.19207, reach 1.95996 * sqrt(0.009 + 0.0096036) = 0.26733, both over 1.38415.
    assert wilson_interval(9, 10) == pytest.approx((0.59585, 0.98212), abs=1e-5)


def test_half_of_the_rows_give_an_interval_around_a_half() -> None:
    # With p = 1/2 the formula is 1/2 -+ z / (2 * sqrt(n + z^2)); n = 100: 1.95996 / (2 * sqrt(103.8415)) = 0.09617.
    assert wilson_interval(50, 100) == pytest.approx((0.5 - 0.09617, 0.5 + 0.09617), abs=1e-5)


def test_none_and_all_stay_between_0_and_1_and_have_a_width() -> None:
    # With p = 0 the ends are 0 and z^2 / (n + z^2): 3.84146 / 23.84146 for twenty rows.
    low, high = wilson_interval(0, 20)
    assert low == 0 and high == pytest.approx(3.84146 / 23.84146, abs=1e-5)
    assert wilson_interval(20, 20) == pytest.approx((1 - high, 1.0))
    assert all(0 <= end <= 1 and math.isfinite(end) for rows in (1, 2, 7) for end in wilson_interval(rows, rows))
