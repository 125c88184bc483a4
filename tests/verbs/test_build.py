import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import datasets
import pyarrow.parquet
import pytest
import yaml

import synth_builder
from synth_builder.engines.base import EngineInfo, EngineSettings, Request
from synth_builder.engines.scripted import ScriptedEngine
from synth_builder.errors import EngineChangedError, EngineUnreachableError, RecipeError, ReleaseError
from synth_builder.generation.setup import set_up
from synth_builder.recipes.recipe import Recipe
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.verbs.build import build, build_variants
from synth_builder.verbs.built_variant import BuiltVariant
from tests.row_writer import row_writer
from tests.servers.tgi import TGIServer
from tests.small_tasks import sentence_of_the_seed, some_unusable


class Closed(ScriptedEngine):
    """A server that is down."""

    async def open(self) -> EngineInfo:
        raise EngineUnreachableError("nobody listens")


def scripted(revision: str = "1") -> ScriptedEngine:
    return ScriptedEngine(some_unusable(5), revision=revision)


def build_into(
    folder: Path, recipe: Recipe, names: Sequence[str], engine: ScriptedEngine | None = None, **options: Any
) -> list[BuiltVariant]:
    return build_variants(recipe, names, ReleaseFolder(folder), engine or scripted(), EngineSettings(), **options)


def rows_of(folder: Path, variant: str, split: str = "train") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pyarrow.parquet.read_table(ReleaseFolder(folder).data(variant, split)).to_pylist()
    return found


def test_a_release_folder_has_all_its_parts(recipe: Recipe, tmp_path: Path) -> None:
    build_into(tmp_path / "out", recipe, ["zero_shot", "few_shot"])
    files = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert files == {
        "README.md",
        "CHANGELOG.md",
        "recipe.yaml",
        *(
            path.format(variant)
            for variant in ("zero_shot", "few_shot")
            for path in (
                "data/{}/train-00000-of-00001.parquet",
                "data/{}/validation-00000-of-00001.parquet",
                "provenance/{}.json",
                "rejections/{}.parquet",
                ".synth-builder/{}/journal.sqlite",
            )
        ),
        ".synth-builder/.lock",
    }


def test_a_finished_variant_is_not_built_again(recipe: Recipe, tmp_path: Path) -> None:
    (first,) = build_into(tmp_path / "out", recipe, ["zero_shot"])
    assert (first.finished_before, first.missing) == (False, 0) and first.asked_now > 16
    (second,) = build_into(tmp_path / "out", recipe, ["zero_shot"], Closed(some_unusable(5), revision="1"))
    assert (second.finished_before, second.asked_now) == (True, 0)
    assert second.provenance == first.provenance


@pytest.mark.parametrize("lost", ["provenance/zero_shot.json", "data/zero_shot/train-00000-of-00001.parquet"])
def test_a_release_that_lost_a_part_is_made_whole_from_the_journal(recipe: Recipe, tmp_path: Path, lost: str) -> None:
    (first,) = build_into(tmp_path / "out", recipe, ["zero_shot"])
    rows = rows_of(tmp_path / "out", "zero_shot")
    (tmp_path / "out" / lost).unlink()
    (second,) = build_into(tmp_path / "out", recipe, ["zero_shot"], Closed(some_unusable(5), revision="1"))
    assert (second.finished_before, second.asked_now) == (False, 0)
    assert rows_of(tmp_path / "out", "zero_shot") == rows
    assert second.provenance == first.provenance


def test_fresh_forgets_what_was_answered(recipe: Recipe, tmp_path: Path) -> None:
    (first,) = build_into(tmp_path / "out", recipe, ["zero_shot"])
    (again,) = build_into(tmp_path / "out", recipe, ["zero_shot"], scripted("2"), fresh=True)
    assert again.asked_now == first.asked_now
    assert again.provenance["engine"]["revision"] == "2"


