import pytest

from synth_builder.studies.findings.over_tasks import over_tasks

pytest.importorskip("scipy")


def test_the_interval_is_students() -> None:
    # Mean 2, s 1, t(0.975, 2 degrees) = 4.3027: 2 -+ 4.3027 / sqrt(3).
    found = over_tasks({"a": [1.0], "b": [2.0], "c": [3.0]})
    assert found.mean == 2.0
    assert found.low == pytest.approx(2 - 2.4841, abs=1e-4) and found.high == pytest.approx(2 + 2.4841, abs=1e-4)
    # Of two: s = sqrt(2) * 0.5, t(0.975, 1) = 12.7062, so 1.5 -+ 12.7062 * 0.5.
    two = over_tasks({"a": [1.0], "b": [2.0]})
    assert two.low == pytest.approx(1.5 - 6.3531, abs=1e-4) and two.high == pytest.approx(1.5 + 6.3531, abs=1e-4)


def test_an_interval_ends_where_the_mean_can_no_longer_be() -> None:
    # Accuracies differ by 1 at most; of two tasks Student's interval would be 0.5 -+ 12.7062 * 0.4.
    found = over_tasks({"a": [0.1], "b": [0.9]}, most=1.0)
    assert (found.mean, found.low, found.high) == (0.5, -1.0, 1.0)
    # 0.02 -+ 12.7062 * 0.01 lies within.
    assert over_tasks({"a": [0.01], "b": [0.03]}, most=1.0) == over_tasks({"a": [0.01], "b": [0.03]})


def test_three_tasks_that_agree_in_sign_alone_are_not_decided() -> None:
    assert over_tasks({"a": [1.0], "b": [2.0], "c": [3.0]}).answer() == "not decided"


def test_variants_of_a_task_are_averaged_first() -> None:
    found = over_tasks({"a": [1.0, 1.0, 1.0, 1.0], "b": [3.0]})
    assert found.by_task == {"a": 1.0, "b": 3.0} and found.mean == 2.0


def test_of_more_tasks_it_is_students_too_and_wider_with_more_confidence() -> None:
    # 1 to 6: mean 3.5, s = sqrt(3.5) = 1.8708, so s / sqrt(6) = 0.7638; t with 5 degrees of freedom is 2.5706 at
    # 0.975 and 4.0321 at 0.995.
    values = {name: [float(number)] for number, name in enumerate("abcdef", 1)}
    found, surer = over_tasks(values), over_tasks(values, confidence=0.99)
    assert found.low == pytest.approx(3.5 - 1.9634, abs=1e-4) and found.high == pytest.approx(3.5 + 1.9634, abs=1e-4)
    assert surer.low == pytest.approx(3.5 - 3.0796, abs=1e-4) and surer.high == pytest.approx(3.5 + 3.0796, abs=1e-4)


@pytest.mark.parametrize("count", [2, 6, 20])
def test_tasks_that_all_have_the_same_number_say_nothing_of_others(count: int) -> None:
    found = over_tasks({str(number): [0.05] for number in range(count)})
    assert found.same and found.low == pytest.approx(0.05) == found.high
    assert found.answer() == found.answer("below") == "not decided"
    # 0.7 - 0.6 and 0.3 - 0.2 differ by rounding alone.
    assert over_tasks({"a": [0.7 - 0.6], "b": [0.3 - 0.2]}).same
    assert not over_tasks({"a": [0.1], "b": [0.1001]}).same


def test_one_task_has_no_interval_and_answers_nothing() -> None:
    found = over_tasks({"a": [5.0]})
    assert (found.mean, found.low, found.high, found.answer()) == (5.0, None, None, "not decided")


@pytest.mark.parametrize(
    ("value", "above", "below"), [(1.0, "yes", "no"), (-1.0, "no", "yes"), (0.0, *["not decided"] * 2)]
)
def test_the_answer_is_the_side_of_0_that_the_interval_lies_on(value: float, above: str, below: str) -> None:
    found = over_tasks({"a": [value], "b": [value * 1.01], "c": [value * 0.99]})
    assert (found.answer(), found.answer("below")) == (above, below)
