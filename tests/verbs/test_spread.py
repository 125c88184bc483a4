import sqlite3
from pathlib import Path
from typing import Any

import pytest

from synth_builder.engines.base import EngineSettings
from synth_builder.engines.scripted import ScriptedEngine
from synth_builder.errors import RecipeError
from synth_builder.recipes.recipe import Recipe
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.verbs.build import build_variants
from synth_builder.verbs.spread import Spread
from tests.distributed.in_process import InProcess
from tests.small_tasks import needed_options


@pytest.fixture
def settings(tmp_path: Path) -> EngineSettings:
    words = ["warm", "story", "great", "care", "loud", "empty", "sequel", "quiet", "debut", "music"]
    replies = [f"A {words[n % 10]} {words[n % 7]} with {words[n % 3]} {words[n % 9]} number {n}." for n in range(90)]
    (tmp_path / "replies.txt").write_text("\n".join(replies), encoding="utf-8")
    return EngineSettings(replies=str(tmp_path / "replies.txt"))


@pytest.mark.parametrize("is_stored", [False, True], ids=["in one folder", "with a storage"])
def test_a_release_of_a_cluster_is_that_of_one_process(
    recipe: Recipe, settings: EngineSettings, tmp_path: Path, is_stored: bool
) -> None:
    one, many = ReleaseFolder(tmp_path / "one"), ReleaseFolder(tmp_path / "many")
    build_variants(recipe, recipe.variants, one, "scripted", settings)
    storage = tmp_path / "storage"
    spread = Spread(InProcess(workers=3), storage=str(storage) if is_stored else None)
    assert spread.parts == 12
    build_variants(recipe, recipe.variants, many, "scripted", settings, spread=spread)
    for name in recipe.variants:
        for split in ("train", "validation"):
            assert many.data(name, split).read_bytes() == one.data(name, split).read_bytes()
        assert many.rejections(name).read_bytes() == one.rejections(name).read_bytes()
    again = build_variants(recipe, recipe.variants, many, "scripted", settings, spread=spread)
    assert all(variant.finished_before for variant in again)
    assert not storage.exists() or list(storage.rglob("*")) == []
    assert storage.exists() == is_stored


@pytest.mark.parametrize("fresh", [False, True])
def test_a_build_without_the_storage_goes_on_from_what_a_broken_one_left_there_unless_it_begins_anew(
    recipe: Recipe, settings: EngineSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh: bool
) -> None:
    release, storage = ReleaseFolder(tmp_path / "out"), tmp_path / "storage"
    with monkeypatch.context() as broken:

        def stop(*_: Any) -> None:
            raise KeyboardInterrupt

        broken.setattr("synth_builder.distributed.sharded.BuildStorage.fetch", stop)
        with pytest.raises(KeyboardInterrupt):
            spread = Spread(InProcess(), shards=2, storage=str(storage))
            build_variants(recipe, ["zero_shot"], release, "scripted", settings, spread=spread)
    assert list(storage.rglob("all-*.jsonl.gz"))
    (built,) = build_variants(recipe, ["zero_shot"], release, "scripted", settings, fresh=fresh)
    tally = built.provenance["tally"]
    assert (built.asked_now == tally["asked"]) == fresh
    assert [path for path in storage.rglob("*") if path.is_file()] == []
    with sqlite3.connect(release.work("zero_shot") / "journal.sqlite") as journal:
        (found,) = journal.execute("SELECT COUNT(*) FROM completions").fetchone()
    assert found == built.asked_now


def test_rows_that_need_no_model_are_made_on_a_cluster_too(one_column: dict[str, Any], tmp_path: Path) -> None:
    pytest.importorskip("torch")  # the engine that is named is made, though nobody asks it
    options = needed_options("template", ["text"], ["negative", "positive"])
    one_column["variants"] = {"made": {"strategy": "template", **options}}
    recipe = Recipe.from_dict(one_column, directory=tmp_path)
    release = ReleaseFolder(tmp_path / "out")
    (built,) = build_variants(
        recipe, ["made"], release, "embedded", EngineSettings(), spread=Spread(InProcess(), shards=2)
    )
    assert built.missing == 0


def test_an_engine_that_was_made_already_can_not_go_to_other_processes(recipe: Recipe, tmp_path: Path) -> None:
    class Mine(ScriptedEngine):
        name = "mine"

    engine = Mine(["A reply."])
    with pytest.raises(RecipeError, match="name the engine and its settings"):
        build_variants(
            recipe, ["zero_shot"], ReleaseFolder(tmp_path), engine, EngineSettings(), spread=Spread(InProcess())
        )