def test_a_changed_recipe_gives_other_rows(one_column: dict[str, Any], tmp_path: Path) -> None:
    build_into(tmp_path / "out", Recipe.from_dict(one_column, directory=tmp_path), ["zero_shot"])
    before = rows_of(tmp_path / "out", "zero_shot")
    one_column["generation"]["seed"] = 4
    (built,) = build_into(tmp_path / "out", Recipe.from_dict(one_column, directory=tmp_path), ["zero_shot"])
    assert not built.finished_before
    assert {row["text"] for row in rows_of(tmp_path / "out", "zero_shot")}.isdisjoint(row["text"] for row in before)


def test_more_rows_of_the_same_recipe_use_what_was_answered(one_column: dict[str, Any], tmp_path: Path) -> None:
    one_column["generation"] = {"rows": {"train": 10}, "label_distribution": {"positive": 1.0}}
    build_into(tmp_path / "out", Recipe.from_dict(one_column, directory=tmp_path), ["zero_shot"])
    before = rows_of(tmp_path / "out", "zero_shot")
    one_column["generation"]["rows"] = {"train": 20}
    (built,) = build_into(tmp_path / "out", Recipe.from_dict(one_column, directory=tmp_path), ["zero_shot"])
    assert built.provenance["splits"]["train"]["rows"] == 20
    assert built.asked_now < built.provenance["tally"]["asked"]
    kept = {row["id"]: row["text"] for row in rows_of(tmp_path / "out", "zero_shot")}
    assert all(kept[row["id"]] == row["text"] for row in before if row["provenance"]["draw"] == 0)


def test_another_kind_of_engine_is_refused_for_a_finished_variant(recipe: Recipe, tmp_path: Path) -> None:
    build_into(tmp_path / "out", recipe, ["zero_shot"])
    with pytest.raises(EngineChangedError, match=r"was built with the engine 'scripted'.*now 'tgi' is asked.*--fresh"):
        build_variants(
            recipe,
            ["zero_shot"],
            ReleaseFolder(tmp_path / "out"),
            "tgi",
            EngineSettings(endpoints=("http://127.0.0.1:9",)),
        )


def test_another_model_is_refused_for_a_finished_variant(recipe: Recipe, tmp_path: Path) -> None:
    release = ReleaseFolder(tmp_path / "out")
    build_variants(recipe, ["zero_shot"], release, scripted(), EngineSettings(model="/models/first"))
    again = build_variants(recipe, ["zero_shot"], release, scripted(), EngineSettings(model="/models/first"))
    assert again[0].finished_before
    with pytest.raises(EngineChangedError, match=r"is asked for '/models/second'\. Name the same engine and model"):
        build_variants(recipe, ["zero_shot"], release, scripted(), EngineSettings(model="/models/second"))
    assert "/models" not in release.provenance("zero_shot").read_text(encoding="utf-8")


