import json
import shutil
import socket
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest
import yaml

from synth_builder.engines.base import EngineInfo, EngineSettings
from synth_builder.engines.scripted import ScriptedEngine
from synth_builder.errors import UnknownNameError
from synth_builder.recipes.recipe import Recipe
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.verbs.build import build_variants
from synth_builder.verbs.inspect import inspect_rows
from synth_builder.verbs.trace import trace_row
from tests.row_writer import row_list_writer
from tests.small_tasks import sentence_of_the_seed


@pytest.fixture(autouse=True)
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def refuse(*arguments: object, **options: object) -> NoReturn:
        raise AssertionError("inspect opened a socket")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    yield


def files_of(release: ReleaseFolder) -> set[str]:
    return {str(path.relative_to(release.path)) for path in release.path.rglob("*")}


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


def test_of_a_model_that_was_called_by_a_path_the_journal_knows_the_whole(recipe: Recipe, tmp_path: Path) -> None:
    class LocalModel(ScriptedEngine):
        async def open(self) -> EngineInfo:
            return replace(await super().open(), model="/home/ada/llama")

    release = ReleaseFolder(tmp_path / "out")
    build_variants(recipe, ["zero_shot"], release, LocalModel(sentence_of_the_seed), EngineSettings())
    (origin,) = trace_row(release, "train-0", "zero_shot")
    assert (origin.engine["model"], origin.prompt_is_the_one, origin.notes) == ("llama", True, ())
    shutil.rmtree(release.path / ".synth-builder")
    (origin,) = trace_row(release, "train-0", "zero_shot")
    assert origin.prompt is not None and origin.prompt_is_the_one is None
    assert "Whether the prompt that is shown is the one that was asked can't be told" in origin.notes[1]


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


def test_a_release_of_a_version_that_tells_more_of_the_engine_can_be_read(release: ReleaseFolder) -> None:
    provenance = release.read_provenance("zero_shot")
    assert provenance is not None
    provenance["engine"]["colour"] = "green"
    release.provenance("zero_shot").write_text(json.dumps(provenance), encoding="utf-8")
    (origin,) = trace_row(release, "train-0", "zero_shot")
    assert origin.prompt_is_the_one is True


def test_a_row_that_is_not_there_is_told(release: ReleaseFolder) -> None:
    with pytest.raises(UnknownNameError, match=r"No row has the id 'train-999'"):
        trace_row(release, "train-999")


@pytest.mark.parametrize("variant", ["several", "talk", "both"])
def test_a_row_of_a_request_for_several_or_of_a_conversation_leads_back_to_all_that_was_asked(
    one_column: dict[str, Any], tmp_path: Path, variant: str
) -> None:
    one_column["variants"] = {
        "several": {"strategy": "zero_shot", "rows_per_request": 3},
        "talk": {"strategy": "conversation", "turns": 3, "k": 2},
        "both": {"strategy": "conversation", "turns": 2, "rows_per_request": 2},
    }
    release = ReleaseFolder(tmp_path / "out")
    columns, labels = ["text"], list(one_column["task"]["labels"])
    engine = ScriptedEngine(row_list_writer(columns, labels, "conditioned"), revision="1")
    build_variants(Recipe.from_dict(one_column, directory=tmp_path), [variant], release, engine, EngineSettings())
    draws, turns, together = set(), set(), Counter[str]()
    for row in inspect_rows(release, variant):
        (origin,) = trace_row(release, row.id, variant)
        assert origin.prompt_is_the_one is True and origin.notes == ()
        assert origin.reply is not None and row.columns["text"] in origin.reply.text
        assert origin.prompt is not None
        draws.add(row.provenance["draw"])
        turns.add(sum(message.role == "assistant" for message in origin.prompt.messages))
        together[row.provenance["request"]] += 1
    assert len(draws) > 1
    assert turns == {"several": {0}, "talk": {0, 1, 2}, "both": {0, 1}}[variant]
    assert max(together.values()) == {"several": 3, "talk": 1, "both": 2}[variant]
    if variant != "several":
        shutil.rmtree(release.path / ".synth-builder")
        later = [trace_row(release, row.id, variant)[0] for row in inspect_rows(release, variant)]
        unknown = [origin for origin in later if origin.prompt is None]
        assert unknown and len(unknown) < len(later)
        assert all("it holds earlier turns of its conversation" in origin.notes[-1] for origin in unknown)
