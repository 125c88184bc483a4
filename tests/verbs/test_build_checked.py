"""Releases whose rows another model was asked about."""

from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

import synth_builder
from synth_builder.engines.base import EngineSettings
from synth_builder.engines.choose import EngineChoice
from synth_builder.engines.scripted import ScriptedEngine
from synth_builder.errors import EngineChangedError, RecipeError
from synth_builder.generation.budget import Budget, Prices
from synth_builder.recipes.recipe import Recipe
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.verbs.build import build_variants
from synth_builder.verbs.built_variant import BuiltVariant
from synth_builder.verbs.pilot import pilot
from synth_builder.verbs.sample import sample
from tests.generation.test_checking import judge, votes, words, writer
from tests.generation.test_verified_rows import is_vote
from tests.row_writer import row_writer
from tests.servers.replies import Asked
from tests.servers.tgi import TGIServer

QUESTION = "Which label is right?"
WRITERS = EngineSettings()


def recipe_of(data: dict[str, Any], folder: Path, filters: list[Any] | None = None) -> Recipe:
    data["generation"]["filters"] = ["length", "verification"] if filters is None else filters
    return Recipe.from_dict(data, directory=folder)


def built_with(
    recipe: Recipe, folder: Path, engine: ScriptedEngine, checker: EngineChoice | None, **options: Any
) -> BuiltVariant:
    (built,) = build_variants(
        recipe, ["zero_shot"], ReleaseFolder(folder / "out"), engine, WRITERS, checker=checker, **options
    )
    return built


def test_a_release_tells_who_checked_and_what_that_took(one_column: dict[str, Any], tmp_path: Path) -> None:
    first, second = writer(), judge()
    prices = Budget(prices=Prices(1.0, 2.0), checker_prices=Prices(3.0, 4.0))
    built = built_with(recipe_of(one_column, tmp_path), tmp_path, first, EngineChoice(second), budget=prices)
    provenance = built.provenance
    tally = provenance["tally"]
    assert provenance["engine"]["revision"] == "writer" and provenance["checker"]["revision"] == "judge"
    assert tally["checker_prompt_tokens"] == words(second.requests)
    assert tally["checker_completion_tokens"] == len(second.requests) == tally["check_requests"]
    assert provenance["cost"]["total"] == round(
        (
            1.0 * tally["prompt_tokens"]
            + 2.0 * tally["completion_tokens"]
            + 3.0 * words(second.requests)
            + 4.0 * len(second.requests)
        )
        / 1e6,
        6,
    )
    card = ReleaseFolder(tmp_path / "out").card.read_text(encoding="utf-8")
    assert " and no person checked the labels.\nAnother language model was asked about the rows (scripted" in card
    assert "(scripted, revision `judge`).\nBuilt with synth-builder" in card
    assert "Checker, asked what the filters ask: scripted, revision `judge`; engine scripted (synth-builder)." in card
    assert (
        f"Tokens of the checker: {words(second.requests)} in prompts, {len(second.requests)} in replies, of " in card
    )
    assert "for a million of replies; of the checker at 3.0 and 4.0." in card


def test_without_a_checker_nothing_is_said_of_one(one_column: dict[str, Any], tmp_path: Path) -> None:
    alone = writer(lambda request: votes(request) if is_vote(request) else "A film of many words and scenes.")
    built = built_with(recipe_of(one_column, tmp_path), tmp_path, alone, None)
    assert not [key for key in (*built.provenance, *built.provenance["tally"]) if "checker" in key]
    assert "hecker" not in ReleaseFolder(tmp_path / "out").card.read_text(encoding="utf-8")


def test_a_finished_variant_is_checked_by_another_model_and_not_written_again(
    one_column: dict[str, Any], tmp_path: Path
) -> None:
    recipe = recipe_of(one_column, tmp_path, ["length", {"verification": {"action": "flag"}}])
    choice = EngineChoice(judge(), EngineSettings(model="/models/small"))
    built_with(recipe, tmp_path, writer(), choice)
    assert "/models" not in ReleaseFolder(tmp_path / "out").provenance("zero_shot").read_text(encoding="utf-8")
    again = built_with(recipe, tmp_path, writer(), choice)
    assert again.finished_before
    rest, other = writer(), judge(lambda _: "positive", revision="large")
    larger = EngineChoice(other, EngineSettings(model="/models/large"))
    changed = built_with(recipe, tmp_path, rest, larger)
    assert not changed.finished_before and rest.requests == []
    assert len(other.requests) == changed.asked_now == changed.provenance["tally"]["check_requests"]
    assert changed.provenance["checker"]["revision"] == "large"
    rows = pyarrow.parquet.read_table(ReleaseFolder(tmp_path / "out").data("zero_shot", "train")).to_pylist()
    assert {(row["label"], row["provenance"]["checks"][0]["value"]) for row in rows} == {(0, 0.0), (1, 1.0)}
    with pytest.raises(
        EngineChangedError, match=r"^The rows of variant 'zero_shot' were checked by 'scripted', and n"
    ):
        built_with(recipe, tmp_path, writer(), None)
    # With --fresh it may.
    alone = writer(lambda request: votes(request) if is_vote(request) else f"A film, {request.seed} scenes long.")
    assert "checker" not in built_with(recipe, tmp_path, alone, None, fresh=True).provenance


