"""Ranks in which what is not told apart ties."""

import random

from synth_builder.studies.leaderboard.ranking import Interval, Rank, ranked


def between(low: float, high: float) -> Interval:
    return Interval((low + high) / 2, low, high)


def test_results_whose_intervals_overlap_share_the_first_place() -> None:
    found = ranked([between(0.80, 0.84), between(0.70, 0.74), between(0.83, 0.87)])
    assert found == [Rank(1, True, 3), Rank(3, False, 3), Rank(1, True, 3)]


def test_a_place_is_one_more_than_the_number_of_intervals_that_lie_wholly_above() -> None:
    # a over b over c over d; a overlaps b, b overlaps c, c overlaps d, and no others do.
    a, b, c, d = between(0.80, 0.90), between(0.72, 0.82), between(0.64, 0.74), between(0.56, 0.66)
    assert [rank.place for rank in ranked([a, b, c, d])] == [1, 1, 2, 3]
    assert [rank.tied for rank in ranked([a, b, c, d])] == [True, True, False, False]


def test_ends_that_are_equal_overlap() -> None:
    assert [rank.place for rank in ranked([between(0.8, 0.9), between(0.7, 0.8)])] == [1, 1]
    assert between(0.8, 0.9).overlaps(between(0.7, 0.8))
    assert not between(0.8, 0.9).overlaps(between(0.7, 0.79))


def test_a_wide_interval_is_behind_nobody_whose_interval_it_reaches() -> None:
    # The widest one has the lowest mean, and is not told apart from the best.
    best, second, wide = between(0.86, 0.90), between(0.80, 0.82), between(0.30, 0.87)
    assert [rank.place for rank in ranked([best, second, wide])] == [1, 2, 1]


def test_one_alone_is_first_and_ties_with_nobody() -> None:
    assert ranked([between(0.1, 0.2)]) == [Rank(1, False, 1)]
    assert ranked([]) == []


def test_it_gives_what_comparing_each_with_each_gives() -> None:
    draw = random.Random(0)
    for _ in range(50):
        intervals = []
        for _ in range(draw.randrange(1, 20)):
            low = draw.randrange(10) / 10
            intervals.append(between(low, low + draw.randrange(4) / 10))
        by_hand = [1 + sum(other.low > each.high for other in intervals) for each in intervals]
        assert [rank.place for rank in ranked(intervals)] == by_hand
