from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from synth_builder.scoring.rows.subsets import stratified_order

# 60 %, 30 % and 10 % of 100 rows, mixed.
LABELS = [[0, 1, 0, 2, 0, 1, 0, 1, 0, 0][position % 10] for position in range(100)]


def test_each_subset_has_the_labels_in_the_shares_of_the_whole() -> None:
    order = stratified_order(LABELS, seed=0)
    assert Counter(LABELS[position] for position in order[:10]) == {0: 6, 1: 3, 2: 1}
    assert Counter(LABELS[position] for position in order[:50]) == {0: 30, 1: 15, 2: 5}


def test_a_smaller_subset_is_part_of_a_larger_one_and_no_row_comes_twice() -> None:
    order = stratified_order(LABELS, seed=0)
    assert sorted(order) == list(range(100))
    assert set(order[:10]) < set(order[:50])


def test_the_seed_fixes_the_order() -> None:
    assert stratified_order(LABELS, seed=3) == stratified_order(LABELS, seed=3)


def test_another_seed_draws_other_rows_with_the_same_label_counts() -> None:
    one, two = (stratified_order(LABELS, seed)[:20] for seed in (0, 1))
    assert set(one) != set(two)
    assert Counter(LABELS[position] for position in one) == Counter(LABELS[position] for position in two)


def test_the_shares_worked_out_by_hand() -> None:
    # Rows per label: 3 and 1. Quotients 3/1 and 1/1, then 3/3 and 1/1 (a tie: the lower label), then 3/5 and 1/1.
    labels = [0, 0, 0, 1]
    assert [labels[position] for position in stratified_order(labels, seed=0)] == [0, 0, 1, 0]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=80), st.integers(0, 5))
def test_every_row_comes_once_whatever_the_labels(labels: list[int], seed: int) -> None:
    assert sorted(stratified_order(labels, seed)) == list(range(len(labels)))
