from synth_builder.scoring.diversity.copies import copied_run_rate, copy_rate


def test_the_copy_rate_by_hand() -> None:
    real = [("The film was good.",), ("never",)]
    assert copy_rate([("the  FILM was good.",), ("The film was good",)], real) == 1 / 2
    assert copy_rate([], real) is None


def test_a_pair_is_a_copy_when_both_texts_are() -> None:
    assert copy_rate([("a", "b"), ("a", "c"), ("b", "a")], [("a", "b")]) == 1 / 3


def test_the_rate_of_copied_runs_by_hand() -> None:
    real = [("one two three four five",)]
    synthetic = [("so: two, three, four!",), ("two three five",), ("four five six",), ("three",)]
    assert copied_run_rate(synthetic, real, n=3) == 1 / 4
    assert copied_run_rate(synthetic, real, n=2) == 3 / 4
    assert copied_run_rate([], real) is None


def test_all_rows_that_hold_the_run_are_caught_once() -> None:
    assert copied_run_rate([("a b c d",), ("a b",), ("b c",)], [("a b c",), ("a b c",)], n=2) == 1.0


def test_a_run_does_not_go_from_one_column_into_the_next() -> None:
    assert copied_run_rate([("a b", "c d")], [("a b c d",)], n=3) == 0.0


def test_eight_words_are_a_copied_run() -> None:
    assert copied_run_rate([("a b c d e f g h i",)], [("x b c d e f g h i",)]) == 1.0
    assert copied_run_rate([("a b c d e f g h i",)], [("x b c d e f g h x",)]) == 0.0
