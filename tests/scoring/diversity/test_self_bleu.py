from math import exp, sqrt

import pytest

from synth_builder.scoring.diversity.self_bleu import self_bleu

# Scores of these texts after nltk 3.10.4: sentence_bleu of each with the others as references, equal weights, method1.
MESSAGES = [
    "Where is my parcel? It should have come yesterday.",
    "My parcel should have come on Monday. Where is it?",
    "Please, please cancel my order and send the money back.",
    "I want my money back, and I want it now.",
    "Hello",
    "hello you",
]
NLTK = {2: 0.3298842668685686, 3: 0.18870376354159568, 4: 0.10738083019205673, 5: 0.0812499156648422}


def test_self_bleu_of_two_texts_by_hand() -> None:
    # Either way two of three words and one of two pairs match, and no run of three: 0.1 of 1.
    found = self_bleu(["a b c", "A B d"], [2, 3])
    assert found[2] == pytest.approx(sqrt(2 / 3 * 1 / 2))
    assert found[3] == pytest.approx((2 / 3 * 1 / 2 * 0.1 / 1) ** (1 / 3))


def test_a_word_counts_at_most_as_often_as_in_the_other_text_that_has_it_most_often() -> None:
    # "a a a": two of three words, one of two pairs. "a b": one of two words, 0.1 of one pair. "a a": all of both.
    found = self_bleu(["a a a", "a b", "a a"], [2])
    assert found[2] == pytest.approx((sqrt(2 / 3 * 1 / 2) + sqrt(1 / 2 * 0.1) + 1) / 3)


def test_a_text_shorter_than_the_one_nearest_in_length_pays_for_it() -> None:
    # Of two as near, the shorter one counts: "a b c" pays nothing beside "a b" and "a b c d".
    found = self_bleu(["a b", "a b c", "a b c d"], [2])
    assert found[2] == pytest.approx((exp(1 - 3 / 2) + 1 + sqrt(3 / 4 * 2 / 3)) / 3)


def test_the_numbers_are_those_of_nltk() -> None:
    assert self_bleu(MESSAGES) == pytest.approx(NLTK, abs=1e-12)


def test_equal_texts_have_one_and_texts_without_a_common_word_zero() -> None:
    assert self_bleu(["a b c d e f"] * 3) == {2: 1, 3: 1, 4: 1, 5: 1}
    assert self_bleu(["a b", "c d"]) == {2: 0, 3: 0, 4: 0, 5: 0}


def test_texts_without_words_are_left_out() -> None:
    assert self_bleu(["a b", "?!", "", "a b"], [2]) == {2: 1}
    assert self_bleu(["a b", "?!"], [2]) == {2: None}
    assert self_bleu([]) == {2: None, 3: None, 4: None, 5: None}