def test_a_build_does_not_overwrite_the_recipe_that_it_reads(one_column: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    written = "# my comments\n" + yaml.safe_dump(one_column)
    path.write_text(written, encoding="utf-8")
    with pytest.raises(RecipeError, match=r"would overwrite the recipe .*; give another folder with --out"):
        build_into(tmp_path, Recipe.load(path), ["zero_shot"])
    assert path.read_text(encoding="utf-8") == written


def test_variants_built_one_by_one_stand_in_one_release_in_the_recipes_order(recipe: Recipe, tmp_path: Path) -> None:
    build_into(tmp_path / "out", recipe, ["few_shot"])
    build_into(tmp_path / "out", recipe, ["zero_shot"])
    assert ReleaseFolder(tmp_path / "out").variants() == ["zero_shot", "few_shot"]
    configs = yaml.safe_load((tmp_path / "out" / "README.md").read_text(encoding="utf-8").split("---")[1])["configs"]
    assert [config["config_name"] for config in configs] == ["zero_shot", "few_shot"]


def test_one_release_holds_one_task(one_column: dict[str, Any], tmp_path: Path) -> None:
    build_into(tmp_path / "out", Recipe.from_dict(one_column, directory=tmp_path), ["zero_shot"])
    one_column["task"]["labels"]["mixed"] = "the writer sees both sides"
    changed = Recipe.from_dict(one_column, directory=tmp_path)
    one_column["variants"]["other"] = {"strategy": "zero_shot"}
    with pytest.raises(
        ReleaseError, match="holds the variant 'zero_shot', which was built with other columns or labels"
    ):
        build_into(tmp_path / "out", Recipe.from_dict(one_column, directory=tmp_path), ["other"])
    (built,) = build_into(tmp_path / "out", changed, ["zero_shot"])
    assert not built.finished_before


def test_problems_of_any_variant_come_out_before_the_first_request(one_column: dict[str, Any], tmp_path: Path) -> None:
    one_column["variants"]["few_shot"]["k"] = 50
    engine = scripted()
    with pytest.raises(synth_builder.SynthBuilderError, match="shows 50 demonstrations of one label"):
        build_into(
            tmp_path / "out", Recipe.from_dict(one_column, directory=tmp_path), ["zero_shot", "few_shot"], engine
        )
    assert engine.requests == [] and not (tmp_path / "out").exists()


def test_scores_go_with_the_rows_that_they_were_measured_on(one_column: dict[str, Any], tmp_path: Path) -> None:
    build_into(tmp_path / "out", Recipe.from_dict(one_column, directory=tmp_path), ["zero_shot"])
    scores = ReleaseFolder(tmp_path / "out").scores("zero_shot")
    scores.parent.mkdir()
    scores.write_text("{}", encoding="utf-8")
    one_column["generation"]["seed"] = 4
    build_into(tmp_path / "out", Recipe.from_dict(one_column, directory=tmp_path), ["zero_shot"])
    assert not scores.exists()


def test_a_variant_may_be_called_lock(one_column: dict[str, Any], tmp_path: Path) -> None:
    one_column["variants"] = {"lock": {"strategy": "zero_shot"}}
    (built,) = build_into(tmp_path / "out", Recipe.from_dict(one_column, directory=tmp_path), ["lock"])
    assert built.missing == 0


def short_of_positives(request: Request) -> str:
    return "Short." if '"positive"' in request.messages[-1].content else sentence_of_the_seed(request)


def test_a_short_build_says_by_how_many_also_the_second_time(one_column: dict[str, Any], tmp_path: Path) -> None:
    one_column["generation"]["max_draws"] = 2
    recipe = Recipe.from_dict(one_column, directory=tmp_path)
    (built,) = build_into(tmp_path / "out", recipe, ["zero_shot"], ScriptedEngine(short_of_positives))
    assert built.missing == 6 + 2
    assert built.provenance["tally"]["short"] == {"train": {"positive": 6}, "validation": {"positive": 2}}
    assert "short of what was asked: 6 train rows of `positive`, 2 validation rows of `positive`." in " ".join(
        (tmp_path / "out" / "README.md").read_text(encoding="utf-8").split()
    )
    (again,) = build_into(tmp_path / "out", recipe, ["zero_shot"], Closed(short_of_positives))
    assert (again.finished_before, again.missing) == (True, 8)


def test_a_split_without_a_single_row_is_left_out_so_that_the_others_load(
    one_column: dict[str, Any], tmp_path: Path
) -> None:
    build_into(tmp_path / "out", Recipe.from_dict(one_column, directory=tmp_path), ["zero_shot"])
    one_column["generation"]["max_draws"] = 1
    recipe = Recipe.from_dict(one_column, directory=tmp_path)
    validation = {slot.seed for slot in set_up(recipe, "zero_shot").plan().slots() if slot.split == "validation"}

    def reply(request: Request) -> str:
        return "Short." if request.seed in validation else sentence_of_the_seed(request)

    (built,) = build_into(tmp_path / "out", recipe, ["zero_shot"], ScriptedEngine(reply), fresh=True)
    assert built.missing == 4
    assert list(built.provenance["splits"]) == ["train"]
    assert not ReleaseFolder(tmp_path / "out").data("zero_shot", "validation").exists()
    loaded = datasets.load_dataset(str(tmp_path / "out"), "zero_shot")
    assert {split: rows.num_rows for split, rows in loaded.items()} == {"train": 12}


def test_a_build_without_a_single_row_is_an_error_with_the_reasons(one_column: dict[str, Any], tmp_path: Path) -> None:
    one_column["generation"]["max_draws"] = 1
    recipe = Recipe.from_dict(one_column, directory=tmp_path)
    with pytest.raises(ReleaseError, match=r"None of 16 replies became a row of variant 'zero_shot' .*too_short 16\)"):
        build_into(tmp_path / "out", recipe, ["zero_shot"], ScriptedEngine(["Short."]))
    rejections = pyarrow.parquet.read_table(tmp_path / "out" / "rejections" / "zero_shot.parquet").to_pylist()
    assert [row["raw"] for row in rejections] == ["Short."] * 16
    assert ReleaseFolder(tmp_path / "out").variants() == []


def test_the_recipe_in_the_release_is_whole_and_its_paths_start_there(
    one_column: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "mine.jinja").write_text("Write about films: {{ label }}", encoding="utf-8")
    one_column["variants"] = {"own": {"strategy": "zero_shot", "prompt_file": "mine.jinja"}}
    one_column["real"] |= {"test": str(tmp_path / "test.csv")}
    recipe = Recipe.from_dict(one_column, directory=tmp_path)
    engine = scripted()
    build_into(tmp_path / "deep" / "out", recipe, ["own"], engine)
    written = yaml.safe_load((tmp_path / "deep" / "out" / "recipe.yaml").read_text(encoding="utf-8"))
    assert (written["real"]["train"], written["real"]["test"]) == ("../../train.csv", "../../test.csv")
    assert written["variants"]["own"] == {"strategy": "zero_shot", "prompt": "Write about films: {{ label }}"}
    assert engine.requests[0].messages[-1].content.startswith("Write about films: ")
    # The recipe of the release builds the same, from the same journal.
    resolved = Recipe.load(tmp_path / "deep" / "out" / "recipe.yaml")
    (again,) = build_into(tmp_path / "deep" / "out", resolved, ["own"], Closed(some_unusable(5), revision="1"))
    assert again.finished_before


def test_nothing_of_the_machine_stands_in_what_is_published(
    one_column: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FILM_KEY", "key-0123456789")
    monkeypatch.setenv("HF_TOKEN", "hf_0123456789")
    one_column["real"] |= {"test": str(tmp_path / "test.csv")}
    recipe = Recipe.from_dict(one_column, directory=tmp_path)
    server = TGIServer(row_writer(["text"]), api_key="key-0123456789")
    with server.in_thread() as url:
        settings = EngineSettings(endpoints=(url,), api_key_env="FILM_KEY")
        build_variants(recipe, ["few_shot"], ReleaseFolder(tmp_path / "out"), "tgi", settings)
    assert all("hf_0123456789" not in str(request.headers) for request in server.requests)
    published = [
        path for path in (tmp_path / "out").rglob("*") if path.is_file() and ".synth-builder" not in path.parts
    ]
    assert len(published) == 7
    for path in published:
        content = path.read_bytes()
        for secret in ("key-0123456789", "hf_0123456789", str(tmp_path), os.path.expanduser("~"), url, "FILM_KEY"):
            assert secret.encode() not in content, (path, secret)


def test_build_returns_the_dataset(
    one_column: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    loaded = build(one_column, "zero_shot", engine=scripted())
    assert (tmp_path / "releases" / "films" / "README.md").is_file()
    assert {split: rows.num_rows for split, rows in loaded.items()} == {"train": 12, "validation": 4}
    assert Counter(loaded["train"]["label"]) == {0: 6, 1: 6}
    assert loaded["train"].features["label"].names == ["negative", "positive"]


def test_build_takes_a_file_and_overrides(one_column: dict[str, Any], tmp_path: Path) -> None:
    del one_column["variants"]["few_shot"]
    (tmp_path / "films.yaml").write_text(yaml.safe_dump(one_column), encoding="utf-8")
    server = TGIServer(row_writer(["text"]))
    with server.in_thread() as url:
        loaded = build(
            tmp_path / "films.yaml",
            out=tmp_path / "out",
            engine="tgi",
            endpoint=url,
            concurrency=3,
            overrides=["generation.rows={train: 4}"],
        )
    assert {split: rows.num_rows for split, rows in loaded.items()} == {"train": 4}
    assert 1 <= server.most_in_flight <= 3


def test_build_wants_to_know_which_variant(one_column: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(
        RecipeError, match=r"several variants; name one: variant='zero_shot'\. Variants: zero_shot, few_shot"
    ):
        build(Recipe.from_dict(one_column, directory=tmp_path), engine=scripted())


def test_hand_written_sections_lie_beside_the_folder_of_the_recipe(one_column: dict[str, Any], tmp_path: Path) -> None:
    scripts = tmp_path / "dataset_scripts"
    scripts.mkdir()
    for name in ("train.csv", "test.csv"):
        shutil.move(tmp_path / name, scripts / name)
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards" / "films.md").write_text("## Where it comes from\n\nFrom the cinema.\n", encoding="utf-8")
    (scripts / "films.yaml").write_text(yaml.safe_dump(one_column), encoding="utf-8")
    build_into(tmp_path / "out", Recipe.load(scripts / "films.yaml"), ["zero_shot"])
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert card.count("## Where it comes from\n\nFrom the cinema.") == 1


def test_the_provenance_is_plain_json_with_the_hash_of_each_file(recipe: Recipe, tmp_path: Path) -> None:
    build_into(tmp_path / "out", recipe, ["few_shot"])
    provenance = json.loads((tmp_path / "out" / "provenance" / "few_shot.json").read_text(encoding="utf-8"))
    assert list(provenance["splits"]) == ["train", "validation"]
    for split in provenance["splits"].values():
        content = (tmp_path / "out" / split["file"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (split["bytes"], split["sha256"])
    assert provenance["real_data"]["rows_to_show"] == 11
    assert provenance["real_data"]["rows_not_shown_because_in_test"] == 1
    assert provenance["contamination_check"] == {"checked": True, "test_rows": 4, "rows_removed": 0}
    assert provenance["times"]["first_answer"] <= provenance["times"]["last_answer"]
    assert provenance["libraries"]["synth-builder"] == synth_builder.__version__


def test_each_variant_is_on_the_card_before_the_next_begins(recipe: Recipe, tmp_path: Path) -> None:
    first, second = list(recipe.variants)[:2]
    out = tmp_path / "out"
    writer = some_unusable(5)
    asked: list[str] = []

    def reply(request: Request) -> str:
        card = out / "README.md"
        asked.append(card.read_text(encoding="utf-8") if card.is_file() else "")
        return writer(request)

    build_variants(recipe, [first, second], ReleaseFolder(out), ScriptedEngine(reply), EngineSettings())
    assert asked[0] == ""
    assert f"config_name: {first}" in asked[-1] and f"config_name: {second}" not in asked[-1]


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md"])
def test_a_folder_with_a_readme_of_somebody_is_no_place_for_a_release(
    one_column: dict[str, Any], tmp_path: Path, name: str
) -> None:
    out = tmp_path / "project"
    out.mkdir()
    (out / name).write_text("Mine.", encoding="utf-8")
    recipe = Recipe.from_dict(one_column, directory=tmp_path)
    with pytest.raises(ReleaseError, match=f"is no release and holds a {name}, which a build would overwrite"):
        build_variants(
            recipe, ["zero_shot"], ReleaseFolder(out), ScriptedEngine(sentence_of_the_seed), EngineSettings()
        )
    assert [path.name for path in out.iterdir()] == [name]
    assert (out / name).read_text(encoding="utf-8") == "Mine."
