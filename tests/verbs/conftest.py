from pathlib import Path
from typing import Any

import pytest

from synth_builder.engines.base import EngineSettings
from synth_builder.engines.scripted import ScriptedEngine
from synth_builder.recipes.recipe import Recipe
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.verbs.build import build_variants
from tests.small_tasks import some_unusable


@pytest.fixture
def release(one_column: dict[str, Any], tmp_path: Path) -> ReleaseFolder:
    """Films in three variants; one reply in three is too short."""
    one_column["variants"]["topics"] = {"strategy": "zero_shot_topic", "topics": 8}
    recipe = Recipe.from_dict(one_column, directory=tmp_path)
    release = ReleaseFolder(tmp_path / "out")
    topics = "\n".join(f"{number}. Topic {number}" for number in range(1, 11))
    rows = some_unusable(3)
    engine = ScriptedEngine(lambda asked: topics if "diverse topics" in str(asked) else rows(asked), revision="1")
    build_variants(recipe, list(recipe.variants), release, engine, EngineSettings())
    return release
