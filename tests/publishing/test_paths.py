"""Paths of the publisher's machine: of real data and of models, no folder is published."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from synth_builder.engines.base import EngineInfo, EngineSettings
from synth_builder.engines.scripted import ScriptedEngine
from synth_builder.recipes.recipe import Recipe
from synth_builder.releases.card.card import write_card
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.verbs.build import build_variants
from synth_builder.verbs.publish import publish
from tests.publishing.releases import ID, built
from tests.scoring.results.test_scores import scores
from tests.servers.hub import HubServer
from tests.small_tasks import sentence_of_the_seed


def test_local_files_go_out_by_name_only_and_that_is_told(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    done = publish(built(one_column, tmp_path).path, ID, check=False)
    recipe = yaml.safe_load(hub.repositories[ID].read("recipe.yaml"))
    assert (recipe["real"]["train"], recipe["real"]["test"]) == ("train.csv", "test.csv")
    assert not any(str(tmp_path).encode() in blob.content for blob in hub.repositories[ID].head.files.values())
    assert [note for note in done.notes if "train.csv, test.csv" in note]


def test_of_real_data_in_local_files_no_folder_is_told_anywhere(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    inside = tmp_path / "acme" / "secret"
    inside.mkdir(parents=True)
    for part in ("train", "test"):
        (tmp_path / f"{part}.csv").rename(inside / f"{part}.csv")
        one_column["real"][part] = f"acme/secret/{part}.csv"
    release = built(one_column, tmp_path, "few_shot")
    measured = scores("few_shot")
    test = measured.test.model_copy(update={"reference": str(inside / "test.csv")})
    note = f"2 of the 12 real training rows of {str(inside / 'test.csv')!r} stand in the test rows too."
    measured.model_copy(update={"test": test, "notes": (note,)}).write(release.scores("few_shot"))
    write_card(release)
    publish(release.path, ID, check=False)
    files = hub.repositories[ID].head.files
    assert "secret" not in release.card.read_text(encoding="utf-8")
    assert "2 of the 12 real training rows of 'test.csv' stand" in files["README.md"].content.decode()
    assert '"reference": "test.csv"' in files["scores/few_shot.json"].content.decode()
    assert [path for path, blob in files.items() if b"secret" in blob.content] == []
    assert not publish(release.path, ID, check=False).new


class LocalModel(ScriptedEngine):
    """A server that calls its model by where it lies, as vLLM does."""

    model = "/home/ada/acme-secret/llama-8b"

    async def open(self) -> EngineInfo:
        return replace(await super().open(), model=self.model)


def test_of_a_model_in_a_folder_no_folder_is_told_anywhere(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    def made(model: str, out: str) -> ReleaseFolder:
        engine = LocalModel(sentence_of_the_seed, revision="0123abc")
        engine.model = model
        release = ReleaseFolder(tmp_path / out)
        recipe = Recipe.from_dict(one_column, directory=tmp_path)
        build_variants(recipe, ["zero_shot"], release, engine, EngineSettings())
        # The same model again, by the name that the server gave it: nothing to do.
        build_variants(recipe, ["zero_shot"], release, engine, EngineSettings(model=model))
        return release

    release = made(LocalModel.model, "a")
    kept = [path for folder in ("*", "provenance/*", "data/**/*.parquet") for path in release.path.glob(folder)]
    assert [path for path in kept if path.is_file() and b"secret" in path.read_bytes()] == []
    # One that an earlier version of this package built tells it all.
    told = json.loads(release.provenance("zero_shot").read_text(encoding="utf-8"))
    assert told["engine"].pop("model_digest") and told["engine"]["model"] == "llama-8b"
    told["engine"]["model"] = LocalModel.model
    release.provenance("zero_shot").write_text(json.dumps(told), encoding="utf-8")
    publish(release.path, ID)
    repo = hub.repositories[ID]
    assert [
        path for path, blob in repo.head.files.items() if b"secret" in blob.content or b"/ada/" in blob.content
    ] == []
    assert "12 train rows, 4 validation rows by `zero_shot` with llama-8b" in repo.read("CHANGELOG.md").decode()
    assert "llama-8b" in repo.read("README.md").decode()
    # It is known again, and another one whose path ends alike is another one.
    assert not publish(made(LocalModel.model, "b").path, ID, check=False).new
    done = publish(made("/home/bob/llama-8b", "c").path, ID, check=False)
    assert (done.verdict, done.changes) == (
        "minor",
        ("`zero_shot`: another revision of the model; 12 train rows, 4 validation rows.",),
    )
