"""Builds whose rows take several files: `load_dataset`, `card`, `inspect` and `trace` see the rows of one."""

import json
from pathlib import Path
from typing import Any

import datasets
import pytest

from synth_builder.builder import features_of
from synth_builder.recipes.recipe import Recipe
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.releases.pictures.pictures import draw_pictures
from synth_builder.verbs.card import card
from synth_builder.verbs.inspect import inspect_rows
from synth_builder.verbs.trace import trace_row
from tests.publishing.many_files import a_file_for_each_row, data_paths
from tests.publishing.releases import built
from tests.releases.card_reading import read_card
from tests.row_writer import row_list_writer

FILES = ("file", "bytes", "sha256", "files")


def files_of(release: ReleaseFolder) -> list[str]:
    return sorted(path.relative_to(release.path).as_posix() for path in release.path.glob("data/**/*.parquet"))


def told(release: ReleaseFolder) -> dict[str, Any]:
    found = release.read_provenance("zero_shot")
    assert found is not None
    return found


@pytest.mark.parametrize("task", ["one_column", "two_columns"])
def test_load_dataset_gives_the_rows_of_one_file(
    task: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = request.getfixturevalue(task)
    name = next(iter(data["variants"]))
    reply = row_list_writer(list(data["task"]["columns"]), list(data["task"]["labels"]), "asked")
    whole = built(data, tmp_path, name, out="whole", reply=reply)
    a_file_for_each_row(monkeypatch)
    parts = built(data, tmp_path, name, out="parts", reply=reply)
    assert len(files_of(parts)) == sum(data["generation"]["rows"].values()) > len(files_of(whole))
    expected, found = (
        datasets.load_dataset(str(release.path), name, cache_dir=str(tmp_path / "cache")) for release in (whole, parts)
    )
    task_of_it = Recipe.from_dict(data, directory=tmp_path).task
    for split, rows in expected.items():
        assert found[split].features == features_of(task_of_it) == rows.features
        assert found[split].to_list() == rows.to_list()
    streamed = datasets.load_dataset(str(parts.path), name, split="train", streaming=True)
    assert list(streamed) == found["train"].to_list()


def test_the_provenance_tells_each_file_and_the_rest_as_of_one(
    one_column: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = built(one_column, tmp_path, "zero_shot", out="whole")
    a_file_for_each_row(monkeypatch)
    parts = built(one_column, tmp_path, "zero_shot", out="parts")
    assert files_of(parts) == sorted(data_paths("zero_shot"))
    one, several = told(whole), told(parts)
    assert several["format"] == one["format"] == 2
    assert several["measured"] == one["measured"]
    for split, count in (("train", 12), ("validation", 4)):
        before, after = one["splits"][split], several["splits"][split]
        same = [{key: value for key, value in side.items() if key not in FILES} for side in (before, after)]
        assert same[0] | {"num_bytes": 0} == same[1] | {"num_bytes": 0}  # of many tables, Arrow counts more bytes
        assert list(before) == ["rows", "file", "bytes", "num_bytes", "sha256", "rows_sha256", "statistics"]
        assert after["file"] == f"data/zero_shot/{split}-*-of-{count:05d}.parquet"
        assert after["bytes"] == sum(file["bytes"] for file in after["files"])
        assert [file["file"] for file in after["files"]] == [p for p in data_paths("zero_shot") if f"/{split}-" in p]
    front = read_card(parts.card.read_text()).front
    assert front["dataset_info"]["download_size"] == sum(split["bytes"] for split in several["splits"].values())
    assert front["configs"] == read_card(whole.card.read_text()).front["configs"]


def test_a_finished_variant_of_many_files_is_known_and_a_lost_file_is_noticed(
    one_column: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_file_for_each_row(monkeypatch)
    release = built(one_column, tmp_path, "zero_shot")
    before = {path: path.stat().st_mtime_ns for path in release.path.glob("data/**/*.parquet")}
    rebuild(one_column, tmp_path, release)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    lost = release.path / data_paths("zero_shot")[7]
    lost.unlink()
    rebuild(one_column, tmp_path, release)
    assert lost.is_file() and set(release.path.glob("data/**/*.parquet")) == set(before)


def rebuild(data: dict[str, Any], folder: Path, release: ReleaseFolder) -> None:
    from synth_builder.engines.base import EngineSettings
    from synth_builder.engines.scripted import ScriptedEngine
    from synth_builder.verbs.build import build_variants
    from tests.small_tasks import sentence_of_the_seed

    engine = ScriptedEngine(sentence_of_the_seed, revision="0123abc")
    build_variants(Recipe.from_dict(data, directory=folder), ["zero_shot"], release, engine, EngineSettings())


def test_fewer_files_take_the_place_of_more(
    one_column: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        a_file_for_each_row(patch)
        built(one_column, tmp_path, "zero_shot")
    release = built(one_column, tmp_path, "zero_shot")
    assert files_of(release) == [
        "data/zero_shot/train-00000-of-00001.parquet",
        "data/zero_shot/validation-00000-of-00001.parquet",
    ]


def test_card_inspect_and_trace_read_all_files(
    one_column: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib")
    whole = built(one_column, tmp_path, "zero_shot", out="whole")
    a_file_for_each_row(monkeypatch)
    parts = built(one_column, tmp_path, "zero_shot", out="parts")
    assert [row.id for row in inspect_rows(parts)] == [row.id for row in inspect_rows(whole)]
    assert len(list(inspect_rows(parts, split="train"))) == 12
    (origin,) = trace_row(parts, "train-11")
    assert origin.row == trace_row(whole, "train-11")[0].row and origin.prompt_is_the_one
    assert [card(release.path, pictures=False).notes for release in (whole, parts)] == [(), ()]
    assert told(parts)["measured"] == told(whole)["measured"]
    told_of_pictures = [draw_pictures(r, "zero_shot", told(r), r.read_recipe())[0]["kinds"] for r in (whole, parts)]
    assert told_of_pictures[0] == told_of_pictures[1]
    changed, gone = (parts.path / data_paths("zero_shot")[number] for number in (3, 13))
    gone.unlink()
    (note,) = card(parts.path, pictures=False).notes
    assert "because data/zero_shot/validation-00001-of-00004.parquet is not there" in note
    changed.write_bytes(b"other")
    (note,) = card(parts.path, pictures=False).notes
    assert "because data/zero_shot/train-00003-of-00012.parquet was changed after the build" in note


def test_scores_and_diversity_find_the_rows_of_all_files(
    one_column: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from synth_builder.scoring.rows.source import open_source, variant_rows

    whole = built(one_column, tmp_path, "zero_shot", out="whole")
    a_file_for_each_row(monkeypatch)
    parts = built(one_column, tmp_path, "zero_shot", out="parts")
    expected, found = (variant_rows(open_source(release.path))[1]["zero_shot"] for release in (whole, parts))
    assert found == expected and len(found) == 12
    assert json.loads(parts.provenance("zero_shot").read_text())["splits"]["train"]["rows"] == 12
