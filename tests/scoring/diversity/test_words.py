from synth_builder.scoring.diversity.words import grams_of, mean_words, words_of


def test_words_are_read_without_case_and_marks() -> None:
    assert words_of("Don't stop, DON'T stop!") == ["don", "t", "stop", "don", "t", "stop"]


def test_runs_of_words_by_hand() -> None:
    assert grams_of(["a", "b", "c"], 2) == [("a", "b"), ("b", "c")]
    assert grams_of(["a", "b"], 3) == []


def test_mean_words_by_hand() -> None:
    assert mean_words(["one two three", "four"]) == 2.0
    assert mean_words([]) is None
