from collections.abc import Mapping
from typing import Any

from synth_builder.recipes.recipe import Recipe
from synth_builder.recipes.reference import HubReference, parse_reference
from synth_builder.releases.dataset_info import dataset_info

# What is computed; any other key of a card's metadata was written by somebody and is left alone.
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
    sources = _hub_sources(recipe)
    data: dict[str, Any] = {
        "annotations_creators": ["machine-generated"],
        "language_creators": ["machine-generated"],
        "language": list(recipe.card.language),
        "multilinguality": ["monolingual" if len(recipe.card.language) == 1 else "multilingual"],
    }
    if recipe.card.license:
        data["license"] = recipe.card.license
    data |= {
        "pretty_name": recipe.card.pretty_name or recipe.name,
        "size_categories": [size_category(rows)],
        "source_datasets": [f"extended|{source}" for source in sources] or ["original"],
        "task_categories": ["text-classification"],
        "tags": list(
            dict.fromkeys(
                ["synthetic", "synth-builder", *strategies, *(_tag(model) for model in models), *recipe.card.tags]
            )
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


def _hub_sources(recipe: Recipe) -> list[str]:
    """Hub datasets whose train rows were shown to the model."""
    if recipe.real is None or recipe.real.train is None:
        return []
    reference = parse_reference(recipe.real.train, recipe.directory)
    return [reference.repo] if isinstance(reference, HubReference) else []


def _tag(model: str) -> str:
    """A model id as a tag, without its owner; a tag holds no slash."""
    return model.rstrip("/").rsplit("/", 1)[-1]
