import pytest

pytest.importorskip("statsmodels")

from synth_builder.scoring.statistics.holm import holm


def test_the_smallest_counts_as_often_as_there_are_values() -> None:
    # 0.01 * 3, 0.03 * 2, and 0.04 * 1, which may not be below the one before it.
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


def test_nothing_gets_above_one() -> None:
    assert holm([0.6, 0.9]) == [1, 1]


def test_a_single_question_stays_as_it_is() -> None:
    assert holm([0.02]) == pytest.approx([0.02])
    assert holm([]) == []
