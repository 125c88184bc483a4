import random

import pytest

pytest.importorskip("scipy")

from synth_builder.errors import ScoringError
from synth_builder.scoring.statistics.significance import (
    Interval,
    McNemar,
    SeedTest,
    compare_predictions,
    majority_prediction,
    mcnemar,
    paired_bootstrap,
    seed_test,
)


def right_on(*rows: int, of: int) -> list[int]:
    """Predictions that are 1, the right answer everywhere, on these rows and 0 on the others."""
    return [int(row in rows) for row in range(of)]


def ones(count: int) -> list[int]:
    return [1] * count


def test_the_majority_of_the_seeds_and_the_earliest_where_they_are_divided() -> None:
    assert majority_prediction([[0, 0, 2], [1, 0, 1], [1, 1, 0]]) == [1, 0, 2]
    assert majority_prediction([[1, 0], [0, 1]]) == [1, 0]
    assert majority_prediction([[2, 1]]) == [2, 1]


def test_mcnemar_by_hand() -> None:
    # b = 1, c = 5: 2 * (C(6,0) + C(6,1)) / 2**6 = 2 * 7 / 64.
    found = mcnemar(ones(8), right_on(0, 6, of=8), right_on(1, 2, 3, 4, 5, 6, of=8))
    assert (found.only_baseline, found.only_candidate) == (1, 5)
    assert found.p_value == pytest.approx(14 / 64)
    # b = 0, c = 6: 2 / 64; rows on which both are right or both are wrong count for nothing.
    assert mcnemar(ones(8), right_on(of=8), right_on(0, 1, 2, 3, 4, 5, of=8)).p_value == pytest.approx(2 / 64)
    # b = c: as even as can be.
    assert mcnemar(ones(4), right_on(0, 1, of=4), right_on(2, 3, of=4)).p_value == 1.0


def test_mcnemar_of_classifiers_that_are_right_on_the_same_rows_is_one() -> None:
    # Different wrong answers are no difference.
    assert mcnemar([2, 2], [0, 2], [1, 2]) == McNemar(0, 0, 1.0)


def test_mcnemar_is_exact_for_many_rows_too() -> None:
    # b = 600, c = 400: z = 6.3, so about 3e-10; chi-square with its correction would be 3.1e-10.
    found = mcnemar(ones(1000), right_on(*range(600), of=1000), right_on(*range(600, 1000), of=1000))
    assert found.p_value == pytest.approx(2.7e-10, rel=0.1)


def test_the_bootstrap_by_hand_on_two_rows() -> None:
    # d = (1, 0): the mean of two draws is 0, 1/2 or 1 with 1/4, 1/2, 1/4, so 2.5 % and 97.5 % are the ends, and with a
    # confidence of 0.4 (30 % to 70 %) both are the middle.
    found = paired_bootstrap([1, 1], [[0, 0]], [[1, 0]])
    assert (found.difference, found.low, found.high) == (0.5, 0.0, 1.0)
    # A quarter of the draws is 0, none is below: twice a quarter.
    assert found.p_value == pytest.approx(0.5, abs=0.02)
    narrow = paired_bootstrap([1, 1], [[0, 0]], [[1, 0]], confidence=0.4)
    assert (narrow.low, narrow.high) == (0.5, 0.5)


def test_the_bootstrap_averages_the_seeds_also_of_different_numbers() -> None:
    # Right: the baseline in 1 of 2 runs on the first row, the candidate in 2 of 3 runs on both rows.
    found = paired_bootstrap([1, 1], [[1, 0], [0, 0]], [[1, 1], [1, 0], [0, 1]])
    assert found.difference == pytest.approx((2 / 3 - 1 / 2 + 2 / 3) / 2)
    assert [found.low, found.high] == pytest.approx([1 / 6, 2 / 3])


def test_the_bootstrap_of_equal_answers_is_nothing_at_all() -> None:
    assert paired_bootstrap([1, 0, 1], [[1, 1, 1]], [[1, 1, 1]]) == Interval(0.0, 0.0, 0.0, 1.0)


def test_the_bootstrap_is_that_of_scipy() -> None:
    import numpy
    from scipy import stats

    draw = random.Random(1)
    baseline = [[int(draw.random() < 0.7) for _ in range(300)] for _ in range(3)]
    candidate = [[int(draw.random() < 0.75) for _ in range(300)] for _ in range(3)]
    values = numpy.mean(candidate, axis=0) - numpy.mean(baseline, axis=0)
    theirs = stats.bootstrap((values,), numpy.mean, method="percentile", n_resamples=9999).confidence_interval
    ours = paired_bootstrap(ones(300), baseline, candidate)
    assert ours.difference == pytest.approx(values.mean())
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.004)


