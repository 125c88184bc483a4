from synth_builder.publishing.row_comparison import SAMPLE, Diversity, compare_rows


def test_rows_stay_by_text_and_label() -> None:
    before = [(("A good film.",), "positive"), (("A bad film.",), "negative"), (("Why?",), "negative")]
    after = [(("A bad film.",), "positive"), (("A good film.",), "positive"), (("New.",), "negative")]
    found = compare_rows(before, after)
    assert (found.stayed, found.new, found.gone) == (1, 2, 2)


def test_a_row_that_comes_twice_counts_twice() -> None:
    row = (("Twice.",), "positive")
    found = compare_rows([row, row, row], [row])
    assert (found.stayed, found.new, found.gone) == (1, 0, 2)


def test_texts_of_several_columns_are_not_joined() -> None:
    found = compare_rows([(("a b", "c"), "yes")], [(("a", "b c"), "yes")])
    assert (found.stayed, found.new, found.gone) == (0, 1, 1)


def test_diversity_by_hand() -> None:
    # a-b and a-b: one different pair of two; both words of both: an overlap of 1.
    found = compare_rows([(("a b",), "yes"), (("A b!",), "yes")], [(("a b",), "yes"), (("c d e",), "yes")])
    assert found.before == Diversity(rows=2, distinct_2=0.5, mean_overlap=1.0, mean_words=2.0)
    assert found.after == Diversity(rows=2, distinct_2=1.0, mean_overlap=0.0, mean_words=2.5)


def test_samples_are_bounded_equally_large_and_share_the_rows_of_both_sides() -> None:
    rows = [((f"row number {number}" + " x" * (number // 100),), "yes") for number in range(3 * SAMPLE)]
    found = compare_rows(rows, list(reversed(rows)))
    assert found.before == found.after
    assert found.before.rows == SAMPLE
    small = compare_rows(rows, rows[:20])
    assert small.before.rows == small.after.rows == 20


def test_no_rows_at_all() -> None:
    found = compare_rows([], [(("a b",), "yes")])
    assert (found.stayed, found.new, found.gone) == (0, 1, 0)
    assert found.before == found.after == Diversity(0, None, None, None)
