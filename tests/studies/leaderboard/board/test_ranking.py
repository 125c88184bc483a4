"""Ranks in which what is not told apart ties."""

import random

from synth_builder.studies.leaderboard.board.ranking import Interval, Rank, ranked


def between(low: float, high: float) -> Interval:
    return Interval((low + high) / 2, low, high)


def places(intervals: list[Interval]) -> list[int | None]:
    return [None if rank is None else rank.place for rank in ranked(intervals)]


def test_results_whose_intervals_overlap_share_the_first_place() -> None:
    found = ranked([between(0.80, 0.84), between(0.70, 0.74), between(0.83, 0.87)])
    assert found == [Rank(1, True, 3), Rank(3, False, 3), Rank(1, True, 3)]


def test_a_place_is_one_more_than_the_number_of_intervals_that_lie_wholly_above() -> None:
    # a over b over c over d; a overlaps b, b overlaps c, c overlaps d, and no others do.
    a, b, c, d = between(0.80, 0.90), between(0.72, 0.82), between(0.64, 0.74), between(0.56, 0.66)
    assert ranked([a, b, c, d]) == [Rank(1, True, 4), Rank(1, True, 4), Rank(2, False, 4), Rank(3, False, 4)]


def test_ends_that_are_equal_overlap() -> None:
    assert places([between(0.8, 0.9), between(0.7, 0.8)]) == [1, 1]
    assert between(0.8, 0.9).overlaps(between(0.7, 0.8))
    assert not between(0.8, 0.9).overlaps(between(0.7, 0.79))


def test_a_wide_interval_is_behind_nobody_whose_interval_it_reaches() -> None:
    # The widest one has the lowest mean, and is not told apart from the best.
    best, second, wide = between(0.86, 0.90), between(0.80, 0.82), between(0.30, 0.87)
    assert places([best, second, wide]) == [1, 2, 1]


def test_one_alone_is_first_and_ties_with_nobody() -> None:
    assert ranked([between(0.1, 0.2)]) == [Rank(1, False, 1)]
    assert ranked([]) == []


def test_without_an_interval_there_is_no_rank_and_nobody_elses_is_changed() -> None:
    bare = Interval(0.99, None, None)
    assert ranked([between(0.8, 0.9), bare, between(0.6, 0.7)]) == [Rank(1, False, 2), None, Rank(2, False, 2)]
    assert ranked([bare]) == [None]


def test_without_an_interval_nothing_is_higher_or_lower() -> None:
    bare = Interval(0.99, None, None)
    assert not bare.known and between(0.1, 0.2).known
    for one, two in ((bare, between(0.1, 0.2)), (between(0.1, 0.2), bare), (bare, bare)):
        assert one.overlaps(two) is None


def test_it_gives_what_comparing_each_with_each_gives() -> None:
    draw = random.Random(0)
    for _ in range(50):
        intervals = []
        for _ in range(draw.randrange(1, 20)):
            low = draw.randrange(10) / 10
            intervals.append(between(low, low + draw.randrange(4) / 10))
        ends = [(each.mean, each.low or 0.0, each.high or 0.0) for each in intervals]
        by_hand = [1 + sum(other[1] > each[2] for other in ends) for each in ends]
        assert places(intervals) == by_hand
