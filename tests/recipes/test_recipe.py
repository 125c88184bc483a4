import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from synth_builder.errors import RecipeError
from synth_builder.recipes.recipe import Recipe
from synth_builder.recipes.yaml_text import read_yaml
from synth_builder.strategies.few_shot import FewShotOptions

Values = dict[str, Any]

MINIMAL: Values = {
    "name": "films",
    "task": {
        "description": "Praise or blame?",
        "columns": {"text": "a sentence"},
        "labels": {"blame": "dislikes it", "praise": "likes it"},
    },
    "variants": {"zero_shot": {"strategy": "zero_shot"}},
}


def test_a_short_recipe_gets_the_defaults() -> None:
    recipe = Recipe.from_dict(MINIMAL)
    variant = recipe.variant("zero_shot")
    assert recipe.task.label_names == ["blame", "praise"]
    assert recipe.task.label_column == "label"
    assert variant.generation.rows == {"train": 1000}
    assert variant.generation.seed == 0
    assert variant.generation.label_distribution == "balanced"
    assert variant.generation.max_draws == 10
    assert variant.generation.sampling.model_dump() == {
        "temperature": 1.0,
        "top_p": 1.0,
        "top_k": None,
        "repetition_penalty": None,
        "max_new_tokens": 128,
    }
    assert [spec.name for spec in variant.generation.filters] == [
        "length",
        "refusal",
        "label_leakage",
        "duplicates",
        "demonstration_copies",
        "contamination",
    ]
    assert recipe.card.language == ("en",)
    assert recipe.real is None
    assert recipe.file is None


def test_a_file_knows_where_its_paths_start(one_column: Values, tmp_path: Path) -> None:
    path = tmp_path / "films.yaml"
    path.write_text(yaml.safe_dump(one_column, sort_keys=False), encoding="utf-8")
    recipe = Recipe.load(path, ["generation.rows.train=6", "variants.few_shot.k=1"])
    assert recipe.file == path.resolve()
    assert recipe.directory == tmp_path.resolve()
    assert recipe.generation.rows == {"train": 6, "validation": 4}
    options = recipe.variant("few_shot").options
    assert isinstance(options, FewShotOptions)
    assert options.k == 1


def test_a_variant_adds_rows_and_sampling_key_by_key_and_replaces_the_rest() -> None:
    values = {
        **MINIMAL,
        "generation": {
            "rows": {"train": 100, "test": 20},
            "sampling": {"temperature": 0.7, "top_p": 0.9},
            "label_distribution": {"blame": 0.3, "praise": 0.7},
            "filters": ["length", {"duplicates": {"threshold": 0.5}}],
        },
        "variants": {
            "plain": {"strategy": "zero_shot"},
            "other": {
                "strategy": "zero_shot",
                "generation": {
                    "rows": {"train": 50},
                    "sampling": {"top_p": 1.0},
                    "label_distribution": "balanced",
                    "filters": ["refusal"],
                },
            },
        },
    }
    recipe = Recipe.from_dict(values)
    plain, other = recipe.variant("plain").generation, recipe.variant("other").generation
    assert [(spec.name, spec.options) for spec in plain.filters] == [
        ("length", {}),
        ("duplicates", {"threshold": 0.5}),
    ]
    assert other.rows == {"train": 50, "test": 20}
    assert (other.sampling.temperature, other.sampling.top_p) == (0.7, 1.0)
    assert other.label_distribution == "balanced"
    assert [spec.name for spec in other.filters] == ["refusal"]
    assert plain.rows == {"train": 100, "test": 20}


def test_labels_stay_the_words_that_are_written() -> None:
    text = (
        "name: q\ntask:\n  description: d\n  columns: {text: t}\n"
        "  labels: {no: it is not, yes: it is, 0: zero, 01: one, True: so}\n"
        "  aliases: {0: [none, nil]}\n"
        "real: {columns: {}, labels: {false: no, 1: yes}}\n"
        "generation: {label_distribution: {no: 0.5, 0: 0.5}}\n"
        "variants: {a: {strategy: zero_shot}}\n"
    )
    recipe = Recipe.from_dict(read_yaml(text, "It"))
    assert recipe.task.label_names == ["no", "yes", "0", "01", "True"]
    assert recipe.task.aliases == {"0": ("none", "nil")}
    assert recipe.real is not None
    assert recipe.real.labels == {"false": "no", "1": "yes"}
    assert recipe.generation.label_distribution == {"no": 0.5, "0": 0.5}


def test_numbers_and_booleans_of_python_become_names_too() -> None:
    task = {**MINIMAL["task"], "labels": {0: "zero", True: "so", 1.5: "more"}}
    assert Recipe.from_dict({**MINIMAL, "task": task}).task.label_names == ["0", "true", "1.5"]


def test_a_recipe_can_not_be_changed() -> None:
    recipe = Recipe.from_dict(MINIMAL)
    with pytest.raises(ValidationError, match="frozen"):
        recipe.name = "other"


