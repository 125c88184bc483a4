import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("sklearn")

from sklearn.metrics import f1_score  # noqa: E402

from synth_builder.scoring.statistics.intervals import accuracy_interval, bootstrap_intervals  # noqa: E402
from synth_builder.scoring.statistics.resamples import Resamples, interval, seed_weights  # noqa: E402


def test_two_rows_of_which_one_is_right_give_0_a_half_and_1_with_a_quarter_a_half_and_a_quarter() -> None:
    accuracies = Resamples([1, 1], [[1, 0]], resamples=20_000).accuracies()[:, 0]
    assert [np.mean(accuracies == value) for value in (0, 0.5, 1)] == pytest.approx([0.25, 0.5, 0.25], abs=0.01)


def test_the_same_rows_are_drawn_for_all_runs() -> None:
    first, second = Resamples([1, 1, 0], [[1, 0, 0], [0, 1, 1]]).accuracies().T
    # The second run is right where the first one is wrong.
    assert first + second == pytest.approx(np.ones(2_000))


def test_macro_f1_of_each_resample_is_that_of_sklearn() -> None:
    labels, run = [0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 2, 2]
    drawn = Resamples(labels, [run], resamples=50)
    patterns = list(dict.fromkeys(zip(labels, run, strict=True)))
    (counts,) = drawn._drawn()
    for times, found in zip(counts.astype(int), drawn.macro_f1s()[:, 0], strict=True):
        rows = [pattern for pattern, count in zip(patterns, times, strict=True) for _ in range(count)]
        right, answered = zip(*rows, strict=True)
        expected = f1_score(right, answered, labels=sorted(set(right)), average="macro", zero_division=0)
        assert found == pytest.approx(expected)


def test_a_label_that_only_classifiers_know_has_no_f1_of_its_own() -> None:
    # Label 1 is never right: the macro mean is over label 0 alone, with F1 = 2 * 1 / (2 + 1).
    assert Resamples([0, 0], [[0, 1]], resamples=200).macro_f1s().max() == 1
    only = Resamples([0, 0, 0, 0], [[0, 1, 1, 1]], resamples=4_000).macro_f1s()[:, 0]
    assert set(np.round(only, 6)) <= {0, round(2 / 5, 6), round(4 / 6, 6), round(6 / 7, 6), 1}


def test_many_different_rows_are_drawn_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    labels, run = [0, 1] * 20, [0] * 10 + [1] * 30
    whole = Resamples(labels, [run], resamples=100).accuracies()
    monkeypatch.setattr("synth_builder.scoring.statistics.resamples.MOST_CELLS", 40)
    assert Resamples(labels, [run], resamples=100).accuracies().tolist() == whole.tolist()


def test_the_mean_over_drawn_seeds_has_the_variance_of_a_mean() -> None:
    weights = seed_weights(50_000, 3, np.random.default_rng(0))
    assert weights.sum(axis=1) == pytest.approx(np.ones(50_000))
    # Values 0, 1, 2 have the sample variance 1, so their mean has 1/3.
    assert np.var(weights @ [0, 1, 2]) == pytest.approx(1 / 3, rel=0.03)


def test_a_single_seed_counts_as_it_is() -> None:
    assert seed_weights(4, 1, np.random.default_rng(0)).tolist() == [[1]] * 4


def test_an_interval_leaves_out_as_much_on_either_side() -> None:
    assert interval(np.arange(1_000), confidence=0.9) == (49, 949)
    assert interval(np.array([-np.inf, 1, 2, np.inf]), confidence=0.5) == (-np.inf, 2)


def test_intervals_hold_the_chance_of_rows_and_of_seeds() -> None:
    labels = [1] * 400
    alike, other = [1] * 200 + [0] * 200, [1] * 240 + [0] * 160
    one = bootstrap_intervals(labels, [alike])
    # Standard error of a share of 1/2 over 400 rows: 0.025; 1.96 of them.
    assert one.accuracy == pytest.approx((0.451, 0.549), abs=0.005)
    both = bootstrap_intervals(labels, [alike, other, alike])
    assert both.accuracy[1] - both.accuracy[0] > one.accuracy[1] - one.accuracy[0]
    assert bootstrap_intervals(labels, [labels, labels]).macro_f1 == (1, 1)


def test_the_interval_of_the_accuracy_alone_is_the_same() -> None:
    labels, runs = [0, 0, 0, 1, 1, 2], [[0, 0, 1, 1, 2, 2], [0, 1, 1, 1, 1, 2]]
    both = bootstrap_intervals(labels, runs, seed=3).accuracy
    assert accuracy_interval(labels, runs, seed=3) == both
    assert both[0] < both[1]
