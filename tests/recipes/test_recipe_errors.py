"""Each mistake a recipe can have: where it is, what was found, what was expected, and the nearest right word."""

from pathlib import Path
from typing import Any

import pytest

from tests.recipes.changing import changed, refusal

Values = dict[str, Any]

UNKNOWN_KEYS: list[tuple[str, str, str]] = [
    ("variant", "variant is not a known key.", "Did you mean 'variants'?"),
    ("task.colums", "task.colums is not a known key.", "Did you mean 'columns'?"),
    ("generation.row", "generation.row is not a known key.", "Did you mean 'rows'?"),
    ("generation.sampling.top", "generation.sampling.top is not a known key.", "Did you mean 'top_p'?"),
    ("card.licence", "card.licence is not a known key.", "Did you mean 'license'?"),
    ("real.trian", "real.trian is not a known key.", "Did you mean 'train'?"),
    ("variants.few_shot.promt", "variants.few_shot.promt is not a known key", "Did you mean 'prompt'?"),
    ("variants.few_shot.shot", "variants.few_shot.shot is not a known key", "Did you mean 'shots'?"),
    (
        "variants.zero_shot.k",
        "variants.zero_shot.k is not a known key of the strategy 'zero_shot'.",
        "Known: strategy, generation, prompt_form, prompt, prompt_file, label_mode, extra_instruction, "
        "rows_per_request.",
    ),
    (
        "variants.few_shot.generation.seeds",
        "variants.few_shot.generation: seeds is not a known key.",
        "Did you mean 'seed'?",
    ),
    (
        "variants.few_shot.generation.sampling.temprature",
        "variants.few_shot.generation: sampling.temprature is not a known key.",
        "Did you mean 'temperature'?",
    ),
]


@pytest.mark.parametrize(("path", "sentence", "hint"), UNKNOWN_KEYS)
def test_an_unknown_key_is_named_with_its_path_and_the_nearest_right_one(
    one_column: Values, tmp_path: Path, path: str, sentence: str, hint: str
) -> None:
    message = refusal(changed(one_column, path, {}), tmp_path)
    assert message.startswith(f"Recipe 'films.yaml': {sentence}")
    assert hint in message
    assert "\n" not in message


def test_an_unknown_filter_option_is_named_with_its_path_and_the_nearest_right_one(
    one_column: Values, tmp_path: Path
) -> None:
    message = refusal(changed(one_column, "generation.filters", ["refusal", {"length": {"min_word": 2}}]), tmp_path)
    assert message == (
        "Recipe 'films.yaml': generation.filters.1.min_word is not a known key. Did you mean 'min_words'? "
        "Known: min_words, max_words."
    )


def test_a_word_like_no_key_gets_no_hint(one_column: Values, tmp_path: Path) -> None:
    message = refusal(changed(one_column, "xyz", 1), tmp_path)
    assert (
        message == "Recipe 'films.yaml': xyz is not a known key. Known: name, task, real, generation, variants, card."
    )


