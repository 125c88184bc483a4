from collections.abc import Collection
from pathlib import Path
from typing import Any

from synth_builder.errors import PublishError
from synth_builder.recipes.generation import Generation
from synth_builder.recipes.model_name import shown_filters
from synth_builder.recipes.recipe import Recipe
from synth_builder.recipes.reference import FileReference, parse_reference


def publishable(recipe: Recipe) -> Recipe:
    """The recipe as others may see it: of real data and encoders in local files only the last part of a path stays."""
    data = recipe.model_dump(mode="json", exclude_none=True)
    for key in ("train", "test"):
        reference = data.get("real", {}).get(key)
        if reference is not None and isinstance(parse_reference(reference, Path()), FileReference):
            data["real"][key] = Path(reference).name
    for part in (data, *data["variants"].values()):
        if "filters" in part.get("generation", {}):
            part["generation"]["filters"] = shown_filters(part["generation"]["filters"])
    return _recipe(data)


def merged_recipe(
    theirs: Recipe, ours: Recipe, names: Collection[str], kept: Collection[str], *, card: bool
) -> tuple[Recipe, list[str]]:
    """
    The recipe of a release after some of its variants were replaced or added.

    Args:
        theirs (`Recipe`):
            The published one.
        ours (`Recipe`):
            The one that the new variants were built from; `publishable`.
        names (`Collection[str]`):
            The new variants.
        kept (`Collection[str]`):
            Published variants that stay as they are.
        card (`bool`):
            Whether settings of the card are taken from `ours`.

    Returns:
        `tuple[Recipe, list[str]]`: The recipe, and what its maker has to know.

    Raises:
        PublishError: The two do not go together.
    """
    if not kept:
        return ours if card else ours.model_copy(update={"card": theirs.card}), []
    stays = ", ".join(map(repr, sorted(kept)))
    if theirs.name != ours.name:
        raise PublishError(
            f"The published recipe is called {theirs.name!r}, this one {ours.name!r}. A repository holds one recipe: "
            "give the recipe that name, or publish elsewhere."
        )
    if theirs.task != ours.task:
        different = [
            name for name in type(ours.task).model_fields if getattr(theirs.task, name) != getattr(ours.task, name)
        ]
        raise PublishError(
            f"The task of this release differs from the published one in: {', '.join(different)}; {stays} would not "
            "fit the recipe any more. Build those variants anew as well and publish all together, or start from the "
            "published recipe."
        )
    notes = []
    if theirs.real != ours.real:
        notes.append(
            f"The published recipe names other real data than yours; it stays as it is, since {stays} lean on it."
        )
    data = theirs.model_dump(mode="json", exclude_none=True)
    for name in names:
        data["variants"][name] = _variant(theirs, ours, name)
    if card:
        data["card"] = ours.model_dump(mode="json", exclude_none=True)["card"]
    return _recipe(data), notes


def _variant(theirs: Recipe, ours: Recipe, name: str) -> dict[str, Any]:
    """A variant as it has to be written under other defaults so that it means the same."""
    variant = ours.variants[name]
    wanted = _resolved(ours, name)
    defaults = theirs.generation.model_dump(mode="json")
    written: dict[str, Any] = variant.model_dump(mode="json", exclude_none=True)
    written["generation"] = {key: value for key, value in wanted.items() if value != defaults[key]}
    if not written["generation"]:
        del written["generation"]
    data = theirs.model_dump(mode="json", exclude_none=True)
    trial = _recipe({**data, "variants": {**data["variants"], name: written}})
    if _resolved(trial, name) != wanted:
        raise PublishError(
            f"The variant {name!r} can't be written under the defaults of the published recipe (generation.rows: "
            f"{theirs.generation.rows}): give it the same splits, or other ones that include them."
        )
    return written


def _resolved(recipe: Recipe, name: str) -> dict[str, Any]:
    merged = recipe.variants[name].merged_generation(recipe.generation)
    return Generation.parse(merged, f"The variant {name!r}").model_dump(mode="json")


def _recipe(data: dict[str, Any]) -> Recipe:
    return Recipe.from_dict(data, where="The recipe to be published", check_files=False)
