import pytest

from synth_builder.studies.findings.verdicts import VerdictCounts, decided_by_differences, differences_of
from tests.studies.findings.parts import SIX, about, difference, with_differences


@pytest.mark.parametrize(
    ("counts", "better", "worse"),
    [
        (VerdictCounts(2, 0, 1), "yes", "no"),
        (VerdictCounts(0, 2, 1), "no", "yes"),
        (VerdictCounts(1, 0, 1), *["not decided"] * 2),  # half is not more than half
        (VerdictCounts(3, 1, 0), *["not decided"] * 2),  # one speaks against it
        (VerdictCounts(0, 0, 0), *["not decided"] * 2),
    ],
)
def test_a_single_task_is_decided_by_the_majority_that_nothing_speaks_against(
    counts: VerdictCounts, better: str, worse: str
) -> None:
    assert (counts.answer(), counts.answer("worse")) == (better, worse)


def test_only_the_first_classifier_is_asked() -> None:
    other = difference("a", 0.5, classifier="tfidf")
    results = with_differences([difference("a", 0.1), other])
    assert [each.difference for each in differences_of(results, "gain")] == [0.1]
    assert differences_of(results, "alone") == []


def test_tasks_are_the_units_and_counts_are_told_beside() -> None:
    # Task a has three variants at -0.1, the others one at +0.1: over variants half, over tasks 5 of 6 are positive.
    many = [difference("a", -0.1, verdict="worse", variant=str(number)) for number in range(5)]
    rest = [difference(task, 0.1, verdict="better") for task in SIX[1:]]
    found = decided_by_differences(with_differences([*many, *rest]), [*many, *rest], "better", "Gain")
    assert found.numbers["difference, mean"] == pytest.approx(0.4 / 6)
    assert (found.numbers["better"], found.numbers["worse"], found.numbers["difference, tasks"]) == (5, 5, 6)
    assert (
        "Better in 5 of 10, worse in 5, within noise in 0, after Holm's correction over 10 comparisons."
        in found.because
    )


def test_of_several_tasks_the_interval_decides_and_not_the_verdicts() -> None:
    # Each is within noise, but all six tasks are near 1 point: 0.01 -+ 2.5706 * 0.00187 / sqrt(6).
    quiet = [difference(task, about(task, 0.01)) for task in SIX]
    assert decided_by_differences(with_differences(quiet), quiet, "better", "Gain").answer == "yes"
    assert decided_by_differences(with_differences(quiet), quiet, "worse", "Gain").answer == "no"
    equal = [difference(task, 0.01) for task in SIX]
    found = decided_by_differences(with_differences(equal), equal, "better", "Gain")
    assert found.answer == "not decided"
    assert found.because.startswith(
        "Gain: +1.0 points (the same number in all 6 tasks, so there is no interval). Better in 0"
    )
    one = [difference("a", 0.01, verdict="better")]
    assert decided_by_differences(with_differences(one), one, "better", "Gain").answer == "yes"
    assert decided_by_differences(with_differences(quiet), quiet[:1], "better", "Gain").answer == "not decided"
