"""Mixing, alone, shrinking gain and more rows: what is decided by paired differences."""

import pytest

from synth_builder.studies.findings.alone import alone
from synth_builder.studies.findings.mixing import mixing
from synth_builder.studies.findings.more_rows import more_rows
from synth_builder.studies.findings.shrinking_gain import shrinking_gain
from tests.studies.findings.parts import SIX, about, difference, with_differences


@pytest.mark.parametrize(("gain", "answer"), [(0.05, "yes"), (-0.05, "no"), (0.0, "not decided")])
def test_mixing_is_asked_at_the_fewest_and_at_the_most_real_rows(gain: float, answer: str) -> None:
    at = [
        difference(task, about(task, gain if rows == 100 else 0.0), real_rows=rows)
        for task in SIX
        for rows in (100, 300, 1000)
    ]
    fewest, most = mixing(with_differences(at))
    assert (fewest.key, most.key) == ("mixing_fewest", "mixing_most")
    assert (fewest.answer, most.answer) == (answer, "not decided")
    assert fewest.numbers["real rows"] == 100 and most.numbers["real rows"] == 1000
    assert "100 real rows" in fewest.question and "1,000 real rows" in most.question


def test_with_one_number_of_real_rows_mixing_is_asked_once() -> None:
    assert [each.key for each in mixing(with_differences([difference("a", 0.1)]))] == ["mixing_fewest"]
    assert mixing(with_differences([])) == ()


@pytest.mark.parametrize(("found", "answer"), [(-0.05, "yes"), (0.05, "no"), (0.0, "not decided")])
def test_alone_is_asked_at_each_size_and_worse_means_yes(found: float, answer: str) -> None:
    at = [difference(task, about(task, found), "alone", rows) for task in SIX for rows in (100, 300, 1000)]
    assert [(each.key, each.answer) for each in alone(with_differences(at))] == [
        ("alone_100", answer),
        ("alone_300", answer),
        ("alone_1000", answer),
    ]
    assert alone(with_differences([])) == ()


@pytest.mark.parametrize(
    ("few", "many", "answer"), [(0.05, 0.01, "yes"), (0.01, 0.05, "no"), (0.02, 0.02, "not decided")]
)
def test_a_gain_shrinks_where_it_is_larger_with_few_rows(few: float, many: float, answer: str) -> None:
    at = [difference(task, about(task, few), real_rows=100) for task in SIX]
    at += [difference(task, many, real_rows=1000) for task in SIX]
    (found,) = shrinking_gain(with_differences(at))
    assert found.answer == answer
    assert found.numbers["gain at the fewest"] == pytest.approx(few)
    assert found.numbers["shrinks by, mean"] == pytest.approx(few - many)


@pytest.mark.parametrize(
    ("few", "many", "answer"), [(0.05, 0.01, "yes"), (0.01, 0.05, "no"), (0.03, 0.02, "not decided")]
)
def test_of_one_task_a_gain_shrinks_where_the_intervals_lie_apart(few: float, many: float, answer: str) -> None:
    # The intervals reach a point to each side: 3 and 2 points overlap, 5 and 1 do not.
    at = [difference("a", value, real_rows=rows) for rows, value in ((100, few), (1000, many))]
    (found,) = shrinking_gain(with_differences(at))
    assert found.answer == answer and found.numbers["shrinks by, low"] is None


def test_a_gain_at_one_size_does_not_shrink_and_tasks_without_a_pair_do_not_count() -> None:
    assert shrinking_gain(with_differences([difference("a", 0.1)])) == ()
    at = [difference("a", 0.1), difference("b", 0.1, real_rows=1000)]
    assert shrinking_gain(with_differences(at)) == ()


@pytest.mark.parametrize(
    ("verdicts", "answer"),
    [
        (("better", "better"), "yes"),
        (("better", "within noise"), "not decided"),
        (("better", "worse"), "no"),
        (("within noise", "worse"), "no"),
    ],
)
def test_one_significant_fall_shows_that_more_is_not_always_better(verdicts: tuple[str, str], answer: str) -> None:
    sizes = ((50, 100), (100, 200))
    steps = [
        difference("a", 0.0, "more", None, verdict, baseline_rows=few, candidate_rows=many)
        for verdict, (few, many) in zip(verdicts, sizes, strict=True)
    ]
    (found,) = more_rows(with_differences(steps))
    assert found.answer == answer
    assert ("a, zero_shot: 100 to 200 rows" in found.because) == ("worse" in verdicts)


def test_without_a_quantity_curve_more_is_not_asked() -> None:
    assert more_rows(with_differences([difference("a", 0.1)])) == ()


def test_no_interval_of_two_tasks_reaches_beyond_what_accuracies_can_differ_by() -> None:
    at = [difference(task, value, real_rows=100) for task, value in (("a", 0.1), ("b", 0.6))]
    at += [difference(task, -value, real_rows=1000) for task, value in (("a", 0.1), ("b", 0.6))]
    found = mixing(with_differences(at))[0]
    assert (found.numbers["difference, low"], found.numbers["difference, high"]) == (-1.0, 1.0)
    assert "[-100.0, +100.0] over 2 tasks" in found.because
    # Two gains may differ by twice as much.
    (shrinks,) = shrinking_gain(with_differences(at))
    assert (shrinks.numbers["shrinks by, low"], shrinks.numbers["shrinks by, high"]) == (-2.0, 2.0)
