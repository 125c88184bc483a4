import math

import pytest

pytest.importorskip("sklearn")

from hypothesis import given, settings
from hypothesis import strategies as draws

from synth_builder.errors import StudyError
from synth_builder.studies.results.parts import TaskSubjectivity
from synth_builder.studies.subjectivity.bradley_terry import PENALTY, bradley_terry
from synth_builder.studies.subjectivity.votes import Vote

ALMOST_NONE = 1e-9


def by_name(found: tuple[TaskSubjectivity, ...]) -> dict[str, float]:
    return {each.task: each.score for each in found}


def of_two(wins: int, losses: int) -> list[Vote]:
    return [Vote("a", "b")] * wins + [Vote("b", "a")] * losses


@given(draws.integers(1, 40), draws.integers(1, 40))
@settings(max_examples=25, deadline=None)
def test_two_tasks_differ_by_the_log_odds_of_the_votes_as_the_penalty_goes_to_0(wins: int, losses: int) -> None:
    scores = by_name(bradley_terry(of_two(wins, losses), penalty=ALMOST_NONE, resamples=1))
    assert scores["a"] - scores["b"] == pytest.approx(math.log(wins / losses), abs=1e-5)
    assert scores["a"] + scores["b"] == pytest.approx(0)


@pytest.mark.parametrize(("wins", "losses"), [(3, 1), (20, 0), (1, 0)])
def test_the_slope_is_0_at_the_scores_of_two_tasks(wins: int, losses: int) -> None:
    """With scores s and -s: penalty * s = wins - n / (1 + exp(-2 s)), from the derivative in the first score."""
    (first, second) = bradley_terry(of_two(wins, losses), resamples=1)
    s = first.score
    assert second.score == pytest.approx(-s)
    assert PENALTY * s == pytest.approx(wins - (wins + losses) / (1 + math.exp(-2 * s)), abs=1e-6)


def test_a_task_that_wins_every_vote_stays_finite() -> None:
    (first, second) = bradley_terry(of_two(500, 0))
    assert 1 < first.score < 10
    assert all(map(math.isfinite, (first.low, first.high, second.low, second.high)))


def test_a_chain_of_votes_adds_up() -> None:
    """a over b by 3 to 1 and b over c by 2 to 1: without a penalty the differences are log 3 and log 2."""
    votes = of_two(3, 1) + [Vote("b", "c")] * 2 + [Vote("c", "b")]
    scores = by_name(bradley_terry(votes, penalty=ALMOST_NONE, resamples=1))
    assert scores["a"] - scores["b"] == pytest.approx(math.log(3), abs=1e-5)
    assert scores["b"] - scores["c"] == pytest.approx(math.log(2), abs=1e-5)
    assert sum(scores.values()) == pytest.approx(0)


def test_tasks_stand_by_score_with_their_votes_and_intervals() -> None:
    votes = of_two(30, 10) + [Vote("b", "c")] * 30 + [Vote("c", "b")] * 10
    found = bradley_terry(votes)
    assert [(each.task, each.votes) for each in found] == [("a", 40), ("b", 80), ("c", 40)]
    assert all(each.low < each.score < each.high for each in found)
    # Of 40 votes with 30 wins, the log odds have a standard error of sqrt(1/30 + 1/10) = 0.37; of a, the mean of the
    # three is taken off, so that its score is (2 d1 + d2) / 3: 1.96 * 0.37 * sqrt(5) / 3 = 0.53 to either side.
    assert found[0].high - found[0].low == pytest.approx(2 * 0.53, rel=0.15)


def test_only_tasks_that_are_shown_have_scores_and_the_others_link_them() -> None:
    votes = of_two(3, 1) + [Vote("b", "c")] * 2 + [Vote("c", "b")]
    found = bradley_terry(votes, ["a", "c", "d"], penalty=ALMOST_NONE, resamples=20)
    scores = by_name(found)
    assert list(scores) == ["a", "c"]
    assert scores["a"] == pytest.approx(math.log(6) / 2, abs=1e-5)
    assert scores["c"] == pytest.approx(-math.log(6) / 2, abs=1e-5)
    # In each resample, too, the mean of the two is 0.
    (first, second) = bradley_terry(votes, ["a", "c"], resamples=1)
    assert first.low != pytest.approx(first.score)
    assert first.low == pytest.approx(-second.low)


def test_the_same_votes_in_another_order_have_the_same_scores() -> None:
    votes = of_two(7, 4) + [Vote("b", "c")] * 5 + [Vote("c", "a")] * 2
    there, back = bradley_terry(votes, resamples=1), bradley_terry(votes[::-1], resamples=1)
    assert by_name(there) == pytest.approx(by_name(back))
    assert bradley_terry(votes, resamples=20) == bradley_terry(votes, resamples=20)


def test_separate_groups_are_refused() -> None:
    with pytest.raises(StudyError, match="can't be compared"):
        bradley_terry([Vote("a", "b"), Vote("c", "d")])
