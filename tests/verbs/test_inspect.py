import json
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
import yaml

from synth_builder.engines.base import EngineSettings
from synth_builder.engines.scripted import ScriptedEngine
from synth_builder.errors import ReleaseError, UnknownNameError
from synth_builder.recipes.recipe import Recipe
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.verbs.build import build_variants
from synth_builder.verbs.inspect import inspect_rejections, inspect_rows, trace_row
from tests.small_tasks import some_unusable


def release_of(data: dict[str, Any], folder: Path) -> ReleaseFolder:
    recipe = Recipe.from_dict(data, directory=folder)
    release = ReleaseFolder(folder / "out")
    topics = "\n".join(f"{number}. Topic {number}" for number in range(1, 11))
    rows = some_unusable(3)
    engine = ScriptedEngine(lambda asked: topics if "diverse topics" in str(asked) else rows(asked), revision="1")
    build_variants(recipe, list(recipe.variants), release, engine, EngineSettings())
    return release


@pytest.fixture
def release(one_column: dict[str, Any], tmp_path: Path) -> ReleaseFolder:
    one_column["variants"]["topics"] = {"strategy": "zero_shot_topic", "topics": 8}
    return release_of(one_column, tmp_path)


@pytest.fixture(autouse=True)
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def refuse(*arguments: object, **options: object) -> NoReturn:
        raise AssertionError("inspect opened a socket")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    yield


def files_of(release: ReleaseFolder) -> set[str]:
    return {str(path.relative_to(release.path)) for path in release.path.rglob("*")}


def test_rows_are_shown_by_variant_split_and_label(release: ReleaseFolder) -> None:
    rows = list(inspect_rows(release))
    assert [(variant, sum(row.variant == variant for row in rows)) for variant in release.variants()] == [
        ("zero_shot", 16),
        ("few_shot", 16),
        ("topics", 16),
    ]
    chosen = list(inspect_rows(str(release.path), "few_shot", "validation", "positive"))
    assert len(chosen) == 2
    for row in chosen:
        assert (row.variant, row.split, row.label) == ("few_shot", "validation", "positive")
        assert row.id.startswith("validation-")
        assert list(row.columns) == ["text"]
        assert row.provenance["strategy"] == "few_shot"


def test_rejections_are_shown_by_reason(release: ReleaseFolder) -> None:
    told = release.read_provenance("zero_shot")
    assert told is not None
    found = list(inspect_rejections(release, "zero_shot", reason="too_short"))
    assert len(found) == told["tally"]["rejected"]["too_short"] > 0
    assert {one.raw for one in found} == {"Too short."}
    assert {one.columns["text"] for one in found if one.columns} == {"Too short."}
    train = list(inspect_rejections(release, "zero_shot", "train", "negative"))
    assert {(one.split, one.label) for one in train} == {("train", "negative")}
    assert list(inspect_rejections(release, "zero_shot", reason="failed")) == []


@pytest.mark.parametrize("variant", ["zero_shot", "few_shot", "topics"])
def test_a_row_leads_back_to_its_prompt_and_the_raw_reply(release: ReleaseFolder, variant: str) -> None:
    before = files_of(release)
    for row in inspect_rows(release, variant):
        (origin,) = trace_row(release, row.id, variant)
        assert origin.row == row
        assert origin.prompt_is_the_one is True and origin.prompt is not None
        assert origin.reply is not None and origin.reply.text == row.columns["text"]
        assert len(origin.earlier) == row.provenance["draw"]
        assert all(one.raw == "Too short." for one in origin.earlier)
        assert origin.notes == ()
        prompt = origin.prompt.messages[-1].content
        assert row.provenance["topic"] is None or row.provenance["topic"] in prompt
    assert files_of(release) == before, "a look must leave nothing behind"


def test_without_a_variant_every_variant_with_that_row_is_told(release: ReleaseFolder) -> None:
    assert [origin.row.variant for origin in trace_row(release, "train-0")] == release.variants()


@pytest.mark.parametrize("variant", ["zero_shot", "topics"])
def test_without_the_journal_it_says_what_is_missing(release: ReleaseFolder, variant: str) -> None:
    shutil.rmtree(release.path / ".synth-builder")
    (origin,) = trace_row(release, "train-0", variant)
    assert origin.reply is None
    assert origin.prompt_is_the_one is True
    assert len(origin.notes) == 1
    assert "There is no journal at" in origin.notes[0] and "the raw reply is not known" in origin.notes[0]


