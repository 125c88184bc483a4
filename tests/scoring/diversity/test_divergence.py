from math import log2

import pytest

from synth_builder.scoring.diversity.divergence import jensen_shannon, length_divergence, vocabulary_divergence


def test_the_jensen_shannon_divergence_by_hand() -> None:
    # P = (1, 0), Q = (1/2, 1/2), M = (3/4, 1/4).
    expected = (log2(4 / 3) + 1 / 2 * log2(2 / 3) + 1 / 2 * log2(2)) / 2
    assert jensen_shannon({"a": 7}, {"a": 2, "b": 2}) == pytest.approx(expected)
    assert jensen_shannon({"a": 2, "b": 2}, {"a": 7}) == pytest.approx(expected)


def test_the_same_is_at_zero_and_nothing_in_common_at_one() -> None:
    assert jensen_shannon({"a": 1, "b": 2}, {"a": 10, "b": 20}) == 0.0
    assert jensen_shannon({"a": 1}, {"b": 5}) == 1.0
    assert jensen_shannon({}, {"b": 5}) is None
    assert jensen_shannon({"b": 5}, {"b": 0}) is None


def test_lengths_are_compared_in_bins_that_grow() -> None:
    # 7 and 8 words share bin 12; 1 word is in bin 4, 2 words in bin 6.
    assert length_divergence(["a " * 7], ["a " * 8]) == 0.0
    assert length_divergence(["a"], ["a a"]) == 1.0
    # Half of the texts in a bin of their own: P = (1/2, 1/2), Q = (1, 0).
    assert length_divergence(["a", "a a"], ["a"]) == pytest.approx(0.3112781)
    assert length_divergence([], ["a"]) is None
    assert length_divergence([""], [""]) == 0.0


def test_words_are_compared_by_how_often_they_come() -> None:
    assert vocabulary_divergence(["the film", "film"], ["Film THE film"]) == 0.0
    assert vocabulary_divergence(["the film"], ["the", "the"]) == pytest.approx(0.3112781)
    assert vocabulary_divergence(["?"], ["a"]) is None
