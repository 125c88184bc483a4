"""Mistakes about files: the recipe itself, its real data, its prompts."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from synth_builder.errors import RecipeError, UnknownNameError
from synth_builder.recipes.recipe import Recipe
from tests.recipes.changing import changed, refusal

Values = dict[str, Any]


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_missing_real_file_is_named_with_the_setting_that_gives_another(
    one_column: Values, tmp_path: Path, split: str
) -> None:
    message = refusal(changed(one_column, f"real.{split}", "gone.csv"), tmp_path)
    assert message == (
        f"Recipe 'films.yaml': real.{split} is 'gone.csv', and there is no such file; the path is relative to "
        "the recipe's "
        f"folder. Correct it, or give another with --set real.{split}=PATH."
    )


def test_a_missing_real_file_does_not_matter_where_files_are_not_checked(one_column: Values, tmp_path: Path) -> None:
    values = changed(one_column, "real.train", "gone.csv")
    loaded = Recipe.from_dict(values, directory=tmp_path, check_files=False)
    assert loaded.real is not None
    assert loaded.real.train == "gone.csv"


def test_a_missing_prompt_file_is_named(one_column: Values, tmp_path: Path) -> None:
    message = refusal(changed(one_column, "variants.few_shot.prompt_file", "mine.jinja"), tmp_path)
    assert message.startswith(
        "Recipe 'films.yaml': variants.few_shot.prompt_file is 'mine.jinja', which can't be read: [Errno 2]"
    )


def test_a_prompt_file_is_read_from_the_recipes_folder(one_column: Values, tmp_path: Path) -> None:
    (tmp_path / "mine.jinja").write_text("Write: {{ label }}", encoding="utf-8")
    values = changed(one_column, "variants.few_shot.prompt_file", "mine.jinja")
    assert Recipe.from_dict(values, directory=tmp_path).variant("few_shot").prompt == "Write: {{ label }}"


def test_an_unknown_variant_is_answered_with_those_that_there_are(recipe: Recipe) -> None:
    with pytest.raises(UnknownNameError) as found:
        recipe.variant("fewshot")
    assert str(found.value) == (
        "The recipe has no variant 'fewshot'. Did you mean 'few_shot'? Variants: zero_shot, few_shot."
    )


@pytest.mark.parametrize(("value", "kind"), [([], "list"), ("text", "str"), (3, "int")])
def test_a_recipe_that_is_no_mapping_is_refused(value: Any, kind: str) -> None:
    with pytest.raises(RecipeError, match=f"The recipe holds {kind} at the top; expected keys such as name and task."):
        Recipe.from_dict(value)


def test_an_empty_recipe_is_called_so(tmp_path: Path) -> None:
    (tmp_path / "empty.yaml").write_text("# nothing yet\n", encoding="utf-8")
    with pytest.raises(RecipeError, match=r"^Recipe 'empty.yaml' is empty; expected keys such as name and task\."):
        Recipe.load(tmp_path / "empty.yaml")


def test_a_recipe_that_is_not_there_is_answered_with_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"There is no recipe at '.*none.yaml'. `synth-builder init` writes one."):
        Recipe.load(tmp_path / "none.yaml")


def test_a_recipe_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "damaged.yaml").write_bytes(b"name: \xff\xfe")
    with pytest.raises(RecipeError, match=r"The recipe '.*damaged.yaml' can't be read: 'utf-8' codec"):
        Recipe.load(tmp_path / "damaged.yaml")
    with pytest.raises(RecipeError, match=r"can't be read: .*directory"):
        Recipe.load(tmp_path)


def test_a_mistake_in_a_file_is_told_with_the_files_name(one_column: Values, tmp_path: Path) -> None:
    path = tmp_path / "films.yaml"
    path.write_text(yaml.safe_dump(changed(one_column, "naem", "x")), encoding="utf-8")
    with pytest.raises(RecipeError, match=r"^Recipe 'films.yaml': naem is not a known key. Did you mean 'name'\?"):
        Recipe.load(path)
