import random
from collections import Counter

import pytest

from synth_builder.errors import RealDataError
from synth_builder.recipes.real_data import RealRow
from synth_builder.recipes.task import Task
from synth_builder.strategies.demonstrations import Demonstrations

TASK = Task(description="d", columns={"text": "t"}, labels={"a": "A", "b": "B", "c": "C"})


def rows(label: str, count: int) -> list[RealRow]:
    return [RealRow({"text": f"{label} {number}"}, label, f"train:{label}{number}") for number in range(count)]


def test_train_rows_whose_text_is_tested_are_left_out() -> None:
    train = rows("a", 3)
    shown = Demonstrations(train, TASK, [RealRow({"text": " A  1"}, "b", "test:0")])
    assert [row.id for row in shown.rows] == ["train:a0", "train:a2"]
    assert shown.left_out == 1


def test_rows_of_one_label_are_distinct_and_of_that_label() -> None:
    shown = Demonstrations([*rows("a", 4), *rows("b", 4)], TASK)
    for seed in range(20):
        chosen = shown.of_label(random.Random(seed), 4, "b")
        assert {row.id for row in chosen} == {"train:b0", "train:b1", "train:b2", "train:b3"}


@pytest.mark.parametrize(
    ("k", "counts"), [(3, [1, 1, 1]), (4, [1, 1, 2]), (6, [2, 2, 2]), (8, [2, 3, 3]), (11, [2, 4, 5])]
)
def test_rows_of_any_label_are_as_even_as_they_can_be(k: int, counts: list[int]) -> None:
    shown = Demonstrations([*rows("a", 5), *rows("b", 4), *rows("c", 2)], TASK)
    for seed in range(20):
        chosen = shown.of_any_label(random.Random(seed), k)
        assert len({row.id for row in chosen}) == k
        assert sorted(Counter(row.label for row in chosen).values()) == counts


def test_the_generator_fixes_the_rows() -> None:
    shown = Demonstrations([*rows("a", 9), *rows("b", 9)], TASK)
    assert shown.of_any_label(random.Random(1), 4) == shown.of_any_label(random.Random(1), 4)
    assert len({tuple(row.id for row in shown.of_any_label(random.Random(seed), 4)) for seed in range(9)}) > 5


def test_too_few_rows_of_a_label_are_told() -> None:
    shown = Demonstrations([*rows("a", 3), *rows("b", 2), *rows("c", 3)], TASK)
    shown.need(2, True, "v")
    with pytest.raises(RealDataError) as found:
        shown.need(3, True, "v")
    assert str(found.value) == (
        "Variant 'v' shows 3 demonstrations of one label, real.train has 2 usable rows of 'b'; lower k, give "
        "more rows, or "
        "set shots: any_label."
    )


def test_too_few_rows_of_any_label_are_told() -> None:
    shown = Demonstrations(rows("a", 3), TASK)
    shown.need(3, False, "v")
    with pytest.raises(RealDataError) as found:
        shown.need(4, False, "v")
    assert (
        str(found.value)
        == "Variant 'v' shows 4 demonstrations, real.train has 3 usable rows; lower k or give more rows."
    )
