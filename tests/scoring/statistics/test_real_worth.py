import pytest

pytest.importorskip("numpy")
pytest.importorskip("sklearn")

from synth_builder.scoring.results.real_worth import RealWorth
from synth_builder.scoring.statistics.real_worth import real_worth


def right_on(rows: int, of: int = 20) -> list[int]:
    """Predictions that are right on so many rows, all of whose labels are 1."""
    return [1] * rows + [0] * (of - rows)


def worth(variant: int, real: dict[int, int], of: int = 20) -> RealWorth:
    return real_worth([1] * of, [right_on(variant, of)], {size: [right_on(rows, of)] for size, rows in real.items()})


def test_between_two_sizes_the_curve_is_straight_over_the_logarithm() -> None:
    # Half way between 12 and 16 right answers: the geometric mean of 100 and 400.
    assert worth(14, {100: 12, 400: 16}).rows == 200


def test_what_a_size_reaches_is_worth_that_size() -> None:
    assert worth(12, {100: 12, 400: 16}).rows == 100
    assert worth(16, {100: 12, 400: 16}).rows == 400


def test_a_curve_that_falls_is_made_monotone() -> None:
    # 12 and 10 become 11 and 11: the smallest size that reaches 11 is the first.
    assert worth(11, {100: 12, 200: 10, 400: 16}).rows == 100


def test_nothing_is_told_beyond_what_was_tried() -> None:
    below, above = worth(8, {100: 12, 400: 16}), worth(19, {100: 12, 400: 16})
    assert (below.rows, below.more_than_largest) == (None, False)
    assert (above.rows, above.more_than_largest) == (None, True)
    assert str(below).startswith("fewer than 100")
    assert str(above).startswith("more than 400")


def test_an_interval_that_lies_beyond_as_a_whole_is_not_said_twice() -> None:
    assert str(worth(20, {100: 0, 400: 0})) == "more than 400"
    assert str(worth(0, {100: 20, 400: 20})) == "fewer than 100"


def test_the_interval_is_around_the_estimate_and_narrower_with_more_rows() -> None:
    few, many = worth(14, {25: 8, 100: 12, 400: 16}), worth(1400, {25: 800, 100: 1200, 400: 1600}, of=2_000)
    assert few.rows == many.rows == 200
    assert many.low is not None and many.high is not None
    assert 100 < many.low < 200 < many.high < 400
    assert few.low is None or few.low < many.low
    assert few.high is None or few.high > many.high
    assert str(many) == f"about 200 (95 % interval {many.low} to {many.high})"


def test_seeds_that_disagree_widen_the_interval() -> None:
    labels = [1] * 2_000
    real = {100: [right_on(1_200, 2_000)] * 3, 400: [right_on(1_600, 2_000)] * 3}
    alike = real_worth(labels, [right_on(1_400, 2_000)] * 3, real)
    apart = real_worth(labels, [right_on(rows, 2_000) for rows in (1_300, 1_400, 1_500)], real)
    assert alike.rows == apart.rows == 200
    assert alike.low and alike.high and apart.low and apart.high
    assert apart.low < alike.low < alike.high < apart.high


def test_one_size_only_tells_on_which_side_of_it() -> None:
    assert str(worth(2, {100: 18})) == "fewer than 100"
    # Right on other rows than the real ones' classifier: which of them are drawn decides.
    unsure = real_worth([1] * 20, [[0] * 9 + [1] * 11], {100: [right_on(10)]})
    assert (unsure.low, unsure.high) == (None, None)
    assert str(unsure) == "more than 100 (not decided: the 95 % interval goes from fewer than 100 to more than 100)"


def test_equal_accuracies_are_equal_however_they_were_averaged() -> None:
    # All classifiers answer alike, so the whole curve is one plateau, and its first size reaches it.
    answers = right_on(7, 10)
    for sizes in ((100, 200, 400), (25, 50, 100, 200, 400)):
        found = real_worth([1] * 10, [answers], {size: [answers] for size in sizes})
        assert (found.rows, found.low, found.high) == (sizes[0], sizes[0], sizes[0])
    # 0.9 and 0.8 become 0.85 twice, and 0.85 is reached by the first.
    assert worth(17, {100: 18, 1000: 16}).rows == 100
