"""Releases of recipes with the filter `verification`."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from synth_builder.engines.base import EngineSettings, Request
from synth_builder.engines.scripted import ScriptedEngine
from synth_builder.filters.verification import Verification
from synth_builder.recipes.fingerprint import digest
from synth_builder.recipes.recipe import Recipe
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.verbs.build import build_variants
from synth_builder.verbs.built_variant import BuiltVariant
from tests.scoring.tiny_encoder import save_tiny_encoder
from tests.small_tasks import sentence_of_the_seed


def built_with(filters: list[Any], data: dict[str, Any], folder: Path) -> tuple[BuiltVariant, ScriptedEngine]:
    data["generation"]["filters"] = filters

    def reply(request: Request) -> str:
        if "Which label is right?" in request.messages[-1].content:
            return "positive" if request.seed % 2 else "negative"
        return sentence_of_the_seed(request)

    engine = ScriptedEngine(reply, revision="1")
    recipe = Recipe.from_dict(data, directory=folder)
    (built,) = build_variants(recipe, ["zero_shot"], ReleaseFolder(folder / "out"), engine, EngineSettings())
    return built, engine


def test_a_release_tells_the_question_and_each_rows_agreement(one_column: dict[str, Any], tmp_path: Path) -> None:
    built, engine = built_with(["length", {"verification": {"votes": 1}}], one_column, tmp_path)
    template = Verification.templates()["verification"]
    assert built.provenance["prompts"][digest(template, 12)] == {"name": "verification", "text": template}
    assert built.provenance["tally"]["check_requests"] > 16
    rows = pyarrow.parquet.read_table(ReleaseFolder(tmp_path / "out").data("zero_shot", "train")).to_pylist()
    assert [row["provenance"]["checks"] for row in rows] == [[{"name": "agreement", "value": 1.0}]] * 12
    # A finished build asks nothing, neither does one that only reads its votes otherwise.
    again, engine = built_with(["length", {"verification": {"votes": 1}}], one_column, tmp_path)
    assert again.finished_before and engine.requests == []
    flagged, engine = built_with(["length", {"verification": {"votes": 1, "action": "flag"}}], one_column, tmp_path)
    assert not flagged.finished_before and (flagged.asked_now, engine.requests) == (0, [])


def test_a_classifier_learns_from_real_rows_and_asks_nobody(one_column: dict[str, Any], tmp_path: Path) -> None:
    for package in ("sklearn", "torch", "transformers"):
        pytest.importorskip(package)
    encoder = str(save_tiny_encoder(tmp_path / "encoder"))
    options = {"by": "classifier", "encoder": encoder, "action": "flag"}
    built, engine = built_with(["length", {"verification": options}], one_column, tmp_path)
    assert built.provenance["real_data"]["rows_filters_learn_from"] == 11
    assert built.provenance["tally"]["check_requests"] == 0
    assert "verification" not in {prompt["name"] for prompt in built.provenance["prompts"].values()}
    assert len(engine.requests) == built.provenance["tally"]["asked"]
    rows = pyarrow.parquet.read_table(ReleaseFolder(tmp_path / "out").data("zero_shot", "train")).to_pylist()
    probabilities = [check["value"] for row in rows for check in row["provenance"]["checks"]]
    assert len(probabilities) == 12 and all(0 < value < 1 for value in probabilities)
    assert json.dumps(built.provenance)
