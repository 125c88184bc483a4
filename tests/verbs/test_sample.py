import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from synth_builder.engines.base import EngineSettings, Request
from synth_builder.engines.scripted import ScriptedEngine
from synth_builder.errors import ReleaseError
from synth_builder.filters.base import Candidate
from synth_builder.filters.verification import Verification, VerificationOptions
from synth_builder.recipes.recipe import Recipe
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.verbs.build import build_variants
from synth_builder.verbs.sample import Sample, read_figures, sample
from tests.small_tasks import some_unusable

SETTINGS = EngineSettings()


def engine(reply: Callable[[Request], str] | None = None) -> ScriptedEngine:
    return ScriptedEngine(reply or some_unusable(3), revision="1")


def sample_of(recipe: Recipe, folder: Path, rows: int = 8, asked: ScriptedEngine | None = None) -> Sample:
    (found,) = sample(recipe, ["zero_shot"], ReleaseFolder(folder), asked or engine(), SETTINGS, rows)
    return found


def recipe_of(data: dict[str, Any], folder: Path, **changes: Any) -> Recipe:
    changed = json.loads(json.dumps(data))
    changed["variants"] = {"zero_shot": {"strategy": "zero_shot", **changes}}
    return Recipe.from_dict(changed, directory=folder)


def test_a_sample_asks_for_so_many_rows_and_none_again(recipe: Recipe, tmp_path: Path) -> None:
    asked = engine()
    found = sample_of(recipe, tmp_path / "out", 8, asked)
    assert len(asked.requests) == 8
    short = sum(request.seed % 3 == 0 for request in asked.requests)
    assert short > 0
    figures = found.figures
    assert (figures.asked, figures.accepted) == (8, 8 - short) == (8, len(found.rows))
    assert len(found.rejections) == short
    assert figures.rejected == {"too_short": short}
    assert sum(accepted for accepted, _ in figures.by_label.values()) == 8 - short
    assert sum(asked for _, asked in figures.by_label.values()) == 8
    for label, (accepted, wanted) in figures.by_label.items():
        assert accepted == sum(row["label"] == label for row in found.rows)
        assert wanted - accepted == sum(one["label"] == label for one in found.rejections)
    assert figures.prompt_tokens == sum(
        len(" ".join(message.content for message in request.messages).split()) for request in asked.requests
    )
    assert figures.words is not None and figures.words > 3
    assert (figures.confirmed, figures.agreement, found.last) == (None, None, None)


def test_a_build_after_a_sample_does_not_ask_again(recipe: Recipe, tmp_path: Path) -> None:
    release = ReleaseFolder(tmp_path / "out")
    first = engine()
    sample_of(recipe, release.path, 6, first)
    assert release.variants() == []
    rest = engine()
    (built,) = build_variants(recipe, ["zero_shot"], release, rest, SETTINGS)
    assert built.asked_now == built.provenance["tally"]["asked"] - 6
    sent = {request.seed for request in first.requests}
    assert len(sent) == 6 and not sent & {request.seed for request in rest.requests}
    # And what it left there is no part of the release.
    assert not [path for path in release.path.rglob("samples.json") if ".synth-builder" not in path.parts]


def test_it_stands_beside_the_last_one_that_asked_something_else(one_column: dict[str, Any], tmp_path: Path) -> None:
    out = tmp_path / "out"
    plain = recipe_of(one_column, tmp_path)
    brief = recipe_of(one_column, tmp_path, prompt="Write a {{ label }} sentence.")
    first = sample_of(plain, out)
    second = sample_of(brief, out)
    assert second.last == first.figures
    assert second.figures.prompt != first.figures.prompt
    # The same once more is compared with what came before it, not with itself.
    again = sample_of(brief, out, asked=engine())
    assert again.last == first.figures
    # A sentence in every prompt is another prompt, too.
    more = recipe_of(one_column, tmp_path, extra_instruction="Be brief.")
    assert sample_of(more, tmp_path / "other").figures.prompt != first.figures.prompt
    assert replace(again.figures, date="") == replace(second.figures, date="")
    assert sample_of(plain, out).last == again.figures
    kept = read_figures(ReleaseFolder(out).work("zero_shot") / "samples.json")
    assert [one.fingerprint for one in kept] == [second.figures.fingerprint, first.figures.fingerprint]


def test_the_label_check_is_measured_where_the_recipe_has_it(one_column: dict[str, Any], tmp_path: Path) -> None:
    one_column["generation"]["filters"] = ["length", "verification"]

    recipe = recipe_of(one_column, tmp_path)
    text = "A film that I would see again tomorrow."
    votes = Verification(VerificationOptions(), recipe.task).requests(Candidate({"text": text}, "positive"))
    doubtful = votes[0].seed

    def reply(request: Request) -> str:
        if "Which label is right?" not in request.messages[-1].content:
            return text
        return "negative" if request.seed == doubtful else "positive"

    found = sample_of(recipe, tmp_path / "out", 8, engine(reply))
    positive = found.figures.by_label["positive"]
    assert found.figures.confirmed == [positive[1], 8]
    assert found.figures.by_label["negative"][0] == 0
    assert found.figures.agreement == pytest.approx(2 / 3)
    # All rows say the same: 7 pairs of words, over and over, and each pair of texts has all words in common.
    assert found.figures.distinct_2 == pytest.approx(7 / (7 * positive[1]))
    assert found.figures.overlap == 1.0 and found.figures.words == 8.0


def test_requests_for_several_rows_are_not_cut(one_column: dict[str, Any], tmp_path: Path) -> None:
    recipe = recipe_of(one_column, tmp_path, rows_per_request=3)
    asked = engine()
    assert sample_of(recipe, tmp_path / "out", 4, asked).figures.asked == 6
    assert len(asked.requests) == 2


def test_damaged_figures_are_told(recipe: Recipe, tmp_path: Path) -> None:
    sample_of(recipe, tmp_path / "out")
    path = ReleaseFolder(tmp_path / "out").work("zero_shot") / "samples.json"
    path.write_text('{"samples": [{"date": "today"}]}', encoding="utf-8")
    with pytest.raises(ReleaseError, match=r"samples\.json' can't be read: .* Remove that file"):
        sample_of(recipe, tmp_path / "out")
