import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_builder.recipes.recipe import Recipe
from synth_builder.recipes.scaffold import Answers, recipe_text
from synth_builder.recipes.yaml_text import read_yaml


def answers(
    description: str = "Praise or blame?",
    columns: dict[str, str] | None = None,
    labels: dict[str, str] | None = None,
    train: str | None = None,
    test: str | None = None,
    language: str = "en",
) -> Answers:
    return Answers(
        name="films",
        description=description,
        columns=columns or {"text": "a sentence"},
        labels=labels or {"blame": "dislikes it", "praise": "likes it"},
        train=train,
        test=test,
        language=language,
        rows=40,
    )


def read(given: Answers) -> Recipe:
    return Recipe.from_dict(read_yaml(recipe_text(given), "It"), check_files=False)


def test_a_recipe_without_real_data_has_the_strategies_that_need_none() -> None:
    recipe = read(answers())
    assert list(recipe.variants) == ["zero_shot", "zero_shot_topic"]
    assert recipe.real is None
    assert recipe.generation.rows == {"train": 40}
    assert "#   train: owner/name:train" in recipe_text(answers())


def test_a_recipe_with_train_rows_shows_them() -> None:
    recipe = read(answers(train="owner/name:train", test="rows.csv"))
    assert list(recipe.variants) == ["zero_shot", "zero_shot_topic", "one_shot", "few_shot"]
    assert recipe.real is not None
    assert (recipe.real.train, recipe.real.test) == ("owner/name:train", "rows.csv")


def test_test_rows_alone_are_not_shown() -> None:
    recipe = read(answers(test="rows.csv"))
    assert "few_shot" not in recipe.variants
    assert recipe.real is not None
    assert recipe.real.train is None


def test_two_columns_make_a_pair() -> None:
    assert read(answers(columns={"a": "one", "b": "two"})).task.kind == "text_pair_classification"


@pytest.mark.parametrize(
    "word", ["no", "true", "null", "- a", "a: b", "#x", "é", "'", '"', "1", "x ", "a-b c_d", "~", "on"]
)
def test_a_word_comes_back_as_it_was_given(word: str) -> None:
    recipe = read(answers(description=word, labels={word: word, "other": "it"}, language="no"))
    assert recipe.task.description == word
    assert recipe.task.labels == {word: word, "other": "it"}
    assert recipe.card.language == ("no",)


@given(st.text(min_size=1, max_size=20).filter(str.strip))
def test_any_text_comes_back_as_it_was_given(text: str) -> None:
    recipe = read(answers(description=text, labels={text: text, text + "2": "it"}))
    assert recipe.task.description == text
    assert recipe.task.label_names == [text, text + "2"]
