"""Small releases to publish."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from synth_builder.engines.base import EngineSettings, Request
from synth_builder.engines.scripted import ScriptedEngine
from synth_builder.recipes.recipe import Recipe
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.verbs.build import build_variants
from tests.small_tasks import sentence_of_the_seed

ID = "ada/films"


def built(
    data: dict[str, Any],
    folder: Path,
    *names: str,
    out: str = "out",
    revision: str = "0123abc",
    reply: Callable[[Request], str] = sentence_of_the_seed,
) -> ReleaseFolder:
    """Build variants of the recipe (all when none is named) into `folder/out`, from scripted replies."""
    release = ReleaseFolder(folder / out)
    recipe = Recipe.from_dict(data, directory=folder)
    engine = ScriptedEngine(reply, revision=revision)
    build_variants(recipe, names or list(recipe.variants), release, engine, EngineSettings(), fresh=True)
    return release


def other_sentence(request: Request) -> str:
    """What the same model might have said as well."""
    return f"And yet, {sentence_of_the_seed(request)}"
