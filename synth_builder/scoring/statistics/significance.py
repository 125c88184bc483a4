"""
Is one classifier better than another on the same test rows, or is it chance?

Two kinds of chance are looked at. Which test rows there are: McNemar's test and a paired bootstrap. Which seeds there
were: Welch's test over the trainings.
"""

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from synth_builder.errors import ScoringError
from synth_builder.extras import require

Verdict = Literal["better", "worse", "within noise"]

LEVEL = 0.05
"""A smaller p-value counts as a difference; the intervals hold with a confidence of 1 - LEVEL."""
RESAMPLES = 10_000


@dataclass(frozen=True)
class McNemar:
    """
    McNemar's test on paired answers.

    Args:
        only_baseline (`int`):
            Test rows that only the baseline gets right.
        only_candidate (`int`):
            Test rows that only the candidate gets right.
        p_value (`float`):
            Two-sided: how probable so uneven a split is, or a more uneven one, when both are equally good.
    """

    only_baseline: int
    only_candidate: int
    p_value: float


@dataclass(frozen=True)
class Interval:
    """
    A difference of accuracies, candidate minus baseline.

    Args:
        difference (`float`):
            On the test rows as they are.
        low, high (`float`):
            Ends of its confidence interval.
        p_value (`float`):
            Two-sided: twice the share of the resamples on the rarer side of 0, which itself counts to both.
    """

    difference: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True)
class SeedTest:
    """
    Welch's test on the accuracies of two groups of trainings.

    Args:
        error (`float`):
            Standard error of the difference of their means.
        p_value (`float`):
            Two-sided: how probable so large a difference is when both have the same mean.
    """

    error: float
    p_value: float


@dataclass(frozen=True)
class PairedComparison:
    """
    Whether a candidate is better than a baseline on the same test rows.

    Args:
        rows (`int`):
            Test rows.
        baseline, candidate (`float`):
            Accuracies, averaged over the seeds.
        interval (`Interval`):
            95 % interval of their difference, by `paired_bootstrap`.
        mcnemar (`McNemar`):
            On the majority answers of the seeds.
        seeds (`SeedTest`, *optional*):
            On the accuracies of the seeds; `None` with a single seed on either side.
        verdict (`"better"`, `"worse"` or `"within noise"`):
            Of the candidate. `better` and `worse` only when no check speaks against it.
        basis (`str`):
            What the verdict rests on, in words; it says where the checks disagree.
        p_value (`float`):
            The greatest of the checks' p-values. A difference counts only where every check says so, so that is the
            p-value of the verdict (an intersection-union test; Berger 1982, Technometrics 24), and what a correction
            for many comparisons takes.
    """

    rows: int
    baseline: float
    candidate: float
    interval: Interval
    mcnemar: McNemar
    seeds: SeedTest | None
    verdict: Verdict
    basis: str
    p_value: float


def majority_prediction(runs: Sequence[Sequence[int]]) -> list[int]:
    """
    The answer that most of several classifiers give to each test row; of answers that are given equally often, the one
    of the earliest classifier.

    Args:
        runs (`Sequence[Sequence[int]]`):
            Predictions of each classifier, row by row.
    """
    return [Counter(answers).most_common(1)[0][0] for answers in zip(*runs, strict=True)]


def mcnemar(labels: Sequence[int], baseline: Sequence[int], candidate: Sequence[int]) -> McNemar:
    """
    McNemar's test (Psychometrika 12, 1947) whether two classifiers are equally often right, in its exact form.

    With `b` rows that only the baseline gets right and `c` that only the candidate does, each of the `b + c` is a fair
    coin if both are equally good, so `p = min(1, 2 * P(X <= min(b, c)))` for `X ~ Binomial(b + c, 1/2)`. The form with
    chi-square approximates this for many rows, and nothing is gained by it: the exact one is quick for any number.
    Dietterich (Neural Computation 10, 1998) recommends the test where a classifier is trained once.

    Args:
        labels (`Sequence[int]`):
            Right label of each test row.
        baseline (`Sequence[int]`):
            Labels that the one predicts, in the same order.
        candidate (`Sequence[int]`):
            Labels that the other predicts.

    Returns:
        `McNemar`: With a p-value of 1 when they are right and wrong on the same rows.

    Raises:
        MissingExtraError: scipy is not installed.
    """
    stats = require("scipy.stats", extra="score")
    pairs = Counter(
        (first == label, second == label) for label, first, second in zip(labels, baseline, candidate, strict=True)
    )
    only_baseline, only_candidate = pairs[True, False], pairs[False, True]
    differing = only_baseline + only_candidate
    p_value = float(stats.binomtest(only_baseline, differing, 0.5).pvalue) if differing else 1.0
    return McNemar(only_baseline, only_candidate, p_value)