WRONG_VALUES: list[tuple[str, Any, str]] = [
    ("generation.rows.train", True, "Recipe 'films.yaml': generation.rows.train is true; expected a number."),
    ("generation.seed", False, "Recipe 'films.yaml': generation.seed is false; expected a number."),
    ("generation.sampling.top_p", True, "generation.sampling.top_p is true; expected a number."),
    ("variants.few_shot.k", True, "variants.few_shot.k is true; expected a number."),
    (
        "variants.few_shot.generation.rows.train",
        True,
        "variants.few_shot.generation: rows.train is true; expected a number.",
    ),
    ("generation.filters", [{"length": {"min_words": True}}], "filters.0.min_words is true; expected a number."),
    (
        "name",
        "my films",
        "name: 'my films' can't be a name: use letters, digits, '_', '-' and '.', a letter or digit first.",
    ),
    (
        "name",
        "../films",
        "name: '../films' can't be a name: use letters, digits, '_', '-' and '.', a letter or digit first.",
    ),
    ("name", None, "name is None: input should be a text (in quotes)."),
    ("task", None, "task is None: input should be a mapping of keys to values."),
    ("task.description", "", "task.description is '': string should have at least 1 character."),
    (
        "task.kind",
        "tabular",
        "task.kind is 'tabular': input should be 'text_classification' or 'text_pair_classification'.",
    ),
    (
        "task.labels.negative",
        None,
        "task.labels: the label 'negative' has no description; say in a few words what it means.",
    ),
    (
        "task.labels.negative",
        "  ",
        "task.labels: the label 'negative' has no description; say in a few words what it means.",
    ),
    (
        "task.labels",
        ["negative", "positive"],
        "task.labels: labels are given as the list ['negative', 'positive']; expected a mapping of each label to its "
        "description, because prompts describe what a label means.",
    ),
    ("task.labels", {"one": "it"}, "task.labels: found 1 label(s); a classifier needs at least two."),
    ("task.labels", "negative", "task.labels is 'negative': input should be a mapping of keys to values."),
    (
        "task.columns",
        {"a": "x", "b": "y"},
        "task: the kind 'text_classification' has 1 text column(s), found 2 (a, b); name 1 under columns or "
        "change the kind.",
    ),
    (
        "task.kind",
        "text_pair_classification",
        "task: the kind 'text_pair_classification' has 2 text column(s), found 1 (text); name 2 under "
        "columns or change "
        "the kind.",
    ),
    ("task.columns", {"id": "x"}, "task: the column name 'id' is taken by the builder itself; choose another."),
    (
        "task.label_column",
        "provenance",
        "task: the column name 'provenance' is taken by the builder itself; choose another.",
    ),
    ("task.label_column", "text", "task: 'text' is both a text column and the label's column; rename one."),
    (
        "task.aliases",
        {"neutral": ["meh"]},
        "task: aliases name the label 'neutral', the task has: negative, positive.",
    ),
    ("real.test", "owner/name", "real.test: 'owner/name' names no data: expected 'owner/name:split' or"),
    (
        "real.columns",
        {"sentence": "txt"},
        "real.columns.sentence points to 'txt', which is no column of the task. Did you mean 'text'? "
        "Columns: text, label.",
    ),
    (
        "real.columns",
        {"sentence": "text", "title": "text"},
        "real.columns.sentence and real.columns.title both point to 'text'; keep one.",
    ),
    (
        "real.labels",
        {"0": "negativ"},
        "real.labels.0 points to 'negativ', which is no label of the task. Did you mean 'negative'? "
        "Labels: negative, positive.",
    ),
    ("generation.rows", {}, "generation.rows: no split is named; give for example {train: 1000}."),
    (
        "generation.rows",
        {"train": 0},
        "generation.rows: train asks for 0 rows; at least 1 is needed, or leave the split out.",
    ),
    (
        "generation.rows",
        {"my-split": 5},
        "generation.rows: 'my-split' can't be the name of a split; use letters, digits and underscores.",
    ),
    (
        "generation.rows",
        {"train": 1},
        "variants.zero_shot asks for 1 train rows, the task has 2 labels; ask for at least 2 so that each "
        "label gets a row.",
    ),
    ("generation.rows.train", "many", "generation.rows.train is 'many': input should be a valid integer"),
    (
        "generation.label_distribution",
        {"negative": 0.5, "positive": 0.4},
        "generation.label_distribution: the shares sum to 0.9; expected 1, change one of: negative, positive.",
    ),
    (
        "generation.label_distribution",
        {"negative": 0.5, "postive": 0.5},
        "variants.zero_shot: label_distribution names 'postive', which is no label of the task. Did you mean "
        "'positive'? "
        "Labels: negative, positive.",
    ),
    (
        "generation.label_distribution",
        {"negative": "half", "positive": 0.5},
        "generation.label_distribution: the share of 'negative' is 'half'; expected a number from 0 to 1.",
    ),
    (
        "generation.label_distribution",
        {"negative": 1.5, "positive": -0.5},
        "generation.label_distribution: the share of 'negative' is 1.5; expected a number from 0 to 1.",
    ),
    (
        "generation.label_distribution",
        "even",
        "generation.label_distribution: found 'even'; expected 'balanced' or the share of each label.",
    ),
    ("generation.sampling.top_p", 0, "generation.sampling.top_p is 0: input should be greater than 0."),
    (
        "generation.sampling.temperature",
        -1,
        "generation.sampling.temperature is -1: input should be greater than or equal to 0.",
    ),
    ("generation.filters", "length", "generation.filters is 'length': input should be a list."),
    (
        "generation.filters",
        [{"length": {}, "refusal": {}}],
        "generation.filters.0: one entry names 2 filters (length, refusal); give each its own '- '.",
    ),
    (
        "generation.filters",
        ["length", "length"],
        "generation.filters: the filter 'length' is named 2 times; name it once.",
    ),
    (
        "generation.filters",
        ["lenght"],
        "generation.filters.0: Unknown filter 'lenght'. Did you mean 'length'? Known: contamination, "
        "demonstration_copies, duplicates, label_leakage, language, length, pii, refusal, semantic_duplicates, "
        "toxicity, verification.",
    ),
    (
        "generation.filters",
        [{"length": {"min_words": 5, "max_words": 4}}],
        "generation.filters.0: max_words is 4, less than min_words, which is 5.",
    ),
    ("variants", {}, "variants is {}: at least one entry is needed."),
    (
        "variants",
        {"a": {"k": 3}},
        "variants.a: no strategy is named; give one of: attributes, conversation, few_shot, one_shot, "
        "paraphrase, template, zero_shot, zero_shot_topic.",
    ),
    (
        "variants",
        {"a": {"strategy": "few_shots"}},
        "variants.a: Unknown strategy 'few_shots'. Did you mean 'few_shot'? Known: attributes, conversation, "
        "few_shot, one_shot, paraphrase, template, zero_shot, zero_shot_topic. One of your own is registered under "
        "the entry point 'synth_builder.strategies'.",
    ),
    (
        "variants",
        {"no name": {"strategy": "zero_shot"}},
        "variants: the variant name 'no name' can't be the name of a dataset config: use letters, digits, "
        "'_', '-' and '.', a "
        "letter or digit first, and not 'default'.",
    ),
    (
        "variants",
        {"default": {"strategy": "zero_shot"}},
        "variants: the variant name 'default' can't be the name of a dataset",
    ),
    ("task", {"description": "d", "labels": {"a": "b", "c": "d"}}, "task.columns is missing, it has to be given."),
    ("variants.few_shot.k", 0, "variants.few_shot.k is 0: input should be greater than or equal to 1."),
    (
        "variants.few_shot.shots",
        "same",
        "variants.few_shot.shots is 'same': input should be 'same_label' or 'any_label'.",
    ),
    ("variants.few_shot.options", 5, "variants.few_shot: options is 5; write each option beside strategy"),
    (
        "variants.few_shot.prompt_form",
        "plain",
        "variants.few_shot.prompt_form is 'plain': input should be 'chat' or 'completion'.",
    ),
    (
        "variants.t",
        {"strategy": "zero_shot_topic", "topics": []},
        "variants.t.topics: found []; expected how many topics the model shall list, or a list of topics.",
    ),
    (
        "variants.t",
        {"strategy": "zero_shot_topic", "topics": "ten"},
        "variants.t.topics: found 'ten'; expected how many topics the model shall list, or a list of topics.",
    ),
    (
        "variants.t",
        {"strategy": "zero_shot", "prompt": "a", "prompt_file": "b"},
        "variants.t: both prompt and prompt_file are given; keep one of them.",
    ),
]


