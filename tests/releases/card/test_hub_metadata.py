from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import DatasetCard, DatasetCardData

from synth_builder.recipes.recipe import Recipe
from synth_builder.releases.card.hub_metadata import metadata_problems
from tests.releases.card.test_card import card_of, release_of

ROOT = Path(__file__).parents[3]


def test_the_metadata_of_a_built_card_are_what_the_hub_understands(one_column: dict[str, Any], tmp_path: Path) -> None:
    one_column["card"] |= {"task_ids": ["sentiment-classification"], "license": "other", "license_name": "House terms"}
    release = release_of(one_column, tmp_path)
    front = card_of(release).front
    assert metadata_problems(front) == []
    assert DatasetCardData(**front).to_dict() == front  # type: ignore[no-untyped-call]
    loaded = DatasetCard.load(release.card).data
    assert (loaded.task_ids, loaded.license, loaded.license_name) == (
        ["sentiment-classification"],
        "other",
        "House terms",
    )


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("license", "mitt", "license: 'mitt' is no licence that the Hub knows. Did you mean 'mit'?"),
        ("language", ["en", "english"], "language: 'english' is no language that the Hub knows. Did you mean 'en'?"),
        ("task_ids", ["poetry"], "task_ids: 'poetry' is no task that the Hub knows"),
        ("size_categories", "tiny", "size_categories: 'tiny' is no word of the Hub. Known: n<1K, "),
        ("annotations_creators", ["machine"], "annotations_creators: 'machine' is no word of the Hub."),
        ("configs", [{"config_name": "a"}, {"config_name": "a"}], "configs: 'a' stands there twice."),
        (
            "configs",
            [{"config_name": "a", "default": True}, {"config_name": "b", "default": True}],
            "configs: 2 of them are the default; expected one.",
        ),
    ],
)
def test_what_the_hub_would_not_understand_is_a_sentence(key: str, value: Any, sentence: str) -> None:
    (problem,) = metadata_problems({"license": "mit", "language": "en", key: value})
    assert problem.startswith(sentence)


def test_variants_of_configs_and_of_dataset_info_are_the_same_ones() -> None:
    front = {"configs": [{"config_name": "a"}, {"config_name": "b"}], "dataset_info": {"config_name": "a"}}
    assert metadata_problems(front) == ["configs and dataset_info name different variants: b."]


def test_every_dataset_script_has_a_card_that_the_hub_understands() -> None:
    for path in sorted((ROOT / "dataset_scripts").glob("*.yaml")):
        card = Recipe.load(path).card
        assert metadata_problems(yaml.safe_load(card.model_dump_json())) == []