def test_a_journal_that_is_none_is_told_and_the_rest_is_shown(release: ReleaseFolder) -> None:
    for path in release.work("zero_shot").iterdir():
        path.unlink()
    (release.work("zero_shot") / "journal.sqlite").write_bytes(b"no journal at all" * 100)
    (origin,) = trace_row(release, "train-0", "zero_shot")
    assert origin.reply is None and origin.prompt is not None
    assert origin.notes[0].startswith("The raw reply is not known. The journal ")


def test_a_prompt_that_is_not_the_one_that_was_asked_is_told(release: ReleaseFolder) -> None:
    recipe = yaml.safe_load(release.recipe.read_text(encoding="utf-8"))
    recipe["task"]["description"] = "Something else."
    release.recipe.write_text(yaml.safe_dump(recipe, sort_keys=False), encoding="utf-8")
    (origin,) = trace_row(release, "train-0", "zero_shot")
    assert origin.prompt is not None and origin.prompt_is_the_one is False
    assert any("NOT the one that was asked" in note for note in origin.notes)
    assert origin.reply is not None


def test_a_prompt_that_can_not_be_made_again_is_told(release: ReleaseFolder, tmp_path: Path) -> None:
    (tmp_path / "train.csv").unlink()
    (origin,) = trace_row(release, "train-0", "few_shot")
    assert origin.prompt is None and origin.prompt_is_the_one is None
    assert any(note.startswith("The prompt can't be made again: ") for note in origin.notes)
    recipe = yaml.safe_load(release.recipe.read_text(encoding="utf-8"))
    recipe["generation"]["rows"] = {"train": 2}
    release.recipe.write_text(yaml.safe_dump(recipe, sort_keys=False), encoding="utf-8")
    (last,) = list(inspect_rows(release, "zero_shot", "train"))[-1:]
    (origin,) = trace_row(release, last.id, "zero_shot")
    assert origin.prompt is None
    assert any("generation.rows were changed after the build" in note for note in origin.notes)


def test_topics_that_are_nowhere_any_more_are_told(release: ReleaseFolder) -> None:
    shutil.rmtree(release.path / ".synth-builder")
    provenance = release.read_provenance("topics")
    assert provenance is not None
    release.provenance("topics").write_text(json.dumps(provenance | {"facts": {}}), encoding="utf-8")
    (origin,) = trace_row(release, "train-0", "topics")
    assert origin.prompt is None
    assert any("asked the model for something before the first row" in note for note in origin.notes)


def test_names_that_are_not_there_are_answered_with_those_that_are(release: ReleaseFolder) -> None:
    with pytest.raises(UnknownNameError, match=r"has no variant 'zero_shots'\. Did you mean 'zero_shot'"):
        inspect_rows(release, "zero_shots")
    with pytest.raises(UnknownNameError, match=r"has no split 'test'\. It has: train, validation"):
        inspect_rows(release, split="test")
    with pytest.raises(UnknownNameError, match=r"No label is called 'positiv'\. Did you mean 'positive'"):
        inspect_rejections(release, label="positiv")
    with pytest.raises(UnknownNameError, match=r"has no reason 'too_shrt'\. Did you mean 'too_short'"):
        inspect_rejections(release, reason="too_shrt")
    with pytest.raises(UnknownNameError, match=r"No row has the id 'train-999'"):
        trace_row(release, "train-999")


def test_a_folder_that_is_no_release_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="is no release"):
        inspect_rows(tmp_path / "nothing")


def test_a_file_that_is_gone_is_named(release: ReleaseFolder) -> None:
    release.data("zero_shot", "train").unlink()
    release.rejections("few_shot").write_bytes(b"no parquet")
    with pytest.raises(ReleaseError, match=r"train-00000-of-00001\.parquet' can't be read"):
        list(inspect_rows(release, "zero_shot"))
    with pytest.raises(ReleaseError, match=r"few_shot\.parquet' can't be read"):
        list(inspect_rejections(release, "few_shot"))
