from pathlib import Path
from typing import Any

import pytest

from synth_builder.generation.setup import set_up
from synth_builder.recipes.fingerprint import digest
from synth_builder.recipes.recipe import Recipe
from tests.recipes.changing import changed

Values = dict[str, Any]


def of(values: Values, folder: Path, variant: str = "few_shot") -> str:
    return set_up(Recipe.from_dict(values, directory=folder), variant).fingerprint


SAME: list[tuple[str, Any]] = [
    ("name", "other"),
    ("card.pretty_name", "Other"),
    ("card.license", "mit"),
    ("variants.zero_shot.label_mode", "generated"),
    ("variants.more", {"strategy": "zero_shot"}),
    ("task.aliases", {"negative": ["bad"]}),
    ("task.kind", "text_classification"),
    ("generation.seed", 3),
    ("generation.sampling", {"temperature": 1}),
    ("generation.label_distribution", "balanced"),
    ("variants.few_shot.label_mode", "conditioned"),
    ("variants.few_shot.generation", {"rows": {"train": 12}}),
    (
        "generation.filters",
        [
            {"length": {"min_words": 3}},
            "refusal",
            "label_leakage",
            {"duplicates": {"threshold": 0.78}},
            "demonstration_copies",
            "contamination",
        ],
    ),
]
OTHER: list[tuple[str, Any]] = [
    ("task.description", "Decide."),
    ("task.columns.text", "a sentence"),
    ("task.labels.negative", "the writer hates the film"),
    ("task.labels", {"positive": "the writer likes the film", "negative": "the writer dislikes the film"}),
    ("generation.seed", 4),
    ("generation.rows.train", 14),
    ("generation.rows", {"train": 12}),
    ("generation.rows", {"validation": 4, "train": 12}),
    ("generation.label_distribution", {"negative": 0.4, "positive": 0.6}),
    ("generation.sampling.temperature", 0.5),
    ("generation.sampling.max_new_tokens", 64),
    ("generation.max_draws", 5),
    ("generation.filters", ["length"]),
    ("generation.filters", []),
    ("variants.few_shot.k", 3),
    ("variants.few_shot.shots", "any_label"),
    ("variants.few_shot.label_mode", "generated"),
    ("variants.few_shot.extra_instruction", "Be brief."),
    ("variants.few_shot.prompt", "Write: {{ label }}"),
    ("variants.few_shot.prompt_form", "completion"),
    ("variants.few_shot.generation", {"seed": 9}),
]


@pytest.mark.parametrize(("path", "value"), SAME)
def test_what_does_not_reach_the_rows_keeps_the_fingerprint(
    one_column: Values, tmp_path: Path, path: str, value: Any
) -> None:
    assert of(changed(one_column, path, value), tmp_path) == of(one_column, tmp_path)


@pytest.mark.parametrize(("path", "value"), OTHER)
def test_what_reaches_the_rows_changes_the_fingerprint(
    one_column: Values, tmp_path: Path, path: str, value: Any
) -> None:
    assert of(changed(one_column, path, value), tmp_path) != of(one_column, tmp_path)


def test_the_name_of_a_variant_and_the_order_of_keys_do_not_matter(one_column: Values, tmp_path: Path) -> None:
    before = of(one_column, tmp_path)
    one_column["variants"]["renamed"] = one_column["variants"]["few_shot"]
    assert of(one_column, tmp_path, "renamed") == before
    assert of(dict(reversed(one_column.items())), tmp_path) == before


def test_the_label_column_matters(one_column: Values, tmp_path: Path) -> None:
    before = of(one_column, tmp_path, "zero_shot")
    one_column["task"]["label_column"] = "sentiment"
    one_column["real"]["columns"]["label"] = "sentiment"
    assert of(one_column, tmp_path, "zero_shot") != before


def test_aliases_matter_where_the_model_writes_the_label(one_column: Values, tmp_path: Path) -> None:
    generated = changed(one_column, "variants.few_shot.label_mode", "generated")
    one, two = (changed(generated, "task.aliases", {"negative": words}) for words in (["bad", "poor"], ["bad"]))
    swapped = changed(generated, "task.aliases", {"negative": ["poor", "bad"]})
    assert len({of(values, tmp_path) for values in (generated, one, two)}) == 3
    assert of(swapped, tmp_path) == of(one, tmp_path)


def test_aliases_matter_where_a_filter_reads_labels(one_column: Values, tmp_path: Path) -> None:
    def with_aliases(filters: list[Any]) -> tuple[str, str]:
        values = changed(one_column, "generation.filters", filters)
        return of(values, tmp_path), of(changed(values, "task.aliases", {"negative": ["bad"]}), tmp_path)

    before, after = with_aliases(["length", "verification"])
    assert before != after
    before, after = with_aliases(["length", {"verification": {"by": "classifier"}}])
    assert before == after


@pytest.mark.parametrize(("by", "matters"), [("model", False), ("classifier", True)])
def test_train_rows_matter_where_a_classifier_learns_from_them(
    one_column: Values, tmp_path: Path, by: str, matters: bool
) -> None:
    values = changed(one_column, "generation.filters", [{"verification": {"by": by}}])
    before = of(values, tmp_path, "zero_shot")
    with (tmp_path / "train.csv").open("a", encoding="utf-8") as file:
        file.write("One more real sentence.,positive\n")
    assert (of(values, tmp_path, "zero_shot") != before) is matters


@pytest.mark.parametrize(("name", "variant", "matters"), [
    ("train.csv", "few_shot", True),
    ("train.csv", "zero_shot", False),
    ("test.csv", "few_shot", True),
    ("test.csv", "zero_shot", True),
])  # fmt: skip
def test_real_rows_matter_where_they_are_shown_or_compared_with(
    one_column: Values, tmp_path: Path, name: str, variant: str, matters: bool
) -> None:
    before = of(one_column, tmp_path, variant)
    with (tmp_path / name).open("a", encoding="utf-8") as file:
        file.write("One more real sentence.,positive\n")
    assert (of(one_column, tmp_path, variant) != before) is matters


def test_test_rows_do_not_matter_where_nothing_compares_with_them(one_column: Values, tmp_path: Path) -> None:
    values = changed(one_column, "generation.filters", ["length"])
    before = of(values, tmp_path, "zero_shot")
    with (tmp_path / "test.csv").open("a", encoding="utf-8") as file:
        file.write("One more real sentence.,positive\n")
    assert of(values, tmp_path, "zero_shot") == before


def test_moving_the_real_rows_does_not_matter(one_column: Values, tmp_path: Path) -> None:
    before = of(one_column, tmp_path)
    (tmp_path / "train.csv").rename(tmp_path / "moved.csv")
    assert of(changed(one_column, "real.train", "moved.csv"), tmp_path) == before


def test_a_digest_depends_on_the_values_alone() -> None:
    assert digest({"a": 1, "b": [2, "é"]}) == digest({"b": [2, "é"], "a": 1})
    assert digest({"a": 1}) != digest({"a": "1"})
    assert digest("") == "12ae32cb1ec02d01"  # the first digits of the SHA-256 of two quotation marks
    assert len(digest(None, 12)) == 12
