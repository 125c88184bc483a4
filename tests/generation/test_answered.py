from pathlib import Path
from typing import Any

import pytest

from synth_builder.engines.base import EngineSettings
from synth_builder.generation.answered import answered_requests
from synth_builder.generation.journal import JOURNAL_NAME, Journal
from synth_builder.generation.setup import set_up
from synth_builder.recipes.recipe import Recipe
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.verbs.build import build_variants
from synth_builder.verbs.preview import preview_variant
from tests.row_writer import row_writer
from tests.servers.tgi import TGIServer
from tests.small_tasks import one_column_task

VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {"strategy": "zero_shot"},
    "topics": {"strategy": "zero_shot_topic", "topics": 4},
    "talk": {"strategy": "conversation", "turns": 4, "k": 3},
}


def recipe(folder: Path, **changes: Any) -> Recipe:
    data = one_column_task(folder)
    data["generation"] = {"rows": {"train": 12}, "seed": 5}
    data["variants"] = {name: {**variant, **changes} for name, variant in VARIANTS.items()}
    return Recipe.from_dict(data, directory=folder)


def built(folder: Path, name: str) -> ReleaseFolder:
    release = ReleaseFolder(folder / "out")
    with TGIServer(row_writer(["sentence"])).in_thread() as url:
        build_variants(recipe(folder), [name], release, "tgi", EngineSettings(endpoints=(url,)))
    return release


@pytest.mark.parametrize("name", VARIANTS)
def test_of_a_finished_build_all_requests_of_the_plan_are_answered(tmp_path: Path, name: str) -> None:
    asked = recipe(tmp_path)
    release = built(tmp_path, name)
    assert answered_requests(set_up(asked, name), release.work(name)) == preview_variant(asked, name).requests >= 12


@pytest.mark.parametrize("name", VARIANTS)
def test_answers_to_other_prompts_do_not_count(tmp_path: Path, name: str) -> None:
    release = built(tmp_path, name)
    hotter = recipe(tmp_path, generation={"sampling": {"temperature": 0.5}})
    found = answered_requests(set_up(hotter, name), release.work(name))
    # Topics are asked for as before; rows are not.
    assert found < 12


def test_without_a_journal_or_in_an_empty_one_there_are_none(tmp_path: Path) -> None:
    setup = set_up(recipe(tmp_path), "plain")
    assert answered_requests(setup, tmp_path / "work") == 0
    assert not (tmp_path / "work").exists()
    Journal(tmp_path / "work" / JOURNAL_NAME).close()
    assert answered_requests(setup, tmp_path / "work") == 0
