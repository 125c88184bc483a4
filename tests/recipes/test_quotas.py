import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_builder.errors import RecipeError
from synth_builder.recipes.quotas import label_counts
from synth_builder.recipes.recipe import Recipe
from synth_builder.recipes.task import Task


def task(*labels: str) -> Task:
    return Task(description="d", columns={"text": "t"}, labels=dict.fromkeys(labels, "it is so"))


@pytest.mark.parametrize(
    ("rows", "distribution", "counts"),
    [
        (9, "balanced", [3, 3, 3]),
        (10, "balanced", [4, 3, 3]),
        (11, "balanced", [4, 4, 3]),
        (2, "balanced", [1, 1, 0]),
        (10, {"a": 0.3, "b": 0.3, "c": 0.4}, [3, 3, 4]),
        (10, {"c": 0.4, "a": 0.6}, [6, 0, 4]),
        (7, {"a": 0.5, "b": 0.25, "c": 0.25}, [3, 2, 2]),  # 3.5, 1.75, 1.75: the two larger remainders first
        (1, {"a": 0.0, "b": 0.0, "c": 1.0}, [0, 0, 1]),
        (100, {"a": 0.1, "b": 0.2, "c": 0.7}, [10, 20, 70]),
        (3_000_000, {"a": 0.3333337, "b": 0.3333336, "c": 0.3333336}, [1000000, 1000000, 1000000]),
    ],
)
def test_rows_are_shared_out_by_largest_remainder(
    rows: int, distribution: str | dict[str, float], counts: list[int]
) -> None:
    assert label_counts(rows, task("a", "b", "c"), distribution) == dict(zip("abc", counts, strict=True))


@given(st.integers(1, 10**7), st.lists(st.integers(0, 1000), min_size=2, max_size=9).filter(sum))
def test_the_counts_sum_to_the_rows_and_none_is_off_by_one(rows: int, weights: list[int]) -> None:
    labels = [f"label{number}" for number in range(len(weights))]
    shares = {label: weight / sum(weights) for label, weight in zip(labels, weights, strict=True)}
    counts = label_counts(rows, task(*labels), shares)
    assert sum(counts.values()) == rows
    assert all(math.floor(rows * shares[label]) - 1 <= counts[label] <= rows * shares[label] + 1 for label in labels)
    assert all(counts[label] == 0 for label in labels if shares[label] == 0)


def test_a_label_that_the_task_lacks_is_named_with_the_nearest() -> None:
    with pytest.raises(RecipeError) as found:
        label_counts(4, task("negative", "positive"), {"positiv": 1.0}, "It")
    assert str(found.value) == (
        "It: label_distribution names 'positiv', which is no label of the task. Did you mean 'positive'? "
        "Labels: negative, positive."
    )


def test_a_named_label_that_would_get_no_row_is_refused(one_column: dict[str, Any], tmp_path: Path) -> None:
    one_column["generation"] |= {"rows": {"train": 20}, "label_distribution": {"negative": 0.99, "positive": 0.01}}
    with pytest.raises(RecipeError, match=r"of 20 train rows the label 'positive' would get none, its share is 0\.01"):
        Recipe.from_dict(one_column, directory=tmp_path)
    one_column["generation"]["label_distribution"] = {"negative": 1.0}
    Recipe.from_dict(one_column, directory=tmp_path)
