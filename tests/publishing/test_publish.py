"""`publish` against a loopback Hub, with the real client."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from synth_builder.engines.base import EngineSettings, Request
from synth_builder.engines.scripted import ScriptedEngine
from synth_builder.publishing.version import Version
from synth_builder.recipes.recipe import Recipe
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.verbs.build import build_variants
from synth_builder.verbs.publish import publish
from tests.servers.hub import HubServer
from tests.small_tasks import some_unusable

ID = "ada/films"


def built(
    data: dict[str, Any],
    folder: Path,
    *names: str,
    out: str = "out",
    revision: str = "0123abc",
    reply: Callable[[Request], str] | None = None,
) -> ReleaseFolder:
    release = ReleaseFolder(folder / out)
    recipe = Recipe.from_dict(data, directory=folder)
    engine = ScriptedEngine(reply or some_unusable(5), revision=revision)
    build_variants(recipe, names or list(recipe.variants), release, engine, EngineSettings())
    return release


def test_a_first_version_is_one_commit_and_a_tag(hub: HubServer, one_column: dict[str, Any], tmp_path: Path) -> None:
    release = built(one_column, tmp_path)
    done = publish(release.path, ID)
    assert (done.version, done.new) == (Version(1, 0, 0), True)
    repo = hub.repositories[ID]
    assert hub.tally.commits == 1
    assert repo.tags["v1.0.0"] is repo.head
    assert sorted(repo.head.files) == [
        ".gitattributes",
        "CHANGELOG.md",
        "README.md",
        "data/few_shot/train-00000-of-00001.parquet",
        "data/few_shot/validation-00000-of-00001.parquet",
        "data/zero_shot/train-00000-of-00001.parquet",
        "data/zero_shot/validation-00000-of-00001.parquet",
        "provenance/few_shot.json",
        "provenance/zero_shot.json",
        "recipe.yaml",
    ]
    assert hub.unknown == []