@pytest.mark.parametrize(("path", "value", "sentence"), WRONG_VALUES)
def test_a_wrong_value_is_named_with_its_path_what_was_found_and_what_to_do(
    one_column: Values, tmp_path: Path, path: str, value: Any, sentence: str
) -> None:
    message = refusal(changed(one_column, path, value), tmp_path)
    assert message.startswith("Recipe 'films.yaml': ")
    assert sentence in message
    assert message.endswith(".")
    assert "\n" not in message


def test_two_mistakes_are_told_at_once_in_a_line_each(one_column: Values, tmp_path: Path) -> None:
    both = changed(changed(one_column, "name", "a b"), "variants.few_shot.k", 0)
    assert len(refusal(both, tmp_path).splitlines()) == 2


def test_an_option_that_a_strategy_lacks_is_refused_under_options_too(one_column: Values, tmp_path: Path) -> None:
    assert "Did you mean 'k'?" in refusal(changed(one_column, "variants.few_shot.options", {"kk": 3}), tmp_path)


WORDS_OF_THE_HUB: list[tuple[str, Any, str]] = [
    ("card.language", ["english"], "card.language: 'english' is no language that the Hub knows. Did you mean 'en'?"),
    ("card.language", ["pt-BR"], "card.language: 'pt-BR' is no language that the Hub knows. Did you mean 'pt'?"),
    (
        "card.license",
        "apache2.0",
        "card.license: 'apache2.0' is no licence that the Hub knows. Did you mean 'apache-2.0'?",
    ),
    ("card.license", "my-own", "For one that it has no word for give 'other', with card.license_name"),
    (
        "card.task_ids",
        ["sentiment-clasification"],
        "card.task_ids: 'sentiment-clasification' is no task that the Hub knows under text-classification. "
        "Did you mean 'sentiment-classification'?",
    ),
    ("card.license_name", "house terms", "card: license_name is given with license: cc-by-4.0"),
]


@pytest.mark.parametrize(("path", "value", "sentence"), WORDS_OF_THE_HUB)
def test_a_word_that_the_hub_does_not_know_is_named_with_the_nearest_right_one(
    one_column: Values, tmp_path: Path, path: str, value: Any, sentence: str
) -> None:
    message = refusal(changed(one_column, path, value), tmp_path)
    assert sentence in message
    assert "\n" not in message