def test_the_defaults_of_one_recipe_are_not_those_of_another() -> None:
    first, second = Recipe.from_dict(MINIMAL), Recipe.from_dict(MINIMAL)
    first.generation.rows["train"] = 7
    assert second.generation.rows == {"train": 1000}


def test_a_dumped_recipe_is_read_back_equal(one_column: Values, tmp_path: Path) -> None:
    one_column["variants"]["topics"] = {
        "strategy": "zero_shot_topic",
        "topics": ["yes", "2024-01-01", "a: b"],
        "prompt": "{{ label }}\n\n\tend: 'x'",
        "prompt_form": "completion",
        "generation": {"rows": {"train": 4}, "filters": [{"length": {"min_words": 1}}]},
    }
    recipe = Recipe.from_dict(one_column, directory=tmp_path)
    assert Recipe.from_dict(read_yaml(recipe.to_yaml(), "It"), directory=tmp_path) == recipe


texts = st.text(min_size=1, max_size=20).filter(lambda text: text.strip() != "")
names = st.from_regex(r"[a-z0-9][A-Za-z0-9_.-]{0,6}", fullmatch=True).filter(lambda name: name != "default")
labels = st.dictionaries(texts, texts, min_size=2, max_size=4)
variants = st.one_of(
    st.fixed_dictionaries({"strategy": st.just("zero_shot")}, optional={"extra_instruction": texts, "prompt": texts}),
    st.fixed_dictionaries(
        {"strategy": st.just("zero_shot_topic"), "topics": st.integers(1, 9) | st.lists(texts, min_size=1, max_size=3)}
    ),
    st.fixed_dictionaries(
        {"strategy": st.just("few_shot")},
        optional={"k": st.integers(1, 9), "shots": st.sampled_from(["same_label", "any_label"])},
    ),
)
generations = st.fixed_dictionaries(
    {},
    optional={
        "rows": st.dictionaries(st.sampled_from(["train", "test"]), st.integers(4, 99), min_size=1),
        "seed": st.integers(0, 2**40),
        "sampling": st.fixed_dictionaries({}, optional={"temperature": st.floats(0, 2), "top_k": st.integers(1, 50)}),
        "filters": st.lists(st.sampled_from(["length", "refusal", {"length": {"min_words": 2}}]), max_size=1),
    },
)
recipes = st.fixed_dictionaries(
    {
        "name": names,
        "task": st.fixed_dictionaries({"description": texts, "columns": st.just({"text": "t"}), "labels": labels}),
        "variants": st.dictionaries(names, variants, min_size=1, max_size=3),
    },
    optional={"generation": generations, "card": st.fixed_dictionaries({}, optional={"pretty_name": texts})},
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(recipes)
def test_any_recipe_that_is_dumped_is_read_back_equal(values: Values) -> None:
    recipe = Recipe.from_dict(values)
    again = Recipe.from_dict(read_yaml(recipe.to_yaml(), "It"))
    assert again == recipe
    assert again.task.label_names == list(values["task"]["labels"])


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3),
    max_leaves=6,
)
PATHS = [
    "name", "task", "task.kind", "task.columns",
    "task.labels", "task.aliases", "task.label_column", "real",
    "real.train", "real.labels", "generation", "generation.rows",
    "generation.seed", "generation.label_distribution", "generation.sampling", "generation.filters",
    "generation.max_draws", "variants", "variants.zero_shot", "variants.zero_shot.options",
    "variants.zero_shot.generation", "variants.zero_shot.label_mode", "card", "card.tags",
]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(PATHS), plain)
def test_any_value_at_any_place_is_taken_or_refused_by_a_recipe_error(path: str, value: Any) -> None:
    values = json.loads(json.dumps(MINIMAL))
    *parents, key = path.split(".")
    place = values
    for parent in parents:
        place = place.setdefault(parent, {})
    place[key] = value
    try:
        recipe = Recipe.from_dict(values, check_files=False)
    except RecipeError as error:
        assert str(error).startswith("The recipe")
    else:
        assert recipe.variants


def test_a_filter_with_languages_has_those_of_the_card_unless_it_names_its_own(one_column: dict[str, Any]) -> None:
    one_column["card"] = {"language": ["de", "fr"]}
    one_column["generation"]["filters"] = ["length", "language"]
    one_column["variants"]["own"] = {
        "strategy": "zero_shot",
        "generation": {"filters": [{"language": {"languages": ["it"], "min_length": 5}}]},
    }
    recipe = Recipe.from_dict(one_column, check_files=False)
    length, language = recipe.variant("zero_shot").generation.filters
    assert length.options == {}
    assert (language.name, language.options) == ("language", {"languages": ["de", "fr"]})
    (own,) = recipe.variant("own").generation.filters
    assert own.options == {"languages": ["it"], "min_length": 5}
    assert recipe.generation.filters[1].options == {}
