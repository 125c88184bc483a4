from collections.abc import Mapping
from pathlib import Path
from typing import Any

from synth_builder.recipes.hub_vocabulary import TASK_CATEGORY
from synth_builder.recipes.recipe import Recipe
from synth_builder.recipes.reference import HubReference, parse_reference
from synth_builder.releases.card.dataset_info import dataset_info

# What is computed. Any other key of a card's metadata was written by somebody and stays, unless the recipe gives it.
COMPUTED_KEYS = frozenset(
    {
        "annotations_creators",
        "language_creators",
        "language",
        "multilinguality",
        "license",
        "pretty_name",
        "size_categories",
        "source_datasets",
        "task_categories",
        "tags",
        "dataset_info",
        "configs",
    }
)

# The Hub's names of size classes, with the least number of rows of each.
SIZES = (
    ("n<1K", 0),
    ("1K<n<10K", 1_000),
    ("10K<n<100K", 10_000),
    ("100K<n<1M", 100_000),
    ("1M<n<10M", 1_000_000),
    ("10M<n<100M", 10_000_000),
    ("100M<n<1B", 100_000_000),
)


def size_category(rows: int) -> str:
    """The Hub's name for a number of rows."""
    return next(name for name, least in reversed(SIZES) if rows >= least)


def front_matter(recipe: Recipe, provenances: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """
    The metadata of a card. Its `configs` make `load_dataset(folder_or_repository, variant)` work without this
    package.

    Args:
        recipe (`Recipe`):
            Task and card settings.
        provenances (`Mapping[str, Mapping[str, Any]]`):
            Variant -> what is known of it; the first one is the default config.
    """
    models = sorted({str(provenance["engine"]["model"]) for provenance in provenances.values()})
    strategies = sorted({str(provenance["strategy"]) for provenance in provenances.values()})
    rows = sum(split["rows"] for provenance in provenances.values() for split in provenance["splits"].values())
    card = recipe.card
    data: dict[str, Any] = {
        "annotations_creators": ["machine-generated"],
        "language_creators": ["machine-generated"],
        "language": list(card.language),
        "multilinguality": ["monolingual" if len(card.language) == 1 else "multilingual"],
    }
    for key in ("license", "license_name", "license_link"):
        if getattr(card, key):
            data[key] = getattr(card, key)
    data |= {
        "pretty_name": card.pretty_name or recipe.name,
        "size_categories": [size_category(rows)],
        "source_datasets": _sources(provenances) or ["original"],
        "task_categories": [TASK_CATEGORY],
        **({"task_ids": tasks} if (tasks := _task_ids(recipe)) else {}),
        "tags": list(
            dict.fromkeys(["synthetic", "synth-builder", *strategies, *(_tag(model) for model in models), *card.tags])
        ),
        "dataset_info": dataset_info(provenances),
        "configs": [
            {
                "config_name": name,
                "data_files": [
                    {"split": split, "path": f"data/{name}/{split}-*.parquet"} for split in provenance["splits"]
                ],
                **({"default": True} if position == 0 else {}),
            }
            for position, (name, provenance) in enumerate(provenances.items())
        ],
    }
    return data


def with_others(computed: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """
    Computed metadata, and the keys of a card that somebody wrote: nothing of others is dropped.

    Args:
        computed (`Mapping[str, Any]`):
            What `front_matter` gave.
        before (`Mapping[str, Any]`):
            The metadata of the card that is there.
    """
    others = {key: value for key, value in before.items() if key not in COMPUTED_KEYS and key not in computed}
    return {**computed, **others}


def _sources(provenances: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Hub datasets whose train rows the model was shown, or a filter learnt from."""
    found = set()
    for provenance in provenances.values():
        real = provenance["real_data"]
        if real["train"] and (real["rows_to_show"] or real["rows_filters_learn_from"]):
            reference = parse_reference(real["train"], Path())
            if isinstance(reference, HubReference):
                found.add(reference.repo)
    return sorted(found)


def _task_ids(recipe: Recipe) -> list[str]:
    """What the recipe says of the task, and what follows from its labels and columns."""
    follows = []
    if len(recipe.task.labels) > 2:
        follows.append("multi-class-classification")
    if len(recipe.task.columns) > 1:
        follows.append("multi-input-text-classification")
    return list(dict.fromkeys([*recipe.card.task_ids, *follows]))


def _tag(model: str) -> str:
    """A model id as a tag, without its owner; a tag holds no slash."""
    return model.rstrip("/").rsplit("/", 1)[-1]