def test_a_checker_that_nothing_would_use_is_refused_before_the_first_request(
    one_column: dict[str, Any], tmp_path: Path
) -> None:
    first, choice = writer(), EngineChoice(judge())
    with pytest.raises(RecipeError) as found:
        built_with(recipe_of(one_column, tmp_path, ["length"]), tmp_path, first, choice)
    assert str(found.value) == (
        "A checker is named, but no filter of 'zero_shot' asks a model about rows, so nothing would use it; add the "
        "filter 'verification', or leave the checker out."
    )
    assert first.requests == [] and not (tmp_path / "out").exists()


def test_a_variant_without_such_a_filter_is_built_beside_one_that_has_it(
    one_column: dict[str, Any], tmp_path: Path
) -> None:
    recipe = recipe_of(one_column, tmp_path, ["length"])
    one_column["variants"]["few_shot"]["generation"] = {"filters": ["length", "verification"]}
    recipe = recipe_of(one_column, tmp_path, ["length"])
    release = ReleaseFolder(tmp_path / "out")
    plain, checked = build_variants(
        recipe, ["zero_shot", "few_shot"], release, writer(), WRITERS, checker=EngineChoice(judge())
    )
    assert "checker" not in plain.provenance and checked.provenance["checker"]["revision"] == "judge"
    assert "Another language model was asked about the rows of `few_shot` (scripted" in release.card.read_text("utf-8")


def test_the_engine_that_writes_is_no_checker(one_column: dict[str, Any], tmp_path: Path) -> None:
    engine = writer()
    with pytest.raises(RecipeError, match=r"^The checker is the engine that writes; give it an engine of its own"):
        built_with(recipe_of(one_column, tmp_path), tmp_path, engine, EngineChoice(engine))


def test_a_checker_that_can_not_be_made_is_told_as_one(one_column: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(
        RecipeError, match=r"^The checker: The engine 'tgi' needs a server\. .* begin with --checker-\.$"
    ):
        built_with(recipe_of(one_column, tmp_path), tmp_path, writer(), EngineChoice("tgi"))


def test_a_pilot_and_a_sample_tell_of_the_checker(one_column: dict[str, Any], tmp_path: Path) -> None:
    recipe = recipe_of(one_column, tmp_path)
    release = ReleaseFolder(tmp_path / "out")
    second = judge()
    prices = Budget(checker_prices=Prices(1.0, 1.0))
    choice = EngineChoice(second)
    (told,) = pilot(recipe, ["zero_shot"], release, writer(), WRITERS, 8, checker=choice, budget=prices)
    scale = (told.requests - told.requests / 4) / len(second.requests)  # three of four requests are votes
    tokens = words(second.requests) + len(second.requests)
    assert told.cost is not None and told.cost == pytest.approx(tokens * scale / 1e6)
    assert told.tokens > told.cost * 1e6
    (shown,) = sample(recipe, ["zero_shot"], release, writer(), WRITERS, 8, checker=choice)
    assert (shown.figures.checker, shown.figures.checker_tokens) == ("scripted", tokens)
    both = ScriptedEngine(lambda request: votes(request) if is_vote(request) else "", revision="writer")
    (alone,) = sample(recipe, ["zero_shot"], release, both, WRITERS, 8)
    assert (alone.figures.checker, alone.figures.checker_tokens) == (None, None)
    # They asked different models, so one stands beside the other.
    assert alone.last == shown.figures


def test_build_takes_a_checker_of_its_own_server(one_column: dict[str, Any], tmp_path: Path) -> None:
    def answers(asked: Asked) -> str:
        return '{"label": "positive"}' if QUESTION in asked.prompt else row_writer(["text"])(asked)

    writing, checking = TGIServer(answers), TGIServer(answers, model_id="loopback/judge")
    recipe = recipe_of(one_column, tmp_path, ["length", {"verification": {"action": "flag", "votes": 1}}])
    with writing.in_thread() as url, checking.in_thread() as other:
        choice = EngineChoice("tgi", EngineSettings(endpoints=(other,)))
        loaded = synth_builder.build(
            recipe, "zero_shot", out=tmp_path / "out", engine="tgi", endpoint=url, checker=choice
        )
    assert loaded["train"].num_rows == 12
    for server, is_asked in ((writing, False), (checking, True)):
        assert {QUESTION in str(one.body) for one in server.to("/v1/chat/completions")} == {is_asked}
    provenance = ReleaseFolder(tmp_path / "out").read_provenance("zero_shot") or {}
    assert provenance["checker"]["model"] == "loopback/judge"