def test_equal_seeds_give_equal_intervals() -> None:
    baseline, candidate = [right_on(*range(50), of=100)], [right_on(*range(40, 98), of=100)]
    assert paired_bootstrap(ones(100), baseline, candidate) == paired_bootstrap(ones(100), baseline, candidate)
    few = [paired_bootstrap(ones(100), baseline, candidate, resamples=7, seed=seed) for seed in (0, 1)]
    assert few[0] != few[1]


def test_welchs_test_over_the_seeds_by_hand() -> None:
    # Means 1 and 4, variances 2 of 2 each: an error of sqrt(2 / 2 + 2 / 2), and t = 3 / sqrt(2) with
    # (1 + 1)**2 / (1 + 1) = 2 degrees of freedom, for which p = 1 - t / sqrt(t**2 + 2).
    found = seed_test([0.0, 2.0], [3.0, 5.0])
    assert found is not None
    assert found.error == pytest.approx(2**0.5)
    assert found.p_value == pytest.approx(1 - (3 / 2**0.5) / 6.5**0.5)


def test_trainings_that_do_not_vary_and_single_ones() -> None:
    assert seed_test([0.5, 0.5], [0.5, 0.5]) == SeedTest(0.0, 1.0)
    assert seed_test([0.5, 0.5], [0.6, 0.6]) == SeedTest(0.0, 0.0)
    assert seed_test([0.7], [0.8, 1.0]) is None


def test_welchs_test_is_that_of_scipy() -> None:
    from scipy import stats

    one, other = [0.71, 0.74, 0.69], [0.75, 0.78, 0.77, 0.74]
    found = seed_test(one, other)
    assert found is not None
    assert found.p_value == pytest.approx(stats.ttest_ind(other, one, equal_var=False).pvalue)


def test_a_candidate_that_is_right_far_more_often_is_better_and_the_other_way_round_worse() -> None:
    low = [right_on(*range(50), of=100), right_on(*range(1, 51), of=100)]
    high = [right_on(*range(80), of=100), right_on(*range(1, 81), of=100)]
    found = compare_predictions(ones(100), low, high)
    assert (found.verdict, found.baseline, found.candidate) == ("better", 0.5, 0.8)
    assert found.basis.startswith("the bootstrap interval lies above 0, and McNemar's test agrees (p < 0.001)")
    assert found.basis.endswith("as does Welch's test over the seeds (p < 0.001)")
    assert found.interval.low > 0.2
    assert compare_predictions(ones(100), high, low).verdict == "worse"


def test_a_small_difference_is_within_noise() -> None:
    found = compare_predictions(ones(100), [right_on(*range(50), of=100)], [right_on(*range(48, 100), of=100)])
    assert found.verdict == "within noise"
    assert found.basis == "the bootstrap interval holds 0, and McNemar's test agrees (p = 0.920)"


def test_one_seed_says_nothing_of_others() -> None:
    found = compare_predictions(ones(100), [right_on(*range(50), of=100)], [right_on(*range(80), of=100)])
    assert (found.verdict, found.seeds) == ("better", None)
    assert "with a single seed, it is not known what other seeds would do" in found.basis


def test_checks_that_disagree_are_told_and_count_as_noise() -> None:
    # Three rows, all of them better: no resample can say otherwise, yet three coins show the same side one time in
    # four.
    found = compare_predictions([1, 1, 1], [[0, 0, 0]], [[1, 1, 1]])
    assert found.interval == Interval(1.0, 1.0, 1.0, 2 / 10_001)
    assert found.p_value == 0.25  # the greatest of the checks'
    assert found.verdict == "within noise"
    assert "by the bootstrap interval it is better" in found.basis
    assert "McNemar's test on the majority of the seeds (p = 0.250) within noise" in found.basis


def test_a_difference_that_other_seeds_would_undo_is_within_noise() -> None:
    # The candidate's seeds reach 0.5 and 0.9, the baseline's 0.5: 0.2 more, with a standard error of 0.2.
    low = [right_on(*range(50), of=100)] * 2
    found = compare_predictions(ones(100), low, [right_on(*range(90), of=100), right_on(*range(50), of=100)])
    assert found.seeds is not None and found.seeds.error == pytest.approx(0.2)
    # t = 1 with one degree of freedom, a Cauchy distribution: half of it lies beyond.
    assert found.seeds.p_value == pytest.approx(0.5)
    assert (found.verdict, found.interval.low > 0) == ("within noise", True)
    assert "but other seeds may undo it (Welch's test over the seeds: p = 0.500)" in found.basis


def test_predictions_of_other_rows_are_refused() -> None:
    with pytest.raises(ScoringError, match="there are 2 labels, and runs of 2, 3 predictions"):
        compare_predictions([1, 1], [[1, 1]], [[1, 1, 0]])
    with pytest.raises(ScoringError, match="there are 0 labels, and runs of none predictions"):
        compare_predictions([], [], [])
