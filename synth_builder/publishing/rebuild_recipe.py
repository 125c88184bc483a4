from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from synth_builder.errors import PublishError
from synth_builder.generation.setup import real_data_needed
from synth_builder.publishing.published import Published
from synth_builder.recipes.recipe import Recipe
from synth_builder.recipes.reference import FileReference, parse_reference
from synth_builder.recipes.yaml_text import with_overrides
from synth_builder.registry import nearest

_SEEDS = 2**31


def published_variants(published: Published, names: Iterable[str] | None = None) -> list[str]:
    """
    Variants of a published version that can be built again.

    Args:
        published (`Published`):
            The version.
        names (`Iterable[str]`, *optional*):
            Those that are wanted; all when not given.

    Raises:
        PublishError: One that is wanted is not there, or there is none.
    """
    known = [name for name in published.state.provenances if name in published.state.recipe.variants]
    chosen = list(dict.fromkeys(names or ())) or known
    for name in chosen:
        if name not in known:
            raise PublishError(
                f"{published.name} has no variant {name!r} that could be built again.{nearest(name, known)} "
                f"It has: {', '.join(known) or 'none'}."
            )
    if not chosen:
        raise PublishError(f"The recipe of {published.name} has none of its variants, so nothing can be built again.")
    return chosen


def recipe_to_rebuild(
    published: Published,
    names: Sequence[str],
    overrides: Iterable[str] = (),
    *,
    new_draw: bool = False,
    seed: int | None = None,
) -> Recipe:
    """
    The recipe of a published version, ready to be built here. Nothing of the repository is executed, and no file of
    this machine is read because a repository names it: local real data are those that the user gives.

    Args:
        published (`Published`):
            The version.
        names (`Sequence[str]`):
            The variants that are wanted.
        overrides (`Iterable[str]`, defaults to `()`):
            `key.path=value` settings over the recipe; paths start at the current directory.
        new_draw (`bool`, defaults to `False`):
            Whether the seed is another one.
        seed (`int`, *optional*):
            That seed; the next number when not given.

    Raises:
        PublishError: It leans on files that were not given, or the seed does not fit.
        RecipeError: A setting does not fit.
    """
    overrides = list(overrides)
    where = f"recipe.yaml of {published.name}"
    data = with_overrides(published.state.recipe.model_dump(mode="json", exclude_none=True), overrides, where)
    if new_draw:
        data = _redrawn(data, published, seed)
    elif seed is not None:
        raise PublishError(f"The seed {seed} is given, and no new draw is asked for; add --new-draw, or leave it out.")
    recipe = Recipe.from_dict(data, directory=Path.cwd(), where=where, check_files=False)
    given = {override.partition("=")[0].strip() for override in overrides}
    _no_prompt_files(recipe, published, given)
    _local_data_given(recipe, published, names, given)
    return recipe


def _redrawn(data: dict[str, Any], published: Published, seed: int | None) -> dict[str, Any]:
    """Seeds are moved by the same step, so that two variants that differ in their seed still do."""
    before = int(data["generation"]["seed"])
    step = 1 if seed is None else seed - before
    if not step:
        raise PublishError(f"{before} is the seed of {published.name}; a new draw needs another one.")
    variants = {}
    for name, variant in data["variants"].items():
        generation = variant.get("generation", {})
        if "seed" in generation:
            generation = {**generation, "seed": (int(generation["seed"]) + step) % _SEEDS}
            variant = {**variant, "generation": generation}
        variants[name] = variant
    return {**data, "generation": {**data["generation"], "seed": before + step}, "variants": variants}


def _no_prompt_files(recipe: Recipe, published: Published, given: set[str]) -> None:
    for name, variant in recipe.variants.items():
        key = f"variants.{name}.prompt_file"
        if variant.prompt_file is not None and key not in given:
            raise PublishError(
                f"The recipe of {published.name} names the prompt file {variant.prompt_file!r}, which a published "
                f"recipe can't bring along; give yours with --set {key}=PATH."
            )


def _local_data_given(recipe: Recipe, published: Published, names: Sequence[str], given: set[str]) -> None:
    needed = {part for name in names for part in real_data_needed(recipe, recipe.variant(name))}
    wanted, missing = {}, {}
    for part in ("train", "test"):
        reference = getattr(recipe.real, part) if part in needed else None
        parsed = parse_reference(reference, recipe.directory) if reference is not None else None
        if not isinstance(parsed, FileReference):
            continue
        if not given.intersection({"real", f"real.{part}"}):
            wanted[part] = reference
        elif not parsed.path.is_file():
            missing[part] = reference
    if missing:
        told = " and ".join(f"real.{part}={reference}" for part, reference in missing.items())
        raise PublishError(f"--set {told} names no file that is there; a relative path starts at this directory.")
    if wanted:
        files = " and ".join(f"{str(reference)!r} (real.{part})" for part, reference in wanted.items())
        options = " ".join(f"--set real.{part}=PATH" for part in wanted)
        raise PublishError(
            f"The recipe of {published.name} leans on the local file{'s' if len(wanted) > 1 else ''} {files}, which "
            f"{'are' if len(wanted) > 1 else 'is'} not published; give your own with {options}."
        )
