import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from synth_builder.cli.main import main

RECIPES = sorted((Path(__file__).parents[2] / "dataset_scripts").glob("*.yaml"))


@pytest.fixture
def schema(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main(["recipe-schema"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator.check_schema(found)
    return found


def complaints(recipe: Any, schema: dict[str, Any]) -> list[str]:
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(recipe)]


def test_there_are_recipes_to_check() -> None:
    assert len(RECIPES) >= 6


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_the_recipes_of_this_repository_follow_it(schema: dict[str, Any], path: Path) -> None:
    assert complaints(yaml.safe_load(path.read_text(encoding="utf-8")), schema) == []


def test_a_recipe_of_every_key_follows_it(schema: dict[str, Any], one_column: dict[str, Any]) -> None:
    assert complaints(one_column, schema) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["naem"], "films"),
        (["generation", "row"], {"train": 5}),
        (["generation", "sampling", "temprature"], 1.0),
        (["generation", "filters"], ["lenght"]),
        (["generation", "filters"], [{"length": {"min_word": 2}}]),
        (["variants", "few_shot", "strategy"], "fewshot"),
        (["variants", "few_shot", "kk"], 3),
        (["variants", "zero_shot", "k"], 3),
        (["task", "kind"], "regression"),
    ],
)
def test_what_a_recipe_may_not_say_is_not_in_it(
    schema: dict[str, Any], one_column: dict[str, Any], path: list[str], value: Any
) -> None:
    *way, last = path
    place = one_column
    for key in way:
        place = place.setdefault(key, {})
    place[last] = value
    assert complaints(one_column, schema)
