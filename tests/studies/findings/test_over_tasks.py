import pytest

from synth_builder.studies.findings.over_tasks import over_tasks

pytest.importorskip("scipy")


def test_of_two_to_five_tasks_it_is_students_interval() -> None:
    # Mean 2, s 1, t(0.975, 2 degrees) = 4.3027: 2 -+ 4.3027 / sqrt(3).
    found = over_tasks({"a": [1.0], "b": [2.0], "c": [3.0]})
    assert found.mean == 2.0
    assert found.low == pytest.approx(2 - 2.4841, abs=1e-4) and found.high == pytest.approx(2 + 2.4841, abs=1e-4)
    # Of two: s = sqrt(2) * 0.5, t(0.975, 1) = 12.7062, so 1.5 -+ 12.7062 * 0.5.
    two = over_tasks({"a": [1.0], "b": [2.0]})
    assert two.low == pytest.approx(1.5 - 6.3531, abs=1e-4) and two.high == pytest.approx(1.5 + 6.3531, abs=1e-4)


def test_three_tasks_that_agree_in_sign_alone_are_not_decided() -> None:
    assert over_tasks({"a": [1.0], "b": [2.0], "c": [3.0]}).answer() == "not decided"


def test_variants_of_a_task_are_averaged_first() -> None:
    found = over_tasks({"a": [1.0, 1.0, 1.0, 1.0], "b": [3.0]})
    assert found.by_task == {"a": 1.0, "b": 3.0} and found.mean == 2.0


def test_from_six_tasks_on_it_is_a_bootstrap_that_draws_one_less() -> None:
    # One task in six has a 1. Of five drawn, k ones come with probability C(5, k) 5^(5-k) / 6^5: none 0.402, one
    # 0.402, two 0.161, three 0.032. So 96.5 % lie at or below two of five, and 99.6 % at or below three.
    values = {name: [float(name == "f")] for name in "abcdef"}
    found = over_tasks(values)
    assert found.low == 0.0 and found.high == pytest.approx(3 / 5)
    assert over_tasks(values, confidence=0.9).high == pytest.approx(2 / 5)
    assert over_tasks(values) == over_tasks(values)


def test_one_task_has_no_interval_and_answers_nothing() -> None:
    found = over_tasks({"a": [5.0]})
    assert (found.mean, found.low, found.high, found.answer()) == (5.0, None, None, "not decided")


@pytest.mark.parametrize(
    ("value", "above", "below"), [(1.0, "yes", "no"), (-1.0, "no", "yes"), (0.0, *["not decided"] * 2)]
)
def test_the_answer_is_the_side_of_0_that_the_interval_lies_on(value: float, above: str, below: str) -> None:
    found = over_tasks({"a": [value], "b": [value * 1.01], "c": [value * 0.99]})
    assert (found.answer(), found.answer("below")) == (above, below)
