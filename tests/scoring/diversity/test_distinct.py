from synth_builder.scoring.diversity.distinct import distinct_n


def test_distinct_2_by_hand() -> None:
    # a-b b-a a-b | a-b: two different pairs among four.
    assert distinct_n(["a b a b", "A B"], 2) == 2 / 4
    assert distinct_n(["one two three", "four five"], 2) == 1.0


def test_distinct_1_and_3_by_hand() -> None:
    assert distinct_n(["a b a b", "A B"], 1) == 2 / 6
    assert distinct_n(["a b a b", "b a b"], 3) == 2 / 3


def test_the_end_of_one_text_and_the_beginning_of_the_next_are_no_pair() -> None:
    assert distinct_n(["one", "two"], 2) is None
    assert distinct_n([], 1) is None