def paired_bootstrap(
    labels: Sequence[int],
    baseline: Sequence[Sequence[int]],
    candidate: Sequence[Sequence[int]],
    *,
    confidence: float = 1 - LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """
    Percentile interval of the difference of two mean accuracies by a paired bootstrap over the test rows (Efron and
    Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13; Koehn, EMNLP 2004, for paired systems).

    Row `i` has the value `d_i`: the share of the candidate's runs that are right on it minus the share of the
    baseline's, and the difference is the mean of `d`. Test rows are drawn anew with replacement, both sides together.
    As `d` has few different values, each resample is one multinomial draw of how often each of them comes: the same
    distribution as drawing row by row, and quick for any number of rows.

    Args:
        labels (`Sequence[int]`):
            Right label of each test row; at least one.
        baseline (`Sequence[Sequence[int]]`):
            Predictions of each run of the one; at least one run.
        candidate (`Sequence[Sequence[int]]`):
            Those of the other; not necessarily as many runs.
        confidence (`float`, defaults to 0.95):
            Share of the resamples that lie within the interval.
        resamples (`int`, defaults to 10,000):
            How many.
        seed (`int`, defaults to 0):
            Of the draws.
    """
    import numpy

    # In whole numbers, so that equal rows have equal values.
    values = [
        sum(run[row] == label for run in candidate) * len(baseline)
        - sum(run[row] == label for run in baseline) * len(candidate)
        for row, label in enumerate(labels)
    ]
    counts = Counter(values)
    different = sorted(counts)
    scale = len(labels) * len(baseline) * len(candidate)
    shares = [counts[value] / len(labels) for value in different]
    drawn = numpy.random.default_rng(seed).multinomial(len(labels), shares, size=resamples)
    means = drawn @ numpy.asarray(different) / scale
    tail = (1 - confidence) / 2
    low, high = numpy.quantile(means, [tail, 1 - tail]).tolist()
    # The observed rows count as one more resample, so that no p-value is 0 (Davison and Hinkley 1997, section 4.2).
    rarer = min(int((means <= 0).sum()), int((means >= 0).sum()))
    return Interval(sum(values) / scale, low, high, min(1.0, 2 * (rarer + 1) / (resamples + 1)))


def seed_test(baseline: Sequence[float], candidate: Sequence[float]) -> SeedTest | None:
    """
    Welch's t-test (Biometrika 34, 1947) whether two groups of trainings have the same mean accuracy: the difference of
    the means is divided by its standard error, `sqrt(s1**2 / n1 + s2**2 / n2)` with the sample standard deviations `s`
    of `n` trainings each, and the degrees of freedom are those of Satterthwaite. Three trainings on either side have
    to differ by 2.8 standard errors or more.

    Args:
        baseline (`Sequence[float]`):
            Accuracy of each training of the one.
        candidate (`Sequence[float]`):
            Accuracy of each training of the other.

    Returns:
        `SeedTest`: Or `None` when there is a single training on either side, which tells nothing of others. Trainings
        that do not vary at all have a p-value of 0, or of 1 when they are all the same.

    Raises:
        MissingExtraError: scipy is not installed.
    """
    stats = require("scipy.stats", extra="score")
    if min(len(baseline), len(candidate)) < 2:
        return None
    parts = [(statistics.variance(values) / len(values), len(values) - 1) for values in (baseline, candidate)]
    squared = sum(part for part, _ in parts)
    difference = abs(statistics.fmean(candidate) - statistics.fmean(baseline))
    if squared == 0:
        return SeedTest(0.0, 0.0 if difference else 1.0)
    freedom = squared**2 / sum(part**2 / degrees for part, degrees in parts)
    return SeedTest(math.sqrt(squared), float(2 * stats.t.sf(difference / math.sqrt(squared), freedom)))


def compare_predictions(
    labels: Sequence[int],
    baseline: Sequence[Sequence[int]],
    candidate: Sequence[Sequence[int]],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> PairedComparison:
    """
    Say whether a candidate is better than a baseline, or whether the difference is within noise.

    It is `better` (or `worse`) when three checks say so together: the 95 % interval of the difference lies on one side
    of 0 (`paired_bootstrap`, seeds averaged), the majority answers of the seeds differ (`mcnemar`, p < 0.05), and so
    do the accuracies of the seeds (`seed_test`, p < 0.05). Otherwise it is within noise. With one seed, the third
    check is left out, and the basis says so.

    Args:
        labels (`Sequence[int]`):
            Right label of each test row.
        baseline (`Sequence[Sequence[int]]`):
            Predictions of each run of the one; one run per seed.
        candidate (`Sequence[Sequence[int]]`):
            Those of the other.
        seed (`int`, defaults to 0):
            Of the bootstrap.
        resamples (`int`, defaults to 10,000):
            Draws of the bootstrap. No p-value is below `2 / (resamples + 1)`, which a correction over a large family
            has to leave room for.

    Raises:
        ScoringError: There are no test rows, no runs, or runs of another number of rows.
        MissingExtraError: scipy is not installed.
    """
    runs = [*baseline, *candidate]
    if not labels or not baseline or not candidate or any(len(run) != len(labels) for run in runs):
        raise ScoringError(
            f"Two classifiers can be compared on the same test rows only; there are {len(labels)} labels, and runs of "
            f"{', '.join(str(len(run)) for run in runs) or 'none'} predictions."
        )
    interval = paired_bootstrap(labels, baseline, candidate, seed=seed, resamples=resamples)
    test = mcnemar(labels, majority_prediction(baseline), majority_prediction(candidate))
    seeds = seed_test(_accuracies(labels, baseline), _accuracies(labels, candidate))
    verdict, basis = _verdict(interval, test, seeds)
    return PairedComparison(
        rows=len(labels),
        baseline=statistics.fmean(_accuracies(labels, baseline)),
        candidate=statistics.fmean(_accuracies(labels, candidate)),
        interval=interval,
        mcnemar=test,
        seeds=seeds,
        verdict=verdict,
        basis=basis,
        p_value=max(interval.p_value, test.p_value, seeds.p_value if seeds is not None else 0.0),
    )


def _accuracies(labels: Sequence[int], runs: Sequence[Sequence[int]]) -> list[float]:
    return [sum(map(int.__eq__, labels, run)) / len(labels) for run in runs]


def _verdict(interval: Interval, test: McNemar, seeds: SeedTest | None) -> tuple[Verdict, str]:
    by_interval: Verdict = "better" if interval.low > 0 else "worse" if interval.high < 0 else "within noise"
    more = test.only_candidate > test.only_baseline
    by_test: Verdict = "within noise" if test.p_value >= LEVEL else "better" if more else "worse"
    p = _p(test.p_value)
    if by_interval != by_test:
        return (
            "within noise",
            f"the checks disagree, so it counts as within noise: by the bootstrap interval it is {by_interval}, by "
            f"McNemar's test on the majority of the seeds ({p}) {by_test}",
        )
    if by_interval == "within noise":
        return "within noise", f"the bootstrap interval holds 0, and McNemar's test agrees ({p})"
    side = "above" if by_interval == "better" else "below"
    agreed = f"the bootstrap interval lies {side} 0, and McNemar's test agrees ({p})"
    if seeds is None:
        return by_interval, f"{agreed}; with a single seed, it is not known what other seeds would do"
    if seeds.p_value >= LEVEL:
        return (
            "within noise",
            f"{agreed}, but other seeds may undo it (Welch's test over the seeds: {_p(seeds.p_value)}), so it counts "
            "as within noise; train with more seeds",
        )
    return by_interval, f"{agreed}, as does Welch's test over the seeds ({_p(seeds.p_value)})"


def _p(value: float) -> str:
    return f"p = {value:.3f}" if value >= 0.001 else "p < 0.001"
