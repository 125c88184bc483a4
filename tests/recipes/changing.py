"""A recipe in plain values with one value changed, and what is said about it."""

import copy
from pathlib import Path
from typing import Any

import pytest

from synth_builder.errors import RecipeError
from synth_builder.recipes.recipe import Recipe

Values = dict[str, Any]


def changed(recipe: Values, path: str, value: Any) -> Values:
    """The same recipe with one value put in place."""
    values = copy.deepcopy(recipe)
    *parents, key = path.split(".")
    place = values
    for parent in parents:
        place = place.setdefault(parent, {})
    place[key] = value
    return values


def refusal(recipe: Values, folder: Path) -> str:
    """The message with which a recipe is refused."""
    with pytest.raises(RecipeError) as found:
        Recipe.from_dict(recipe, directory=folder, where="Recipe 'films.yaml'")
    return str(found.value)
