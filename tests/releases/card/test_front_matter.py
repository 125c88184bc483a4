from typing import Any

import pytest

from synth_builder.recipes.recipe import Recipe
from synth_builder.releases.card.front_matter import front_matter, size_category, with_others


@pytest.mark.parametrize(
    ("rows", "name"),
    [
        (0, "n<1K"),
        (999, "n<1K"),
        (1_000, "1K<n<10K"),
        (9_999, "1K<n<10K"),
        (10_000, "10K<n<100K"),
        (100_000, "100K<n<1M"),
        (1_000_000, "1M<n<10M"),
        (99_999_999, "10M<n<100M"),
        (999_999_999, "100M<n<1B"),
    ],
)
def test_size_categories_as_the_hub_names_them(rows: int, name: str) -> None:
    assert size_category(rows) == name


def provenance(**told: Any) -> dict[str, Any]:
    real = {"train": None, "test": None, "rows_to_show": 0, "rows_filters_learn_from": 0}
    split = {"rows": 4, "bytes": 10, "num_bytes": 20}
    return {
        "strategy": "few_shot",
        "engine": {"model": "owner/model-1"},
        "features": {},
        "splits": {"train": split},
        "real_data": real | told,
    }


def test_source_datasets_are_those_whose_rows_were_looked_at(one_column: dict[str, Any]) -> None:
    recipe = Recipe.from_dict(one_column, check_files=False)
    shown = provenance(train="owner/films:train", rows_to_show=10)
    learnt = provenance(train="owner/reviews@v1:config:train", rows_filters_learn_from=10)
    unseen = provenance(train="owner/unseen:train")
    local = provenance(train="train.csv", rows_to_show=10)
    assert front_matter(recipe, {"a": shown, "b": learnt, "c": unseen, "d": local})["source_datasets"] == [
        "owner/films",
        "owner/reviews",
    ]
    assert front_matter(recipe, {"c": unseen, "d": local})["source_datasets"] == ["original"]


def test_task_ids_follow_from_labels_and_columns_and_the_recipe(
    one_column: dict[str, Any], two_columns: dict[str, Any]
) -> None:
    def task_ids(data: dict[str, Any]) -> Any:
        return front_matter(Recipe.from_dict(data, check_files=False), {"a": provenance()}).get("task_ids")

    assert task_ids(one_column) is None
    assert task_ids(two_columns) == ["multi-input-text-classification"]
    one_column["task"]["labels"]["mixed"] = "both"
    one_column["card"]["task_ids"] = ["sentiment-classification"]
    assert task_ids(one_column) == ["sentiment-classification", "multi-class-classification"]


def test_keys_of_others_stay_and_the_recipe_has_the_last_word() -> None:
    before = {"license_name": "old", "task_ids": ["fact-checking"], "tags": ["gone"], "viewer": False}
    assert with_others({"tags": ["new"], "license_name": "new"}, before) == {
        "tags": ["new"],
        "license_name": "new",
        "task_ids": ["fact-checking"],
        "viewer": False,
    }
