from math import log

import pytest

from synth_builder.scoring.diversity.self_repetition import self_repetition


def test_self_repetition_by_hand() -> None:
    # abcd stands in one other text, bcde in none; the third text has no run of four words.
    assert self_repetition(["a b c d e", "A b c d f", "x y"]) == pytest.approx((log(2) + log(2) + log(1)) / 3)
    # Each text has two runs, and each of these stands in both of the other texts.
    assert self_repetition(["a b c d e"] * 3) == pytest.approx(log(1 + 2 * 2))


def test_a_run_that_a_text_repeats_itself_counts_once_and_not_against_it() -> None:
    assert self_repetition(["a b c d a b c d", "x"]) == 0.0


def test_one_text_has_none() -> None:
    assert self_repetition(["a b c d"]) is None
