import random
from collections import Counter
from pathlib import Path
from typing import Any

import datasets
import pytest
import yaml

from synth_builder import SyntheticDatasetBuilder, VariantConfig
from synth_builder.builder import features_of
from synth_builder.engines.base import Request
from synth_builder.engines.scripted import ScriptedEngine
from synth_builder.errors import EngineUnreachableError, LedgerError, RecipeError
from synth_builder.generation.setup import set_up
from synth_builder.generation.spool import Spool
from synth_builder.recipes.recipe import Recipe
from tests.servers.replies import sentence
from tests.small_tasks import sentence_of_the_seed, some_unusable


def builder_of(
    recipe: Recipe, folder: Path, name: str | None = "zero_shot", **options: Any
) -> SyntheticDatasetBuilder:
    options = {"engine": ScriptedEngine(some_unusable(4)), **options}
    return SyntheticDatasetBuilder(recipe, name, cache_dir=str(folder / "cache"), **options)


def test_each_variant_is_a_config(recipe: Recipe) -> None:
    configs = SyntheticDatasetBuilder.variant_configs(recipe)
    assert all(isinstance(config, VariantConfig) for config in configs)
    assert [(config.name, config.strategy) for config in configs] == [
        ("zero_shot", "zero_shot"),
        ("few_shot", "few_shot"),
    ]
    assert [config.fingerprint for config in configs] == [
        set_up(recipe, name).fingerprint for name in ("zero_shot", "few_shot")
    ]


def test_it_prepares_and_opens_like_any_builder_of_datasets(recipe: Recipe, tmp_path: Path) -> None:
    builder = builder_of(recipe, tmp_path, "few_shot")
    assert isinstance(builder, datasets.GeneratorBasedBuilder) and isinstance(builder.config, VariantConfig)
    builder.download_and_prepare()
    found = builder.as_dataset()
    assert {split: rows.num_rows for split, rows in found.items()} == {"train": 12, "validation": 4}
    assert found["train"].features == features_of(recipe.task)
    assert Counter(found["train"]["label"]) == {0: 6, 1: 6}


def test_rows_stand_in_the_order_of_the_plan_under_keys_of_their_own(recipe: Recipe, tmp_path: Path) -> None:
    builder = builder_of(recipe, tmp_path)
    builder.download_and_prepare()
    planned = [slot for slot in set_up(recipe, "zero_shot").plan().slots() if slot.split == "train"]
    rows = list(builder.as_dataset(split="train"))
    assert [row["id"] for row in rows] == [f"train-{slot.index}" for slot in planned]
    assert [recipe.task.label_names[row["label"]] for row in rows] == [slot.label for slot in planned]
    assert any(row["provenance"]["draw"] > 0 for row in rows)


def test_the_fingerprint_is_a_part_of_the_path_so_that_a_changed_recipe_never_gives_old_rows(
    one_column: dict[str, Any], tmp_path: Path
) -> None:
    first = builder_of(Recipe.from_dict(one_column, directory=tmp_path), tmp_path)
    assert first.setup.fingerprint in first.cache_dir
    first.download_and_prepare()
    one_column["task"]["labels"]["negative"] = "the writer would not watch it again"
    second = builder_of(Recipe.from_dict(one_column, directory=tmp_path), tmp_path, engine=ScriptedEngine(other_words))
    assert second.cache_dir != first.cache_dir
    second.download_and_prepare()
    assert set(second.as_dataset(split="train")["text"]).isdisjoint(first.as_dataset(split="train")["text"])


def other_words(request: Request) -> str:
    return sentence(random.Random(request.seed + 1))


def test_the_same_recipe_opens_from_the_cache(recipe: Recipe, tmp_path: Path) -> None:
    builder_of(recipe, tmp_path).download_and_prepare()
    engine = ScriptedEngine(some_unusable(4))
    again = builder_of(recipe, tmp_path, engine=engine)
    again.download_and_prepare()
    assert again.as_dataset(split="train").num_rows == 12
    assert engine.requests == []


def test_errors_of_the_generation_come_out_as_they_are(recipe: Recipe, tmp_path: Path) -> None:
    def reply(request: Request) -> str:
        raise EngineUnreachableError("nobody listens at 'http://127.0.0.1:1'.")

    with pytest.raises(EngineUnreachableError, match=r"^nobody listens at 'http://127\.0\.0\.1:1'\.$"):
        builder_of(recipe, tmp_path, engine=ScriptedEngine(reply)).download_and_prepare()


def test_a_split_without_a_single_row_is_left_out(one_column: dict[str, Any], tmp_path: Path) -> None:
    one_column["generation"]["max_draws"] = 1
    recipe = Recipe.from_dict(one_column, directory=tmp_path)
    validation = {slot.seed for slot in set_up(recipe, "zero_shot").plan().slots() if slot.split == "validation"}

    def reply(request: Request) -> str:
        return "Short." if request.seed in validation else sentence_of_the_seed(request)

    builder = builder_of(recipe, tmp_path, engine=ScriptedEngine(reply))
    builder.download_and_prepare()
    assert {split: rows.num_rows for split, rows in builder.as_dataset().items()} == {"train": 12}


def test_two_rows_with_one_key_are_a_defect_that_is_not_accepted_in_silence(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Spool, "positions", lambda self, split: [1, 2, 1])
    builder = builder_of(recipe, tmp_path)
    with pytest.raises(LedgerError, match="Two rows of train have the same key"):
        builder.download_and_prepare()
    assert builder.generated is not None
    builder.generated.close()


def test_a_recipe_file_with_one_variant_needs_no_name(one_column: dict[str, Any], tmp_path: Path) -> None:
    del one_column["variants"]["few_shot"]
    (tmp_path / "films.yaml").write_text(yaml.safe_dump(one_column), encoding="utf-8")
    builder = SyntheticDatasetBuilder(
        tmp_path / "films.yaml",
        engine=ScriptedEngine(sentence_of_the_seed),
        cache_dir=str(tmp_path / "cache"),
        journal_dir=tmp_path / "journal",
    )
    assert builder.config.name == "zero_shot"
    builder.download_and_prepare()
    assert (tmp_path / "journal" / "journal.sqlite").is_file()


def test_with_several_variants_one_has_to_be_named(recipe: Recipe, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"several variants \(zero_shot, few_shot\); name one"):
        builder_of(recipe, tmp_path, None)


def test_two_columns_and_their_features(two_columns: dict[str, Any], tmp_path: Path) -> None:
    recipe = Recipe.from_dict(two_columns, directory=tmp_path)
    features = features_of(recipe.task)
    assert list(features) == ["premise", "hypothesis", "label", "id", "provenance"]
    assert features["label"].names == ["entailment", "no_entailment"]
