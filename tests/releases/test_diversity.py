import pytest

from synth_builder.releases.diversity import distinct_2, mean_overlap, mean_words, words_of


def test_words_are_read_without_case_and_marks() -> None:
    assert words_of("Don't stop, DON'T stop!") == ["don", "t", "stop", "don", "t", "stop"]


def test_distinct_2_by_hand() -> None:
    # a-b b-a a-b | a-b: two different pairs among four.
    assert distinct_2(["a b a b", "A B"]) == 2 / 4
    assert distinct_2(["one two three", "four five"]) == 1.0
    # The end of one text and the beginning of the next are no pair.
    assert distinct_2(["one", "two"]) is None
    assert distinct_2([]) is None


def test_mean_overlap_by_hand() -> None:
    # {a b} and {b c}: 1 of 3; {a b} and {d}: 0; {b c} and {d}: 0.
    assert mean_overlap(["a b", "b c c", "d"]) == pytest.approx((1 / 3) / 3)
    assert mean_overlap(["a b", "B a!"]) == 1.0
    assert mean_overlap(["", "?"]) == 0.0
    assert mean_overlap(["alone"]) is None


def test_mean_words_by_hand() -> None:
    assert mean_words(["one two three", "four"]) == 2.0
    assert mean_words([]) is None
